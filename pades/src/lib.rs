//! Signatures: CMS and PAdES. Pure: no I/O, no clock, no keys.
//!
//! - [`sign`]: a drawn PDF becomes a signed one, in three states.
//! - [`verify`]: the verdict on any signed PDF.
//! - [`path`]: the verdict on any certificate.
//! - [`cms`]: the signed attributes and the `SignedData` around them.

pub mod cms;
mod error;
pub mod path;
pub mod sign;
pub mod verify;
mod x509;

pub use error::Error;
