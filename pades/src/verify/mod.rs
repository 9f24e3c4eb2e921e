//! The verdict on any signed PDF, after ETSI EN 319 102-1, with one strict rule: after a signature come only
//! well-formed incremental updates that carry validation material and document time-stamps.
//!
//! There is no boolean. Whatever could not be checked is a [`Reason`], and a file with a reason has not passed.

mod document;
mod judge;
mod reason;
mod signed_data;
mod trust;
mod verdict;

pub use document::{embedded_roots, exercise, verify};
pub use reason::Reason;
pub use trust::Trust;

pub(crate) use judge::imprint;
pub(crate) use signed_data::SignedData;

pub use crate::path::{CertificateStatus, KnownStatus};
pub use verdict::{Indication, Level, SignatureReport, SubIndication, Verdict};
