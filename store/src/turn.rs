//! Writing into an SQLite file, which takes one writer: a process's transactions take turns, and those
//! that wait for theirs share the commit of the one they wait for, and so its wait for the disk.
//!
//! ```text
//! first   begin immediate … ─► commit: others wait ─► savepoint, turn passed on
//! others                       … release, savepoint ─► turn passed on
//! first                                        last in the queue ─► release, commit ─► all are told
//! ```
//!
//! SQLite ends a transaction by itself when the disk is full or fails, and its savepoints with it: then
//! the first one's cannot be released, and nobody is told that anything was made durable.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deadpool::managed::Object;
use futures::FutureExt as _;
use futures::future::Shared;
use sqlx::{Any, Database, Executor as _};
use sqlx_core::transaction::TransactionManager as _;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::connections::{Loan, PATIENCE};

type OnAny = <Any as Database>::TransactionManager;

/// A process's turns at one file, in the order in which they were asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns {
    turn: Arc<Mutex<Passed>>,
    waiting: Arc<AtomicUsize>,
}

/// What goes with the turn.
#[derive(Debug, Default)]
pub(crate) enum Passed {
    #[default]
    Nothing,
    /// The connection that wrote last: it has in memory what another one would read anew.
    Free(Loan),
    /// A transaction to share the commit of.
    Open(Open),
}

/// A transaction that waits for its commit, which others share.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) loan: Loan,
    /// Whether the last one gave up and may have left something.
    left: bool,
    told: Told,
}

/// What becomes of a shared commit; none if nobody is left to do it.
type Told = Shared<oneshot::Receiver<Result<(), Arc<sqlx::Error>>>>;

/// The turn of one that writes.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
    held: OwnedMutexGuard<Passed>,
}

/// Counts one that waits, for as long as it does.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turns {
    /// Waits for the turn.
    pub(crate) async fn take(&self) -> Result<Turn, sqlx::Error> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        let held = tokio::time::timeout(PATIENCE, Arc::clone(&self.turn).lock_owned()).await;
        Ok(Turn { turns: self.clone(), held: held.map_err(|_| sqlx::Error::PoolTimedOut)? })
    }
}

impl Turn {
    /// What came with it.
    pub(crate) fn passed(&mut self) -> Passed {
        std::mem::take(&mut *self.held)
    }

    /// Passes it on, and the transaction with it.
    pub(crate) fn pass_on(mut self, open: Open) {
        *self.held = Passed::Open(open);
    }

    /// Ends it; whoever waits for the next one gets the connection.
    pub(crate) fn end(mut self, loan: Loan) {
        if self.is_awaited() {
            *self.held = Passed::Free(loan);
        }
    }

    /// Whether anybody waits for the next one.
    pub(crate) fn is_awaited(&self) -> bool {
        self.turns.waiting.load(Ordering::Relaxed) > 0
    }

    /// Makes a transaction durable, with those of all that wait for their turn now.
    pub(crate) async fn commit_with_others(self, loan: Loan) -> Result<(), sqlx::Error> {
        let (tell, told) = oneshot::channel();
        let told = told.shared();
        // Not in the future of one caller, who may be gone before the others' turn is over.
        tokio::spawn(commit_last(self, loan, told.clone(), tell));
        outcome(told).await
    }
}

impl Open {
    /// Begins a transaction in this one, without what another one has left there.
    pub(crate) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        if self.left {
            self.undo().await?;
        }
        self.left = true;
        Ok(())
    }

    /// Ends the transaction that was begun in it, which is durable when this one is.
    pub(crate) async fn release(&mut self) -> Result<(), sqlx::Error> {
        self.loan.execute("release next; savepoint next").await.map_err(gone)?;
        self.left = false;
        Ok(())
    }

    /// Undoes the transaction that was begun in it, if it has not ended.
    pub(crate) async fn undo(&mut self) -> Result<(), sqlx::Error> {
        let undone = match self.loan.execute("rollback to next").await {
            // One that was given up while it ended, between the two words of that.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("1") => {
                self.loan.execute("release first; savepoint first; savepoint next").await
            }
            undone => undone,
        };
        undone.map_err(gone)?;
        self.left = false;
        Ok(())
    }

    /// Waits until it is durable.
    pub(crate) fn told(&self) -> impl Future<Output = Result<(), sqlx::Error>> + use<> {
        outcome(self.told.clone())
    }
}

/// What SQLite says of a savepoint that it ended by itself is no fault in a statement: it may pass.
fn gone(error: sqlx::Error) -> sqlx::Error {
    io::Error::other(error).into()
}

async fn outcome(told: Told) -> Result<(), sqlx::Error> {
    match told.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(io::Error::other(error).into()),
        Err(_) => Err(sqlx::Error::WorkerCrashed),
    }
}

/// Lets those that wait have their turn, then commits for all.
async fn commit_last(turn: Turn, loan: Loan, told: Told, tell: oneshot::Sender<Result<(), Arc<sqlx::Error>>>) {
    let committed = match pass_round(turn, Open { loan, left: false, told }).await {
        Ok((mut open, turn)) => match commit(&mut open).await {
            Ok(()) => {
                turn.end(open.loan);
                Ok(())
            }
            Err(error) => {
                close(open);
                Err(error)
            }
        },
        Err(error) => Err(error),
    };
    drop(tell.send(committed.map_err(Arc::new)));
}

/// Gives the turn to all that wait for one now, and takes the last.
async fn pass_round(turn: Turn, mut open: Open) -> Result<(Open, Turn), sqlx::Error> {
    if let Err(error) = open.loan.execute("savepoint first; savepoint next").await {
        close(open);
        return Err(error);
    }
    let turns = turn.turns.clone();
    turn.pass_on(open);
    let held = Arc::clone(&turns.turn).lock_owned().await;
    let mut turn = Turn { turns, held };
    match turn.passed() {
        Passed::Open(open) => Ok((open, turn)),
        // Whoever has it passes it on.
        Passed::Nothing | Passed::Free(_) => Err(sqlx::Error::WorkerCrashed),
    }
}

async fn commit(open: &mut Open) -> Result<(), sqlx::Error> {
    if open.left {
        open.undo().await?;
    }
    open.loan.execute("release first").await?;
    OnAny::commit(&mut open.loan).await
}

/// With its connection, all of it is rolled back.
fn close(open: Open) {
    drop(Object::take(open.loan));
}
