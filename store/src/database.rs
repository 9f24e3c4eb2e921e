//! Connections to one database, on either engine.

use deadpool::managed::{Object, Pool};
use sqlx::migrate::Migrator;
use sqlx::{Connection as _, Executor as _};

use crate::connections::{self, Connections, Loan};
use crate::error::Error;
use crate::transaction::Transaction;
use crate::turn::Turns;

/// Whose database it is: decides the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The public service's.
    Portal,
    /// The signer's.
    Journal,
}

/// The database engine behind an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one file: a demo, a hospital.
    Sqlite,
    /// A province, a nation.
    Postgres,
}

impl Engine {
    /// The engine an address names.
    ///
    /// # Errors
    /// [`Error::Address`] for any other scheme.
    pub fn of(url: &str) -> Result<Self, Error> {
        if url.starts_with("sqlite:") {
            Ok(Self::Sqlite)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Ok(Self::Postgres)
        } else {
            Err(Error::Address)
        }
    }
}

static PORTAL_SQLITE: Migrator = sqlx::migrate!("../migrations/portal/sqlite");
static PORTAL_POSTGRES: Migrator = sqlx::migrate!("../migrations/portal/postgres");
static JOURNAL_SQLITE: Migrator = sqlx::migrate!("../migrations/journal/sqlite");
static JOURNAL_POSTGRES: Migrator = sqlx::migrate!("../migrations/journal/postgres");

/// A pool of connections to one database whose schema is up to date.
#[derive(Debug, Clone)]
pub struct Database {
    pool: Pool<Connections>,
    turns: Turns,
    engine: Engine,
    role: Role,
}

impl Database {
    /// Connects (`sqlite:/path/file.db`, created if absent, or `postgres://…`) and brings the
    /// schema up to date.
    ///
    /// # Errors
    /// [`Error::Address`], [`Error::Unavailable`], or [`Error::Schema`] if a migration fails or
    /// the database is newer than this program.
    pub async fn connect(url: &str, role: Role) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let engine = Engine::of(url)?;
        let url = match engine {
            Engine::Sqlite => {
                make_private(url);
                created_if_absent(url)
            }
            Engine::Postgres => url.to_owned(),
        };
        let pool = connections::pool(engine, url)?;
        let migrations = match (role, engine) {
            (Role::Portal, Engine::Sqlite) => &PORTAL_SQLITE,
            (Role::Portal, Engine::Postgres) => &PORTAL_POSTGRES,
            (Role::Journal, Engine::Sqlite) => &JOURNAL_SQLITE,
            (Role::Journal, Engine::Postgres) => &JOURNAL_POSTGRES,
        };
        // Not `run`: a future with that in it would not be `Send` on a single connection.
        migrations.run_direct(None, &mut *connections::loan(&pool).await?, false).await?;
        Ok(Self { pool, turns: Turns::default(), engine, role })
    }

    /// The engine.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Whose database it is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Opens a transaction that only reads.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin(&self) -> Result<Transaction, Error> {
        Transaction::begin(self.loan().await?, self.engine, "begin").await
    }

    /// Opens none: each question sees what is committed when it is asked.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ask(&self) -> Result<Transaction, Error> {
        Ok(Transaction::none(self.loan().await?, self.engine))
    }

    /// Opens a transaction that will write. On SQLite, which takes one at a time, it waits for its turn.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin_write(&self) -> Result<Transaction, Error> {
        match self.engine {
            Engine::Sqlite => Transaction::begin_in_turn(self.turns.alone().await?, &self.pool).await,
            Engine::Postgres => Transaction::begin(self.loan().await?, self.engine, "begin").await,
        }
    }

    /// The same, sharing on SQLite the commit of others begun so, whose changes it sees before they are
    /// durable. Whatever comes of what it reads must wait for [`Transaction::commit`] or
    /// [`Transaction::rollback`], which answer when those are; and after an error nothing more may be written.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin_sharing(&self) -> Result<Transaction, Error> {
        match self.engine {
            Engine::Sqlite => Transaction::begin_sharing(self.turns.shared().await?, &self.pool).await,
            Engine::Postgres => self.begin_write().await,
        }
    }

    /// Asks the database to answer.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ping(&self) -> Result<(), Error> {
        let mut loan = self.loan().await?;
        let answered = loan.execute("select 1").await;
        if answered.is_err() {
            drop(Object::take(loan));
        }
        answered?;
        Ok(())
    }

    async fn loan(&self) -> Result<Loan, Error> {
        connections::loan(&self.pool).await
    }

    /// Closes every connection, one on loan when it is given back; SQLite folds its write-ahead log into the
    /// file with the last.
    pub async fn close(&self) {
        let idle = self.pool.retain(|_, _| false).removed;
        self.pool.close();
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::warn!(error = %error, "a database connection did not close");
            }
        }
    }

    /// Table and column names, for comparing the engines' schemas.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[cfg(feature = "testing")]
    pub async fn columns(&self) -> Result<Vec<(String, String)>, Error> {
        let sql = match self.engine {
            Engine::Sqlite => {
                "select m.name, p.name from sqlite_master m join pragma_table_info(m.name) p \
                 where m.type = 'table' and m.name not like 'sqlite~_%' escape '~' \
                 and m.name <> '_sqlx_migrations' order by 1, 2"
            }
            Engine::Postgres => {
                "select table_name::text, column_name::text from information_schema.columns \
                 where table_schema = 'public' and table_name <> '_sqlx_migrations' order by 1, 2"
            }
        };
        let mut rows: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&mut *self.loan().await?).await?;
        rows.sort();
        Ok(rows)
    }

    /// Runs one statement as it stands: tests try what no method offers.
    ///
    /// # Errors
    /// Whatever the database says.
    #[cfg(feature = "testing")]
    pub async fn execute_raw(&self, sql: &str) -> Result<u64, Error> {
        self.ask().await?.execute_raw(sql).await
    }

    /// The number that a question as it stands answers, which waits for nobody who writes.
    ///
    /// # Errors
    /// Whatever the database says.
    #[cfg(feature = "testing")]
    pub async fn number_raw(&self, sql: &str) -> Result<i64, Error> {
        let question = sqlx::query_as(sqlx::AssertSqlSafe(sql.to_owned()));
        let (number,): (i64,) = question.fetch_one(self.ask().await?.connection()).await?;
        Ok(number)
    }
}

