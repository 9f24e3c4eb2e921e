//! What waits for me; the signing passkey; coming back from the signer's page.

use axum::extract::{Query, State};
use axum::response::Response;
use people::Role;
use store::portal::doctor_request::RequestState;

use super::{go, go_to_signer, page};
use crate::app::App;
use crate::pages::{self, Task, TaskState, Text, Values};
use crate::problem::Problem;
use crate::units::{Office, Units, role_words};
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::settle::{Next, settle};
use crate::workflow::{enrol_signing_passkey, renew_certificate};

/// The task list.
pub(crate) async fn list(State(app): State<App>, who: SignedIn) -> Result<Response, Problem> {
    let person = &who.session.person;
    let office = Office::load(&app, &person.id).await?;
    let units = Units::load(&app).await?;
    let mut waiting = Vec::new();
    let mut other = Vec::new();
    let has_passkey = person.signing_credential.is_some();
    if !has_passkey && person.invited_as != "central" {
        waiting.push(task(
            ("สร้างพาสคีย์สำหรับลงนาม", "Create your signing passkey"),
            Some("/signing-passkey"),
            TaskState::ToDo,
        ));
    }
    if person.invited_as == "doctor" {
        doctor_tasks(&app, &who, &mut waiting, &mut other).await?;
    } else {
        officer_tasks(&app, &who, &office, &units, &mut waiting, &mut other).await?;
    }
    let mut roles: Vec<Text> = office
        .held()
        .iter()
        .map(|held| {
            let (role, unit) = (role_words(&held.role), units.name(&held.unit_code));
            Text::new(format!("{} · {}", role.th, unit.th), format!("{} · {}", role.en, unit.en))
        })
        .collect();
    if person.invited_as == "doctor" {
        let unit = units.name(&person.unit_code);
        roles.push(Text::new(format!("แพทย์ · {}", unit.th), format!("Doctor · {}", unit.en)));
    }
    page(&pages::TaskList { layout: who.layout(), roles, waiting, other, done: None })
}

fn task(title: (&str, &str), url: Option<&str>, state: TaskState) -> Task {
    Task { title: Text::new(title.0, title.1), hint: None, url: url.map(str::to_owned), state }
}

async fn doctor_tasks(
    app: &App,
    who: &SignedIn,
    waiting: &mut Vec<Task>,
    other: &mut Vec<Task>,
) -> Result<(), Problem> {
    let mut tx = app.portal().begin().await?;
    let consent = tx.consent_of(who.id()).await?;
    let request = tx.latest_request(who.id()).await?;
    drop(tx);
    let certified = crate::workflow::prepare_document::certificate_in_force(app, who.id()).await?.is_some();
    let own = app.signer().certificates(who.id()).await?;
    renew_certificate::follow_journal(app, &own).await?;
    if let Some(ending) = renew_certificate::renewable(app, &own) {
        let renew = ("ใบรับรองลายมือชื่อของท่านใกล้หมดอายุ โปรดต่ออายุ", "Your signing certificate ends soon: renew it");
        let url = format!("/certificates/{}/renew", ending.serial);
        let end = who.layout().instant(&ending.not_after);
        let end = Text::new(format!("ใช้ได้ถึง {end}"), format!("Valid until {end}"));
        waiting.push(Task { hint: Some(end), ..task(renew, Some(&url), TaskState::ToDo) });
    }
    let state = request.as_ref().map(|request| request.state);
    if consent.is_none() {
        waiting.push(task(
            ("อ่านประกาศความเป็นส่วนตัวและให้ความยินยอม", "Read the privacy notice and consent"),
            Some("/consent"),
            TaskState::ToDo,
        ));
    } else {
        other.push(task(("ความยินยอมของท่าน", "Your consent"), Some("/consent"), TaskState::Done));
    }
    let identity = ("บอกว่าท่านเป็นใครและตรวจใบอนุญาต", "Say who you are and have your licence checked");
    match (consent.is_some(), state) {
        (false, None) => other.push(task(identity, None, TaskState::NotYet)),
        (true, None | Some(RequestState::Rejected)) if !certified => {
            waiting.push(task(identity, Some("/identity"), TaskState::ToDo));
        }
        (_, Some(RequestState::Returned)) => {
            waiting.push(task(
                ("แก้ไขคำขอที่ส่งกลับ", "Correct the request that was returned"),
                Some("/request"),
                TaskState::ToDo,
            ));
        }
        _ => {}
    }
    match state {
        Some(RequestState::Draft) => waiting.push(task(
            ("พบเจ้าหน้าที่พร้อมบัตรประชาชน", "See the evidence officer with your ID card"),
            Some("/request"),
            TaskState::ToDo,
        )),
        Some(RequestState::Submitted) => {
            other.push(task(("คำขอใบรับรอง", "Certificate request"), Some("/request"), TaskState::WaitingForOthers));
        }
        Some(_) => other.push(task(("คำขอใบรับรอง", "Certificate request"), Some("/request"), TaskState::Open)),
        None => {}
    }
    if state == Some(RequestState::Issued) && !certified {
        waiting.push(task(
            (
                "ใบรับรองลายมือชื่อของท่านไม่มีผลแล้ว โปรดติดต่อนายทะเบียน",
                "Your signing certificate is no longer in force: see the registration officer",
            ),
            Some("/certificates"),
            TaskState::Open,
        ));
    }
    let mut tx = app.portal().begin().await?;
    let unsigned = tx.waiting_documents(who.id(), 1_000).await?.len();
    drop(tx);
    if certified && unsigned > 0 {
        let words = ("เอกสารรอลงนาม", "Documents waiting to be signed");
        waiting.push(task(words, Some("/documents/waiting"), counted(unsigned)));
    }
    let documents = ("ใบรับรองแพทย์ที่ท่านเขียน", "The medical certificates you write");
    if certified {
        waiting.push(task(documents, Some("/documents"), TaskState::Open));
    } else {
        other.push(task(documents, None, TaskState::NotYet));
    }
    other.push(task(("ใบรับรองลายมือชื่อของท่าน", "Your signing certificates"), Some("/certificates"), TaskState::Open));
    Ok(())
}

