//! The answer to a file handed in: is it byte for byte one that was signed here, and if not,
//! what does its signature say?

use pades::verify::{CertificateStatus, Indication, Reason, Trust};
use pdf::read::{Document, ReadError};
use sha2::{Digest, Sha256};
use signer::protocol::DocumentRecord;
use time::OffsetDateTime;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::issued_certificates::IssuedCertificates;
use crate::pages::{Text, Verdict};
use crate::problem::Problem;

use super::verify_code::judge;

/// The largest file looked at, in bytes.
pub(crate) const LARGEST_FILE: usize = 20 * 1024 * 1024;

/// At most so many signed states of a file are looked up.
const MOST_STATES: usize = 8;

/// At most so many reasons are shown.
const MOST_REASONS: usize = 5;

/// Files read at once: each may take seconds of a core and some hundred megabytes.
static READING: Semaphore = Semaphore::const_new(4);

/// How long a file waits for its turn.
const TURN: std::time::Duration = std::time::Duration::from_secs(15);

/// What was found of a file.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    pub(crate) reasons: Vec<Text>,
    pub(crate) record: Option<DocumentRecord>,
    pub(crate) sha256: String,
    /// The verifier's own verdict on the signature, if it was asked.
    pub(crate) signature: Option<pades::verify::Verdict>,
}

impl Finding {
    fn of(sha256: String, verdict: Verdict) -> Self {
        Self { verdict, reasons: Vec::new(), record: None, sha256, signature: None }
    }
}

/// Finds out about a file. Never an error: what cannot be checked is not valid.
pub(crate) async fn of_file(app: &App, file: Vec<u8>) -> Finding {
    let sha256 = hex::encode(Sha256::digest(&file));
    match examine(app, file, sha256.clone()).await {
        Ok(finding) => finding,
        Err(problem) => {
            tracing::warn!(status = problem.status().as_u16(), "a file cannot be checked");
            Finding::of(sha256, Verdict::NotCheckable)
        }
    }
}

async fn examine(app: &App, file: Vec<u8>, sha256: String) -> Result<Finding, Problem> {
    if let Some(record) = app.signer().document_by_file(&sha256).await? {
        let verdict = match judge(&record, app.now()) {
            Verdict::Genuine => Verdict::UploadMatches,
            other => other,
        };
        let same = Text::new("ไฟล์นี้ตรงกับไฟล์ที่แพทย์ลงนามทุกไบต์", "Byte for byte the file the doctor signed.");
        let mut reasons = vec![same];
        if record.erased_at.is_none() && record.earlier_files.contains(&sha256) {
            reasons.push(Text::new(
                "ไฟล์นี้เป็นของแท้ แต่มีไฟล์ใหม่กว่าซึ่งต่ออายุหลักฐานแล้ว ขอได้จากโรงพยาบาลหรือแพทย์",
                "It is genuine, and there is a newer file with fresh proof: ask the hospital or the doctor for it.",
            ));
        }
        return Ok(Finding { reasons, record: Some(record), ..Finding::of(sha256, verdict) });
    }
    let (signature, states, claims_signature) = read(app, file).await?;
    let mut finding = Finding { signature: Some(signature), ..Finding::of(sha256, Verdict::NotCheckable) };
    for state in states {
        if let Some(record) = app.signer().document_by_file(&state).await? {
            finding.record = Some(record);
            break;
        }
    }
    if let Some(signature) = &finding.signature {
        let known = finding.record.as_ref().map(|record| judge(record, app.now()));
        finding.verdict = words_of(signature, claims_signature, known);
        let reasons = signature.reasons.iter().filter(|reason| tells(finding.verdict, reason)).take(MOST_REASONS);
        finding.reasons = reasons.map(|reason| Text::new(reason.thai(), reason.english())).collect();
    }
    Ok(finding)
}

