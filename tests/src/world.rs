//! An installation in a folder of its own, on free ports, run as real processes.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::time::Duration;

use rabrong::configuration::Configuration;
use rabrong::demo::installation::{Databases, Installation, Ports};
use rabrong::demo::story::Told;
use signer::client::Client;
use sims::council::Council;
use store::testing::Cluster;
use time::OffsetDateTime;
use tokio::process::{Child, Command};

use crate::persons;
use crate::program::{self, Said};
use crate::rows;

/// How long a program may take until it answers, or ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Two SQLite files.
    Sqlite,
    /// Two databases of a throw-away PostgreSQL cluster.
    Postgres,
}

/// An installation, its processes and its surroundings. Dropped, all of it is gone.
#[derive(Debug)]
pub struct World {
    /// What the installation is told.
    pub configuration: Configuration,
    /// The council's stand-in, in this process.
    pub council: Council,
    /// What the unattended story left: a doctor, a certificate, a signed document.
    pub told: Told,
    folder: PathBuf,
    pub(crate) signer: Option<Child>,
    portal: Option<Child>,
    further_portals: Vec<Child>,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
    _cluster: Option<Arc<Cluster>>,
}

impl World {
    /// An installation after the ceremony and the unattended story (`rabrong demo`), running.
    ///
    /// # Panics
    /// If any of it fails.
    pub async fn raise(engine: Engine) -> Self {
        let folder = empty_folder("world");
        let (databases, cluster) = match engine {
            Engine::Sqlite => (None, None),
            Engine::Postgres => {
                let (databases, cluster) = postgres().await;
                (Some(databases), Some(cluster))
            }
        };
        let installation = Installation::open(&folder, ports(), databases).expect("an installation");
        let mut demo = std::process::Command::new(program::path());
        demo.arg("demo").arg("--dir").arg(&folder);
        tokio::task::spawn_blocking(move || program::run(&mut demo)).await.expect("a task").ok();
        let configuration =
            Configuration::read(&installation.configuration_file(), std::iter::empty()).expect("a configuration");
        let told = std::fs::read(folder.join("story.json")).expect("a story");
        let (council, serving) = council(&configuration).await;
        let mut world = Self {
            council,
            told: serde_json::from_slice(&told).expect("a story"),
            configuration,
            folder,
            signer: None,
            portal: None,
            further_portals: Vec::new(),
            serving,
            _cluster: cluster,
        };
        world.start_signer(&[]).await;
        world.start_portal().await;
        world
    }

