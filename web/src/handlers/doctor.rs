//! A person's own pages: consent, identity, how the request stands.

use axum::extract::State;
use axum::response::Response;
use people::NationalId;
use store::portal::doctor_request::RequestState as State_;

use super::{go, page, page_with_errors};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::rfc3339;
use crate::names::Names;
use crate::pages::{
    self, Choice, DoctorIdentity, Field, FieldErrors, FieldGroup, FieldKind, RequestState, RequestStep, Text, Values,
};
use crate::problem::Problem;
use crate::units::Units;
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::read_request::{Dossier, Missing};
use crate::workflow::state_identity::{NotTaken, Statement};
use crate::workflow::{check_licence, decide_request, give_consent, prepare_document, state_identity};

/// The privacy notice.
pub(crate) async fn consent_page(State(app): State<App>, who: SignedIn) -> Result<Response, Problem> {
    page(&consent(&app, &who, None).await?)
}

async fn consent(app: &App, who: &SignedIn, error: Option<Text>) -> Result<pages::Consent, Problem> {
    let mut tx = app.portal().begin().await?;
    let stored = tx.consent_of(who.id()).await?;
    drop(tx);
    let given = stored.as_ref().map(give_consent::read).transpose()?;
    let notice = give_consent::notice(app)?;
    // Both texts have the same paragraphs, an empty line between them.
    let paragraphs = notice.th.split("\n\n").zip(notice.en.split("\n\n"));
    Ok(pages::Consent {
        layout: who.layout(),
        notice_version: notice.version.to_owned(),
        notice: paragraphs.map(|(th, en)| Text::new(th.trim(), en.trim())).collect(),
        purposes: give_consent::purposes(given.as_ref().map_or(&[], |given| &given.purposes)),
        given_at: given.map(|given| rfc3339(given.given_at)),
        error,
    })
}

/// The consent given, or withdrawn.
pub(crate) async fn consent_form(State(app): State<App>, form: SignedForm) -> Result<Response, Problem> {
    let who = &form.who;
    if form.value("withdraw") == "yes" {
        give_consent::withdraw(&app, who.id()).await?;
        // What rests on the consent ends with it: the doctor revokes, with their own passkey.
        return Ok(match prepare_document::certificate_in_force(&app, who.id()).await? {
            Some(certificate) => go(&format!("/certificates/{}/revoke", certificate.serial)),
            None => go("/tasks"),
        });
    }
    if form.value("notice_version") != give_consent::notice(&app)?.version {
        return Err(Problem::out_of_step());
    }
    let purposes = give_consent::known(&form.all("purposes"));
    if !give_consent::suffices(&purposes) {
        let error = Text::new(
            "หากไม่ยินยอมในข้อที่จำเป็น จะออกใบรับรองให้ท่านไม่ได้",
            "Without the needed consents no certificate can be issued to you",
        );
        return page_with_errors(&consent(&app, who, Some(error)).await?);
    }
    give_consent::give(&app, who.id(), &purposes).await?;
    Ok(go(if who.session.person.identity_digest.is_empty() { "/identity" } else { "/tasks" }))
}

/// Who are you?
pub(crate) async fn identity_page(State(app): State<App>, who: SignedIn) -> Result<Response, Problem> {
    let names = &who.session.names;
    let mut values: Values = [
        ("title_th", &names.title_th),
        ("given_name_th", &names.given_name_th),
        ("surname_th", &names.surname_th),
        ("given_name_en", &names.given_name_en),
        ("surname_en", &names.surname_en),
    ]
    .map(|(id, value)| (id.to_owned(), value.clone()))
    .into();
    values.insert("unit_code".to_owned(), who.session.person.unit_code.clone());
    let groups = identity_groups(&app, &who, &values, &FieldErrors::new()).await?;
    page(&DoctorIdentity { layout: who.layout(), groups })
}

async fn identity_groups(
    app: &App,
    who: &SignedIn,
    values: &Values,
    errors: &FieldErrors,
) -> Result<Vec<FieldGroup>, Problem> {
    if who.session.person.invited_as != "doctor" {
        return Ok(officer_groups(values, errors));
    }
    let units = Units::load(app).await?;
    let hospitals = units.hospitals().into_iter();
    // The invitation names the unit; another one needs another invitation.
    let own = hospitals.filter(|unit| unit.code == who.session.person.unit_code);
    let choices = own.map(|unit| Choice::new(&unit.code, Text::new(&unit.name_th, &unit.name_en))).collect();
    Ok(DoctorIdentity::groups(choices, values, errors))
}

