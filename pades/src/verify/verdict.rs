//! The verdict in the words of ETSI EN 319 102-1 §5.1.

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use super::Reason;

/// Main status indication (EN 319 102-1 table 5). What could not be checked is not passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Indication {
    /// TOTAL-PASSED
    #[serde(rename = "PASSED")]
    TotalPassed,
    /// INDETERMINATE
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    /// TOTAL-FAILED
    #[serde(rename = "FAILED")]
    TotalFailed,
}

/// Sub-indication (EN 319 102-1 table 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names are the standard's; table 6 describes each")]
pub enum SubIndication {
    FormatFailure,
    HashFailure,
    SigCryptoFailure,
    Revoked,
    NotYetValid,
    SigConstraintsFailure,
    ChainConstraintsFailure,
    CryptoConstraintsFailure,
    NoSigningCertificateFound,
    NoCertificateChainFound,
    RevokedNoPoe,
    RevokedCaNoPoe,
    OutOfBoundsNoPoe,
    TryLater,
    NoPoe,
}

/// The baseline levels (ETSI EN 319 142-1 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Level {
    /// B-B
    #[serde(rename = "B-B")]
    BB,
    /// B-T: a time-stamp that can be relied on.
    #[serde(rename = "B-T")]
    BT,
    /// B-LT: and revocation data about the signer in the file.
    #[serde(rename = "B-LT")]
    BLt,
    /// B-LTA: and a document time-stamp over them that can be relied on.
    #[serde(rename = "B-LTA")]
    BLta,
}

/// The answer about a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The worst of all signatures and of the file itself.
    pub indication: Indication,
    /// Of the worst finding; absent when passed.
    pub sub_indication: Option<SubIndication>,
    /// All reasons, the file's first.
    pub reasons: Vec<Reason>,
    /// Signatures and document time-stamps in the order they were made.
    pub signatures: Vec<SignatureReport>,
}

/// The answer about one signature or document time-stamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureReport {
    /// Fully qualified field name.
    pub field: String,
    /// Whether it is a document time-stamp.
    pub time_stamp: bool,
    /// Subject of the signing certificate.
    pub subject: Option<String>,
    /// Its serial number in hexadecimal.
    pub serial: Option<String>,
    /// SHA-256 of the signing certificate in hexadecimal.
    pub certificate_sha256: Option<String>,
    /// What the signer says, from `/M` or the signing-time attribute. A claim, not a proof.
    pub claimed_time: Option<String>,
    /// The earliest time at which the signature is proven to have existed, if there is proof.
    #[serde(serialize_with = "rfc3339")]
    pub proven_time: Option<OffsetDateTime>,
    /// The level that a signature which passed has; none for a time-stamp, and for a signature that did not pass.
    pub level: Option<Level>,
    /// Whether no revision came after it.
    pub covers_whole_document: bool,
    /// Verdict on this signature.
    pub indication: Indication,
    /// Of its worst finding.
    pub sub_indication: Option<SubIndication>,
    /// Its reasons.
    pub reasons: Vec<Reason>,
}

fn rfc3339<S: Serializer>(time: &Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = time.and_then(|t| t.format(&time::format_description::well_known::Rfc3339).ok());
    text.serialize(serializer)
}

impl SignatureReport {
    /// Adds a reason; the worst one gives the indication.
    pub(crate) fn add(&mut self, reason: Reason) {
        let (indication, sub) = reason.indication();
        if indication > self.indication {
            self.indication = indication;
            self.sub_indication = sub;
        }
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}

impl Verdict {
    /// The verdict on a file that cannot be judged further.
    #[must_use]
    pub fn of(reason: Reason) -> Self {
        let (indication, sub_indication) = reason.indication();
        Self { indication, sub_indication, reasons: vec![reason], signatures: Vec::new() }
    }

    /// The worst of the parts.
    pub(crate) fn sum(file: Vec<Reason>, signatures: Vec<SignatureReport>) -> Self {
        let mut verdict = Self { indication: Indication::TotalPassed, sub_indication: None, reasons: file, signatures };
        let of_file = verdict.reasons.iter().map(Reason::indication);
        let of_signatures = verdict.signatures.iter().map(|s| (s.indication, s.sub_indication));
        let worst = of_file.chain(of_signatures).max_by_key(|(i, _)| *i);
        if let Some((indication, sub_indication)) = worst {
            (verdict.indication, verdict.sub_indication) = (indication, sub_indication);
        }
        for reason in verdict.signatures.iter().flat_map(|s| s.reasons.clone()) {
            if !verdict.reasons.contains(&reason) {
                verdict.reasons.push(reason);
            }
        }
        verdict
    }
}
