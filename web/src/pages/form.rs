//! Fields of a form: how they look, what was typed, what is wrong with it.

use std::collections::BTreeMap;

use pdf::form::{Definition, FieldType};

use super::{Lang, Layout, Text};

/// What was posted or is stored, by field id.
pub type Values = BTreeMap<String, String>;

/// What is wrong, by field id.
pub type FieldErrors = BTreeMap<String, Text>;

/// Fields that stand together on the paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldGroup {
    /// Heading.
    pub title: Text,
    /// Sentence under the heading.
    pub lead: Option<Text>,
    /// The fields, in the order of the paper.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Name in the form, and anchor of its error.
    pub id: String,
    /// Label.
    pub label: Text,
    /// How to answer, if it needs saying.
    pub hint: Option<Text>,
    /// What is asked for.
    pub kind: FieldKind,
    /// The answer, as stored or as it was typed.
    pub value: String,
    /// Of a `none_or_text` or `normal_or_text`: `none`, `text`, or empty while unanswered.
    pub state: String,
    /// What is wrong with it.
    pub error: Option<Text>,
}

/// What a field asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// A date as people type it; stored ISO, shown again as `21/11/2569`.
    Date,
    /// Thirteen digits of a citizen ID.
    NationalId,
    /// A licence number.
    Licence,
    /// A number.
    Number,
    /// Systolic/diastolic, `120/80`.
    BloodPressure,
    /// One of a few, as radio buttons.
    Choice(Vec<Choice>),
    /// One of many, as a list.
    Select(Vec<Choice>),
    /// ไม่มี, or what it is: `<id>-state` is `none` or `text`.
    NoneOrText,
    /// ปกติ, or what is abnormal: `<id>-state` is `none` or `text`.
    NormalOrText,
    /// A box to tick; posts `yes`.
    Confirmation,
    /// Shown, not asked.
    ReadOnly,
}

/// An option of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is posted.
    pub id: String,
    /// What is read.
    pub label: Text,
}

impl Choice {
    /// An option.
    pub fn new(id: impl Into<String>, label: Text) -> Self {
        Self { id: id.into(), label }
    }
}

impl Field {
    /// An empty field.
    pub fn new(id: impl Into<String>, label: Text, kind: FieldKind) -> Self {
        Self { id: id.into(), label, hint: None, kind, value: String::new(), state: String::new(), error: None }
    }

    /// The field with a hint.
    #[must_use]
    pub fn hint(mut self, th: &str, en: &str) -> Self {
        self.hint = Some(Text::new(th, en));
        self
    }

    /// The field with the answer and the error that belong to it. Takes stored answers and
    /// posted ones alike; an id that is absent is a question not answered yet.
    #[must_use]
    pub fn filled(mut self, values: &Values, errors: &FieldErrors) -> Self {
        if let Some(value) = values.get(&self.id) {
            self.value.clone_from(value);
            self.state = if value.is_empty() { "none" } else { "text" }.to_owned();
        }
        self.error = errors.get(&self.id).cloned();
        self
    }

    /// What stands in the box: a stored date as people write it, everything else as it is.
    pub fn typed(&self) -> String {
        match self.kind {
            FieldKind::Date => super::words::short_buddhist(&self.value).unwrap_or_else(|| self.value.clone()),
            _ => self.value.clone(),
        }
    }

    /// Whether this option is the answer.
    pub fn is_chosen(&self, id: &str) -> bool {
        self.value == id
    }

    /// Ids that describe the field, for `aria-describedby`; empty if none do.
    pub fn described_by(&self) -> String {
        let mut ids = Vec::new();
        if self.hint.is_some() {
            ids.push(format!("{}-hint", self.id));
        }
        if self.error.is_some() {
            ids.push(format!("{}-error", self.id));
        }
        ids.join(" ")
    }

    /// Whether the two radio buttons say ปกติ and ผิดปกติ.
    pub const fn is_normal_or_text(&self) -> bool {
        matches!(self.kind, FieldKind::NormalOrText)
    }

    /// Class for the width of a short answer, led by a space.
    pub const fn width_class(&self) -> &'static str {
        match self.kind {
            FieldKind::Number | FieldKind::BloodPressure | FieldKind::Licence => " govuk-input--width-10",
            FieldKind::Date | FieldKind::NationalId => " govuk-input--width-20",
            _ => "",
        }
    }

    /// Which keys a phone offers.
    pub const fn input_mode(&self) -> &'static str {
        match self.kind {
            FieldKind::Number => "decimal",
            FieldKind::NationalId => "numeric",
            _ => "text",
        }
    }

    /// Where the error summary points: the first control of the field.
    pub fn anchor(&self) -> String {
        match &self.kind {
            FieldKind::Choice(_) => format!("{}-0", self.id),
            FieldKind::NoneOrText | FieldKind::NormalOrText => format!("{}-none", self.id),
            _ => self.id.clone(),
        }
    }

    /// The answer as it is read on a page.
    pub fn shown(&self, layout: &Layout) -> String {
        let empty = |th, en| if self.value.is_empty() { layout.t(th, en).to_owned() } else { self.value.clone() };
        match &self.kind {
            FieldKind::Date if !self.value.is_empty() => layout.date(&self.value),
            FieldKind::Choice(choices) | FieldKind::Select(choices) => choices
                .iter()
                .find(|choice| choice.id == self.value)
                .map_or_else(|| self.value.clone(), |choice| layout.text(&choice.label).to_owned()),
            FieldKind::NationalId => pdf::form::format_national_id(&self.value),
            FieldKind::NoneOrText => empty("ไม่มี", "None"),
            FieldKind::NormalOrText => empty("ปกติ", "Normal"),
            FieldKind::Confirmation if self.value == "yes" => layout.t("ยืนยันแล้ว", "Confirmed").to_owned(),
            _ => empty("ไม่ได้กรอก", "Not filled in"),
        }
    }
}

