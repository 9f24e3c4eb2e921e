//! Medical certificates: the list, the form, the check, the signature, the file.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pdf::form::{FieldError, definition, valid_until};
use signer::protocol::{CertificateRecord, WaitingFor};
use store::portal::document::{Document, DocumentState as Stored};

use super::{go, go_to_signer, listing, page, page_with_errors};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::rfc3339;
use crate::pages::{
    AnswerGroup, BroughtIn, DocumentCheck, DocumentDone, DocumentForm, DocumentList, DocumentRow, DocumentState,
    Layout, Release, Text, Values, document_groups, typed_answers,
};
use crate::problem::{Problem, refusal_text};
use crate::units::Units;
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::prepare_document::{self, Checked, certificate_in_force, certificate_or_why, draft_content};
use crate::workflow::write_document::{self, Content, form_of, own};
use crate::workflow::{draw_preview, end_submission, store_document, submit_documents, take_back};

/// The form there is.
const FORM: &str = "two_part_general";

/// Most documents in the list.
const LONGEST_LIST: u32 = 500;

/// The list.
pub(crate) async fn list(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let mut tx = app.portal().begin().await?;
    let documents = tx.documents_of(who.id(), LONGEST_LIST).await?;
    drop(tx);
    record_read(&app, who.id(), "documents", who.id()).await?;
    let layout = who.layout();
    let mut rows = Vec::with_capacity(documents.len());
    let mut systems = BTreeMap::new();
    for document in &documents {
        if !document.client_id.is_empty() && !systems.contains_key(&document.client_id) {
            let name = submit_documents::system_of(&app, document).await?.unwrap_or_default();
            systems.insert(document.client_id.clone(), name);
        }
        rows.push(DocumentRow { system: systems.get(&document.client_id).cloned(), ..row(&app, document)? });
    }
    let may_write = certificate_in_force(&app, who.id()).await?.is_some();
    match listing("/documents", rows, &query, &layout) {
        Ok(listing) => page(&DocumentList { layout, listing, new_url: may_write.then(|| "/documents".to_owned()) }),
        Err(file) => Ok(*file),
    }
}

fn row(app: &App, document: &Document) -> Result<DocumentRow, Problem> {
    let content = Content::open(app, document)?;
    let field = |id: &str| content.fields().get(id).cloned().unwrap_or_default();
    let patient = [field("patient_name"), field("applicant_name")].into_iter().find(|name| !name.is_empty());
    let (state, place) = match document.state {
        Stored::Signed => (DocumentState::Signed, "/done"),
        Stored::Prepared => (DocumentState::Ready, "/check"),
        Stored::Erased => (DocumentState::Erased, ""),
        Stored::Draft | Stored::Abandoned => (DocumentState::Draft, ""),
    };
    Ok(DocumentRow {
        number: if document.number.is_empty() {
            String::new()
        } else {
            format!("{} เลขที่ {}", document.book, document.number)
        },
        kind: title(document),
        patient: patient.unwrap_or_else(|| "–".to_owned()),
        at: rfc3339(document.signed_at.unwrap_or(document.updated_at)),
        state,
        url: format!("/documents/{}{place}", document.id),
        system: None,
    })
}

pub(super) fn title(document: &Document) -> Text {
    definition(&document.form)
        .map_or_else(|| Text::same(&document.form), |form| Text::new(&form.title_th, &form.title_en))
}

/// Begins a document.
pub(crate) async fn begin(State(app): State<App>, form: SignedForm) -> Result<Response, Problem> {
    let who = &form.who;
    let certificate = certificate_to_sign_with(&app, who.id()).await?;
    let definition = definition(FORM).ok_or_else(Problem::internal)?;
    let id = write_document::begin(&app, who.id(), &certificate.unit_code, definition).await?;
    Ok(go(&format!("/documents/{id}")))
}

/// The doctor's certificate in force.
///
/// # Errors
/// [`Problem`] with what to do about it, if there is none.
pub(super) async fn certificate_to_sign_with(app: &App, person_id: &str) -> Result<CertificateRecord, Problem> {
    certificate_or_why(app, person_id).await?.map_err(|refusal| Problem::refused(&refusal))
}

