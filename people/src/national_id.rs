//! The Thai national ID (เลขประจำตัวประชาชน).

use crate::digits;
use crate::error::Error;

/// A national ID whose check digit fits. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct NationalId(String);

impl NationalId {
    /// Reads 13 digits, Arabic or Thai, with or without dashes and spaces between them.
    ///
    /// # Errors
    /// [`Error::NationalIdLength`], [`Error::NationalIdCheckDigit`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut values = Vec::with_capacity(13);
        for c in text.trim().chars() {
            match digits::value(c) {
                Some(value) if values.len() < 13 => values.push(value),
                None if c == '-' || c == ' ' => {}
                _ => return Err(Error::NationalIdLength),
            }
        }
        let Some((check, rest)) = values.split_last() else {
            return Err(Error::NationalIdLength);
        };
        if rest.len() != 12 {
            return Err(Error::NationalIdLength);
        }
        // check = (11 − Σ d_i·(14−i) mod 11) mod 10, i from 1 to 12.
        let sum: u32 = rest.iter().zip((2..=13).rev()).map(|(d, w)| u32::from(*d) * w).sum();
        if (11 - sum % 11) % 10 != u32::from(*check) {
            return Err(Error::NationalIdCheckDigit);
        }
        Ok(Self(values.iter().map(|value| char::from(b'0' + value)).collect()))
    }

    /// The 13 ASCII digits: for encryption and keyed digests, never for a log.
    pub fn expose_digits(&self) -> &str {
        &self.0
    }

    /// For a screen: only the last three digits, as `x-xxxx-xxxxx-12-1`.
    pub fn masked(&self) -> String {
        let mut last = self.0.chars().skip(10);
        let mut next = || last.next().unwrap_or('x');
        let (a, b, c) = (next(), next(), next());
        format!("x-xxxx-xxxxx-{a}{b}-{c}")
    }
}

impl std::fmt::Debug for NationalId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NationalId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../tests/national_ids.json")).unwrap()
    }

    fn text<'a>(value: &'a Value, key: &str) -> &'a str {
        value[key].as_str().unwrap()
    }

    #[test]
    fn known_numbers_are_accepted() {
        let vectors = vectors();
        for valid in vectors["valid"].as_array().unwrap() {
            let number = valid.as_str().unwrap();
            assert_eq!(NationalId::parse(number).unwrap().expose_digits(), number);
        }
        for edge in vectors["valid_edge"].as_array().unwrap() {
            assert!(NationalId::parse(text(edge, "value")).is_ok(), "{edge}");
        }
        for shown in vectors["valid_display"].as_array().unwrap() {
            let parsed = NationalId::parse(text(shown, "value")).unwrap();
            assert_eq!(parsed.expose_digits(), text(shown, "normalised"));
        }
    }

    #[test]
    fn wrong_numbers_are_refused() {
        for invalid in vectors()["invalid"].as_array().unwrap() {
            assert!(NationalId::parse(text(invalid, "value")).is_err(), "{invalid}");
        }
        assert_eq!(NationalId::parse(""), Err(Error::NationalIdLength));
        assert_eq!(NationalId::parse(&"1".repeat(10_000)), Err(Error::NationalIdLength));
    }

    #[test]
    fn neither_debug_nor_mask_tells_the_number() {
        let id = NationalId::parse("0101700230700").unwrap();
        assert_eq!(format!("{id:?}"), "NationalId(…)");
        assert_eq!(id.masked(), "x-xxxx-xxxxx-70-0");
    }
}
