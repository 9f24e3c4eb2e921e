//! A central officer who lost every passkey has one other officer beside them, and nobody above. In the place
//! of the second officer who approves a new passkey stand the two operators with the root's token.

use store::ids::{instant, micros};
use store::journal::{CredentialReplacement as Row, OperatorsApproval, Tx};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{CeremonyError, RootActs, SignedTranscript, Transcript};
use crate::core::{Core, journal_refusal};
use crate::operations::replace::content;
use crate::protocol::Refusal;
use crate::statements::Approval;

/// Stands where an officer's id does: no person has it, for theirs are UUIDs.
pub(crate) const OPERATORS: &str = "operators";

const TITLE: &str = "Approval of a central officer's new passkey";
const AT: &str = "at";
const REQUEST: &str = "request";
const CONTENT: &str = "content (SHA-256)";

impl RootActs {
    /// Approves a request that a central officer approved already, in the place of a second officer. What
    /// else it needs (that it is about a central officer, the delay, that its holder does not stop it) the
    /// signer sees to. `key_code` is that of the new passkey as its holder read it to the operators.
    ///
    /// # Errors
    /// [`CeremonyError::NoSuchReplacement`], [`CeremonyError::OtherKeyCode`], [`CeremonyError::ApprovedBefore`].
    pub async fn approve_replacement(
        &self,
        request_id: &str,
        key_code: &str,
    ) -> Result<SignedTranscript, CeremonyError> {
        let (office, key, _) = self.open().await?;
        let mut tx = self.journal.begin().await?;
        let row = tx.replacement(request_id).await?;
        let before = tx.operators_approval(request_id).await?;
        drop(tx);
        let unknown = || CeremonyError::NoSuchReplacement(request_id.to_owned());
        let row = row.ok_or_else(unknown)?;
        let replacement = content(&row).ok_or_else(unknown)?;
        if replacement.credential.key_code != key_code {
            return Err(CeremonyError::OtherKeyCode);
        }
        if before.is_some() {
            return Err(CeremonyError::ApprovedBefore);
        }
        let mut transcript = self.begin_transcript(TITLE, &key);
        transcript.section("what is approved");
        transcript.line(REQUEST, &row.request_id);
        transcript.line(CONTENT, &row.content_sha256);
        transcript.line("person", &row.person_id);
        transcript.line("passkey", key_code);
        let signed = office.sign_transcript(&key, transcript).await?;
        let approval = OperatorsApproval {
            request_id: row.request_id.clone(),
            transcript: signed.transcript.text().to_owned(),
            signature: signed.signature.clone(),
            at: micros(self.clock.now()),
        };
        let mut tx = self.journal.begin_write().await?;
        if !tx.insert_operators_approval(&approval).await? {
            return Err(CeremonyError::ApprovedBefore);
        }
        let details = serde_json::json!({
            "person": row.person_id, "officer": OPERATORS, "content": row.content_sha256,
            "transcript": signed.transcript.sha256(),
        });
        office.log(&mut tx, "replacement.approved", &row.request_id, &details).await?;
        tx.commit().await?;
        Ok(signed)
    }
}

impl Core {
    /// What the operators approved of these very words, not before `since`: by the root's signature, not by
    /// the row.
    pub(crate) async fn operators_approval(
        &self,
        tx: &mut Tx,
        request: &Row,
        since: OffsetDateTime,
    ) -> Result<Option<Approval>, Refusal> {
        let row = tx.operators_approval(&request.request_id).await.map_err(|error| journal_refusal(&error))?;
        let Some(row) = row else { return Ok(None) };
        let root = self.authorities.root().public_key();
        if root.verify(row.transcript.as_bytes(), &row.signature).is_err() {
            tracing::error!(alarm = "journal", request.id = %request.request_id, "an operators' approval that the root did not sign");
            return Ok(None);
        }
        Ok(approved_at(row.transcript, request).filter(|at| *at >= since).map(|at| Approval {
            request_id: request.request_id.clone(),
            content_sha256: request.content_sha256.clone(),
            officer_id: OPERATORS.to_owned(),
            credential_id: String::new(),
            identity_digest: OPERATORS.to_owned(),
            activation_id: String::new(),
            at: micros(at),
        }))
    }
}

/// When a transcript that the root signed approves this request; none if it is about anything else.
fn approved_at(text: String, request: &Row) -> Option<OffsetDateTime> {
    let transcript = Transcript::from_journal(text)?;
    let about_this = transcript.text().lines().nth(1) == Some(TITLE)
        && transcript.value(REQUEST) == Some(&request.request_id)
        && transcript.value(CONTENT) == Some(&request.content_sha256);
    let at = OffsetDateTime::parse(transcript.value(AT)?, &Rfc3339).ok()?;
    // The same instant as other approvals are told by.
    about_this.then(|| instant(micros(at)))
}
