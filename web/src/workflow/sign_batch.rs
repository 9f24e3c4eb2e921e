//! Many documents under one touch: what waits, what is missing, and how far a batch has come.

use std::time::{Duration, Instant};

use pdf::form::FieldError;
use signer::protocol::{DocumentRecord, Refusal};
use store::portal::document::{Document, DocumentState};
use store::portal::signing_batch::BatchDocument;

use crate::app::App;
use crate::error::Error;
use crate::pages::Values;
use crate::problem::Problem;

use super::store_document;
use super::write_document::{self, Content, form_of};

/// The most documents under one touch; the signer takes no more.
pub(crate) const MOST: usize = 500;

/// The most documents of the waiting list.
const LONGEST_LIST: u32 = 1_000;

/// How long one look at a batch takes files over.
const LOOK: Duration = Duration::from_millis(1_500);

/// After so many documents that the signer has not signed yet the look ends: it signs in order.
const AHEAD: usize = 3;

/// So long after it was prepared a page looks again by itself for what the signer is at.
const PATIENCE: time::Duration = time::Duration::minutes(10);

/// A document that waits for its doctor.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) document: Document,
    /// The answers: taken over if they are complete, as they were typed if not.
    pub(crate) fields: Values,
    /// What is missing or wrong.
    pub(crate) errors: Vec<FieldError>,
}

/// Everything that waits for a doctor, the oldest first.
pub(crate) async fn waiting(app: &App, person_id: &str) -> Result<Vec<Waiting>, Problem> {
    let mut tx = app.portal().begin().await?;
    let documents = tx.waiting_documents(person_id, LONGEST_LIST).await?;
    drop(tx);
    documents.into_iter().map(|document| checked(app, document)).collect()
}

/// One document with its answers checked.
pub(crate) fn checked(app: &App, document: Document) -> Result<Waiting, Problem> {
    let form = form_of(&document)?;
    let (fields, errors) = match Content::open(app, &document)? {
        Content::Prepared(prepared) => (prepared.fields, Vec::new()),
        Content::Draft(fields) => match write_document::check(app, form, &fields) {
            Ok(fields) => (fields, Vec::new()),
            Err(errors) => (fields, errors),
        },
    };
    Ok(Waiting { document, fields, errors })
}

/// A document of a batch, with what the journal says of it while it is not stored here; behind the first that
/// the signer is still at, what it says of the batch's last.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) document: Document,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) known: Option<DocumentRecord>,
}

/// A batch as it stands.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) members: Vec<Member>,
    /// The look ended before the last document, or the signer is at work: there is more to come.
    pub(crate) more: bool,
}

/// Looks at a doctor's batch, and takes over what was signed since the last look.
pub(crate) async fn look(app: &App, person_id: &str, batch_id: &str) -> Result<Standing, Problem> {
    if !crate::randomness::is_uuid(batch_id) {
        return Err(Problem::not_found());
    }
    let mut tx = app.portal().begin().await?;
    let owner = tx.signing_batch_person(batch_id).await?;
    if owner.as_deref() != Some(person_id) {
        return Err(Problem::not_found());
    }
    let mut batch = Vec::new();
    for BatchDocument { document_id, refusal } in tx.signing_batch(batch_id).await? {
        let document = tx.document(&document_id).await?.ok_or_else(Problem::not_found)?;
        batch.push((document, refusal));
    }
    drop(tx);

    let begun = Instant::now();
    let mut standing = Standing { members: Vec::with_capacity(batch.len()), more: false };
    let mut ahead = 0;
    // Under one touch all are recorded or none: those behind stand as the very last does.
    let very_last = batch.iter().rev().map(|(document, _)| document).find(|document| is_prepared(document)).cloned();
    let mut behind = None;
    for (mut document, refusal) in batch {
        let mut known = None;
        if is_prepared(&document) {
            if ahead == AHEAD {
                if let (None, Some(document)) = (&behind, &very_last) {
                    behind = Some(store_document::follow_with_record(app, document.clone()).await?.1);
                }
                known = behind.clone().flatten();
            } else if begun.elapsed() < LOOK {
                (document, known) = store_document::follow_with_record(app, document).await?;
                let at_work = known.as_ref().is_none_or(|known| known.state == "recorded");
                ahead = if at_work { ahead + 1 } else { 0 };
            } else {
                standing.more = true;
            }
            let at_work = known.as_ref().is_some_and(|known| known.state == "recorded" && known.waiting.is_none());
            standing.more |= at_work && app.now() - document.updated_at < PATIENCE;
        }
        let refusal = refusal.and_then(|json| serde_json::from_str(&json).ok());
        standing.members.push(Member { document, refusal, known });
    }
    Ok(standing)
}

fn is_prepared(document: &Document) -> bool {
    document.state == DocumentState::Prepared
}

/// Keeps that the signer refused a batch as a whole.
pub(super) async fn refused(app: &App, batch_id: &str, refusal: &Refusal) -> Result<(), Problem> {
    let json = serde_json::to_string(refusal).map_err(|_| Error::Stored("signing_batch_document.refusal"))?;
    let mut tx = app.portal().begin_write().await?;
    for member in tx.signing_batch(batch_id).await? {
        tx.refuse_in_batch(batch_id, &member.document_id, &json).await?;
    }
    tx.commit().await?;
    Ok(())
}
