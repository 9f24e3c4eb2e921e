//! Fresh proof for a stored file, before the time-stamp that proves it ends (ETSI EN 319 142-1
//! §5.5): the signer appends it, the renewed file is stored beside the old one, then written down,
//! and only then may the signer forget its copy. Broken off anywhere, the same steps are taken
//! again: the signer gives the same renewed file until it is told to forget it.

use serde_json::json;
use sha2::{Digest, Sha256};
use signer::client::ClientError;
use signer::protocol::{Refusal, RenewalDue};
use store::portal::document::{Document, DocumentState};

use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::problem::{Problem, chain};

use super::store_document::{follow_journal, read_file};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renewed {
    /// The newest file is stored here.
    Done,
    /// There is no file here to renew: erased, or never stored.
    PassedOver,
}

/// Renews one document's file.
pub(crate) async fn renew(app: &App, due: &RenewalDue) -> Result<Renewed, Problem> {
    let mut tx = app.portal().begin().await?;
    let document = tx.document(&due.document_id).await?;
    drop(tx);
    let Some(document) = document else { return Ok(pass_over(due, "unknown here")) };
    // Finished by the signer and not taken over yet: then the newest file comes with that.
    let document = follow_journal(app, document).await?;
    match document.state {
        DocumentState::Signed => {}
        DocumentState::Erased => return Ok(pass_over(due, "erased")),
        _ => return Ok(pass_over(due, "not signed")),
    }
    let file = read_file(app, &document).await?;
    let renewed = match app.signer().renew_file(&document.id, &file).await {
        // It was stored, and the signer not told.
        Err(Error::Signer(ClientError::Refused(Refusal::AlreadyDone))) if document.file_sha256 == due.file_sha256 => {
            forget(app, &document).await;
            return Ok(Renewed::Done);
        }
        Err(Error::Signer(ClientError::Refused(Refusal::AlreadyDone))) => {
            tracing::error!(
                alarm = "stored_file", document.id = %document.id,
                "the newest file of a document is neither here nor at the signer: restore it from the backup"
            );
            return Err(Error::Damaged.into());
        }
        other => other?,
    };
    keep(app, &document, &file, renewed).await?;
    forget(app, &document).await;
    Ok(Renewed::Done)
}

async fn keep(app: &App, document: &Document, file: &[u8], renewed: (Vec<u8>, String)) -> Result<(), Problem> {
    let (renewed, claimed) = renewed;
    let sha256 = hex::encode(Sha256::digest(&renewed));
    if sha256 != claimed || !renewed.starts_with(file) || renewed.len() == file.len() {
        tracing::error!(document.id = %document.id, "a renewed file is not the stored one with something appended");
        return Err(Error::Signer(ClientError::Garbled).into());
    }
    let key = app.signer().open_data_key(&document.id, &document.wrapped_key).await?;
    let place = app.objects().put(&document.id, &renewed, &key, app.randomness()).await?;
    let mut tx = app.portal().begin_write().await?;
    let kept = tx.document_renewed(&document.id, &document.file_sha256, &place, &sha256).await?;
    if kept {
        let facts = json!({ "file_sha256": sha256, "from": document.file_sha256 });
        record(app, &mut tx, Event::new("document.renewed", &document.id, "").with(facts)).await?;
    }
    let now = tx.document(&document.id).await?;
    tx.commit().await?;
    if !kept && now.is_some_and(|now| now.state == DocumentState::Erased) {
        // Erased between the reading and the writing: nothing of it may stay.
        app.objects().delete_all(&document.id).await?;
    }
    Ok(())
}

async fn forget(app: &App, document: &Document) {
    if let Err(error) = app.signer().forget_file(&document.id).await {
        // It names the document as due until it has; the next round says it again.
        tracing::warn!(error = %chain(&error), "the signer did not forget a renewed file");
    }
}

fn pass_over(due: &RenewalDue, why: &str) -> Renewed {
    tracing::warn!(document.id = %due.document_id, proof.ends = %due.proof_ends, why, "a file cannot get fresh proof");
    Renewed::PassedOver
}
