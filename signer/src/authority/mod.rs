//! Who may activate what: asked when an operation is proposed, and asked again, of the same
//! function, when it is activated. Nothing here believes the portal.

mod api_client;
mod appoint;
mod credentials;
mod digests;
mod evidence;
mod issue;
mod renew;
mod replace;
mod revoke;
mod revoke_many;
mod sign;

pub(crate) use evidence::{findings, saw_the_person, speaks_against, speaks_for};
pub(crate) use replace::APPROVALS;
pub(crate) use revoke::OWN_WORD;

use store::journal::{Appointment as AppointmentRow, Credential as CredentialRow, Tx};

use crate::core::{Core, journal_refusal};
use crate::protocol::{CredentialReference, Operation, Refusal};

impl Core {
    /// Checks `operation` for `actor`; what the actor acts as: a certificate's serial or an
    /// appointment's id.
    pub(crate) async fn authorise(&self, actor: &str, operation: &Operation) -> Result<String, Refusal> {
        self.still_issues(operation).await?;
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        match operation {
            Operation::SignDocuments { documents } => self.may_sign(&mut tx, actor, documents).await,
            Operation::SignDigests { signing } => self.may_sign_digests(&mut tx, actor, signing).await,
            Operation::SwitchDigests { switch } => self.may_switch_digests(&mut tx, actor, switch).await,
            Operation::IssueCertificate { request } => self.may_issue(&mut tx, actor, request).await,
            Operation::RenewCertificate { renewal } => self.may_renew(&mut tx, actor, renewal).await,
            Operation::IssueApiClient { request } => self.may_issue_to_program(&mut tx, actor, request).await,
            Operation::AppointOfficer { appointment } => self.may_appoint(&mut tx, actor, appointment).await,
            Operation::EndAppointment { ending } => self.may_end_appointment(&mut tx, actor, ending).await,
            Operation::BindCredential { binding } => self.may_bind_credential(&mut tx, actor, binding).await,
            Operation::EndCredential { ending } => self.may_end_credential(&mut tx, actor, ending).await,
            Operation::ReplaceCredential { replacement } => self.may_replace(&mut tx, actor, replacement).await,
            Operation::StopReplacement { stop } => self.may_stop_replacement(&mut tx, actor, stop).await,
            Operation::RecordEvidence { record } => self.may_record_evidence(&mut tx, actor, record).await,
            Operation::RevokeCertificate { revocation } => self.may_revoke(&mut tx, actor, revocation).await,
            Operation::RestoreCertificate { restoration } => self.may_restore(&mut tx, actor, restoration).await,
            Operation::RevokeCertificates { batch } => self.may_revoke_many(&mut tx, actor, batch).await,
        }
    }

    /// That the end of the CA has not begun, if a certificate is to come of it.
    ///
    /// # Errors
    /// [`Refusal::Terminated`].
    pub(crate) async fn still_issues(&self, operation: &Operation) -> Result<(), Refusal> {
        if !operation.issues() {
            return Ok(());
        }
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let begun = tx.setting(crate::ceremony::termination::BEGUN).await.map_err(|error| journal_refusal(&error))?;
        if begun.is_some() { Err(Refusal::Terminated) } else { Ok(()) }
    }

    /// The actor's appointment in `role` whose subtree holds `unit`.
    pub(super) async fn officer_over(
        &self,
        tx: &mut Tx,
        actor: &str,
        unit: &str,
        role: &str,
        reach: Reach,
    ) -> Result<AppointmentRow, Refusal> {
        let line = tx.unit_ancestors(unit).await.map_err(|error| journal_refusal(&error))?;
        if line.is_empty() {
            return Err(invalid("unit"));
        }
        let reached: Vec<&str> = line
            .iter()
            .map(|above| above.code.as_str())
            .filter(|code| reach == Reach::UnitAndBelow || *code != unit)
            .collect();
        let held = self.appointments_in_force(tx, actor).await?;
        held.into_iter()
            .find(|row| row.role == role && reached.contains(&row.unit_code.as_str()))
            .ok_or(Refusal::NoAuthority)
    }

    pub(super) async fn credential_is_pending(
        &self,
        tx: &mut Tx,
        person_id: &str,
        reference: &CredentialReference,
    ) -> Result<(), Refusal> {
        let standing = self.standing(tx, person_id).await?.ok_or(Refusal::JournalAltered)?;
        let row = self.enrolled_credential(tx, person_id, reference).await?;
        // An officer who becomes a doctor keeps the credential they have: putting another in its
        // place needs the old one, or two officers, and is no part of an ordinary approval. Nor is
        // giving one to a person whose last was ended.
        let first = standing.version == 0 && row.state == "pending";
        let held = standing.in_force(&row.credential_id, &reference.public_key_sha256);
        if first || held { Ok(()) } else { Err(Refusal::CredentialUnknown) }
    }

    /// A credential that this person enrolled, and that is what the reference says of it.
    pub(super) async fn enrolled_credential(
        &self,
        tx: &mut Tx,
        person_id: &str,
        reference: &CredentialReference,
    ) -> Result<CredentialRow, Refusal> {
        let row = tx.credential(&reference.credential_id).await.map_err(|error| journal_refusal(&error))?;
        row.filter(|row| row.person_id == person_id && crate::enrolment::reference(row) == *reference)
            .ok_or(Refusal::CredentialUnknown)
    }
}

/// Whether an officer's own unit is within reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    UnitAndBelow,
    OnlyBelow,
}

pub(super) fn invalid(detail: &str) -> Refusal {
    Refusal::ContentInvalid { detail: detail.to_owned() }
}
