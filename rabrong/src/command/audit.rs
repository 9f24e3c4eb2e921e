//! `rabrong audit verify`: both ledgers, entry by entry, against their signed checkpoints.

use clap::{Args, Subcommand};
use hsm::Purpose;
use ledger::SignedCheckpoint;
use store::Transaction;

use crate::configuration::Configuration;
use crate::output;
use crate::wiring;

/// Entries read at a time.
const PAGE: i64 = 10_000;

/// Arguments of `rabrong audit`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Check sequence, leaves, roots and signatures of both ledgers
    Verify,
}

/// Checks; says what it found.
///
/// # Errors
/// If a ledger does not stand up to the check, or cannot be read.
pub async fn run(configuration: &Configuration, arguments: Arguments) -> anyhow::Result<()> {
    let Action::Verify = arguments.action;
    let token = wiring::token(configuration)?;
    let key = ca::PublicKey::from_spki_der(&token.public_key(Purpose::Checkpoint)?)?;
    let verifies = |_: &str, message: &[u8], signature: &[u8]| key.verify(message, signature).is_ok();

    let mut sound = true;
    let mut journal = wiring::journal(configuration).await?.begin().await?;
    sound &= check("rabrong/journal", &mut journal, verifies).await?;
    let mut portal = wiring::portal(configuration).await?.begin().await?;
    sound &= check("rabrong/portal", &mut portal, verifies).await?;
    anyhow::ensure!(sound, "a ledger does not stand up to the check");
    Ok(())
}

async fn check(
    origin: &str,
    tx: &mut Transaction,
    verifies: impl Fn(&str, &[u8], &[u8]) -> bool,
) -> anyhow::Result<bool> {
    let mut entries = Vec::new();
    loop {
        let from = u64::try_from(entries.len())?;
        let page = tx.entries(from, PAGE).await?;
        if page.is_empty() {
            break;
        }
        entries.extend(page);
    }
    let mut checkpoints = Vec::new();
    for row in tx.checkpoints().await? {
        checkpoints.push(SignedCheckpoint::parse(&row.note)?);
    }
    match ledger::verify(origin, &entries, &checkpoints, verifies) {
        Ok(report) => {
            output::line(&format!(
                "{origin}: {} entries ({} erased), {} checkpoints, covered up to {}, root {}",
                report.entries,
                report.erased,
                report.checkpoints,
                report.covered,
                hex::encode(report.root),
            ));
            Ok(true)
        }
        Err(faults) => {
            for fault in faults {
                output::line(&format!("{origin}: {fault}"));
            }
            Ok(false)
        }
    }
}
