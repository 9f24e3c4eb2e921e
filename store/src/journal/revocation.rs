//! Ends of certificates.

use sqlx::FromRow;

use super::{Recorded, Tx};
use crate::error::Error;

/// A revocation to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRevocation {
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// When.
    pub at: i64,
    /// CRL reason by name.
    pub reason: String,
    /// Since when the key or the right is believed lost.
    pub invalid_since: Option<i64>,
    /// Who willed it; none for a hotline or the licence feed (they may only suspend).
    pub activation_id: Option<String>,
}

/// A revocation as stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Revocation {
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// When.
    pub at: i64,
    /// CRL reason by name.
    pub reason: String,
    /// Since when the key or the right is believed lost.
    pub invalid_since: Option<i64>,
    /// Who willed it.
    pub activation_id: Option<String>,
    /// Its place among all changes of revocation.
    pub sequence: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!("select serial, at, reason, invalid_since, activation_id, sequence from revocation ", $rest)
    };
}

impl Tx {
    /// Records a revocation.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was revoked for another reason; [`Error::Refused`] if there is
    /// no such certificate.
    pub async fn record_revocation(&mut self, new: &NewRevocation) -> Result<Recorded<Revocation>, Error> {
        let sequence = self.count_up("revocation").await?;
        let done = sqlx::query(
            "insert into revocation (serial, at, reason, invalid_since, activation_id, sequence) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(&new.serial)
        .bind(new.at)
        .bind(&new.reason)
        .bind(new.invalid_since)
        .bind(&new.activation_id)
        .bind(sequence)
        .execute(self.connection())
        .await?;
        match self.revocation(&new.serial).await? {
            Some(row) if done.rows_affected() == 1 => Ok(Recorded::New(row)),
            Some(row) if (&row.reason, row.invalid_since) == (&new.reason, new.invalid_since) => {
                Ok(Recorded::Already(row))
            }
            _ => Err(Error::Conflict { table: "revocation" }),
        }
    }

    /// A certificate's revocation.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revocation(&mut self, serial: &str) -> Result<Option<Revocation>, Error> {
        let row = sqlx::query_as(select!("where serial = $1")).bind(serial).fetch_optional(self.connection()).await?;
        Ok(row)
    }

    /// The revocations after place `sequence` (0: all), in order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revocations_since(&mut self, sequence: i64) -> Result<Vec<Revocation>, Error> {
        let rows = sqlx::query_as(select!("where sequence > $1 order by sequence"))
            .bind(sequence)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }

    /// The place of the newest revocation; 0 if there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revocation_sequence(&mut self) -> Result<i64, Error> {
        let (sequence,): (i64,) =
            sqlx::query_as("select coalesce(max(sequence), 0) from revocation").fetch_one(self.connection()).await?;
        Ok(sequence)
    }
}