/// The verifier's verdict, SHA-256 of each state of the file that may have been signed (the
/// newest first), and whether it claims to carry a signature.
async fn read(app: &App, file: Vec<u8>) -> Result<(pades::verify::Verdict, Vec<String>, bool), Problem> {
    let root = app.signer().ca_certificate("root").await?;
    let issuing = app.signer().ca_certificate("issuing").await?;
    let issued = IssuedCertificates::new(app.signer().client(), root.clone());
    let now: OffsetDateTime = app.now();
    let turn = tokio::time::timeout(TURN, READING.acquire()).await.ok().and_then(Result::ok);
    let turn = turn.ok_or_else(|| {
        tracing::warn!("too many files are handed in at once");
        Problem::internal()
    })?;
    let read = tokio::task::spawn_blocking(move || {
        // Held to the end of the reading, even if the browser has gone.
        let _turn = turn;
        let status: Option<&dyn CertificateStatus> = Some(&issued);
        let trust = Trust { anchors: vec![root], untrusted: vec![issuing], status, ..Trust::default() };
        (pades::verify::verify(&file, &trust, now), states_of(&file), claims_signature(&file))
    });
    read.await.map_err(|error| {
        tracing::error!(%error, "the reading task failed");
        Problem::internal()
    })
}

fn states_of(file: &[u8]) -> Vec<String> {
    let mut ends: Vec<usize> = match Document::open(file) {
        Ok(document) => {
            let signatures = document.signatures().unwrap_or_default();
            signatures.iter().filter_map(|signature| signature.range.as_ref().ok()).map(|range| range.end).collect()
        }
        // Not readable as a whole: it may still begin with a file that was.
        Err(_) => ends_of_revisions(file),
    };
    ends.sort_unstable_by(|one, other| other.cmp(one));
    ends.dedup();
    let states = ends.into_iter().take(MOST_STATES).filter_map(|end| file.get(..end));
    states.map(|state| hex::encode(Sha256::digest(state))).collect()
}

/// Where a revision may end: after each `%%EOF`, with or without an end of line
/// (ISO 32000-2 §7.5.5).
fn ends_of_revisions(file: &[u8]) -> Vec<usize> {
    const MARKER: &[u8] = b"%%EOF";
    let mut ends = Vec::new();
    let found = file.windows(MARKER.len()).enumerate().rev().filter(|(_, window)| *window == MARKER).take(3);
    for (at, _) in found {
        let end = at + MARKER.len();
        ends.push(end);
        match file.get(end..) {
            Some([b'\r', b'\n', ..]) => ends.push(end + 2),
            Some([b'\r' | b'\n', ..]) => ends.push(end + 1),
            _ => {}
        }
    }
    ends
}

/// Does the file carry, or claim to carry, a signature?
fn claims_signature(file: &[u8]) -> bool {
    const KEY: &[u8] = b"/ByteRange";
    file.windows(KEY.len()).any(|window| window == KEY)
}

/// The verdict for people on a file that was never handed out in this very form. `known` is
/// the verdict on the document it holds, if it holds one of ours whole.
fn words_of(signature: &pades::verify::Verdict, claims_signature: bool, known: Option<Verdict>) -> Verdict {
    let has = |wanted: fn(&Reason) -> bool| signature.reasons.iter().any(wanted);
    if has(|reason| matches!(reason, Reason::NotPdf | Reason::NoSignature)) {
        return Verdict::NoSignature;
    }
    if has(|reason| matches!(reason, Reason::Unreadable(_) | Reason::ReaderFailed)) && !claims_signature {
        return Verdict::NoSignature;
    }
    if has(is_alteration) {
        return Verdict::Altered;
    }
    if has(|reason| {
        matches!(reason, Reason::NoChain | Reason::ChainConstraint | Reason::NoSigningCertificate | Reason::NotIssued)
    }) {
        return Verdict::SignerUnknown;
    }
    if has(|reason| matches!(reason, Reason::UnassessedChange(_))) {
        return Verdict::ChangedLawfully;
    }
    let only_status_open = signature.indication == Indication::TotalPassed
        || signature.reasons.iter().all(|reason| {
            matches!(
                reason,
                Reason::NoRevocationData
                    | Reason::StaleRevocationData
                    | Reason::OutsideValidity
                    | Reason::Revoked
                    | Reason::SignedAfterRevocation
                    | Reason::OnHold
            )
        });
    match known {
        // The signature holds, only validation material was added: the journal knows the rest.
        Some(verdict) if only_status_open => verdict,
        _ => Verdict::NotCheckable,
    }
}

