//! The professions a certificate may state: one table, one row each.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// What the table says of one profession.
#[derive(Debug)]
struct Row {
    code: &'static str,
    arc: u32,
    scheme: &'static str,
    title_th: &'static str,
    title_en: &'static str,
    council_th: &'static str,
    council_en: &'static str,
    council_url: &'static str,
}

/// Code, arc, scheme, title, council. The arcs 1 to 9 are the council codes of TH Core; those it does not number
/// begin at 11. A row is never renumbered and its scheme never reused: certificates stand on them.
const TABLE: &[Row] = &[
    Row {
        code: "physician",
        arc: 1,
        scheme: "MD",
        title_th: "ผู้ประกอบวิชาชีพเวชกรรม",
        title_en: "Physician",
        council_th: "แพทยสภา",
        council_en: "The Medical Council of Thailand",
        council_url: "https://www.tmc.or.th/",
    },
    Row {
        code: "nurse",
        arc: 2,
        scheme: "RN",
        title_th: "ผู้ประกอบวิชาชีพการพยาบาลและการผดุงครรภ์",
        title_en: "Registered nurse",
        council_th: "สภาการพยาบาล",
        council_en: "Thailand Nursing and Midwifery Council",
        council_url: "https://www.tnmc.or.th/",
    },
    Row {
        code: "pharmacist",
        arc: 3,
        scheme: "PH",
        title_th: "ผู้ประกอบวิชาชีพเภสัชกรรม",
        title_en: "Pharmacist",
        council_th: "สภาเภสัชกรรม",
        council_en: "Pharmacy Council",
        council_url: "https://www.pharmacycouncil.org/",
    },
    Row {
        code: "dentist",
        arc: 4,
        scheme: "DD",
        title_th: "ผู้ประกอบวิชาชีพทันตกรรม",
        title_en: "Dentist",
        council_th: "ทันตแพทยสภา",
        council_en: "Dental Council",
        council_url: "https://dentalcouncil.or.th/",
    },
    Row {
        code: "physical_therapist",
        arc: 5,
        scheme: "PT",
        title_th: "ผู้ประกอบวิชาชีพกายภาพบำบัด",
        title_en: "Physical therapist",
        council_th: "สภากายภาพบำบัด",
        council_en: "Physical Therapy Council",
        council_url: "https://www.pt.or.th/",
    },
    Row {
        code: "medical_technologist",
        arc: 6,
        scheme: "MT",
        title_th: "ผู้ประกอบวิชาชีพเทคนิคการแพทย์",
        title_en: "Medical technologist",
        council_th: "สภาเทคนิคการแพทย์",
        council_en: "Medical Technology Council",
        council_url: "https://www.mtcouncil.org/",
    },
    Row {
        code: "thai_traditional",
        arc: 11,
        scheme: "TM",
        title_th: "ผู้ประกอบวิชาชีพการแพทย์แผนไทย",
        title_en: "Thai traditional medicine practitioner",
        council_th: "สภาการแพทย์แผนไทย",
        council_en: "Thai Traditional Medical Council",
        council_url: "https://www.thaimed.or.th/",
    },
    Row {
        code: "applied_thai_traditional",
        arc: 12,
        scheme: "AM",
        title_th: "ผู้ประกอบวิชาชีพการแพทย์แผนไทยประยุกต์",
        title_en: "Applied Thai traditional medicine practitioner",
        council_th: "สภาการแพทย์แผนไทย",
        council_en: "Thai Traditional Medical Council",
        council_url: "https://www.thaimed.or.th/",
    },
    Row {
        code: "chinese_medicine",
        arc: 13,
        scheme: "CM",
        title_th: "ผู้ประกอบโรคศิลปะ สาขาการแพทย์แผนจีน",
        title_en: "Chinese medicine practitioner",
        council_th: "คณะกรรมการวิชาชีพสาขาการแพทย์แผนจีน",
        council_en: "Professional Committee on Chinese Medicine",
        council_url: "https://hss.moph.go.th/",
    },
];

