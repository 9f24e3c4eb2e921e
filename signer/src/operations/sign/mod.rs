//! Signing documents: seal the QR code, draw, record what the doctor's key will sign, sign,
//! check, lift to the installation's level, store. See `docs/decisions/0004-seal-before-file.md`.
//!
//! ```text
//! record ── all of a batch, one commit ──► key: one unwrap, all signatures ──► lifting ──► kept
//! ```

mod draw;
mod key;
mod record;
mod signers;

use pdf::form::DocumentContent;
use store::journal::Document;

#[cfg(feature = "measuring")]
pub(crate) use key::sign as with_key;
pub(crate) use record::{Fresh, Recording};
pub(crate) use signers::Signers;

use crate::core::{Core, journal_refusal};
use crate::protocol::{Outcome, Refusal};
use crate::step::Step;

/// Documents signed with one unwrapping of the key; the page tells how far a batch has come.
pub(crate) const CHUNK: usize = 50;

/// Signs each document of an activated batch. All are recorded or none; from there on each goes
/// its own way.
pub(crate) async fn carry_out(
    core: &Core,
    documents: &[DocumentContent],
    activation_id: &str,
) -> Result<Outcome, Refusal> {
    let mut fresh = Recording { core, activation_id }.record(documents).await?;
    core.steps.reach(Step::Sealed);
    let mut chunks = documents.chunks(CHUNK);
    while let Some(chunk) = chunks.next() {
        if let Err(refusal) = finish(core, chunk, &mut fresh).await {
            // What these wait for those behind them wait for.
            for later in chunks {
                let ids: Vec<String> = later.iter().map(|content| content.document_id.clone()).collect();
                key::let_wait(core, &ids, &refusal).await;
            }
            return Err(refusal);
        }
    }
    let mut records = Vec::with_capacity(documents.len());
    let mut journal = core.journal.ask().await.map_err(|error| journal_refusal(&error))?;
    for content in documents {
        let row = journal.document_facts(&content.document_id).await.map_err(|error| journal_refusal(&error))?;
        records.push(core.document_record(&mut journal, row.ok_or(Refusal::NotFound)?).await?);
    }
    // Somebody's fault on the way must not leave one behind: recovery comes again.
    if records.iter().any(|record| record.state == "recorded") {
        return Err(Refusal::Internal);
    }
    // Nothing came of any of it: then that is what came of it.
    match records.first().and_then(|first| first.refused.clone()) {
        Some(refusal) if records.iter().all(|record| record.refused.as_ref() == Some(&refusal)) => Err(refusal),
        _ => Ok(Outcome::DocumentsSigned { documents: records }),
    }
}

/// Brings recorded documents to their signature and as far beyond as can be done now; one that is
/// signed is left as it is.
pub(crate) async fn finish(core: &Core, documents: &[DocumentContent], fresh: &mut Fresh) -> Result<(), Refusal> {
    let (rows, key) = match (fresh.alone.take(), documents) {
        (Some((row, key)), [only]) if row.document_id == only.document_id => (vec![row], Some(key)),
        _ => (recorded(core, documents, fresh).await?, None),
    };
    if rows.is_empty() {
        return Ok(());
    }
    let (signed, refused) = key::sign(core, key, rows, &mut fresh.drawn).await?;
    core.steps.reach(Step::Signed);
    let mut lifted = core.lift(signed).await;
    lifted.extend(refused);
    core.steps.reach(Step::Lifted);
    core.keep(lifted).await?;
    core.steps.reach(Step::Stored);
    Ok(())
}

/// Those of the documents that wait for their signature, as the journal has them now.
async fn recorded(core: &Core, documents: &[DocumentContent], fresh: &Fresh) -> Result<Vec<Document>, Refusal> {
    let mut journal = core.journal.ask().await.map_err(|error| journal_refusal(&error))?;
    let mut rows = Vec::with_capacity(documents.len());
    for content in documents {
        let id = &content.document_id;
        // What is drawn needs no content to be drawn from.
        let drawn = fresh.drawn.contains_key(id);
        let row = if drawn { journal.document_facts(id).await } else { journal.document(id).await };
        let row = row.map_err(|error| journal_refusal(&error))?;
        rows.extend(row.filter(|row| row.state == "recorded"));
    }
    Ok(rows)
}
