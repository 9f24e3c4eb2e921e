//! `rabrong init`: the ceremony. From one reviewed document and both operators: tokens, keys, CA
//! certificates, and the passkeys of the first two central officers, enrolled on pages that this
//! command serves at the signer's origin while it waits.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use secrecy::SecretString;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use signer::ceremony::{Appointee, Backups, CentralOfficer, Ceremony, CeremonyError, Plan, rehearse};
use signer::core::Core;
use signer::protocol::{CredentialReference, Refusal, UnitNode};
use store::ids::PersonId;
use tokio::net::TcpListener;

use crate::configuration::{Configuration, secret};
use crate::operators::{Components, RootPins, Secrets};
use crate::{edge, output, outputs, wiring};

/// The program's name in transcripts.
pub const PROGRAM: &str = concat!("rabrong ", env!("CARGO_PKG_VERSION"));

/// Arguments of `rabrong init`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The ceremony's document (TOML)
    #[arg(long)]
    ceremony: PathBuf,
    /// Check everything under throw-away keys and touch no token and no database
    #[arg(long)]
    dry_run: bool,
    /// SHA-256 of the document that both operators have reviewed, as the dry run printed it
    #[arg(long, required_unless_present = "dry_run")]
    reviewed: Option<String>,
    /// Codes of the two officers' passkeys, in the document's order: to go on with a ceremony that has recorded them
    #[arg(long, num_args = 2, value_names = ["CODE", "CODE"])]
    passkeys: Option<Vec<String>>,
    #[command(flatten)]
    secrets: Secrets,
    #[command(flatten)]
    components: Components,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Officer {
    name_th: String,
    name_en: String,
    national_id: String,
}

/// The document, and what it points to; its paths stand from its own folder.
struct Document {
    plan: Plan,
    sha256: String,
    units: Vec<UnitNode>,
    officers: [Officer; 2],
    outputs: PathBuf,
}

/// Holds the ceremony.
///
/// # Errors
/// What stopped it; a finished ceremony is not held again.
pub async fn run(configuration: &Configuration, arguments: Arguments) -> anyhow::Result<()> {
    let document = read(configuration, &arguments.ceremony)?;
    output::line(&format!("{}  {}", document.sha256, arguments.ceremony.display()));
    if arguments.dry_run {
        return dry_run(configuration, &document);
    }
    let reviewed = arguments.reviewed.as_deref().unwrap_or_default().trim().to_lowercase();
    ensure!(
        reviewed == document.sha256,
        "--reviewed: the document is not the one that was reviewed; nothing was done. Review it again"
    );
    let journal = wiring::journal(configuration).await?;
    if let Ok(published) = Ceremony::published_in(&journal).await {
        return already_held(&journal, &document, &published).await;
    }
    let confirmed: Option<[String; 2]> = arguments.passkeys.and_then(|codes| codes.try_into().ok());
    let pins = arguments.secrets.root_pins()?;
    prepare_tokens(configuration, &pins)?;
    let signer = &configuration.signer;
    let root_token = wiring::open_token(configuration, &signer.root_token, pins.user)?;
    let token = wiring::token(configuration)?;
    let backups = match document.plan.backup {
        true => {
            let components = arguments.components.read_or_draw(&root_token)?;
            Some(Backups::new(&document.outputs.join("backups"), components)?)
        }
        false => None,
    };
    let identity = |label: &str| hsm::token_identity(&signer.module, label);
    let ceremony = Ceremony {
        configuration: wiring::signer_configuration(configuration),
        plan: document.plan,
        document_sha256: document.sha256,
        program: PROGRAM.to_owned(),
        units: document.units,
        identities: [identity(&signer.root_token)?, identity(&signer.token)?],
        root_token,
        token,
        backups,
        journal,
        clock: edge::clock(),
        randomness: edge::randomness(),
    };
    output::line("keys and CA certificates …");
    let core = ceremony.prepare().await?;
    let appointees = appointees(configuration, &document.officers)?;
    let officers = match ceremony.recorded_officers(&appointees, confirmed.as_ref()).await? {
        Some(officers) => officers,
        None => enrol_officers(configuration, &ceremony, &core, document.officers).await?,
    };
    let published = ceremony.finish(&core, &officers).await?;
    outputs::ceremony(&document.outputs, &published)?;
    output::line(published.transcript.transcript.text());
    output::line(&format!("written to {}", document.outputs.display()));
    output::line("The root's token can now be taken off line; it is needed again for the next root CRL.");
    Ok(())
}

fn read(configuration: &Configuration, path: &Path) -> anyhow::Result<Document> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let text = std::str::from_utf8(&bytes).with_context(|| path.display().to_string())?;
    let plan: Plan = toml::from_str(text).with_context(|| path.display().to_string())?;
    plan.check()?;
    ensure!(
        plan.tokens.root == configuration.signer.root_token && plan.tokens.online == configuration.signer.token,
        "the document's tokens are not those of the configuration (signer.root_token, signer.token)"
    );
    let folder = edge::folder(path);
    let json = |path: &Path| {
        let path = folder.join(path);
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let units = serde_json::from_str(&json(&plan.units)?).context("units")?;
    let officers: [Officer; 2] = serde_json::from_str(&json(&plan.officers)?).context("officers: exactly two")?;
    for officer in &officers {
        people::NationalId::parse(&officer.national_id)
            .with_context(|| format!("officers: the national ID of {}", officer.name_th))?;
    }
    Ok(Document {
        sha256: hex::encode(Sha256::digest(&bytes)),
        units,
        officers,
        outputs: folder.join(&plan.outputs),
        plan,
    })
}

