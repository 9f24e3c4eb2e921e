//! Officers who wait to be appointed by the level above.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use people::{Action, Decision, Role, Subject, decide};
use store::portal::person::Person;

use super::{go_to_signer, listing, page};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::rfc3339;
use crate::names::Names;
use crate::pages::{AppointmentQueue, AppointmentRow, Lang, Values};
use crate::problem::Problem;
use crate::units::{Office, Units, role_words};
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::{appoint_officer, enrol_signing_passkey};

/// An officer of a unit below.
pub(super) struct Candidate {
    person: Person,
    names: Names,
    pub(super) in_office: bool,
    /// Names, national ID and signing passkey are there.
    pub(super) ready: bool,
}

/// Officers of the units below those this person is an RA officer of.
pub(super) async fn candidates(app: &App, office: &Office, units: &Units) -> Result<Vec<Candidate>, Problem> {
    let mut found = Vec::new();
    for code in office.below(units, Role::RaOfficer) {
        let mut tx = app.portal().begin().await?;
        let officers = tx.enrolled_officers(&code).await?;
        drop(tx);
        for person in officers {
            let names = Names::open(app.cipher(), &person.id, &person.names_sealed)?;
            let held = Office::load(app, &person.id).await?;
            let in_office =
                held.held().iter().any(|held| held.role == person.invited_as && held.unit_code == person.unit_code);
            let ready = names.is_complete() && !person.identity_digest.is_empty();
            found.push(Candidate { person, names, in_office, ready });
        }
    }
    Ok(found)
}

/// The queue.
pub(crate) async fn queue(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let office = Office::load(&app, who.id()).await?;
    if !office.holds(Role::RaOfficer) {
        return Err(Problem::forbidden());
    }
    let units = Units::load(&app).await?;
    let layout = who.layout();
    let found = candidates(&app, &office, &units).await?;
    record_read(&app, who.id(), "appointment_queue", "appointment_queue").await?;
    let rows = found
        .into_iter()
        .map(|candidate| AppointmentRow {
            name: candidate.names.shown(Lang::Th),
            role: role_words(&candidate.person.invited_as),
            unit: layout.text(&units.name(&candidate.person.unit_code)).to_owned(),
            key_code: enrol_signing_passkey::of(&candidate.person).map(|credential| credential.key_code),
            in_office: candidate.in_office,
            since: rfc3339(candidate.person.created_at),
            url: (candidate.ready && !candidate.in_office)
                .then(|| format!("/console/appointments/{}", candidate.person.id)),
        })
        .collect();
    match listing("/console/appointments", rows, &query, &layout) {
        Ok(listing) => page(&AppointmentQueue { layout, listing }),
        Err(file) => Ok(*file),
    }
}

/// Appoints: on to the signer's page.
pub(crate) async fn appoint(
    State(app): State<App>,
    Path(id): Path<String>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let who = &form.who;
    if form.value("decision") != "appoint" || !crate::randomness::is_uuid(&id) {
        return Err(Problem::bad_input());
    }
    let office = Office::load(&app, who.id()).await?;
    let units = Units::load(&app).await?;
    let mut tx = app.portal().begin().await?;
    let officer = tx.person(&id).await?.ok_or_else(Problem::not_found)?;
    drop(tx);
    if !matches!(officer.invited_as.as_str(), "ra_officer" | "evidence_officer") {
        return Err(Problem::not_found());
    }
    let subject = Subject {
        person_id: Some(officer.id.clone()),
        identity_digest: Some(officer.identity_digest.clone()),
        unit_code: Some(officer.unit_code.clone()),
        ..Subject::default()
    };
    let actor = office.actor(&who.session.person);
    let decision = decide(&actor, Action::AppointOfficer, &subject, units.tree(), app.config().acceptance);
    if decision != Decision::Allowed {
        return Err(Problem::forbidden());
    }
    let url = appoint_officer::propose_appointment(&app, &who.session.person, &officer).await?;
    Ok(go_to_signer(&who.manner, &url))
}
