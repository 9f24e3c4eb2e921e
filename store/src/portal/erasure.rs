//! Documents erased at somebody's request: who asked, why, and how far it has come.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// An erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// UUID.
    pub id: String,
    /// The document.
    pub document_id: String,
    /// Who asked and why, sealed.
    pub reason_sealed: Vec<u8>,
    /// SHA-256 of that record, hexadecimal.
    pub reason_sha256: String,
    /// The officer.
    pub requested_by: String,
    /// When it was asked for.
    pub requested_at: OffsetDateTime,
    /// When it was confirmed: from then on it is carried out.
    pub confirmed_at: Option<OffsetDateTime>,
    /// When nothing was left to erase.
    pub done_at: Option<OffsetDateTime>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    document_id: String,
    reason_sealed: Vec<u8>,
    reason_sha256: String,
    requested_by: String,
    requested_at: i64,
    confirmed_at: Option<i64>,
    done_at: Option<i64>,
}

impl From<Row> for Erasure {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            document_id: row.document_id,
            reason_sealed: row.reason_sealed,
            reason_sha256: row.reason_sha256,
            requested_by: row.requested_by,
            requested_at: instant(row.requested_at),
            confirmed_at: row.confirmed_at.map(instant),
            done_at: row.done_at.map(instant),
        }
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, document_id, reason_sealed, reason_sha256, requested_by, requested_at, confirmed_at, done_at \
             from erasure ",
            $rest
        )
    };
}

impl Tx {
    /// Asks for an erasure; in place of one that was asked for before and not confirmed.
    ///
    /// # Errors
    /// [`Error::Conflict`] if one was confirmed.
    pub async fn request_erasure(&mut self, erasure: &Erasure) -> Result<(), Error> {
        sqlx::query("delete from erasure where document_id = $1 and confirmed_at is null")
            .bind(&erasure.document_id)
            .execute(self.connection())
            .await?;
        let added = sqlx::query(
            "insert into erasure (id, document_id, reason_sealed, reason_sha256, requested_by, requested_at, \
             confirmed_at, done_at) values ($1, $2, $3, $4, $5, $6, null, null) on conflict do nothing",
        )
        .bind(&erasure.id)
        .bind(&erasure.document_id)
        .bind(&erasure.reason_sealed)
        .bind(&erasure.reason_sha256)
        .bind(&erasure.requested_by)
        .bind(micros(erasure.requested_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "erasure")
    }

    /// Confirms an erasure that `officer` asked for. `false` if it is confirmed already or not theirs.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn confirm_erasure(&mut self, id: &str, officer: &str, now: OffsetDateTime) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update erasure set confirmed_at = $3 where id = $1 and requested_by = $2 and confirmed_at is null",
        )
        .bind(id)
        .bind(officer)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Writes down that nothing is left to erase. `false` if that was known.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn erasure_done(&mut self, id: &str, now: OffsetDateTime) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update erasure set done_at = $2 where id = $1 and confirmed_at is not null and done_at is null",
        )
        .bind(id)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// The erasure of this id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn erasure(&mut self, id: &str) -> Result<Option<Erasure>, Error> {
        let row: Option<Row> =
            sqlx::query_as(select!("where id = $1")).bind(id).fetch_optional(self.connection()).await?;
        Ok(row.map(Erasure::from))
    }

    /// Erasures confirmed and not at their end, the oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn open_erasures(&mut self, limit: u32) -> Result<Vec<Erasure>, Error> {
        let rows: Vec<Row> = sqlx::query_as(select!(
            "where confirmed_at is not null and done_at is null order by confirmed_at, id limit $1"
        ))
        .bind(i64::from(limit))
        .fetch_all(self.connection())
        .await?;
        Ok(rows.into_iter().map(Erasure::from).collect())
    }
}
