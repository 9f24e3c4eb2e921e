//! The answer about a certificate.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::Reason;
use crate::x509::algorithm::sha256;
use crate::x509::certificate::Certificate;

/// Valid, invalid, or not to be decided. What could not be checked is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Indication {
    /// A path holds.
    #[serde(rename = "PASSED")]
    Valid,
    /// Something needed is missing, or is not processed here.
    #[serde(rename = "INDETERMINATE")]
    CannotBeChecked,
    /// The best path breaks a rule.
    #[serde(rename = "FAILED")]
    Invalid,
}

/// Whether revocation was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationCheck {
    /// Every certificate below the anchor, in the CRLs given and the installation's own records.
    Crls,
    /// Not at all: neither was given.
    NotAsked,
}

/// A reason and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Why.
    pub reason: Reason,
    /// Position of the certificate in the path, the leaf's being 0.
    pub depth: usize,
}

/// One certificate of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathCertificate {
    /// Subject, as `CN=…, O=…`.
    pub subject: String,
    /// Serial number in hexadecimal.
    pub serial: String,
    /// SHA-256 of the certificate in hexadecimal.
    pub sha256: String,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The worst of all reasons; valid if there is none.
    pub indication: Indication,
    /// All reasons against the path that came nearest; none if one holds.
    pub reasons: Vec<Finding>,
    /// The path that holds, or came nearest, from the leaf to the anchor.
    pub path: Vec<PathCertificate>,
    /// Policies valid for the path, dotted; `any` if every one is (RFC 5280 §6.1.6).
    pub policies: Vec<String>,
    /// Whether revocation was asked about.
    pub revocation: RevocationCheck,
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Finding", 5)?;
        object.serialize_field("code", self.reason.code())?;
        object.serialize_field("depth", &self.depth)?;
        object.serialize_field("clause", self.reason.clause())?;
        object.serialize_field("en", self.reason.english())?;
        object.serialize_field("th", self.reason.thai())?;
        object.end()
    }
}

impl PathCertificate {
    pub(crate) fn of(certificate: &Certificate<'_>) -> Self {
        Self {
            subject: certificate.subject_text(),
            serial: certificate.serial_text(),
            sha256: sha256(certificate.raw).iter().map(|b| format!("{b:02x}")).collect(),
        }
    }
}

impl Verdict {
    pub(crate) fn of(
        reasons: Vec<Finding>,
        path: &[Certificate<'_>],
        policies: Vec<String>,
        revocation: RevocationCheck,
    ) -> Self {
        let indication = reasons.iter().map(|f| f.reason.indication()).max().unwrap_or(Indication::Valid);
        Self { indication, reasons, path: path.iter().map(PathCertificate::of).collect(), policies, revocation }
    }
}