fn is_alteration(reason: &Reason) -> bool {
    match reason {
        Reason::DigestMismatch
        | Reason::SignatureWrong
        | Reason::ForbiddenChange(_)
        | Reason::UnaccountedBytes(_)
        | Reason::StraySignature
        | Reason::Defect(_)
        | Reason::CmsMalformed => true,
        // Encrypted, or more work than is allowed: it was not looked at.
        Reason::Unreadable(ReadError::Encrypted | ReadError::Budget(_) | ReadError::TooLarge { .. }) => false,
        // A signed file that can only be read by guessing is not as it was signed.
        Reason::Unreadable(_) => true,
        _ => false,
    }
}

/// Revocation and dates are the journal's to tell; here only what made the verdict.
fn tells(verdict: Verdict, reason: &Reason) -> bool {
    match verdict {
        Verdict::Altered => is_alteration(reason),
        _ => !matches!(reason, Reason::NoRevocationData | Reason::StaleRevocationData),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &[u8], expected: Verdict) {
        let verdict = pades::verify::verify(file, &Trust::default(), OffsetDateTime::UNIX_EPOCH);
        assert_eq!(words_of(&verdict, claims_signature(file), Some(Verdict::Genuine)), expected);
    }

    #[test]
    fn what_is_no_signed_pdf_is_not_valid_whatever_the_journal_knows() {
        check(b"", Verdict::NoSignature);
        check(b"\x89PNG", Verdict::NoSignature);
        check(b"%PDF-1.7\nnothing", Verdict::NoSignature);
        check(b"%PDF-1.7\n<< /ByteRange [0 1 2 3] >>", Verdict::Altered);
    }

    #[test]
    fn a_signature_of_unknown_chain_is_no_signature_of_ours() {
        let words = |reason, known| words_of(&pades::verify::Verdict::of(reason), true, known);
        assert_eq!(words(Reason::NoChain, None), Verdict::SignerUnknown);
        assert_eq!(words(Reason::NotIssued, None), Verdict::SignerUnknown);
        assert_eq!(words(Reason::DigestMismatch, Some(Verdict::Genuine)), Verdict::Altered);
        assert_eq!(words(Reason::NoRevocationData, None), Verdict::NotCheckable);
        assert_eq!(words(Reason::NoRevocationData, Some(Verdict::Genuine)), Verdict::Genuine);
        // The record judges what became of its certificate; without one the reason stands alone.
        for reason in [Reason::Revoked, Reason::SignedAfterRevocation, Reason::OnHold] {
            assert_eq!(words(reason.clone(), Some(Verdict::SignedThenRevoked)), Verdict::SignedThenRevoked);
            assert_eq!(words(reason, None), Verdict::NotCheckable);
        }
    }

    #[test]
    fn what_was_not_looked_at_is_neither_altered_nor_valid() {
        let words =
            |error| words_of(&pades::verify::Verdict::of(Reason::Unreadable(error)), true, Some(Verdict::Genuine));
        for error in [ReadError::Encrypted, ReadError::Budget("steps"), ReadError::TooLarge { limit: 1 }] {
            assert_eq!(words(error), Verdict::NotCheckable);
        }
        for error in [ReadError::Xref("startxref out of range"), ReadError::Filter("zlib data")] {
            assert_eq!(words(error), Verdict::Altered);
        }
        let failed = pades::verify::Verdict::of(Reason::ReaderFailed);
        assert_eq!(words_of(&failed, true, Some(Verdict::Genuine)), Verdict::NotCheckable);
    }

    #[test]
    fn the_signed_file_is_found_in_front_of_what_was_added() {
        let signed = b"%PDF-1.7 signed %%EOF\n";
        let mut longer = signed.to_vec();
        longer.extend_from_slice(b"%added");
        let digest = hex::encode(Sha256::digest(signed));
        assert!(states_of(&longer).contains(&digest));
        assert!(states_of(b"%%EO").is_empty());
    }
}
