//! What gives people rights are statements signed by the binding key. A row of the journal alone
//! makes nobody an officer and gives nobody a passkey: the signature under it must be the token's.
//!
//! ```text
//! standing      what a person acts with: passkeys in force and certificates, a chain of versions
//! appointments  who is an officer of what, and the ends of that
//! approvals     officers' approvals of a new passkey in the place of lost ones
//! digest_permission  which units' doctors may sign digests that others made
//! evidence      what evidence officers vouched for
//! ```

mod appointments;
mod approvals;
mod digest_permission;
mod evidence;
mod standing;

pub(crate) use approvals::{Approval, OPERATORS};
pub(crate) use evidence::{Finding, Vouched, name_digest};
pub(crate) use standing::{About, BoundCredential, HeldCertificate, Standing};

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::core::Core;
use crate::protocol::Refusal;

/// Separates these signatures from everything else.
const TAG: &[u8] = b"rabrong/statement/v1\0";

/// Statements and versions a process remembers; past that it begins anew.
const REMEMBERED: usize = 1 << 17;

/// What the binding key vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "statement", rename_all = "snake_case")]
pub(crate) enum Statement {
    /// All that this person acts with, from this version on.
    Binding {
        person_id: String,
        version: i64,
        /// SHA-256 of the statement before, hexadecimal; none for the first.
        previous: Option<String>,
        credentials: Vec<BoundCredential>,
        certificates: Vec<HeldCertificate>,
        /// What changed: `bound`, `certified`, `ended`, `suspended`, `replaced`, `stopped`.
        act: String,
        by: String,
        at: String,
    },
    /// This unit's doctors may, or may no longer, sign digests that others made.
    DigestPermission { unit_code: String, allowed: bool, version: i64, by: String, at: String },
    /// This person is an officer of this unit.
    Appointment {
        appointment_id: String,
        person_id: String,
        identity_digest: String,
        role: String,
        unit_code: String,
        by: String,
        at: String,
    },
    /// That is over.
    AppointmentEnd { appointment_id: String, by: String, at: String },
    /// An officer approved a new passkey for somebody.
    Approval(Approval),
    /// An evidence officer saw somebody.
    Evidence(Vouched),
}

/// A statement in its one form (RFC 8785): all that the binding key signs.
#[derive(Debug)]
pub(crate) struct StatementText(String);

impl StatementText {
    /// A text as the journal has it.
    pub(crate) const fn of(text: String) -> Self {
        Self(text)
    }

    /// What it says; none if that is no statement.
    pub(crate) fn read(&self) -> Option<Statement> {
        serde_json::from_str(&self.0).ok()
    }

    /// The bytes that are signed.
    pub(crate) fn to_sign(&self) -> Vec<u8> {
        [TAG, self.0.as_bytes()].concat()
    }
}

/// What this process knows of statements: a journal that is put back to an earlier state does not
/// put this back.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// SHA-256 of text and signature of those that were verified.
    verified: Mutex<HashSet<[u8; 32]>>,
    /// The newest version seen of each person, with the digest of its text.
    newest: Mutex<HashMap<String, (i64, [u8; 32])>>,
}

impl Memory {
    fn was_verified(&self, digest: &[u8; 32]) -> bool {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).contains(digest)
    }

    fn note_verified(&self, digest: [u8; 32]) {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(digest);
    }

    /// Notes a person's newest statement; `false` if a newer one, or another of this version, was
    /// seen before.
    fn follows(&self, person_id: &str, version: i64, digest: [u8; 32]) -> bool {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        match newest.get(person_id) {
            Some((seen, _)) if *seen > version => return false,
            Some((seen, text)) if *seen == version => return *text == digest,
            _ => {}
        }
        if newest.len() >= REMEMBERED {
            newest.clear();
        }
        newest.insert(person_id.to_owned(), (version, digest));
        true
    }

    /// 0 if none was seen.
    fn newest_version(&self, person_id: &str) -> i64 {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.get(person_id).map_or(0, |(version, _)| *version)
    }
}

impl Core {
    pub(crate) async fn sign_statement(&self, statement: &Statement) -> Result<(String, Vec<u8>), Refusal> {
        let text = StatementText(serde_json_canonicalizer::to_string(statement).map_err(|_| Refusal::Internal)?);
        let signature = self.keys.binding.sign(&text).await?;
        Ok((text.0, signature))
    }

    /// Reads a statement only if the binding key signed it.
    pub(crate) fn read(&self, text: &str, signature: &[u8]) -> Option<Statement> {
        let digest: [u8; 32] =
            Sha256::new().chain_update(Sha256::digest(text)).chain_update(signature).finalize().into();
        if !self.statements.was_verified(&digest) {
            if !self.keys.binding.signed(&StatementText(text.to_owned()), signature) {
                return None;
            }
            self.statements.note_verified(digest);
        }
        StatementText(text.to_owned()).read()
    }
}