async fn officer_tasks(
    app: &App,
    who: &SignedIn,
    office: &Office,
    units: &Units,
    waiting: &mut Vec<Task>,
    other: &mut Vec<Task>,
) -> Result<(), Problem> {
    let person = &who.session.person;
    if person.identity_digest.is_empty() {
        waiting.push(task(("บอกว่าท่านเป็นใคร", "Say who you are"), Some("/identity"), TaskState::ToDo));
    } else if office.held().is_empty() {
        other.push(task(("การแต่งตั้งของท่าน", "Your appointment"), None, TaskState::WaitingForOthers));
    }
    if office.holds(Role::EvidenceOfficer) {
        let count = super::evidence::waiting(app, office, units).await?.len();
        waiting.push(task(("พิสูจน์ตัวตนแพทย์", "Record evidence of doctors"), Some("/console/evidence"), counted(count)));
    }
    if office.holds(Role::RaOfficer) {
        let count = super::requests::submitted(app, office, units).await?.len();
        waiting.push(task(
            ("พิจารณาคำขอใบรับรอง", "Decide certificate requests"),
            Some("/console/requests"),
            counted(count),
        ));
        let count = super::suspensions::waiting(app, who).await?.len();
        if count > 0 {
            waiting.push(task(
                ("ตัดสินใบรับรองที่ถูกระงับ", "Decide about suspended certificates"),
                Some("/console/suspensions"),
                counted(count),
            ));
        }
        let count = super::appointments::candidates(app, office, units)
            .await?
            .iter()
            .filter(|c| !c.in_office && c.ready)
            .count();
        waiting.push(task(("แต่งตั้งเจ้าหน้าที่", "Appoint officers"), Some("/console/appointments"), counted(count)));
        let count = super::renewals::ending(app, office, units).await?.len();
        if count > 0 {
            waiting.push(task(
                ("ใบรับรองที่ใกล้หมดอายุ", "Certificates that end soon"),
                Some("/console/expiring"),
                counted(count),
            ));
        }
        other.push(task(
            ("ใบรับรองลายมือชื่อในความดูแล", "Signing certificates in your care"),
            Some("/certificates"),
            TaskState::Open,
        ));
        other.push(task(
            ("ลบเอกสารตามคำขอของเจ้าของข้อมูล", "Erase a document at its subject's request"),
            Some("/console/erasures"),
            TaskState::Open,
        ));
        other.push(task(
            ("ลงนามให้โปรแกรมภายนอก", "Signing for other programs"),
            Some("/console/digests"),
            TaskState::Open,
        ));
        other.push(task(
            ("เพิกถอนใบรับรองหลายใบพร้อมกัน", "Revoke many certificates at once"),
            Some("/console/revocations"),
            TaskState::Open,
        ));
        other.push(task(
            ("ระบบของโรงพยาบาลที่เชื่อมต่อ", "Connected hospital systems"),
            Some("/console/systems"),
            TaskState::Open,
        ));
    }
    Ok(())
}

fn counted(count: usize) -> TaskState {
    TaskState::Count(u64::try_from(count).unwrap_or(u64::MAX))
}

/// On to the signer's page for the signing passkey.
pub(crate) async fn signing_passkey(State(app): State<App>, who: SignedIn) -> Result<Response, Problem> {
    let person = &who.session.person;
    if person.signing_credential.is_some() {
        return Ok(go("/tasks"));
    }
    Ok(go_to_signer(&who.manner, &enrol_signing_passkey::open(&app, person).await?))
}

/// To the signer's page that shows its code.
pub(crate) async fn signing_passkey_code(who: SignedIn) -> Result<Response, Problem> {
    let page = enrol_signing_passkey::page_of(&who.session.person).ok_or_else(Problem::not_found)?;
    Ok(go_to_signer(&who.manner, &page))
}

/// The same from a form.
pub(crate) async fn signing_passkey_form(form: SignedForm) -> Result<Response, Problem> {
    signing_passkey(State(form.who.app.clone()), form.who).await
}

/// Back from the signer's page.
pub(crate) async fn come_back(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let ticket = query.get("ticket").map_or("", String::as_str);
    match settle(&app, who.id(), ticket).await? {
        Next::Page(path) => Ok(go(&path)),
        Next::Signer(url) => Ok(go_to_signer(&who.manner, &url)),
        Next::Revoking(done, total) => page(&pages::BatchProgress { layout: who.layout(), done, total }),
        Next::Revoked(count) => page(&pages::BatchDone { layout: who.layout(), count }),
        Next::Refused(refusal) => Err(Problem::refused(&refusal)),
    }
}
