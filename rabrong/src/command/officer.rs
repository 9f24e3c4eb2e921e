//! `rabrong officer invite`: a one-time enrolment link, written to the ledger.

use clap::{Args, Subcommand};
use web::workflow::{Invite, Role, invite};

use crate::configuration::Configuration;
use crate::output;
use crate::wiring;

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
}

/// Makes the invitation.
///
/// # Errors
/// The unit is unknown, or signer or database cannot be reached.
pub async fn run(configuration: &Configuration, arguments: Arguments) -> anyhow::Result<()> {
    let Action::Invite { unit, role, name, person } = arguments.action;
    let role = Role::parse(&role).ok_or_else(|| anyhow::anyhow!("no such role"))?;
    let app = wiring::portal_app(configuration, None).await?;
    let link =
        invite(&app, Invite { role, unit_code: &unit, name: &name, invited_by: "", person_id: person.as_deref() })
            .await?;
    output::line(&link);
    Ok(())
}
