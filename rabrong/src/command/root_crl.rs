//! `rabrong root-crl`: the root's next CRL, with both operators; also how a CA is revoked.

use std::path::PathBuf;

use anyhow::Context as _;
use ca::RevocationReason;
use clap::Args;
use signer::ceremony::{ROOT_CRL_MARGIN, RootActs};

use super::init::PROGRAM;
use crate::configuration::Configuration;
use crate::operators::{Names, Secrets};
use crate::{edge, output, outputs, wiring};

/// Arguments of `rabrong root-crl`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Days that the CRL is believed
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(30..=400))]
    days: u16,
    /// Revoke this CA first: `issuing-<n>` or `tsa-ca`
    #[arg(long, requires = "reason")]
    revoke: Option<String>,
    /// Why
    #[arg(long, requires = "revoke", value_parser = ["ca_compromise", "superseded", "cessation_of_operation"])]
    reason: Option<String>,
    /// The root's CRL published last, as it was kept outside of the journal; the next one must follow it
    #[arg(long)]
    previous: Option<PathBuf>,
    /// Folder for the CRL and the transcript
    #[arg(long, default_value = ".")]
    out: PathBuf,
    #[command(flatten)]
    names: Names,
    #[command(flatten)]
    secrets: Secrets,
}

/// Signs it.
///
/// # Errors
/// What stopped it.
pub async fn run(configuration: &Configuration, arguments: Arguments) -> anyhow::Result<()> {
    let mut acts = root_acts(configuration, &arguments.names, &arguments.secrets).await?;
    if let Some(file) = &arguments.previous {
        acts.kept_crl = Some(std::fs::read(file).with_context(|| file.display().to_string())?);
    }
    let next = match (&arguments.revoke, &arguments.reason) {
        (Some(name), Some(reason)) => {
            let reason: RevocationReason = reason.parse()?;
            acts.revoke_authority(name, reason, arguments.days).await?
        }
        _ => acts.next_root_crl(arguments.days).await?,
    };
    outputs::write(&arguments.out, "root.crl", &next.der)?;
    outputs::transcript(&arguments.out, "root-crl-transcript", &next.transcript)?;
    output::line(next.transcript.transcript.text());
    let due = (next.next_update - ROOT_CRL_MARGIN).date();
    output::line(&format!(
        "The signer publishes it at once. The next one is due by {due}. Take the root's token away."
    ));
    Ok(())
}

/// Opens the root's token with both operators' secrets.
///
/// # Errors
/// The secrets, the token, the journal.
pub async fn root_acts(configuration: &Configuration, names: &Names, secrets: &Secrets) -> anyhow::Result<RootActs> {
    let operators = names.both()?;
    let journal = wiring::journal(configuration).await?;
    let pins = secrets.root_pins()?;
    Ok(RootActs {
        configuration: wiring::signer_configuration(configuration),
        program: PROGRAM.to_owned(),
        operators,
        root_token: wiring::open_token(configuration, &configuration.signer.root_token, pins.user)?,
        kept_crl: None,
        journal,
        clock: edge::clock(),
        randomness: edge::randomness(),
    })
}
