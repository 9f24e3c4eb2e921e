//! What evidence officers vouched for by their own touch.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::journal::{EvidenceRecord as EvidenceRow, Tx};

use super::Statement;
use crate::authority::saw_the_person;
use crate::core::{Core, journal_refusal};
use crate::protocol::{EvidenceOutcome, EvidenceReference, Refusal};

/// What the ledger calls a record of evidence.
const NOTED: &str = "evidence.recorded";

/// More records of evidence than officers make of one person.
const MOST: i64 = 1_000;

/// What the binding key says of a record of evidence: what decides later, no name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vouched {
    pub(crate) record_id: String,
    /// Digest of all that was touched for, hexadecimal.
    pub(crate) content_sha256: String,
    pub(crate) officer_id: String,
    pub(crate) activation_id: String,
    pub(crate) person_id: String,
    pub(crate) identity_digest: String,
    pub(crate) unit_code: String,
    pub(crate) profession: String,
    pub(crate) licence: String,
    pub(crate) credential_id: String,
    pub(crate) public_key_sha256: String,
    /// Digest of the name that was touched for ([`name_digest`]); empty in statements of before, which
    /// vouch for nobody any more.
    #[serde(default)]
    pub(crate) name_sha256: String,
    /// Digests of the items, hexadecimal.
    pub(crate) items: Vec<String>,
    /// What each of them is.
    #[serde(default)]
    pub(crate) kinds: Vec<String>,
    /// What came of each of them.
    #[serde(default)]
    pub(crate) outcomes: Vec<Option<EvidenceOutcome>>,
    /// What the officer found themselves, by kind ([`crate::authority::findings`]).
    #[serde(default)]
    pub(crate) findings: BTreeMap<String, Finding>,
    /// Unix microseconds.
    pub(crate) at: i64,
}

/// What an officer found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) outcome: EvidenceOutcome,
    /// When it was recorded, Unix microseconds: a touch is later, and may be about what is old.
    pub(crate) at: i64,
}

impl Vouched {
    /// Whether this officer saw the person: a document, and the face with it.
    pub(crate) fn saw_the_person(&self) -> bool {
        saw_the_person(|kind| self.findings.get(kind).is_some_and(|found| found.outcome == EvidenceOutcome::Confirmed))
    }

    /// Whether this item is among what was touched for, as what it is and with what came of it.
    pub(crate) fn holds(&self, item: &EvidenceReference) -> bool {
        let touched_for = self.items.iter().zip(&self.kinds).zip(&self.outcomes);
        touched_for
            .into_iter()
            .any(|((sha256, kind), outcome)| (sha256, kind, outcome) == (&item.sha256, &item.kind, &item.outcome))
    }
}

/// Digest of a person's name in both scripts, hexadecimal: a statement says no name.
pub(crate) fn name_digest(name_th: &str, name_en: &str) -> String {
    hex::encode(Sha256::digest(format!("{name_th}\0{name_en}")))
}

impl Core {
    /// States what an officer vouched for, once.
    pub(crate) async fn state_evidence(&self, vouched: Vouched) -> Result<(), Refusal> {
        let (text, signature) = self.sign_statement(&Statement::Evidence(vouched.clone())).await?;
        let row = EvidenceRow {
            record_id: vouched.record_id.clone(),
            person_id: vouched.person_id.clone(),
            officer_id: vouched.officer_id.clone(),
            content_sha256: vouched.content_sha256.clone(),
            statement: text,
            signature,
            at: vouched.at,
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        if tx.insert_evidence_record(&row).await.map_err(|error| journal_refusal(&error))? {
            let details = serde_json::json!({
                "record": row.record_id, "officer": row.officer_id, "content": row.content_sha256,
                "activation": vouched.activation_id,
            });
            // By person: so that a row that is gone is missed.
            self.log(&mut tx, NOTED, &row.person_id, &details).await?;
        }
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }

    /// What is vouched for about a person, newest first by what is signed: a row says neither when it was
    /// nor, copied, that it was said twice.
    pub(crate) async fn evidence_stated(&self, tx: &mut Tx, person_id: &str) -> Result<Vec<Vouched>, Refusal> {
        let rows = tx.evidence_records_of(person_id, MOST + 1).await.map_err(|error| journal_refusal(&error))?;
        if rows.len() > usize::try_from(MOST).unwrap_or_default() {
            tracing::error!(alarm = "journal", person.id = %person_id, "more records of evidence than any person has");
            return Err(Refusal::JournalAltered);
        }
        let mut stated: Vec<Vouched> = Vec::with_capacity(rows.len());
        for row in &rows {
            match self.read(&row.statement, &row.signature) {
                Some(Statement::Evidence(vouched)) => {
                    // Not what was copied under another name.
                    if (&vouched.person_id, &vouched.record_id) == (&row.person_id, &row.record_id) {
                        stated.push(vouched);
                    }
                }
                _ => {
                    tracing::error!(alarm = "journal", record.id = %row.record_id, "a record of evidence was altered");
                    return Err(Refusal::JournalAltered);
                }
            }
        }
        let noted = tx.times_noted(person_id, NOTED).await.map_err(|error| journal_refusal(&error))?;
        if i64::try_from(stated.len()).unwrap_or(i64::MAX) < noted {
            tracing::error!(alarm = "journal", person.id = %person_id, "a record of evidence is missing");
            return Err(Refusal::JournalAltered);
        }
        stated.sort_by(|a, b| (b.at, &b.record_id).cmp(&(a.at, &a.record_id)));
        Ok(stated)
    }
}
