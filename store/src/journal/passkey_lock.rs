//! Passkeys that may not be used for a while: assertions they made and that were refused, the
//! locks that followed, and those lifted before their time.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// An assertion that a bound passkey made and that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAssertion {
    /// UUID of the failure.
    pub failure_id: String,
    /// Credential id, base64url without padding.
    pub credential_id: String,
    /// The ticket it was posted to.
    pub ticket_hash: String,
    /// SHA-256 of what the passkey signed, hexadecimal: the same assertion counts once.
    pub signed_sha256: String,
    /// Which check failed.
    pub fault: String,
    /// When.
    pub at: i64,
}

/// A lock.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PasskeyLock {
    /// UUID of the lock.
    pub lock_id: String,
    /// Credential id, base64url without padding.
    pub credential_id: String,
    /// 1 and upwards, per passkey.
    pub number: i64,
    /// When it began.
    pub at: i64,
    /// When it ends by itself.
    pub until: i64,
}

impl Tx {
    /// Keeps others from counting for this passkey until the transaction ends.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn hold_credential(&mut self, credential_id: &str) -> Result<(), Error> {
        sqlx::query("update credential set state = state where credential_id = $1")
            .bind(credential_id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Counts a refused assertion; `false` if it was counted before, or is one that was accepted.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_failure(
        &mut self,
        failure: &FailedAssertion,
        authenticator_data: &[u8],
        client_data: &[u8],
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "insert into failed_assertion (failure_id, credential_id, ticket_hash, signed_sha256, fault, at) \
             select $1, $2, $3, $4, $5, cast($6 as bigint) where not exists (select 1 from activation \
             where credential_id = $7 and authenticator_data = $8 and client_data = $9) on conflict do nothing",
        )
        .bind(&failure.failure_id)
        .bind(&failure.credential_id)
        .bind(&failure.ticket_hash)
        .bind(&failure.signed_sha256)
        .bind(&failure.fault)
        .bind(failure.at)
        .bind(&failure.credential_id)
        .bind(authenticator_data)
        .bind(client_data)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// How many assertions of a passkey were refused after `since`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn failures_since(&mut self, credential_id: &str, since: i64) -> Result<i64, Error> {
        let (count,): (i64,) =
            sqlx::query_as("select count(*) from failed_assertion where credential_id = $1 and at > $2")
                .bind(credential_id)
                .bind(since)
                .fetch_one(self.connection())
                .await?;
        Ok(count)
    }

    /// How often a passkey was locked since it was last used well.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn locks_in_a_row(&mut self, credential_id: &str) -> Result<i64, Error> {
        let (count,): (i64,) = sqlx::query_as(
            "select count(*) from passkey_lock where credential_id = $1 and at > \
             (select coalesce(max(at), 0) from activation where credential_id = $1)",
        )
        .bind(credential_id)
        .fetch_one(self.connection())
        .await?;
        Ok(count)
    }

    /// Locks a passkey.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id or the number is taken.
    pub async fn insert_passkey_lock(&mut self, lock: &PasskeyLock) -> Result<(), Error> {
        let done = sqlx::query(
            "insert into passkey_lock (lock_id, credential_id, number, at, until) values ($1, $2, $3, $4, $5) \
             on conflict do nothing",
        )
        .bind(&lock.lock_id)
        .bind(&lock.credential_id)
        .bind(lock.number)
        .bind(lock.at)
        .bind(lock.until)
        .execute(self.connection())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::Conflict { table: "passkey_lock" }),
        }
    }

    /// The newest lock of a passkey, over or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn newest_passkey_lock(&mut self, credential_id: &str) -> Result<Option<PasskeyLock>, Error> {
        let lock = sqlx::query_as(
            "select lock_id, credential_id, number, at, until from passkey_lock where credential_id = $1 \
             order by number desc limit 1",
        )
        .bind(credential_id)
        .fetch_optional(self.connection())
        .await?;
        Ok(lock)
    }
}
