//! Erasing a document at somebody's request (Personal Data Protection Act, section 33): asked for,
//! confirmed by the same officer on a second page, then final. The signer is told first, so that
//! the data key is dead before the file is gone; whatever fails in between is taken up again.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::portal::document::{Document, DocumentState};
use store::portal::erasure::Erasure;

use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::instants::rfc3339;
use crate::problem::Problem;

/// How many erasures one round of the job takes up.
const ROUND: u32 = 100;

/// Who asked and why. Personal data: sealed at rest, never in the ledger.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// Who asked.
    pub(crate) asked_by: String,
    /// Why, and how the officer knows.
    pub(crate) words: String,
}

impl std::fmt::Debug for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reason([personal data elided])")
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    /// Random: the digest leaves the portal, and must not confirm a guess of what was said.
    salt: String,
    at: String,
    reason: Reason,
}

fn place(id: &str) -> String {
    format!("erasure.reason:{id}")
}

/// The first step; returns the erasure's id. The caller checked that the officer may.
pub(crate) async fn ask(app: &App, officer: &str, document: &Document, reason: Reason) -> Result<String, Problem> {
    if document.state == DocumentState::Erased {
        return Err(Problem::out_of_step());
    }
    let now = app.now();
    let id = app.randomness().uuid(now);
    let salt: [u8; 16] = app.randomness().bytes();
    let kept = Kept { salt: hex::encode(salt), at: rfc3339(now), reason };
    let kept = serde_json::to_vec(&kept).map_err(|_| Error::Stored("erasure.reason"))?;
    let erasure = Erasure {
        document_id: document.id.clone(),
        reason_sealed: app.cipher().seal(&place(&id), &kept, app.randomness())?,
        reason_sha256: hex::encode(Sha256::digest(&kept)),
        requested_by: officer.to_owned(),
        requested_at: now,
        confirmed_at: None,
        done_at: None,
        id: id.clone(),
    };
    let mut tx = app.portal().begin_write().await?;
    tx.request_erasure(&erasure).await?;
    let facts = json!({ "erasure": id, "reason": erasure.reason_sha256 });
    record(app, &mut tx, Event::new("document.erasure_asked", &document.id, officer).with(facts)).await?;
    tx.commit().await?;
    Ok(id)
}

/// An erasure with its reason opened. The caller writes down that it was read.
pub(crate) async fn open(app: &App, id: &str) -> Result<(Erasure, Reason), Problem> {
    if !crate::randomness::is_uuid(id) {
        return Err(Problem::not_found());
    }
    let mut tx = app.portal().begin().await?;
    let erasure = tx.erasure(id).await?.ok_or_else(Problem::not_found)?;
    drop(tx);
    let kept = app.cipher().open(&place(id), &erasure.reason_sealed)?;
    let kept: Kept = serde_json::from_slice(&kept).map_err(|_| Error::Stored("erasure.reason"))?;
    Ok((erasure, kept.reason))
}

/// The second step: from here on it is carried out to its end, by whoever comes by.
pub(crate) async fn confirm(app: &App, officer: &str, erasure: &Erasure) -> Result<(), Problem> {
    let mut tx = app.portal().begin_write().await?;
    if !tx.confirm_erasure(&erasure.id, officer, app.now()).await? {
        return Err(Problem::out_of_step());
    }
    let facts = json!({ "erasure": erasure.id, "reason": erasure.reason_sha256 });
    record(app, &mut tx, Event::new("document.erasure_confirmed", &erasure.document_id, officer).with(facts)).await?;
    tx.commit().await?;
    if let Err(problem) = carry_out(app, erasure).await {
        tracing::warn!(document.id = %erasure.document_id, status = problem.status().as_u16(), "an erasure waits");
    }
    Ok(())
}

/// Carries a confirmed erasure to its end. Each step can be taken again.
pub(crate) async fn carry_out(app: &App, erasure: &Erasure) -> Result<(), Problem> {
    app.signer().erase_document(&erasure.document_id, &erasure.reason_sha256).await?;
    app.objects().delete_all(&erasure.document_id).await?;
    let mut tx = app.portal().begin_write().await?;
    tx.erase_document(&erasure.document_id, app.now()).await?;
    tx.erase_entries(&erasure.document_id, "").await?;
    if tx.erasure_done(&erasure.id, app.now()).await? {
        let facts = json!({ "erasure": erasure.id, "reason": erasure.reason_sha256 });
        let event = Event::new("document.erased", &erasure.document_id, &erasure.requested_by).with(facts);
        record(app, &mut tx, event).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Takes up what was confirmed and broke off.
pub(crate) async fn take_up(app: &App) -> Result<(), Problem> {
    let mut tx = app.portal().begin().await?;
    let open = tx.open_erasures(ROUND).await?;
    drop(tx);
    for erasure in open {
        carry_out(app, &erasure).await?;
    }
    Ok(())
}
