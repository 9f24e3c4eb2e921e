//! The first two central officers: their passkeys, enrolled on the signer's pages, and their
//! places, recorded before anything is bound so that a ceremony taken up again binds the same.

use serde::{Deserialize, Serialize};

use super::{Ceremony, CeremonyError};
use crate::core::Core;
use crate::protocol::{Appointment, CredentialReference, Outcome, Refusal, Response};

/// Setting: the officers as recorded.
pub(super) const RECORDED: &str = "ceremony_officers";

/// One of the first two officers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CentralOfficer {
    /// The portal's id of the person.
    pub person_id: String,
    /// Keyed digest of the national ID.
    pub identity_digest: String,
    /// Name in Thai.
    pub name_th: String,
    /// Name in English.
    pub name_en: String,
    /// The passkey enrolled during the ceremony.
    pub credential: CredentialReference,
}

/// An officer as the ceremony's document names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointee {
    /// Name in Thai.
    pub name_th: String,
    /// Name in English.
    pub name_en: String,
    /// Keyed digest of the national ID.
    pub identity_digest: String,
}

/// An officer with the id of the appointment that is to be stated.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RecordedOfficer {
    appointment_id: String,
    pub(super) officer: CentralOfficer,
}

impl Ceremony {
    /// Opens a page where a central officer enrols a passkey: ticket and address.
    ///
    /// # Errors
    /// [`CeremonyError::Refused`]
    pub async fn invite_officer(core: &Core, person_id: &str, name: &str) -> Result<(String, String), CeremonyError> {
        match core.offer_enrolment(person_id.to_owned(), name.to_owned(), "/".to_owned()).await? {
            Response::Ticket { ticket, url } => Ok((ticket, url)),
            _ => Err(CeremonyError::Refused(Refusal::Internal)),
        }
    }

    /// The passkey a ticket brought, once it did; none while the page waits.
    ///
    /// # Errors
    /// [`CeremonyError::Refused`] with [`Refusal::TicketOver`] if the page ended unused.
    pub async fn enrolled(core: &Core, ticket: &str) -> Result<Option<CredentialReference>, CeremonyError> {
        match core.outcome(ticket).await? {
            Outcome::CredentialEnrolled { credential } => Ok(Some(credential)),
            Outcome::Waiting | Outcome::Working => Ok(None),
            _ => Err(CeremonyError::Refused(Refusal::TicketOver)),
        }
    }

    /// The officers that this ceremony recorded before it broke off. The journal alone is not
    /// believed: they must be the document's persons, and `confirmed` the codes of their passkeys as
    /// both operators noted them when they were made.
    ///
    /// # Errors
    /// [`CeremonyError::OtherOfficers`]; [`CeremonyError::OfficersUnconfirmed`] with what to
    /// confirm; [`CeremonyError::Journal`].
    pub async fn recorded_officers(
        &self,
        document: &[Appointee; 2],
        confirmed: Option<&[String; 2]>,
    ) -> Result<Option<[CentralOfficer; 2]>, CeremonyError> {
        let Some(recorded) = self.officers_on_record().await? else { return Ok(None) };
        let officers = recorded.map(|recorded| recorded.officer);
        let same = |(officer, wanted): (&CentralOfficer, &Appointee)| {
            officer.name_th == wanted.name_th
                && officer.name_en == wanted.name_en
                && officer.identity_digest == wanted.identity_digest
        };
        if !officers.iter().zip(document).all(same) {
            return Err(CeremonyError::OtherOfficers);
        }
        let code = |officer: &CentralOfficer| officer.credential.key_code.clone();
        let codes = officers.each_ref().map(code);
        if confirmed != Some(&codes) {
            let list: Vec<String> = officers.iter().map(|one| format!("{} {}", one.name_th, code(one))).collect();
            return Err(CeremonyError::OfficersUnconfirmed(list.join(", ")));
        }
        Ok(Some(officers))
    }

    pub(super) async fn officers_on_record(&self) -> Result<Option<[RecordedOfficer; 2]>, CeremonyError> {
        let mut tx = self.journal.begin().await?;
        let Some(text) = tx.setting(RECORDED).await? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|_| CeremonyError::Refused(Refusal::Internal))
    }

    /// Records who the officers are, once.
    pub(super) async fn record_officers(
        &self,
        officers: &[CentralOfficer; 2],
    ) -> Result<[RecordedOfficer; 2], CeremonyError> {
        let [first, second] = officers;
        if first.person_id == second.person_id
            || first.identity_digest == second.identity_digest
            || first.credential.credential_id == second.credential.credential_id
        {
            return Err(CeremonyError::SamePerson);
        }
        if let Some(recorded) = self.officers_on_record().await? {
            let same = recorded.iter().zip(officers).all(|(recorded, officer)| recorded.officer == *officer);
            return if same { Ok(recorded) } else { Err(CeremonyError::OtherOfficers) };
        }
        let now = self.clock.now();
        let recorded = officers.clone().map(|officer| RecordedOfficer {
            appointment_id: store::ids::uuid(now, &mut self.randomness.clone()),
            officer,
        });
        let text = serde_json::to_string(&recorded).map_err(|_| CeremonyError::Refused(Refusal::Internal))?;
        let mut tx = self.journal.begin_write().await?;
        tx.set_once(RECORDED, &text).await?;
        self.log(&mut tx, "ceremony.officers_recorded", &serde_json::json!({ "officers": officers.len() })).await?;
        tx.commit().await?;
        Ok(recorded)
    }

    /// Binds and appoints what is recorded; what is done already stays.
    pub(super) async fn bind_officers(
        &self,
        core: &Core,
        officers: &[RecordedOfficer; 2],
    ) -> Result<(), CeremonyError> {
        let now = self.clock.now();
        let top = Self::top_unit(&self.units)?;
        for RecordedOfficer { appointment_id, officer } in officers {
            core.bind(&officer.person_id, &officer.credential, None, "ceremony", now).await?;
            let appointment = Appointment {
                appointment_id: appointment_id.clone(),
                person_id: officer.person_id.clone(),
                identity_digest: officer.identity_digest.clone(),
                name_th: officer.name_th.clone(),
                name_en: officer.name_en.clone(),
                role: "ra_officer".to_owned(),
                unit_code: top.code.clone(),
                credential: officer.credential.clone(),
            };
            core.appoint(&appointment, "ceremony", now).await?;
        }
        Ok(())
    }
}
