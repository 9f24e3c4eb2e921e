//! A physician's licence number (เลขที่ใบประกอบวิชาชีพเวชกรรม), shown as ว.12345.

use serde::{Deserialize, Serialize};

use crate::digits;
use crate::error::Error;

/// A physician's licence number: digits without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Licence(String);

impl Licence {
    /// Reads `ว.12345`, `ว 12345`, `ว12345` or `12345`, in Arabic or Thai digits.
    ///
    /// Leading zeros go: one licence has one form.
    ///
    /// # Errors
    /// [`Error::Licence`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let number = text.strip_prefix('ว').unwrap_or(text);
        let number = number.strip_prefix('.').filter(|_| number != text).unwrap_or(number);
        let number = number.trim_start();
        let mut digits = String::with_capacity(6);
        for c in number.chars() {
            match digits::ascii(c) {
                Some(digit) if digits.len() < 6 => digits.push(digit),
                _ => return Err(Error::Licence),
            }
        }
        match digits.trim_start_matches('0') {
            "" => Err(Error::Licence),
            digits => Ok(Self(digits.to_owned())),
        }
    }

    /// The digits.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The identifier in a certificate's subject (ETSI EN 319 412-1 §5.1.3 form): `MD:TH-12345`.
    pub fn subject_serial_number(&self) -> String {
        format!("MD:TH-{}", self.0)
    }
}

impl std::fmt::Display for Licence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ว.{}", self.0)
    }
}

impl TryFrom<String> for Licence {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<Licence> for String {
    fn from(licence: Licence) -> Self {
        licence.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_is_one_licence() {
        for text in ["ว.12345", "ว 12345", "ว. 12345", "ว12345", "12345", "๑๒๓๔๕", " ว.๑๒๓๔๕ ", "012345"]
        {
            let licence = Licence::parse(text).unwrap();
            assert_eq!(licence.digits(), "12345", "{text}");
            assert_eq!(licence.to_string(), "ว.12345");
        }
        assert_eq!(Licence::parse("7").unwrap().subject_serial_number(), "MD:TH-7");
    }

    #[test]
    fn other_texts_are_no_licence() {
        for text in ["", "ว.", "1234567", "ท.12345", ".12345", "12 345", "12a45", "0", "ว.ว.1", "-1"] {
            assert_eq!(Licence::parse(text), Err(Error::Licence), "{text}");
        }
    }
}
