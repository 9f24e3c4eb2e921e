//! An RA officer may appoint officers of the units below.

use store::journal::Tx;

use super::{Reach, invalid};
use crate::core::{Core, is_id, journal_refusal};
use crate::passkeys::Role;
use crate::protocol::{Appointment, Refusal};

impl Core {
    pub(super) async fn may_appoint(
        &self,
        tx: &mut Tx,
        actor: &str,
        appointment: &Appointment,
    ) -> Result<String, Refusal> {
        let by = self.officer_over(tx, actor, &appointment.unit_code, "ra_officer", Reach::OnlyBelow).await?;
        if appointment.person_id == actor || appointment.identity_digest == by.identity_digest {
            return Err(Refusal::SelfApproval);
        }
        if !is_id(&appointment.appointment_id) {
            return Err(invalid("appointment_id"));
        }
        if !["ra_officer", "evidence_officer"].contains(&appointment.role.as_str()) {
            return Err(invalid("role"));
        }
        if tx.appointment(&appointment.appointment_id).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::AlreadyDone);
        }
        self.credential_is_pending(tx, &appointment.person_id, &appointment.credential).await?;
        self.passkey_suits(tx, &appointment.credential.credential_id, Role::Officer).await?;
        Ok(by.appointment_id)
    }
}
