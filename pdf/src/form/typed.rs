//! From what people type to what data hold.

use std::collections::BTreeMap;

use time::Date;

use crate::date;

use super::{Definition, Field, FieldError, FieldType, Problem, normalise_national_id, validate};

/// Turns what a person typed into values as data hold them (ISO dates, 13 digits, Arabic
/// numerals, trimmed text, values taken over from other fields), then checks them.
///
/// A key that is not there was not asked for on the screen; for fields where empty is an
/// answer it stays missing.
///
/// # Errors
/// As [`validate`]; a date or number that cannot be read is reported with the reason.
pub fn accept(
    definition: &Definition,
    typed: &BTreeMap<String, String>,
    today: Date,
) -> Result<BTreeMap<String, String>, Vec<FieldError>> {
    let mut values = BTreeMap::new();
    let mut unread = BTreeMap::new();
    for (id, text) in typed {
        let Some(field) = definition.field(id) else {
            values.insert(id.clone(), text.clone());
            continue;
        };
        match read(field, text) {
            Ok(value) if value.is_empty() && !empty_is_an_answer(field) => {}
            Ok(value) => {
                values.insert(id.clone(), value);
            }
            Err(problem) => {
                unread.insert(id.clone(), problem);
                values.insert(id.clone(), text.clone());
            }
        }
    }
    for field in definition.asked_fields() {
        let readable = field.default_from.as_ref().filter(|source| !unread.contains_key(*source));
        let taken_over = readable.and_then(|source| values.get(source)).cloned();
        if let (None, Some(value)) = (values.get(&field.id), taken_over) {
            values.insert(field.id.clone(), value);
        }
    }
    match validate(definition, &values, today) {
        Ok(()) => Ok(values),
        Err(mut errors) => {
            // What would have been taken over is no error of its own: its source is.
            errors.retain(|error| {
                let source = definition.field(&error.field).and_then(|field| field.default_from.as_ref());
                values.contains_key(&error.field) || source.is_none_or(|source| !unread.contains_key(source))
            });
            for error in &mut errors {
                if let Some(problem) = unread.get(&error.field) {
                    error.problem = *problem;
                }
            }
            Err(errors)
        }
    }
}

fn empty_is_an_answer(field: &Field) -> bool {
    matches!(field.kind, FieldType::NoneOrText | FieldType::NormalOrText)
}

fn read(field: &Field, typed: &str) -> Result<String, Problem> {
    let text = typed.trim();
    if text.is_empty() || text.len() > 16 * 1024 {
        return Ok(text.to_owned());
    }
    match field.kind {
        FieldType::DateBe => date::parse_user_date(text).map(date::iso),
        FieldType::Cid13 => normalise_national_id(text),
        FieldType::BloodPressure => {
            Ok(date::arabic_digits(text).chars().filter(|character| !character.is_whitespace()).collect())
        }
        FieldType::Decimal | FieldType::Integer => Ok(date::arabic_digits(text)),
        FieldType::LongText => Ok(one_kind_of_newline(text)),
        _ => Ok(single_spaces(text)),
    }
}

fn single_spaces(text: &str) -> String {
    text.split([' ', '\u{a0}', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn one_kind_of_newline(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(single_spaces).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::form::definition;

    #[test]
    fn what_people_type_becomes_data() {
        let typed: BTreeMap<String, String> = [
            ("applicant_title", "mr"),
            ("applicant_name", " สมชาย   ใจดี "),
            ("contact_address", "99/1 ถนนสุขใจ\r\n\r\nตำบลในเมือง"),
            ("cid", "๐-1017-00230-70-0"),
            ("hx_underlying", " "),
            ("hx_accident_surgery", ""),
            ("hx_admission", ""),
            ("hx_other", ""),
            ("applicant_confirmed", "yes"),
            ("applicant_sign_date", ""),
            ("exam_place", "โรงพยาบาล"),
            ("exam_date", "๒๑/11/2569"),
            ("patient_title", ""),
            ("weight_kg", "๖๕.๕"),
            ("height_cm", "172"),
            ("blood_pressure_mmhg", "120 / 80"),
            ("pulse_per_min", "72"),
            ("general_condition", ""),
            ("opinion", "ร่างกายสมบูรณ์แข็งแรง"),
        ]
        .map(|(id, value)| (id.to_owned(), value.to_owned()))
        .into();
        let form = definition("two_part_general").unwrap();
        let today = date!(2026 - 11 - 21);
        let values = accept(form, &typed, today).unwrap();
        for (id, expected) in [
            ("applicant_name", "สมชาย ใจดี"),
            ("contact_address", "99/1 ถนนสุขใจ\nตำบลในเมือง"),
            ("cid", "0101700230700"),
            ("exam_date", "2026-11-21"),
            ("examined_on", "2026-11-21"),
            ("applicant_sign_date", "2026-11-21"),
            ("patient_title", "mr"),
            ("patient_name", "สมชาย ใจดี"),
            ("weight_kg", "65.5"),
            ("blood_pressure_mmhg", "120/80"),
            ("hx_underlying", ""),
        ] {
            assert_eq!(values.get(id).map(String::as_str), Some(expected), "{id}");
        }
        let mut wrong = typed;
        wrong.insert("exam_date".into(), "21 พ.ย. พ.ศ. 2026".into());
        wrong.insert("cid".into(), "123".into());
        let problems: Vec<_> =
            accept(form, &wrong, today).unwrap_err().into_iter().map(|error| (error.field, error.problem)).collect();
        assert_eq!(
            problems,
            [("cid".into(), Problem::NotThirteenDigits), ("exam_date".into(), Problem::YearLooksCommonEra)]
        );
    }
}
