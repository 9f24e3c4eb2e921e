//! Dates as people write them, in either language.

use pdf::date;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Lang, Text};

/// An ISO date as a long date; what is no date comes back unchanged.
pub(super) fn date(lang: Lang, iso: &str) -> String {
    let Ok(day) = date::parse_iso(iso) else { return iso.to_owned() };
    match lang {
        Lang::Th => date::thai(day),
        Lang::En => date::english(day),
    }
}

/// An RFC 3339 instant as a long date and Bangkok time; anything else comes back unchanged.
pub(super) fn instant(lang: Lang, rfc3339: &str) -> String {
    let Ok(at) = OffsetDateTime::parse(rfc3339, &Rfc3339) else { return rfc3339.to_owned() };
    match lang {
        // A line must not break before น.
        Lang::Th => date::thai_moment(at).replace(" น.", "\u{a0}น."),
        Lang::En => date::english_moment(at),
    }
}

/// An RFC 3339 instant as short as it can be said, for narrow screens: 14 สิงหาคม 2569 10:05 น.
pub(super) fn short_instant(lang: Lang, rfc3339: &str) -> String {
    let Ok(at) = OffsetDateTime::parse(rfc3339, &Rfc3339) else { return rfc3339.to_owned() };
    let local = date::bangkok(at);
    let (hour, minute) = (local.hour(), local.minute());
    match lang {
        Lang::Th => format!("{} {hour:02}:{minute:02}\u{a0}น.", date::thai(local.date())),
        Lang::En => format!("{}, {hour:02}:{minute:02}", date::english(local.date())),
    }
}

/// The day of an RFC 3339 instant in Bangkok.
pub(super) fn day(lang: Lang, rfc3339: &str) -> String {
    let Ok(at) = OffsetDateTime::parse(rfc3339, &Rfc3339) else { return rfc3339.to_owned() };
    let local = date::bangkok(at).date();
    match lang {
        Lang::Th => date::thai(local),
        Lang::En => date::english(local),
    }
}

/// An ISO date as people type it: `14/8/2569`.
pub(super) fn short_buddhist(iso: &str) -> Option<String> {
    let day = date::parse_iso(iso).ok()?;
    Some(format!("{}/{}/{}", day.day(), u8::from(day.month()), date::buddhist_year(day)))
}

/// An identity level as pages show it: one that suffices only by provisional acceptance says so.
pub(crate) fn identity_level(level: &str) -> Text {
    let provisional = people::Ial::parse(level).is_ok_and(|level| {
        people::required(people::Action::SignDocuments, people::Acceptance::default()).is_provisional(level)
    });
    if provisional {
        Text::new(
            format!("IAL {level} (ยอมรับชั่วคราว ระหว่างที่ยังไม่มีเครื่องอ่านบัตร)"),
            format!("IAL {level} (accepted provisionally, as long as there are no card readers)"),
        )
    } else {
        Text::same(format!("IAL {level}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_people_write_them() {
        assert_eq!(date(Lang::Th, "2026-08-14"), "14 สิงหาคม 2569");
        assert_eq!(date(Lang::En, "2026-08-14"), "14 August 2026");
        assert_eq!(date(Lang::En, "soon"), "soon");
        assert!(instant(Lang::Th, "2026-12-31T18:05:00Z").starts_with("1 มกราคม 2570 เวลา 01"));
        assert_eq!(day(Lang::En, "2026-12-31T18:05:00Z"), "1 January 2027");
        assert_eq!(short_instant(Lang::Th, "2026-12-31T18:05:00Z"), "1 มกราคม 2570 01:05\u{a0}น.");
        assert_eq!(short_buddhist("2026-08-14").as_deref(), Some("14/8/2569"));
    }

    #[test]
    fn a_level_accepted_for_now_says_so() {
        assert!(identity_level("2.1").en.contains("provisionally"));
        assert_eq!(identity_level("2.3").en, "IAL 2.3");
    }
}