/// An officer's names and national ID; no licence.
fn officer_groups(values: &Values, errors: &FieldErrors) -> Vec<FieldGroup> {
    let mut groups = DoctorIdentity::groups(Vec::new(), values, errors);
    for group in &mut groups {
        group.fields.retain(|field| !matches!(field.id.as_str(), "licence" | "unit_code" | "title_th"));
    }
    let titles = ["นาย", "นาง", "นางสาว"].map(|title| Choice::new(title, Text::same(title)));
    let title = Field::new("title_th", Text::new("คำนำหน้า", "Title"), FieldKind::Choice(titles.to_vec()));
    if let Some(name) = groups.first_mut() {
        name.fields.insert(0, title.filled(values, errors));
    }
    if let Some(proof) = groups.get_mut(1) {
        proof.title = Text::new("ตัวตน", "Identity");
    }
    groups
}

/// Who you are.
pub(crate) async fn identity_form(State(app): State<App>, form: SignedForm) -> Result<Response, Problem> {
    let who = &form.who;
    let is_doctor = who.session.person.invited_as == "doctor";
    let mut errors = FieldErrors::new();
    let statement = read_statement(&form, is_doctor, &mut errors);
    let licence = match people::Licence::parse(form.value("licence")) {
        Ok(licence) => licence.digits().to_owned(),
        Err(_) if is_doctor => {
            errors.insert(
                "licence".to_owned(),
                Text::new(
                    "เลขที่ใบอนุญาตเป็นตัวเลข 1 ถึง 6 หลัก เช่น ว.12345",
                    "A licence number has 1 to 6 digits, e.g. ว.12345",
                ),
            );
            String::new()
        }
        Err(_) => String::new(),
    };
    if errors.is_empty() {
        let person = &who.session.person;
        if !is_doctor {
            state_identity::of_officer(&app, person, &statement).await?;
            return Ok(go("/tasks"));
        }
        match state_identity::of_doctor(&app, person, &statement, &licence, &person.unit_code).await {
            Ok(()) => return Ok(go("/request")),
            Err(NotTaken::Problem(problem)) => return Err(problem),
            Err(NotTaken::Licence(fault)) => {
                errors.insert("licence".to_owned(), check_licence::fault_words(&fault));
            }
        }
    }
    let groups = identity_groups(&app, who, &form.values(), &errors).await?;
    page_with_errors(&DoctorIdentity { layout: who.layout(), groups })
}

fn read_statement(form: &SignedForm, is_doctor: bool, errors: &mut FieldErrors) -> Statement {
    let mut name = |id: &str, rule: fn(&str) -> Result<String, people::Error>, th: &str, en: &str| {
        rule(form.value(id)).unwrap_or_else(|_| {
            errors.insert(id.to_owned(), Text::new(th, en));
            String::new()
        })
    };
    let (thai, latin) = (people::name::thai, people::name::latin);
    let (th, en) = ("โปรดพิมพ์ด้วยอักษรไทย", "Type it in Thai letters");
    let given_name_th = name("given_name_th", thai, th, en);
    let surname_th = name("surname_th", thai, th, en);
    let (th, en) = ("โปรดพิมพ์ด้วยอักษรอังกฤษ", "Type it in English letters");
    let given_name_en = name("given_name_en", latin, th, en);
    let surname_en = name("surname_en", latin, th, en);
    let title = form.value("title_th");
    let title_th = match people::name::physician_title(title) {
        Ok(title) if is_doctor => title.to_owned(),
        _ if !is_doctor && ["นาย", "นาง", "นางสาว"].contains(&title) => title.to_owned(),
        _ => {
            errors.insert("title_th".to_owned(), Text::new("โปรดเลือกคำนำหน้า", "Choose a title"));
            String::new()
        }
    };
    let national_id = match NationalId::parse(form.value("national_id")) {
        Ok(id) => id.expose_digits().to_owned(),
        Err(people::Error::NationalIdCheckDigit) => {
            errors.insert(
                "national_id".to_owned(),
                Text::new(
                    "เลขนี้ไม่ถูกต้อง โปรดตรวจกับบัตรทีละหลัก",
                    "This number is not right: check each digit against the card",
                ),
            );
            String::new()
        }
        Err(_) => {
            errors.insert("national_id".to_owned(), Text::new("ต้องมีตัวเลข 13 หลัก", "It has 13 digits"));
            String::new()
        }
    };
    let display = form.who.session.names.display.clone();
    let names = Names { display, title_th, given_name_th, surname_th, given_name_en, surname_en };
    Statement { names, national_id }
}

