//! On whose word certificates were suspended.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// One report that a certificate should not be relied upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuspensionReport {
    /// UUID.
    pub id: String,
    /// Serial number of the certificate, hexadecimal.
    pub certificate_serial: String,
    /// `person`, `call` or `licence_feed`.
    pub channel: String,
    /// Who said what, sealed.
    pub record_sealed: Vec<u8>,
    /// SHA-256 of the record, hexadecimal.
    pub record_sha256: String,
    /// Person who wrote it down; empty for the licence feed.
    pub reported_by: String,
    /// When.
    pub reported_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    certificate_serial: String,
    channel: String,
    record_sealed: Vec<u8>,
    record_sha256: String,
    reported_by: String,
    reported_at: i64,
}

impl Tx {
    /// Adds a report.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id is taken.
    pub async fn add_suspension_report(&mut self, report: &SuspensionReport) -> Result<(), Error> {
        let added = sqlx::query(
            "insert into suspension_report (id, certificate_serial, channel, record_sealed, record_sha256, \
             reported_by, reported_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        )
        .bind(&report.id)
        .bind(&report.certificate_serial)
        .bind(&report.channel)
        .bind(&report.record_sealed)
        .bind(&report.record_sha256)
        .bind(&report.reported_by)
        .bind(micros(report.reported_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "suspension_report")
    }

    /// A certificate's reports, oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn suspension_reports(&mut self, serial: &str) -> Result<Vec<SuspensionReport>, Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, certificate_serial, channel, record_sealed, record_sha256, reported_by, reported_at \
             from suspension_report where certificate_serial = $1 order by reported_at, id",
        )
        .bind(serial)
        .fetch_all(self.connection())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| SuspensionReport {
                id: row.id,
                certificate_serial: row.certificate_serial,
                channel: row.channel,
                record_sealed: row.record_sealed,
                record_sha256: row.record_sha256,
                reported_by: row.reported_by,
                reported_at: instant(row.reported_at),
            })
            .collect())
    }
}
