//! `rabrong officer`: a one-time enrolment link, written to the ledger; and the operators' approval of a
//! central officer's new passkey.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use web::workflow::{Invite, Role, invite};

use super::root_crl::root_acts;
use crate::configuration::Configuration;
use crate::operators::{Names, Secrets};
use crate::{output, outputs, wiring};

/// Arguments of `rabrong officer`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print a one-time enrolment link; it also stands in the ledger
    Invite {
        /// Code of the unit
        #[arg(long)]
        unit: String,
        /// What the person will be
        #[arg(long, value_parser = ["ra_officer", "evidence_officer", "doctor", "central"], default_value = "ra_officer")]
        role: String,
        /// Name shown on the link's page
        #[arg(long)]
        name: String,
        /// A central officer's person id, as `rabrong init --persons` wrote it
        #[arg(long, required_if_eq("role", "central"))]
        person: Option<String>,
    },
    /// Approve a central officer's new passkey in the place of a second officer, with both operators
    Approve {
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
    },
}

/// Does it.
///
/// # Errors
/// The unit is unknown, or signer or database cannot be reached; what stopped the operators' approval.
pub async fn run(configuration: &Configuration, arguments: Arguments) -> anyhow::Result<()> {
    let (unit, role, name, person) = match arguments.action {
        Action::Invite { unit, role, name, person } => (unit, role, name, person),
        Action::Approve { request, key_code, out, names, secrets } => {
            let acts = root_acts(configuration, &names, &secrets).await?;
            let signed = acts.approve_replacement(&request, &key_code).await?;
            outputs::transcript(&out, "officer-transcript", &signed)?;
            output::line(signed.transcript.text());
            output::line(
                "With the other central officer's approval it takes effect after the delay, unless its holder stops \
                 it. Take the root's token away.",
            );
            return Ok(());
        }
    };
    let role = Role::parse(&role).ok_or_else(|| anyhow::anyhow!("no such role"))?;
    let app = wiring::portal_app(configuration, None).await?;
    let link =
        invite(&app, Invite { role, unit_code: &unit, name: &name, invited_by: "", person_id: person.as_deref() })
            .await?;
    output::line(&link);
    Ok(())
}
