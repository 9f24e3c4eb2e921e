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
    for chunk in documents.chunks(CHUNK) {
        finish(core, chunk, &mut fresh).await?;
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
/// signed is left as it is. Of what the caller has recorded just now, the journal is not asked.
pub(crate) async fn finish(core: &Core, documents: &[DocumentContent], fresh: &mut Fresh) -> Result<(), Refusal> {
    let (mut rows, mut asked) = (Vec::with_capacity(documents.len()), Vec::new());
    for content in documents {
        match fresh.documents.remove(&content.document_id) {
            Some((row, prepared)) => rows.push((row, Some(prepared))),
            None => asked.push(&content.document_id),
        }
    }
    // Where one was recorded before, or others were signed since, the key is asked for again.
    let key = fresh.key.take().filter(|_| asked.is_empty());
    if !asked.is_empty() {
        let mut journal = core.journal.ask().await.map_err(|error| journal_refusal(&error))?;
        for id in asked {
            let row = journal.document(id).await.map_err(|error| journal_refusal(&error))?;
            rows.extend(row.filter(|row| row.state == "recorded").map(|row| (row, None)));
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let (signed, refused) = key::sign(core, key, rows).await?;
    core.steps.reach(Step::Signed);
    let mut lifted = core.lift(signed).await;
    lifted.extend(refused);
    core.steps.reach(Step::Lifted);
    core.keep(lifted).await?;
    core.steps.reach(Step::Stored);
    Ok(())
}
