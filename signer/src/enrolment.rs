//! Enrolling a signing passkey at the signer's own origin. It is *pending* until officers
//! approve the request or appointment that names it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use store::ids::micros;
use store::journal::Credential as CredentialRow;

use crate::core::{Core, journal_refusal};
use crate::protocol::{CredentialReference, Outcome, Refusal};
use crate::tickets::{Plan, Ticket};
use crate::webauthn::{Credential, RegistrationResponse, key_code, registration};

impl Core {
    /// Checks a new passkey (WebAuthn Level 3 §7.1) and keeps it as pending.
    ///
    /// # Errors
    /// The [`Refusal`]; the ticket still waits unless it is over.
    pub(crate) async fn enrol(
        &self,
        ticket: &Ticket,
        response: &RegistrationResponse,
    ) -> Result<CredentialReference, Refusal> {
        if !ticket.is_open(self.now()) {
            return Err(Refusal::TicketOver);
        }
        let Some(Plan::Enrol { person_id, .. }) = &ticket.plan else { return Err(Refusal::NotFound) };
        let challenge = ticket.challenge()?;
        let credential = registration::verify(
            &self.relying_party(),
            &challenge,
            &response.response.client_data_json,
            &response.response.attestation_object,
        )?;
        let row = pending(&credential, person_id, self.randomness.bytes::<16>().to_vec(), micros(self.now()));
        let reference = reference(&row);
        let outcome = Outcome::CredentialEnrolled { credential: reference.clone() };
        let outcome = serde_json::to_string(&outcome).map_err(|_| Refusal::Internal)?;

        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let consumed =
            tx.consume_ticket(&ticket.hash, micros(self.now())).await.map_err(|error| journal_refusal(&error))?;
        if !consumed {
            return Err(Refusal::TicketOver);
        }
        tx.insert_credential(&row).await.map_err(|error| journal_refusal(&error))?;
        tx.finish_ticket(&ticket.hash, "activated", "done", Some(&outcome))
            .await
            .map_err(|error| journal_refusal(&error))?;
        let details = serde_json::json!({
            "person": person_id,
            "public_key_sha256": reference.public_key_sha256,
            "attestation_format": credential.attestation_format,
            "backup_eligible": credential.backup_eligible,
        });
        self.log(&mut tx, "credential.enrolled", &row.credential_id, &details).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        Ok(reference)
    }
}

fn pending(credential: &Credential, person_id: &str, key_salt: Vec<u8>, at: i64) -> CredentialRow {
    CredentialRow {
        credential_id: URL_SAFE_NO_PAD.encode(&credential.id),
        person_id: person_id.to_owned(),
        cose_key: credential.cose_key.clone(),
        key_salt,
        sign_count: i64::from(credential.sign_count),
        backup_eligible: i64::from(credential.backup_eligible),
        backup_state: i64::from(credential.backup_state),
        state: "pending".to_owned(),
        enrolled_at: at,
    }
}

/// What others may know of a credential.
pub(crate) fn reference(row: &CredentialRow) -> CredentialReference {
    CredentialReference {
        credential_id: row.credential_id.clone(),
        public_key_sha256: hex::encode(Sha256::digest(&row.cose_key)),
        key_code: key_code(&row.key_salt, &row.cose_key),
    }
}

/// The credential record for checking an assertion.
pub(crate) fn credential(row: &CredentialRow) -> Result<Credential, Refusal> {
    Ok(Credential {
        id: URL_SAFE_NO_PAD.decode(&row.credential_id).map_err(|_| Refusal::Internal)?,
        cose_key: row.cose_key.clone(),
        sign_count: u32::try_from(row.sign_count).map_err(|_| Refusal::Internal)?,
        backup_eligible: row.backup_eligible == 1,
        backup_state: row.backup_state == 1,
        attestation_format: String::new(),
    })
}
