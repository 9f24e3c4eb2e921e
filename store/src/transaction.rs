//! One open transaction, or a connection for questions without one.

use deadpool::managed::{Object, Pool};
use sqlx::{Any, Connection as _, Database, SqlSafeStr as _};
use sqlx_core::transaction::TransactionManager as _;

use crate::connections::{self, Connections, Loan, PATIENCE};
use crate::database::Engine;
use crate::error::Error;
use crate::statements::Statements;
use crate::turn::{Open, Turn};

type OnAny = <Any as Database>::TransactionManager;

/// An open transaction; dropped without [`Transaction::commit`] it is rolled back.
///
/// No HSM call and no network call while one is open: of one that writes, others wait for the end.
pub struct Transaction {
    /// None once it is handed over or dropped.
    place: Option<Place>,
    engine: Engine,
    stage: Stage,
}

/// Where a transaction is open.
enum Place {
    /// On a connection of its own; one that writes into SQLite has its turn.
    Alone(Loan, Option<Turn>),
    /// In another one, whose commit it shares.
    Within(Open, Turn),
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
        Self { place: Some(Place::Alone(loan, None)), engine, stage: Stage::Beginning }.begun(statement).await
    }

    /// Begins one that writes into SQLite, when its turn comes, on a connection of `pool`.
    ///
    /// It takes the write lock at once: a transaction that read first and wants the lock later fails with
    /// `SQLITE_BUSY` whatever the time-out, if another one wrote in between.
    pub(crate) async fn begin_in_turn(turn: Turn, pool: &Pool<Connections>) -> Result<Self, Error> {
        let loan = connections::loan(pool).await?;
        let place = Some(Place::Alone(loan, Some(turn)));
        Self { place, engine: Engine::Sqlite, stage: Stage::Beginning }.begun("begin immediate").await
    }

    /// The same, or within the one that comes with the turn.
    pub(crate) async fn begin_sharing(mut turn: Turn, pool: &Pool<Connections>) -> Result<Self, Error> {
        let Some(open) = turn.open() else { return Self::begin_in_turn(turn, pool).await };
        let mut tx = Self { place: Some(Place::Within(open, turn)), engine: Engine::Sqlite, stage: Stage::Open };
        if let Some(Place::Within(open, _)) = &mut tx.place {
            open.begin().await?;
        }
        Ok(tx)
    }

    async fn begun(mut self, statement: &'static str) -> Result<Self, Error> {
        match OnAny::begin(self.loan(), Some(statement.into_sql_str())).await {
            Ok(()) => self.stage = Stage::Open,
            // Another one writes: nothing is wrong with this connection.
            Err(error @ sqlx::Error::Database(_)) if self.engine == Engine::Sqlite => {
                self.stage = Stage::Ended;
                return Err(error.into());
            }
            Err(error) => {
                if let Some(Place::Alone(loan, _)) = self.place.take() {
                    drop(Object::take(loan));
                }
                return Err(error.into());
            }
        }
        Ok(self)
    }

    /// Begins none: each statement is one of its own.
    pub(crate) fn none(loan: Loan, engine: Engine) -> Self {
        Self { place: Some(Place::Alone(loan, None)), engine, stage: Stage::Ended }
    }

    /// Where statements are put to.
    pub(crate) fn connection(&mut self) -> Statements<'_> {
        let engine = self.engine;
        Statements::on(self.loan(), engine)
    }

    #[expect(clippy::expect_used, reason = "taken only by what consumes the transaction")]
    fn loan(&mut self) -> &mut Loan {
        match self.place.as_mut().expect("a transaction has its place") {
            Place::Alone(loan, _) => loan,
            Place::Within(open, _) => &mut open.loan,
        }
    }

    /// Runs one statement as it stands: tests try what no method offers.
    ///
    /// # Errors
    /// Whatever the database says.
    #[cfg(feature = "testing")]
    pub async fn execute_raw(&mut self, sql: &str) -> Result<u64, Error> {
        let query = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()));
        Ok(query.execute(self.connection()).await?.rows_affected())
    }

    /// Makes the changes durable and visible.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: whether the changes were made is then unknown; ask again.
    pub async fn commit(mut self) -> Result<(), Error> {
        if let Some(Place::Within(open, _)) = &mut self.place {
            open.keep().await?;
            let told = open.told();
            // Passes the turn on.
            drop(self);
            return Ok(told.await?);
        }
        let awaited = matches!(&self.place, Some(Place::Alone(_, Some(turn))) if turn.is_awaited());
        if awaited && let Some(Place::Alone(loan, Some(turn))) = self.place.take() {
            return Ok(turn.commit_with_others(loan).await?);
        }
        OnAny::commit(self.loan()).await?;
        self.stage = Stage::Ended;
        Ok(())
    }

    /// Drops the changes now. Of one that shares its commit: when what it may have read of the others' is
    /// durable.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rollback(mut self) -> Result<(), Error> {
        if let Some(Place::Within(open, _)) = &mut self.place {
            open.undo().await?;
            let told = open.told();
            // Passes the turn on.
            drop(self);
            return Ok(told.await?);
        }
        match OnAny::rollback(self.loan()).await {
            Ok(()) => self.stage = Stage::Ended,
            // SQLite had ended it by itself; if not, it ends with the connection.
            Err(sqlx::Error::Database(_)) if self.engine == Engine::Sqlite => {
                if let Some(Place::Alone(loan, turn)) = self.place.take() {
                    drop(Object::take(loan));
                    drop(turn);
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let (mut loan, turn) = match self.place.take() {
            Some(Place::Alone(loan, turn)) => (loan, turn),
            Some(Place::Within(open, turn)) => return turn.pass_on(open),
            None => return,
        };
        if self.stage != Stage::Ended {
            OnAny::start_rollback(&mut loan);
        }
        match (self.engine, self.stage) {
            // Its own thread rolls back now, before anything that it is told next.
            (_, Stage::Ended) | (Engine::Sqlite, Stage::Open) => drop(loan),
            // That thread may wait for another one's write: nobody else is to wait for it.
            (Engine::Sqlite, Stage::Beginning) => give_back_later(loan),
            // It hears of it with the next word sent, and holds its locks until then.
            (Engine::Postgres, Stage::Open) => give_back_later(loan),
            // Whether there is a transaction is not known: it ends with the connection.
            (Engine::Postgres, Stage::Beginning) => drop(Object::take(loan)),
        }
        // Last: whoever writes next finds the connection given back, if it could be at once.
        drop(turn);
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
