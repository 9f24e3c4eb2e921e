//! Consent and the privacy notice (PDPA B.E. 2562 ss. 19, 23, 26).

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::level::{Aal, Ial};

/// The version shown now.
pub const CURRENT_NOTICE: &str = "2026-1";

const NOTICE_2026_1_TH: &str = include_str!("../notices/2026-1.th.txt");
const NOTICE_2026_1_EN: &str = include_str!("../notices/2026-1.en.txt");

/// What is consented to, each by its own tick. What rests on law or contract is not here: the
/// notice says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The licence may be asked about at the Medical Council.
    LicenceInquiry,
    /// The picture on the card may be compared with the face (s. 26: biometric data).
    FaceComparison,
    /// Name, licence number and certificate status are shown to whoever checks a document.
    PublicVerification,
}

impl Purpose {
    /// All.
    pub const ALL: [Self; 3] = [Self::LicenceInquiry, Self::FaceComparison, Self::PublicVerification];

    /// As written: `licence_inquiry`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LicenceInquiry => "licence_inquiry",
            Self::FaceComparison => "face_comparison",
            Self::PublicVerification => "public_verification",
        }
    }

    /// Whether a certificate cannot be issued or used without it.
    pub fn is_needed_for_issue(self) -> bool {
        self != Self::FaceComparison
    }
}

/// Who answers for the data: configuration fills it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contacts {
    /// Name of the data controller.
    pub controller: String,
    /// Its address.
    pub address: String,
    /// The data protection officer: how to reach them.
    pub data_protection_officer: String,
    /// Years that signing evidence is kept after a certificate ends.
    pub evidence_years: u32,
}

/// The notice as it is shown, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Version.
    pub version: &'static str,
    /// Thai text.
    pub th: String,
    /// English text.
    pub en: String,
}

impl Notice {
    /// The notice of a version with the contacts filled in; none if there is no such version.
    pub fn of(version: &str, contacts: &Contacts) -> Option<Self> {
        let fill = |text: &str| {
            text.replace("{{controller}}", &contacts.controller)
                .replace("{{address}}", &contacts.address)
                .replace("{{dpo}}", &contacts.data_protection_officer)
                .replace("{{evidence_years}}", &contacts.evidence_years.to_string())
        };
        (version == CURRENT_NOTICE).then(|| Self {
            version: CURRENT_NOTICE,
            th: fill(NOTICE_2026_1_TH),
            en: fill(NOTICE_2026_1_EN),
        })
    }

    /// SHA-256 over both texts as shown, lower-case hexadecimal: what was consented to.
    pub fn sha256(&self) -> String {
        let mut hasher = Sha256::new();
        for part in [self.version, &self.th, &self.en] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        hex::encode(hasher.finalize())
    }
}

/// A consent given, and perhaps withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentRecord {
    /// UUID of the record.
    pub id: String,
    /// Id of the person.
    pub person_id: String,
    /// Version of the notice.
    pub notice_version: String,
    /// SHA-256 of the notice as shown, hexadecimal.
    pub notice_sha256: String,
    /// The purposes ticked.
    pub purposes: Vec<Purpose>,
    /// Where it was given: `portal`, `service_unit`.
    pub channel: String,
    /// Identity level then.
    pub ial: Ial,
    /// Authenticator level then.
    pub aal: Aal,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub given_at: OffsetDateTime,
    /// When it was withdrawn, if it was (s. 19: as easily as given).
    #[serde(with = "time::serde::rfc3339::option")]
    pub withdrawn_at: Option<OffsetDateTime>,
}

impl ConsentRecord {
    /// Whether the purpose is consented to at that time.
    pub fn covers(&self, purpose: Purpose, at: OffsetDateTime) -> bool {
        self.purposes.contains(&purpose) && self.given_at <= at && self.withdrawn_at.is_none_or(|end| at < end)
    }

    /// Whether a certificate may be issued on it at that time.
    pub fn suffices_for_issue(&self, at: OffsetDateTime) -> bool {
        let mut needed = Purpose::ALL.into_iter().filter(|purpose| purpose.is_needed_for_issue());
        needed.all(|purpose| self.covers(purpose, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contacts() -> Contacts {
        Contacts {
            controller: "หน่วยงานตัวอย่าง".into(),
            address: "ถนนตัวอย่าง".into(),
            data_protection_officer: "dpo@example.invalid".into(),
            evidence_years: 10,
        }
    }

    #[test]
    fn the_notice_is_whole_in_both_languages() {
        let notice = Notice::of(CURRENT_NOTICE, &contacts()).unwrap();
        for text in [&notice.th, &notice.en] {
            assert!(!text.contains("{{") && !text.contains("}}"), "{text}");
            assert!(text.contains("dpo@example.invalid") && text.contains("หน่วยงานตัวอย่าง"));
            assert!(text.contains("10 "));
        }
        assert_eq!(Notice::of("1999-1", &contacts()), None);
        let elsewhere = Contacts { address: "x".into(), ..contacts() };
        let other = Notice::of(CURRENT_NOTICE, &elsewhere).unwrap();
        assert_ne!(notice.sha256(), other.sha256());
    }

    #[test]
    fn a_withdrawn_consent_covers_nothing_from_then_on() {
        let at = |second| OffsetDateTime::from_unix_timestamp(second).unwrap();
        let mut consent = ConsentRecord {
            id: "c".into(),
            person_id: "p".into(),
            notice_version: CURRENT_NOTICE.into(),
            notice_sha256: "00".into(),
            purposes: vec![Purpose::LicenceInquiry, Purpose::PublicVerification],
            channel: "portal".into(),
            ial: Ial::L11,
            aal: Aal::L22,
            given_at: at(10),
            withdrawn_at: None,
        };
        assert!(consent.suffices_for_issue(at(11)) && !consent.suffices_for_issue(at(9)));
        assert!(!consent.covers(Purpose::FaceComparison, at(11)));
        consent.withdrawn_at = Some(at(20));
        assert!(consent.suffices_for_issue(at(19)) && !consent.suffices_for_issue(at(20)));
        consent.purposes.pop();
        assert!(!consent.suffices_for_issue(at(11)));
    }

    #[test]
    fn purposes_are_written_as_serde_writes_them() {
        for purpose in Purpose::ALL {
            assert_eq!(serde_json::to_value(purpose).unwrap(), purpose.as_str());
        }
    }
}
