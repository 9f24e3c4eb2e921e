//! How what a program brought in ends without a signature: taken back, sent back, too late, or refused.

use serde_json::json;
use store::portal::api_submission::{Submission, SubmissionEnd};
use store::portal::document::Document;

use crate::api::{ApiProblem, tell};
use crate::app::App;
use crate::audit::{Event, record};
use crate::problem::Problem;

/// A program takes a draft back that the doctor has not opened.
///
/// # Errors
/// [`ApiProblem::TooLate`].
pub(crate) async fn withdraw(app: &App, document: &Document, submission: &Submission) -> Result<(), ApiProblem> {
    if submission.ended == Some(SubmissionEnd::Withdrawn) {
        return Ok(());
    }
    let mut tx = app.portal().begin_write().await?;
    let end = SubmissionEnd::Withdrawn;
    if !tx.end_submission(&document.id, end, "", app.now()).await? {
        return Err(ApiProblem::TooLate);
    }
    let facts = json!({ "client": document.client_id });
    record(app, &mut tx, Event::new("document.withdrawn", &document.id, "").with(facts)).await?;
    tx.commit().await?;
    Ok(())
}

/// Why a doctor sends a draft back: codes, since words about a patient must not leave here.
pub(crate) const REASONS: [&str; 4] = ["not_my_patient", "wrong_content", "not_needed", "other"];

/// A doctor will not sign what a program brought in.
///
/// # Errors
/// [`Problem`] if it is past that.
pub(crate) async fn reject(app: &App, document: &Document, reason: &str) -> Result<(), Problem> {
    if document.client_id.is_empty() || !REASONS.contains(&reason) {
        return Err(Problem::bad_input());
    }
    let mut tx = app.portal().begin_write().await?;
    let end = SubmissionEnd::Rejected;
    if !tx.end_submission(&document.id, end, reason, app.now()).await? {
        return Err(Problem::out_of_step());
    }
    tell(app, &mut tx, document, end.as_str()).await?;
    let facts = json!({ "reason": reason });
    record(app, &mut tx, Event::new("document.rejected", &document.id, &document.person_id).with(facts)).await?;
    tx.commit().await?;
    Ok(())
}

/// Why no doctor will send back what the signer refused after the touch: to the program it is rejected too.
const NEVER_SIGNED: &str = "could_not_be_signed";

/// The signer can never sign what a doctor put their passkey to. Told once.
///
/// # Errors
/// [`Problem`].
pub(super) async fn refused(app: &App, document: &Document) -> Result<(), Problem> {
    if document.client_id.is_empty() {
        return Ok(());
    }
    let mut tx = app.portal().begin().await?;
    let submission = tx.submission(&document.id).await?;
    drop(tx);
    if submission.is_none_or(|submission| submission.ended.is_some()) {
        return Ok(());
    }
    let mut tx = app.portal().begin_write().await?;
    if tx.refuse_submission(&document.id, NEVER_SIGNED, app.now()).await? {
        tell(app, &mut tx, document, SubmissionEnd::Rejected.as_str()).await?;
        let facts = json!({ "reason": NEVER_SIGNED });
        record(app, &mut tx, Event::new("document.rejected", &document.id, "").with(facts)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// A draft that nobody signed in time ends. `false` if it was signed or ended meanwhile.
///
/// # Errors
/// [`Problem`].
pub(crate) async fn expire(app: &App, document_id: &str) -> Result<bool, Problem> {
    let mut tx = app.portal().begin_write().await?;
    let Some(document) = tx.document(document_id).await? else { return Ok(false) };
    let end = SubmissionEnd::Expired;
    if !tx.end_submission(document_id, end, "", app.now()).await? {
        return Ok(false);
    }
    tell(app, &mut tx, &document, end.as_str()).await?;
    record(app, &mut tx, Event::new("document.expired", document_id, "")).await?;
    tx.commit().await?;
    Ok(true)
}
