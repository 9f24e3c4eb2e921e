//! PROMISES: what this PKI says in certificates, CRLs and OCSP answers, and the rules it keeps before it says them.
//!
//! Pure: no input or output, no clock, no randomness of its own, no private key. A structure is built and linted
//! here, its digest is signed elsewhere, and the signature is verified here before anything leaves (of OCSP answers,
//! a sample: see `ocsp::PreparedResponse::assemble`).
//!
//! ```text
//! profile::doctor::prepare → Prepared ─ assert_recorded → Recorded ─ complete(signature) → Certificate
//! crl::prepare             → PreparedCrl ─ complete(signature) → DER
//! ocsp::prepare_response   → PreparedResponse ─ complete(signature) → DER
//! tsp::prepare_token       → PreparedToken ─ complete(signature) → DER
//! ```

mod asn1;
mod error;
mod instant;
mod issue;
mod issuer;
mod issuer_name;
mod key;
mod oid;
mod policies;
mod professions;
mod reason;
mod serial;
mod subject_key;
mod urls;
mod view;
mod weak_keys;

pub mod crl;
pub mod csr;
pub mod lint;
pub mod ocsp;
pub mod profile;
pub mod tsp;

pub use error::{Error, Finding, LintError};
pub use instant::Validity;
pub use issue::{Certificate, Prepared, Recorded};
pub use issuer::Issuer;
pub use issuer_name::{Generation, IssuerName};
pub use key::{Curve, PublicKey};
pub use lint::ThrowAwayKey;
pub use oid::Oid;
pub use policies::{AssuranceLevel, DEFAULT_ARC, Policies};
pub use professions::Profession;
pub use reason::RevocationReason;
pub use serial::{SERIAL_LENGTH, Serial};
pub use subject_key::{KeyKind, RsaPublicKey, SubjectKey};
pub use urls::Urls;
pub use view::{CertificateView, parse, parse_issued_by};

/// What an installation puts into everything it issues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Where it publishes.
    pub urls: Urls,
    /// Its identifiers, and whether it is in production.
    pub policies: Policies,
}
