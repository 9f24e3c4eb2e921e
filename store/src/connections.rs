//! Open connections to one database, the last one used first: an SQLite connection keeps the pages
//! it has read only as long as no other one writes.

use std::io::ErrorKind;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, WeakPool};
use sqlx::{AnyConnection, Connection as _, Executor as _};

use crate::database::Engine;
use crate::error::Error;

/// How long to wait for one, and for the database to take a new one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How long one that is free may take to answer: another is free, or made.
const ANSWER: Duration = Duration::from_secs(2);

/// A PostgreSQL connection that is older is replaced: its server process has grown.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// One that nobody used for so long is closed.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// Makes them and looks whether they can be used again.
#[derive(Debug)]
pub(crate) struct Connections {
    engine: Engine,
    url: String,
}

/// A connection on loan.
pub(crate) type Loan = Object<Connections>;

/// Connections that are free, and how many there may be.
pub(crate) fn pool(engine: Engine, url: String) -> Result<Pool<Connections>, Error> {
    let pool: Pool<Connections> = Pool::builder(Connections { engine, url })
        .max_size(match engine {
            Engine::Sqlite => 8,
            Engine::Postgres => 16,
        })
        .queue_mode(QueueMode::Lifo)
        .runtime(Runtime::Tokio1)
        .create_timeout(Some(PATIENCE))
        .recycle_timeout(Some(ANSWER))
        .build()
        .map_err(|error| sqlx::Error::Configuration(error.into()))?;
    tokio::spawn(close_idle(pool.weak()));
    Ok(pool)
}

/// The last one used goes first, so those of a busy hour would lie below it for days.
async fn close_idle(pool: WeakPool<Connections>) {
    loop {
        tokio::time::sleep(IDLE / 10).await;
        let Some(pool) = pool.upgrade() else { return };
        drop(pool.retain(|_, metrics| metrics.last_used() < IDLE));
    }
}

/// A connection that is free, or a new one.
///
/// # Errors
/// [`Error::Unavailable`] after [`PATIENCE`].
pub(crate) async fn loan(pool: &Pool<Connections>) -> Result<Loan, Error> {
    match tokio::time::timeout(PATIENCE, pool.get()).await {
        Ok(loan) => Ok(loan?),
        Err(_) => Err(sqlx::Error::PoolTimedOut.into()),
    }
}

impl Connections {
    async fn connect(&self) -> Result<AnyConnection, sqlx::Error> {
        let mut connection = AnyConnection::connect(&self.url).await?;
        if self.engine == Engine::Sqlite {
            for pragma in SQLITE {
                connection.execute(*pragma).await?;
            }
        }
        Ok(connection)
    }
}

impl Manager for Connections {
    type Type = AnyConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<AnyConnection, sqlx::Error> {
        loop {
            match self.connect().await {
                Err(error) if comes_up(&error) => tokio::time::sleep(Duration::from_millis(100)).await,
                connected => return connected,
            }
        }
    }

    async fn recycle(
        &self,
        connection: &mut AnyConnection,
        metrics: &Metrics,
    ) -> Result<(), RecycleError<sqlx::Error>> {
        if self.engine == Engine::Postgres && metrics.age() > LIFETIME {
            return Err(RecycleError::message("old"));
        }
        // SQLite lies in this process: asking whether it is there costs as much as a question. But a
        // transaction that was dropped may still be on its way out.
        if self.engine == Engine::Postgres || connection.is_in_transaction() {
            connection
                .ping()
                .await
                .inspect_err(|error| tracing::warn!(error = %error, "a database connection broke"))?;
        }
        // SQLite ends a transaction by itself when the disk is full or fails; sqlx goes on counting it, and
        // every later one on that connection would be refused.
        if connection.is_in_transaction() {
            return Err(RecycleError::message("its transaction has no end"));
        }
        Ok(())
    }
}

/// Whether a database says so that is starting or has its hands full: PostgreSQL refuses, answers
/// `cannot_connect_now` or `too_many_connections`; SQLite is busy while another process turns its log on.
fn comes_up(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
        ),
        sqlx::Error::Database(error) => matches!(error.code().as_deref(), Some("57P03" | "53300" | "5" | "261")),
        _ => false,
    }
}

/// 8 MiB of pages: SQLite walks through its whole table of them after each commit that rebalanced an index.
pub(crate) const CACHE_SIZE: &str = "pragma cache_size = -8192";

/// What each SQLite connection begins with.
const SQLITE: &[&str] = &[
    "pragma busy_timeout = 15000",
    // Of a file that is made now: a sealed document goes through the log in half as many pieces.
    "pragma page_size = 8192",
    "pragma journal_mode = wal",
    // Full, not normal: what was signed must survive a loss of power.
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    CACHE_SIZE,
    // A connection drops its pages whenever another one wrote. Read again through the system's own
    // cache, they cost next to nothing; 2 GiB less a page is the most SQLite maps.
    "pragma mmap_size = 2147418112",
    // What undoes a single statement; on disk it is a file made and removed in most transactions.
    "pragma temp_store = memory",
];

impl From<PoolError<sqlx::Error>> for Error {
    fn from(error: PoolError<sqlx::Error>) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(_) => sqlx::Error::PoolTimedOut.into(),
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                sqlx::Error::PoolClosed.into()
            }
        }
    }
}
