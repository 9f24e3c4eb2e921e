//! Signatures: CMS and PAdES. Pure: no I/O, no clock, no keys.
//!
//! - [`sign`]: a drawn PDF becomes a signed one, in three states.
//! - [`augment`]: a signed PDF gets validation material and time-stamps, at once or years later.
//! - [`verify`]: the verdict on any signed PDF.
//! - [`path`]: the verdict on any certificate.
//! - [`cms`]: the signer's chain and algorithm; within, the structures around a signature.

pub mod augment;
pub mod cms;
mod error;
pub mod path;
pub mod sign;
pub mod verify;
mod x509;

pub use error::Error;
