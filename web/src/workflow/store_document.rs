//! Taking a signed file over from the signer: encrypted under its own key, then stored, then
//! written down, and only then may the signer forget its copy. Whatever fails in between, the
//! same steps are taken again the next time the document is looked at.

use serde_json::json;
use sha2::{Digest, Sha256};
use signer::client::ClientError;
use signer::protocol::DocumentRecord;
use store::portal::document::{Document, DocumentState, StoredFile};

use crate::api::tell;
use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::instants::parse;
use crate::problem::Problem;

/// Brings a prepared document's row up to what the signer's journal says; returns the row as
/// it now stands.
pub(crate) async fn follow_journal(app: &App, document: Document) -> Result<Document, Problem> {
    if document.state != DocumentState::Prepared {
        return Ok(document);
    }
    let Some(code) = &document.code else { return Ok(document) };
    let Some(known) = app.signer().document_by_code(code).await? else { return Ok(document) };
    if known.state != "finished" || known.document_id != document.id {
        return Ok(document);
    }
    take_over(app, &document, &known).await?;
    let mut tx = app.portal().begin().await?;
    tx.document(&document.id).await?.ok_or_else(Problem::not_found)
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
    if tx.document_signed(&document.id, stored, app.now()).await? {
        let facts = json!({ "file_sha256": digest, "certificate": known.certificate.serial });
        record(app, &mut tx, Event::new("document.signed", &document.id, &document.person_id).with(facts)).await?;
        tell(app, &mut tx, document, "signed").await?;
    }
    tx.commit().await?;

    if let Err(error) = app.signer().forget_file(&document.id).await {
        // Only room is lost: the signer keeps a copy longer than needed.
        tracing::warn!(error = %crate::problem::chain(&error), "the signer did not forget a file");
    }
    Ok(())
}

/// Reads a document's signed file.
pub(crate) async fn read_file(app: &App, document: &Document) -> Result<Vec<u8>, Problem> {
    if document.state != DocumentState::Signed {
        return Err(Problem::not_found());
    }
    let key = app.signer().open_data_key(&document.id, &document.wrapped_key).await?;
    let file = app.objects().read(&document.id, &document.object_path, &key).await?;
    if hex::encode(Sha256::digest(&file)) != document.file_sha256 {
        return Err(Error::Sealed.into());
    }
    Ok(file)
}
