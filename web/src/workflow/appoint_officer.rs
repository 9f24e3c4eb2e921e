//! An officer appoints an officer of a unit below, on the signer's page.

use signer::protocol::{Appointment, Operation};
use store::portal::person::Person;

use crate::app::App;
use crate::names::Names;
use crate::problem::Problem;

use super::enrol_signing_passkey;
use super::propose::{kind, propose};

/// Proposes the appointment; returns the signer's page. The caller checked that the
/// appointing officer is of the unit above.
pub(crate) async fn propose_appointment(app: &App, appointer: &Person, officer: &Person) -> Result<String, Problem> {
    let Some(credential) = enrol_signing_passkey::of(officer) else { return Err(Problem::out_of_step()) };
    let names = Names::open(app.cipher(), &officer.id, &officer.names_sealed)?;
    if !names.is_complete() || officer.identity_digest.is_empty() {
        return Err(Problem::out_of_step());
    }
    if appointer.id == officer.id || appointer.identity_digest == officer.identity_digest {
        return Err(Problem::forbidden());
    }
    let appointment = Appointment {
        // One appointment for one enrolment: proposing again is the same appointment.
        appointment_id: officer.id.clone(),
        person_id: officer.id.clone(),
        identity_digest: officer.identity_digest.clone(),
        name_th: names.shown(crate::pages::Lang::Th),
        name_en: names.full_en(),
        role: officer.invited_as.clone(),
        unit_code: officer.unit_code.clone(),
        credential,
    };
    let operation = Operation::AppointOfficer { appointment };
    Ok(propose(app, &appointer.id, kind::APPOINT, &officer.id, operation).await?)
}
