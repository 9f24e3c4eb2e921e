//! What the caller trusts and knows.

use super::CertificateStatus;

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
