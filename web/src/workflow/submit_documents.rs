//! A program brings drafts into doctors' lists. The rules are those of the
//! portal's own form; what the doctor does with a draft is the doctor's affair.

use std::collections::BTreeMap;

use pdf::form::{Definition, FieldError, definition};
use serde_json::json;
use signer::protocol::CertificateRecord;
use store::portal::Tx;
use store::portal::api_client::ApiClient;
use store::portal::api_submission::Submission;
use store::portal::document::{Document, DocumentState};
use time::Duration;

use crate::api::{ApiProblem, Doctor, Draft, Fault};
use crate::app::App;
use crate::audit::{Event, record};
use crate::pages::Values;
use crate::problem::Problem;

use super::prepare_document::certificate_in_force;
use super::state_identity::Claims;
use super::write_document::{check, new_draft};

/// The profession of every certificate issued here.
const PROFESSION: &str = "physician";

/// How often a batch is tried that met another of the same program.
const TRIES: usize = 3;

/// A draft that was taken in, now or before.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) document: Document,
    pub(crate) submission: Submission,
    /// Not a repeat.
    pub(crate) is_new: bool,
}

/// A draft that keeps all rules.
struct Checked {
    draft: Draft,
    person_id: String,
    form: &'static Definition,
    values: Values,
    content_digest: String,
}

/// Takes drafts in: those that keep the rules in one transaction, each other with its own problem.
///
/// # Errors
/// [`ApiProblem::Other`] if none can be taken in now.
pub(crate) async fn submit(
    app: &App,
    client: &ApiClient,
    drafts: Vec<Draft>,
) -> Result<Vec<Result<Taken, ApiProblem>>, ApiProblem> {
    let mut doctors = Doctors::of(app, client, &drafts).await?;
    let mut checked = Vec::with_capacity(drafts.len());
    for draft in drafts {
        checked.push(examine(app, draft, &mut doctors).await?);
    }
    for _ in 0..TRIES {
        if let Some(taken) = keep(app, client, &checked).await? {
            return Ok(taken);
        }
    }
    Err(Problem::out_of_step().into())
}

async fn examine(app: &App, draft: Draft, doctors: &mut Doctors) -> Result<Result<Checked, ApiProblem>, ApiProblem> {
    let mut faults = Vec::new();
    if !is_external_id(&draft.external_id) {
        faults.push(Fault::new(
            "external_id",
            "not_an_id",
            "ใช้ได้ 1 ถึง 64 ตัวจาก A-Z a-z 0-9 . _ : / -",
            "Use 1 to 64 of A-Z a-z 0-9 . _ : / -",
        ));
    }
    let form = definition(&draft.form);
    match form {
        None => faults.push(Fault::new("form", "unknown_form", "ไม่มีแบบฟอร์มนี้", "There is no such form.")),
        Some(form) if form.version != draft.form_version => faults.push(Fault::new(
            "form_version",
            "unknown_form_version",
            &format!("รุ่นที่ใช้อยู่คือ {}", form.version),
            &format!("The version in use is {}.", form.version),
        )),
        Some(form) if !form.signers.iter().any(|profession| profession == PROFESSION) => faults.push(Fault::new(
            "form",
            "not_for_this_profession",
            "วิชาชีพของผู้ลงนามนี้ใช้แบบฟอร์มนี้ไม่ได้",
            "The profession of this signer may not sign this form.",
        )),
        Some(_) => {}
    }
    let person_id = doctors.find(app, &draft.doctor).await?;
    if person_id.is_none() {
        faults.push(Fault::new(
            "doctor",
            "unknown_doctor",
            "ไม่มีแพทย์ของหน่วยนี้ที่มีใบรับรองลายมือชื่อใช้ได้ตามที่ระบุ",
            "No doctor of this unit with a signing certificate in force is named so.",
        ));
    }
    let values = match form.map(|form| check(app, form, &draft.fields)) {
        Some(Ok(values)) => values,
        Some(Err(errors)) => {
            faults.extend(errors.iter().map(fault));
            Values::new()
        }
        None => Values::new(),
    };
    Ok(match (form, person_id) {
        (Some(form), Some(person_id)) if faults.is_empty() => {
            let content_digest = digest(app, &draft);
            Ok(Checked { draft, person_id, form, values, content_digest })
        }
        _ => Err(ApiProblem::Invalid(faults)),
    })
}

fn fault(error: &FieldError) -> Fault {
    // The name is the sender's own word where the form has no such field.
    let code = format!("{:?}", error.problem);
    let code = code.split([' ', '{', '(']).next().unwrap_or_default();
    Fault::new(format!("fields.{}", error.field), snake(code), &error.problem.message_th(), &error.problem.message_en())
}

/// `NotADate` as `not_a_date`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

fn is_external_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:/-".contains(&b))
}

/// What makes a repeat the same: everything that was sent, under the key of look-ups, so that the
/// row says nothing about the patient.
fn digest(app: &App, draft: &Draft) -> String {
    let doctor = match &draft.doctor {
        Doctor::Licence(licence) => json!({ "licence": licence }),
        Doctor::PersonId(id) => json!({ "person_id": id }),
    };
    // Maps are ordered by name here: one content has one text.
    let sent = json!({
        "doctor": doctor,
        "form": draft.form,
        "form_version": draft.form_version,
        "fields": draft.fields,
    });
    app.cipher().digest("api_submission", &sent.to_string())
}

