//! The two operators: a secret each, which together open the root's token, and a component each,
//! which together open the backups. Read from files, or secrets from the terminal.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use hsm::Token;
use hsm::dual_control::{self, BackupKeyComponents, Component, Operator};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret as _, SecretString};

use crate::configuration::secret;
use crate::files::write_secret;

/// Where the operators' secrets are.
#[derive(Debug, Args)]
pub struct Secrets {
    /// File with the first operator's secret; asked for at the terminal if it is not given
    #[arg(long)]
    secret_1: Option<PathBuf>,
    /// File with the second operator's secret
    #[arg(long)]
    secret_2: Option<PathBuf>,
}

/// Where the operators' components of the backup key are.
#[derive(Debug, Args)]
pub struct Components {
    /// File with the first operator's component of the backup key
    #[arg(long, requires = "component_2")]
    component_1: Option<PathBuf>,
    /// File with the second operator's component
    #[arg(long, requires = "component_1")]
    component_2: Option<PathBuf>,
}

/// The operators of an act of the root.
#[derive(Debug, Args)]
pub struct Names {
    /// Names of the two operators, in their order, for the transcript
    #[arg(long, num_args = 2, required = true, value_names = ["FIRST", "SECOND"])]
    operators: Vec<String>,
}

impl Names {
    /// The two names.
    ///
    /// # Errors
    /// If they are one person's.
    pub fn both(&self) -> anyhow::Result<[String; 2]> {
        let names: [String; 2] = self.operators.clone().try_into().map_err(|_| anyhow::anyhow!("two operators"))?;
        let [first, second] = &names;
        ensure!(!first.trim().is_empty() && first.trim() != second.trim(), "--operators: two persons");
        Ok(names)
    }
}

/// What opens the root's token.
#[derive(Debug)]
pub struct RootPins {
    /// The user's PIN.
    pub user: SecretString,
    /// The security officer's: whoever had it alone could set a new user PIN.
    pub security_officer: SecretString,
}

impl Secrets {
    /// Both PINs of the root's token, each from both secrets.
    ///
    /// # Errors
    /// A file, the terminal, a secret that is too short or both the same.
    pub fn root_pins(&self) -> anyhow::Result<RootPins> {
        let read = |file: &Option<PathBuf>, who: &str| match file {
            Some(file) => Ok(SecretString::from(secret(file)?)),
            None => ask(who).with_context(|| format!("the {who} operator's secret")),
        };
        let (first, second) = (read(&self.secret_1, "first")?, read(&self.secret_2, "second")?);
        Ok(RootPins {
            user: dual_control::pin(&first, &second)?,
            // The order matters to the derivation: this is another PIN that also needs both.
            security_officer: dual_control::pin(&second, &first)?,
        })
    }
}

impl Components {
    /// Whether they were named.
    #[must_use]
    pub const fn are_given(&self) -> bool {
        self.component_1.is_some() && self.component_2.is_some()
    }

    /// Reads both.
    ///
    /// # Errors
    /// A file that is absent, copied with a mistake, or the other operator's.
    pub fn read(&self) -> anyhow::Result<BackupKeyComponents> {
        let (first, second) = self.files()?;
        Ok(BackupKeyComponents::new(read(first)?, read(second)?)?)
    }

    /// Reads both; those that are absent are drawn from the token and written first.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_or_draw(&self, token: &Token) -> anyhow::Result<BackupKeyComponents> {
        let (first, second) = self.files()?;
        for (file, operator) in [(first, Operator::First), (second, Operator::Second)] {
            if !file.exists() {
                let text = Component::draw(token, operator)?.to_text();
                write_secret(file, text.expose_secret()).with_context(|| file.display().to_string())?;
            }
        }
        self.read()
    }

    fn files(&self) -> anyhow::Result<(&Path, &Path)> {
        match (&self.component_1, &self.component_2) {
            (Some(first), Some(second)) => Ok((first, second)),
            _ => anyhow::bail!("give both operators' components of the backup key: --component-1 and --component-2"),
        }
    }
}

fn read(file: &Path) -> anyhow::Result<Component> {
    Component::parse(&SecretString::from(secret(file)?)).with_context(|| file.display().to_string())
}

/// Asks at the terminal, without showing what is typed.
fn ask(who: &str) -> anyhow::Result<SecretString> {
    let mut terminal = std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    let shown = tcgetattr(&terminal)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    write!(terminal, "secret of the {who} operator: ")?;
    tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
    let mut line = String::new();
    let read = std::io::BufReader::new(&terminal).read_line(&mut line);
    tcsetattr(&terminal, OptionalActions::Flush, &shown)?;
    writeln!(terminal)?;
    read?;
    Ok(SecretString::from(line.trim_end_matches(['\r', '\n']).to_owned()))
}
