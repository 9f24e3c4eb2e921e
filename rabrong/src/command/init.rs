//! `rabrong init`: the ceremony. Tokens, keys, root and issuing CA, and the passkeys of the
//! first two central officers, enrolled on pages that this command serves at the signer's
//! origin while it waits.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use secrecy::SecretString;
use serde::Deserialize;
use signer::ceremony::{CentralOfficer, Ceremony, CeremonyError};
use signer::core::Core;
use signer::protocol::{CredentialReference, Refusal};
use store::ids::PersonId;
use tokio::net::TcpListener;

use crate::configuration::{Configuration, secret};
use crate::edge;
use crate::output;
use crate::wiring::{self, Which};

/// Arguments of `rabrong init`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The two central officers: a JSON file `[{"name_th", "name_en", "national_id"}, {…}]`
    #[arg(long)]
    officers: PathBuf,
    /// Where to write the transcript
    #[arg(long, default_value = "ceremony.txt")]
    transcript: PathBuf,
    /// Write the officers' person ids there, for their first links to the portal
    #[arg(long)]
    persons: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Officer {
    name_th: String,
    name_en: String,
    national_id: String,
}

/// Holds the ceremony.
///
/// # Errors
/// What stopped it; a finished ceremony is not held again.
pub async fn run(configuration: &Configuration, arguments: Arguments) -> anyhow::Result<()> {
    let journal = wiring::journal(configuration).await?;
    {
        let mut tx = journal.begin().await?;
        if let Some(held) = tx.setting("ceremony").await? {
            return Err(CeremonyError::AlreadyHeld(held).into());
        }
    }
    let read = |path: &Path| std::fs::read_to_string(path).with_context(|| path.display().to_string());
    let officers: Vec<Officer> = serde_json::from_str(&read(&arguments.officers)?).context("--officers")?;
    ensure!(officers.len() == 2, "--officers: exactly two persons");
    let units = serde_json::from_str(&read(&configuration.signer.units)?).context("signer.units")?;
    for which in [Which::Root, Which::Online] {
        prepare_token(configuration, which)?;
    }
    let ceremony = Ceremony {
        configuration: wiring::signer_configuration(configuration),
        organisation: configuration.signer.organisation.clone(),
        units,
        root_token: wiring::token(configuration, Which::Root)?,
        token: wiring::token(configuration, Which::Online)?,
        journal,
        clock: edge::clock(),
        randomness: edge::randomness(),
    };
    output::line("keys and CA certificates …");
    let core = ceremony.prepare().await?;

    let listener = TcpListener::bind(&configuration.signer.listen)
        .await
        .with_context(|| format!("signer.listen {}", configuration.signer.listen))?;
    let pages = tokio::spawn({
        let router = signer::web::router(std::sync::Arc::clone(&core), None);
        async move { axum::serve(listener, router).await }
    });
    let cipher = wiring::field_cipher(configuration)?;
    let mut bound = Vec::new();
    for officer in officers {
        let national_id = people::NationalId::parse(&officer.national_id)
            .with_context(|| format!("--officers: the national ID of {}", officer.name_th))?;
        let person_id = PersonId::new(ceremony.clock.now(), &mut ceremony.randomness.clone()).to_string();
        let credential = enrol(&core, &person_id, &officer).await?;
        output::line(&format!("{}: passkey {}", officer.name_th, credential.key_code));
        bound.push(CentralOfficer {
            identity_digest: web::workflow::identity_digest(&cipher, national_id.expose_digits()),
            person_id,
            name_th: officer.name_th,
            name_en: officer.name_en,
            credential,
        });
    }
    pages.abort();
    let bound: [CentralOfficer; 2] = bound.try_into().map_err(|_| anyhow::anyhow!("two officers"))?;
    let transcript = ceremony.finish(&core, &bound).await?;
    std::fs::write(&arguments.transcript, &transcript).with_context(|| arguments.transcript.display().to_string())?;
    output::line(&transcript);
    if let Some(path) = &arguments.persons {
        let persons: Vec<_> = bound
            .iter()
            .map(|officer| {
                serde_json::json!({
                    "person_id": officer.person_id, "name_th": officer.name_th, "name_en": officer.name_en,
                    "identity_digest": officer.identity_digest,
                })
            })
            .collect();
        std::fs::write(path, serde_json::to_vec_pretty(&persons)?).with_context(|| path.display().to_string())?;
    }
    output::line("The root's token can now be taken off line; it is needed again for the next root CRL.");
    Ok(())
}

/// Initialises a token that does not exist yet; its security officer's PIN lands beside the
/// user's, to be taken away.
fn prepare_token(configuration: &Configuration, which: Which) -> anyhow::Result<()> {
    let signer = &configuration.signer;
    let (label, pin_file) = match which {
        Which::Online => (&signer.token, &signer.pin_file),
        Which::Root => (&signer.root_token, &signer.root_pin_file),
    };
    if hsm::token_exists(&signer.module, label)? {
        return Ok(());
    }
    let officer_pin = hex::encode(edge::randomness().bytes::<16>());
    let officer_file = pin_file.with_extension("so-pin");
    crate::files::write_secret(&officer_file, &officer_pin).with_context(|| officer_file.display().to_string())?;
    let pin = SecretString::from(secret(pin_file)?);
    hsm::initialise(&signer.module, label, &SecretString::from(officer_pin), &pin)
        .with_context(|| format!("token {label:?}"))?;
    output::line(&format!("token {label:?} initialised; its security officer's PIN is in {}", officer_file.display()));
    Ok(())
}

/// Waits for one officer's passkey, with a fresh link whenever one ended unused.
async fn enrol(core: &Core, person_id: &str, officer: &Officer) -> anyhow::Result<CredentialReference> {
    loop {
        let (ticket, url) = Ceremony::invite_officer(core, person_id, &officer.name_th).await?;
        output::line(&format!("{} ({}): open this page within five minutes:", officer.name_th, officer.name_en));
        output::line(&url);
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            match Ceremony::enrolled(core, &ticket).await {
                Ok(Some(credential)) => return Ok(credential),
                Ok(None) => {}
                Err(CeremonyError::Refused(Refusal::TicketOver)) => break,
                Err(error) => return Err(error.into()),
            }
        }
    }
}
