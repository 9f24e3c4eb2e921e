//! What the caller trusts and knows.

use time::OffsetDateTime;

/// Statuses that an installation knows of its own certificates.
pub trait CertificateStatus {
    /// The status of the certificate with this serial number (DER contents octets) under this issuer (DER).
    fn status(&self, issuer: &[u8], serial: &[u8]) -> KnownStatus;
}

/// An installation's own answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownStatus {
    /// Issued and in force now.
    Good,
    /// Revoked since.
    Revoked {
        /// When.
        at: OffsetDateTime,
        /// `CRLReason` (RFC 5280 §5.3.1); 6 is certificateHold.
        reason: Option<u8>,
    },
    /// Not one of its own.
    Unknown,
}

/// Trust anchors and material, all DER.
#[derive(Default, Clone)]
pub struct Trust<'t> {
    /// Certificates trusted as they are.
    pub anchors: Vec<Vec<u8>>,
    /// Certificates that may help to build a path.
    pub untrusted: Vec<Vec<u8>>,
    /// CRLs.
    pub crls: Vec<Vec<u8>>,
    /// OCSP answers.
    pub ocsps: Vec<Vec<u8>>,
    /// The installation's own statuses; asked first.
    pub status: Option<&'t dyn CertificateStatus>,
}

impl std::fmt::Debug for Trust<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Trust")
            .field("anchors", &self.anchors.len())
            .field("untrusted", &self.untrusted.len())
            .field("crls", &self.crls.len())
            .field("ocsps", &self.ocsps.len())
            .field("status", &self.status.is_some())
            .finish()
    }
}
