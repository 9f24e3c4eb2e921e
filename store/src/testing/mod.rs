//! A throw-away PostgreSQL cluster, and a journal of a nation's size, for tests.

mod fill;

pub use fill::{fill_journal, filled_serial};

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::database::{Database, Role};
use crate::error::Error;

/// The throw-away cluster could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// PostgreSQL's server programs are not installed.
    #[error("no PostgreSQL server programs under /usr/lib/postgresql")]
    NotInstalled,
    /// A program failed.
    #[error("{program}: {said}")]
    Program {
        /// Which.
        program: String,
        /// What it said.
        said: String,
    },
}

static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());

/// A running PostgreSQL server of its own directory, reachable through a Unix socket only.
/// Dropped, it is stopped and its directory removed.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    programs: PathBuf,
}

impl Cluster {
    /// Makes and starts a cluster. As root it runs as the user `postgres`.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub fn start() -> Result<Self, ClusterError> {
        let programs = server_programs().ok_or(ClusterError::NotInstalled)?;
        let made = run(as_server_user("mktemp").args(["-d", "/tmp/rabrong-postgres-XXXXXX"]))?;
        let cluster = Self { directory: PathBuf::from(made.trim()), programs };
        let data = cluster.data();
        run(as_server_user(cluster.programs.join("initdb"))
            .args(["--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--username=postgres"])
            .args(["--no-sync", "--pgdata"])
            .arg(&data))?;
        // No TCP port: nothing to clash with. Losing power in a test loses a test.
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c fsync=off -c max_connections=200",
            cluster.directory.display()
        );
        run(as_server_user(cluster.programs.join("pg_ctl"))
            .args(["start", "--wait", "--silent", "--options", &options, "--log"])
            .arg(cluster.directory.join("log"))
            .arg("--pgdata")
            .arg(&data))?;
        Ok(cluster)
    }

    /// The cluster that the tests running now share; the last of them stops it.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub fn shared() -> Result<Arc<Self>, ClusterError> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cluster) = shared.upgrade() {
            return Ok(cluster);
        }
        let cluster = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&cluster);
        Ok(cluster)
    }

    /// Creates an empty database and returns its address.
    ///
    /// # Errors
    /// [`ClusterError`] if it exists already or the name is not plain.
    pub fn database(&self, name: &str) -> Result<String, ClusterError> {
        run(as_server_user(self.programs.join("createdb"))
            .args(["--username=postgres", "--host"])
            .arg(&self.directory)
            .arg(name))?;
        let socket = self.directory.display().to_string().replace('/', "%2F");
        Ok(format!("postgres://postgres@localhost/{name}?host={socket}"))
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stop = run(as_server_user(self.programs.join("pg_ctl"))
            .args(["stop", "--mode=immediate", "--silent", "--pgdata"])
            .arg(self.data()));
        if stop.is_err() {
            tracing::warn!("the throw-away PostgreSQL did not stop");
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn server_programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|programs| programs.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop()
}

fn as_server_user(program: impl AsRef<Path>) -> Command {
    // PostgreSQL refuses to run as root.
    let root =
        std::fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0);
    let mut command = if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program.as_ref());
        command
    } else {
        Command::new(program.as_ref())
    };
    command.current_dir("/tmp").stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> Result<String, ClusterError> {
    let failed = |program: &Command, said: String| ClusterError::Program {
        program: program.get_program().to_string_lossy().into_owned(),
        said,
    };
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => return Err(failed(command, error.to_string())),
    };
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(failed(command, String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// An empty database on each engine this machine has, already connected.
#[derive(Debug)]
pub struct BothEngines {
    /// SQLite in a temporary folder.
    pub sqlite: Database,
    /// PostgreSQL; none if it is not installed.
    pub postgres: Option<Database>,
    folder: PathBuf,
    _cluster: Option<Arc<Cluster>>,
}

impl BothEngines {
    /// Connects to both. `name` (lower-case letters) must be unique among running tests.
    ///
    /// # Errors
    /// [`Error`] if a database cannot be prepared. A machine without PostgreSQL is no error.
    pub async fn start(name: &str, role: Role) -> Result<Self, Error> {
        let folder = std::env::temp_dir().join(format!("rabrong-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| Error::Unavailable(sqlx::Error::Io(e)))?;
        let file = folder.join("database.sqlite");
        let sqlite = Database::connect(&format!("sqlite:{}", file.display()), role).await?;
        let broken = |e: ClusterError| Error::Unavailable(sqlx::Error::Io(std::io::Error::other(e)));
        let cluster = match Cluster::shared() {
            Ok(cluster) => Some(cluster),
            Err(ClusterError::NotInstalled) => None,
            Err(error) => return Err(broken(error)),
        };
        let postgres = match &cluster {
            Some(cluster) => {
                let url = cluster.database(name).map_err(broken)?;
                Some(Database::connect(&url, role).await?)
            }
            None => None,
        };
        Ok(Self { sqlite, postgres, folder, _cluster: cluster })
    }

    /// The databases, SQLite first.
    pub fn all(&self) -> impl Iterator<Item = &Database> {
        std::iter::once(&self.sqlite).chain(self.postgres.as_ref())
    }
}

impl Drop for BothEngines {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