/// Makes the file of a new database for its owner's eyes only; SQLite gives its log the same
/// mode. What stands in the way is left for the connection to report.
fn make_private(url: &str) {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = url.strip_prefix("sqlite:").unwrap_or(url).split('?').next().unwrap_or_default();
    let path = path.strip_prefix("//").unwrap_or(path);
    if !path.is_empty() && path != ":memory:" && !path.contains('%') {
        let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    }
}

fn created_if_absent(url: &str) -> String {
    match url.split_once('?') {
        None => format!("{url}?mode=rwc"),
        Some((_, query)) if query.contains("mode=") => url.to_owned(),
        Some(_) => format!("{url}&mode=rwc"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_database_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("rabrong-private-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("portal.db");
        let database = Database::connect(&format!("sqlite:{}", path.display()), Role::Portal).await.unwrap();
        for name in ["portal.db", "portal.db-wal"] {
            let mode = std::fs::metadata(folder.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
        }
        database.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn only_the_two_engines_are_known() {
        assert_eq!(Engine::of("sqlite:/a.db").unwrap(), Engine::Sqlite);
        assert_eq!(Engine::of("postgresql://h/d").unwrap(), Engine::Postgres);
        assert!(matches!(Engine::of("mysql://h/d"), Err(Error::Address)));
    }

    #[test]
    fn an_sqlite_file_is_created_unless_the_address_says_otherwise() {
        assert_eq!(created_if_absent("sqlite:/a.db"), "sqlite:/a.db?mode=rwc");
        assert_eq!(created_if_absent("sqlite:/a.db?mode=ro"), "sqlite:/a.db?mode=ro");
        assert_eq!(created_if_absent("sqlite:/a.db?cache=private"), "sqlite:/a.db?cache=private&mode=rwc");
    }
}
