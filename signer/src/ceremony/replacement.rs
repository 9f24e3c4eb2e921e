//! A central officer who lost every passkey has one other officer beside them, and nobody above. In the place
//! of the second officer who approves a new passkey stand the two operators with the root's token.

use hsm::Token;
use store::ids::micros;
use store::journal::OperatorsApproval;

use super::{CeremonyError, RootActs, SignedTranscript};
use crate::core::{Core, journal_refusal};
use crate::operations::replace::content;
use crate::statements::{Approval, OPERATORS, Statement};
use crate::step::Steps;

impl RootActs {
    /// Approves a request that the other central officer approved already, in the place of a second officer.
    /// The delay is waited for, and whether its holder stops it is seen to, by the signer. `key_code` is that of
    /// the new passkey as its holder read it to the operators; `token` has the binding key, which states it.
    ///
    /// # Errors
    /// [`CeremonyError::NoSuchReplacement`], [`CeremonyError::NotCentral`], [`CeremonyError::OtherKeyCode`],
    /// [`CeremonyError::ApprovedBefore`].
    pub async fn approve_replacement(
        &self,
        token: Token,
        request_id: &str,
        key_code: &str,
    ) -> Result<SignedTranscript, CeremonyError> {
        let (office, key, _) = self.open().await?;
        let (journal, clock) = (self.journal.clone(), self.clock.clone());
        let randomness = self.randomness.clone();
        let core = Core::open(self.configuration.clone(), journal, token, clock, randomness, Steps::default()).await?;
        let mut tx = self.journal.begin().await?;
        let unknown = || CeremonyError::NoSuchReplacement(request_id.to_owned());
        let row = tx.replacement(request_id).await?.ok_or_else(unknown)?;
        let replacement = content(&row).ok_or_else(unknown)?;
        let standing = core.standing(&mut tx, &row.person_id).await?.ok_or_else(unknown)?;
        let approvals = core.approvals_that_count(&mut tx, &row).await?;
        if standing.version != row.after_version || approvals.is_empty() {
            return Err(unknown());
        }
        let held = core.appointments_in_force(&mut tx, &row.person_id).await?;
        let places = core.places(&mut tx, &row.person_id, &standing).await?;
        if !core.is_central(&mut tx, &places).await? {
            return Err(CeremonyError::NotCentral);
        }
        if approvals.len() > 1 {
            return Err(CeremonyError::ApprovedBefore);
        }
        drop(tx);
        let plain = |code: &str| -> String {
            code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
        };
        if plain(&replacement.credential.key_code) != plain(key_code) {
            return Err(CeremonyError::OtherKeyCode);
        }
        let mut transcript = self.begin_transcript("Approval of a central officer's new passkey", &key);
        transcript.section("what is approved");
        for officer in &held {
            transcript.line("officer", &format!("{} ({}), {}", officer.name_th, officer.name_en, officer.unit_code));
        }
        transcript.line("person", &row.person_id);
        transcript.line("passkey", &replacement.credential.key_code);
        transcript.line("request", &row.request_id);
        transcript.line("content (SHA-256)", &row.content_sha256);
        let signed = office.sign_transcript(&key, transcript).await?;

        let now = micros(self.clock.now());
        let approval = Approval {
            request_id: row.request_id.clone(),
            content_sha256: row.content_sha256.clone(),
            officer_id: OPERATORS.to_owned(),
            credential_id: String::new(),
            identity_digest: OPERATORS.to_owned(),
            activation_id: signed.transcript.sha256(),
            at: now,
        };
        let (statement, signature) = core.sign_statement(&Statement::Approval(approval)).await?;
        let approval = OperatorsApproval {
            transcript_sha256: signed.transcript.sha256(),
            request_id: row.request_id.clone(),
            statement,
            signature,
            transcript: signed.transcript.text().to_owned(),
            transcript_signature: signed.signature.clone(),
            at: now,
        };
        let mut tx = self.journal.begin_write().await?;
        tx.insert_operators_approval(&approval).await?;
        let details = serde_json::json!({
            "person": row.person_id, "officer": OPERATORS, "content": row.content_sha256,
            "transcript": approval.transcript_sha256,
        });
        office.log(&mut tx, "replacement.approved", &row.request_id, &details).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        Ok(signed)
    }
}
