//! A draft as a program sends it: strict JSON. An unknown or repeated name, another type, or too
//! much of anything is refused, with the place.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::ApiProblem;

/// Most drafts in one request.
pub(crate) const MOST_DRAFTS: usize = 500;

/// Most answers in one draft, and the longest name of one: more than any form has.
const MOST_FIELDS: usize = 100;
const LONGEST_FIELD_NAME: usize = 64;

/// A medical certificate to be, as a program sends it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// The program's own id of it: 1 to 64 letters, digits and `._:/-`.
    pub(crate) external_id: String,
    /// Whose it is to be.
    pub(crate) doctor: Doctor,
    /// Form kind.
    pub(crate) form: String,
    /// Version of the form's definition.
    pub(crate) form_version: u32,
    /// The answers by field id, as text.
    #[serde(deserialize_with = "fields")]
    pub(crate) fields: BTreeMap<String, String>,
}

/// A doctor of the unit, named in one of two ways.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Doctor {
    /// Licence number, digits.
    Licence(String),
    /// The portal's id of the person.
    PersonId(String),
}

/// What a request brings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// One object.
    One(Box<Draft>),
    /// An array.
    Many(Vec<Draft>),
}

impl Body {
    /// Reads a request's body.
    ///
    /// # Errors
    /// [`ApiProblem::Unreadable`], [`ApiProblem::TooMuch`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ApiProblem> {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if first == Some(&b'[') {
            let drafts: Vec<Draft> = serde_json::from_slice(bytes).map_err(|error| unreadable(&error))?;
            return match drafts.len() {
                0 => Err(ApiProblem::Unreadable("the array is empty".to_owned())),
                1..=MOST_DRAFTS => Ok(Self::Many(drafts)),
                _ => Err(ApiProblem::TooMuch("500 drafts")),
            };
        }
        serde_json::from_slice(bytes).map(|draft| Self::One(Box::new(draft))).map_err(|error| unreadable(&error))
    }
}

/// Where it went wrong; what stands there is not said again.
fn unreadable(error: &serde_json::Error) -> ApiProblem {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Eof => "the JSON ends too early",
        Category::Syntax | Category::Io => "this is not JSON",
        Category::Data => "a name is unknown, missing or repeated, or a value is of another type or too long",
    };
    ApiProblem::Unreadable(format!("line {}, column {}: {what}", error.line(), error.column()))
}

fn fields<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    deserializer.deserialize_map(Fields)
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("answers by field id, each a string and each once")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        use serde::de::Error as _;
        let mut fields = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, String>()? {
            if name.len() > LONGEST_FIELD_NAME || fields.len() >= MOST_FIELDS {
                return Err(A::Error::custom("more than a form holds"));
            }
            // What a repeated name means is anybody's guess (RFC 8259 §4).
            if fields.insert(name, value).is_some() {
                return Err(A::Error::custom("repeated"));
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"external_id":"a","doctor":{"licence":"1"},"form":"f","form_version":1,"fields":{"a":"b"}}"#;

    fn status(text: &str) -> &'static str {
        match Body::read(text.as_bytes()) {
            Ok(Body::One(_)) => "one",
            Ok(Body::Many(_)) => "many",
            Err(ApiProblem::Unreadable(_)) => "unreadable",
            Err(ApiProblem::TooMuch(_)) => "too much",
            Err(_) => "other",
        }
    }

    #[test]
    fn one_draft_or_an_array_of_drafts() {
        assert_eq!(status(GOOD), "one");
        assert_eq!(status(&format!(" [{GOOD},{GOOD}]")), "many");
        assert_eq!(status(&format!("[{}]", vec![GOOD; 501].join(","))), "too much");
        assert_eq!(status(&GOOD.replace(r#""licence":"1""#, r#""person_id":"1""#)), "one");
    }

    #[test]
    fn anything_else_is_refused_with_its_place() {
        let long = format!(r#""{}":"b""#, "a".repeat(65));
        let many = (0..101).map(|n| format!(r#""a{n}":"b""#)).collect::<Vec<_>>().join(",");
        for wrong in [
            "",
            "[]",
            "null",
            "{",
            "\u{feff}{}",
            &format!("{GOOD} x"),
            &GOOD.replace(r#""a":"b""#, r#""a":"b","a":"c""#),
            &GOOD.replace(r#""a":"b""#, r#""a":1"#),
            &GOOD.replace(r#""a":"b""#, r#""a":null"#),
            &GOOD.replace(r#""a":"b""#, &long),
            &GOOD.replace(r#""a":"b""#, &many),
            &GOOD.replace(r#""form":"f""#, r#""form":"f","form":"g""#),
            &GOOD.replace(r#""form":"f""#, r#""form":"f","sign":true"#),
            &GOOD.replace(r#""form_version":1"#, r#""form_version":-1"#),
            &GOOD.replace(r#""form_version":1"#, r#""form_version":"1""#),
            &GOOD.replace(r#"{"licence":"1"}"#, r#"{}"#),
            &GOOD.replace(r#"{"licence":"1"}"#, r#"{"licence":"1","person_id":"2"}"#),
            &GOOD.replace(r#"{"licence":"1"}"#, r#"{"national_id":"1"}"#),
            &GOOD.replace(r#"{"licence":"1"}"#, r#""licence""#),
            &GOOD.replace(r#"{"a":"b"}"#, &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))),
            &"[".repeat(100_000),
        ] {
            assert_eq!(status(wrong), "unreadable", "{}", &wrong[..wrong.len().min(120)]);
        }
    }
}
