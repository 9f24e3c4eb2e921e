//! Instants and days as the portal writes them.

use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, UtcOffset};

/// RFC 3339, UTC, whole seconds.
pub(crate) fn rfc3339(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    at.replace_nanosecond(0).unwrap_or(at).format(&Rfc3339).unwrap_or_default()
}

/// Reads RFC 3339.
pub(crate) fn parse(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// The day it is in Bangkok (UTC+7, without daylight saving).
pub(crate) fn bangkok_day(at: OffsetDateTime) -> Date {
    UtcOffset::from_hms(7, 0, 0)
        .map_or_else(|_| at.date(), |bangkok| at.checked_to_offset(bangkok).unwrap_or(at).date())
}

/// The year of the Buddhist era in Bangkok.
pub(crate) fn buddhist_year(at: OffsetDateTime) -> i32 {
    bangkok_day(at).year() + 543
}

/// An ISO date.
pub(crate) fn parse_day(iso: &str) -> Option<Date> {
    Date::parse(iso, time::macros::format_description!("[year]-[month]-[day]")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_day_changes_at_midnight_in_bangkok() {
        let late = datetime!(2026-12-31 17:30:00.5 UTC);
        assert_eq!(bangkok_day(late).to_string(), "2027-01-01");
        assert_eq!(buddhist_year(late), 2570);
        assert_eq!(rfc3339(late), "2026-12-31T17:30:00Z");
    }
}
