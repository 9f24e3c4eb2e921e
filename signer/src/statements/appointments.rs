//! Who is an officer of what, and the ends of that: both signed.

use store::ids::micros;
use store::journal::{Appointment as AppointmentRow, AppointmentEnd, Tx};
use time::OffsetDateTime;

use super::Statement;
use crate::core::{Core, journal_refusal, rfc3339};
use crate::protocol::{Appointment, Refusal};

/// The ledger's kind of entry for an end, its subject the appointment.
const ENDED: &str = "officer.ended";

/// The role of who approves, appoints and revokes.
pub(super) const RA_OFFICER: &str = "ra_officer";

impl Core {
    /// States that a person is an officer, once.
    pub(crate) async fn appoint(&self, appointment: &Appointment, by: &str, at: OffsetDateTime) -> Result<(), Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let stated = tx.appointment(&appointment.appointment_id).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        if stated.is_some() {
            return Ok(());
        }
        let statement = Statement::Appointment {
            appointment_id: appointment.appointment_id.clone(),
            person_id: appointment.person_id.clone(),
            identity_digest: appointment.identity_digest.clone(),
            role: appointment.role.clone(),
            unit_code: appointment.unit_code.clone(),
            by: by.to_owned(),
            at: rfc3339(at),
        };
        let (text, signature) = self.sign_statement(&statement).await?;
        let row = AppointmentRow {
            appointment_id: appointment.appointment_id.clone(),
            person_id: appointment.person_id.clone(),
            identity_digest: appointment.identity_digest.clone(),
            role: appointment.role.clone(),
            unit_code: appointment.unit_code.clone(),
            name_th: appointment.name_th.clone(),
            name_en: appointment.name_en.clone(),
            statement: text,
            signature,
            appointed_by: by.to_owned(),
            at: micros(at),
            ended_at: None,
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        if tx.insert_appointment(&row).await.map_err(|error| journal_refusal(&error))? {
            let details = serde_json::json!({
                "person": row.person_id, "role": row.role, "unit": row.unit_code, "by": by,
            });
            self.log(&mut tx, "officer.appointed", &row.appointment_id, &details).await?;
        }
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }

    /// States that an appointment is over, once.
    pub(crate) async fn end_appointment(
        &self,
        appointment: &AppointmentRow,
        by: &str,
        at: OffsetDateTime,
    ) -> Result<(), Refusal> {
        let statement = Statement::AppointmentEnd {
            appointment_id: appointment.appointment_id.clone(),
            by: by.to_owned(),
            at: rfc3339(at),
        };
        let (text, signature) = self.sign_statement(&statement).await?;
        let end = AppointmentEnd {
            appointment_id: appointment.appointment_id.clone(),
            ended_by: by.to_owned(),
            statement: text,
            signature,
            at: micros(at),
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        self.others_stay(&mut tx, &appointment.person_id).await?;
        if tx.end_appointment(&end).await.map_err(|error| journal_refusal(&error))? {
            let details = serde_json::json!({ "person": appointment.person_id, "by": by });
            self.log(&mut tx, ENDED, &appointment.appointment_id, &details).await?;
        }
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }

    /// The appointments in force of a person: signed, and not ended.
    pub(crate) async fn appointments_in_force(
        &self,
        tx: &mut Tx,
        person_id: &str,
    ) -> Result<Vec<AppointmentRow>, Refusal> {
        let rows = tx.appointments_of(person_id).await.map_err(|error| journal_refusal(&error))?;
        self.in_force_among(tx, rows).await
    }

    async fn in_force_among(&self, tx: &mut Tx, rows: Vec<AppointmentRow>) -> Result<Vec<AppointmentRow>, Refusal> {
        let mut in_force = Vec::new();
        for row in rows {
            if self.vouched(&row) && !self.is_over(tx, &row.appointment_id).await? {
                in_force.push(row);
            }
        }
        Ok(in_force)
    }

    /// By a signed end, or by what the ledger notes of one whose row is gone. A date in the row
    /// alone ends nothing.
    async fn is_over(&self, tx: &mut Tx, appointment_id: &str) -> Result<bool, Refusal> {
        let end = tx.appointment_end(appointment_id).await.map_err(|error| journal_refusal(&error))?;
        let signed = end.is_some_and(|end| {
            matches!(self.read(&end.statement, &end.signature), Some(Statement::AppointmentEnd {
                appointment_id: named, ..
            }) if named == appointment_id)
        });
        if signed {
            return Ok(true);
        }
        let noted = tx.times_noted(appointment_id, ENDED).await.map_err(|error| journal_refusal(&error))?;
        if noted > 0 {
            tracing::error!(alarm = "journal", appointment.id = %appointment_id, "the end of an appointment was taken out of the journal");
        }
        Ok(noted > 0)
    }

    /// Whether, without this person, somebody is left who acts for the whole tree. Others that ask
    /// wait for this transaction.
    pub(crate) async fn others_stay(&self, tx: &mut Tx, person_id: &str) -> Result<(), Refusal> {
        let central = self.central_officers(tx).await?;
        if !central.iter().any(|row| row.person_id == person_id) {
            return Ok(());
        }
        tx.lock_officers().await.map_err(|error| journal_refusal(&error))?;
        for row in self.central_officers(tx).await?.iter().filter(|row| row.person_id != person_id) {
            if self.standing(tx, &row.person_id).await?.is_some_and(|standing| standing.can_act()) {
                return Ok(());
            }
        }
        Err(Refusal::LastOfficer)
    }

    async fn central_officers(&self, tx: &mut Tx) -> Result<Vec<AppointmentRow>, Refusal> {
        let units = tx.units().await.map_err(|error| journal_refusal(&error))?;
        let mut central = Vec::new();
        for top in units.iter().filter(|unit| unit.parent.is_none()) {
            let rows = tx.appointments_at(&top.code, RA_OFFICER).await.map_err(|error| journal_refusal(&error))?;
            central.extend(self.in_force_among(tx, rows).await?);
        }
        Ok(central)
    }

    fn vouched(&self, row: &AppointmentRow) -> bool {
        matches!(self.read(&row.statement, &row.signature), Some(Statement::Appointment {
            appointment_id, person_id, identity_digest, role, unit_code, ..
        }) if appointment_id == row.appointment_id
            && person_id == row.person_id
            && identity_digest == row.identity_digest
            && role == row.role
            && unit_code == row.unit_code)
    }
}
