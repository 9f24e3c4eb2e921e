//! What became of a certificate, and where it can be seen already.

use serde::{Deserialize, Serialize};

use super::RevokedRecord;

/// A certificate's revocation state: now, its history, and where it is visible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationState {
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// SHA-256 of the certificate's DER, hexadecimal: another with this serial number is not the one.
    pub sha256: String,
    /// The revocation or hold in force; none if it was never revoked, or a hold was lifted.
    pub revoked: Option<RevokedRecord>,
    /// Since when every OCSP answer says so (RFC 3339); none if nothing happened yet, or not all answers do.
    pub ocsp_since: Option<String>,
    /// The CRL that says so; none if nothing happened yet.
    pub crl: Option<CrlState>,
    /// Every hold, lifting, revocation and amendment, in order.
    pub history: Vec<RevocationStep>,
}

/// Whether the CRL says so already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrlState {
    /// Shard number, `tsa` or `root`: `/crl/{list}.crl`.
    pub list: String,
    /// Number of the newest CRL that says so; none while none does.
    pub number: Option<i64>,
    /// Its thisUpdate (RFC 3339).
    pub this_update: Option<String>,
    /// While none does: by when one will (RFC 3339).
    pub due_by: Option<String>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationStep {
    /// `revoke`, `hold`, `lift` or `amend`.
    pub kind: String,
    /// When it was decided (RFC 3339).
    pub at: String,
    /// CRL reason by name.
    pub reason: String,
    /// Since when the key or right is believed lost (RFC 3339).
    pub invalid_since: Option<String>,
    /// `activation`, `hotline`, `licence_feed` or `termination`.
    pub source: String,
}