    /// The installation's folder; the files of the story are here too.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file of the folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The bytes of a file of the folder.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// An address of the portal.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.configuration.public_url)
    }

    /// The portal's address by number, for programs that do not know the name.
    #[must_use]
    pub fn numeric_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.configuration.portal.listen)
    }

    /// Runs `rabrong` with the installation's configuration.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn rabrong(&self, arguments: &[&str]) -> Said {
        self.rabrong_with(arguments, &[]).await
    }

    /// The same with overrides of the configuration in the environment.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn rabrong_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Said {
        let mut command = std::process::Command::new(program::path());
        command.arg("--config").arg(self.file("rabrong.toml")).args(arguments);
        command.envs(environment.iter().copied());
        tokio::task::spawn_blocking(move || program::run(&mut command)).await.expect("a task")
    }

    /// Starts the signer and waits until it answers.
    ///
    /// # Panics
    /// If it does not.
    pub async fn start_signer(&mut self, arguments: &[&str]) {
        self.start_signer_with(arguments, &[]).await;
    }

    /// The same with overrides of the configuration in the environment.
    ///
    /// # Panics
    /// If it does not.
    pub async fn start_signer_with(&mut self, arguments: &[&str], environment: &[(&str, &str)]) {
        let mut child = self.spawn("signer", arguments, environment);
        let url = format!("http://{}/healthz", self.configuration.signer.listen);
        self.answers("signer", &url, &mut child).await;
        self.signer = Some(child);
    }

    /// Starts the portal and waits until it answers.
    ///
    /// # Panics
    /// If it does not.
    pub async fn start_portal(&mut self) {
        self.start_portal_with(&[]).await;
    }

    /// The same with overrides of the configuration in the environment.
    ///
    /// # Panics
    /// If it does not.
    pub async fn start_portal_with(&mut self, environment: &[(&str, &str)]) {
        let mut child = self.spawn("serve", &[], environment);
        let url = self.numeric_url("/healthz");
        self.answers("serve", &url, &mut child).await;
        self.portal = Some(child);
    }

    /// Starts a further portal beside the first, over the same databases and the same signer; its
    /// address by number.
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn start_further_portal(&mut self) -> String {
        let listen = format!("127.0.0.1:{}", free_port());
        let mut child = self.spawn("serve", &[], &[("RABRONG__PORTAL__LISTEN", &listen)]);
        let url = format!("http://{listen}");
        self.answers("serve", &format!("{url}/healthz"), &mut child).await;
        self.further_portals.push(child);
        url
    }

    /// Ends the signer at once.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn stop_signer(&mut self) {
        self.signer.take().expect("a signer").kill().await.expect("it ends");
    }

    /// How many processors each of the signer's threads may run on.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn processors_of_signer(&self) -> Vec<u32> {
        let id = self.signer.as_ref().and_then(Child::id).expect("a signer");
        program::processors_of(&id.to_string())
    }

    /// Ends the portal at once.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn stop_portal(&mut self) {
        self.portal.take().expect("a portal").kill().await.expect("it ends");
    }

    /// Waits until the signer has ended by itself.
    ///
    /// # Panics
    /// If it does not.
    pub async fn signer_dies(&mut self) {
        let mut child = self.signer.take().expect("a signer");
        tokio::time::timeout(PATIENCE, child.wait()).await.expect("the signer lives on").expect("a status");
    }

    /// The client of the signer's socket, as the portal's owner has it.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.configuration.signer.socket, Duration::from_secs(20))
    }

    /// Address of the portal's database.
    #[must_use]
    pub fn portal_rows(&self) -> &str {
        &self.configuration.portal.database
    }

    /// Address of the journal.
    #[must_use]
    pub fn journal_rows(&self) -> &str {
        &self.configuration.signer.database
    }

    /// Keeps a copy of the portal's database; the portal must not run.
    ///
    /// # Panics
    /// If it cannot be copied.
    pub async fn copies_portal_rows(&self) {
        match self.database_name() {
            Some((maintenance, name)) => {
                rows::execute(&maintenance, &format!("create database {name}_old template {name}"))
                    .await
                    .expect("a copy");
            }
            None => self.move_files("", ".old"),
        }
    }

    /// Puts the copy in the place of the portal's database; the portal must not run.
    ///
    /// # Panics
    /// If it cannot be put there.
    pub async fn restores_portal_rows(&self) {
        match self.database_name() {
            Some((maintenance, name)) => {
                for sql in [
                    format!("drop database {name} with (force)"),
                    format!("alter database {name}_old rename to {name}"),
                ] {
                    rows::execute(&maintenance, &sql).await.expect("the old rows");
                }
            }
            None => self.move_files(".old", ""),
        }
    }

    /// Takes the portal's database away from it, or gives it back. PostgreSQL only.
    ///
    /// # Panics
    /// If that fails.
    pub async fn lets_portal_reach_its_rows(&self, reachable: bool) {
        let (maintenance, name) = self.database_name().expect("PostgreSQL");
        let allow = format!("alter database {name} with allow_connections {reachable}");
        rows::execute(&maintenance, &allow).await.expect("a switch");
        let end = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        rows::execute(&maintenance, &end).await.expect("a switch");
    }

    /// PostgreSQL's own database, and the name of the portal's.
    fn database_name(&self) -> Option<(String, String)> {
        let url = self.portal_rows().strip_prefix("postgres://")?;
        let (server, rest) = url.split_once('/')?;
        let (name, options) = rest.split_once('?')?;
        Some((format!("postgres://{server}/postgres?{options}"), name.to_owned()))
    }

    fn move_files(&self, from: &str, to: &str) {
        for part in ["", "-wal", "-shm"] {
            let (from, to) = (self.file(&format!("portal.db{part}{from}")), self.file(&format!("portal.db{part}{to}")));
            let _ = std::fs::remove_file(&to);
            if from.exists() {
                std::fs::copy(&from, &to).expect("a copy");
            }
        }
    }

    /// What a program wrote to its log.
    #[must_use]
    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(&format!("{name}.log"))).unwrap_or_default()
    }

    pub(crate) fn spawn(&self, name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Child {
        self.spawn_with_log(name, name, arguments, environment)
    }

    pub(crate) fn spawn_with_log(
        &self,
        log: &str,
        name: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Child {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.file(&format!("{log}.log")));
        let log = log.expect("a log");
        Command::new(program::path())
            .arg("--config")
            .arg(self.file("rabrong.toml"))
            .arg(name)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("rabrong starts")
    }

    pub(crate) async fn answers(&self, name: &str, url: &str, child: &mut Child) {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).no_proxy().build().expect("a client");
        let started = tokio::time::Instant::now();
        while started.elapsed() < PATIENCE {
            if client.get(url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            if let Ok(Some(status)) = child.try_wait() {
                panic!("rabrong {name} ended ({status}): {}", self.log(name));
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        panic!("rabrong {name} does not answer: {}", self.log(name));
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.serving.abort();
        if std::thread::panicking() {
            // For whoever looks for the reason.
            let logs = [self.log("serve"), self.log("signer")].concat();
            let last: Vec<&str> = logs.lines().filter(|line| !line.contains(" INFO")).collect();
            let from = last.len().saturating_sub(20);
            let _ = std::io::Write::write_all(&mut std::io::stderr(), last[from..].join("\n").as_bytes());
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The one clock of the stories.
#[must_use]
pub fn now() -> OffsetDateTime {
    rabrong::edge::clock().now()
}

/// An empty folder that nobody else uses.
///
/// # Panics
/// If it cannot be made.
#[must_use]
pub fn empty_folder(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("rabrong-{name}-{}-{count}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder.canonicalize().expect("a folder")
}

/// Three free ports below the range from which the system takes those of outgoing
/// connections: they stay free while a program is stopped and started again.
fn ports() -> Ports {
    Ports { portal: free_port(), signer: free_port(), council: free_port() }
}

pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 12_000 + u16::try_from(std::process::id() % 90).unwrap_or_default() * 200;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed) % 200;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            break port;
        }
    }
}

async fn postgres() -> (Databases, Arc<Cluster>) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let made = tokio::task::spawn_blocking(move || {
        let cluster = Cluster::shared().expect("a PostgreSQL cluster");
        let database = |name: &str| cluster.database(&format!("{name}{count}")).expect("a database");
        (Databases { portal: database("portal"), journal: database("journal") }, cluster)
    });
    made.await.expect("a task")
}

async fn council(configuration: &Configuration) -> (Council, tokio::task::JoinHandle<std::io::Result<()>>) {
    let key = std::fs::read_to_string(&configuration.medical_council.key_file).expect("a key");
    let council = Council::demo(key.trim(), Arc::new(now));
    for licence in persons::further_licences() {
        council.insert(licence);
    }
    let address = configuration.medical_council.url.trim_start_matches("http://").to_owned();
    let listener = tokio::net::TcpListener::bind(&address).await.expect("the council's port");
    let serving = tokio::spawn(sims::council::serve(listener, council.clone()));
    (council, serving)
}
