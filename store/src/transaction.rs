//! One open transaction.

use deadpool::managed::Object;
use sqlx::{Any, AnyConnection, Connection as _, Database, SqlSafeStr as _};
use sqlx_core::transaction::TransactionManager as _;

use crate::connections::Loan;
use crate::database::Engine;
use crate::error::Error;

type OnAny = <Any as Database>::TransactionManager;

/// An open transaction; dropped without [`Transaction::commit`] it is rolled back.
///
/// No HSM call and no network call while one is open.
pub struct Transaction {
    /// None only while it is dropped.
    loan: Option<Loan>,
    engine: Engine,
    open: bool,
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transaction")
    }
}

impl Transaction {
    /// Begins one with this statement.
    pub(crate) async fn begin(loan: Loan, engine: Engine, statement: &'static str) -> Result<Self, Error> {
        // Open before the answer: whoever stops waiting for it leaves nothing behind.
        let mut tx = Self { loan: Some(loan), engine, open: true };
        let begun = OnAny::begin(tx.connection(), Some(statement.into_sql_str())).await;
        if begun.is_err() {
            tx.discard();
        }
        begun?;
        Ok(tx)
    }

    #[expect(clippy::expect_used, reason = "taken only when dropped")]
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        self.loan.as_mut().expect("a transaction has its connection")
    }

    /// Makes the changes durable and visible.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: whether the changes were made is then unknown; ask again.
    pub async fn commit(mut self) -> Result<(), Error> {
        OnAny::commit(self.connection()).await?;
        self.open = false;
        Ok(())
    }

    /// Drops the changes now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rollback(mut self) -> Result<(), Error> {
        OnAny::rollback(self.connection()).await?;
        self.open = false;
        Ok(())
    }

    /// Closes the connection: nobody uses it again.
    fn discard(&mut self) {
        drop(self.loan.take().map(Object::take));
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(mut loan) = self.loan.take() else { return };
        if !self.open {
            return;
        }
        OnAny::start_rollback(&mut loan);
        // SQLite's own thread does that now; PostgreSQL hears of it with the next word sent, and holds its
        // locks until then.
        if self.engine == Engine::Postgres {
            match tokio::runtime::Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn(async move { say(loan).await })),
                Err(_) => drop(Object::take(loan)),
            }
        }
    }
}

async fn say(mut loan: Loan) {
    if loan.ping().await.is_err() {
        drop(Object::take(loan));
    }
}
