//! From a touch of the passkey to the operation: the signer checks the assertion itself
//! (WebAuthn Level 3 §7.2) against its own bindings, records that, and then acts.

use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use store::ids::{instant, micros};
use store::journal::Activation;
use time::OffsetDateTime;

use crate::audit;
use crate::core::{Core, journal_refusal};
use crate::meaning;
use crate::operations;
use crate::passkeys::{self, Role};
use crate::protocol::{ActivationFault, DocumentRecord, Operation, Outcome, Refusal};
use crate::step::Step;
use crate::tickets::{Plan, Ticket};
use crate::webauthn::assertion::{self, AssertionParts};
use crate::webauthn::{self, AuthenticationResponse, Credential, RelyingParty};

/// The counter of a credential before and after an assertion.
#[derive(Debug)]
struct Use {
    before: i64,
    after: i64,
    backup_state: i64,
}

/// The passkeys that a page may ask for.
#[derive(Debug)]
pub(crate) struct UsablePasskeys {
    /// Credential ids, base64url.
    pub(crate) ids: Vec<String>,
    /// If one is locked: until when.
    pub(crate) locked_until: Option<OffsetDateTime>,
}

/// Tickets of which it is remembered what keeps them; then all are forgotten.
const MOST_KEPT: usize = 4096;

impl Core {
    pub(crate) fn relying_party(&self) -> RelyingParty {
        RelyingParty { rp_id: self.configuration.rp_id.clone(), origin: self.configuration.origin.clone() }
    }

