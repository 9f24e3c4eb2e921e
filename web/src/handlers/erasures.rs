//! Erasing a document: which and why, then once more, then final.

use axum::extract::{Path, State};
use axum::response::Response;
use people::{Action, Decision, Subject, decide};
use store::portal::document::{Document, DocumentState};

use super::suspensions::is_plain;
use super::{go, page, page_with_errors};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::rfc3339;
use crate::pages::{ErasureAsk, ErasureConfirm, FieldErrors, Text, Values};
use crate::problem::Problem;
use crate::randomness::read_verification_code;
use crate::units::{Office, Units};
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::erase_document::{self, Reason};

/// The longest name kept, in characters.
const LONGEST_LINE: usize = 200;

/// The longest account kept, in characters.
const LONGEST_WORDS: usize = 2_000;

/// May this person have the document erased?
async fn may(app: &App, who: &SignedIn, document: &Document) -> Result<bool, Problem> {
    let person = &who.session.person;
    let office = Office::load(app, &person.id).await?;
    let units = Units::load(app).await?;
    let subject = Subject {
        person_id: Some(document.person_id.clone()),
        unit_code: Some(document.unit_code.clone()),
        ..Subject::default()
    };
    let decision =
        decide(&office.actor(person), Action::EraseDocument, &subject, units.tree(), app.config().acceptance);
    Ok(decision == Decision::Allowed)
}

async fn is_officer(app: &App, who: &SignedIn) -> Result<(), Problem> {
    let office = Office::load(app, who.id()).await?;
    if office.holds(people::Role::RaOfficer) { Ok(()) } else { Err(Problem::forbidden()) }
}

/// The form.
pub(crate) async fn ask_page(State(app): State<App>, who: SignedIn) -> Result<Response, Problem> {
    is_officer(&app, &who).await?;
    let groups = ErasureAsk::groups(&Values::new(), &FieldErrors::new());
    page(&ErasureAsk { layout: who.layout(), groups })
}

/// Which and why: on to the second page.
pub(crate) async fn asked(State(app): State<App>, posted: SignedForm) -> Result<Response, Problem> {
    let who = &posted.who;
    is_officer(&app, who).await?;
    let reason =
        Reason { asked_by: posted.value("asked_by").to_owned(), words: posted.value("words").replace("\r\n", "\n") };
    let mut errors = FieldErrors::new();
    let mut wrong = |id: &str, th: &str, en: &str| errors.insert(id.to_owned(), Text::new(th, en));
    if reason.asked_by.is_empty()
        || reason.asked_by.chars().count() > LONGEST_LINE
        || !is_plain(&reason.asked_by, false)
    {
        wrong("asked_by", "โปรดใส่ว่าใครขอให้ลบ ไม่เกิน 200 ตัวอักษร", "Say who asked for it, in at most 200 characters");
    }
    if reason.words.is_empty() || reason.words.chars().count() > LONGEST_WORDS || !is_plain(&reason.words, true) {
        wrong("words", "โปรดเขียนเหตุผล ไม่เกิน 2,000 ตัวอักษร", "Write why, in at most 2,000 characters");
    }
    let document = match read_verification_code(posted.value("code")) {
        Some(code) => {
            let mut tx = app.portal().begin().await?;
            tx.document_by_code(&code).await?
        }
        None => None,
    };
    // A document out of this officer's reach is told apart from none by nobody.
    let document = match document {
        Some(document) if document.state != DocumentState::Erased && may(&app, who, &document).await? => Some(document),
        _ => None,
    };
    if document.is_none() {
        wrong(
            "code",
            "ไม่พบเอกสารที่ท่านลบได้ด้วยรหัสนี้ โปรดตรวจรหัส 26 ตัวบนเอกสาร",
            "No document that you may erase has this code: check the 26 characters on the paper",
        );
    }
    match document {
        Some(document) if errors.is_empty() => {
            let id = erase_document::ask(&app, who.id(), &document, reason).await?;
            Ok(go(&format!("/console/erasures/{id}")))
        }
        _ => {
            let groups = ErasureAsk::groups(&posted.values(), &errors);
            page_with_errors(&ErasureAsk { layout: who.layout(), groups })
        }
    }
}

async fn shown(app: &App, who: &SignedIn, id: &str, error: Option<Text>) -> Result<ErasureConfirm, Problem> {
    let (erasure, reason) = erase_document::open(app, id).await?;
    let mut tx = app.portal().begin().await?;
    let document = tx.document(&erasure.document_id).await?.ok_or_else(Problem::not_found)?;
    drop(tx);
    if erasure.requested_by != who.id() || !may(app, who, &document).await? {
        return Err(Problem::not_found());
    }
    record_read(app, who.id(), "erasure", id).await?;
    Ok(ErasureConfirm {
        layout: who.layout(),
        book: document.book.clone(),
        number: document.number.clone(),
        kind: super::documents::title(&document),
        unit: Units::load(app).await?.name(&document.unit_code),
        signed_at: document.signed_at.map(rfc3339),
        asked_by: reason.asked_by,
        words: reason.words,
        confirmed_at: erasure.confirmed_at.map(rfc3339),
        done_at: erasure.done_at.map(rfc3339),
        verify_url: document.code.as_deref().map(|code| format!("/v/{code}")),
        error,
    })
}

/// The second page; afterwards, how far it has come.
pub(crate) async fn confirm_page(
    State(app): State<App>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    page(&shown(&app, &who, &id, None).await?)
}

/// Once more: final.
pub(crate) async fn confirmed(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let who = &posted.who;
    let asked = shown(&app, who, &id, None).await?;
    if posted.value("number").trim_start_matches('0') != asked.number.trim_start_matches('0') {
        let error = Text::new("เลขที่ไม่ตรงกับเอกสารที่จะลบ", "This is not the number of the document to be erased");
        return page_with_errors(&ErasureConfirm { error: Some(error), ..asked });
    }
    let (erasure, _) = erase_document::open(&app, &id).await?;
    erase_document::confirm(&app, who.id(), &erasure).await?;
    Ok(go(&format!("/console/erasures/{id}")))
}