/// How my request stands.
pub(crate) async fn request_page(State(app): State<App>, who: SignedIn) -> Result<Response, Problem> {
    let mut tx = app.portal().begin().await?;
    let request = tx.latest_request(who.id()).await?;
    drop(tx);
    let Some(request) = request else { return Ok(go("/tasks")) };
    let dossier = Dossier::load(&app, &request.id).await?.ok_or_else(Problem::not_found)?;
    let dossier = crate::workflow::settle::follow_journal(&app, dossier).await?;
    record_read(&app, who.id(), "request", &request.id).await?;
    let missing = dossier.missing();
    let request = &dossier.request;
    let step = |title: Text, done_at: Option<time::OffsetDateTime>, note| RequestStep {
        title,
        done_at: done_at.map(rfc3339),
        note,
    };
    let done = |gap: Missing, at: Option<time::OffsetDateTime>| if missing.contains(&gap) { None } else { at };
    let last = |kind| {
        dossier.evidence.iter().filter(|(item, _)| item.kind == kind).map(|(item, _)| item.recorded_at).next_back()
    };
    let steps = vec![
        step(
            Missing::Consent.words(),
            done(Missing::Consent, dossier.consent.as_ref().map(|given| given.given_at)),
            None,
        ),
        step(Missing::Licence.words(), done(Missing::Licence, last(people::EvidenceKind::LicenceCheck)), None),
        step(Missing::SigningPasskey.words(), done(Missing::SigningPasskey, Some(dossier.person.created_at)), None),
        step(
            Missing::SeenInPerson.words(),
            done(Missing::SeenInPerson, last(people::EvidenceKind::DocumentSeen)),
            Some(Text::new("แสดงบัตรประชาชน และบอกรหัสพาสคีย์", "Show your ID card and tell your passkey code")),
        ),
        step(
            Text::new("นายทะเบียนอนุมัติ", "Approval by a registration officer"),
            request.decided_at.filter(|_| request.state == State_::Issued),
            None,
        ),
    ];
    let certified = prepare_document::certificate_in_force(&app, who.id()).await?.is_some();
    let action = match (request.state, missing.first()) {
        (State_::Returned, _) => Some((Text::new("แก้ไขข้อมูล", "Correct the data"), "/identity".to_owned())),
        (State_::Draft, Some(Missing::Consent)) => {
            Some((Text::new("ให้ความยินยอม", "Give your consent"), "/consent".to_owned()))
        }
        (State_::Draft, Some(Missing::SigningPasskey)) => {
            Some((Text::new("สร้างพาสคีย์สำหรับลงนาม", "Create your signing passkey"), "/signing-passkey".to_owned()))
        }
        (State_::Rejected, _) => Some((Text::new("ยื่นคำขอใหม่", "Make a new request"), "/identity".to_owned())),
        (State_::Issued, _) if certified => {
            Some((Text::new("เขียนใบรับรองแพทย์", "Write medical certificates"), "/documents".to_owned()))
        }
        _ => None,
    };
    page(&pages::RequestStatus {
        layout: who.layout(),
        state: shown_state(request.state),
        steps,
        key_code_url: crate::workflow::enrol_signing_passkey::page_of(&dossier.person)
            .map(|_| "/signing-passkey/code".to_owned()),
        officer_note: decide_request::reason(&app, request)?,
        action,
    })
}

/// A stored state as pages show it.
pub(super) fn shown_state(state: State_) -> RequestState {
    match state {
        State_::Draft => RequestState::Incomplete,
        State_::Submitted => RequestState::Submitted,
        State_::Returned => RequestState::Returned,
        State_::Rejected => RequestState::Rejected,
        State_::Issued => RequestState::Issued,
    }
}
