//! The RA officer's queue and review.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use people::{Reason, Role};
use store::portal::doctor_request::{DoctorRequest, RequestState};

use super::doctor::shown_state;
use super::{go, go_to_signer, listing, page, page_with_errors};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::rfc3339;
use crate::pages::{RequestQueue, RequestReview, RequestRow, Text, Values};
use crate::problem::Problem;
use crate::units::{Office, Units};
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::decide_request::{self, LONGEST_REASON};
use crate::workflow::read_request::Dossier;
use crate::workflow::settle;

/// Requests that wait for this officer.
pub(super) async fn submitted(app: &App, office: &Office, units: &Units) -> Result<Vec<DoctorRequest>, Problem> {
    in_state(app, office, units, RequestState::Submitted).await
}

async fn in_state(
    app: &App,
    office: &Office,
    units: &Units,
    state: RequestState,
) -> Result<Vec<DoctorRequest>, Problem> {
    let mut found = Vec::new();
    for code in office.within(units, Role::RaOfficer) {
        let mut tx = app.portal().begin().await?;
        found.append(&mut tx.requests_of_unit(&code, state).await?);
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
    let mut rows = Vec::new();
    for state in [RequestState::Submitted, RequestState::Returned, RequestState::Issued, RequestState::Rejected] {
        for request in in_state(&app, &office, &units, state).await? {
            let Some(dossier) = Dossier::load(&app, &request.id).await? else { continue };
            rows.push(RequestRow {
                name: dossier.claims.full_name_th(),
                licence: dossier.claims.licence.clone(),
                unit: layout.text(&units.name(&request.unit_code)).to_owned(),
                state: shown_state(request.state),
                since: rfc3339(request.submitted_at.unwrap_or(request.created_at)),
                url: format!("/console/requests/{}", request.id),
            });
        }
    }
    record_read(&app, who.id(), "request_queue", "request_queue").await?;
    match listing("/console/requests", rows, &query, &layout) {
        Ok(listing) => page(&RequestQueue { layout, listing }),
        Err(file) => Ok(*file),
    }
}

async fn open(app: &App, who: &SignedIn, id: &str) -> Result<(Dossier, Units, Vec<Reason>), Problem> {
    let office = Office::load(app, who.id()).await?;
    let units = Units::load(app).await?;
    let dossier = Dossier::load(app, id).await?.ok_or_else(Problem::not_found)?;
    let objections = decide_request::objections(app, &who.session.person, &office, &units, &dossier);
    let outside = objections.iter().any(|reason| matches!(reason, Reason::NoAppointment(_) | Reason::OutsideSubtree));
    if outside {
        return Err(Problem::forbidden());
    }
    let dossier = settle::follow_journal(app, dossier).await?;
    Ok((dossier, units, objections))
}

/// One request with all its evidence.
pub(crate) async fn review_page(
    State(app): State<App>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let (dossier, units, objections) = open(&app, &who, &id).await?;
    record_read(&app, who.id(), "request", &dossier.request.id).await?;
    page(&review(&app, &who, &dossier, &units, &objections, None).await?)
}

async fn review(
    app: &App,
    who: &SignedIn,
    dossier: &Dossier,
    units: &Units,
    objections: &[Reason],
    error: Option<Text>,
) -> Result<RequestReview, Problem> {
    let layout = who.layout();
    let unit = layout.text(&units.name(&dossier.request.unit_code)).to_owned();
    let mut missing: Vec<Text> = dossier.missing().into_iter().map(|gap| gap.words()).collect();
    missing.extend(objections.iter().map(decide_request::words));
    let open = dossier.request.state == RequestState::Submitted;
    let why_not = if open {
        objections.first().map(decide_request::words)
    } else {
        Some(Text::new("คำขอนี้ไม่ได้รอการพิจารณา", "This request does not wait for a decision"))
    };
    Ok(RequestReview {
        name: dossier.claims.full_name_th(),
        state: shown_state(dossier.request.state),
        missing: if open { missing } else { Vec::new() },
        certificate: dossier.certificate_lines(&unit, &layout),
        evidence: dossier.evidence_items(app).await?,
        consent: dossier.consent.as_ref().map(|given| (given.notice_version.clone(), rfc3339(given.given_at))),
        key_code: dossier.credential.as_ref().map(|credential| credential.key_code.clone()),
        may_decide: open && decide_request::may_handle(objections),
        why_not,
        error,
        layout,
    })
}

/// The decision.
pub(crate) async fn decided(
    State(app): State<App>,
    Path(id): Path<String>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let who = &form.who;
    let (dossier, units, objections) = open(&app, who, &id).await?;
    if dossier.request.state != RequestState::Submitted {
        return Err(Problem::out_of_step());
    }
    let state = match form.value("decision") {
        "approve" if !objections.is_empty() => {
            let words = objections.first().map(decide_request::words);
            return page_with_errors(&review(&app, who, &dossier, &units, &objections, words).await?);
        }
        "approve" => {
            let url = decide_request::approve(&app, &who.session.person, &dossier).await?;
            return Ok(go_to_signer(&who.manner, &url));
        }
        "return" => RequestState::Returned,
        "reject" => RequestState::Rejected,
        _ => return Err(Problem::bad_input()),
    };
    if !decide_request::may_handle(&objections) {
        return Err(Problem::forbidden());
    }
    let note = form.value("note");
    if note.is_empty() || note.chars().count() > LONGEST_REASON {
        let words = Text::new(
            "โปรดเขียนเหตุผลให้แพทย์ทราบ (ไม่เกิน 1,000 ตัวอักษร)",
            "Write the reason for the doctor (at most 1,000 characters)",
        );
        return page_with_errors(&review(&app, who, &dossier, &units, &objections, Some(words)).await?);
    }
    decide_request::refuse(&app, &who.session.person, &dossier, state, note).await?;
    Ok(go("/console/requests"))
}
