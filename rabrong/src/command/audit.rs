//! `rabrong audit verify`: both ledgers, entry by entry, against their signed checkpoints.
//! `rabrong audit activation`: one touch of a passkey, and all that it rests on, without the token.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use hsm::Purpose;
use ledger::SignedCheckpoint;
use sha2::{Digest as _, Sha256};
use signer::audit::{self, AuditKeys};
use signer::client::Client;
use signer::protocol::{Request, Response};
use signer::webauthn::RelyingParty;
use store::Transaction;

use crate::configuration::Configuration;
use crate::output;
use crate::wiring;

/// How long the signer may take to tell its keys.
const PATIENCE: Duration = Duration::from_secs(10);

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
    /// Check again what a person activated, from the journal and the published keys alone
    Activation(ActivationArguments),
}

impl Arguments {
    /// Whether the online token is asked: an activation is checked without it.
    #[must_use]
    pub const fn needs_token(&self) -> bool {
        matches!(self.action, Action::Verify)
    }
}

#[derive(Debug, Args)]
struct ActivationArguments {
    /// UUID of the activation; the journal names it beside every document and certificate
    id: String,
    /// The keys as the portal publishes them at /.well-known/rabrong-keys.json; without, the running signer
    /// of the installation is asked for its own
    #[arg(long)]
    keys: Option<PathBuf>,
    /// The folder of the ceremony (transcript.txt, transcript.sig, root.pub): holds the keys against it
    #[arg(long)]
    ceremony: Option<PathBuf>,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// Checks; says what it found.
///
/// # Errors
/// If a ledger does not stand up to the check, or cannot be read.
pub async fn run(configuration: &Configuration, arguments: Arguments) -> anyhow::Result<()> {
    if let Action::Activation(asked) = arguments.action {
        return activation(configuration, &asked).await;
    }
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

async fn activation(configuration: &Configuration, asked: &ActivationArguments) -> anyhow::Result<()> {
    let read = |path: &Path| std::fs::read(path).with_context(|| path.display().to_string());
    let keys = match &asked.keys {
        Some(file) => read(file)?,
        None => signers_own_keys(configuration).await?,
    };
    let keys = AuditKeys::read(&keys)?;
    if let Some(folder) = &asked.ceremony {
        let transcript = read(&folder.join("transcript.txt"))?;
        from_the_ceremony(
            &keys,
            &transcript,
            &read(&folder.join("transcript.sig"))?,
            &read(&folder.join("root.pub"))?,
        )?;
    }
    let journal = wiring::journal(configuration).await?;
    let relying_party = RelyingParty { rp_id: configuration.signer_rp_id(), origin: configuration.signer_url.clone() };
    let report = audit::activation(&journal, &keys, &relying_party, &asked.id).await?;
    if asked.json {
        output::line(&serde_json::to_string(&report)?);
    } else {
        for line in report.lines() {
            output::line(&line);
        }
        if asked.ceremony.is_none() {
            let whose = if asked.keys.is_some() { "taken as given" } else { "the running signer's own word" };
            output::line(&format!("the keys are {whose}: --ceremony DIR holds them against the ceremony's transcript"));
        }
    }
    anyhow::ensure!(report.sound, "the activation does not stand up to the check");
    Ok(())
}

/// The file of keys, as the running signer would have the portal publish it.
async fn signers_own_keys(configuration: &Configuration) -> anyhow::Result<Vec<u8>> {
    let answer = Client::new(&configuration.signer.socket, PATIENCE).ask(Request::PublishedKeys).await;
    match answer.context("the signer does not answer: --keys FILE takes the keys from elsewhere")? {
        Response::Keys { keys } => Ok(serde_json::to_vec(&serde_json::json!({ "keys": keys }))?),
        _ => anyhow::bail!("the signer answered something else"),
    }
}

/// The root signed a transcript that names these keys.
fn from_the_ceremony(keys: &AuditKeys, transcript: &[u8], signature: &[u8], root: &[u8]) -> anyhow::Result<()> {
    let (_, der) =
        x509_cert::der::pem::decode_vec(root).map_err(|_| anyhow::anyhow!("root.pub is no PEM public key"))?;
    ca::PublicKey::from_spki_der(&der)?
        .verify(transcript, signature)
        .context("the ceremony's transcript is not signed by root.pub")?;
    let text = std::str::from_utf8(transcript).context("transcript.txt")?;
    for (purpose, spki) in keys.spkis() {
        let digest = hex::encode(Sha256::digest(spki));
        let named = |line: &str| line.trim_end().ends_with(&digest) && line.contains(purpose);
        anyhow::ensure!(text.lines().any(named), "the {purpose} key is not the one of the ceremony");
    }
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
