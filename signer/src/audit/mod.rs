//! Checks an activation again, years later, from the journal and the published keys alone: no
//! token, no signer, nobody's word.
//!
//! ```text
//! evidence  one activation: the challenge from its parts, the assertion, the binding statement
//! chain     who made that binding, up to the ceremony
//! log       the ledger's entry, its place under a signed checkpoint, and what came of it
//! report    what was found, in words and as JSON
//! ```

mod chain;
mod evidence;
mod log;
mod report;

pub use report::{Check, Consequence, Link, Report};

pub(crate) use evidence::evidence_digest;

use ca::PublicKey;
use serde::Deserialize;
use store::Journal;

use crate::protocol::PublishedKey;
use crate::webauthn::RelyingParty;

/// The keys that the check rests on: as published by the portal, and held against the
/// ceremony's transcript by whoever asks.
#[derive(Debug, Clone)]
pub struct AuditKeys {
    binding: PublicKey,
    checkpoint: PublicKey,
}

/// The file that the portal publishes as `/.well-known/rabrong-keys.json`.
#[derive(Debug, Deserialize)]
struct KeyFile {
    keys: Vec<PublishedKey>,
}

/// Why an activation cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The journal.
    #[error("the journal cannot be read")]
    Journal(#[from] store::Error),
    /// The file of keys.
    #[error("the file of keys holds no {0} key: give what the portal publishes as /.well-known/rabrong-keys.json")]
    Keys(&'static str),
    /// The journal does not know it.
    #[error("the journal knows no activation of that id")]
    Unknown,
}

impl AuditKeys {
    /// Reads the published file.
    ///
    /// # Errors
    /// [`AuditError::Keys`] naming the key that is missing or malformed.
    pub fn read(json: &[u8]) -> Result<Self, AuditError> {
        let file: KeyFile = serde_json::from_slice(json).map_err(|_| AuditError::Keys("published"))?;
        let key = |purpose: &'static str| {
            let published = file.keys.iter().find(|key| key.purpose == purpose);
            published
                .and_then(|key| hex::decode(&key.spki).ok())
                .and_then(|spki| PublicKey::from_spki_der(&spki).ok())
                .ok_or(AuditError::Keys(purpose))
        };
        Ok(Self { binding: key("binding")?, checkpoint: key("checkpoint")? })
    }

    /// DER of each `SubjectPublicKeyInfo` with its purpose, to be held against a transcript.
    #[must_use]
    pub fn spkis(&self) -> [(&'static str, Vec<u8>); 2] {
        let der = |key: &PublicKey| key.to_spki_der().unwrap_or_default();
        [("binding", der(&self.binding)), ("checkpoint", der(&self.checkpoint))]
    }
}

/// Checks an activation and all that it rests on.
///
/// # Errors
/// [`AuditError`] if there is nothing to check; what does not stand up is in the report.
pub async fn activation(
    journal: &Journal,
    keys: &AuditKeys,
    relying_party: &RelyingParty,
    activation_id: &str,
) -> Result<Report, AuditError> {
    let mut tx = journal.begin().await?;
    let row = tx.activation(activation_id).await?.ok_or(AuditError::Unknown)?;
    let mut report = Report::of(&row);
    evidence::check(&mut tx, keys, relying_party, &row, &mut report).await?;
    chain::check(&mut tx, keys, relying_party, &row, &mut report).await?;
    log::check(&mut tx, keys, &row, &mut report).await?;
    Ok(report)
}
