//! The whole file: its structure, then each signature from the newest to the oldest.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf::read::{Change, Disagreement, Document, ReadError, Severity, SignatureEntry, SignedRange, ValidationMaterial};
use time::OffsetDateTime;

use super::judge::{Court, Purpose};
use super::signed_data::SignedData;
use super::{Indication, Level, Reason, SignatureReport, Trust, Verdict};
use crate::path::effort::Effort;
use crate::path::revocation::Sources;
use crate::x509::certificate::Certificate;
use crate::x509::{algorithm, asn1, oid};

/// Most changes of one severity that a report names.
const MOST_CHANGES: usize = 32;

/// Judges a file as of `at`.
///
/// Takes any bytes, never panics, and stops within the reader's budgets.
#[must_use]
pub fn verify(file: &[u8], trust: &Trust<'_>, at: OffsetDateTime) -> Verdict {
    // The last resort: what makes the verifier fall over has not been checked.
    catch_unwind(AssertUnwindSafe(|| judge(file, trust, at))).unwrap_or_else(|_| Verdict::of(Reason::ReaderFailed))
}

/// Verifies with no trust and drops the verdict: the body of a fuzz target.
pub fn exercise(file: &[u8]) {
    let _ = verify(file, &Trust::default(), OffsetDateTime::UNIX_EPOCH);
}

/// The certificates a file carries that no other of its certificates issued: for tests that ask what the verdict
/// would be if its roots were trusted. Nothing else may use them as anchors.
#[must_use]
pub fn embedded_roots(file: &[u8]) -> Vec<Vec<u8>> {
    let Ok(document) = Document::open(file) else { return Vec::new() };
    let entries = document.signatures().unwrap_or_default();
    let material = document.current().validation_material().unwrap_or_default();
    let mut all: Vec<Vec<u8>> = material.certificates;
    for range in entries.iter().filter_map(|e| e.range.as_ref().ok()) {
        let Ok(data) = SignedData::padded(&range.contents) else { continue };
        all.extend(data.certificates.iter().map(|c| c.to_vec()));
        let stamp = data.unsigned_attribute(oid::SIGNATURE_TIME_STAMP);
        if let Some(token) = stamp.and_then(|s| SignedData::parse(s.raw).ok()) {
            all.extend(token.certificates.iter().map(|c| c.to_vec()));
        }
    }
    let parsed: Vec<Certificate<'_>> = all.iter().filter_map(|c| Certificate::parse(c).ok()).collect();
    let is_top = |c: &&Certificate<'_>| {
        c.subject == c.issuer || !parsed.iter().any(|other| other.subject == c.issuer && other.raw != c.raw)
    };
    parsed.iter().filter(is_top).map(|c| c.raw.to_vec()).collect()
}

fn judge(file: &[u8], trust: &Trust<'_>, at: OffsetDateTime) -> Verdict {
    let document = match Document::open(file) {
        Ok(document) => document,
        Err(ReadError::NotPdf) => return Verdict::of(Reason::NotPdf),
        Err(error) => return Verdict::of(Reason::Unreadable(error)),
    };
    let read = document.signatures().and_then(|entries| {
        let strays = document.stray_signatures(&entries)?;
        Ok((entries, strays, document.current().validation_material()?))
    });
    let (entries, strays, material) = match read {
        Ok(read) => read,
        Err(error) => return Verdict::of(Reason::Unreadable(error)),
    };
    let mut reasons = Vec::new();
    if !strays.is_empty() {
        reasons.push(Reason::StraySignature);
    }
    // Time-stamps alone say when, not who.
    if entries.iter().all(SignatureEntry::is_time_stamp) {
        reasons.push(Reason::NoSignature);
    }
    // Who had to stop reading has seen nothing that differs.
    reasons.extend(document.agree().err().map(|disagreement| match disagreement {
        Disagreement::Read(error @ ReadError::Budget(_)) => Reason::Unreadable(error),
        other => Reason::ReadersDisagree(other),
    }));
    let signatures = signatures(&document, &entries, &material, trust, at);
    Verdict::sum(reasons, signatures)
}