fn dry_run(configuration: &Configuration, document: &Document) -> anyhow::Result<()> {
    let told = wiring::signer_configuration(configuration);
    let rehearsal = rehearse(&told, &document.plan, &document.units, &edge::clock(), &edge::randomness())?;
    let folder = document.outputs.join("rehearsal");
    for (name, der) in &rehearsal.certificates {
        outputs::write(&folder, &format!("{name}.pem"), outputs::pem("CERTIFICATE", der).as_bytes())?;
    }
    outputs::write(&folder, "root.crl", &rehearsal.root_crl)?;
    outputs::write(&folder, "words.txt", rehearsal.words.as_bytes())?;
    output::line(&rehearsal.words);
    output::line(&format!("Every certificate passes its lint. Look at them: {}", folder.display()));
    output::line("No token and no database was touched. Both operators now review the document, and give its SHA-256:");
    output::line(&format!("  --reviewed {}", document.sha256));
    Ok(())
}

/// A ceremony that was finished and could not write its files writes them now.
async fn already_held(
    journal: &store::Journal,
    document: &Document,
    published: &signer::ceremony::Published,
) -> anyhow::Result<()> {
    let mut tx = journal.begin().await?;
    let held = tx.setting("ceremony").await?.unwrap_or_default();
    let same = tx.setting("ceremony_document_sha256").await?.is_some_and(|sha256| sha256 == document.sha256);
    if !same || document.outputs.join(outputs::TRANSCRIPT).exists() {
        return Err(CeremonyError::AlreadyHeld(held).into());
    }
    outputs::ceremony(&document.outputs, published)?;
    output::line(&format!("the ceremony was held on {held}; its files are in {}", document.outputs.display()));
    Ok(())
}

/// Initialises the tokens that do not exist yet. The online token's security officer's PIN lands
/// beside the user's, to be taken away; the root's are both operators' and written nowhere.
fn prepare_tokens(configuration: &Configuration, root: &RootPins) -> anyhow::Result<()> {
    let signer = &configuration.signer;
    if !hsm::token_exists(&signer.module, &signer.root_token)? {
        hsm::initialise(&signer.module, &signer.root_token, &root.security_officer, &root.user)
            .with_context(|| format!("token {:?}", signer.root_token))?;
        output::line(&format!("token {:?} initialised", signer.root_token));
    }
    if !hsm::token_exists(&signer.module, &signer.token)? {
        let pin = SecretString::from(secret(&signer.pin_file)?);
        initialise_online(configuration, &signer.token, &signer.pin_file, &pin)?;
    }
    Ok(())
}

/// Initialises a token that stays on line.
///
/// # Errors
/// The file of the security officer's PIN, or the token.
pub fn initialise_online(
    configuration: &Configuration,
    label: &str,
    pin_file: &Path,
    pin: &SecretString,
) -> anyhow::Result<()> {
    let officer_pin = hex::encode(edge::randomness().bytes::<16>());
    let officer_file = pin_file.with_extension("so-pin");
    crate::files::write_secret(&officer_file, &officer_pin).with_context(|| officer_file.display().to_string())?;
    hsm::initialise(&configuration.signer.module, label, &SecretString::from(officer_pin), pin)
        .with_context(|| format!("token {label:?}"))?;
    output::line(&format!("token {label:?} initialised; its security officer's PIN is in {}", officer_file.display()));
    Ok(())
}

fn appointees(configuration: &Configuration, officers: &[Officer; 2]) -> anyhow::Result<[Appointee; 2]> {
    let cipher = wiring::field_cipher(configuration)?;
    let appointee = |officer: &Officer| {
        let national_id = people::NationalId::parse(&officer.national_id).context("officers")?;
        Ok::<_, anyhow::Error>(Appointee {
            name_th: officer.name_th.clone(),
            name_en: officer.name_en.clone(),
            identity_digest: web::workflow::identity_digest(&cipher, national_id.expose_digits()),
        })
    };
    let [first, second] = officers;
    Ok([appointee(first)?, appointee(second)?])
}

async fn enrol_officers(
    configuration: &Configuration,
    ceremony: &Ceremony,
    core: &std::sync::Arc<Core>,
    officers: [Officer; 2],
) -> anyhow::Result<[CentralOfficer; 2]> {
    let listener = TcpListener::bind(&configuration.signer.listen)
        .await
        .with_context(|| format!("signer.listen {}", configuration.signer.listen))?;
    let pages = tokio::spawn({
        let router = signer::web::router(std::sync::Arc::clone(core), None);
        async move { axum::serve(listener, router).await }
    });
    let cipher = wiring::field_cipher(configuration)?;
    let mut enrolled = Vec::new();
    for officer in officers {
        let national_id = people::NationalId::parse(&officer.national_id).context("officers")?;
        let person_id = PersonId::new(ceremony.clock.now(), &mut ceremony.randomness.clone()).to_string();
        let credential = enrol(core, &person_id, &officer).await?;
        output::line(&format!("{}: passkey {}", officer.name_th, credential.key_code));
        enrolled.push(CentralOfficer {
            identity_digest: web::workflow::identity_digest(&cipher, national_id.expose_digits()),
            person_id,
            name_th: officer.name_th,
            name_en: officer.name_en,
            credential,
        });
    }
    pages.abort();
    enrolled.try_into().map_err(|_| anyhow::anyhow!("two officers"))
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
