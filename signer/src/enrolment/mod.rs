//! Enrolling a signing passkey at the signer's own origin. It is *pending* until officers
//! approve the request or appointment that names it.

mod pages;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use store::ids::micros;
use store::journal::Credential as CredentialRow;

use crate::core::{Core, journal_refusal};
use crate::meaning;
use crate::protocol::{CredentialReference, Outcome, Refusal};
use crate::tickets::{Plan, Ticket};
use crate::webauthn::{AuthenticationResponse, Credential, RegistrationResponse, assertion, key_code, registration};

pub(crate) use pages::router;

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

    /// The code of the passkey that was enrolled on this page, for who holds it now.
    ///
    /// # Errors
    /// [`Refusal::NotYourPasskey`] for another passkey, [`Refusal::ActivationInvalid`] for a wrong assertion.
    pub(crate) async fn key_code_for_its_holder(
        &self,
        ticket: &Ticket,
        response: &AuthenticationResponse,
    ) -> Result<String, Refusal> {
        let Some(Outcome::CredentialEnrolled { credential: enrolled }) = &ticket.outcome else {
            return Err(Refusal::TicketOver);
        };
        if URL_SAFE_NO_PAD.encode(&response.credential_id) != enrolled.credential_id {
            return Err(Refusal::NotYourPasskey);
        }
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let row = tx.credential(&enrolled.credential_id).await.map_err(|error| journal_refusal(&error))?;
        let row = row.ok_or(Refusal::NotYourPasskey)?;
        drop(tx);
        let challenge = challenge_to_show(ticket, &enrolled.credential_id);
        // What a counter says is for what the passkey brings about; this brings about nothing.
        assertion::verify(&self.relying_party(), &challenge, &credential(&row)?, response.parts())?;
        Ok(reference(&row).key_code)
    }
}

/// What a passkey signs to have its code shown. It may come twice: all that is had by it is the code.
fn challenge_to_show(ticket: &Ticket, credential_id: &str) -> [u8; 32] {
    meaning::challenge("show-key-code", credential_id, &[], &ticket.nonce, ticket.expires_at)
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
