//! A person's names, sealed at rest.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::field_cipher::FieldCipher;
use crate::pages::Lang;
use crate::randomness::Randomness;

/// A person's names. An invited person has only `display` until they say who they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// The name the inviter gave.
    pub display: String,
    /// นายแพทย์, แพทย์หญิง, or empty.
    pub title_th: String,
    /// Given name in Thai.
    pub given_name_th: String,
    /// Surname in Thai.
    pub surname_th: String,
    /// Given name in English.
    pub given_name_en: String,
    /// Surname in English.
    pub surname_en: String,
}

impl Names {
    /// Only the inviter's name.
    #[must_use]
    pub fn invited(display: &str) -> Self {
        Self { display: display.to_owned(), ..Self::default() }
    }

    /// Has the person said who they are?
    #[must_use]
    pub fn is_complete(&self) -> bool {
        [&self.given_name_th, &self.surname_th, &self.given_name_en, &self.surname_en]
            .iter()
            .all(|name| !name.is_empty())
    }

    /// Given name and surname in Thai.
    #[must_use]
    pub fn full_th(&self) -> String {
        format!("{} {}", self.given_name_th, self.surname_th)
    }

    /// Given name and surname in English.
    #[must_use]
    pub fn full_en(&self) -> String {
        format!("{} {}", self.given_name_en, self.surname_en)
    }

    /// The name in a page's corner.
    #[must_use]
    pub fn shown(&self, lang: Lang) -> String {
        match lang {
            _ if !self.is_complete() => self.display.clone(),
            Lang::Th => format!("{}{}", self.title_th, self.full_th()),
            Lang::En => self.full_en(),
        }
    }

    /// Seals the names of a person.
    ///
    /// # Errors
    /// [`Error::Sealed`].
    pub fn seal(&self, cipher: &FieldCipher, person_id: &str, rng: &Randomness) -> Result<Vec<u8>, Error> {
        let json = serde_json::to_vec(self).map_err(|_| Error::Stored("names"))?;
        cipher.seal(&place(person_id), &json, rng)
    }

    /// Opens the names of a person.
    ///
    /// # Errors
    /// [`Error::Sealed`], [`Error::Stored`].
    pub fn open(cipher: &FieldCipher, person_id: &str, sealed: &[u8]) -> Result<Self, Error> {
        let json = cipher.open(&place(person_id), sealed)?;
        serde_json::from_slice(&json).map_err(|_| Error::Stored("names"))
    }
}

fn place(person_id: &str) -> String {
    format!("person.names:{person_id}")
}
