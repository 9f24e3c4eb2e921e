//! A prepared document that nobody put a passkey to: the doctor takes it back to a draft, or gives
//! it up. Its number and its code stay its own, whatever becomes of it.

use store::portal::document::{Document, DocumentState};
use time::{Duration, OffsetDateTime};

use crate::app::App;
use crate::audit::{Event, record};
use crate::problem::Problem;

use super::write_document::Content;

/// From when on no page of the signer can wait for this preparation any more: it takes nothing
/// that was prepared a quarter of an hour ago, and no page of its waits longer than five minutes.
const OVER: Duration = Duration::minutes(21);

/// When a prepared document can be taken back; none if it is not a prepared one.
pub(crate) fn free_at(document: &Document) -> Option<OffsetDateTime> {
    document.prepared_at.filter(|_| document.state == DocumentState::Prepared).map(|at| at + OVER)
}

/// Makes it a draft again.
pub(crate) async fn take_back(app: &App, document: &Document) -> Result<(), Problem> {
    release(app, document, false).await
}

/// Gives it up. What a program brought in is taken back and sent back to it instead.
pub(crate) async fn abandon(app: &App, document: &Document) -> Result<(), Problem> {
    if !document.client_id.is_empty() {
        return Err(Problem::out_of_step());
    }
    release(app, document, true).await
}

async fn release(app: &App, document: &Document, for_good: bool) -> Result<(), Problem> {
    let now = app.now();
    let over = free_at(document).is_some_and(|at| at <= now);
    let (true, Some(prepared_at), Some(code)) = (over, document.prepared_at, &document.code) else {
        return Err(Problem::out_of_step());
    };
    // A touch is kept, and its documents are recorded when the signer can: asked first, for what is over
    // between the two questions is recorded. Recorded, it is being signed, or was: nobody takes that back.
    if app.signer().is_underway(&document.person_id).await? {
        return Err(Problem::out_of_step());
    }
    if app.signer().document_by_code(code).await?.is_some() {
        return Err(Problem::out_of_step());
    }
    let fields = Content::open(app, document)?.fields().clone();
    let draft = Content::Draft(fields).seal(app, &document.id)?;
    let mut tx = app.portal().begin_write().await?;
    if !tx.take_back_document(&document.id, prepared_at, &draft, now).await? {
        return Err(Problem::out_of_step());
    }
    // A program's draft that waited too long would be given up under the doctor's hands.
    tx.prolong_submission(&document.id, now + Duration::days(i64::from(app.config().api.draft_days))).await?;
    let kind = if for_good { "document.abandoned" } else { "document.taken_back" };
    if for_good && !tx.abandon_document(&document.id, now).await? {
        return Err(Problem::out_of_step());
    }
    record(app, &mut tx, Event::new(kind, &document.id, &document.person_id)).await?;
    tx.commit().await?;
    Ok(())
}
