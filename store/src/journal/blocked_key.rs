//! Keys that are never certified again.

use super::Tx;
use crate::error::Error;

impl Tx {
    /// Blocks a key for good, by the SHA-256 of its `SubjectPublicKeyInfo` in hexadecimal;
    /// `false` if it was blocked before (the first reason stays).
    ///
    /// # Errors
    /// [`Error::Refused`] if there is no such activation.
    pub async fn block_key(
        &mut self,
        spki_sha256: &str,
        at: i64,
        reason: &str,
        activation_id: Option<&str>,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "insert into blocked_key (spki_sha256, at, reason, activation_id) \
             values ($1, $2, $3, $4) on conflict do nothing",
        )
        .bind(spki_sha256)
        .bind(at)
        .bind(reason)
        .bind(activation_id)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether a key is blocked.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn is_blocked(&mut self, spki_sha256: &str) -> Result<bool, Error> {
        let row: Option<(i64,)> = sqlx::query_as("select at from blocked_key where spki_sha256 = $1")
            .bind(spki_sha256)
            .fetch_optional(self.connection())
            .await?;
        Ok(row.is_some())
    }
}
