//! `rabrong restore`: backed-up keys into another token, with both operators.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use hsm::Purpose;
use secrecy::SecretString;
use signer::ceremony::backups;

use super::init::initialise_online;
use crate::configuration::{Configuration, secret};
use crate::operators::{Components, Secrets};
use crate::{output, wiring};

/// Arguments of `rabrong restore`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of the keys' backups
    #[arg(long)]
    from: PathBuf,
    /// Label of the token the keys go to; initialised if it does not exist
    #[arg(long)]
    to: String,
    /// File with that token's user PIN: for all keys but the root's
    #[arg(long, required_unless_present = "root", conflicts_with = "root")]
    pin_file: Option<PathBuf>,
    /// Restore the root's key, and only that, to a token that both operators' secrets open
    #[arg(long)]
    root: bool,
    #[command(flatten)]
    secrets: Secrets,
    #[command(flatten)]
    components: Components,
}

/// Restores them.
///
/// # Errors
/// What stopped it; a key that is in the token already is left there.
pub fn run(configuration: &Configuration, arguments: &Arguments) -> anyhow::Result<()> {
    let module = &configuration.signer.module;
    let components = arguments.components.read()?;
    let exists = hsm::token_exists(module, &arguments.to)?;
    let pin = match &arguments.pin_file {
        Some(file) => {
            let pin = SecretString::from(secret(file)?);
            if !exists {
                initialise_online(configuration, &arguments.to, file, &pin)?;
            }
            pin
        }
        None => {
            let pins = arguments.secrets.root_pins()?;
            if !exists {
                hsm::initialise(module, &arguments.to, &pins.security_officer, &pins.user)
                    .with_context(|| format!("token {:?}", arguments.to))?;
            }
            pins.user
        }
    };
    let token = wiring::open_token(configuration, &arguments.to, pin)?;
    let wanted = |purpose| (purpose == Purpose::Root) == arguments.root;
    let restored = backups::restore(&arguments.from, &components, &token, wanted)?;
    anyhow::ensure!(!restored.is_empty(), "{}: no backup of such a key", arguments.from.display());
    for purpose in &restored {
        output::line(&purpose.label());
    }
    let key = if arguments.root { "signer.root_token" } else { "signer.token and signer.pin_file" };
    output::line(&format!(
        "{} key(s) are in token {:?}. Name it in the configuration: {key}.",
        restored.len(),
        arguments.to
    ));
    Ok(())
}
