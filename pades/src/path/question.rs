//! What is asked about a certificate.

use time::OffsetDateTime;

use super::{CertificateStatus, PeerName};

/// How much of RFC 5280 is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strictness {
    /// §6: what a relying party must check.
    Path,
    /// §4 and §5 too: what a conforming CA must have put into its certificates and CRLs.
    #[default]
    Profile,
}

/// A question about one certificate; all certificates and CRLs in DER.
#[derive(Debug, Clone)]
pub struct Question<'q> {
    /// Certificates trusted as they are.
    pub anchors: &'q [Vec<u8>],
    /// Certificates that may help to build a path.
    pub untrusted: &'q [Vec<u8>],
    /// CRLs. With none and no `status`, revocation is not asked about, and the verdict says so.
    pub crls: &'q [Vec<u8>],
    /// The installation's own statuses; asked first.
    pub status: Option<&'q dyn CertificateStatus>,
    /// The instant to validate at; fractions of a second are cut off, as certificates have none.
    pub at: OffsetDateTime,
    /// How much of RFC 5280 is asked for.
    pub strictness: Strictness,
    /// An extended key usage (DER contents octets of its identifier) that the whole path must allow.
    pub purpose: Option<&'q [u8]>,
    /// `user-initial-policy-set` (DER contents octets); empty means any policy (§6.1.1 (c)).
    pub policies: &'q [&'q [u8]],
    /// `initial-explicit-policy` (§6.1.1 (f)).
    pub explicit_policy: bool,
    /// `initial-policy-mapping-inhibit` (§6.1.1 (e)).
    pub inhibit_mapping: bool,
    /// `initial-any-policy-inhibit` (§6.1.1 (g)).
    pub inhibit_any: bool,
    /// Names that the certificate must have.
    pub names: &'q [PeerName],
    /// The most CA certificates between anchor and leaf that are not self-issued.
    pub intermediates: Option<usize>,
}

impl Question<'_> {
    /// Nothing trusted, everything of the profile asked for, at `at`.
    #[must_use]
    pub const fn new(at: OffsetDateTime) -> Self {
        Self {
            anchors: &[],
            untrusted: &[],
            crls: &[],
            status: None,
            at,
            strictness: Strictness::Profile,
            purpose: None,
            policies: &[],
            explicit_policy: false,
            inhibit_mapping: false,
            inhibit_any: false,
            names: &[],
            intermediates: None,
        }
    }
}