/// The form.
pub(crate) async fn form_page(
    State(app): State<App>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let document = own(&app, who.id(), &id).await?;
    match document.state {
        Stored::Draft => {}
        Stored::Prepared => return Ok(go(&format!("/documents/{id}/check"))),
        Stored::Signed => return Ok(go(&format!("/documents/{id}/done"))),
        Stored::Erased => return Err(Problem::refused(&signer::protocol::Refusal::Erased)),
        Stored::Abandoned => return Err(Problem::not_found()),
    }
    record_read(&app, who.id(), "document", &id).await?;
    let mut values = Content::open(&app, &document)?.fields().clone();
    if values.is_empty() {
        // Most are examined where the doctor works.
        if let Some(unit) = Units::load(&app).await?.find(&document.unit_code) {
            values.insert("exam_place".to_owned(), unit.name_th.clone());
        }
    }
    submit_documents::take_up(&app, &document).await?;
    page(&filled_form(&app, &who, &document, &values, &[]).await?)
}

/// The program that brought a document in, and the way back to it.
async fn brought_in(app: &App, document: &Document) -> Result<Option<BroughtIn>, Problem> {
    let reject_url = (document.state == Stored::Draft).then(|| format!("/documents/{}/reject", document.id));
    Ok(submit_documents::system_of(app, document).await?.map(|system| BroughtIn { system, reject_url }))
}

/// The doctor sends a draft back to the program that brought it in.
pub(crate) async fn reject(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let document = own(&app, posted.who.id(), &id).await?;
    end_submission::reject(&app, &document, posted.value("reason")).await?;
    Ok(go("/documents"))
}

async fn filled_form(
    app: &App,
    who: &SignedIn,
    document: &Document,
    values: &Values,
    errors: &[FieldError],
) -> Result<DocumentForm, Problem> {
    Ok(DocumentForm {
        // Also shown in place of the check: the form is always sent to its own address.
        layout: Layout { path: format!("/documents/{}", document.id), ..who.layout() },
        title: title(document),
        groups: document_groups(form_of(document)?, values, errors),
        autosave_url: Some(format!("/documents/{}/draft", document.id)),
        preview_url: Some(format!("/documents/{}/preview.pdf", document.id)),
        saved_at: Some(rfc3339(document.updated_at)),
        brought_in: brought_in(app, document).await?,
    })
}

/// The answers: on to the check if nothing is wrong.
pub(crate) async fn form_posted(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let who = &posted.who;
    let document = own(&app, who.id(), &id).await?;
    let form = form_of(&document)?;
    let typed = typed_answers(form, &posted.values());
    match write_document::check(&app, form, &typed) {
        Ok(values) => {
            write_document::keep(&app, &document, values).await?;
            Ok(go(&format!("/documents/{id}/check")))
        }
        Err(errors) => {
            write_document::keep(&app, &document, write_document::tidy(form, typed.clone())).await?;
            page_with_errors(&filled_form(&app, who, &document, &typed, &errors).await?)
        }
    }
}

