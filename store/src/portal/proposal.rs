//! What was proposed to the signer, known by its ticket's digest.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::micros;

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Proposal {
    /// SHA-256 of the ticket, hexadecimal.
    pub ticket_digest: String,
    /// `sign_documents`, `sign_batch`, `record_evidence`, `issue_certificate`, `appoint_officer`, `revoke_certificate`, `restore_certificate`,
    /// `revoke_certificates` or `enrol_credential`.
    pub kind: String,
    /// The document, request, person or certificate it is about, or the fingerprint of a list of certificates.
    pub subject_id: String,
    /// The person who is to activate it.
    pub proposed_by: String,
    /// `waiting`, `done`, `refused`, `ended`.
    pub state: String,
}

impl Tx {
    /// Adds a proposal in the state `waiting`.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the ticket is known.
    pub async fn add_proposal(&mut self, proposal: &Proposal, now: OffsetDateTime) -> Result<(), Error> {
        let added = sqlx::query(
            "insert into proposal (ticket_digest, kind, subject_id, proposed_by, proposed_at, state, settled_at) \
             values ($1, $2, $3, $4, $5, 'waiting', null) on conflict do nothing",
        )
        .bind(&proposal.ticket_digest)
        .bind(&proposal.kind)
        .bind(&proposal.subject_id)
        .bind(&proposal.proposed_by)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "proposal")
    }

    /// The proposal of a ticket.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn proposal(&mut self, ticket_digest: &str) -> Result<Option<Proposal>, Error> {
        Ok(sqlx::query_as(
            "select ticket_digest, kind, subject_id, proposed_by, state from proposal where ticket_digest = $1",
        )
        .bind(ticket_digest)
        .fetch_optional(self.connection())
        .await?)
    }

    /// Writes down what came of a proposal. `false` if that was known.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn settle_proposal(
        &mut self,
        ticket_digest: &str,
        state: &str,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update proposal set state = $2, settled_at = $3 where ticket_digest = $1 and state = 'waiting'",
        )
        .bind(ticket_digest)
        .bind(state)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Whether an officer put their passkey to the evidence of a request, as it was proposed at `since` or later.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn was_vouched_for(&mut self, request_id: &str, since: OffsetDateTime) -> Result<bool, Error> {
        let (count,): (i64,) = sqlx::query_as(
            "select count(*) from proposal \
             where kind = 'record_evidence' and subject_id = $1 and state = 'done' and proposed_at >= $2",
        )
        .bind(request_id)
        .bind(micros(since))
        .fetch_one(self.connection())
        .await?;
        Ok(count > 0)
    }
}
