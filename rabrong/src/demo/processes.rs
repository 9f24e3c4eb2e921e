//! The three programs of a demonstration, each a process of its own: the council's stand-in,
//! the signer, the portal. They end with us.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::installation::Installation;
use crate::configuration::Configuration;

/// How long each may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// The running programs.
#[derive(Debug)]
pub struct Processes {
    council: Child,
    signer: Child,
    portal: Child,
}

/// Why the demonstration did not come up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A program could not be started.
    #[error("cannot start `rabrong {name}`: {cause}")]
    Spawn {
        /// The sub-command.
        name: &'static str,
        /// Why.
        cause: std::io::Error,
    },
    /// A program ended, or does not answer; its log says why.
    #[error("`rabrong {name}` does not answer at {url}; {log} ends with:\n{words}")]
    Silent {
        /// The sub-command.
        name: &'static str,
        /// Where it should answer.
        url: String,
        /// Its log.
        log: String,
        /// The log's last lines.
        words: String,
    },
}

impl Processes {
    /// Starts the three and waits until each answers.
    ///
    /// # Errors
    /// [`StartError`]; whatever was started is ended again.
    pub async fn start(
        installation: &Installation,
        configuration: &Configuration,
        signer_arguments: &[&str],
    ) -> Result<Self, StartError> {
        let mut council = spawn(installation, "council", &[])?;
        answers("council", &format!("{}/healthz", configuration.medical_council.url), &mut council, installation)
            .await?;
        let mut signer = spawn(installation, "signer", signer_arguments)?;
        let url = format!("http://{}/healthz", configuration.signer.listen);
        answers("signer", &url, &mut signer, installation).await?;
        let mut portal = spawn(installation, "serve", &[])?;
        let url = format!("http://{}/readyz", configuration.portal.listen);
        answers("serve", &url, &mut portal, installation).await?;
        Ok(Self { council, signer, portal })
    }

    /// Waits until one of them ends by itself; its name.
    pub async fn one_ends(&mut self) -> &'static str {
        tokio::select! {
            _ = self.council.wait() => "council",
            _ = self.signer.wait() => "signer",
            _ = self.portal.wait() => "serve",
        }
    }

    /// Process ids of the signer and the portal; none if one has ended.
    #[must_use]
    pub fn answering(&self) -> Option<[u32; 2]> {
        Some([self.signer.id()?, self.portal.id()?])
    }

    /// Ends them all, the portal first.
    pub async fn stop(mut self) {
        for child in [&mut self.portal, &mut self.signer, &mut self.council] {
            let _ = child.kill().await;
        }
    }
}

fn spawn(installation: &Installation, name: &'static str, arguments: &[&str]) -> Result<Child, StartError> {
    let failed = |cause| StartError::Spawn { name, cause };
    let log = std::fs::File::create(log_file(installation.folder(), name)).map_err(failed)?;
    let program = std::env::current_exe().map_err(failed)?;
    Command::new(program)
        .arg("--config")
        .arg(installation.configuration_file())
        .arg(name)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(failed)?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)
}

async fn answers(
    name: &'static str,
    url: &str,
    child: &mut Child,
    installation: &Installation,
) -> Result<(), StartError> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).no_proxy().build().unwrap_or_default();
    let started = tokio::time::Instant::now();
    while started.elapsed() < PATIENCE && matches!(child.try_wait(), Ok(None)) {
        if client.get(url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = log_file(installation.folder(), name);
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let words = lines.get(lines.len().saturating_sub(4)..).unwrap_or_default().join("\n");
    Err(StartError::Silent { name, url: url.to_owned(), log: log.display().to_string(), words })
}

fn log_file(folder: &Path, name: &str) -> std::path::PathBuf {
    folder.join(format!("{name}.log"))
}
