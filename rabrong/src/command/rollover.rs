//! `rabrong rollover`: the next generation of the issuing CA, with both operators.

use std::path::PathBuf;

use clap::Args;
use signer::ceremony::{Backups, RollOver};

use super::root_crl::root_acts;
use crate::configuration::Configuration;
use crate::operators::{Components, Names, Secrets};
use crate::{output, outputs, wiring};

/// Arguments of `rabrong rollover`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The generation to make: one more than the newest. The newest itself is taken up again
    #[arg(long)]
    generation: u32,
    /// Its common name; "Rabrong Issuing CA <generation>" if it is not given
    #[arg(long)]
    name: Option<String>,
    /// Validity in calendar years, at most its profile's and the root's end
    #[arg(long, default_value_t = ca::profile::issuing::MAX_YEARS)]
    years: u8,
    /// Folder for the certificate and the transcript
    #[arg(long, default_value = ".")]
    out: PathBuf,
    /// Folder of the keys' backups; the new key's goes there
    #[arg(long, requires = "component_1")]
    backups: Option<PathBuf>,
    #[command(flatten)]
    names: Names,
    #[command(flatten)]
    secrets: Secrets,
    #[command(flatten)]
    components: Components,
}

/// Makes it.
///
/// # Errors
/// What stopped it.
pub async fn run(configuration: &Configuration, arguments: Arguments) -> anyhow::Result<()> {
    let acts = root_acts(configuration, &arguments.names, &arguments.secrets).await?;
    let token = wiring::token(configuration)?;
    let backups = match &arguments.backups {
        Some(folder) => Some(Backups::new(folder, arguments.components.read()?)?),
        None => None,
    };
    let generation = arguments.generation;
    let name = arguments.name.unwrap_or_else(|| format!("Rabrong Issuing CA {generation}"));
    let next = acts.roll_over(&RollOver { generation, name, years: arguments.years }, &token, backups.as_ref()).await?;
    outputs::write(&arguments.out, &format!("{}.pem", next.name), outputs::pem("CERTIFICATE", &next.der).as_bytes())?;
    outputs::transcript(&arguments.out, &format!("{}-transcript", next.name), &next.transcript)?;
    output::line(next.transcript.transcript.text());
    output::line(
        "Restart the signer: from then on it issues under the new generation, and goes on answering for the earlier.",
    );
    Ok(())
}