/// Writes all that keep the rules; none if another request of the program came between.
async fn keep(
    app: &App,
    client: &ApiClient,
    checked: &[Result<Checked, ApiProblem>],
) -> Result<Option<Vec<Result<Taken, ApiProblem>>>, ApiProblem> {
    let mut tx = app.portal().begin_write().await?;
    let mut results = Vec::with_capacity(checked.len());
    for one in checked {
        let one = match one {
            Ok(one) => one,
            Err(problem) => {
                results.push(Err(problem.clone()));
                continue;
            }
        };
        let before = tx.submission_by_external_id(&client.id, &one.draft.external_id).await?;
        results.push(match before {
            Some(submission) if submission.content_digest != one.content_digest => Err(ApiProblem::Conflict),
            Some(submission) => {
                let document = tx.document(&submission.document_id).await?.ok_or_else(Problem::internal)?;
                Ok(Taken { document, submission, is_new: false })
            }
            None => match add(app, &mut tx, client, one).await? {
                Some(taken) => Ok(taken),
                None => return Ok(None),
            },
        });
    }
    tx.commit().await?;
    Ok(Some(results))
}

async fn add(app: &App, tx: &mut Tx, client: &ApiClient, one: &Checked) -> Result<Option<Taken>, ApiProblem> {
    let document = Document {
        client_id: client.id.clone(),
        ..new_draft(app, &one.person_id, &client.unit_code, one.form, one.values.clone())?
    };
    let submission = Submission {
        document_id: document.id.clone(),
        client_id: client.id.clone(),
        external_id: one.draft.external_id.clone(),
        content_digest: one.content_digest.clone(),
        submitted_at: document.created_at,
        taken_up_at: None,
        expires_at: document.created_at + Duration::days(i64::from(app.config().api.draft_days)),
        ended: None,
        reason: String::new(),
    };
    tx.add_draft(&document).await?;
    if !tx.add_submission(&submission).await? {
        return Ok(None);
    }
    let facts = json!({ "form": document.form, "client": client.id });
    record(app, tx, Event::new("document.submitted", &document.id, "").with(facts)).await?;
    Ok(Some(Taken { document, submission, is_new: true }))
}

/// Doctors of one unit, found once per request.
struct Doctors {
    unit_code: String,
    /// Persons with an issued request at the unit, by the licence they stated.
    by_licence: BTreeMap<String, Vec<String>>,
    found: BTreeMap<Doctor, Option<String>>,
}

impl Doctors {
    async fn of(app: &App, client: &ApiClient, drafts: &[Draft]) -> Result<Self, ApiProblem> {
        let mut doctors =
            Self { unit_code: client.unit_code.clone(), by_licence: BTreeMap::new(), found: BTreeMap::new() };
        if drafts.iter().any(|draft| matches!(draft.doctor, Doctor::Licence(_))) {
            let mut tx = app.portal().begin().await?;
            let requests = tx.issued_requests_of_unit(&client.unit_code).await?;
            drop(tx);
            for request in requests {
                let claims = Claims::open(app, &request)?;
                doctors.by_licence.entry(claims.licence).or_default().push(request.person_id);
            }
        }
        Ok(doctors)
    }

    /// The person of a doctor who can sign here now, as the signer's journal has it.
    async fn find(&mut self, app: &App, doctor: &Doctor) -> Result<Option<String>, ApiProblem> {
        if let Some(found) = self.found.get(doctor) {
            return Ok(found.clone());
        }
        let candidates = match doctor {
            Doctor::Licence(licence) => self.by_licence.get(licence).cloned().unwrap_or_default(),
            Doctor::PersonId(id) if crate::randomness::is_uuid(id) => vec![id.clone()],
            Doctor::PersonId(_) => Vec::new(),
        };
        let mut found = None;
        for person_id in candidates {
            let certificate = certificate_in_force(app, &person_id).await?;
            if certificate.is_some_and(|certificate| self.fits(doctor, &certificate)) {
                found = Some(person_id);
                break;
            }
        }
        self.found.insert(doctor.clone(), found.clone());
        Ok(found)
    }

    fn fits(&self, doctor: &Doctor, certificate: &CertificateRecord) -> bool {
        let named = match doctor {
            Doctor::Licence(licence) => certificate.licence == *licence,
            Doctor::PersonId(id) => certificate.person_id == *id,
        };
        named && certificate.unit_code == self.unit_code
    }
}

/// A doctor opens what a program brought in: from here on it is the doctor's to decide.
///
/// # Errors
/// [`Problem`].
pub(crate) async fn take_up(app: &App, document: &Document) -> Result<(), Problem> {
    if document.client_id.is_empty() || document.state != DocumentState::Draft {
        return Ok(());
    }
    let mut tx = app.portal().begin_write().await?;
    if tx.take_up_submission(&document.id, app.now()).await? {
        record(app, &mut tx, Event::new("document.taken_up", &document.id, &document.person_id)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The name of the program that brought a document in; none if the doctor began it.
///
/// # Errors
/// [`Problem`].
pub(crate) async fn system_of(app: &App, document: &Document) -> Result<Option<String>, Problem> {
    if document.client_id.is_empty() {
        return Ok(None);
    }
    let mut tx = app.portal().begin().await?;
    Ok(tx.api_client(&document.client_id).await?.map(|client| client.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_ids_are_short_and_plain() {
        for right in ["a", "HIS-2569/000123", "a:b.c_d", &"9".repeat(64)] {
            assert!(is_external_id(right), "{right}");
        }
        for wrong in ["", "a b", "ก", "a\u{0}", "a\n", "<a>", &"9".repeat(65)] {
            assert!(!is_external_id(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_fault_has_a_code_for_programs() {
        let of = |problem| fault(&FieldError { field: "a".into(), problem }).code;
        assert_eq!(of(pdf::form::Problem::NotADate), "not_a_date");
        assert_eq!(of(pdf::form::Problem::TooLong { max: 3 }), "too_long");
        assert_eq!(of(pdf::form::Problem::Missing), "missing");
    }
}
