//! The files of a document: the one handed out first, and what each renewal made of it.

use sqlx::FromRow;

use super::document::{columns, select_facts};
use super::{Document, FinishedFile, Tx};
use crate::error::Error;

/// A file that was handed out.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DocumentVersion {
    /// UUID of the document.
    pub document_id: String,
    /// From 1.
    pub version: i64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Its level.
    pub level: String,
    /// When it was made.
    pub at: i64,
}

impl Tx {
    pub(super) async fn add_document_version(
        &mut self,
        document_id: &str,
        version: i64,
        file: FinishedFile<'_>,
        at: i64,
    ) -> Result<(), Error> {
        let done = sqlx::query(
            "insert into document_version (document_id, version, sha256, level, at) values ($1, $2, $3, $4, $5) \
             on conflict do nothing",
        )
        .bind(document_id)
        .bind(version)
        .bind(file.sha256)
        .bind(file.level)
        .bind(at)
        .execute(self.connection())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::Conflict { table: "document_version" }),
        }
    }

    /// Stores the file a renewal made of the file `from`, as the next version; `false` if `from`
    /// is not the newest: another renewal was first.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the file is another document's.
    pub async fn renew_document(
        &mut self,
        document_id: &str,
        from: &str,
        file: FinishedFile<'_>,
        at: i64,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "update document set sealed_file = $1, file_sha256 = $2, level = $3, proof_ends = $4, \
             proof_algorithm = $5 where document_id = $6 and state = 'finished' and file_sha256 = $7",
        )
        .bind(file.sealed)
        .bind(file.sha256)
        .bind(file.level)
        .bind(file.proof.map(|(ends, _)| ends))
        .bind(file.proof.map(|(_, algorithm)| algorithm))
        .bind(document_id)
        .bind(from)
        .execute(self.connection())
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        let (newest,): (i64,) = sqlx::query_as("select max(version) from document_version where document_id = $1")
            .bind(document_id)
            .fetch_one(self.connection())
            .await?;
        self.add_document_version(document_id, newest.saturating_add(1), file, at).await?;
        Ok(true)
    }

    /// The files of a document, oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn document_versions(&mut self, document_id: &str) -> Result<Vec<DocumentVersion>, Error> {
        let rows = sqlx::query_as(
            "select document_id, version, sha256, level, at from document_version \
             where document_id = $1 order by version",
        )
        .bind(document_id)
        .fetch_all(self.connection())
        .await?;
        Ok(rows)
    }

    /// A document by the digest of any of its files, without its sealed content and file.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn document_by_file(&mut self, sha256: &str) -> Result<Option<Document>, Error> {
        let row = sqlx::query_as(select_facts!(
            "where document_id = (select document_id from document_version where sha256 = $1)"
        ))
        .bind(sha256)
        .fetch_optional(self.connection())
        .await?;
        Ok(row)
    }

    /// Finished documents whose newest time-stamp proves them no longer than `until`, or is over a
    /// digest out of `ending`, or whose renewed file the portal has not fetched: in the order of
    /// their ids, after the one given, without their sealed contents and files.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn documents_to_renew(
        &mut self,
        until: i64,
        ending: &[String],
        after: &str,
        limit: i64,
    ) -> Result<Vec<Document>, Error> {
        // A list of any length as one parameter: `,sha256,sha384,`.
        let ending = format!(",{},", ending.join(","));
        let rows = sqlx::query_as(select_facts!(
            "where proof_ends is not null and document_id > $1 and (proof_ends <= $2 \
             or $3 like '%,' || proof_algorithm || ',%' or (sealed_file is not null and exists \
             (select 1 from document_version v where v.document_id = document.document_id and v.version > 1))) \
             order by document_id limit $4"
        ))
        .bind(after)
        .bind(until)
        .bind(ending)
        .bind(limit)
        .fetch_all(self.connection())
        .await?;
        Ok(rows)
    }
}
