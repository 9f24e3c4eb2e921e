//! An RA officer decides a request: approve (on the signer's page), return or reject.

use people::{Action, Decision, Reason, decide};
use serde_json::json;
use store::portal::doctor_request::{DoctorRequest, RequestState};
use store::portal::person::Person;

use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::pages::Text;
use crate::problem::Problem;
use crate::units::{Office, Units};

use super::read_request::Dossier;

/// Longest reason, in characters.
pub(crate) const LONGEST_REASON: usize = 1000;

/// Why this officer may not approve this request; empty if they may. The signer decides again
/// by its own journal: this is what the page offers.
pub(crate) fn objections(
    app: &App,
    officer: &Person,
    office: &Office,
    units: &Units,
    dossier: &Dossier,
) -> Vec<Reason> {
    let acceptance = app.config().acceptance;
    match decide(&office.actor(officer), Action::ApproveRequest, &dossier.subject(), units.tree(), acceptance) {
        Decision::Allowed => Vec::new(),
        Decision::Denied(reasons) => reasons,
    }
}

/// May this officer see and give back this request: authority over the unit, and not their own?
pub(crate) fn may_handle(objections: &[Reason]) -> bool {
    !objections
        .iter()
        .any(|reason| matches!(reason, Reason::NoAppointment(_) | Reason::OutsideSubtree | Reason::Oneself))
}

/// An objection in words.
pub(crate) fn words(reason: &Reason) -> Text {
    match reason {
        Reason::Oneself => Text::new("ท่านอนุมัติคำขอของตนเองไม่ได้", "You cannot decide your own request"),
        Reason::OwnEvidence => Text::new(
            "หลักฐานทั้งหมดบันทึกโดยท่านเอง ต้องให้เจ้าหน้าที่อีกท่านอนุมัติ",
            "You alone recorded the evidence: another officer must approve",
        ),
        Reason::NoAppointment(_) | Reason::OutsideSubtree => {
            Text::new("การแต่งตั้งของท่านไม่ครอบคลุมหน่วยนี้", "Your appointment does not reach this unit")
        }
        Reason::LicenceNotActive => Text::new("ใบอนุญาตไม่มีผลอยู่", "The licence was not found active"),
        Reason::SubjectLevel { has, needs } => Text::new(
            format!("หลักฐานถึงระดับ IAL {has} แต่ต้องถึง {needs}"),
            format!("The evidence reaches IAL {has}; {needs} is needed"),
        ),
        Reason::IdentityLevel { has, needs } => Text::new(
            format!("ตัวตนของท่านอยู่ระดับ IAL {has} แต่ต้องถึง {needs}"),
            format!("Your own identity is at IAL {has}; {needs} is needed"),
        ),
        Reason::AuthenticatorLevel { has, needs } => Text::new(
            format!("การเข้าสู่ระบบของท่านอยู่ระดับ AAL {has} แต่ต้องถึง {needs}"),
            format!("Your login is at AAL {has}; {needs} is needed"),
        ),
        Reason::NotOneself => Text::new("เฉพาะเจ้าตัวเท่านั้น", "Only the person themselves may do this"),
    }
}

/// Approves: returns the signer's page where the officer puts their passkey to it. The caller
/// checked that there is no objection.
pub(crate) async fn approve(app: &App, officer: &Person, dossier: &Dossier) -> Result<String, Problem> {
    if dossier.request.state != RequestState::Submitted || !dossier.missing().is_empty() {
        return Err(Problem::out_of_step());
    }
    super::approve_request::propose_issue(app, &officer.id, dossier).await
}

/// Returns or rejects, with the reason for the doctor. The caller checked [`may_handle`].
pub(crate) async fn refuse(
    app: &App,
    officer: &Person,
    dossier: &Dossier,
    state: RequestState,
    reason: &str,
) -> Result<(), Problem> {
    let id = &dossier.request.id;
    let sealed = app.cipher().seal(&reason_place(id), reason.as_bytes(), app.randomness())?;
    let mut tx = app.portal().begin_write().await?;
    if !tx.decide_request(id, state, &officer.id, &sealed, app.now()).await? {
        return Err(Problem::out_of_step());
    }
    let facts = json!({ "state": state.as_str() });
    record(app, &mut tx, Event::new("request.decided", id, &officer.id).with(facts)).await?;
    tx.commit().await?;
    Ok(())
}

/// The reason given for a return or a rejection.
pub(crate) fn reason(app: &App, request: &DoctorRequest) -> Result<Option<String>, Error> {
    let Some(sealed) = &request.reason_sealed else { return Ok(None) };
    let reason = app.cipher().open(&reason_place(&request.id), sealed)?;
    Ok(String::from_utf8(reason).ok())
}

fn reason_place(request_id: &str) -> String {
    format!("doctor_request.reason:{request_id}")
}
