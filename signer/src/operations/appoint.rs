//! Making an officer: a binding and an appointment, both signed by the binding key.

use store::ids::instant;
use store::journal::Activation;

use crate::core::Core;
use crate::protocol::{Appointment, AppointmentRecord, Outcome, Refusal};

/// States the binding, then the appointment.
pub(crate) async fn carry_out(
    core: &Core,
    appointment: &Appointment,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let at = instant(activation.at);
    core.bind(&appointment.person_id, &appointment.credential, None, &activation.activation_id, at).await?;
    core.appoint(appointment, &activation.activation_id, at).await?;
    Ok(Outcome::OfficerAppointed {
        appointment: AppointmentRecord {
            appointment_id: appointment.appointment_id.clone(),
            person_id: appointment.person_id.clone(),
            role: appointment.role.clone(),
            unit_code: appointment.unit_code.clone(),
        },
    })
}
