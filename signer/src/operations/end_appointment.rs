//! Ending an officer's appointment.

use store::ids::instant;
use store::journal::Activation;

use crate::core::{Core, journal_refusal};
use crate::protocol::{AppointmentEnding, AppointmentRecord, Outcome, Refusal};

/// States the end.
pub(crate) async fn carry_out(
    core: &Core,
    ending: &AppointmentEnding,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let row = tx.appointment(&ending.appointment_id).await.map_err(|error| journal_refusal(&error))?;
    let row = row.ok_or(Refusal::NotFound)?;
    let held = core.appointments_in_force(&mut tx, &row.person_id).await?;
    drop(tx);
    // One that is over stays over: a crash, or another officer, was quicker.
    if held.iter().any(|held| held.appointment_id == row.appointment_id) {
        core.end_appointment(&row, &activation.activation_id, instant(activation.at)).await?;
    }
    Ok(Outcome::AppointmentEnded {
        appointment: AppointmentRecord {
            appointment_id: row.appointment_id,
            person_id: row.person_id,
            role: row.role,
            unit_code: row.unit_code,
        },
        ended_by: activation.person_id.clone(),
    })
}
