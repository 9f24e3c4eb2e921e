//! The journal's ledger: an entry with each change, a place for each entry every second, a
//! signed checkpoint over the whole.

use std::sync::atomic::Ordering;

use ledger::{Checkpoint, Entry, SignedCheckpoint};
use store::ids::micros;
use store::journal::Tx;
use store::ledger::{CheckpointRow, Reach};

use crate::core::{Core, journal_refusal};
use crate::edge::{Clock, Randomness};
use crate::protocol::{Refusal, Response};

/// Which log a checkpoint is of.
pub(crate) const JOURNAL: &str = "rabrong/journal";
const PORTAL: &str = "rabrong/portal";

/// Entries given a place in one step.
const BATCH: i64 = 1_000;

/// Writes a ledger entry in the caller's transaction, also where there is no core yet.
pub(crate) async fn append(
    tx: &mut Tx,
    clock: &Clock,
    randomness: &Randomness,
    kind: &str,
    subject: &str,
    details: &serde_json::Value,
) -> Result<(), store::Error> {
    let now = clock.now();
    let entry = Entry {
        id: store::ids::uuid(now, &mut randomness.clone()),
        at: micros(now),
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        payload: details.to_string(),
    };
    tx.append(&entry, &randomness.bytes::<16>()).await
}

impl Core {
    /// Writes a ledger entry in the caller's transaction. `details` holds digests and ids, no
    /// personal data.
    pub(crate) async fn log(
        &self,
        tx: &mut Tx,
        kind: &str,
        subject: &str,
        details: &serde_json::Value,
    ) -> Result<(), Refusal> {
        append(tx, &self.clock, &self.randomness, kind, subject, details).await.map_err(|error| journal_refusal(&error))
    }

    /// One step of the sequencer, and a checkpoint if none covers the whole log yet: it has grown, or
    /// whoever gave the last places stopped before signing.
    ///
    /// # Errors
    /// The journal or the token.
    pub async fn sequence(&self, holder: &str) -> Result<(), Refusal> {
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let placed = tx.sequence_next(holder, self.now(), BATCH).await.map_err(|error| journal_refusal(&error))?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        if placed.is_none() {
            return Ok(());
        }
        let Some((size, root)) = self.unsigned_log().await? else { return Ok(()) };
        let note = self.sign_checkpoint(JOURNAL, size, root).await?;
        let row = CheckpointRow {
            size: i64::try_from(size).map_err(|_| Refusal::Internal)?,
            root: root.to_vec(),
            note,
            at: micros(self.now()),
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        tx.add_checkpoint(&row).await.map_err(|error| journal_refusal(&error))?;
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }

    /// Size and root of the journal's ledger, if the newest checkpoint does not cover all of it. Another signer may
    /// have placed entries since this one looked: what is missing is read first.
    async fn unsigned_log(&self) -> Result<Option<(u64, ledger::Hash)>, Refusal> {
        let mut tree = self.journal_log.lock().await;
        loop {
            let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
            if tree.size() == 0 {
                self.newest_checkpoint_is_signed(&mut tx).await?;
            }
            let grown = tx.grow(&mut tree).await;
            if let Err(store::Error::Inconsistent { .. }) = grown {
                self.found_altered();
            }
            match grown.map_err(|error| journal_refusal(&error))? {
                Reach::Part => {}
                Reach::Unsigned => return Ok(Some((tree.size(), tree.root()))),
                Reach::Signed => return Ok(None),
            }
        }
    }

    /// The checkpoint that the ledger is held against at the start must be one this installation
    /// signed: a row with another root is not believed for standing there.
    async fn newest_checkpoint_is_signed(&self, tx: &mut Tx) -> Result<(), Refusal> {
        let Some(row) = tx.newest_checkpoint().await.map_err(|error| journal_refusal(&error))? else { return Ok(()) };
        let signed = SignedCheckpoint::parse(&row.note).is_ok_and(|note| {
            let Checkpoint { origin, size, root } = &note.checkpoint;
            origin == JOURNAL
                && i64::try_from(*size) == Ok(row.size)
                && root.as_slice() == row.root
                && self.keys.checkpoint.signed(&note)
        });
        if !signed {
            self.found_altered();
            return Err(Refusal::JournalAltered);
        }
        Ok(())
    }

    /// From now on nothing that rests on the journal's rows alone is done.
    fn found_altered(&self) {
        tracing::error!(alarm = "journal", "the journal's ledger contradicts its signed checkpoint");
        self.ledger_altered.store(true, Ordering::Relaxed);
    }

    /// Whether the ledger was found to contradict its signed checkpoint.
    pub(crate) fn ledger_is_altered(&self) -> bool {
        self.ledger_altered.load(Ordering::Relaxed)
    }

    /// Signs a checkpoint over the portal's ledger, unless that has shrunk or changed since the
    /// last one signed by this process.
    pub(crate) async fn portal_checkpoint(&self, size: u64, root: &str) -> Result<Response, Refusal> {
        let malformed = || Refusal::Malformed { detail: "root: 32 bytes in hexadecimal".to_owned() };
        let root: [u8; 32] = hex::decode(root).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(malformed)?;
        {
            let mut seen = self.portal_log.lock().map_err(|_| Refusal::Internal)?;
            // A log that shrank, or says something else of the same length.
            if seen.is_some_and(|(signed, head)| size < signed || (size == signed && root != head)) {
                return Err(Refusal::Conflict);
            }
            *seen = Some((size, root));
        }
        let note = self.sign_checkpoint(PORTAL, size, root).await?;
        Ok(Response::Checkpoint { note })
    }

    async fn sign_checkpoint(&self, origin: &str, size: u64, root: [u8; 32]) -> Result<String, Refusal> {
        let checkpoint = Checkpoint { origin: origin.to_owned(), size, root };
        Ok(self.keys.checkpoint.sign(checkpoint).await?.to_string())
    }
}
