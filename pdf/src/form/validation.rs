//! Whether a document's fields are what its form asks for.

use std::collections::BTreeMap;

use time::Date;

use crate::date;

use super::{Definition, Field, FieldError, FieldType, FilledBy, Problem, ValidityStart, normalise_national_id};

/// Longest value looked at, whatever the form says, in bytes.
const LONGEST_VALUE: usize = 16 * 1024;
/// Most lines of a value.
const MOST_LINES: usize = 20;

/// Checks field values in the form that data hold. `today` is the day in Bangkok on which the
/// document is prepared.
///
/// # Errors
/// Every field that is wrong with the first thing that is wrong with it, in the form's order;
/// unknown fields last.
pub fn validate(
    definition: &Definition,
    fields: &BTreeMap<String, String>,
    today: Date,
) -> Result<(), Vec<FieldError>> {
    let mut errors: Vec<FieldError> = definition
        .asked_fields()
        .filter_map(|field| {
            let checked = check(field, fields.get(&field.id).map(String::as_str), today);
            checked.err().map(|problem| FieldError { field: field.id.clone(), problem })
        })
        .collect();
    errors.extend(
        fields
            .keys()
            .filter(|id| definition.field(id).is_none_or(|field| field.filled_by == FilledBy::System))
            .take(16)
            .map(|id| FieldError { field: id.clone(), problem: Problem::UnknownField }),
    );
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The last day on which a document with these fields may be used: the form's months after
/// its first day, clamped to the month's end. `None` if the form sets no limit or the date
/// is missing.
#[must_use]
pub fn valid_until(definition: &Definition, fields: &BTreeMap<String, String>) -> Option<Date> {
    let validity = definition.validity.as_ref()?;
    let start = match validity.from {
        ValidityStart::ExamDate => fields.get("exam_date")?,
    };
    date::parse_iso(start).ok().map(|start| date::plus_months(start, validity.months))
}

fn check(field: &Field, value: Option<&str>, today: Date) -> Result<(), Problem> {
    let Some(value) = value else {
        return if field.required { Err(Problem::Missing) } else { Ok(()) };
    };
    if value.trim().is_empty() {
        let empty_is_an_answer = matches!(field.kind, FieldType::NoneOrText | FieldType::NormalOrText);
        return match (value.is_empty(), field.required && !empty_is_an_answer) {
            (_, true) => Err(Problem::Missing),
            (true, false) => Ok(()),
            (false, false) => Err(Problem::ControlCharacter),
        };
    }
    if value.len() > LONGEST_VALUE {
        return Err(Problem::TooLong { max: field.max_length });
    }
    match field.kind {
        FieldType::Text | FieldType::NoneOrText | FieldType::NormalOrText => check_text(value, field.max_length, false),
        FieldType::LongText => check_text(value, field.max_length, true),
        FieldType::Choice => {
            field.choices.iter().any(|choice| choice.id == value).then_some(()).ok_or(Problem::UnknownChoice)
        }
        FieldType::Cid13 => match normalise_national_id(value)? {
            digits if digits == value => Ok(()),
            _ => Err(Problem::NotThirteenDigits),
        },
        FieldType::Confirmation => (value == "yes").then_some(()).ok_or(Problem::Missing),
        FieldType::DateBe => check_date(field, value, today),
        FieldType::Decimal | FieldType::Integer => check_number(field, value),
        FieldType::BloodPressure => check_pressure(field, value),
        FieldType::Licence => check_text(value, 12, false),
        FieldType::Signature => Err(Problem::UnknownField),
    }
}

fn check_text(value: &str, max: usize, lines: bool) -> Result<(), Problem> {
    for character in value.chars() {
        let newline = lines && character == '\n';
        if !newline && (character.is_control() || is_invisible(character)) {
            return Err(Problem::ControlCharacter);
        }
        if !newline && !crate::draw::can_print(character) {
            return Err(Problem::Unprintable { character });
        }
    }
    // A mark without a base would hang on the label before it.
    if value.starts_with(is_thai_mark) || value.lines().any(|line| line.trim_start().starts_with(is_thai_mark)) {
        return Err(Problem::ControlCharacter);
    }
    if value.chars().count() > max || value.lines().count() > MOST_LINES {
        Err(Problem::TooLong { max })
    } else {
        Ok(())
    }
}

/// Characters that change how others look without being seen themselves: zero-width ones and
/// those that turn the direction of writing.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn is_thai_mark(character: char) -> bool {
    matches!(character, '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}')
}

fn check_date(field: &Field, value: &str, today: Date) -> Result<(), Problem> {
    let date = date::parse_iso(value)?;
    if date > today {
        return Err(Problem::DateInFuture);
    }
    match field.max_age_days {
        Some(days) if date < date::minus_days(today, days) => Err(Problem::DateTooOld),
        _ => Ok(()),
    }
}

fn check_number(field: &Field, value: &str) -> Result<(), Problem> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let pointless = value.ends_with('.') || whole.is_empty();
    if !digits(whole)
        || !digits(fraction)
        || pointless
        || whole.len() > 6
        || (whole.len() > 1 && whole.starts_with('0'))
    {
        return Err(Problem::NotANumber);
    }
    if fraction.len() > usize::from(field.decimals) {
        return Err(Problem::TooPrecise { decimals: field.decimals });
    }
    let number: i32 = whole.parse().map_err(|_| Problem::NotANumber)?;
    let (min, max) = (field.min.unwrap_or(0), field.max.unwrap_or(i32::MAX));
    let above = number > max || (number == max && fraction.bytes().any(|byte| byte != b'0'));
    if number < min || above { Err(Problem::OutOfRange { min, max }) } else { Ok(()) }
}

