//! Persons beside those of the demonstration. Their national IDs begin with 0: nobody has such
//! a number.

use rabrong::demo::persons::Person;
use sims::council::{Licence, Status};

/// A doctor to be, with a licence.
#[derive(Debug, Clone, Copy)]
pub struct Physician {
    /// Who.
    pub person: Person,
    /// Licence number, digits.
    pub licence: &'static str,
}

const fn physician(
    key: &'static str,
    th: [&'static str; 3],
    en: [&'static str; 2],
    national_id: &'static str,
    licence: &'static str,
) -> Physician {
    let person = Person {
        key,
        role: "doctor",
        unit: "10670",
        title_th: th[0],
        given_name_th: th[1],
        surname_th: th[2],
        given_name_en: en[0],
        surname_en: en[1],
        national_id,
        label_th: th[1],
        label_en: en[0],
    };
    Physician { person, licence }
}

/// In the council's register from the start.
pub const SOMCHAI: Physician =
    physician("somchai", ["นายแพทย์", "สมชาย", "สมมุติ"], ["Somchai", "Sommut"], "0000000000078", "23456");
/// In the council's register from the start.
pub const MALI: Physician =
    physician("mali", ["แพทย์หญิง", "มะลิ", "จำลอง"], ["Mali", "Chamlong"], "0000000000086", "34567");
/// Suspended, says the council's register.
pub const WITHAYA: Physician =
    physician("withaya", ["นายแพทย์", "วิทยา", "ทดสอบ"], ["Withaya", "Thotsop"], "0000000000094", "45678");
/// Not in the council's register.
pub const NOBODY: Physician =
    physician("nobody", ["นายแพทย์", "ไม่มี", "ตัวตน"], ["Maimi", "Tuaton"], "0000000000108", "99999");
/// A doctor whose name is that of the hospital's RA officer, as their national ID is.
pub const RA_AS_DOCTOR: Physician =
    physician("ra-as-doctor", ["แพทย์หญิง", "ทะเบียน", "สาธิต"], ["Thabian", "Satit"], "0000000000051", "70001");
/// A doctor whose national ID is that of the hospital's evidence officer.
pub const EVIDENCE_AS_DOCTOR: Physician =
    physician("evidence-as-doctor", ["แพทย์หญิง", "หลักฐาน", "สาธิต"], ["Lakthan", "Satit"], "0000000000043", "70002");

impl Physician {
    /// The council's entry of this physician, ending on that day (ISO date) or not at all.
    #[must_use]
    pub fn licensed_until(&self, valid_until: Option<String>) -> Licence {
        let Self { person, licence } = self;
        Licence {
            licence: (*licence).to_owned(),
            profession: "physician",
            status: Status::Active,
            title_th: person.title_th.to_owned(),
            given_name_th: person.given_name_th.to_owned(),
            surname_th: person.surname_th.to_owned(),
            given_name_en: person.given_name_en.to_owned(),
            surname_en: person.surname_en.to_owned(),
            valid_until,
            specialties: Vec::new(),
        }
    }
}

/// The licences that the council's stand-in does not know by itself.
#[must_use]
pub fn further_licences() -> Vec<Licence> {
    [RA_AS_DOCTOR, EVIDENCE_AS_DOCTOR].map(|physician| physician.licensed_until(None)).into()
}
