//! The demonstration: `rabrong up` stays, `rabrong demo` tells the whole story and ends.

pub mod browser;
pub mod ceremony;
pub mod installation;
pub mod passkeys;
pub mod persons;
pub mod processes;
pub mod story;

use std::path::PathBuf;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::configuration::Configuration;
use crate::{edge, output};
use installation::{Databases, Installation, Ports};
use persons::Passkeys;
use processes::Processes;
use story::Story;

/// Arguments of `rabrong up`.
#[derive(Debug, Args)]
pub struct UpArguments {
    /// The folder of the demonstration's state
    #[arg(long, default_value = "state")]
    dir: PathBuf,
}

/// Arguments of `rabrong demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Where the state and the files of the story go
    #[arg(long)]
    dir: PathBuf,
    /// Address of the portal's database instead of SQLite
    #[arg(long, requires = "journal_database")]
    portal_database: Option<String>,
    /// Address of the journal's database instead of SQLite
    #[arg(long, requires = "portal_database")]
    journal_database: Option<String>,
}

/// A demonstration whose ceremony is held.
#[derive(Debug)]
pub struct Stage {
    /// Its folder.
    pub installation: Installation,
    /// Its configuration.
    pub configuration: Configuration,
}

impl Stage {
    /// Opens the folder and holds the ceremony if that was not done.
    ///
    /// # Errors
    /// What is missing, or went wrong in the ceremony.
    pub async fn set(folder: &std::path::Path, ports: Ports, databases: Option<Databases>) -> anyhow::Result<Self> {
        let installation = Installation::open(folder, ports, databases)?;
        let configuration = Configuration::read(&installation.configuration_file(), edge::environment())?;
        let mut passkeys = Passkeys::open(installation.folder())?;
        if !ceremony::is_held(&installation) {
            output::line("ceremony: keys, CA certificates, two central officers …");
            ceremony::hold(&installation, &configuration, &mut passkeys).await?;
        }
        Ok(Self { installation, configuration })
    }
}

/// `rabrong up`: runs until Ctrl-C.
///
/// # Errors
/// What keeps it from coming up, or which program ended.
pub async fn up(arguments: UpArguments) -> anyhow::Result<()> {
    let stage = Stage::set(&arguments.dir, Ports::FIXED, None).await?;
    output::line("starting the council's stand-in, the signer and the portal …");
    let mut processes = Processes::start(&stage.installation, &stage.configuration, &[]).await?;
    let told = Story::on(&stage).tell().await?;
    let visit = Story::on(&stage).invite_visitors(&told).await?;
    story::print(&stage, &visit);
    let mut ended = signal(SignalKind::terminate())?;
    tokio::select! {
        name = processes.one_ends() => anyhow::bail!("`rabrong {name}` ended; see {}/{name}.log", stage.installation.folder().display()),
        _ = tokio::signal::ctrl_c() => output::line("stopping"),
        // Told to end by a service manager or `kill`: the three programs must not outlive us.
        _ = ended.recv() => output::line("stopping"),
    }
    processes.stop().await;
    Ok(())
}

/// `rabrong demo`: the whole story, unattended.
///
/// # Errors
/// Whatever went wrong in it.
pub async fn demo(arguments: DemoArguments) -> anyhow::Result<()> {
    let databases = match (arguments.portal_database, arguments.journal_database) {
        (Some(portal), Some(journal)) => Some(Databases { portal, journal }),
        _ => None,
    };
    let stage = Stage::set(&arguments.dir, Ports::free()?, databases).await?;
    let processes = Processes::start(&stage.installation, &stage.configuration, &[]).await?;
    let told = Story::on(&stage).tell().await;
    let left = match &told {
        Ok(told) => story::leave_files(&stage, told, &arguments.dir).await,
        Err(_) => Ok(()),
    };
    processes.stop().await;
    told?;
    left
}