fn check_pressure(field: &Field, value: &str) -> Result<(), Problem> {
    let (upper, lower) = value.split_once('/').ok_or(Problem::NotAPressure)?;
    let number = |part: &str| {
        let plain = (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i32>().ok().filter(|_| plain && !part.starts_with('0')).ok_or(Problem::NotAPressure)
    };
    let (upper, lower) = (number(upper)?, number(lower)?);
    let (min, max) = (field.min.unwrap_or(0), field.max.unwrap_or(i32::MAX));
    if upper > max || lower < min {
        return Err(Problem::OutOfRange { min, max });
    }
    if lower >= upper { Err(Problem::LowerPressureTooHigh) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::form::definition;

    fn good() -> BTreeMap<String, String> {
        [
            ("applicant_title", "mr"),
            ("applicant_name", "สมชาย ใจดี"),
            ("contact_address", "99/1 ถนนสุขใจ\nตำบลในเมือง"),
            ("cid", "0101700230700"),
            ("hx_underlying", ""),
            ("hx_accident_surgery", "ผ่าตัดไส้ติ่ง"),
            ("hx_admission", ""),
            ("hx_other", ""),
            ("applicant_confirmed", "yes"),
            ("applicant_sign_date", "2026-11-21"),
            ("exam_place", "โรงพยาบาล"),
            ("exam_date", "2026-11-21"),
            ("patient_title", "mr"),
            ("patient_name", "สมชาย ใจดี"),
            ("examined_on", "2026-11-21"),
            ("weight_kg", "65.5"),
            ("height_cm", "172"),
            ("blood_pressure_mmhg", "120/80"),
            ("pulse_per_min", "72"),
            ("general_condition", ""),
            ("opinion", "ร่างกายสมบูรณ์แข็งแรง"),
        ]
        .map(|(id, value)| (id.to_owned(), value.to_owned()))
        .into()
    }

    /// What is wrong with `field` if it holds `value`.
    fn check(field: &str, value: Option<&str>, expected: Option<Problem>) {
        let mut fields = good();
        match value {
            Some(value) => fields.insert(field.into(), value.into()),
            None => fields.remove(field),
        };
        let form = definition("two_part_general").unwrap();
        let expected = match expected {
            None => Ok(()),
            Some(problem) => Err(vec![FieldError { field: field.into(), problem }]),
        };
        assert_eq!(validate(form, &fields, date!(2026 - 11 - 21)), expected, "{field} {value:?}");
    }

    #[test]
    fn each_field_is_checked_by_its_type() {
        check("other_disease", None, None);
        check("hx_underlying", None, Some(Problem::Missing));
        check("applicant_name", Some(""), Some(Problem::Missing));
        check("applicant_name", Some("ก\u{202e}ข"), Some(Problem::ControlCharacter));
        check("applicant_name", Some("ก\nข"), Some(Problem::ControlCharacter));
        check("applicant_name", Some("\u{e48}ก"), Some(Problem::ControlCharacter));
        check("applicant_name", Some("王"), Some(Problem::Unprintable { character: '王' }));
        check("applicant_name", Some(&"ก".repeat(120)), None);
        check("applicant_name", Some(&"ก".repeat(121)), Some(Problem::TooLong { max: 120 }));
        check("applicant_title", Some("dr"), Some(Problem::UnknownChoice));
        check("cid", Some("0101700230701"), Some(Problem::WrongChecksum));
        check("cid", Some("0-1017-00230-70-0"), Some(Problem::NotThirteenDigits));
        check("exam_date", Some("2026-11-22"), Some(Problem::DateInFuture));
        check("exam_date", Some("2026-10-21"), None);
        check("exam_date", Some("2026-10-20"), Some(Problem::DateTooOld));
        check("exam_date", Some("2569-11-21"), Some(Problem::YearLooksBuddhist));
        check("exam_date", Some("1483-11-21"), Some(Problem::YearLooksCommonEra));
        check("weight_kg", Some("65,5"), Some(Problem::NotANumber));
        check("weight_kg", Some("-65"), Some(Problem::NotANumber));
        check("weight_kg", Some("65.55"), Some(Problem::TooPrecise { decimals: 1 }));
        check("weight_kg", Some("400.1"), Some(Problem::OutOfRange { min: 1, max: 400 }));
        check("pulse_per_min", Some("7"), Some(Problem::OutOfRange { min: 20, max: 300 }));
        check("pulse_per_min", Some("72.0"), Some(Problem::TooPrecise { decimals: 0 }));
        check("blood_pressure_mmhg", Some("80/120"), Some(Problem::LowerPressureTooHigh));
        check("blood_pressure_mmhg", Some("120"), Some(Problem::NotAPressure));
        check("applicant_confirmed", Some("no"), Some(Problem::Missing));
        check("doctor_name", Some("ใครก็ได้"), Some(Problem::UnknownField));
        check("colour", Some("red"), Some(Problem::UnknownField));
    }

    #[test]
    fn a_certificate_holds_for_a_month_from_the_examination() {
        let form = definition("two_part_general").unwrap();
        assert_eq!(valid_until(form, &good()), Some(date!(2026 - 12 - 21)));
        assert_eq!(valid_until(form, &BTreeMap::new()), None);
    }
}
