//! What became of documents, written down in one commit.

use store::ids::micros;
use store::journal::{Document, FinishedFile, Tx};

use super::{Fate, Kept, PROOF_ALGORITHM};
use crate::core::{Core, conclude, journal_refusal};
use crate::protocol::{Refusal, WaitingFor};

impl Core {
    /// Writes down what became of documents. Of two signers that did the same work the first
    /// counts, and the other's is dropped here.
    pub(crate) async fn keep(&self, documents: Vec<Kept>) -> Result<(), Refusal> {
        let mut entries = Vec::with_capacity(documents.len());
        for Kept { row, fate } in documents {
            let entry = match fate {
                Fate::Finished { file, level, proof_ends } => Entry::Finished {
                    level: level.as_str(),
                    digest: sha256(&file),
                    sealed: self.seal(&file_name(&row.document_id), file).await?,
                    proof_ends: proof_ends.map(micros),
                },
                // As it was found.
                Fate::Waiting { level, waiting, .. }
                    if row.level.as_deref() == Some(level.as_str())
                        && row.waiting.as_deref() == Some(waiting.as_str()) =>
                {
                    continue;
                }
                Fate::Waiting { file, level, waiting } => Entry::Waiting {
                    level: level.as_str(),
                    digest: sha256(&file),
                    sealed: self.seal(&file_name(&row.document_id), file).await?,
                    waiting: waiting.as_str(),
                },
                Fate::Refused(refusal) => Entry::Refused(refusal),
            };
            entries.push((row, entry));
        }
        if entries.is_empty() {
            return Ok(());
        }
        let mut tx = self.journal.begin_sharing().await.map_err(|error| journal_refusal(&error))?;
        let written = self.write_all(&mut tx, &entries).await;
        conclude(tx, written).await?
    }

    async fn write_all(&self, tx: &mut Tx, entries: &[(Document, Entry)]) -> Result<(), Refusal> {
        let at = micros(self.now_on_record(tx).await?);
        for (row, entry) in entries {
            self.write(tx, &row.document_id, &row.state, entry, at).await?;
        }
        Ok(())
    }

    async fn write(&self, tx: &mut Tx, document_id: &str, from: &str, entry: &Entry, at: i64) -> Result<(), Refusal> {
        let (done, details) = match entry {
            Entry::Finished { level, digest, sealed, proof_ends } => {
                let proof = proof_ends.map(|ends| (ends, PROOF_ALGORITHM));
                let file = FinishedFile { sealed, sha256: digest, level, proof };
                let done = tx.finish_document(document_id, from, file, at).await;
                (done, serde_json::json!({ "file": digest, "level": level }))
            }
            Entry::Waiting { level, digest, sealed, waiting } => {
                let done = tx.keep_signed(document_id, from, sealed, level, waiting, at).await;
                (done, serde_json::json!({ "file": digest, "level": level, "waiting": waiting }))
            }
            Entry::Refused(refusal) => {
                let text = serde_json::to_string(refusal).map_err(|_| Refusal::Internal)?;
                let done = tx.refuse_document(document_id, &text).await;
                (done, serde_json::json!({ "refusal": refusal }))
            }
        };
        if !done.map_err(|error| journal_refusal(&error))? {
            return Ok(());
        }
        let kind = match (entry, from) {
            (Entry::Refused(_), _) => "document.refused",
            (_, "recorded") => "document.signed",
            (Entry::Finished { .. }, _) => "document.finished",
            (Entry::Waiting { .. }, _) => "document.lifted",
        };
        self.log(tx, kind, document_id, &details).await
    }

    /// Says what unfinished documents wait for.
    pub(crate) async fn let_wait(&self, document_ids: &[String], waiting: WaitingFor) -> Result<(), Refusal> {
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        for id in document_ids {
            if tx.let_document_wait(id, waiting.as_str()).await.map_err(|error| journal_refusal(&error))? {
                let details = serde_json::json!({ "waiting": waiting });
                self.log(&mut tx, "document.waiting", id, &details).await?;
            }
        }
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }
}

/// What is written down of one document.
#[derive(Debug)]
enum Entry {
    Finished { level: &'static str, digest: String, sealed: Vec<u8>, proof_ends: Option<i64> },
    Waiting { level: &'static str, digest: String, sealed: Vec<u8>, waiting: &'static str },
    Refused(Refusal),
}

/// The name under which a document's file is sealed.
pub(crate) fn file_name(document_id: &str) -> String {
    format!("document-file/{document_id}")
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}
