//! The ledger's entry of an activation, its place under a signed checkpoint, and what the ledger
//! and the journal say came of it.

use ledger::{Hash, SequencedEntry, SignedCheckpoint};
use serde_json::Value;
use store::journal::{Activation, Tx};

use super::report::{Consequence, Report};
use super::{AuditError, AuditKeys, evidence_digest};
use crate::evidence::JOURNAL;

/// Entries read at a time.
const PAGE: i64 = 10_000;

/// What is looked for while the log is read once.
#[derive(Default)]
struct Found {
    leaves: Vec<Hash>,
    activated: Vec<SequencedEntry>,
    /// Entries that name the activation.
    outcomes: Vec<SequencedEntry>,
}

pub(super) async fn check(
    tx: &mut Tx,
    keys: &AuditKeys,
    row: &Activation,
    report: &mut Report,
) -> Result<(), AuditError> {
    let found = read(tx, &row.activation_id).await?;
    report.note("ledger", entry(&found, row));
    report.note("checkpoint", covered(tx, keys, &found).await?);
    let results = documents(tx, row, &found, report).await?;
    report.note("results", results);
    Ok(())
}

async fn read(tx: &mut Tx, activation_id: &str) -> Result<Found, AuditError> {
    let mut found = Found::default();
    loop {
        let from = u64::try_from(found.leaves.len()).unwrap_or(u64::MAX);
        let page = tx.entries(from, PAGE).await?;
        if page.is_empty() {
            return Ok(found);
        }
        for entry in page {
            found.leaves.push(entry.leaf);
            let Some((said, _)) = &entry.content else { continue };
            if said.subject == activation_id && said.kind == "operation.activated" {
                found.activated.push(entry);
            } else if said.payload.contains(activation_id) {
                found.outcomes.push(entry);
            }
        }
    }
}

/// The entry says what the row says, and hashes to its leaf.
fn entry(found: &Found, row: &Activation) -> Result<String, String> {
    let [entry] = found.activated.as_slice() else {
        return Err(format!("{} entries tell of it, not one", found.activated.len()));
    };
    let Some((said, salt)) = &entry.content else { return Err("its entry was erased".to_owned()) };
    if said.leaf(salt).ok() != Some(entry.leaf) {
        return Err(format!("entry {} was altered", entry.sequence));
    }
    let payload: Value = serde_json::from_str(&said.payload).unwrap_or_default();
    let text = |name: &str| payload.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("contents") != row.operation_digest || text("person") != row.person_id || text("operation") != row.operation
    {
        return Err("the row says otherwise than its entry: contents, person or operation".to_owned());
    }
    if text("evidence") != evidence_digest(row) {
        return Err("a column of the row is not what it was when it was written".to_owned());
    }
    Ok(format!("entry {} holds the digest of the whole row", entry.sequence))
}

/// The newest checkpoint is signed, is of these leaves, and reaches the entry.
async fn covered(tx: &mut Tx, keys: &AuditKeys, found: &Found) -> Result<Result<String, String>, AuditError> {
    let checkpoints = tx.checkpoints().await?;
    let Some(newest) = checkpoints.last() else { return Ok(Err("there is no checkpoint".to_owned())) };
    let Ok(signed) = SignedCheckpoint::parse(&newest.note) else {
        return Ok(Err("the checkpoint cannot be read".to_owned()));
    };
    let checkpoint = &signed.checkpoint;
    if checkpoint.origin != JOURNAL || keys.checkpoint.verify(&checkpoint.to_sign(), &signed.signature).is_err() {
        return Ok(Err("the checkpoint is not signed by the checkpoint key for this log".to_owned()));
    }
    let size = usize::try_from(checkpoint.size).unwrap_or(usize::MAX);
    let Some(leaves) = found.leaves.get(..size) else {
        return Ok(Err(format!("the log is shorter than the {} entries of its checkpoint", checkpoint.size)));
    };
    let place = found.activated.first().map(|entry| entry.sequence);
    let Some(place) = place.filter(|place| *place < checkpoint.size) else {
        return Ok(Err("no checkpoint covers its entry".to_owned()));
    };
    let index = usize::try_from(place).unwrap_or(usize::MAX);
    let included = ledger::inclusion_proof(leaves, index)
        .zip(leaves.get(index))
        .is_some_and(|(proof, leaf)| ledger::verify_inclusion(leaf, place, checkpoint.size, &proof, &checkpoint.root));
    Ok(if included {
        Ok(format!("entry {place} is under the signed root of {} entries", checkpoint.size))
    } else {
        Err("the log's leaves are not those under the signed root".to_owned())
    })
}

/// What came of it: each document's content is one that was activated, as its entry says too.
async fn documents(
    tx: &mut Tx,
    row: &Activation,
    found: &Found,
    report: &mut Report,
) -> Result<Result<String, String>, AuditError> {
    for entry in &found.outcomes {
        let Some((said, salt)) = &entry.content else { continue };
        if said.leaf(salt).ok() != Some(entry.leaf) {
            return Ok(Err(format!("entry {} was altered", entry.sequence)));
        }
        report.results.push(Consequence { kind: said.kind.clone(), subject: said.subject.clone() });
    }
    let recorded: Vec<(&str, Value)> = found
        .outcomes
        .iter()
        .filter_map(|entry| entry.content.as_ref())
        .filter(|(said, _)| said.kind == "document.recorded")
        .map(|(said, _)| (said.subject.as_str(), serde_json::from_str(&said.payload).unwrap_or_default()))
        .collect();
    let documents = tx.documents_of_activation(&row.activation_id).await?;
    for document in &documents {
        if !report.contents.contains(&document.content_digest) {
            return Ok(Err(format!("document {} says what was not activated", document.document_id)));
        }
        let entry = recorded.iter().find(|(subject, _)| *subject == document.document_id).map(|(_, payload)| payload);
        let is = |name: &str, value: &str| {
            entry.and_then(|payload| payload.get(name)).and_then(Value::as_str) == Some(value)
        };
        if !is("content", &document.content_digest)
            || !is("bytes", &document.prepared_digest)
            || !is("certificate", &document.certificate_serial)
        {
            return Ok(Err(format!("document {} is not as its entry says", document.document_id)));
        }
    }
    if let Some((subject, _)) =
        recorded.iter().find(|(subject, _)| !documents.iter().any(|row| row.document_id == *subject))
    {
        return Ok(Err(format!("document {subject} is in the ledger and not under this activation")));
    }
    Ok(Ok(match documents.len() {
        0 => format!("{} entries name it", found.outcomes.len()),
        count => format!("{count} document(s), each of a content that was activated"),
    }))
}