fn signatures(
    document: &Document<'_>,
    entries: &[SignatureEntry],
    material: &ValidationMaterial,
    trust: &Trust<'_>,
    at: OffsetDateTime,
) -> Vec<SignatureReport> {
    let anchors: Vec<_> = trust.anchors.iter().filter_map(|c| Certificate::parse(c).ok()).collect();
    let helpers = trust.untrusted.iter().chain(&material.certificates);
    let mut pool: Vec<_> = helpers.filter_map(|c| Certificate::parse(c).ok()).collect();
    // Time-stamps and signatures share their certificates: the TSA's may stand in another token.
    for contents in entries.iter().filter_map(|e| e.range.as_ref().ok()).map(|r| &r.contents) {
        if let Ok(data) = SignedData::padded(contents) {
            pool.extend(data.certificates.iter().filter_map(|c| Certificate::parse(c).ok()));
        }
    }
    let mut known = HashSet::new();
    pool.retain(|certificate| known.insert(certificate.raw));
    pool.truncate(512);
    let effort = Effort::default();
    let crls: Vec<&[u8]> = trust.crls.iter().chain(&material.crls).map(Vec::as_slice).collect();
    let ocsps: Vec<&[u8]> = trust.ocsps.iter().chain(&material.ocsp_responses).map(Vec::as_slice).collect();
    let sources =
        Sources { crls: &crls, ocsps: &ocsps, pool: &pool, own: trust.status, profiled: false, effort: &effort };
    let court = Court { anchors: &anchors, sources, now: at };
    let permission = entries.iter().find_map(|e| e.permission(document.current()));
    let oldest = entries.iter().filter_map(|e| e.range.as_ref().ok()).min_by_key(|r| r.end);
    // From the oldest signed byte on, everything is somebody's update.
    let unaccounted = oldest.and_then(|r| document.account(r.end, r.section).err()).map(|error| match error {
        ReadError::Budget(_) => Reason::Unreadable(error),
        other => Reason::UnaccountedBytes(other),
    });
    let updates = document.updates(oldest.map_or(0, |r| r.section));
    let mut proof: Option<OffsetDateTime> = None;
    let mut seen: Vec<[u8; 32]> = Vec::new();
    let mut reports: Vec<SignatureReport> = Vec::new();
    for entry in entries.iter().rev() {
        let mut report = blank(entry);
        match &entry.range {
            Err(defect) => report.add(Reason::Defect(*defect)),
            Ok(range) => {
                report.covers_whole_document = range.section == 0;
                if let Some(reason) = &unaccounted {
                    report.add(reason.clone());
                }
                changes(&updates, range, permission, &mut report);
                let time = one(&court, document.bytes(), entry, range, proof, &mut seen, &mut report);
                if !entry.is_time_stamp() && report.indication == Indication::TotalPassed {
                    report.level = Some(level(range, &court, material, proof.is_some()));
                }
                if entry.is_time_stamp() && report.indication == Indication::TotalPassed {
                    // This token proves that everything before it existed then.
                    proof = time.or(proof);
                }
                report.proven_time = time;
            }
        }
        reports.push(report);
    }
    reports.reverse();
    reports
}

fn changes(
    updates: &Result<Vec<Vec<Change>>, ReadError>,
    range: &SignedRange,
    permission: Option<i64>,
    report: &mut SignatureReport,
) {
    let updates = match updates {
        Ok(updates) => updates,
        Err(error) => return report.add(Reason::Unreadable(error.clone())),
    };
    let later = updates.iter().take(range.section).rev().flatten();
    let of = |severity: Severity| later.clone().filter(move |c| c.severity(permission) == severity).take(MOST_CHANGES);
    of(Severity::Forbidden).for_each(|change| report.add(Reason::ForbiddenChange(change.clone())));
    of(Severity::Unassessed).for_each(|change| report.add(Reason::UnassessedChange(change.clone())));
}

