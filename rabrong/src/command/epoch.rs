//! `rabrong epoch`: the wrapping epochs of doctors' keys.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use signer::ceremony::{Backups, Epochs, backups};

use crate::configuration::Configuration;
use crate::operators::Components;
use crate::{edge, output, wiring};

/// Arguments of `rabrong epoch`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say which there are
    List,
    /// Begin the next one: new doctors' keys go under it from now on
    New {
        /// Its number: one more than the newest
        number: u32,
        /// Folder of the keys' backups; the new key's goes there
        #[arg(long, requires = "component_1")]
        backups: Option<PathBuf>,
        #[command(flatten)]
        components: Components,
    },
    /// Destroy the key of an epoch whose last certificate has ended
    End {
        /// Its number
        number: u32,
        /// Folder of the keys' backups: the epoch's is destroyed too
        #[arg(long)]
        backups: Option<PathBuf>,
    },
}

/// Does it.
///
/// # Errors
/// What stopped it.
pub async fn run(configuration: &Configuration, arguments: Arguments) -> anyhow::Result<()> {
    let epochs = Epochs {
        journal: wiring::journal(configuration).await?,
        token: wiring::token(configuration)?,
        clock: edge::clock(),
        randomness: edge::randomness(),
    };
    match arguments.action {
        Action::List => {}
        Action::New { number, backups, components } => {
            let backups = match &backups {
                Some(folder) => Some(Backups::new(folder, components.read()?)?),
                None => None,
            };
            epochs.begin(number, backups.as_ref()).await?;
        }
        Action::End { number, backups } => {
            epochs.end(number).await?;
            output::line(&format!("the key of epoch {number} is destroyed"));
            match backups {
                Some(folder) if backups::destroy_epoch(&folder, number)? => output::line("and its backup"),
                _ => output::line("Destroy its backup, and every copy of the token that has it, in all places."),
            }
        }
    }
    for epoch in epochs.list().await? {
        let state = match (&epoch.ended, epoch.current) {
            (Some(ended), _) => format!("ended {ended}"),
            (None, true) => "new keys go under it".to_owned(),
            (None, false) => epoch.last_end.map_or_else(
                || "no certificate under it: it can be ended".to_owned(),
                |end| format!("its last certificate ends {end}"),
            ),
        };
        output::line(&format!("epoch {:<4} since {:<22} {state}", epoch.number, epoch.since));
    }
    Ok(())
}