/// A profession that a certificate may state: a row of the table.
#[derive(Clone, Copy)]
pub struct Profession(&'static Row);

impl Profession {
    /// ผู้ประกอบวิชาชีพเวชกรรม, licensed by the Medical Council: who may issue a medical certificate.
    pub const PHYSICIAN: Self = {
        let [physician, ..] = TABLE else { unreachable!() };
        Self(physician)
    };

    /// Every profession, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(Self)
    }

    /// The profession with this scheme in a serialNumber.
    pub(crate) fn of_scheme(scheme: &str) -> Option<Self> {
        Self::all().find(|profession| profession.scheme() == scheme)
    }

    /// Its code in requests and records: `physician`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.0.code
    }

    /// Its number below the professions' arc.
    #[must_use]
    pub const fn arc(self) -> u32 {
        self.0.arc
    }

    /// Its title in the law, in Thai.
    #[must_use]
    pub const fn title_th(self) -> &'static str {
        self.0.title_th
    }

    /// Its title in English.
    #[must_use]
    pub const fn title_en(self) -> &'static str {
        self.0.title_en
    }

    /// Its item in the Admission extension: Thai, and English in brackets.
    #[must_use]
    pub fn item(self) -> String {
        format!("{} ({})", self.0.title_th, self.0.title_en)
    }

    /// The two letters before the country in the subject's serialNumber (EN 319 412-1 §5.1.3: a national scheme).
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        self.0.scheme
    }

    /// The body that registers the profession, in English.
    #[must_use]
    pub const fn registration_authority(self) -> &'static str {
        self.0.council_en
    }

    /// The same in Thai.
    #[must_use]
    pub const fn registration_authority_th(self) -> &'static str {
        self.0.council_th
    }

    /// Where that body is found: EN 319 412-1 §5.1.3 wants a URI among the nameRegistrationAuthorities.
    #[must_use]
    pub const fn registration_authority_url(self) -> &'static str {
        self.0.council_url
    }
}

impl PartialEq for Profession {
    fn eq(&self, other: &Self) -> bool {
        self.0.arc == other.0.arc
    }
}

impl Eq for Profession {}

impl fmt::Debug for Profession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Profession({})", self.0.code)
    }
}

impl FromStr for Profession {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::all().find(|profession| profession.code() == text).ok_or(Error::Value { what: "profession" })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_professions_are_taken_for_one_another() {
        let distinct = |of: fn(Profession) -> String| Profession::all().map(of).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(|profession| profession.code().to_owned()), TABLE.len());
        assert_eq!(distinct(|profession| profession.scheme().to_owned()), TABLE.len());
        assert_eq!(distinct(|profession| profession.arc().to_string()), TABLE.len());
        assert_eq!(distinct(Profession::item), TABLE.len());
    }

    #[test]
    fn every_row_can_be_written() {
        for profession in Profession::all() {
            assert_eq!(profession.code().parse(), Ok(profession));
            assert_eq!(Profession::of_scheme(profession.scheme()), Some(profession));
            // EN 319 412-1 §5.1.3: two letters; `EI`, `PI` and the three-letter identity types are others' meanings.
            assert!(profession.scheme().len() == 2 && profession.scheme().bytes().all(|b| b.is_ascii_uppercase()));
            // Common PKI part 1 §3.5.2: DirectoryString (SIZE (1..128)); RFC 5280: ub-organization-name 64.
            assert!((1..=128).contains(&profession.item().chars().count()), "{profession:?}");
            assert!((1..=64).contains(&profession.registration_authority().chars().count()), "{profession:?}");
            assert!(profession.registration_authority_url().starts_with("https://"));
        }
        assert_eq!(Profession::PHYSICIAN.code(), "physician");
        assert!("veterinarian".parse::<Profession>().is_err());
    }
}
