//! Renewal: before the certificate of the last time-stamp ends, or its algorithm is given up, the
//! file gets the last word on that certificate and another time-stamp (ETSI EN 319 142-1 §5.5).
//! The one before it stays known: whoever has a copy of it has a genuine one.

use ca::Serial;
use store::ids::{instant, micros};
use store::journal::{Document, FinishedFile};
use time::{Duration, OffsetDateTime};

use super::keep::{file_name, sha256};
use super::material::Obstacle;
use super::steps::prepare;
use super::{PROOF_ALGORITHM, TOKEN_BOUND};
use crate::core::{Core, is_id, journal_refusal, rfc3339};
use crate::protocol::{Refusal, RenewalDue, RenewalsDue, Response, WaitingFor};
use crate::signature_profile::Level;

/// How many days ahead may be asked for.
const MAX_DAYS: u16 = 3660;

/// How long before its proof ends a file may be renewed; files do not grow for fun.
const EARLIEST: Duration = Duration::days(366);

/// Documents of a page.
const PAGE: i64 = 100;

/// The largest file looked at, in octets.
const MAX_FILE: usize = 12 << 20;

impl Core {
    /// A page of the documents whose proof ends within some days.
    pub(crate) async fn renewals_due(&self, within_days: u16, after: Option<&str>) -> Result<Response, Refusal> {
        if within_days > MAX_DAYS || after.is_some_and(|after| !is_id(after)) {
            return Err(Refusal::Malformed { detail: "within_days or after".to_owned() });
        }
        let until = self.now() + Duration::days(i64::from(within_days));
        let ending = self.algorithms_ending(until);
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let rows = tx
            .documents_to_renew(micros(until), &ending, after.unwrap_or_default(), PAGE)
            .await
            .map_err(|error| journal_refusal(&error))?;
        drop(tx);
        let full = i64::try_from(rows.len()).unwrap_or(PAGE) == PAGE;
        let documents: Vec<RenewalDue> = rows
            .into_iter()
            .map(|row| RenewalDue {
                document_id: row.document_id,
                file_sha256: row.file_sha256.unwrap_or_default(),
                proof_ends: rfc3339(instant(row.proof_ends.unwrap_or_default())),
            })
            .collect();
        let next = documents.last().filter(|_| full).map(|last| last.document_id.clone());
        Ok(Response::RenewalsDue { due: RenewalsDue { documents, next } })
    }

    /// The digests that are given up by then, as far as this program stamps with another one.
    fn algorithms_ending(&self, until: OffsetDateTime) -> Vec<String> {
        let ends = &self.configuration.algorithm_ends;
        let ending = |name: &str| ends.get(name).is_some_and(|end| *end <= until);
        if ending(PROOF_ALGORITHM) {
            tracing::error!(
                alarm = "algorithm",
                algorithm = PROOF_ALGORITHM,
                "time-stamps are still made with a digest that is given up"
            );
        }
        ends.keys().filter(|name| ending(name) && *name != PROOF_ALGORITHM).cloned().collect()
    }

    /// Renews a file of ours; the renewed one, also to who asks again.
    pub(crate) async fn renew_file(&self, document_id: &str, file: &str) -> Result<Response, Refusal> {
        if !is_id(document_id) || file.len() > 2 * MAX_FILE {
            return Err(Refusal::Malformed { detail: "document_id or file".to_owned() });
        }
        let file = hex::decode(file).map_err(|_| Refusal::Malformed { detail: "file: not hexadecimal".to_owned() })?;
        let from = sha256(&file);
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let row = tx.document_by_file(&from).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        // Nothing is appended to what was not handed out.
        let row = row.filter(|row| row.document_id == document_id).ok_or(Refusal::NotFound)?;
        if row.file_sha256.as_deref() != Some(from.as_str()) {
            // It was renewed before, and nobody fetched what came of it; else there is nothing to do.
            return self.signed_file(document_id).await.map_err(|_| Refusal::AlreadyDone);
        }
        let now = self.now();
        let ends = instant(row.proof_ends.ok_or(Refusal::AlreadyDone)?);
        let given_up = self.algorithms_ending(now + EARLIEST);
        let algorithm_ends = row.proof_algorithm.as_ref().is_some_and(|name| given_up.contains(name));
        if ends - now > EARLIEST && !algorithm_ends {
            return Err(Refusal::AlreadyDone);
        }
        if ends < now {
            tracing::error!(alarm = "renewal", document.id = %document_id, "the proof of a document ended before it was renewed");
            return Err(Refusal::CertificateExpired);
        }
        self.append_proof(&row, file, &from).await?;
        self.signed_file(document_id).await
    }

    async fn append_proof(&self, row: &Document, file: Vec<u8>, from: &str) -> Result<(), Refusal> {
        let serial = self.unit_that_ends(row.proof_ends.unwrap_or_default()).await?;
        // What became of the unit: nobody can be asked once its certificate has ended.
        let mut words = vec![self.unit_answer(serial).await.map_err(refusal)?];
        // And, as in a new file, what is known of the unit that stamps now.
        let stamping = self.stamping_unit(self.now()).filter(|unit| unit.serial() != Some(serial));
        if let Some(unit) = stamping {
            words.push(self.unit_word(&unit).await.map_err(refusal)?.to_vec());
        }
        let material = self.standing_material(words)?;
        let prepared = self.compute(move || prepare(&file, &material)).await?;
        let prepared = prepared.map_err(|error| unrenewable(row, &error))?;
        let stamps = self.stamp_all(&[prepared.digest()]).await?;
        let token = stamps.tokens.first().filter(|token| token.len() <= TOKEN_BOUND).ok_or(Refusal::Internal)?;
        let renewed = prepared.complete(token).map_err(|error| unrenewable(row, &error))?;
        let digest = sha256(&renewed);
        let sealed = self.seal(&file_name(&row.document_id), renewed).await?;
        let ends = micros(stamps.unit.not_after);
        let file = FinishedFile {
            sealed: &sealed,
            sha256: &digest,
            level: Level::Archival.as_str(),
            proof: Some((ends, PROOF_ALGORITHM)),
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let at = micros(self.now_on_record(&mut tx).await?);
        let renewed = tx.renew_document(&row.document_id, from, file, at).await;
        // Else another renewal was first: its file is the one that counts.
        if renewed.map_err(|error| journal_refusal(&error))? {
            let details = serde_json::json!({ "file": digest, "from": from });
            self.log(&mut tx, "document.renewed", &row.document_id, &details).await?;
        }
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }

    /// The time-stamping unit whose certificate ends then.
    async fn unit_that_ends(&self, ends: i64) -> Result<Serial, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let rows =
            tx.certificates_of_kind(ca::profile::Kind::Tsa.code()).await.map_err(|error| journal_refusal(&error))?;
        let row = rows.into_iter().find(|row| row.not_after == ends && row.der.is_some());
        row.and_then(|row| row.serial.parse().ok()).ok_or_else(|| {
            tracing::error!("no time-stamping unit ends when the journal says the proof of a document does");
            Refusal::Internal
        })
    }
}

fn refusal(obstacle: Obstacle) -> Refusal {
    match obstacle {
        Obstacle::Wait(WaitingFor::Token) => Refusal::TokenUnavailable,
        Obstacle::Wait(_) => Refusal::TimeStampUnavailable,
        Obstacle::Never(refusal) => refusal,
    }
}

fn unrenewable(row: &Document, error: &pades::Error) -> Refusal {
    tracing::error!(alarm = "renewal", document.id = %row.document_id, error = %error, "a file cannot be renewed");
    Refusal::Internal
}
