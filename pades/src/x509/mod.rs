//! Certificates and signatures as exact bytes: what the path and the verdict both read.

pub(crate) mod algorithm;
pub(crate) mod asn1;
pub(crate) mod certificate;
pub(crate) mod extensions;
pub(crate) mod name;
pub(crate) mod oid;
#[cfg(test)]
mod wycheproof;
