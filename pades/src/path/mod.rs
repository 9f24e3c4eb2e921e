//! Certification paths (RFC 5280 §6): built, then validated at an instant, with a verdict that says why.
//!
//! - [`validate`] answers a [`Question`]: is this certificate valid under these anchors, then?
//! - The verdict on a signed PDF builds its paths with the same search ([`crate::verify`]).
//!
//! A trust anchor is a certificate, and what it says binds those below it too (RFC 5937 §3): its validity, its
//! constraints on names, path length and policies.
//!
//! Nothing here runs without a budget: certificates in a path, signature checks, name comparisons, policies.

mod constraints;
pub(crate) mod crl;
pub(crate) mod effort;
mod ocsp;
mod peer;
mod policies;
mod profile;
mod published;
mod question;
mod reason;
pub(crate) mod revocation;
mod rules;
pub(crate) mod search;
mod validate;
mod verdict;

pub use peer::PeerName;
pub use profile::ProfileRule;
pub use published::Published;
pub use question::{Question, Strictness};
pub use reason::{CrlFault, Reason};
pub use revocation::{CertificateStatus, KnownStatus};
pub(crate) use validate::{Rules, check};
pub use validate::{exercise, validate};
pub use verdict::{Finding, Indication, PathCertificate, RevocationCheck, Verdict};
