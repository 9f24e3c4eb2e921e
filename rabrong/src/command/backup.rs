//! `rabrong backup`: which keys of the tokens have a backup.

use std::path::PathBuf;

use clap::Args;
use hsm::Purpose;
use signer::ceremony::{BackupState, backups};

use crate::configuration::Configuration;
use crate::{output, wiring};

/// Arguments of `rabrong backup`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of the keys' backups, as the ceremony's document names it: `<outputs>/backups`
    #[arg(long)]
    from: PathBuf,
}

/// Says it, one line for each key of the online token.
///
/// # Errors
/// If a key that should have a backup has none. The time-stamping units that the signer makes by
/// itself have none: their end costs nothing but a new unit.
pub async fn run(configuration: &Configuration, arguments: &Arguments) -> anyhow::Result<()> {
    let token = wiring::token(configuration)?;
    let journal = wiring::journal(configuration).await?;
    let mut tx = journal.begin().await?;
    let generations = tx.certificates_of_kind("issuing").await?.len();
    let units = tx.certificates_of_kind("tsa").await?.len();
    drop(tx);
    let numbers = |count: usize| 1..=u32::try_from(count).unwrap_or(u32::MAX);
    let mut purposes: Vec<Purpose> = numbers(generations).map(Purpose::Issuing).collect();
    purposes.extend([Purpose::TsaCa, Purpose::Ocsp, Purpose::Binding, Purpose::Seal, Purpose::Checkpoint]);
    purposes.extend(token.epochs()?.into_iter().map(Purpose::DoctorWrap));
    purposes.push(Purpose::DocumentData);
    purposes.extend(numbers(units).map(Purpose::Tsa));
    let mut missing = 0;
    for purpose in purposes {
        if !token.exists(purpose)? {
            continue;
        }
        let word = match backups::state(&arguments.from, &token, purpose)? {
            BackupState::Kept => "kept",
            BackupState::Missing if matches!(purpose, Purpose::Tsa(unit) if unit > 1) => "none (needs none)",
            BackupState::Missing => {
                missing += 1;
                "MISSING"
            }
            BackupState::OfAnotherKey => {
                missing += 1;
                "OF ANOTHER KEY"
            }
        };
        output::line(&format!("{:<28} {word}", purpose.label()));
    }
    anyhow::ensure!(missing == 0, "{missing} key(s) could not be restored from {}", arguments.from.display());
    output::line("That they open shows only by restoring them to a second token: rabrong restore.");
    Ok(())
}
