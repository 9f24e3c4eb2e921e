//! Certificates beside a doctor's first: the doctor's own renewal, and programs'.

use serde::{Deserialize, Serialize};

use super::{CertificateRecord, EvidenceReference};

/// A doctor's next certificate, on the approval the ending one rests on. All that it says is
/// what the ending one says; only key, serial number and dates are new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateRenewal {
    /// Serial number of the certificate that ends, lower-case hexadecimal. It is renewed once.
    pub serial: String,
    /// When the licence was found active at the council (RFC 3339), at most a day ago.
    pub licence_checked_at: String,
    /// Last day of the licence (ISO date), if it ends.
    pub licence_valid_until: Option<String>,
    /// The record of that look-up (`licence_check`).
    pub evidence: EvidenceReference,
}

/// A certificate for a program that calls the API for a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiClientRequest {
    /// UUID of the request: at most one certificate is ever issued for it.
    pub request_id: String,
    /// Code of the unit the program works for.
    pub unit_code: String,
    /// The program's name.
    pub name: String,
    /// Its PKCS#10 request, PEM or the DER in hexadecimal. Nothing in it is believed but the key.
    pub csr: String,
}

/// A page of certificates that end soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiring {
    /// By their end. What is revoked for good or renewed already is not among them.
    pub certificates: Vec<CertificateRecord>,
    /// What to ask with for the next page; none after the last.
    pub next: Option<String>,
}
