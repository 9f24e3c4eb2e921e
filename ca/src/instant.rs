//! Instants and validity periods in the forms of X.509.

use std::time::Duration;

use der::DateTime;
use der::asn1::{GeneralizedTime, UtcTime};
use time::OffsetDateTime;
use x509_cert::time::{Time, Validity as DerValidity};

use crate::Error;

/// The last year that is written as `UTCTime` (RFC 5280 §4.1.2.5).
pub(crate) const LAST_UTC_TIME_YEAR: u16 = 2049;

/// From when until when a certificate is valid, both ends included (RFC 5280 §4.1.2.5), to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First second.
    pub not_before: OffsetDateTime,
    /// Last second.
    pub not_after: OffsetDateTime,
}

impl Validity {
    /// A whole number of calendar years from `not_before`.
    ///
    /// # Errors
    /// [`Error::Time`] if the end is beyond the calendar.
    pub fn years(not_before: OffsetDateTime, years: u8) -> Result<Self, Error> {
        let not_before = whole_second(not_before)?;
        Ok(Self { not_before, not_after: years_after(not_before, years)? - Duration::from_secs(1) })
    }

    /// A number of days from `not_before`.
    ///
    /// # Errors
    /// [`Error::Time`] if the end is beyond the calendar.
    pub fn days(not_before: OffsetDateTime, days: u16) -> Result<Self, Error> {
        let not_before = whole_second(not_before)?;
        let end = not_before.checked_add(time::Duration::days(i64::from(days)));
        let not_after = end.ok_or(Error::Time { what: "notAfter" })? - Duration::from_secs(1);
        Ok(Self { not_before, not_after })
    }

    /// The same, ending no later than `limit` (the end of a licence, of the issuer's certificate).
    #[must_use]
    pub fn until_at_most(self, limit: OffsetDateTime) -> Self {
        Self { not_after: self.not_after.min(limit), ..self }
    }

    pub(crate) fn to_der(self) -> Result<DerValidity, Error> {
        Ok(DerValidity::new(to_time(self.not_before)?, to_time(self.not_after)?))
    }

    pub(crate) fn from_der(validity: &DerValidity) -> Result<Self, Error> {
        Ok(Self { not_before: from_time(&validity.not_before)?, not_after: from_time(&validity.not_after)? })
    }
}

/// The same day and time `years` later; 29 February becomes 28 February.
pub(crate) fn years_after(instant: OffsetDateTime, years: u8) -> Result<OffsetDateTime, Error> {
    let year = instant.year() + i32::from(years);
    instant
        .replace_year(year)
        .or_else(|_| instant.replace_day(28).and_then(|earlier| earlier.replace_year(year)))
        .map_err(|_| Error::Time { what: "notAfter" })
}

fn whole_second(instant: OffsetDateTime) -> Result<OffsetDateTime, Error> {
    instant.replace_nanosecond(0).map_err(|_| Error::Time { what: "notBefore" })
}

fn to_date_time(instant: OffsetDateTime) -> Result<DateTime, Error> {
    let what = "instant before 1970 or after 9999";
    let seconds = u64::try_from(instant.unix_timestamp()).map_err(|_| Error::Time { what })?;
    DateTime::from_unix_duration(Duration::from_secs(seconds)).map_err(|_| Error::Time { what })
}

fn from_date_time(instant: DateTime) -> Result<OffsetDateTime, Error> {
    let what = "instant after 9999";
    let seconds = i64::try_from(instant.unix_duration().as_secs()).map_err(|_| Error::Time { what })?;
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| Error::Time { what })
}

/// RFC 5280 §4.1.2.5: `UTCTime` through 2049, `GeneralizedTime` from 2050.
pub(crate) fn to_time(instant: OffsetDateTime) -> Result<Time, Error> {
    let date_time = to_date_time(instant)?;
    if date_time.year() <= LAST_UTC_TIME_YEAR {
        let utc = UtcTime::try_from(date_time).map_err(|_| Error::Time { what: "UTCTime" })?;
        Ok(Time::UtcTime(utc))
    } else {
        Ok(Time::GeneralTime(GeneralizedTime::from_date_time(date_time)))
    }
}

pub(crate) fn from_time(time: &Time) -> Result<OffsetDateTime, Error> {
    from_date_time(time.to_date_time())
}

pub(crate) fn to_generalized(instant: OffsetDateTime) -> Result<GeneralizedTime, Error> {
    Ok(GeneralizedTime::from_date_time(to_date_time(instant)?))
}

pub(crate) fn from_generalized(instant: GeneralizedTime) -> Result<OffsetDateTime, Error> {
    from_date_time(instant.to_date_time())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn years_are_calendar_years_with_both_ends_included() {
        let validity = Validity::years(datetime!(2028-02-29 10:00:00.5 UTC), 1).unwrap();
        assert_eq!(validity.not_before, datetime!(2028-02-29 10:00:00 UTC));
        assert_eq!(validity.not_after, datetime!(2029-02-28 09:59:59 UTC));
        assert_eq!(
            Validity::days(datetime!(2026-01-01 0:00 UTC), 30).unwrap().not_after,
            datetime!(2026-01-30 23:59:59 UTC)
        );
    }

    #[test]
    fn the_form_of_time_changes_with_2050() {
        assert!(matches!(to_time(datetime!(2049-12-31 23:59:59 UTC)), Ok(Time::UtcTime(_))));
        assert!(matches!(to_time(datetime!(2050-01-01 0:00 UTC)), Ok(Time::GeneralTime(_))));
        assert!(to_time(datetime!(1969-12-31 23:59:59 UTC)).is_err());
    }
}
