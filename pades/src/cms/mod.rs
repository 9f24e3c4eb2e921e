//! CMS as CAdES has it inside a PDF (RFC 5652, ETSI EN 319 122-1).

mod attributes;
mod chain;
mod signature;
mod signed_data;

pub use attributes::SignedAttributes;
pub use chain::SigningChain;
pub use signature::signature_from_fixed;
pub(crate) use signature::verify;
pub use signed_data::{assemble, contents_capacity};
