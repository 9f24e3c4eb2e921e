//! Evidence of an identity: separate records; the level is derived from them, never typed in.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::level::Ial;

/// What was seen or asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// An officer saw the ID card or passport.
    DocumentSeen,
    /// The chip of the ID card was read at a service unit.
    ChipRead,
    /// DOPA confirmed the card's data.
    DopaData,
    /// DOPA confirmed that the card is in force.
    DopaStatus,
    /// An officer compared the person with the picture.
    OfficerComparison,
    /// A machine compared the face with the picture.
    FaceComparison,
    /// The council's register answered about the licence.
    LicenceCheck,
    /// An officer looked the licence up at the council's page and recorded what it said.
    LicenceLookUp,
}

impl EvidenceKind {
    /// As written: `document_seen`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DocumentSeen => "document_seen",
            Self::ChipRead => "chip_read",
            Self::DopaData => "dopa_data",
            Self::DopaStatus => "dopa_status",
            Self::OfficerComparison => "officer_comparison",
            Self::FaceComparison => "face_comparison",
            Self::LicenceCheck => "licence_check",
            Self::LicenceLookUp => "licence_look_up",
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It fits.
    Confirmed,
    /// It does not fit.
    Contradicted,
    /// The source did not answer.
    Unavailable,
}

/// One record of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// UUID of the record.
    pub id: String,
    /// Id of the person it is about.
    pub person_id: String,
    /// What was seen or asked.
    pub kind: EvidenceKind,
    /// What came of it.
    pub outcome: Outcome,
    /// Where the answer came from, e.g. `thai_id_card`, `tmc_register`.
    pub source: String,
    /// Person id of the officer who recorded it; none for a system's own check.
    pub recorded_by: Option<String>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub recorded_at: OffsetDateTime,
    /// Particulars (JSON), digests rather than personal data.
    pub details: serde_json::Value,
}

impl Evidence {
    /// SHA-256 of the record's RFC 8785 form, lower-case hexadecimal.
    ///
    /// # Errors
    /// If the details have no canonical form.
    pub fn sha256(&self) -> Result<String, serde_json::Error> {
        let canonical = serde_json_canonicalizer::to_vec(self)?;
        Ok(hex::encode(Sha256::digest(canonical)))
    }
}

/// The identity level that the evidence reaches.
///
/// Of each kind the newest record counts. A newest record that contradicts the identity
/// brings the level down to 1.1 until a newer one confirms. The steps of the table are this
/// project's reading of ขมธอ. 19-2566; level 3 is never derived here.
pub fn derive_level(evidence: &[Evidence]) -> Ial {
    use EvidenceKind::{ChipRead, DocumentSeen, DopaData, DopaStatus, FaceComparison, OfficerComparison};
    let newest = |kind: EvidenceKind| {
        let of_kind = evidence.iter().filter(|record| record.kind == kind);
        of_kind.max_by_key(|record| record.recorded_at).map(|record| record.outcome)
    };
    let has = |kind| newest(kind) == Some(Outcome::Confirmed);
    // That a source is silent now takes back nothing that was found before.
    let contradicted = |kind: &EvidenceKind| {
        let answers = evidence.iter().filter(|record| record.kind == *kind && record.outcome != Outcome::Unavailable);
        answers.max_by_key(|record| record.recorded_at).is_some_and(|record| record.outcome == Outcome::Contradicted)
    };
    let identity = [ChipRead, DocumentSeen, DopaData, DopaStatus, FaceComparison, OfficerComparison];
    if identity.iter().any(contradicted) {
        return Ial::L11;
    }
    let card = has(DocumentSeen) || has(ChipRead);
    let compared = has(FaceComparison) || has(OfficerComparison);
    if has(ChipRead) && has(DopaStatus) && compared {
        Ial::L23
    } else if card && has(DopaStatus) && has(FaceComparison) {
        Ial::L22
    } else if card && has(OfficerComparison) {
        Ial::L21
    } else if has(DopaData) {
        Ial::L13
    } else if card {
        Ial::L12
    } else {
        Ial::L11
    }
}

