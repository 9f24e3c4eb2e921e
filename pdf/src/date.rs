//! Dates as people in Thailand write them, and as paper shows them.
//!
//! Data hold ISO dates of the common era (ค.ศ.); the Buddhist era (พ.ศ. = ค.ศ. + 543)
//! exists at the edges only: what is typed and what is printed.

use time::{Date, Duration, Month, OffsetDateTime, UtcOffset};

use crate::form::Problem;

/// Difference between a year of the Buddhist era and one of the common era.
pub const BUDDHIST_ERA_OFFSET: i32 = 543;

/// A year above this one is taken for the Buddhist era when nothing says which.
const HIGHEST_COMMON_YEAR: i32 = 2400;
/// A common-era year below this one cannot belong to a living person's papers.
const LOWEST_COMMON_YEAR: i32 = 1850;

const MONTHS_TH: [&str; 12] = [
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
];
const MONTHS_TH_SHORT: [&str; 12] = ["มค", "กพ", "มีค", "เมย", "พค", "มิย", "กค", "สค", "กย", "ตค", "พย", "ธค"];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Which era a date says that its year belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Era {
    Unsaid,
    Buddhist,
    Common,
}

/// Reads a date as people type it: `21/11/2569`, `21-11-2026`, `21 พฤศจิกายน พ.ศ. 2569`,
/// `21 พ.ย. 2569`, `21 November 2026`, `2026-11-21`, the card's `25691121`; Thai or Arabic
/// digits. A year above 2400 is of the Buddhist era unless the date says otherwise.
///
/// # Errors
/// [`Problem::NotADate`] if it is none of these or the day does not exist;
/// [`Problem::YearLooksBuddhist`] and [`Problem::YearLooksCommonEra`] if the year
/// contradicts the era named or the ISO form; [`Problem::DateTooOld`] for an impossible age.
pub fn parse_user_date(typed: &str) -> Result<Date, Problem> {
    if typed.chars().count() > 60 {
        return Err(Problem::NotADate);
    }
    let text = arabic_digits(typed).trim().to_lowercase();
    let (text, era) = take_era(&text);
    let pieces = pieces(&text);
    match pieces.as_slice() {
        [Piece::Number(year, 4..), Piece::Number(month, 1..=2), Piece::Number(day, 1..=2)] => {
            // Year first is ISO 8601: common era, unless the date names the other.
            let era = if era == Era::Unsaid { Era::Common } else { era };
            from_parts(*year, *month, *day, era)
        }
        [Piece::Number(day, 1..=2), Piece::Number(month, 1..=2), Piece::Number(year, 4)]
        | [Piece::Number(day, 1..=2), Piece::Month(month), Piece::Number(year, 4)] => {
            from_parts(*year, *month, *day, era)
        }
        [Piece::Number(whole, 8)] => from_parts(*whole / 10_000, *whole / 100 % 100, *whole % 100, era),
        _ => Err(Problem::NotADate),
    }
}

/// Reads a date in the form that data hold: `2026-11-21`, common era.
///
/// # Errors
/// As [`parse_user_date`]; anything but the ISO form is [`Problem::NotADate`].
pub fn parse_iso(value: &str) -> Result<Date, Problem> {
    let bytes = value.as_bytes();
    let shape = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    if !shape {
        return Err(Problem::NotADate);
    }
    parse_user_date(value)
}

/// A date in the form that data hold: `2026-11-21`.
#[must_use]
pub fn iso(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// `14 สิงหาคม 2569`.
#[must_use]
pub fn thai(date: Date) -> String {
    format!("{} {} {}", date.day(), month_th(date.month()), buddhist_year(date))
}

/// `14 August 2026`.
#[must_use]
pub fn english(date: Date) -> String {
    format!("{} {} {}", date.day(), month_en(date.month()), date.year())
}

/// `14 สิงหาคม 2569 เวลา 14:05 น.`, Bangkok time.
#[must_use]
pub fn thai_moment(at: OffsetDateTime) -> String {
    let local = bangkok(at);
    format!("{} เวลา {:02}:{:02} น.", thai(local.date()), local.hour(), local.minute())
}

/// `14 August 2026, 14:05 (UTC+7)`, Bangkok time.
#[must_use]
pub fn english_moment(at: OffsetDateTime) -> String {
    let local = bangkok(at);
    format!("{}, {:02}:{:02} (UTC+7)", english(local.date()), local.hour(), local.minute())
}

/// The instant in Bangkok's clock (UTC+7 all year); in its own in the last hours of the year 9999, of which
/// there is none in that clock.
#[must_use]
pub fn bangkok(at: OffsetDateTime) -> OffsetDateTime {
    UtcOffset::from_hms(7, 0, 0).ok().and_then(|offset| at.checked_to_offset(offset)).unwrap_or(at)
}

/// The Thai name of a month.
#[must_use]
pub fn month_th(month: Month) -> &'static str {
    MONTHS_TH.get(usize::from(u8::from(month)) - 1).copied().unwrap_or_default()
}

