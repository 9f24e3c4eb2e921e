//! The form kinds, read from the data files that ship inside the program.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// One version of one form kind: all fixed text and all fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Key in the catalogue, e.g. `two_part_general`.
    pub kind: String,
    /// Grows with every change of text or fields; documents name it.
    pub version: u32,
    /// Title as printed.
    pub title_th: String,
    /// Title in English.
    pub title_en: String,
    /// Which resolution of the Medical Council approved the form.
    pub approved_by_th: String,
    /// Professions that may sign, e.g. `physician`.
    pub signers: Vec<String>,
    /// How long a document may be used, if the form says so.
    pub validity: Option<Validity>,
    /// The form's parts, in order.
    pub parts: Vec<Part>,
    /// Groups in which a screen asks for the fields, in order.
    pub groups: Vec<Group>,
    /// All fields, in the order of the paper.
    pub fields: Vec<Field>,
    /// Notes at the foot, in order.
    pub notes_th: Vec<String>,
    /// The same in English, where the form has it.
    pub notes_en: Vec<String>,
    /// Every other sentence and word printed, by name.
    pub texts: BTreeMap<String, String>,
}

/// How long a document may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// Calendar months.
    pub months: u8,
    /// Where they begin.
    pub from: ValidityStart,
}

/// From which day the validity runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidityStart {
    /// The value of the field `exam_date`.
    ExamDate,
}

/// A part of the form with its fixed text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Number of the part.
    pub n: u8,
    /// Heading.
    pub title_th: String,
    /// Heading in English.
    pub title_en: String,
    /// Sentence that opens the part.
    #[serde(default)]
    pub lead_th: Option<String>,
    /// The same in English.
    #[serde(default)]
    pub lead_en: Option<String>,
    /// Sentence that closes the part.
    #[serde(default)]
    pub foot_th: Option<String>,
    /// What the signer certifies.
    #[serde(default)]
    pub statement_th: Option<String>,
    /// The same in English.
    #[serde(default)]
    pub statement_en: Option<String>,
    /// Diseases whose absence is certified.
    #[serde(default)]
    pub disease_list_th: Vec<String>,
    /// The same in English.
    #[serde(default)]
    pub disease_list_en: Vec<String>,
}

/// Fields that a screen asks for together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Key; fields name it.
    pub id: String,
    /// Part of the form.
    pub part: u8,
    /// Heading on screen.
    pub title_th: String,
    /// Heading on screen, in English.
    pub title_en: String,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Key in a document's `fields`.
    pub id: String,
    /// Label as on paper.
    pub label_th: String,
    /// Label in English.
    pub label_en: String,
    /// What a screen says under the label.
    #[serde(default)]
    pub hint_th: Option<String>,
    /// The same in English.
    #[serde(default)]
    pub hint_en: Option<String>,
    /// What values it takes.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Part of the form.
    pub part: u8,
    /// Group on screen; none for what the system fills.
    #[serde(default)]
    pub group: Option<String>,
    /// Who fills it. A document's `fields` hold only what a person fills.
    pub filled_by: FilledBy,
    /// Whether a value must be given. For [`FieldType::NoneOrText`] and
    /// [`FieldType::NormalOrText`] an empty value is an answer; a missing key is not.
    pub required: bool,
    /// Longest value in characters; 0 where the type decides.
    #[serde(default)]
    pub max_length: usize,
    /// Smallest number.
    #[serde(default)]
    pub min: Option<i32>,
    /// Largest number.
    #[serde(default)]
    pub max: Option<i32>,
    /// Digits allowed after the point.
    #[serde(default)]
    pub decimals: u8,
    /// How many days before today a date may lie.
    #[serde(default)]
    pub max_age_days: Option<u16>,
    /// Field whose value is taken if this one is left empty.
    #[serde(default)]
    pub default_from: Option<String>,
    /// Choices of a [`FieldType::Choice`].
    #[serde(default)]
    pub choices: Vec<Choice>,
}

/// One choice of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Value in a document's `fields`.
    pub id: String,
    /// Label on screen.
    pub label_th: String,
    /// Label on screen, in English.
    pub label_en: String,
    /// What stands on paper.
    pub print_th: String,
}

/// What values a field takes, in the form that data hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// `120/80`, mm Hg.
    BloodPressure,
    /// The id of one of the field's choices.
    Choice,
    /// Thirteen digits of a national ID.
    Cid13,
    /// `yes`: the doctor confirms a fact by a tick.
    Confirmation,
    /// ISO date of the common era; people type and read the Buddhist era.
    DateBe,
    /// A number with digits after the point.
    Decimal,
    /// A whole number.
    Integer,
    /// Number of a professional licence.
    Licence,
    /// Text of several lines.
    LongText,
    /// Empty means ไม่มี (none); else the text.
    NoneOrText,
    /// Empty means ปกติ (normal); else what is not normal.
    NormalOrText,
    /// A signature.
    Signature,
    /// Text of one line.
    Text,
}

/// Who fills a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilledBy {
    /// A person, on a screen.
    Person,
    /// The system, from what it knows of doctor, unit and confirmation.
    System,
}

impl Definition {
    /// The field of that id.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// The fields that a person fills, in order.
    pub fn asked_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.filled_by == FilledBy::Person)
    }

    /// The fields of one group that a person fills, in order.
    pub fn group_fields<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Field> {
        self.asked_fields().filter(move |field| field.group.as_deref() == Some(group))
    }

    /// A printed text by its name; empty if the form has none of that name.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }
}

impl Field {
    /// What stands on paper for the choice of that id.
    #[must_use]
    pub fn printed_choice(&self, id: &str) -> &str {
        self.choices.iter().find(|choice| choice.id == id).map_or("", |choice| &choice.print_th)
    }
}

/// The form of that kind, if the catalogue has it.
#[must_use]
pub fn definition(kind: &str) -> Option<&'static Definition> {
    definitions().iter().find(|definition| definition.kind == kind)
}

/// All forms of the catalogue.
#[must_use]
pub fn definitions() -> &'static [Definition] {
    static CATALOGUE: OnceLock<Vec<Definition>> = OnceLock::new();
    // A file that does not parse would be missing here; the tests load each by name.
    CATALOGUE.get_or_init(|| SOURCES.iter().filter_map(|source| serde_json::from_str(source).ok()).collect())
}

const SOURCES: [&str; 1] = [include_str!("../../forms/two_part_general.json")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_a_whole_definition() {
        for source in SOURCES {
            let read: Definition = serde_json::from_str(source).unwrap();
            assert_eq!(definition(&read.kind), Some(&read));
            for field in &read.fields {
                assert_eq!(field.filled_by == FilledBy::Person, field.group.is_some(), "{}", field.id);
                if let Some(group) = &field.group {
                    assert!(read.groups.iter().any(|known| known.id == *group), "{group}");
                }
                if let Some(source) = &field.default_from {
                    assert!(read.field(source).is_some(), "{source}");
                }
                assert_eq!(
                    field.kind == FieldType::Choice && field.group.is_some(),
                    !field.choices.is_empty(),
                    "{}",
                    field.id
                );
            }
        }
    }

    #[test]
    fn the_two_part_form_asks_for_what_only_people_know() {
        let form = definition("two_part_general").unwrap();
        assert!(
            form.asked_fields().all(|field| !field.id.starts_with("doctor_") && !field.id.starts_with("facility_"))
        );
        assert_eq!(form.field("applicant_signature").unwrap().filled_by, FilledBy::System);
        assert_eq!(form.signers, ["physician"]);
        assert_eq!(definition("unheard_of"), None);
    }
}
