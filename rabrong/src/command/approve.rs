//! `rabrong approve`: both operators approve a central officer's new passkey, in the place of a second officer.

use std::path::PathBuf;

use clap::Args;

use super::root_crl::root_acts;
use crate::configuration::Configuration;
use crate::operators::{Names, Secrets};
use crate::{output, outputs, wiring};

/// Arguments of `rabrong approve`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The request, which the other central officer approved
    request: String,
    /// Code of the new passkey, as its holder reads it on the signing page
    #[arg(long)]
    key_code: String,
    /// Folder for the transcript
    #[arg(long, default_value = ".")]
    out: PathBuf,
    #[command(flatten)]
    names: Names,
    #[command(flatten)]
    secrets: Secrets,
}

/// Approves it.
///
/// # Errors
/// What stopped it.
pub async fn run(configuration: &Configuration, arguments: Arguments) -> anyhow::Result<()> {
    let acts = root_acts(configuration, &arguments.names, &arguments.secrets).await?;
    let token = wiring::token(configuration)?;
    let signed = acts.approve_replacement(token, &arguments.request, &arguments.key_code).await?;
    outputs::transcript(&arguments.out, "approval-transcript", &signed)?;
    output::line(signed.transcript.text());
    output::line(
        "With the other central officer's approval it takes effect after the delay, unless its holder stops it. Take \
         the root's token away.",
    );
    Ok(())
}