    /// What the page offers its actor.
    pub(crate) async fn usable_passkeys(
        &self,
        actor: &str,
        authority: &str,
        operation: &Operation,
    ) -> Result<UsablePasskeys, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let credentials = tx.credentials_of(actor).await.map_err(|error| journal_refusal(&error))?;
        let role = Role::of(operation, authority, actor);
        let mut usable = UsablePasskeys { ids: Vec::new(), locked_until: None };
        let mut admitted = Ok(());
        for row in credentials {
            if !self.acts_with(&mut tx, actor, &row.credential_id, &row.cose_key, operation).await? {
                continue;
            }
            if let Err(refusal) = self.configuration.passkeys.admit(role, row.backup_eligible == 1) {
                admitted = Err(refusal);
                continue;
            }
            let locked = self.locked_until(&mut tx, &row.credential_id).await?;
            match locked.filter(|_| !operation.takes_away()) {
                Some(until) => usable.locked_until = Some(usable.locked_until.map_or(until, |other| other.min(until))),
                None => usable.ids.push(row.credential_id),
            }
        }
        if usable.ids.is_empty() && usable.locked_until.is_none() {
            admitted?;
        }
        Ok(usable)
    }

    /// Checks the assertion, records the activation, and carries the operation out.
    ///
    /// # Errors
    /// The [`Refusal`], if nothing was recorded: the ticket still waits unless it is over.
    /// What is refused after that is the returned [`Outcome`].
    pub(crate) async fn activate(
        &self,
        ticket: &Ticket,
        response: &AuthenticationResponse,
    ) -> Result<Outcome, Refusal> {
        if !ticket.is_open(self.now()) {
            return Err(Refusal::TicketOver);
        }
        let Some(Plan::Activate { actor, authority, operation }) = &ticket.plan else { return Err(Refusal::NotFound) };
        // Asked again: an appointment may have ended, a certificate been revoked meanwhile.
        if self.authorise(actor, operation).await? != *authority {
            return Err(Refusal::NoAuthority);
        }
        if !operation.takes_away() {
            let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
            self.now_on_record(&mut tx).await?;
        }
        let (activation, used) = self.check_assertion(ticket, actor, authority, operation, response).await?;

        // The ticket holds the sealed content: with the activation beside it, committed, the
        // operation is recorded. From here a crash is mended by `recover`.
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let consumed =
            tx.consume_ticket(&ticket.hash, micros(self.now())).await.map_err(|error| journal_refusal(&error))?;
        if !consumed {
            return Err(Refusal::TicketOver);
        }
        // Two assertions racing with one counter: the second finds that it moved.
        let counted = tx
            .update_credential(&activation.credential_id, used.before, used.after, used.backup_state)
            .await
            .map_err(|error| journal_refusal(&error))?;
        if !counted {
            return Err(Refusal::ActivationInvalid {
                fault: ActivationFault::Counter,
                detail: "the signature counter moved meanwhile".to_owned(),
            });
        }
        tx.insert_activation(&activation).await.map_err(|error| journal_refusal(&error))?;
        let details = serde_json::json!({
            "operation": activation.operation,
            "person": actor,
            "contents": activation.operation_digest,
            "backup_eligible": activation.backup_eligible,
            "backup_state": activation.backup_state,
            "assurance": activation.assurance,
            "evidence": audit::evidence_digest(&activation),
        });
        self.log(&mut tx, "operation.activated", &activation.activation_id, &details).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        self.steps.reach(Step::Recorded);

        self.carry_out(&ticket.hash, operation, &activation).await
    }

    /// Does what was activated, or what is left of it, and closes the ticket. The normal path
    /// and recovery are this one function.
    pub(crate) async fn carry_out(
        &self,
        ticket_hash: &str,
        operation: &Operation,
        activation: &Activation,
    ) -> Result<Outcome, Refusal> {
        // A long batch is still at work when recovery looks: what is in hand is left to that hand.
        let Some(_in_hand) = InHand::take(self, ticket_hash) else { return Err(Refusal::AlreadyDone) };
        let done = match operation {
            Operation::SignDocuments { documents } => {
                operations::sign::carry_out(self, documents, &activation.activation_id).await
            }
            Operation::SignDigests { signing } => operations::sign_digests::carry_out(self, signing, activation).await,
            Operation::SwitchDigests { switch } => {
                operations::switch_digests::carry_out(self, switch, activation).await
            }
            Operation::IssueCertificate { request } => operations::issue::carry_out(self, request, activation).await,
            Operation::RenewCertificate { renewal } => operations::renew::carry_out(self, renewal, activation).await,
            Operation::IssueApiClient { request } => operations::api_client::carry_out(self, request, activation).await,
            Operation::AppointOfficer { appointment } => {
                operations::appoint::carry_out(self, appointment, activation).await
            }
            Operation::EndAppointment { ending } => {
                operations::end_appointment::carry_out(self, ending, activation).await
            }
            Operation::BindCredential { binding } => operations::credentials::bind(self, binding, activation).await,
            Operation::EndCredential { ending } => operations::credentials::end(self, ending, activation).await,
            Operation::ReplaceCredential { replacement } => {
                operations::replace::approve(self, replacement, activation).await
            }
            Operation::StopReplacement { stop } => operations::replace::stop(self, stop, activation).await,
            Operation::RecordEvidence { record } => {
                operations::record_evidence::carry_out(self, record, activation).await
            }
            Operation::RevokeCertificate { revocation } => {
                operations::revoke::carry_out(self, revocation, activation).await
            }
            Operation::RestoreCertificate { restoration } => {
                operations::restore::carry_out(self, restoration, activation).await
            }
            Operation::RevokeCertificates { batch } => {
                operations::revoke_many::carry_out(self, batch, activation).await
            }
        };
        // Whatever it was: the next OCSP answer knows of it.
        self.status.index.outdate();
        let (state, outcome) = match done {
            Ok(outcome) => {
                self.steps.reach(Step::Done);
                ("done", outcome)
            }
            // It passes: the ticket stays activated, and recovery tries again.
            Err(refusal) if refusal.passes() => {
                self.note_what_kept(ticket_hash, Some(refusal.clone()));
                return Err(refusal);
            }
            Err(refusal) => ("refused", Outcome::Refused { refusal }),
        };
        if let Err(refusal) = self.close(ticket_hash, state, &outcome).await {
            self.note_what_kept(ticket_hash, Some(refusal.clone()));
            return Err(refusal);
        }
        self.note_what_kept(ticket_hash, None);
        tracing::info!(operation = meaning::operation_name(operation), activation.id = %activation.activation_id, state, "carried out");
        Ok(outcome)
    }

    fn note_what_kept(&self, ticket_hash: &str, refusal: Option<Refusal>) {
        let mut kept_by = self.kept_by.lock().unwrap_or_else(PoisonError::into_inner);
        // Another signer may finish what this one was kept from.
        if kept_by.len() >= MOST_KEPT {
            kept_by.clear();
        }
        match refusal {
            Some(refusal) => kept_by.insert(ticket_hash.to_owned(), refusal),
            None => kept_by.remove(ticket_hash),
        };
    }

    /// What keeps an activated operation, as far as this process knows.
    pub(crate) fn what_keeps(&self, ticket_hash: &str) -> Option<Refusal> {
        self.kept_by.lock().unwrap_or_else(PoisonError::into_inner).get(ticket_hash).cloned()
    }

    async fn close(&self, ticket_hash: &str, state: &str, outcome: &Outcome) -> Result<(), Refusal> {
        let text = serde_json::to_string(outcome).map_err(|_| Refusal::Internal)?;
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        tx.finish_ticket(ticket_hash, "activated", state, Some(&text))
            .await
            .map_err(|error| journal_refusal(&error))?;
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }

    async fn check_assertion(
        &self,
        ticket: &Ticket,
        actor: &str,
        authority: &str,
        operation: &Operation,
        response: &AuthenticationResponse,
    ) -> Result<(Activation, Use), Refusal> {
        let credential_id = URL_SAFE_NO_PAD.encode(&response.credential_id);
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let row = tx.credential(&credential_id).await.map_err(|error| journal_refusal(&error))?;
        let row = row.ok_or(Refusal::NotYourPasskey)?;
        if row.person_id != actor || !self.acts_with(&mut tx, actor, &credential_id, &row.cose_key, operation).await? {
            return Err(Refusal::NotYourPasskey);
        }
        let binding = tx.newest_binding(actor).await.map_err(|error| journal_refusal(&error))?;
        let locked = self.locked_until(&mut tx, &credential_id).await?;
        drop(tx);
        // Who takes away does it with a locked passkey too: a lock denies, it must not protect.
        if let Some(until) = locked.filter(|_| !operation.takes_away()) {
            return Err(passkeys::locked(until));
        }
        let policy = self.configuration.passkeys;
        policy.admit(Role::of(operation, authority, actor), row.backup_eligible == 1)?;
        let challenge = ticket.challenge()?;
        let credential = crate::enrolment::credential(&row)?;
        let parts = response.parts();
        let verified = match assertion::verify(&self.relying_party(), &challenge, &credential, parts) {
            Ok(verified) => verified,
            Err(error) => {
                return Err(self.refused_assertion(ticket, &credential_id, &row.cose_key, parts, error).await?);
            }
        };
        let now = self.now();
        let digests = meaning::digests(operation).map_err(|_| Refusal::Internal)?;
        let activation = Activation {
            activation_id: store::ids::uuid(now, &mut self.randomness.clone()),
            ticket_hash: ticket.hash.clone(),
            person_id: actor.to_owned(),
            credential_id,
            operation_digest: hex::encode(digests.concat()),
            challenge: challenge.to_vec(),
            client_data: response.response.client_data_json.clone(),
            authenticator_data: response.response.authenticator_data.clone(),
            signature: response.response.signature.clone(),
            at: micros(now),
            operation: meaning::operation_name(operation).to_owned(),
            authority: authority.to_owned(),
            nonce: ticket.nonce.to_vec(),
            expires_at: micros(ticket.expires_at),
            binding_id: binding.map(|row| row.binding_id),
            backup_eligible: i64::from(verified.backup_eligible),
            backup_state: i64::from(verified.backup_state),
            assurance: policy.assurance(verified.backup_eligible).as_str().to_owned(),
        };
        let used = Use {
            before: row.sign_count,
            after: i64::from(verified.sign_count),
            backup_state: i64::from(verified.backup_state),
        };
        Ok((activation, used))
    }

    /// What is said to an assertion that did not stand up. Only what this very passkey made counts
    /// towards its lock: a stranger with the page's address cannot make it.
    async fn refused_assertion(
        &self,
        ticket: &Ticket,
        credential_id: &str,
        cose_key: &[u8],
        parts: AssertionParts<'_>,
        error: webauthn::Error,
    ) -> Result<Refusal, Refusal> {
        if !assertion::is_by(cose_key, parts) {
            return Ok(error.into());
        }
        let locked = self.count_failure(ticket, credential_id, parts, error.fault()).await?;
        Ok(locked.map_or_else(|| error.into(), passkeys::locked))
    }

    /// What came of a ticket.
    pub(crate) async fn outcome(&self, text: &str) -> Result<Outcome, Refusal> {
        let ticket = self.ticket(text).await?;
        Ok(match (ticket.state.as_str(), ticket.outcome.clone()) {
            (_, Some(Outcome::DocumentsSigned { documents })) => self.documents_now(documents).await?,
            (_, Some(outcome)) => outcome,
            ("open", None) if ticket.is_open(self.now()) => Outcome::Waiting,
            ("activated", None) => self.progress(&ticket.hash).await?,
            _ => Outcome::Ended,
        })
    }

    /// Signed documents as they stand now: some may have been lifted since.
    async fn documents_now(&self, documents: Vec<DocumentRecord>) -> Result<Outcome, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let mut records = Vec::with_capacity(documents.len());
        for record in documents {
            let row = tx.document_facts(&record.document_id).await.map_err(|error| journal_refusal(&error))?;
            records.push(match row {
                Some(row) => self.document_record(&mut tx, row).await?,
                None => record,
            });
        }
        Ok(Outcome::DocumentsSigned { documents: records })
    }

    /// How far an activated operation has come.
    async fn progress(&self, ticket_hash: &str) -> Result<Outcome, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let row = tx.ticket(ticket_hash).await.map_err(|error| journal_refusal(&error))?.ok_or(Refusal::NotFound)?;
        let activation = tx.activation_of_ticket(ticket_hash).await.map_err(|error| journal_refusal(&error))?;
        if let Some(activation) = &activation {
            let counted = tx.progress_of_activation(&activation.activation_id).await;
            let (total, done) = counted.map_err(|error| journal_refusal(&error))?;
            if let (Ok(total @ 2..), Ok(done)) = (u64::try_from(total), u64::try_from(done)) {
                return Ok(Outcome::Signing { done, total });
            }
        }
        let done = match activation {
            Some(row) => {
                tx.revocations_of_activation(&row.activation_id).await.map_err(|error| journal_refusal(&error))?
            }
            None => 0,
        };
        drop(tx);
        let Ok(done) = u64::try_from(done) else { return Ok(Outcome::Working) };
        if done == 0 {
            return Ok(Outcome::Working);
        }
        Ok(match self.open_ticket(row).await?.plan {
            Some(Plan::Activate { operation: Operation::RevokeCertificates { batch }, .. }) => {
                Outcome::Revoking { done, total: batch.count }
            }
            _ => Outcome::Working,
        })
    }

    /// After a crash, or when the token is back: goes on with every operation that was
    /// activated longer than `patience` ago and not carried out. How many there were.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub async fn recover(&self, patience: time::Duration) -> Result<usize, Refusal> {
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        tx.end_tickets(micros(self.now())).await.map_err(|error| journal_refusal(&error))?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let waiting = tx.activated_tickets().await.map_err(|error| journal_refusal(&error))?;
        let mut left = Vec::new();
        for row in waiting {
            let activation =
                tx.activation_of_ticket(&row.ticket_hash).await.map_err(|error| journal_refusal(&error))?;
            // One that has just been activated is still in its own request's hands.
            if let Some(activation) = activation.filter(|row| self.now() - instant(row.at) > patience) {
                left.push((row, activation));
            }
        }
        // No transaction is open while the token works.
        drop(tx);
        let found = left.len();
        for (row, activation) in left {
            let hash = row.ticket_hash.clone();
            // One that cannot be gone on with does not keep the others waiting.
            if let Err(refusal) = self.go_on(row, &activation).await {
                tracing::error!(activation.id = %activation.activation_id, ticket = %hash, refusal = %refusal, "an operation waits");
            }
        }
        Ok(found)
    }

    async fn go_on(&self, row: store::journal::Ticket, activation: &Activation) -> Result<(), Refusal> {
        let ticket = self.open_ticket(row).await?;
        let Some(Plan::Activate { actor, operation, .. }) = &ticket.plan else { return Ok(()) };
        if self.was_activated(&ticket, actor, operation, activation).await? {
            self.carry_out(&ticket.hash, operation, activation).await?;
        } else {
            tracing::error!(activation.id = %activation.activation_id, "the journal tells of a touch that was not made");
            let detail = "not made with this person's passkey".to_owned();
            let refusal = Refusal::ActivationInvalid { fault: ActivationFault::Signature, detail };
            self.close(&ticket.hash, "refused", &Outcome::Refused { refusal }).await?;
        }
        Ok(())
    }

    /// Whether the touch that a row tells of was made: whoever owns the journal's database can
    /// write one, and cannot sign it.
    async fn was_activated(
        &self,
        ticket: &Ticket,
        actor: &str,
        operation: &Operation,
        row: &Activation,
    ) -> Result<bool, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let credential = tx.credential(&row.credential_id).await.map_err(|error| journal_refusal(&error))?;
        let Some(credential) = credential.filter(|found| found.person_id == actor && row.person_id == actor) else {
            return Ok(false);
        };
        // Or the passkey went with the very thing it brought about.
        let theirs = self.acts_with(&mut tx, actor, &row.credential_id, &credential.cose_key, operation).await?
            || self.was_brought_about_by(&mut tx, actor, &row.activation_id).await?;
        if !theirs {
            return Ok(false);
        }
        drop(tx);
        // The counter in the row has moved to this touch, or past it.
        let credential = Credential { sign_count: 0, ..crate::enrolment::credential(&credential)? };
        let parts = AssertionParts {
            client_data_json: &row.client_data,
            authenticator_data: &row.authenticator_data,
            signature: &row.signature,
        };
        Ok(assertion::verify(&self.relying_party(), &ticket.challenge()?, &credential, parts).is_ok())
    }
}

/// One ticket being carried out by this process; let go when dropped.
struct InHand<'a> {
    core: &'a Core,
    ticket_hash: &'a str,
}

impl<'a> InHand<'a> {
    fn take(core: &'a Core, ticket_hash: &'a str) -> Option<Self> {
        let mut in_hand = core.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        in_hand.insert(ticket_hash.to_owned()).then_some(Self { core, ticket_hash })
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        let mut in_hand = self.core.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        in_hand.remove(self.ticket_hash);
    }
}
