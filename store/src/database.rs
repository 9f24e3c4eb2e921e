//! Connections to one database, on either engine.

use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::Migrator;
use sqlx::{AnyPool, Connection as _, Executor};

use crate::error::Error;
use crate::transaction::Transaction;

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
    pool: AnyPool,
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
        let options = AnyPoolOptions::new().acquire_timeout(Duration::from_secs(20));
        let (options, url) = match engine {
            Engine::Sqlite => {
                make_private(url);
                (sqlite(options), created_if_absent(url))
            }
            Engine::Postgres => (options.max_connections(16), url.to_owned()),
        };
        let pool = options.connect(&url).await?;
        let migrations = match (role, engine) {
            (Role::Portal, Engine::Sqlite) => &PORTAL_SQLITE,
            (Role::Portal, Engine::Postgres) => &PORTAL_POSTGRES,
            (Role::Journal, Engine::Sqlite) => &JOURNAL_SQLITE,
            (Role::Journal, Engine::Postgres) => &JOURNAL_POSTGRES,
        };
        migrations.run(&pool).await?;
        Ok(Self { pool, engine, role })
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
        Ok(Transaction::new(self.pool.begin().await?))
    }

    /// Opens a transaction that will write.
    ///
    /// On SQLite it takes the write lock at once: a transaction that read first and wants the
    /// lock later fails with `SQLITE_BUSY` whatever the time-out, if another wrote in between.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin_write(&self) -> Result<Transaction, Error> {
        let inner = match self.engine {
            Engine::Sqlite => self.pool.begin_with("begin immediate").await?,
            Engine::Postgres => self.pool.begin().await?,
        };
        Ok(Transaction::new(inner))
    }

    /// Asks the database to answer.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ping(&self) -> Result<(), Error> {
        let mut connection = self.pool.acquire().await?;
        connection.execute("select 1").await?;
        Ok(())
    }

    /// Closes every connection; SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        self.pool.close().await;
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
        let mut rows: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        rows.sort();
        Ok(rows)
    }

    /// Runs one statement as it stands: tests try what no method offers.
    ///
    /// # Errors
    /// Whatever the database says.
    #[cfg(feature = "testing")]
    pub async fn execute_raw(&self, sql: &str) -> Result<u64, Error> {
        let query = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()));
        Ok(query.execute(&self.pool).await?.rows_affected())
    }
}

fn sqlite(options: AnyPoolOptions) -> AnyPoolOptions {
    // SQLite ends a transaction by itself when the disk is full or fails; sqlx goes on counting it, and every
    // later one on that connection would be refused.
    let options = options.before_acquire(|connection, _| {
        let whole = !connection.is_in_transaction();
        Box::pin(async move { Ok(whole) })
    });
    // It lies in this process: asking whether it is still there costs as much as a question.
    let options = options.test_before_acquire(false);
    options.max_connections(8).after_connect(|connection, _| {
        Box::pin(async move {
            // Full, not normal: what was signed must survive a loss of power.
            for pragma in [
                "pragma busy_timeout = 15000",
                "pragma journal_mode = wal",
                "pragma synchronous = full",
                "pragma foreign_keys = on",
                // 32 MiB: the upper pages of the indexes on a million certificates stay at hand.
                "pragma cache_size = -32768",
                // A connection drops its pages whenever another one wrote. Read again through the system's
                // own cache, they cost next to nothing; 2 GiB less a page is the most SQLite maps.
                "pragma mmap_size = 2147418112",
            ] {
                connection.execute(pragma).await?;
            }
            Ok(())
        })
    })
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
