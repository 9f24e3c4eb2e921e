//! Who may change what people act with: the person with a passkey they have; an officer above may
//! take, never give.

use store::journal::{Appointment as AppointmentRow, Tx};

use super::{Reach, invalid};
use crate::core::{Core, journal_refusal};
use crate::protocol::{AppointmentEnding, CredentialBinding, CredentialEnding, Refusal};
use crate::records::CertificateDetails;
use crate::statements::Standing;

/// Passkeys of one person in force at once.
const MAX_CREDENTIALS: usize = 10;

/// Who a person is, as the journal vouches for it.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Units of the certificates they hold.
    pub(crate) certified_at: Vec<String>,
    /// Their appointments in force.
    pub(crate) appointments: Vec<AppointmentRow>,
    /// Keyed digests of the national ID that these were made for.
    pub(crate) identities: Vec<String>,
}

impl Core {
    pub(super) async fn may_bind_credential(
        &self,
        tx: &mut Tx,
        actor: &str,
        binding: &CredentialBinding,
    ) -> Result<String, Refusal> {
        if binding.person_id != actor {
            return Err(Refusal::NotYourPasskey);
        }
        let standing = self.standing(tx, actor).await?.ok_or(Refusal::JournalAltered)?;
        if standing.version != binding.after_version {
            return Err(Refusal::Conflict);
        }
        if standing.credentials.len() >= MAX_CREDENTIALS {
            return Err(invalid("credential: there are ten already"));
        }
        if binding.removes.as_ref().is_some_and(|id| standing.find(id).is_none()) {
            return Err(Refusal::CredentialUnknown);
        }
        self.credential_is_new(tx, actor, &binding.credential, &standing).await?;
        Ok(actor.to_owned())
    }

    /// A passkey that was enrolled and never was anybody's.
    pub(super) async fn credential_is_new(
        &self,
        tx: &mut Tx,
        person_id: &str,
        reference: &crate::protocol::CredentialReference,
        standing: &Standing,
    ) -> Result<(), Refusal> {
        let row = self.enrolled_credential(tx, person_id, reference).await?;
        if row.state != "pending" || standing.find(&row.credential_id).is_some() {
            return Err(Refusal::CredentialUnknown);
        }
        Ok(())
    }

    pub(super) async fn may_end_credential(
        &self,
        tx: &mut Tx,
        actor: &str,
        ending: &CredentialEnding,
    ) -> Result<String, Refusal> {
        let standing = self.standing(tx, &ending.person_id).await?.ok_or(Refusal::JournalAltered)?;
        if standing.find(&ending.credential_id).is_none() {
            return Err(Refusal::CredentialUnknown);
        }
        if standing.version != ending.after_version {
            return Err(Refusal::Conflict);
        }
        // Their own: with another one, which the touch shows.
        if ending.person_id == actor {
            return Ok(actor.to_owned());
        }
        let places = self.places(tx, &ending.person_id, &standing).await?;
        Ok(self.stands_above(tx, actor, &places).await?.appointment_id)
    }

    pub(super) async fn may_end_appointment(
        &self,
        tx: &mut Tx,
        actor: &str,
        ending: &AppointmentEnding,
    ) -> Result<String, Refusal> {
        let row = tx.appointment(&ending.appointment_id).await.map_err(|error| journal_refusal(&error))?;
        let row = row.ok_or(Refusal::NotFound)?;
        let in_force = self.appointments_in_force(tx, &row.person_id).await?;
        let Some(row) = in_force.into_iter().find(|held| held.appointment_id == row.appointment_id) else {
            return Err(Refusal::AlreadyDone);
        };
        self.others_stay(tx, &row.person_id).await?;
        if row.person_id == actor {
            return Ok(row.appointment_id);
        }
        Ok(self.officer_over(tx, actor, &row.unit_code, "ra_officer", Reach::OnlyBelow).await?.appointment_id)
    }

    /// Where a person stands. Certificates count as they were recorded, in force or not: their
    /// holder can be certified again.
    pub(crate) async fn places(&self, tx: &mut Tx, person_id: &str, standing: &Standing) -> Result<Places, Refusal> {
        let mut places = Places::default();
        for serial in standing.serials() {
            let row = tx.certificate(serial).await.map_err(|error| journal_refusal(&error))?;
            let row = row.ok_or(Refusal::JournalAltered)?;
            if !self.is_holder(tx, person_id, &row).await? {
                return Err(Refusal::JournalAltered);
            }
            let details = CertificateDetails::of(&row)?;
            places.certified_at.push(details.unit_code);
            places.identities.push(details.identity_digest);
        }
        places.appointments = self.appointments_in_force(tx, person_id).await?;
        places.identities.extend(places.appointments.iter().map(|row| row.identity_digest.clone()));
        for list in [&mut places.certified_at, &mut places.identities] {
            list.sort();
            list.dedup();
        }
        Ok(places)
    }

    /// Whether a person is an officer of the top unit.
    pub(crate) async fn is_central(&self, tx: &mut Tx, places: &Places) -> Result<bool, Refusal> {
        for held in &places.appointments {
            let line = tx.unit_ancestors(&held.unit_code).await.map_err(|error| journal_refusal(&error))?;
            if line.len() == 1 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// An appointment of the actor over every place the person has: who is above an officer of the
    /// hospital is not therefore above the same person as an officer of the province. A central
    /// officer has nobody above, and answers to the others.
    pub(super) async fn stands_above(
        &self,
        tx: &mut Tx,
        actor: &str,
        places: &Places,
    ) -> Result<AppointmentRow, Refusal> {
        let mut by = None;
        for unit in &places.certified_at {
            by = Some(self.officer_over(tx, actor, unit, "ra_officer", Reach::UnitAndBelow).await?);
        }
        for held in &places.appointments {
            let line = tx.unit_ancestors(&held.unit_code).await.map_err(|error| journal_refusal(&error))?;
            let reach = if line.len() == 1 { Reach::UnitAndBelow } else { Reach::OnlyBelow };
            by = Some(self.officer_over(tx, actor, &held.unit_code, "ra_officer", reach).await?);
        }
        let by = by.ok_or_else(|| invalid("person: neither certified nor appointed"))?;
        if places.identities.contains(&by.identity_digest) {
            return Err(Refusal::SelfApproval);
        }
        Ok(by)
    }
}
