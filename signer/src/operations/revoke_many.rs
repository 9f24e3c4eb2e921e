//! Ending many certificates at once: found by a dry run, the same set activated, then revoked in
//! steps that a crash may interrupt anywhere.

use sha2::{Digest, Sha256};
use store::ids::micros;
use store::journal::{Activation, Selection, Tx};

use super::revoke::{End, block_key};
use crate::core::{Core, journal_refusal};
use crate::protocol::{BatchRevocation, Outcome, Refusal, Response, RevocationPreview, RevocationSelection};

/// Serial numbers read at a time.
const PAGE: i64 = 5_000;

/// Certificates revoked in one transaction.
const STEP: i64 = 200;

/// Certificates shown by a dry run.
const SHOWN: i64 = 20;

impl Core {
    /// A dry run, for an officer who may revoke what is found.
    pub(crate) async fn preview_revocation(
        &self,
        actor: &str,
        selection: &RevocationSelection,
    ) -> Result<Response, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let (rows, _) = self.selected_for(&mut tx, actor, selection).await?;
        let (count, serials_sha256) = found(&mut tx, &rows).await?;
        let mut first = Vec::new();
        for serial in tx.serials_selected(&rows, None, SHOWN).await.map_err(|error| journal_refusal(&error))? {
            // An API client's certificate has no person to be shown.
            if let Ok(certificate) = self.certificate_with_status(&mut tx, &serial).await {
                first.push(certificate);
            }
        }
        Ok(Response::RevocationPreview { preview: RevocationPreview { count, serials_sha256, first } })
    }
}

/// How many certificates a selection holds, and the digest over their serial numbers.
async fn found(tx: &mut Tx, rows: &Selection) -> Result<(u64, String), Refusal> {
    let (mut count, mut digest, mut last) = (0_u64, Sha256::new(), None::<String>);
    loop {
        let page = tx.serials_selected(rows, last.as_deref(), PAGE).await.map_err(|error| journal_refusal(&error))?;
        let Some(end) = page.last().cloned() else { break };
        for serial in page {
            digest.update(serial.as_bytes());
            digest.update(b"\n");
            count += 1;
        }
        last = Some(end);
    }
    Ok((count, hex::encode(digest.finalize())))
}

/// Revokes what the dry run found, or what is left of it.
pub(crate) async fn carry_out(
    core: &Core,
    batch: &BatchRevocation,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let end = End::of(&batch.reason, batch.invalid_since.as_deref(), activation)?;
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let rows = core.rows_of(&mut tx, &batch.selection).await?;
    let begun = tx.revocations_of_activation(&activation.activation_id).await;
    if begun.map_err(|error| journal_refusal(&error))? == 0 {
        // What was looked at is what is revoked: a certificate more or less needs another look.
        if found(&mut tx, &rows).await? != (batch.count, batch.serials_sha256.clone()) {
            return Err(Refusal::Conflict);
        }
    }
    drop(tx);
    if let RevocationSelection::Key { spki_sha256 } = &batch.selection {
        let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        block_key(core, &mut tx, spki_sha256, micros(core.now()), &activation.activation_id).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
    }
    let mut last = None::<String>;
    loop {
        let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        // One that is revoked by somebody else meanwhile is seen, or waits.
        tx.lock_revocations().await.map_err(|error| journal_refusal(&error))?;
        let step = tx.serials_selected(&rows, last.as_deref(), STEP).await.map_err(|error| journal_refusal(&error))?;
        let Some(next) = step.last().cloned() else { break };
        let at = micros(core.now());
        for serial in &step {
            let row = tx.certificate(serial).await.map_err(|error| journal_refusal(&error))?;
            // One issued since the touch was not looked at.
            if row.is_some_and(|row| row.recorded_at <= activation.at) {
                end.record(core, &mut tx, serial, at).await?;
            }
        }
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        last = Some(next);
    }
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let count = tx.revocations_of_activation(&activation.activation_id).await;
    let count = u64::try_from(count.map_err(|error| journal_refusal(&error))?).unwrap_or_default();
    Ok(Outcome::CertificatesRevoked { count, revoked_by: activation.person_id.clone() })
}
