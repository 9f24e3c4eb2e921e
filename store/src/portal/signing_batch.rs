//! Documents that a doctor put before the signer together.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::micros;

/// A document of a batch.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct BatchDocument {
    /// The document.
    pub document_id: String,
    /// JSON of the signer's refusal of this document; none if it refused nothing.
    pub refusal: Option<String>,
}

impl Tx {
    /// Adds a batch of documents in their order.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id is taken or a document stands in it twice.
    pub async fn add_signing_batch(
        &mut self,
        id: &str,
        person_id: &str,
        documents: &[String],
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let added = sqlx::query(
            "insert into signing_batch (id, person_id, created_at) values ($1, $2, $3) on conflict do nothing",
        )
        .bind(id)
        .bind(person_id)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "signing_batch")?;
        for (position, document) in documents.iter().enumerate() {
            let added = sqlx::query(
                "insert into signing_batch_document (batch_id, document_id, position, refusal) \
                 values ($1, $2, $3, null) on conflict do nothing",
            )
            .bind(id)
            .bind(document)
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .execute(self.connection())
            .await?
            .rows_affected();
            super::one(added, "signing_batch_document")?;
        }
        Ok(())
    }

    /// Whose batch it is; none if there is no such batch.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn signing_batch_person(&mut self, id: &str) -> Result<Option<String>, Error> {
        let row: Option<(String,)> = sqlx::query_as("select person_id from signing_batch where id = $1")
            .bind(id)
            .fetch_optional(self.connection())
            .await?;
        Ok(row.map(|(person,)| person))
    }

    /// The documents of a batch in their order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn signing_batch(&mut self, id: &str) -> Result<Vec<BatchDocument>, Error> {
        let rows = sqlx::query_as(
            "select document_id, refusal from signing_batch_document where batch_id = $1 order by position",
        )
        .bind(id)
        .fetch_all(self.connection())
        .await?;
        Ok(rows)
    }

    /// The batch a document was last put into, if any.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn newest_signing_batch(&mut self, person_id: &str) -> Result<Option<String>, Error> {
        let row: Option<(String,)> = sqlx::query_as(
            "select id from signing_batch where person_id = $1 order by created_at desc, id desc limit 1",
        )
        .bind(person_id)
        .fetch_optional(self.connection())
        .await?;
        Ok(row.map(|(id,)| id))
    }

    /// Keeps why the signer refused a document of a batch.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn refuse_in_batch(&mut self, batch_id: &str, document_id: &str, refusal: &str) -> Result<(), Error> {
        sqlx::query("update signing_batch_document set refusal = $3 where batch_id = $1 and document_id = $2")
            .bind(batch_id)
            .bind(document_id)
            .bind(refusal)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
