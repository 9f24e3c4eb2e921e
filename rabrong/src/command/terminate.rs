//! `rabrong terminate`: the end of the CA, in two steps that may be years apart.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use signer::ceremony::{Remaining, Termination};

use super::root_crl::root_acts;
use crate::configuration::Configuration;
use crate::operators::{Names, Secrets};
use crate::{edge, output, outputs, wiring};

/// Arguments of `rabrong terminate`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Issue nothing any more, for ever; write the notice
    Begin {
        /// Revoke every certificate in force now
        #[arg(long, required_unless_present = "let_expire", conflicts_with = "let_expire")]
        revoke: bool,
        /// Leave the certificates in force to end by themselves
        #[arg(long)]
        let_expire: bool,
        /// Folder for the notice
        #[arg(long, default_value = ".")]
        out: PathBuf,
    },
    /// Sign the last CRLs, with both operators, while no signer runs
    LastCrls {
        /// The root's CRL published last, as it was kept outside of the journal; the last one must follow it
        #[arg(long)]
        previous: Option<PathBuf>,
        /// Folder for the CRLs and the transcript
        #[arg(long, default_value = ".")]
        out: PathBuf,
        #[command(flatten)]
        names: Names,
        #[command(flatten)]
        secrets: Secrets,
    },
}

/// Does it.
///
/// # Errors
/// What stopped it.
pub async fn run(configuration: &Configuration, arguments: Arguments) -> anyhow::Result<()> {
    let termination = Termination {
        configuration: wiring::signer_configuration(configuration),
        token: wiring::token(configuration)?,
        journal: wiring::journal(configuration).await?,
        clock: edge::clock(),
        randomness: edge::randomness(),
    };
    match arguments.step {
        Step::Begin { revoke, out, .. } => {
            let remaining = if revoke { Remaining::Revoke } else { Remaining::LetExpire };
            let begun = termination.begin(remaining).await?;
            outputs::write(&out, "notice.txt", begun.notice.as_bytes())?;
            output::line(&begun.notice);
            output::line(&format!("{} revoked, {} still in force", begun.revoked, begun.in_force));
        }
        Step::LastCrls { previous, out, names, secrets } => {
            let mut acts = root_acts(configuration, &names, &secrets).await?;
            if let Some(file) = &previous {
                acts.kept_crl = Some(std::fs::read(file).with_context(|| file.display().to_string())?);
            }
            let (last, root) = termination.last_crls(&acts).await?;
            for crl in &last {
                outputs::write(&out, &format!("{}.crl", crl.shard), &crl.der)?;
            }
            outputs::write(&out, "root.crl", &root.der)?;
            outputs::transcript(&out, "termination-transcript", &root.transcript)?;
            output::line(root.transcript.transcript.text());
            output::line("Publish these files at their old addresses for as long as documents may be checked.");
        }
    }
    Ok(())
}
