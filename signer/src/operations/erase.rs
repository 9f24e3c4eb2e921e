//! Erasing a document. It takes away and gives nothing: no passkey is asked for, as for a
//! suspension; whoever owns the portal can deny, here for good.
//!
//! What stays is the tombstone: that the document was signed, the digests of its content and
//! file, and when and by which recorded reason it was erased. Its data key is never opened again,
//! also not the one in an old backup of the portal.

use serde_json::Value;
use store::ids::micros;
use store::journal::Tx;

use crate::core::{Core, is_id, journal_refusal};
use crate::protocol::{Refusal, Response};

/// What the ledger calls the entries about a document.
const ENTRIES: &str = "document.";

impl Core {
    /// Erases a document; the same again is no change.
    pub(crate) async fn erase_document(&self, document_id: &str, reason_sha256: &str) -> Result<Response, Refusal> {
        let digest = reason_sha256.len() == 64 && reason_sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_id(document_id) || !digest {
            return Err(Refusal::Malformed { detail: "document_id or reason_sha256".to_owned() });
        }
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let now = self.now_on_record(&mut tx).await?;
        let refusal = serde_json::to_string(&Refusal::Erased).map_err(|_| Refusal::Internal)?;
        let erased = tx
            .erase_document(document_id, micros(now), reason_sha256, &refusal)
            .await
            .map_err(|error| journal_refusal(&error))?;
        if erased {
            blank_outcome(&mut tx, document_id).await?;
            // Other things have ids of this form too: an appointment's entries are not erased so.
            tx.erase_entries(document_id, ENTRIES).await.map_err(|error| journal_refusal(&error))?;
            let details = serde_json::json!({ "reason": reason_sha256 });
            self.log(&mut tx, "document.erased", document_id, &details).await?;
        }
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        if erased {
            tracing::info!(document.id = %document_id, "a document was erased");
        }
        Ok(Response::Done)
    }
}

/// Takes what the ticket's outcome says of the document out of it.
async fn blank_outcome(tx: &mut Tx, document_id: &str) -> Result<(), Refusal> {
    let kept = tx.outcome_with_document(document_id).await.map_err(|error| journal_refusal(&error))?;
    let Some((ticket_hash, outcome)) = kept else { return Ok(()) };
    let mut outcome: Value = serde_json::from_str(&outcome).map_err(|_| Refusal::Internal)?;
    blank(&mut outcome, document_id);
    tx.rewrite_outcome(&ticket_hash, &outcome.to_string()).await.map_err(|error| journal_refusal(&error))
}

/// Blanks the patient wherever `value` tells of the document.
fn blank(value: &mut Value, document_id: &str) {
    match value {
        Value::Object(fields) => {
            if fields.get("document_id").and_then(Value::as_str) == Some(document_id)
                && let Some(patient) = fields.get_mut("masked_patient")
            {
                *patient = Value::String(String::new());
            }
            fields.values_mut().for_each(|inner| blank(inner, document_id));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| blank(inner, document_id)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_document_that_is_erased_is_blanked() {
        let mut outcome = serde_json::json!({ "state": "documents_signed", "documents": [
            { "document_id": "a", "masked_patient": "สม*** ใจ***" }, { "document_id": "b", "masked_patient": "มา***" },
        ]});
        blank(&mut outcome, "a");
        assert_eq!(outcome["documents"][0]["masked_patient"], "");
        assert_eq!(outcome["documents"][1]["masked_patient"], "มา***");
    }
}
