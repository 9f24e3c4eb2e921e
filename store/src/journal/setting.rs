//! What is set once: installation id, epoch, digest of the ceremony's transcript.

use super::Tx;
use crate::error::Error;

impl Tx {
    /// A setting.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn setting(&mut self, name: &str) -> Result<Option<String>, Error> {
        let row: Option<(String,)> = sqlx::query_as("select value from setting where name = $1")
            .bind(name)
            .fetch_optional(self.connection())
            .await?;
        Ok(row.map(|(value,)| value))
    }

    /// Sets a setting once; the same value again is no change.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it has another value.
    pub async fn set_once(&mut self, name: &str, value: &str) -> Result<(), Error> {
        sqlx::query("insert into setting (name, value) values ($1, $2) on conflict do nothing")
            .bind(name)
            .bind(value)
            .execute(self.connection())
            .await?;
        if self.setting(name).await?.as_deref() == Some(value) {
            Ok(())
        } else {
            Err(Error::Conflict { table: "setting" })
        }
    }

    /// The next value of a number that only grows, from 1. Others wait for this transaction:
    /// numbers become visible in order.
    pub(super) async fn count_up(&mut self, name: &str) -> Result<i64, Error> {
        sqlx::query("insert into counter (name, value) values ($1, 0) on conflict do nothing")
            .bind(name)
            .execute(self.connection())
            .await?;
        let (value,): (i64,) = sqlx::query_as("update counter set value = value + 1 where name = $1 returning value")
            .bind(name)
            .fetch_one(self.connection())
            .await?;
        Ok(value)
    }

    /// The value a counter has now (0 if it never counted); others wait for this transaction.
    pub(super) async fn lock_counter(&mut self, name: &str) -> Result<i64, Error> {
        sqlx::query("insert into counter (name, value) values ($1, 0) on conflict do nothing")
            .bind(name)
            .execute(self.connection())
            .await?;
        let (value,): (i64,) = sqlx::query_as("update counter set value = value where name = $1 returning value")
            .bind(name)
            .fetch_one(self.connection())
            .await?;
        Ok(value)
    }
}
