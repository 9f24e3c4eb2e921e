//! Documents that are erased, for good.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// That a document was erased.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ErasedDocument {
    /// UUID of the document.
    pub document_id: String,
    /// When.
    pub at: i64,
    /// SHA-256 of the portal's record of who asked and why, hexadecimal.
    pub reason_sha256: String,
}

impl Tx {
    /// Erases a document, whether it is known or not: its row keeps digests, number and dates and
    /// nothing of the patient, and the database takes nothing of it in again. One that is not
    /// finished ends with `refusal` (JSON). `false` if it was erased before (the first reason stays).
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn erase_document(
        &mut self,
        document_id: &str,
        at: i64,
        reason_sha256: &str,
        refusal: &str,
    ) -> Result<bool, Error> {
        sqlx::query(
            "update document set state = 'refused', refusal = $2, waiting = null, masked_patient = '', \
             sealed_content = null, sealed_file = null \
             where document_id = $1 and state in ('recorded', 'signed')",
        )
        .bind(document_id)
        .bind(refusal)
        .execute(self.connection())
        .await?;
        sqlx::query(
            "update document set masked_patient = '', sealed_content = null, sealed_file = null where document_id = $1",
        )
        .bind(document_id)
        .execute(self.connection())
        .await?;
        let done = sqlx::query(
            "insert into erased_document (document_id, at, reason_sha256) values ($1, $2, $3) on conflict do nothing",
        )
        .bind(document_id)
        .bind(at)
        .bind(reason_sha256)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether and when a document was erased.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn erased_document(&mut self, document_id: &str) -> Result<Option<ErasedDocument>, Error> {
        let row = sqlx::query_as("select document_id, at, reason_sha256 from erased_document where document_id = $1")
            .bind(document_id)
            .fetch_optional(self.connection())
            .await?;
        Ok(row)
    }

    /// The ticket by which a document was activated, with what came of it (JSON).
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn outcome_with_document(&mut self, document_id: &str) -> Result<Option<(String, String)>, Error> {
        let row = sqlx::query_as(
            "select ticket.ticket_hash, ticket.outcome from ticket \
             join activation on activation.ticket_hash = ticket.ticket_hash \
             join document on document.activation_id = activation.activation_id \
             where document.document_id = $1 and ticket.outcome is not null",
        )
        .bind(document_id)
        .fetch_optional(self.connection())
        .await?;
        Ok(row)
    }

    /// Writes what came of a ticket anew, without what is to be erased.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rewrite_outcome(&mut self, ticket_hash: &str, outcome: &str) -> Result<(), Error> {
        sqlx::query("update ticket set outcome = $2 where ticket_hash = $1 and outcome is not null")
            .bind(ticket_hash)
            .bind(outcome)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
