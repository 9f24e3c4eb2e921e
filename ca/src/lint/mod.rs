//! The rules every certificate passes before a key sees it.
//!
//! The bytes to be signed are made into a certificate with a throw-away key, read back as a stranger would, and held
//! against each rule. The rules know nothing of how the profiles build: a slip there is found here.

mod doctor;
mod extensions;
mod fields;
mod rules;
mod shape;
mod text;
mod throw_away;

#[cfg(test)]
mod tests;

use der::Encode;
use time::OffsetDateTime;
use x509_cert::Certificate;
use x509_cert::certificate::TbsCertificate;

pub use throw_away::ThrowAwayKey;

use crate::profile::Kind;
use crate::view::MAX_CERTIFICATE;
use crate::{Error, Finding, Installation, Issuer, LintError, SubjectKey};

/// What a certificate is held against.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Its kind.
    pub kind: Kind,
    /// The CA that is to sign it; none for a root, which signs itself.
    pub issuer: Option<&'a Issuer>,
    /// The installation it is issued by.
    pub installation: &'a Installation,
    /// The last second of the licence it rests on, if that ends.
    pub licence_end: Option<OffsetDateTime>,
}

/// One rule: what it is called, which clause demands it, how it is checked.
struct Rule {
    name: &'static str,
    clause: &'static str,
    check: fn(&Candidate<'_>) -> Result<(), String>,
}

/// A certificate under examination.
struct Candidate<'a> {
    certificate: Certificate,
    tbs_der: &'a [u8],
    expected: &'a Expected<'a>,
    shape: &'static shape::Shape,
    /// Its key; what is wrong with it, if it is none of ours.
    key: Result<SubjectKey, Error>,
}

impl Candidate<'_> {
    fn tbs(&self) -> &TbsCertificate {
        self.certificate.tbs_certificate()
    }
}

/// Runs every rule of its kind over a `TBSCertificate` (DER), signed with a throw-away key and read back.
///
/// # Errors
/// [`Error::Lint`] with every rule it breaks; [`Error::Malformed`], [`Error::TooLarge`] if it cannot be read back.
pub fn check(tbs_der: &[u8], expected: &Expected<'_>, throw_away: &ThrowAwayKey) -> Result<(), Error> {
    if tbs_der.len() > MAX_CERTIFICATE {
        return Err(Error::TooLarge { what: "TBSCertificate" });
    }
    let certificate = throw_away.certify(tbs_der, expected)?;
    let key = SubjectKey::from_spki(certificate.tbs_certificate().subject_public_key_info().clone());
    let candidate = Candidate { certificate, tbs_der, expected, shape: shape::of(expected.kind), key };
    let findings: Vec<Finding> = rules::of(expected.kind)
        .filter_map(|rule| {
            let detail = (rule.check)(&candidate).err()?;
            Some(Finding { rule: rule.name, clause: rule.clause, detail })
        })
        .collect();
    if findings.is_empty() { Ok(()) } else { Err(LintError { findings }.into()) }
}

/// The certificate read back says, octet for octet, what is to be signed: nothing was read leniently, nothing was
/// lost, there is one way to understand it.
fn same_bytes(candidate: &Candidate<'_>) -> Result<(), String> {
    let again = candidate.tbs().to_der().map_err(|_| "cannot be encoded again".to_owned())?;
    if again == candidate.tbs_der { Ok(()) } else { Err("reads back as other bytes".to_owned()) }
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}
