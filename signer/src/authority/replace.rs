//! Two RA officers above may put a new passkey in the place of lost ones; its holder may stop that.

use store::ids::instant;
use store::journal::{CredentialReplacement as ReplacementRow, Tx};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::evidence::evidence_is_whole;
use super::invalid;
use crate::core::{Core, is_id, journal_refusal};
use crate::meaning;
use crate::protocol::{CredentialReplacement, EvidenceOutcome, Refusal, ReplacementStop};
use crate::statements::Approval;

/// How long an approval lives.
const APPROVAL_LIFETIME: Duration = Duration::days(30);

/// Approvals that it takes, of different persons.
pub(crate) const APPROVALS: usize = 2;

/// How far the portal's clock may be ahead of the signer's.
const SKEW: Duration = Duration::minutes(15);

impl Core {
    pub(super) async fn may_replace(
        &self,
        tx: &mut Tx,
        actor: &str,
        replacement: &CredentialReplacement,
    ) -> Result<String, Refusal> {
        if replacement.person_id == actor {
            return Err(Refusal::SelfApproval);
        }
        let standing = self.standing(tx, &replacement.person_id).await?.ok_or(Refusal::JournalAltered)?;
        if standing.version != replacement.after_version {
            return Err(Refusal::Conflict);
        }
        let places = self.places(tx, &replacement.person_id, &standing).await?;
        let by = self.stands_above(tx, actor, &places).await?;
        if !is_id(&replacement.request_id) {
            return Err(invalid("request_id"));
        }
        // One person, one identity: as certified and appointed.
        if places.identities.as_slice() != std::slice::from_ref(&replacement.identity_digest) {
            return Err(Refusal::Conflict);
        }
        self.evidence_is_named(replacement)?;
        self.credential_is_new(tx, &replacement.person_id, &replacement.credential, &standing).await?;
        let digest = meaning::content_digest(replacement).map(hex::encode).map_err(|_| Refusal::Internal)?;
        // A request that changed is another request: this one is withdrawn first.
        let known = tx.replacements_of(&replacement.person_id).await.map_err(|error| journal_refusal(&error))?;
        let other = |row: &&ReplacementRow| row.after_version == standing.version && row.content_sha256 != digest;
        if known.iter().any(|row| other(&row)) {
            return Err(Refusal::Conflict);
        }
        if let Some(row) = known.iter().find(|row| row.request_id == replacement.request_id) {
            // One that no longer counts, of a passkey that was lost, may be given again.
            for approval in self.approvals_that_count(tx, row).await? {
                if approval.officer_id == actor || approval.identity_digest == by.identity_digest {
                    return Err(Refusal::AlreadyDone);
                }
            }
        }
        Ok(by.appointment_id)
    }

    /// Whether an officer is above a person, who is somebody else.
    pub(crate) async fn is_above(&self, tx: &mut Tx, officer_id: &str, person_id: &str) -> Result<bool, Refusal> {
        let Some(standing) = self.standing(tx, person_id).await? else { return Ok(false) };
        let places = self.places(tx, person_id, &standing).await?;
        match self.stands_above(tx, officer_id, &places).await {
            Ok(_) => Ok(officer_id != person_id),
            Err(Refusal::NoAuthority | Refusal::SelfApproval | Refusal::ContentInvalid { .. }) => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }

    fn evidence_is_named(&self, replacement: &CredentialReplacement) -> Result<(), Refusal> {
        let evidence = &replacement.evidence;
        evidence_is_whole(std::slice::from_ref(evidence))?;
        if evidence.outcome != Some(EvidenceOutcome::Confirmed) {
            return Err(invalid("evidence: it does not speak for this person"));
        }
        let recorded =
            OffsetDateTime::parse(&evidence.recorded_at, &Rfc3339).map_err(|_| invalid("evidence: recorded_at"))?;
        let now = self.now();
        if recorded > now + SKEW || recorded < now - APPROVAL_LIFETIME {
            return Err(invalid("evidence: not of the last 30 days"));
        }
        Ok(())
    }

    pub(super) async fn may_stop_replacement(
        &self,
        tx: &mut Tx,
        actor: &str,
        stop: &ReplacementStop,
    ) -> Result<String, Refusal> {
        if stop.person_id != actor {
            return Err(Refusal::NotYourPasskey);
        }
        let row = tx.replacement(&stop.request_id).await.map_err(|error| journal_refusal(&error))?;
        let row = row.filter(|row| row.person_id == actor).ok_or(Refusal::NotFound)?;
        let standing = self.standing(tx, actor).await?.ok_or(Refusal::JournalAltered)?;
        if standing.version != row.after_version {
            return Err(Refusal::AlreadyDone);
        }
        Ok(actor.to_owned())
    }

    /// The approvals of a request that count now: signed, young, of different persons, each still
    /// above the person and still holding the passkey it was given with.
    pub(crate) async fn approvals_that_count(
        &self,
        tx: &mut Tx,
        row: &ReplacementRow,
    ) -> Result<Vec<Approval>, Refusal> {
        let Some(standing) = self.standing(tx, &row.person_id).await? else { return Ok(Vec::new()) };
        let places = self.places(tx, &row.person_id, &standing).await?;
        let mut counted: Vec<Approval> = Vec::new();
        for approval in self.approvals_stated(tx, row, self.now() - APPROVAL_LIFETIME).await? {
            let another = approval.officer_id != row.person_id
                && counted.iter().all(|earlier| {
                    earlier.officer_id != approval.officer_id && earlier.identity_digest != approval.identity_digest
                });
            if !another {
                continue;
            }
            let by = match self.stands_above(tx, &approval.officer_id, &places).await {
                Ok(by) => by,
                Err(Refusal::NoAuthority | Refusal::SelfApproval) => continue,
                Err(refusal) => return Err(refusal),
            };
            let officer = self.standing(tx, &approval.officer_id).await?;
            let holds = officer
                .as_ref()
                .and_then(|officer| officer.find(&approval.credential_id))
                .is_some_and(|held| !held.suspended);
            if holds && by.identity_digest == approval.identity_digest {
                counted.push(approval);
            }
        }
        // Who has nobody above has one officer beside them: the operators stand for the second.
        if let [beside] = counted.as_slice()
            && self.is_central(tx, &places).await?
            && let since = instant(beside.at).max(self.now() - APPROVAL_LIFETIME)
            && let Some(approval) = self.operators_approval(tx, row, since).await?
        {
            counted.push(approval);
        }
        Ok(counted)
    }
}