/// The year of the Buddhist era in which a date lies.
#[must_use]
pub fn buddhist_year(date: Date) -> i32 {
    date.year() + BUDDHIST_ERA_OFFSET
}

/// The same day `months` calendar months later, or that month's last day if it is shorter.
#[must_use]
pub fn plus_months(date: Date, months: u8) -> Date {
    let zero_based = i32::from(u8::from(date.month())) - 1 + i32::from(months);
    let year = date.year() + zero_based / 12;
    let month = u8::try_from(zero_based % 12 + 1).ok().and_then(|number| Month::try_from(number).ok());
    let Some(month) = month else { return date };
    let day = date.day().min(month.length(year));
    Date::from_calendar_date(year, month, day).unwrap_or(date)
}

/// The day `days` days before `date`, or `date` itself at the beginning of time.
#[must_use]
pub(crate) fn minus_days(date: Date, days: u16) -> Date {
    date.checked_sub(Duration::days(i64::from(days))).unwrap_or(date)
}

/// Text with Thai digits turned into Arabic ones.
#[must_use]
pub fn arabic_digits(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '๐'..='๙' => u32::from(character)
                .checked_sub(u32::from('๐'))
                .and_then(|value| char::from_digit(value, 10))
                .unwrap_or(character),
            other => other,
        })
        .collect()
}

fn month_en(month: Month) -> &'static str {
    MONTHS_EN.get(usize::from(u8::from(month)) - 1).copied().unwrap_or_default()
}

/// Takes "พ.ศ.", "ค.ศ.", "B.E." and the like out of a date.
fn take_era(text: &str) -> (String, Era) {
    let marks = [
        ("พ.ศ.", Era::Buddhist),
        ("พ.ศ", Era::Buddhist),
        ("พศ", Era::Buddhist),
        ("b.e.", Era::Buddhist),
        ("ค.ศ.", Era::Common),
        ("ค.ศ", Era::Common),
        ("คศ", Era::Common),
        ("a.d.", Era::Common),
        ("c.e.", Era::Common),
    ];
    for (mark, era) in marks {
        if text.contains(mark) {
            return (text.replacen(mark, " ", 1), era);
        }
    }
    (text.to_owned(), Era::Unsaid)
}

/// A number with its count of digits, or a month by its name.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Number(i32, usize),
    Month(i32),
    Unknown,
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = rest
            .char_indices()
            .find(|(_, character)| class(*character) != class(first))
            .map_or(rest.len(), |(at, _)| at);
        let (run, tail) = rest.split_at(length);
        rest = tail;
        match class(first) {
            Class::Digit => pieces.push(run.parse().map_or(Piece::Unknown, |number| Piece::Number(number, run.len()))),
            Class::Word => match run {
                "วันที่" | "เดือน" | "ปี" => {}
                name => pieces.push(month_named(name).map_or(Piece::Unknown, Piece::Month)),
            },
            Class::Space => {}
        }
    }
    pieces
}

#[derive(PartialEq, Eq)]
enum Class {
    Digit,
    Word,
    Space,
}

fn class(character: char) -> Class {
    match character {
        '0'..='9' => Class::Digit,
        ' ' | '/' | '-' | ',' | '\u{a0}' => Class::Space,
        _ => Class::Word,
    }
}

fn month_named(name: &str) -> Option<i32> {
    let bare: String = name.chars().filter(|character| *character != '.').collect();
    let numbered = |at: usize| i32::try_from(at + 1).ok();
    MONTHS_TH.iter().position(|month| *month == bare).and_then(numbered).or_else(|| {
        MONTHS_TH_SHORT.iter().position(|month| *month == bare).and_then(numbered).or_else(|| {
            let long_enough = bare.len() >= 3;
            MONTHS_EN.iter().position(|month| long_enough && month.to_lowercase().starts_with(&bare)).and_then(numbered)
        })
    })
}

