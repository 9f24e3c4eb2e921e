//! Sessions: known only by the digest of the cookie's value.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::micros;

impl Tx {
    /// Opens a session, and forgets those that are over.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the digest is taken.
    pub async fn open_session(
        &mut self,
        token_digest: &str,
        person_id: &str,
        now: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<(), Error> {
        sqlx::query("delete from session where expires_at <= $1").bind(micros(now)).execute(self.connection()).await?;
        let added = sqlx::query(
            "insert into session (token_digest, person_id, created_at, expires_at) values ($1, $2, $3, $4) \
             on conflict do nothing",
        )
        .bind(token_digest)
        .bind(person_id)
        .bind(micros(now))
        .bind(micros(expires_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "session")
    }

    /// The person of a session that is not over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn session_person(&mut self, token_digest: &str, now: OffsetDateTime) -> Result<Option<String>, Error> {
        let row: Option<(String,)> =
            sqlx::query_as("select person_id from session where token_digest = $1 and expires_at > $2")
                .bind(token_digest)
                .bind(micros(now))
                .fetch_optional(self.connection())
                .await?;
        Ok(row.map(|(person,)| person))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn close_session(&mut self, token_digest: &str) -> Result<(), Error> {
        sqlx::query("delete from session where token_digest = $1")
            .bind(token_digest)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