/// Whether the newest answer about the licence, by either way, confirms it. What an officer found against
/// it only an officer who looks again can answer: a system's check is nobody's word.
pub fn licence_confirmed(evidence: &[Evidence]) -> bool {
    let newest = |kinds: &[EvidenceKind]| {
        let answers = evidence.iter().filter(|record| record.outcome != Outcome::Unavailable);
        let of_kinds = answers.filter(|record| kinds.contains(&record.kind));
        of_kinds.max_by_key(|record| record.recorded_at).map(|record| record.outcome)
    };
    newest(&[EvidenceKind::LicenceLookUp]) != Some(Outcome::Contradicted)
        && newest(&[EvidenceKind::LicenceCheck, EvidenceKind::LicenceLookUp]) == Some(Outcome::Confirmed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use EvidenceKind::*;

    fn record(kind: EvidenceKind, outcome: Outcome, second: i64) -> Evidence {
        Evidence {
            id: "e".into(),
            person_id: "p".into(),
            kind,
            outcome,
            source: "s".into(),
            recorded_by: None,
            recorded_at: OffsetDateTime::from_unix_timestamp(second).unwrap(),
            details: serde_json::json!({}),
        }
    }

    fn level(kinds: &[EvidenceKind]) -> Ial {
        let records: Vec<_> = kinds.iter().map(|k| record(*k, Outcome::Confirmed, 1)).collect();
        derive_level(&records)
    }

    #[test]
    fn evidence_adds_up() {
        for (kinds, expected) in [
            (&[][..], Ial::L11),
            (&[DocumentSeen], Ial::L12),
            (&[OfficerComparison], Ial::L11),
            (&[DopaData], Ial::L13),
            (&[DocumentSeen, OfficerComparison], Ial::L21),
            (&[DocumentSeen, DopaStatus, OfficerComparison], Ial::L21),
            (&[DocumentSeen, DopaStatus, FaceComparison], Ial::L22),
            (&[ChipRead, FaceComparison], Ial::L12),
            (&[ChipRead, DopaStatus, OfficerComparison], Ial::L23),
            (&[LicenceCheck], Ial::L11),
        ] {
            assert_eq!(level(kinds), expected, "{kinds:?}");
        }
    }

    #[test]
    fn the_newest_record_counts() {
        let mut records = vec![
            record(DocumentSeen, Outcome::Confirmed, 1),
            record(OfficerComparison, Outcome::Confirmed, 1),
            record(DopaStatus, Outcome::Contradicted, 2),
        ];
        assert_eq!(derive_level(&records), Ial::L11);
        records.push(record(DopaStatus, Outcome::Confirmed, 3));
        assert_eq!(derive_level(&records), Ial::L21);
        records.push(record(OfficerComparison, Outcome::Unavailable, 4));
        assert_eq!(derive_level(&records), Ial::L12);
    }

    #[test]
    fn the_newest_answer_about_the_licence_counts() {
        let mut records = vec![record(LicenceLookUp, Outcome::Confirmed, 1)];
        assert!(licence_confirmed(&records));
        records.push(record(LicenceCheck, Outcome::Unavailable, 2));
        assert!(licence_confirmed(&records), "no answer is no contradiction");
        records.push(record(LicenceCheck, Outcome::Contradicted, 3));
        assert!(!licence_confirmed(&records));
        records.push(record(LicenceLookUp, Outcome::Contradicted, 4));
        records.push(record(LicenceCheck, Outcome::Confirmed, 5));
        assert!(!licence_confirmed(&records), "an officer found against it");
        records.push(record(LicenceLookUp, Outcome::Confirmed, 6));
        assert!(licence_confirmed(&records));
        assert!(!licence_confirmed(&[]));
    }

    #[test]
    fn the_digest_covers_the_record() {
        let one = record(DocumentSeen, Outcome::Confirmed, 1);
        let other = Evidence { recorded_by: Some("o".into()), ..one.clone() };
        assert_eq!(one.sha256().unwrap().len(), 64);
        assert_ne!(one.sha256().unwrap(), other.sha256().unwrap());
        let written = serde_json::to_value(&one).unwrap();
        assert_eq!(written["kind"], one.kind.as_str());
    }
}
