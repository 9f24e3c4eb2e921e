//! A new passkey in the place of lost ones: two officers' approvals, a delay in which its holder
//! may stop it, then the change. Each counts for one version of the person's bindings only:
//! what was done once, or stopped, cannot be done again.

use store::ids::instant;
use store::journal::{Activation, CredentialReplacement as ReplacementRow, Tx};
use time::{Duration, OffsetDateTime};

use crate::authority::APPROVALS;
use crate::core::{Core, journal_refusal, rfc3339};
use crate::meaning;
use crate::protocol::{
    ApprovalRecord, CredentialReplacement, Outcome, Refusal, ReplacementRecord, ReplacementStop, Response,
};
use crate::statements::{About, Approval};

/// Requests looked at in one turn.
const PAGE: i64 = 1_000;

/// Records an officer's approval; with the second, the delay begins.
pub(crate) async fn approve(
    core: &Core,
    replacement: &CredentialReplacement,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let content = serde_json_canonicalizer::to_string(replacement).map_err(|_| Refusal::Internal)?;
    let digest = meaning::content_digest(replacement).map(hex::encode).map_err(|_| Refusal::Internal)?;
    let row = ReplacementRow {
        request_id: replacement.request_id.clone(),
        person_id: replacement.person_id.clone(),
        after_version: replacement.after_version,
        content,
        content_sha256: digest.clone(),
        at: activation.at,
    };
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let officers = core.appointments_in_force(&mut tx, &activation.person_id).await?;
    drop(tx);
    let identity = officers.first().map(|row| row.identity_digest.clone()).ok_or(Refusal::NoAuthority)?;
    let approval = Approval {
        request_id: replacement.request_id.clone(),
        content_sha256: digest,
        officer_id: activation.person_id.clone(),
        credential_id: activation.credential_id.clone(),
        identity_digest: identity,
        activation_id: activation.activation_id.clone(),
        at: activation.at,
    };
    core.state_approval(&row, approval).await?;
    core.carry_out_if_due(&row).await?;
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    Ok(Outcome::ReplacementApproved { replacement: Box::new(record(core, &mut tx, &row).await?) })
}

/// Stops it: the same passkeys, in a new version that no approval is about.
pub(crate) async fn stop(core: &Core, stop: &ReplacementStop, activation: &Activation) -> Result<Outcome, Refusal> {
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let row = tx.replacement(&stop.request_id).await.map_err(|error| journal_refusal(&error))?;
    drop(tx);
    let row = row.filter(|row| row.person_id == stop.person_id).ok_or(Refusal::NotFound)?;
    core.end_replacement(&row, &activation.activation_id, instant(activation.at)).await?;
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    Ok(Outcome::CredentialsChanged { credentials: core.credentials_record(&mut tx, &row.person_id).await? })
}