/// The fields of a document form as the screen asks for them, with what is stored or was
/// posted ([`typed_answers`]) and what is wrong.
pub fn document_groups(definition: &Definition, values: &Values, errors: &[pdf::form::FieldError]) -> Vec<FieldGroup> {
    let errors: FieldErrors = errors
        .iter()
        .map(|error| (error.field.clone(), Text::new(error.problem.message_th(), error.problem.message_en())))
        .collect();
    definition
        .groups
        .iter()
        .map(|group| FieldGroup {
            title: Text::new(&group.title_th, &group.title_en),
            lead: None,
            fields: definition.group_fields(&group.id).map(|field| document_field(field, values, &errors)).collect(),
        })
        .collect()
}

/// What a posted form says, as `pdf::form::accept` wants it: only the fields asked for, and
/// a question about none or normal that was left open is left out, so that it is reported
/// missing instead of being taken for "none".
pub fn typed_answers(definition: &Definition, posted: &Values) -> Values {
    let mut typed = Values::new();
    for field in definition.asked_fields() {
        let text = posted.get(&field.id).map_or("", |text| text.trim());
        let answer = match field.kind {
            FieldType::NoneOrText | FieldType::NormalOrText => {
                match posted.get(&format!("{}-state", field.id)).map(String::as_str) {
                    Some("none") => Some(""),
                    Some("text") if !text.is_empty() => Some(text),
                    _ => None,
                }
            }
            _ => Some(text),
        };
        if let Some(answer) = answer {
            typed.insert(field.id.clone(), answer.to_owned());
        }
    }
    typed
}

fn document_field(field: &pdf::form::Field, values: &Values, errors: &FieldErrors) -> Field {
    let kind = match field.kind {
        FieldType::BloodPressure => FieldKind::BloodPressure,
        FieldType::Choice => FieldKind::Choice(
            field
                .choices
                .iter()
                .map(|choice| Choice::new(&choice.id, Text::new(&choice.label_th, &choice.label_en)))
                .collect(),
        ),
        FieldType::Cid13 => FieldKind::NationalId,
        FieldType::Confirmation => FieldKind::Confirmation,
        FieldType::DateBe => FieldKind::Date,
        FieldType::Decimal | FieldType::Integer => FieldKind::Number,
        FieldType::Licence => FieldKind::Licence,
        FieldType::LongText => FieldKind::LongText,
        FieldType::NoneOrText => FieldKind::NoneOrText,
        FieldType::NormalOrText => FieldKind::NormalOrText,
        FieldType::Signature => FieldKind::ReadOnly,
        FieldType::Text => FieldKind::Text,
    };
    // The two radio buttons already say what leaving it empty would mean.
    let says_itself = matches!(kind, FieldKind::NoneOrText | FieldKind::NormalOrText);
    let hint = match (&field.hint_th, &field.hint_en) {
        (Some(th), Some(en)) if !says_itself => Some(Text::new(th, en)),
        _ => None,
    };
    Field { hint, ..Field::new(&field.id, Text::new(&field.label_th, &field.label_en), kind) }.filled(values, errors)
}

/// The errors of all groups, in the order of the page: (anchor, words).
pub(super) fn summary(groups: &[FieldGroup], lang: Lang) -> Vec<(String, String)> {
    groups
        .iter()
        .flat_map(|group| &group.fields)
        .filter_map(|field| {
            let error = field.error.as_ref()?;
            Some((field.anchor(), format!("{}: {}", field.label.lang(lang), error.lang(lang))))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_left_open_is_not_none() {
        let form = pdf::form::definition("two_part_general").unwrap();
        let posted = |pairs: &[(&str, &str)]| -> Values {
            pairs.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect()
        };
        let open = typed_answers(form, &posted(&[("hx_other", "asthma"), ("csrf", "x")]));
        assert!(!open.contains_key("hx_other") && !open.contains_key("csrf"));
        let none = typed_answers(form, &posted(&[("hx_other-state", "none"), ("hx_other", "left over")]));
        assert_eq!(none.get("hx_other").map(String::as_str), Some(""));
        let empty = typed_answers(form, &posted(&[("hx_other-state", "text"), ("hx_other", " ")]));
        assert!(!empty.contains_key("hx_other"));
    }

    #[test]
    fn stored_answers_come_back_as_people_write_them() {
        let field = Field::new("d", Text::same("d"), FieldKind::Date);
        let values = Values::from([("d".to_owned(), "2026-08-14".to_owned())]);
        assert_eq!(field.filled(&values, &FieldErrors::new()).typed(), "14/8/2569");
    }
}
