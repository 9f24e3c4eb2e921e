//! CMS as CAdES has it inside a PDF (RFC 5652, ETSI EN 319 122-1).
//!
//! What is the same in every signature of a signer is encoded once, in [`SigningChain`].

mod algorithm;
mod attributes;
mod chain;
mod signed_data;
mod stamp;
mod write;

pub use algorithm::SignatureAlgorithm;
pub(crate) use attributes::SignedAttributes;
pub use chain::SigningChain;
pub use signed_data::contents_capacity;
pub(crate) use signed_data::{assemble, outermost, signature_value, with_time_stamp};
pub(crate) use stamp::{check_imprint, check_imprint_of, time_stamper};
