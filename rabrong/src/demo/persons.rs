//! The persons of a demonstration and their software authenticators. Their national IDs
//! begin with 0: nobody has such a number.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sims::authenticator::{Behaviour, SoftAuthenticator};

use crate::edge;
use crate::files::write_secret;

/// One person of the demonstration.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// Short name in files and commands.
    pub key: &'static str,
    /// `central`, `ra_officer`, `evidence_officer` or `doctor`.
    pub role: &'static str,
    /// Code of the unit.
    pub unit: &'static str,
    /// Title in Thai.
    pub title_th: &'static str,
    /// Given name in Thai.
    pub given_name_th: &'static str,
    /// Surname in Thai.
    pub surname_th: &'static str,
    /// Given name in English.
    pub given_name_en: &'static str,
    /// Surname in English.
    pub surname_en: &'static str,
    /// National ID.
    pub national_id: &'static str,
    /// What they do, for the list of passkeys.
    pub label_th: &'static str,
    /// The same in English.
    pub label_en: &'static str,
}

impl Person {
    /// Name in Thai with the title before it.
    #[must_use]
    pub fn name_th(&self) -> String {
        format!("{}{} {}", self.title_th, self.given_name_th, self.surname_th)
    }

    /// Name in English.
    #[must_use]
    pub fn name_en(&self) -> String {
        format!("{} {}", self.given_name_en, self.surname_en)
    }
}

macro_rules! person {
    ($key:literal, $role:literal, $unit:literal, $th:expr, $en:expr, $id:literal, $label:expr) => {
        Person {
            key: $key,
            role: $role,
            unit: $unit,
            title_th: $th[0],
            given_name_th: $th[1],
            surname_th: $th[2],
            given_name_en: $en[0],
            surname_en: $en[1],
            national_id: $id,
            label_th: $label[0],
            label_en: $label[1],
        }
    };
}

/// First central officer.
pub const CENTRAL_ONE: Person = person!(
    "central-1",
    "central",
    "moph",
    ["นาง", "กลาง", "สาธิต"],
    ["Klang", "Satit"],
    "0000000000019",
    ["เจ้าหน้าที่ส่วนกลาง คนที่ 1", "Central officer 1"]
);
/// Second central officer.
pub const CENTRAL_TWO: Person = person!(
    "central-2",
    "central",
    "moph",
    ["นาย", "ศูนย์", "สาธิต"],
    ["Soon", "Satit"],
    "0000000000027",
    ["เจ้าหน้าที่ส่วนกลาง คนที่ 2", "Central officer 2"]
);
/// RA officer of the province.
pub const PROVINCE: Person = person!(
    "province",
    "ra_officer",
    "40",
    ["นาย", "จังหวัด", "สาธิต"],
    ["Changwat", "Satit"],
    "0000000000035",
    ["นายทะเบียน สสจ.ขอนแก่น", "RA officer, Khon Kaen province"]
);
/// Evidence officer of the hospital.
pub const EVIDENCE: Person = person!(
    "evidence",
    "evidence_officer",
    "10670",
    ["นางสาว", "หลักฐาน", "สาธิต"],
    ["Lakthan", "Satit"],
    "0000000000043",
    ["เจ้าหน้าที่บันทึกหลักฐาน โรงพยาบาลขอนแก่น", "Evidence officer, Khon Kaen Hospital"]
);
/// RA officer of the hospital.
pub const RA: Person = person!(
    "ra",
    "ra_officer",
    "10670",
    ["นาง", "ทะเบียน", "สาธิต"],
    ["Thabian", "Satit"],
    "0000000000051",
    ["นายทะเบียน โรงพยาบาลขอนแก่น", "RA officer, Khon Kaen Hospital"]
);
/// The doctor; the Medical Council's stand-in knows the licence.
pub const DOCTOR: Person = person!(
    "doctor",
    "doctor",
    "10670",
    ["แพทย์หญิง", "ดารา", "ตัวอย่าง"],
    ["Dara", "Tuayang"],
    "0000000000060",
    ["แพทย์ โรงพยาบาลขอนแก่น", "Doctor, Khon Kaen Hospital"]
);

/// Everybody.
pub const EVERYBODY: [Person; 6] = [CENTRAL_ONE, CENTRAL_TWO, PROVINCE, EVIDENCE, RA, DOCTOR];

/// The persons' authenticators, kept in one file of the demonstration's folder.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Passkeys {
    #[serde(skip)]
    file: PathBuf,
    authenticators: BTreeMap<String, SoftAuthenticator>,
}

impl Passkeys {
    /// Reads the file, if there is one.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join("demo-passkeys.json");
        let mut passkeys: Self = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(error.into()),
        };
        passkeys.file = file;
        Ok(passkeys)
    }

    /// A person's authenticator; a new one if there is none. It does not count: the same
    /// passkeys are lent to the visitors' browsers.
    #[must_use]
    pub fn of(&self, person: &Person) -> SoftAuthenticator {
        self.authenticators.get(person.key).cloned().unwrap_or_else(|| {
            let mut authenticator = SoftAuthenticator::new(edge::randomness().bytes());
            authenticator.behaviour = Behaviour { counts: false, ..Behaviour::default() };
            authenticator
        })
    }

    /// Keeps an authenticator.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep(&mut self, person: &Person, authenticator: SoftAuthenticator) -> anyhow::Result<()> {
        self.authenticators.insert(person.key.to_owned(), authenticator);
        write_secret(&self.file, &serde_json::to_string(self)?)?;
        Ok(())
    }

    /// What the demonstration's script lends to visitors.
    ///
    /// # Errors
    /// If a key cannot be derived.
    pub fn lend(&self) -> anyhow::Result<Vec<serde_json::Value>> {
        let mut all = Vec::new();
        for person in EVERYBODY {
            let Some(authenticator) = self.authenticators.get(person.key) else { continue };
            for mut passkey in authenticator.lend()? {
                if let Some(object) = passkey.as_object_mut() {
                    object.insert("label_th".to_owned(), format!("{} · {}", person.name_th(), person.label_th).into());
                    object.insert("label_en".to_owned(), format!("{} · {}", person.name_en(), person.label_en).into());
                }
                all.push(passkey);
            }
        }
        Ok(all)
    }
}