fn from_parts(year: i32, month: i32, day: i32, era: Era) -> Result<Date, Problem> {
    let common = match era {
        Era::Buddhist if year <= HIGHEST_COMMON_YEAR => return Err(Problem::YearLooksCommonEra),
        Era::Common if year > HIGHEST_COMMON_YEAR => return Err(Problem::YearLooksBuddhist),
        Era::Buddhist => year - BUDDHIST_ERA_OFFSET,
        Era::Unsaid if year > HIGHEST_COMMON_YEAR => year - BUDDHIST_ERA_OFFSET,
        Era::Common | Era::Unsaid => year,
    };
    if common + BUDDHIST_ERA_OFFSET < HIGHEST_COMMON_YEAR && common + BUDDHIST_ERA_OFFSET > LOWEST_COMMON_YEAR {
        // 1483: 543 was taken off twice.
        return Err(Problem::YearLooksCommonEra);
    }
    let month = u8::try_from(month).ok().and_then(|number| Month::try_from(number).ok()).ok_or(Problem::NotADate)?;
    let day = u8::try_from(day).map_err(|_| Problem::NotADate)?;
    let date = Date::from_calendar_date(common, month, day).map_err(|_| Problem::NotADate)?;
    if common < LOWEST_COMMON_YEAR { Err(Problem::DateTooOld) } else { Ok(date) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expected: Result<&str, Problem>) {
        assert_eq!(parse_user_date(typed).map(iso), expected.map(str::to_owned), "{typed}");
    }

    #[test]
    fn dates_are_read_as_people_type_them() {
        for (iso, forms) in [
            ("2008-08-14", ["14 สิงหาคม พ.ศ. 2551", "๑๔ สิงหาคม พ.ศ. ๒๕๕๑", "14 ส.ค. 2551", "25510814"]),
            ("2018-04-19", ["19 เมษายน พ.ศ. 2561", "๑๙ เมษายน พ.ศ. ๒๕๖๑", "19 เม.ย. 2561", "25610419"]),
            ("2021-02-04", ["4 กุมภาพันธ์ พ.ศ. 2564", "๔ กุมภาพันธ์ พ.ศ. ๒๕๖๔", "4 ก.พ. 2564", "25640204"]),
            ("2024-02-29", ["29 กุมภาพันธ์ พ.ศ. 2567", "๒๙ กุมภาพันธ์ พ.ศ. ๒๕๖๗", "29 ก.พ. 2567", "25670229"]),
            ("2026-01-01", ["1 มกราคม พ.ศ. 2569", "๑ มกราคม พ.ศ. ๒๕๖๙", "1 ม.ค. 2569", "25690101"]),
            ("2000-12-31", ["31 ธันวาคม พ.ศ. 2543", "๓๑ ธันวาคม พ.ศ. ๒๕๔๓", "31 ธ.ค. 2543", "25431231"]),
        ] {
            for form in forms {
                check(form, Ok(iso));
            }
        }
        check("21/11/2569", Ok("2026-11-21"));
        check("21-11-2026", Ok("2026-11-21"));
        check(" 21 พฤศจิกายน 2569 ", Ok("2026-11-21"));
        check("วันที่ 21 เดือน พฤศจิกายน พ.ศ. 2569", Ok("2026-11-21"));
        check("2026-11-21", Ok("2026-11-21"));
        check("21 November 2026", Ok("2026-11-21"));
        check("21 nov 2026", Ok("2026-11-21"));
    }

    #[test]
    fn wrong_dates_are_refused_with_the_reason() {
        check("2569-11-21", Err(Problem::YearLooksBuddhist));
        check("21 พฤศจิกายน พ.ศ. 2026", Err(Problem::YearLooksCommonEra));
        check("21 พฤศจิกายน ค.ศ. 2569", Err(Problem::YearLooksBuddhist));
        check("21/11/1483", Err(Problem::YearLooksCommonEra));
        check("29/02/2569", Err(Problem::NotADate));
        check("31/04/2569", Err(Problem::NotADate));
        check("21/13/2569", Err(Problem::NotADate));
        check("21/11/69", Err(Problem::NotADate));
        check("พรุ่งนี้", Err(Problem::NotADate));
        check("", Err(Problem::NotADate));
    }

    #[test]
    fn only_the_iso_form_is_data() {
        assert_eq!(parse_iso("21/11/2569"), Err(Problem::NotADate));
        assert_eq!(parse_iso("2026-1-21"), Err(Problem::NotADate));
        assert_eq!(parse_iso("2569-11-21"), Err(Problem::YearLooksBuddhist));
        assert_eq!(parse_iso("2026-11-21").map(thai).as_deref(), Ok("21 พฤศจิกายน 2569"));
        assert_eq!(parse_iso("2026-08-14").map(english).as_deref(), Ok("14 August 2026"));
    }

    #[test]
    fn an_instant_that_bangkoks_clock_does_not_reach_stays_as_it_is() {
        let last = time::macros::datetime!(9999-12-31 23:59:59 UTC);
        assert_eq!(bangkok(last), last);
    }

    #[test]
    fn a_month_later_is_clamped_to_the_shorter_month() {
        let later = |value: &str| parse_iso(value).map(|date| iso(plus_months(date, 1)));
        assert_eq!(later("2026-01-31").as_deref(), Ok("2026-02-28"));
        assert_eq!(later("2028-01-31").as_deref(), Ok("2028-02-29"));
        assert_eq!(later("2026-12-15").as_deref(), Ok("2027-01-15"));
    }
}
