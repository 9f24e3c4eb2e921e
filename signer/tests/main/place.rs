//! Each story's own place: a folder, a SoftHSM and a database.
//!
//! SoftHSM reads `SOFTHSM2_CONF` when it is loaded, and a process loads it once: so each story
//! runs as a child of this test with that variable set.

use std::future::Future;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hsm::Token;
use secrecy::SecretString;
use store::testing::{Cluster, ClusterError};

use crate::world::World;

const INSIDE: &str = "RABRONG_TEST_INSIDE";
const FOLDER: &str = "RABRONG_TEST_FOLDER";
const DATABASE: &str = "RABRONG_TEST_DATABASE";
const PIN: &str = "246810";
const SO_PIN: &str = "13579111";

/// Where distributions put SoftHSM's library.
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];

/// Where the journal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// What outlives a restart of the signer.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) database: String,
    pub(crate) engine: Engine,
    pub(crate) listener: TcpListener,
}

/// Declares each story as a test on either engine.
macro_rules! on_both_engines {
    ($($story:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test]
            fn $story() {
                crate::place::inside(module_path!(), stringify!($story), crate::place::Engine::Sqlite, super::$story);
            })+
        }
        mod on_postgres {
            $(#[test]
            fn $story() {
                crate::place::inside(module_path!(), stringify!($story), crate::place::Engine::Postgres, super::$story);
            })+
        }
    };
}
pub(crate) use on_both_engines;

/// Runs a story in a child process with a place of its own.
pub(crate) fn inside<F: Future<Output = ()>>(module: &str, name: &str, engine: Engine, story: impl FnOnce(World) -> F) {
    let test = format!("{}::{name}", module.split_once("::").unwrap().1);
    if std::env::var_os(INSIDE).is_some_and(|inside| inside == *test) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async { story(World::begin(Place::here(engine), begins(name)).await).await });
        return crate::service::wait_for_the_killed();
    }
    let short: String = name.chars().take(40).collect();
    let unique = format!("{short}_{}_{engine:?}", std::process::id()).to_lowercase();
    let folder = std::env::temp_dir().join(format!("rabrong-signer-{unique}"));
    std::fs::create_dir_all(folder.join("tokens")).unwrap();
    let conf = folder.join("softhsm2.conf");
    let tokens = folder.join("tokens");
    std::fs::write(&conf, format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display()))
        .unwrap();
    let (database, _cluster) = match engine {
        Engine::Sqlite => (format!("sqlite:{}", folder.join("journal.sqlite").display()), None),
        Engine::Postgres => match Cluster::shared() {
            Ok(cluster) => (cluster.database(&unique).unwrap(), Some(cluster)),
            Err(ClusterError::NotInstalled) => {
                std::fs::remove_dir_all(&folder).unwrap();
                return println!("skipped: {test} (PostgreSQL is not installed)");
            }
            Err(error) => panic!("{error}"),
        },
    };
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&test, "--exact", "--nocapture", "--test-threads=1"])
        .env("SOFTHSM2_CONF", &conf)
        .env(INSIDE, &test)
        .env(FOLDER, &folder)
        .env(DATABASE, &database)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains(" 1 passed"),
        "{test} in its own place ({}):\n{stdout}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    for skipped in stdout.lines().filter(|line| line.starts_with("skipped")) {
        println!("{skipped}");
    }
}

/// How far ahead a story's clock is as it begins. Other people's tools judge by the system's clock: a
/// story of ten years begins so long ago that they see its end.
fn begins(name: &str) -> time::Duration {
    if ["ten_years_later", "each_algorithm_is_renewed"].contains(&name) {
        -time::Duration::days(3_590)
    } else {
        time::Duration::ZERO
    }
}

impl Place {
    fn here(engine: Engine) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self {
            folder: std::env::var_os(FOLDER).unwrap().into(),
            database: std::env::var_os(DATABASE).unwrap().into_string().unwrap(),
            engine,
            listener,
        }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://sign.localhost:{}", self.listener.local_addr().unwrap().port())
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("signer.sock")
    }

    pub(crate) fn tokens(&self) -> PathBuf {
        self.folder.join("tokens")
    }
}

pub(crate) fn module() -> PathBuf {
    let found = MODULES.iter().map(Path::new).find(|path| path.exists());
    found.expect("libsofthsm2.so is missing: install the package softhsm2 (`make test` does)").to_owned()
}

/// Makes a token.
pub(crate) fn initialise(label: &str) {
    hsm::initialise(&module(), label, &SecretString::from(SO_PIN), &SecretString::from(PIN)).unwrap();
}

/// Logs in to a token.
pub(crate) fn token(label: &str) -> Token {
    let config = hsm::Config {
        module: module(),
        token_label: label.into(),
        pin: SecretString::from(PIN),
        sessions: 2,
        deadline: Duration::from_secs(20),
        key_wrap: None,
    };
    Token::open(&config).unwrap()
}

/// `C_Finalize` and `C_Initialize` behind everybody's back, as when a device fails.
pub(crate) fn restart_module() {
    use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
    let pkcs11 = Pkcs11::new(module()).unwrap();
    pkcs11.clone().finalize().unwrap();
    pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
}
