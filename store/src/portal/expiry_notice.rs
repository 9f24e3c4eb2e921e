//! Which holders were told that their certificate ends.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryNotice {
    /// Serial number of the certificate, hexadecimal.
    pub certificate_serial: String,
    /// How many days ahead: 60, 30 or 7.
    pub days: i64,
    /// Whose it is; empty for a program's.
    pub person_id: String,
    /// Code of the unit it speaks of.
    pub unit_code: String,
    /// Its end.
    pub not_after: OffsetDateTime,
    /// When the notice was made.
    pub made_at: OffsetDateTime,
}

impl Tx {
    /// Adds a notice; `false` if it was made before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn add_expiry_notice(&mut self, notice: &ExpiryNotice) -> Result<bool, Error> {
        let added = sqlx::query(
            "insert into expiry_notice (certificate_serial, days, person_id, unit_code, not_after, made_at) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(&notice.certificate_serial)
        .bind(notice.days)
        .bind(&notice.person_id)
        .bind(&notice.unit_code)
        .bind(micros(notice.not_after))
        .bind(micros(notice.made_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(added == 1)
    }

    /// The newest notice of each certificate of a unit that has not ended, by their end, at most 200.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn expiry_notices_of_unit(
        &mut self,
        unit_code: &str,
        now: OffsetDateTime,
    ) -> Result<Vec<ExpiryNotice>, Error> {
        let rows: Vec<(String, i64, String, String, i64, i64)> = sqlx::query_as(
            "select certificate_serial, days, person_id, unit_code, not_after, made_at from expiry_notice n \
             where unit_code = $1 and not_after >= $2 and days = (select min(days) from expiry_notice m \
             where m.certificate_serial = n.certificate_serial) order by not_after, certificate_serial limit 200",
        )
        .bind(unit_code)
        .bind(micros(now))
        .fetch_all(self.connection())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(certificate_serial, days, person_id, unit_code, not_after, made_at)| ExpiryNotice {
                certificate_serial,
                days,
                person_id,
                unit_code,
                not_after: instant(not_after),
                made_at: instant(made_at),
            })
            .collect())
    }
}
