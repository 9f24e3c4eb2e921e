//! The evidence officer's queue and form.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use people::Role;
use store::portal::doctor_request::RequestState;

use super::{go_to_signer, listing, page, page_with_errors};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::rfc3339;
use crate::pages::{EvidenceForm, EvidenceQueue, EvidenceRow, FieldErrors, Text, Values};
use crate::problem::Problem;
use crate::units::{Office, Units};
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::read_request::Dossier;
use crate::workflow::record_evidence::{Seen, may_record, record_seen, same_key_code};

/// Requests whose doctor has still to be seen, in the units this officer reaches.
pub(super) async fn waiting(app: &App, office: &Office, units: &Units) -> Result<Vec<Dossier>, Problem> {
    let mut found = Vec::new();
    for code in office.within(units, Role::EvidenceOfficer) {
        let mut tx = app.portal().begin().await?;
        let mut requests = tx.requests_of_unit(&code, RequestState::Draft).await?;
        requests.append(&mut tx.requests_of_unit(&code, RequestState::Returned).await?);
        drop(tx);
        for request in requests {
            found.extend(Dossier::load(app, &request.id).await?);
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
    if !office.holds(Role::EvidenceOfficer) {
        return Err(Problem::forbidden());
    }
    let units = Units::load(&app).await?;
    let dossiers = waiting(&app, &office, &units).await?;
    record_read(&app, who.id(), "evidence_queue", "evidence_queue").await?;
    let layout = who.layout();
    let rows = dossiers.iter().map(|dossier| row(dossier, &units, &layout)).collect();
    match listing("/console/evidence", rows, &query, &layout) {
        Ok(listing) => page(&EvidenceQueue { layout, listing }),
        Err(file) => Ok(*file),
    }
}

fn row(dossier: &Dossier, units: &Units, layout: &crate::pages::Layout) -> EvidenceRow {
    let gaps: Vec<Text> = dossier.missing().into_iter().map(|gap| gap.words()).collect();
    let join = |pick: fn(&Text) -> &str| gaps.iter().map(pick).collect::<Vec<_>>().join(" · ");
    EvidenceRow {
        name: dossier.claims.full_name_th(),
        licence: dossier.claims.licence.clone(),
        unit: layout.text(&units.name(&dossier.request.unit_code)).to_owned(),
        missing: Text::new(join(|gap| &gap.th), join(|gap| &gap.en)),
        since: rfc3339(dossier.request.created_at),
        url: format!("/console/evidence/{}", dossier.request.id),
    }
}

async fn open(app: &App, who: &SignedIn, id: &str) -> Result<(Dossier, Units), Problem> {
    let office = Office::load(app, who.id()).await?;
    let units = Units::load(app).await?;
    let dossier = Dossier::load(app, id).await?.ok_or_else(Problem::not_found)?;
    if !may_record(app, &who.session.person, &office, &units, &dossier) {
        return Err(Problem::forbidden());
    }
    Ok((dossier, units))
}

/// The form for one doctor.
pub(crate) async fn form_page(
    State(app): State<App>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let (dossier, units) = open(&app, &who, &id).await?;
    record_read(&app, who.id(), "request", &dossier.request.id).await?;
    page(&form(&app, &who, &dossier, &units, &Values::new(), &FieldErrors::new()).await?)
}

async fn form(
    app: &App,
    who: &SignedIn,
    dossier: &Dossier,
    units: &Units,
    values: &Values,
    errors: &FieldErrors,
) -> Result<EvidenceForm, Problem> {
    let layout = who.layout();
    let unit = layout.text(&units.name(&dossier.request.unit_code)).to_owned();
    Ok(EvidenceForm {
        claims: dossier.certificate_lines(&unit, &layout),
        recorded: dossier.evidence_items(app).await?,
        groups: EvidenceForm::groups(values, errors),
        layout,
    })
}

/// What the officer saw.
pub(crate) async fn form_posted(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let who = &posted.who;
    let (dossier, units) = open(&app, who, &id).await?;
    let errors = check(&posted, &dossier);
    if !errors.is_empty() {
        let page = form(&app, who, &dossier, &units, &posted.values(), &errors).await?;
        return page_with_errors(&page);
    }
    let look_up = posted.value("licence_status");
    let seen = Seen {
        document: posted.value("document_seen").to_owned(),
        face_matches: posted.value("face_matches") == "yes",
        licence_look_up: (!look_up.is_empty()).then(|| look_up.to_owned()),
        note: posted.value("note").to_owned(),
    };
    let url = record_seen(&app, &who.session.person, &dossier, &seen).await?;
    Ok(go_to_signer(&who.manner, &url))
}

fn check(posted: &SignedForm, dossier: &Dossier) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let mut wrong = |id: &str, th: &str, en: &str| {
        errors.insert(id.to_owned(), Text::new(th, en));
    };
    let one_of = |id: &str, known: &[&str]| known.contains(&posted.value(id));
    if !one_of("document_seen", &["thai_id_card", "passport"]) {
        wrong("document_seen", "โปรดเลือกเอกสารที่เห็น", "Choose the document you saw");
    }
    if !one_of("face_matches", &["yes", "no"]) {
        wrong("face_matches", "โปรดเลือกหนึ่งข้อ", "Choose one option");
    }
    if !one_of("licence_status", &["", "active", "not_active", "not_found"]) {
        wrong("licence_status", "โปรดเลือกหนึ่งข้อ", "Choose one option");
    }
    if posted.value("note").chars().count() > 1000 {
        wrong("note", "บันทึกยาวเกิน 1,000 ตัวอักษร", "The note is longer than 1,000 characters");
    }
    match &dossier.credential {
        None => wrong("key_code", "แพทย์ยังไม่ได้สร้างพาสคีย์สำหรับลงนาม", "The doctor has no signing passkey yet"),
        Some(_) if posted.value("key_code").is_empty() => {
            wrong("key_code", "โปรดกรอกรหัสที่แพทย์แสดง", "Enter the code the doctor shows");
        }
        Some(credential) if !same_key_code(posted.value("key_code"), &credential.key_code) => wrong(
            "key_code",
            "รหัสไม่ตรงกับพาสคีย์ที่ลงทะเบียนไว้ โปรดดูรหัสบนหน้าจอของแพทย์อีกครั้ง หากยังไม่ตรงอย่าดำเนินการต่อ",
            "The code is not that of the enrolled passkey. Look at the doctor's screen again; if it still differs, go no further.",
        ),
        Some(_) => {}
    }
    errors
}