/// Half-filled answers, kept.
pub(crate) async fn autosave(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let document = own(&app, posted.who.id(), &id).await?;
    let form = form_of(&document)?;
    let typed = typed_answers(form, &posted.values());
    write_document::keep(&app, &document, write_document::tidy(form, typed)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The paper as it will be.
pub(crate) async fn preview(
    State(app): State<App>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let document = own(&app, who.id(), &id).await?;
    record_read(&app, who.id(), "document_preview", &id).await?;
    let content = match Content::open(&app, &document)? {
        Content::Prepared(content) => *content,
        Content::Draft(fields) => {
            let form = form_of(&document)?;
            let units = Units::load(&app).await?;
            let certificate = certificate_in_force(&app, who.id()).await?;
            let fields = write_document::drawable(&app, form, fields);
            draft_content(&app, &document, fields, units.find(&document.unit_code), certificate.as_ref())?
        }
    };
    super::pdf(draw_preview::draw(content).await?, "inline; filename=\"draft.pdf\"")
}

/// The answers before signing.
pub(crate) async fn check_page(
    State(app): State<App>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let document = own(&app, who.id(), &id).await?;
    let document = store_document::follow_journal(&app, document).await?;
    if document.state == Stored::Signed {
        return Ok(go(&format!("/documents/{id}/done")));
    }
    record_read(&app, who.id(), "document", &id).await?;
    let form = form_of(&document)?;
    let content = Content::open(&app, &document)?;
    let values = match &content {
        Content::Prepared(prepared) => prepared.fields.clone(),
        Content::Draft(fields) => match write_document::check(&app, form, fields) {
            Ok(values) => values,
            Err(errors) => return page_with_errors(&filled_form(&app, &who, &document, fields, &errors).await?),
        },
    };
    submit_documents::take_up(&app, &document).await?;
    let certificate = certificate_or_why(&app, who.id()).await?;
    let obstacle = certificate.as_ref().err().map(refusal_text);
    let layout = who.layout();
    page(&DocumentCheck {
        title: title(&document),
        groups: AnswerGroup::of(&document_groups(form, &values, &[]), &layout),
        preview_url: format!("/documents/{id}/preview.pdf"),
        edit_url: format!("/documents/{id}"),
        sign_url: format!("/documents/{id}/sign"),
        valid_until: valid_until(form, &values).map(|day| day.to_string()),
        obstacle,
        brought_in: brought_in(&app, &document).await?,
        release: take_back::free_at(&document).map(|at| Release {
            waits_until: (app.now() < at).then(|| rfc3339(at)),
            take_back_url: format!("/documents/{id}/take-back"),
            abandon_url: document.client_id.is_empty().then(|| format!("/documents/{id}/abandon")),
        }),
        layout,
    })
}

/// A prepared document becomes a draft again.
pub(crate) async fn take_back(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let document = own(&app, posted.who.id(), &id).await?;
    take_back::take_back(&app, &document).await?;
    Ok(go(&format!("/documents/{id}")))
}

/// A prepared document is given up.
pub(crate) async fn abandon(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let document = own(&app, posted.who.id(), &id).await?;
    take_back::abandon(&app, &document).await?;
    Ok(go("/documents"))
}

/// Signing: on to the signer's page.
pub(crate) async fn sign(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let who = &posted.who;
    let document = own(&app, who.id(), &id).await?;
    let document = store_document::follow_journal(&app, document).await?;
    if document.state == Stored::Signed {
        return Ok(go(&format!("/documents/{id}/done")));
    }
    let form = form_of(&document)?;
    let certificate = certificate_to_sign_with(&app, who.id()).await?;
    let fields = match Content::open(&app, &document)? {
        Content::Prepared(prepared) => prepared.fields,
        Content::Draft(fields) => match write_document::check(&app, form, &fields) {
            Ok(values) => values,
            Err(errors) => return page_with_errors(&filled_form(&app, who, &document, &fields, &errors).await?),
        },
    };
    let units = Units::load(&app).await?;
    let unit = units.find(&document.unit_code).ok_or_else(Problem::out_of_step)?;
    let url = prepare_document::sign(&app, Checked { document, fields }, unit, &certificate).await?;
    Ok(go_to_signer(&who.manner, &url))
}

/// After signing.
pub(crate) async fn done_page(
    State(app): State<App>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let document = own(&app, who.id(), &id).await?;
    let document = store_document::follow_journal(&app, document).await?;
    let Some(code) = document.code.clone() else { return Ok(go(&format!("/documents/{id}"))) };
    let (mut note, mut again_url) = (None, None);
    let state = match document.state {
        Stored::Signed => DocumentState::Signed,
        Stored::Prepared => match app.signer().document_by_code(&code).await? {
            // Recorded: the signer is at work. Unknown: nobody put a passkey to it.
            Some(known) => match (known.refused, known.waiting) {
                (Some(refusal), _) => {
                    note = Some(refusal_text(&refusal));
                    again_url = Some(format!("/documents/{id}/again"));
                    DocumentState::Refused
                }
                (None, Some(waiting)) => {
                    let is_signed = known.state != "recorded";
                    note = Some(waiting_words(waiting, is_signed));
                    if is_signed { DocumentState::Waiting } else { DocumentState::Held }
                }
                (None, None) => DocumentState::Signing,
            },
            None => return Ok(go(&format!("/documents/{id}/check"))),
        },
        Stored::Erased => return Err(Problem::refused(&signer::protocol::Refusal::Erased)),
        Stored::Draft | Stored::Abandoned => return Err(Problem::not_found()),
    };
    record_read(&app, who.id(), "document", &id).await?;
    page(&DocumentDone {
        layout: who.layout(),
        title: title(&document),
        state,
        note,
        again_url,
        book: document.book.clone(),
        number: document.number.clone(),
        signed_at: document.signed_at.map(rfc3339),
        file_url: format!("/documents/{id}/file.pdf"),
        verify_url: format!("{}/v/{code}", app.origin()),
        code: grouped(&code),
    })
}

/// What a document that its doctor confirmed waits for, before it is signed or before it is finished.
pub(super) fn waiting_words(waiting: WaitingFor, is_signed: bool) -> Text {
    match waiting {
        WaitingFor::Suspension if !is_signed => Text::new(
            "ใบรับรองของท่านถูกระงับชั่วคราวก่อนลงนามเอกสารนี้ ระบบจะทำต่อตามที่ท่านยืนยันไว้เมื่อนายทะเบียนคืนใบรับรอง ไม่ต้องยืนยันใหม่ โปรดติดต่อนายทะเบียน",
            "Your certificate was suspended before this document was signed. The document will be signed as you confirmed, without another touch, once a registration officer restores the certificate: contact them.",
        ),
        WaitingFor::TimeStamp => Text::new(
            "ลงนามแล้ว แต่ยังประทับเวลาไม่ได้ เพราะยังไม่แน่ใจว่านาฬิกาของระบบตรง ระบบจะทำต่อเอง",
            "It is signed, but cannot be time-stamped yet: the service is not sure that its clock is right. It goes on by itself.",
        ),
        WaitingFor::RevocationStatus => Text::new(
            "ลงนามแล้ว กำลังรอหลักฐานว่าใบรับรองของท่านยังใช้ได้หลังลงนาม ระบบจะทำต่อเอง",
            "It is signed and waits for proof that your certificate was still good afterwards. It goes on by itself.",
        ),
        WaitingFor::Suspension => Text::new(
            "ลงนามแล้ว แต่ใบรับรองของท่านถูกระงับชั่วคราว จะเสร็จสิ้นเมื่อนายทะเบียนคืนใบรับรอง โปรดติดต่อนายทะเบียน",
            "It is signed, but your certificate is suspended. It is finished once a registration officer restores the certificate: see them.",
        ),
        WaitingFor::Token => Text::new(
            "อุปกรณ์เก็บกุญแจยังใช้ไม่ได้ ระบบจะทำต่อเองเมื่อกลับมา ไม่ต้องลงนามใหม่",
            "The key store is away. It goes on by itself when that is back: you need not sign again.",
        ),
    }
}

/// The same answers as a new draft, in place of a document that can never be signed.
pub(crate) async fn again(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let document = own(&app, posted.who.id(), &id).await?;
    let refused = match (&document.code, document.state) {
        (Some(code), Stored::Prepared) => {
            app.signer().document_by_code(code).await?.is_some_and(|k| k.refused.is_some())
        }
        _ => false,
    };
    if !refused {
        return Err(Problem::out_of_step());
    }
    let new = write_document::begin_again(&app, &document).await?;
    Ok(go(&format!("/documents/{new}")))
}

/// The signed file.
pub(crate) async fn file(State(app): State<App>, Path(id): Path<String>, who: SignedIn) -> Result<Response, Problem> {
    let document = own(&app, who.id(), &id).await?;
    let document = store_document::follow_journal(&app, document).await?;
    let file = store_document::read_file(&app, &document).await?;
    record_read(&app, who.id(), "document_file", &id).await?;
    let name = format!("{}-{}", document.book.replace('/', "-"), document.number);
    super::pdf(file, &format!("attachment; filename=\"{name}.pdf\""))
}

/// A code in groups of four, for reading.
fn grouped(code: &str) -> String {
    let characters: Vec<char> = code.chars().collect();
    characters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}
