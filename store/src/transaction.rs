//! One open transaction.

use sqlx::{Any, AnyConnection};

use crate::error::Error;

/// An open transaction; dropped without [`Transaction::commit`] it is rolled back.
///
/// No HSM call and no network call while one is open.
pub struct Transaction {
    inner: sqlx::Transaction<'static, Any>,
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transaction")
    }
}

impl Transaction {
    pub(crate) fn new(inner: sqlx::Transaction<'static, Any>) -> Self {
        Self { inner }
    }

    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }

    /// Makes the changes durable and visible.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: whether the changes were made is then unknown; ask again.
    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.inner.commit().await?)
    }

    /// Drops the changes now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rollback(self) -> Result<(), Error> {
        Ok(self.inner.rollback().await?)
    }
}