/// Judges one signature; the time at which it is proven to have existed.
fn one<'a>(
    court: &Court<'_, 'a>,
    file: &[u8],
    entry: &'a SignatureEntry,
    range: &'a SignedRange,
    proof: Option<OffsetDateTime>,
    seen: &mut Vec<[u8; 32]>,
    report: &mut SignatureReport,
) -> Option<OffsetDateTime> {
    let data = match SignedData::padded(&range.contents) {
        Ok(data) => data,
        Err(fault) => {
            report.add(fault.into());
            return None;
        }
    };
    if seen.contains(&data.fingerprint()) {
        report.add(Reason::TimeStampMismatch);
    }
    seen.push(data.fingerprint());
    let parts = range.parts(file);
    if entry.is_time_stamp() {
        let (finding, time) = court.time_stamp(&data, &parts, proof);
        describe(report, finding.certificate.as_ref());
        finding.reasons.into_iter().for_each(|r| report.add(r));
        return time;
    }
    let cades = entry.dictionary.is(b"SubFilter", b"ETSI.CAdES.detached");
    if !cades && !entry.dictionary.is(b"SubFilter", b"adbe.pkcs7.detached") {
        report.add(Reason::SubFilter);
    }
    if data.content.is_some() || data.content_type != oid::DATA {
        report.add(Reason::NotDetached);
    }
    let mut existed = proof;
    if let Some(stamp) = data.unsigned_attribute(oid::SIGNATURE_TIME_STAMP) {
        match SignedData::parse(stamp.raw) {
            Ok(token) => {
                let (finding, time) = court.time_stamp(&token, &[data.signature], proof);
                if finding.reasons.contains(&Reason::TimeStampMismatch) {
                    report.add(Reason::TimeStampMismatch);
                } else if time.is_none() {
                    report.add(Reason::TimeStampUntrusted);
                }
                existed = time.or(proof);
            }
            Err(fault) => report.add(fault.into()),
        }
    }
    if report.claimed_time.is_none() {
        let claimed = data.attribute(oid::SIGNING_TIME).and_then(|t| asn1::instant(t, false).ok());
        report.claimed_time = claimed.and_then(|t| t.format(&time::format_description::well_known::Rfc3339).ok());
    }
    let finding = court.judge(&data, &parts, Purpose::Document, existed, proof);
    describe(report, finding.certificate.as_ref());
    finding.reasons.into_iter().for_each(|r| report.add(r));
    existed
}

/// The level of a signature that passed. `archived`: a document time-stamp after it passed as well.
fn level(range: &SignedRange, court: &Court<'_, '_>, material: &ValidationMaterial, archived: bool) -> Level {
    let Ok(data) = SignedData::padded(&range.contents) else { return Level::BB };
    // Its own time-stamp was looked at with the signature: had it failed, the signature would not have passed.
    if data.unsigned_attribute(oid::SIGNATURE_TIME_STAMP).is_none() {
        return Level::BB;
    }
    let crls: Vec<&[u8]> = material.crls.iter().map(Vec::as_slice).collect();
    let ocsps: Vec<&[u8]> = material.ocsp_responses.iter().map(Vec::as_slice).collect();
    let embedded = Sources { crls: &crls, ocsps: &ocsps, own: None, ..court.sources };
    let signer = data.signer(court.sources.pool);
    let answered = signer.is_some_and(|signer| embedded.speak_of(signer, court.anchors));
    match (answered, archived) {
        (true, true) => Level::BLta,
        (true, false) => Level::BLt,
        _ => Level::BT,
    }
}

fn blank(entry: &SignatureEntry) -> SignatureReport {
    SignatureReport {
        field: entry.field.clone(),
        time_stamp: entry.is_time_stamp(),
        subject: None,
        serial: None,
        certificate_sha256: None,
        claimed_time: entry.text(b"M"),
        proven_time: None,
        level: None,
        covers_whole_document: false,
        indication: Indication::TotalPassed,
        sub_indication: None,
        reasons: Vec::new(),
    }
}

fn describe(report: &mut SignatureReport, certificate: Option<&Certificate<'_>>) {
    let Some(certificate) = certificate else { return };
    report.subject = Some(certificate.subject_text());
    report.serial = Some(certificate.serial_text());
    let digest = algorithm::sha256(certificate.raw);
    report.certificate_sha256 = Some(digest.iter().map(|b| format!("{b:02x}")).collect());
}
