//! Bindings and appointments are statements signed by the binding key. A row of the journal
//! alone makes nobody an officer: the signature under it must be the token's.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::ids::micros;
use store::journal::{Appointment as AppointmentRow, Binding as BindingRow, Tx};
use time::OffsetDateTime;

use crate::core::{Core, journal_refusal, rfc3339};
use crate::protocol::{Appointment, CredentialReference, Refusal};

/// Separates these signatures from everything else.
const TAG: &[u8] = b"rabrong/statement/v1\0";

/// What the binding key vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "statement", rename_all = "snake_case")]
pub(crate) enum Statement {
    /// This credential is this person's.
    Binding {
        person_id: String,
        credential_id: String,
        public_key_sha256: String,
        version: i64,
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
}

/// A statement in its one form (RFC 8785): all that the binding key signs.
#[derive(Debug)]
pub(crate) struct StatementText(String);

impl StatementText {
    /// The bytes that are signed.
    pub(crate) fn to_sign(&self) -> Vec<u8> {
        [TAG, self.0.as_bytes()].concat()
    }
}

impl Core {
    /// States that a credential is this person's, once; `by` is the activation that allows it,
    /// recorded before, or `ceremony`.
    pub(crate) async fn bind(
        &self,
        person_id: &str,
        credential: &CredentialReference,
        by: &str,
        at: OffsetDateTime,
    ) -> Result<(), Refusal> {
        let newest = self.newest_binding(person_id).await?;
        if names(newest.as_ref(), credential) {
            return Ok(());
        }
        let version = newest.map_or(0, |row| row.version) + 1;
        let statement = Statement::Binding {
            person_id: person_id.to_owned(),
            credential_id: credential.credential_id.clone(),
            public_key_sha256: credential.public_key_sha256.clone(),
            version,
            by: by.to_owned(),
            at: rfc3339(at),
        };
        let (text, signature) = self.sign_statement(&statement).await?;
        let row = BindingRow {
            binding_id: store::ids::uuid(at, &mut self.randomness.clone()),
            person_id: person_id.to_owned(),
            credential_id: credential.credential_id.clone(),
            version,
            ended: 0,
            statement: text,
            signature,
            at: micros(at),
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        match tx.insert_binding(&row).await {
            Ok(()) => {}
            // Another activation of the same request, or another signer, took this version.
            Err(store::Error::Conflict { .. }) => {
                drop(tx);
                let newest = self.newest_binding(person_id).await?;
                return if names(newest.as_ref(), credential) { Ok(()) } else { Err(Refusal::Conflict) };
            }
            Err(error) => return Err(journal_refusal(&error)),
        }
        tx.move_credential(&row.credential_id, "pending", "bound").await.map_err(|error| journal_refusal(&error))?;
        self.log(&mut tx, "credential.bound", &row.binding_id, &serde_json::json!({ "person": person_id, "by": by }))
            .await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }

    async fn newest_binding(&self, person_id: &str) -> Result<Option<BindingRow>, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        tx.newest_binding(person_id).await.map_err(|error| journal_refusal(&error))
    }

    /// States that a person is an officer, once.
    pub(crate) async fn appoint(&self, appointment: &Appointment, by: &str, at: OffsetDateTime) -> Result<(), Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let stated = tx.appointment(&appointment.appointment_id).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        if stated.is_some() {
            return Ok(());
        }
        let statement = Statement::Appointment {
            appointment_id: appointment.appointment_id.clone(),
            person_id: appointment.person_id.clone(),
            identity_digest: appointment.identity_digest.clone(),
            role: appointment.role.clone(),
            unit_code: appointment.unit_code.clone(),
            by: by.to_owned(),
            at: rfc3339(at),
        };
        let (text, signature) = self.sign_statement(&statement).await?;
        let row = AppointmentRow {
            appointment_id: appointment.appointment_id.clone(),
            person_id: appointment.person_id.clone(),
            identity_digest: appointment.identity_digest.clone(),
            role: appointment.role.clone(),
            unit_code: appointment.unit_code.clone(),
            name_th: appointment.name_th.clone(),
            name_en: appointment.name_en.clone(),
            statement: text,
            signature,
            appointed_by: by.to_owned(),
            at: micros(at),
            ended_at: None,
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        if tx.insert_appointment(&row).await.map_err(|error| journal_refusal(&error))? {
            let details = serde_json::json!({
                "person": row.person_id, "role": row.role, "unit": row.unit_code, "by": by,
            });
            self.log(&mut tx, "officer.appointed", &row.appointment_id, &details).await?;
        }
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }

    /// The appointments in force of a person, each with its signature checked.
    pub(crate) async fn appointments_in_force(
        &self,
        tx: &mut Tx,
        person_id: &str,
    ) -> Result<Vec<AppointmentRow>, Refusal> {
        let rows = tx.appointments_of(person_id).await.map_err(|error| journal_refusal(&error))?;
        Ok(rows.into_iter().filter(|row| row.ended_at.is_none() && self.vouched(row)).collect())
    }

    /// Whether this credential with this key is the one the person acts with.
    pub(crate) async fn holds(
        &self,
        tx: &mut Tx,
        person_id: &str,
        credential_id: &str,
        cose_key: &[u8],
    ) -> Result<bool, Refusal> {
        let row = tx.newest_binding(person_id).await.map_err(|error| journal_refusal(&error))?;
        let Some(row) = row.filter(|row| row.ended == 0) else { return Ok(false) };
        let Some(Statement::Binding { person_id: person, credential_id: id, public_key_sha256, version, .. }) =
            self.read(&row.statement, &row.signature)
        else {
            return Ok(false);
        };
        Ok(person == person_id
            && id == credential_id
            && version == row.version
            && public_key_sha256 == hex::encode(Sha256::digest(cose_key)))
    }

    fn vouched(&self, row: &AppointmentRow) -> bool {
        matches!(self.read(&row.statement, &row.signature), Some(Statement::Appointment {
            appointment_id, person_id, identity_digest, role, unit_code, ..
        }) if appointment_id == row.appointment_id
            && person_id == row.person_id
            && identity_digest == row.identity_digest
            && role == row.role
            && unit_code == row.unit_code)
    }

    pub(crate) async fn sign_statement(&self, statement: &Statement) -> Result<(String, Vec<u8>), Refusal> {
        let text = StatementText(serde_json_canonicalizer::to_string(statement).map_err(|_| Refusal::Internal)?);
        let signature = self.keys.binding.sign(&text).await?;
        Ok((text.0, signature))
    }

    /// Reads a statement only if the binding key signed it.
    pub(crate) fn read(&self, text: &str, signature: &[u8]) -> Option<Statement> {
        let text = StatementText(text.to_owned());
        self.keys.binding.signed(&text, signature).then(|| serde_json::from_str(&text.0).ok()).flatten()
    }
}

/// Whether a binding in force is of this credential.
fn names(binding: Option<&BindingRow>, credential: &CredentialReference) -> bool {
    binding.is_some_and(|row| row.ended == 0 && row.credential_id == credential.credential_id)
}
