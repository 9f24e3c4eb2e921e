//! Writing into an SQLite file, which takes one writer: a process's transactions take turns. Of those that
//! may share a commit, those that wait share the one of which they wait for the end, and its wait for the disk.
//!
//! ```text
//! first   begin immediate … ─► commit: others wait ─► savepoint, turn passed on
//! others                       … savepoint ─► turn passed on
//! first                                    last in the queue ─► release, commit ─► all are told
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
    turn: Arc<Mutex<Option<Open>>>,
    /// How many wait that would share a commit.
    waiting: Arc<AtomicUsize>,
}

/// The turn of one that writes.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
    /// A transaction that came with it, to share the commit of.
    held: OwnedMutexGuard<Option<Open>>,
    /// Whether others may share the commit of the transaction that is begun in it.
    shares: bool,
}

/// A transaction that waits for its commit, which others share.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) loan: Loan,
    /// Whether the last one in it gave up and may have left something.
    left: bool,
    tell: oneshot::Sender<Outcome>,
    told: Told,
}

type Outcome = Result<(), Arc<sqlx::Error>>;

/// What becomes of a shared commit; none if it was closed without a word, at the end of the program.
type Told = Shared<oneshot::Receiver<Outcome>>;

/// Counts one that waits, for as long as it does.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turns {
    /// Waits for a turn in which all that others wrote is durable.
    pub(crate) async fn alone(&self) -> Result<Turn, sqlx::Error> {
        let mut turn = self.next(false).await?;
        match turn.open() {
            None => Ok(turn),
            // In a task of its own: others wait for it, whoever stops waiting here.
            Some(open) => tokio::spawn(async move {
                open.commit().await;
                turn
            })
            .await
            .map_err(|_| sqlx::Error::WorkerCrashed),
        }
    }

    /// Waits for a turn to share.
    pub(crate) async fn shared(&self) -> Result<Turn, sqlx::Error> {
        let _waiting = Waiting::among(&self.waiting);
        self.next(true).await
    }

    async fn next(&self, shares: bool) -> Result<Turn, sqlx::Error> {
        let held = tokio::time::timeout(PATIENCE, Arc::clone(&self.turn).lock_owned()).await;
        Ok(Turn { turns: self.clone(), held: held.map_err(|_| sqlx::Error::PoolTimedOut)?, shares })
    }
}

impl Turn {
    /// The transaction that came with it.
    pub(crate) fn open(&mut self) -> Option<Open> {
        self.held.take()
    }

    /// Passes it on, and the transaction with it.
    pub(crate) fn pass_on(mut self, open: Open) {
        *self.held = Some(open);
    }

    /// Whether others wait to share it.
    pub(crate) fn is_awaited(&self) -> bool {
        self.shares && self.turns.waiting.load(Ordering::Relaxed) > 0
    }

    /// Makes a transaction durable, with those of all that wait to share its commit now.
    pub(crate) async fn commit_with_others(self, loan: Loan) -> Result<(), sqlx::Error> {
        let (tell, told) = oneshot::channel();
        let told = told.shared();
        // Not in the future of one caller, who may be gone before the others' turn is over.
        tokio::spawn(self.commit_last(Open { loan, left: false, tell, told: told.clone() }));
        outcome(told).await
    }

    /// Lets those that wait have their turn, then commits for all.
    async fn commit_last(self, mut open: Open) {
        if let Err(error) = open.loan.execute("savepoint first; savepoint next").await {
            return open.close(error);
        }
        let (turns, told) = (self.turns.clone(), open.told.clone());
        self.pass_on(open);
        let mut held = turns.turn.lock().await;
        // One that shares no commit may have been in the queue, and done it: then there is none, or
        // another one, whose own turn to be committed comes.
        if let Some(open) = held.take_if(|open| open.told.ptr_eq(&told)) {
            open.commit().await;
        }
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

    /// Ends the transaction that was begun in it, which is durable when this one is. The newest savepoint of
    /// a name is the one that counts.
    pub(crate) async fn keep(&mut self) -> Result<(), sqlx::Error> {
        self.loan.execute("savepoint next").await.map_err(gone)?;
        self.left = false;
        Ok(())
    }

    /// Undoes the transaction that was begun in it.
    pub(crate) async fn undo(&mut self) -> Result<(), sqlx::Error> {
        self.loan.execute("rollback to next").await.map_err(gone)?;
        self.left = false;
        Ok(())
    }

    /// Waits until it is durable.
    pub(crate) fn told(&self) -> impl Future<Output = Result<(), sqlx::Error>> + use<> {
        outcome(self.told.clone())
    }

    /// Makes it durable and tells all that share it. Not to be given up half-way.
    async fn commit(mut self) {
        match self.release_all().await {
            Ok(()) => drop(self.tell.send(Ok(()))),
            Err(error) => self.close(error),
        }
    }

    async fn release_all(&mut self) -> Result<(), sqlx::Error> {
        if self.left {
            self.undo().await?;
        }
        self.loan.execute("release first").await?;
        OnAny::commit(&mut self.loan).await
    }

    /// Tells all that it failed; with its connection, all of it is rolled back.
    fn close(self, error: sqlx::Error) {
        drop(Object::take(self.loan));
        drop(self.tell.send(Err(Arc::new(error))));
    }
}

/// What SQLite says of a savepoint that it ended by itself is no fault in a statement: it may pass.
fn gone(error: sqlx::Error) -> sqlx::Error {
    io::Error::other(error).into()
}

async fn outcome(told: Told) -> Result<(), sqlx::Error> {
    match tokio::time::timeout(PATIENCE, told).await {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(error))) => Err(io::Error::other(error).into()),
        Ok(Err(_)) => Err(sqlx::Error::WorkerCrashed),
        // Another one's turn does not end.
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}