impl Core {
    /// Carries out the replacements whose delay is over; how many. Call again and again.
    ///
    /// # Errors
    /// If the journal cannot be read; a single one that fails waits for the next turn.
    pub async fn settle_replacements(&self) -> Result<usize, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let open = tx.open_replacements(PAGE).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        let mut done = 0;
        for row in open {
            match self.carry_out_if_due(&row).await {
                Ok(changed) => done += usize::from(changed),
                Err(refusal) => {
                    tracing::error!(request.id = %row.request_id, refusal = %refusal, "a replacement waits");
                }
            }
        }
        Ok(done)
    }

    async fn carry_out_if_due(&self, row: &ReplacementRow) -> Result<bool, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let approvals = self.approvals_that_count(&mut tx, row).await?;
        let Some(due) = self.due(&approvals) else { return Ok(false) };
        let now = self.now_on_record(&mut tx).await?;
        drop(tx);
        if now < due {
            return Ok(false);
        }
        let Some(content) = content(row) else { return Err(Refusal::JournalAltered) };
        let standing = self.present(&row.person_id).await?;
        if standing.version != row.after_version {
            return Ok(false);
        }
        let mut next = standing.clone();
        next.credentials.clear();
        next.add(&content.credential);
        let credential_id = &content.credential.credential_id;
        let about = About { act: "replaced", by: &row.request_id, credential_id, at: now };
        match self.restate(&row.person_id, &standing, &next, about).await {
            // Another signer was quicker, or the holder.
            Err(Refusal::Conflict) => Ok(false),
            Err(refusal) => Err(refusal),
            Ok(()) => {
                tracing::warn!(person.id = %row.person_id, request.id = %row.request_id, "signing passkeys were replaced");
                Ok(true)
            }
        }
    }

    /// When a request takes effect: the delay after the approval that made them enough.
    fn due(&self, approvals: &[Approval]) -> Option<OffsetDateTime> {
        let last = approvals.get(APPROVALS - 1)?;
        Some(instant(last.at) + Duration::hours(i64::from(self.configuration.credential_delay_hours)))
    }

    /// Ends a request on the portal's word: who owns the portal may deny.
    pub(crate) async fn withdraw_replacement(&self, request_id: &str) -> Result<Response, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let row = tx.replacement(request_id).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        self.end_replacement(&row.ok_or(Refusal::NotFound)?, "portal", self.now()).await?;
        Ok(Response::Done)
    }

    async fn end_replacement(&self, row: &ReplacementRow, by: &str, at: OffsetDateTime) -> Result<(), Refusal> {
        let standing = self.present(&row.person_id).await?;
        if standing.version != row.after_version {
            let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
            let made = self.standing_at(&mut tx, &row.person_id, row.after_version + 1).await?;
            let stopped = made.is_some_and(|made| made.act == "stopped" && made.by == by);
            return if stopped { Ok(()) } else { Err(Refusal::AlreadyDone) };
        }
        let about = match standing.credentials.first() {
            Some(held) => held.credential_id.clone(),
            None => content(row).ok_or(Refusal::JournalAltered)?.credential.credential_id,
        };
        let about = About { act: "stopped", by, credential_id: &about, at };
        self.restate(&row.person_id, &standing, &standing, about).await
    }

    /// The open requests that an officer could approve, or approved.
    pub(crate) async fn replacements(&self, officer_id: &str) -> Result<Response, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let mut replacements = Vec::new();
        for row in tx.open_replacements(PAGE).await.map_err(|error| journal_refusal(&error))? {
            if self.is_above(&mut tx, officer_id, &row.person_id).await? {
                replacements.push(record(self, &mut tx, &row).await?);
            }
        }
        Ok(Response::Replacements { replacements })
    }
}

/// What officers approved, if the row still says that.
pub(crate) fn content(row: &ReplacementRow) -> Option<CredentialReplacement> {
    let content: CredentialReplacement = serde_json::from_str(&row.content).ok()?;
    let digest = meaning::content_digest(&content).map(hex::encode).ok()?;
    let same = digest == row.content_sha256
        && content.person_id == row.person_id
        && content.request_id == row.request_id
        && content.after_version == row.after_version;
    same.then_some(content)
}

/// A request and how far it has come.
pub(crate) async fn record(core: &Core, tx: &mut Tx, row: &ReplacementRow) -> Result<ReplacementRecord, Refusal> {
    let replacement = content(row).ok_or(Refusal::JournalAltered)?;
    let standing = core.standing(tx, &row.person_id).await?.ok_or(Refusal::JournalAltered)?;
    let open = standing.version == row.after_version;
    let approvals = if open { core.approvals_that_count(tx, row).await? } else { Vec::new() };
    let due = core.due(&approvals);
    let state = if open {
        if due.is_some() { "waiting" } else { "open" }
    } else {
        match core.standing_at(tx, &row.person_id, row.after_version + 1).await? {
            Some(made) if made.act == "replaced" && made.by == row.request_id => "done",
            Some(made) if made.act == "stopped" => "stopped",
            _ => "over",
        }
    };
    Ok(ReplacementRecord {
        replacement,
        state: state.to_owned(),
        approvals: approvals
            .iter()
            .map(|approval| ApprovalRecord {
                officer_id: approval.officer_id.clone(),
                at: rfc3339(instant(approval.at)),
            })
            .collect(),
        due_at: due.map(rfc3339),
    })
}
