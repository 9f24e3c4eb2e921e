//! Signatures: CMS and PAdES. Pure: no I/O, no clock, no keys.
//!
//! - [`sign`]: a drawn PDF becomes a signed one, in three states.
//! - [`verify`]: the verdict on any signed PDF.
//! - [`cms`]: the signed attributes and the `SignedData` around them.

pub mod cms;
mod error;
pub mod sign;
pub mod verify;

pub use error::Error;
