//! The verdict on any signed PDF, after ETSI EN 319 102-1, with one strict rule: after a signature come only
//! well-formed incremental updates that carry validation material and document time-stamps.
//!
//! There is no boolean. Whatever could not be checked is a [`Reason`], and a file with a reason has not passed.

mod algorithm;
mod asn1;
mod certificate;
mod chain;
mod crl;
mod document;
mod judge;
mod ocsp;
mod oid;
mod reason;
mod revocation;
mod signed_data;
mod trust;
mod verdict;

pub use document::{embedded_roots, exercise, verify};
pub use reason::Reason;
pub use trust::{CertificateStatus, KnownStatus, Trust};
pub use verdict::{Indication, SignatureReport, SubIndication, Verdict};
