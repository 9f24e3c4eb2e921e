//! What evidence officers vouched for.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// A statement, signed by the binding key, that an officer saw a person and their evidence.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct EvidenceRecord {
    /// UUID of the record.
    pub record_id: String,
    /// The portal's id of the person who was seen.
    pub person_id: String,
    /// The portal's id of the officer.
    pub officer_id: String,
    /// Digest of what was touched for, hexadecimal.
    pub content_sha256: String,
    /// The statement that is signed, JSON.
    pub statement: String,
    /// Signature by the binding key.
    pub signature: Vec<u8>,
    /// When.
    pub at: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select record_id, person_id, officer_id, content_sha256, statement, signature, at from evidence_record ",
            $rest
        )
    };
}

impl Tx {
    /// Stores a record; `false` if the same was stored before.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id was used for other content.
    pub async fn insert_evidence_record(&mut self, row: &EvidenceRecord) -> Result<bool, Error> {
        let done = sqlx::query(
            "insert into evidence_record (record_id, person_id, officer_id, content_sha256, statement, signature, at) \
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        )
        .bind(&row.record_id)
        .bind(&row.person_id)
        .bind(&row.officer_id)
        .bind(&row.content_sha256)
        .bind(&row.statement)
        .bind(&row.signature)
        .bind(row.at)
        .execute(self.connection())
        .await?;
        if done.rows_affected() == 1 {
            return Ok(true);
        }
        match self.evidence_record(&row.record_id).await? {
            Some(stored) if stored.content_sha256 == row.content_sha256 => Ok(false),
            _ => Err(Error::Conflict { table: "evidence_record" }),
        }
    }

    /// A record by its id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn evidence_record(&mut self, record_id: &str) -> Result<Option<EvidenceRecord>, Error> {
        let row =
            sqlx::query_as(select!("where record_id = $1")).bind(record_id).fetch_optional(self.connection()).await?;
        Ok(row)
    }

    /// The records about a person, as many as `limit`, in no order that means anything.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn evidence_records_of(&mut self, person_id: &str, limit: i64) -> Result<Vec<EvidenceRecord>, Error> {
        let rows = sqlx::query_as(select!("where person_id = $1 order by record_id limit $2"))
            .bind(person_id)
            .bind(limit)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }
}
