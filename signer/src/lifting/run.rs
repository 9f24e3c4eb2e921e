//! The loop that lifts what had to wait.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pades::sign::Signed;
use store::journal::Document;
use tokio::time::{MissedTickBehavior, interval};

use super::keep::file_name;
use super::{SignedFile, Unfinished};
use crate::core::{Core, journal_refusal};
use crate::operations::sign::CHUNK;
use crate::protocol::Refusal;
use crate::signature_profile::Level;
use crate::status::serial_of;

/// How often it looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Documents read at once.
const PAGE: i64 = 200;

/// Name of the lease: one signer lifts, the others look on.
const LEASE: &str = "lifting";

/// Lifts documents that wait, until the task is dropped.
pub async fn run(core: Arc<Core>) {
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        core.journal_keys.forget_old(core.now());
        if let Err(refusal) = core.lift_waiting().await {
            tracing::warn!(refusal = %refusal, "documents wait to be lifted");
        }
    }
}

impl Core {
    /// Lifts what waits and can be lifted now; how many documents were finished.
    ///
    /// # Errors
    /// The journal, or the token.
    pub async fn lift_waiting(&self) -> Result<usize, Refusal> {
        let mut after: Option<(i64, String)> = None;
        let mut finished = 0;
        loop {
            let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
            let place = after.as_ref().map(|(at, id)| (*at, id.as_str()));
            let rows = tx.documents_to_lift(place, PAGE).await.map_err(|error| journal_refusal(&error))?;
            drop(tx);
            let Some(last) = rows.last() else { return Ok(finished) };
            if after.is_none() && !self.may_make(LEASE).await? {
                return Ok(0);
            }
            after = Some((last.recorded_at, last.document_id.clone()));
            let mut by_signer: BTreeMap<String, Vec<Document>> = BTreeMap::new();
            for row in rows.into_iter().filter(|row| self.can_be_lifted(row)) {
                by_signer.entry(row.certificate_serial.clone()).or_default().push(row);
            }
            for rows in by_signer.into_values() {
                for chunk in rows.chunks(CHUNK) {
                    finished += self.lift_chunk(chunk).await?;
                }
            }
        }
    }

    /// Whether it is worth while to open the file.
    fn can_be_lifted(&self, row: &Document) -> bool {
        let suspended = self.is_on_hold(row.certificate_serial.parse().ok());
        let stamps = self.clock.deviation().is_some() || row.wanted_level == Level::Basic.as_str();
        stamps && !suspended
    }

    async fn lift_chunk(&self, rows: &[Document]) -> Result<usize, Refusal> {
        let mut unfinished = Vec::with_capacity(rows.len());
        for row in rows {
            let sealed = row.sealed_file.as_deref().ok_or(Refusal::Internal)?;
            let file = match self.unseal(&file_name(&row.document_id), sealed).await {
                Err(Refusal::Internal) => {
                    tracing::error!(document.id = %row.document_id, "a file that waits cannot be opened");
                    continue;
                }
                file => file?,
            };
            match reopened(file, row) {
                Ok(file) => unfinished.push(Unfinished { row: row.clone(), file }),
                Err(error) => {
                    tracing::error!(document.id = %row.document_id, error = %error, "a file that waits is not as it was kept");
                }
            }
        }
        let kept = self.lift(unfinished).await;
        let finished = kept.iter().filter(|kept| matches!(kept.fate, super::Fate::Finished { .. })).count();
        self.keep(kept).await?;
        if finished > 0 {
            tracing::info!(documents = finished, "documents that waited are finished");
        }
        Ok(finished)
    }
}

fn reopened(file: Vec<u8>, row: &Document) -> Result<SignedFile, pades::Error> {
    let signed = Signed::reopen(file)?;
    if row.level.as_deref() == Some(Level::Basic.as_str()) {
        return Ok(SignedFile::Basic(Box::new(signed)));
    }
    let unit = signed.time_stamper()?.as_deref().and_then(serial_of);
    Ok(SignedFile::TimeStamped { file: signed.bytes, unit })
}
