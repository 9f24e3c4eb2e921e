//! Taking a signed file over from the signer: encrypted under its own key, then stored, then
//! written down, and only then may the signer forget its copy. Whatever fails in between, the
//! same steps are taken again the next time the document is looked at.

use serde_json::json;
use sha2::{Digest, Sha256};
use signer::client::ClientError;
use signer::protocol::{DocumentRecord, Refusal};
use store::portal::document::{Document, DocumentState, StoredFile};

use crate::api::tell;
use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::instants::parse;
use crate::problem::Problem;

use super::end_submission;

/// Brings a prepared document's row up to what the signer's journal says; returns the row as
/// it now stands.
pub(crate) async fn follow_journal(app: &App, document: Document) -> Result<Document, Problem> {
    Ok(follow_with_record(app, document).await?.0)
}

/// The same, with what the journal says of a document that is not stored here yet.
pub(crate) async fn follow_with_record(
    app: &App,
    document: Document,
) -> Result<(Document, Option<DocumentRecord>), Problem> {
    if document.state != DocumentState::Prepared {
        return Ok((document, None));
    }
    let Some(code) = &document.code else { return Ok((document, None)) };
    let known = app.signer().document_by_code(code).await?.filter(|known| known.document_id == document.id);
    let Some(known) = known else { return Ok((document, None)) };
    if known.refused.is_some() {
        end_submission::refused(app, &document).await?;
    }
    if known.state != "finished" {
        return Ok((document, Some(known)));
    }
    let taken = take_over(app, &document, &known).await;
    let mut tx = app.portal().begin().await?;
    let now = tx.document(&document.id).await?.ok_or_else(Problem::not_found)?;
    // Another node, or the job beside this one, may have been quicker: then the signer has
    // forgotten the file, rightly.
    if now.state == DocumentState::Prepared {
        taken?;
    }
    Ok((now, Some(known)))
}

/// How many prepared documents one round looks at.
const ROUND: u32 = 1_000;

/// After so many failures a round ends: the signer or the object store is away.
const GIVE_UP: u32 = 5;

/// Takes over what was signed while nobody looked: after a crash, or while the object store was away.
pub(crate) async fn take_over_signed(app: &App) -> Result<(), Problem> {
    let mut tx = app.portal().begin().await?;
    let prepared = tx.newest_prepared(ROUND).await?;
    drop(tx);
    let mut failed = 0;
    for document in prepared {
        // One that cannot be taken over does not keep the others waiting.
        if let Err(problem) = follow_journal(app, document).await {
            failed += 1;
            if failed == GIVE_UP {
                return Err(problem);
            }
        }
    }
    Ok(())
}

/// Stores the signed file of a document.
pub(super) async fn take_over(app: &App, document: &Document, known: &DocumentRecord) -> Result<(), Problem> {
    let (file, sha256) = app.signer().signed_file(&document.id).await?;
    let digest = hex::encode(Sha256::digest(&file));
    if digest != sha256 || known.file_sha256.as_deref() != Some(digest.as_str()) {
        tracing::error!(document.id = %document.id, "the signed file is not the one the journal names");
        return Err(Error::Signer(ClientError::Garbled).into());
    }
    let signed_at = known.signed_at.as_deref().and_then(parse).ok_or(Error::Signer(ClientError::Garbled))?;
    let key = app.signer().new_data_key(&document.id).await?;
    let place = app.objects().put(&document.id, &file, &key, app.randomness()).await?;

    let mut tx = app.portal().begin_write().await?;
    let stored = StoredFile { object_path: &place, wrapped_key: &key.wrapped, file_sha256: &digest, signed_at };
    let written = tx.document_signed(&document.id, stored, app.now()).await?;
    if written {
        let facts = json!({ "file_sha256": digest, "certificate": known.certificate.serial });
        record(app, &mut tx, Event::new("document.signed", &document.id, &document.person_id).with(facts)).await?;
        tell(app, &mut tx, document, "signed").await?;
    }
    tx.commit().await?;
    if !written && !is_stored(app, &document.id).await? {
        tracing::error!(alarm = "stored_file", document.id = %document.id, "a signed document is no longer a prepared one here");
        return Err(Problem::out_of_step());
    }

    if let Err(error) = app.signer().forget_file(&document.id).await {
        // Only room is lost: the signer keeps a copy longer than needed.
        tracing::warn!(error = %crate::problem::chain(&error), "the signer did not forget a file");
    }
    Ok(())
}

/// Whether the row names a file: the signer's copy may then go.
async fn is_stored(app: &App, document_id: &str) -> Result<bool, Problem> {
    let mut tx = app.portal().begin().await?;
    let now = tx.document(document_id).await?;
    Ok(now.is_some_and(|now| matches!(now.state, DocumentState::Signed | DocumentState::Erased)))
}

/// Reads a document's signed file.
pub(crate) async fn read_file(app: &App, document: &Document) -> Result<Vec<u8>, Problem> {
    match document.state {
        DocumentState::Signed => {}
        DocumentState::Erased => return Err(Problem::refused(&Refusal::Erased)),
        _ => return Err(Problem::not_found()),
    }
    let key = app.signer().open_data_key(&document.id, &document.wrapped_key).await?;
    let file = app.objects().read(&document.id, &document.object_path, &key).await?;
    if hex::encode(Sha256::digest(&file)) != document.file_sha256 {
        tracing::error!(alarm = "stored_file", document.id = %document.id, "a stored file is not the one signed");
        return Err(Error::Damaged.into());
    }
    Ok(file)
}
