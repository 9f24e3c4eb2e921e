//! Dates as people write them. Instants are shown in Bangkok time (UTC+7, which
//! has no daylight saving).

use time::{Date, Month, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339, macros::format_description};

use super::Lang;

/// Years between the Buddhist and the common era.
const BUDDHIST_OFFSET: i32 = 543;

/// An ISO date as a long date; what is no date comes back unchanged.
pub(super) fn date(lang: Lang, iso: &str) -> String {
    parse_date(iso).map_or_else(|| iso.to_owned(), |date| long_date(lang, date))
}

/// An RFC 3339 instant as a long date and Bangkok time; anything else comes back unchanged.
pub(super) fn instant(lang: Lang, rfc3339: &str) -> String {
    let Ok(instant) = OffsetDateTime::parse(rfc3339, &Rfc3339) else { return rfc3339.to_owned() };
    let Ok(bangkok) = UtcOffset::from_hms(7, 0, 0) else { return rfc3339.to_owned() };
    let local = instant.to_offset(bangkok);
    let date = long_date(lang, local.date());
    match lang {
        Lang::Th => format!("{date} เวลา {:02}.{:02} น.", local.hour(), local.minute()),
        Lang::En => format!("{date} at {:02}:{:02} (Bangkok time)", local.hour(), local.minute()),
    }
}

/// Reads an ISO date.
fn parse_date(iso: &str) -> Option<Date> {
    Date::parse(iso, format_description!("[year]-[month]-[day]")).ok()
}

/// An ISO date as people type it: `14/8/2569`.
pub(super) fn short_buddhist(iso: &str) -> Option<String> {
    let date = parse_date(iso)?;
    Some(format!("{}/{}/{}", date.day(), u8::from(date.month()), date.year() + BUDDHIST_OFFSET))
}

fn long_date(lang: Lang, date: Date) -> String {
    match lang {
        Lang::Th => format!("{} {} {}", date.day(), month_th(date.month()), date.year() + BUDDHIST_OFFSET),
        Lang::En => format!("{} {} {}", date.day(), date.month(), date.year()),
    }
}

const fn month_th(month: Month) -> &'static str {
    match month {
        Month::January => "มกราคม",
        Month::February => "กุมภาพันธ์",
        Month::March => "มีนาคม",
        Month::April => "เมษายน",
        Month::May => "พฤษภาคม",
        Month::June => "มิถุนายน",
        Month::July => "กรกฎาคม",
        Month::August => "สิงหาคม",
        Month::September => "กันยายน",
        Month::October => "ตุลาคม",
        Month::November => "พฤศจิกายน",
        Month::December => "ธันวาคม",
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
        assert_eq!(instant(Lang::Th, "2026-12-31T18:05:00Z"), "1 มกราคม 2570 เวลา 01.05 น.");
    }
}
