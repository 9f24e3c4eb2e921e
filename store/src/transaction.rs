//! One open transaction, or a connection for questions without one.

use deadpool::managed::Object;
use sqlx::{Any, Connection as _, Database, SqlSafeStr as _};
use sqlx_core::transaction::TransactionManager as _;

use crate::connections::{Loan, PATIENCE};
use crate::database::Engine;
use crate::error::Error;
use crate::statements::Statements;

type OnAny = <Any as Database>::TransactionManager;

/// An open transaction; dropped without [`Transaction::commit`] it is rolled back.
///
/// No HSM call and no network call while one is open.
pub struct Transaction {
    /// None only while it is dropped.
    loan: Option<Loan>,
    engine: Engine,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The database was told to begin and has not answered.
    Beginning,
    Open,
    Ended,
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transaction")
    }
}

impl Transaction {
    /// Begins one with this statement.
    pub(crate) async fn begin(loan: Loan, engine: Engine, statement: &'static str) -> Result<Self, Error> {
        let mut tx = Self { loan: Some(loan), engine, stage: Stage::Beginning };
        match OnAny::begin(tx.loan(), Some(statement.into_sql_str())).await {
            Ok(()) => tx.stage = Stage::Open,
            // Another one writes: nothing is wrong with this connection.
            Err(error @ sqlx::Error::Database(_)) if engine == Engine::Sqlite => {
                tx.stage = Stage::Ended;
                return Err(error.into());
            }
            Err(error) => {
                drop(tx.loan.take().map(Object::take));
                return Err(error.into());
            }
        }
        Ok(tx)
    }

    /// Begins none: each statement is one of its own.
    pub(crate) fn none(loan: Loan, engine: Engine) -> Self {
        Self { loan: Some(loan), engine, stage: Stage::Ended }
    }

    /// Where statements are put to.
    pub(crate) fn connection(&mut self) -> Statements<'_> {
        let engine = self.engine;
        Statements::on(self.loan(), engine)
    }

    #[expect(clippy::expect_used, reason = "taken only when dropped")]
    fn loan(&mut self) -> &mut Loan {
        self.loan.as_mut().expect("a transaction has its connection")
    }

    /// Makes the changes durable and visible.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: whether the changes were made is then unknown; ask again.
    pub async fn commit(mut self) -> Result<(), Error> {
        OnAny::commit(self.loan()).await?;
        self.stage = Stage::Ended;
        Ok(())
    }

    /// Drops the changes now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rollback(mut self) -> Result<(), Error> {
        OnAny::rollback(self.loan()).await?;
        self.stage = Stage::Ended;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(mut loan) = self.loan.take() else { return };
        if self.stage == Stage::Ended {
            return;
        }
        OnAny::start_rollback(&mut loan);
        match (self.engine, self.stage) {
            // Its own thread does that now.
            (Engine::Sqlite, Stage::Open | Stage::Ended) => {}
            // That thread may wait for another one's write: nobody else is to wait for it.
            (Engine::Sqlite, Stage::Beginning) => give_back_later(loan),
            // It hears of it with the next word sent, and holds its locks until then.
            (Engine::Postgres, Stage::Open | Stage::Ended) => give_back_later(loan),
            // Whether there is a transaction is not known: it ends with the connection.
            (Engine::Postgres, Stage::Beginning) => drop(Object::take(loan)),
        }
    }
}

/// Gives a connection back when it has answered; one that does not is closed.
fn give_back_later(mut loan: Loan) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return drop(Object::take(loan)) };
    runtime.spawn(async move {
        if !matches!(tokio::time::timeout(PATIENCE, loan.ping()).await, Ok(Ok(()))) {
            drop(Object::take(loan));
        }
    });
}
