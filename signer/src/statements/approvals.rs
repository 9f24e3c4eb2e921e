//! Officers' approvals of a new passkey in the place of lost ones, each signed when it was given.

use serde::{Deserialize, Serialize};
use store::ids::micros;
use store::journal::{CredentialReplacement as ReplacementRow, ReplacementApproval, Tx};
use time::OffsetDateTime;

use super::Statement;
use crate::core::{Core, journal_refusal};
use crate::protocol::Refusal;

/// Stands where an officer's id does, for the two operators with the root's token: no person has it, for
/// theirs are UUIDs.
pub(crate) const OPERATORS: &str = "operators";

/// What the binding key says of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Approval {
    pub(crate) request_id: String,
    /// Digest of the words approved, hexadecimal.
    pub(crate) content_sha256: String,
    /// The officer, their passkey, and who they are as a natural person.
    pub(crate) officer_id: String,
    pub(crate) credential_id: String,
    pub(crate) identity_digest: String,
    /// The touch, or the digest of the operators' transcript.
    pub(crate) activation_id: String,
    /// Unix microseconds.
    pub(crate) at: i64,
}

impl Core {
    /// Stores an approval and, with the first, the request.
    pub(crate) async fn state_approval(&self, request: &ReplacementRow, approval: Approval) -> Result<(), Refusal> {
        let (text, signature) = self.sign_statement(&Statement::Approval(approval.clone())).await?;
        let row = ReplacementApproval {
            activation_id: approval.activation_id.clone(),
            request_id: approval.request_id.clone(),
            officer_id: approval.officer_id.clone(),
            statement: text,
            signature,
            at: approval.at,
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        tx.insert_replacement(request).await.map_err(|error| journal_refusal(&error))?;
        if tx.insert_approval(&row).await.map_err(|error| journal_refusal(&error))? {
            let details = serde_json::json!({
                "person": request.person_id, "officer": row.officer_id, "content": request.content_sha256,
                "activation": row.activation_id,
            });
            self.log(&mut tx, "replacement.approved", &row.request_id, &details).await?;
        }
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }

    /// The approvals of these words that the binding key signed, not older than `since`, oldest first.
    pub(crate) async fn approvals_stated(
        &self,
        tx: &mut Tx,
        request: &ReplacementRow,
        since: OffsetDateTime,
    ) -> Result<Vec<Approval>, Refusal> {
        let rows = tx.approvals_of(&request.request_id).await.map_err(|error| journal_refusal(&error))?;
        let mut stated: Vec<Approval> = rows
            .iter()
            .filter_map(|row| match self.read(&row.statement, &row.signature) {
                Some(Statement::Approval(approval)) => Some(approval),
                _ => None,
            })
            .filter(|approval| {
                approval.request_id == request.request_id
                    && approval.content_sha256 == request.content_sha256
                    && approval.at >= micros(since)
            })
            .collect();
        stated.sort_by(|a, b| (a.at, &a.activation_id).cmp(&(b.at, &b.activation_id)));
        stated.dedup();
        Ok(stated)
    }

    /// What the operators approved of these words, not before `since`, by what the binding key signed: the
    /// oldest.
    pub(crate) async fn operators_approval(
        &self,
        tx: &mut Tx,
        request: &ReplacementRow,
        since: OffsetDateTime,
    ) -> Result<Option<Approval>, Refusal> {
        let rows = tx.operators_approvals(&request.request_id).await.map_err(|error| journal_refusal(&error))?;
        let stated = rows.iter().filter_map(|row| match self.read(&row.statement, &row.signature) {
            Some(Statement::Approval(approval)) => Some(approval),
            _ => None,
        });
        let counts = |approval: &Approval| {
            approval.officer_id == OPERATORS
                && approval.request_id == request.request_id
                && approval.content_sha256 == request.content_sha256
                && approval.at >= micros(since)
        };
        Ok(stated.filter(counts).min_by_key(|approval| approval.at))
    }
}
