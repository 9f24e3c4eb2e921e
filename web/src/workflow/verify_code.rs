//! The answer to a verification code. The truth is the signer's journal; the portal's row can
//! only tell of a document that was prepared and never signed.

use signer::protocol::{CertificateRecord, DocumentRecord};
use time::OffsetDateTime;

use crate::app::App;
use crate::instants::{bangkok_day, parse, parse_day};
use crate::pages::Verdict;
use crate::problem::{Problem, chain};

use super::certificate_care::HOLD;

/// What is known of a code.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    /// The journal's record, if it has one.
    pub(crate) record: Option<DocumentRecord>,
}

/// Finds out about a code. Never an error: what cannot be checked is not valid.
pub(crate) async fn by_code(app: &App, code: &str) -> Finding {
    match app.signer().document_by_code(code).await {
        Ok(Some(record)) => Finding { verdict: judge(&record, app.now()), record: Some(record) },
        Ok(None) => match is_prepared(app, code).await {
            Ok(true) => Finding { verdict: Verdict::Prepared, record: None },
            Ok(false) => Finding { verdict: Verdict::Unknown, record: None },
            Err(_) => Finding { verdict: Verdict::NotCheckable, record: None },
        },
        Err(error) => {
            tracing::warn!(error = %chain(&error), "a code cannot be checked");
            Finding { verdict: Verdict::NotCheckable, record: None }
        }
    }
}

async fn is_prepared(app: &App, code: &str) -> Result<bool, Problem> {
    let mut tx = app.portal().begin().await?;
    Ok(tx.document_by_code(code).await?.is_some())
}

/// The verdict on what the journal knows of a document, at the instant `now`.
///
/// The worst news comes first: whether it was ever rightly signed, then what has become of
/// the certificate since, then whether the paper is still in its time.
pub(crate) fn judge(record: &DocumentRecord, now: OffsetDateTime) -> Verdict {
    if record.erased_at.is_some() {
        return Verdict::Erased;
    }
    if record.state != "finished" {
        return Verdict::Prepared;
    }
    let Some(signed_at) = record.signed_at.as_deref().and_then(parse) else { return Verdict::NotCheckable };
    match certificate_then_and_now(&record.certificate, signed_at, now) {
        Standing::Good => match past_use_by(record, now) {
            None => Verdict::NotCheckable,
            Some(true) => Verdict::GenuineExpiredUse,
            Some(false) => Verdict::Genuine,
        },
        Standing::Expired => match past_use_by(record, now) {
            Some(true) => Verdict::GenuineExpiredUse,
            _ => Verdict::SignedThenExpired,
        },
        Standing::Verdict(verdict) => verdict,
    }
}

enum Standing {
    Good,
    Expired,
    Verdict(Verdict),
}

fn certificate_then_and_now(
    certificate: &CertificateRecord,
    signed_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Standing {
    let (Some(not_before), Some(not_after)) = (parse(&certificate.not_before), parse(&certificate.not_after)) else {
        return Standing::Verdict(Verdict::NotCheckable);
    };
    if signed_at < not_before || signed_at > not_after {
        return Standing::Verdict(Verdict::NotValidWhenSigned);
    }
    let Some(revoked) = &certificate.revoked else {
        return if now > not_after { Standing::Expired } else { Standing::Good };
    };
    let Some(revoked_at) = parse(&revoked.at) else { return Standing::Verdict(Verdict::NotCheckable) };
    let invalid_since = match revoked.invalid_since.as_deref() {
        None => None,
        Some(text) => match parse(text) {
            None => return Standing::Verdict(Verdict::NotCheckable),
            some => some,
        },
    };
    // Nobody has decided yet: neither what was signed before nor after can be told valid now.
    if revoked.reason == HOLD {
        return Standing::Verdict(Verdict::Suspended);
    }
    let lost_at = invalid_since.unwrap_or(revoked_at).min(revoked_at);
    let verdict = match revoked.reason.as_str() {
        // Nobody can say since when another had the key: nothing it signed can be relied on.
        "key_compromise" if invalid_since.is_none() || signed_at >= lost_at => Verdict::KeyCompromised,
        _ if signed_at >= lost_at => Verdict::NotValidWhenSigned,
        "privilege_withdrawn" => Verdict::SignedThenLicenceLost,
        _ => Verdict::SignedThenRevoked,
    };
    Standing::Verdict(verdict)
}

/// Is the paper past its last day of use? None if that day cannot be read.
fn past_use_by(record: &DocumentRecord, now: OffsetDateTime) -> Option<bool> {
    match record.valid_until.as_deref() {
        None => Some(false),
        Some(day) => parse_day(day).map(|day| bangkok_day(now) > day),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use signer::protocol::RevokedRecord;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-21 05:00 UTC);

    pub(crate) fn signed() -> DocumentRecord {
        DocumentRecord {
            document_id: "0198f0f0-0000-7000-8000-000000000001".into(),
            state: "finished".into(),
            level: "b-lta".into(),
            waiting: None,
            refused: None,
            code: "0".repeat(26),
            form: "two_part_general".into(),
            book: "10670/2569".into(),
            number: "000001".into(),
            masked_patient: "สม*** ใจ***".into(),
            unit_code: "10670".into(),
            unit_name_th: "โรงพยาบาล".into(),
            unit_name_en: "Hospital".into(),
            exam_date: "2026-11-20".into(),
            valid_until: Some("2026-12-20".into()),
            content_sha256: "00".repeat(32),
            recorded_at: "2026-11-20T04:59:59Z".into(),
            signed_at: Some("2026-11-20T05:00:00Z".into()),
            file_sha256: Some("11".repeat(32)),
            earlier_files: Vec::new(),
            erased_at: None,
            certificate: CertificateRecord {
                serial: "01ab".into(),
                sha256: "22".repeat(32),
                der: String::new(),
                person_id: String::new(),
                request_id: String::new(),
                title_th: "แพทย์หญิง".into(),
                name_th: "กานดา ใจดี".into(),
                name_en: "Kanda Jaidee".into(),
                licence: "12345".into(),
                unit_code: "10670".into(),
                ial: "2.1".into(),
                not_before: "2026-11-01T00:00:00Z".into(),
                not_after: "2027-10-31T00:00:00Z".into(),
                revoked: None,
            },
        }
    }

    fn revoked(reason: &str, at: &str, invalid_since: Option<&str>) -> DocumentRecord {
        let mut record = signed();
        record.certificate.revoked = Some(RevokedRecord {
            sequence: 1,
            at: at.into(),
            reason: reason.into(),
            invalid_since: invalid_since.map(str::to_owned),
        });
        record
    }

    fn check(record: &DocumentRecord, expected: Verdict) {
        assert_eq!(judge(record, NOW), expected);
    }

    #[test]
    fn a_signed_document_in_its_time_is_genuine() {
        check(&signed(), Verdict::Genuine);
        check(&DocumentRecord { valid_until: None, ..signed() }, Verdict::Genuine);
        check(&DocumentRecord { valid_until: Some("2026-11-21".into()), ..signed() }, Verdict::Genuine);
        check(&DocumentRecord { valid_until: Some("2026-11-20".into()), ..signed() }, Verdict::GenuineExpiredUse);
    }

    #[test]
    fn what_was_only_recorded_was_never_signed() {
        check(&DocumentRecord { state: "recorded".into(), signed_at: None, ..signed() }, Verdict::Prepared);
    }

    #[test]
    fn what_was_erased_is_neither_genuine_nor_a_forgery() {
        let erased_at = Some("2026-11-20T06:00:00Z".to_owned());
        check(&DocumentRecord { state: "erased".into(), erased_at, ..signed() }, Verdict::Erased);
    }

    #[test]
    fn revocation_after_signing_warns_and_before_signing_condemns() {
        let (before, after) = ("2026-11-19T00:00:00Z", "2026-11-20T06:00:00Z");
        check(&revoked("affiliation_changed", after, None), Verdict::SignedThenRevoked);
        check(&revoked("affiliation_changed", before, None), Verdict::NotValidWhenSigned);
        check(&revoked("affiliation_changed", after, Some(before)), Verdict::NotValidWhenSigned);
        check(&revoked("privilege_withdrawn", after, None), Verdict::SignedThenLicenceLost);
        check(&revoked("privilege_withdrawn", after, Some(before)), Verdict::NotValidWhenSigned);
    }

    #[test]
    fn a_lost_key_condemns_unless_it_was_lost_later() {
        let after = "2026-11-20T06:00:00Z";
        check(&revoked("key_compromise", after, None), Verdict::KeyCompromised);
        check(&revoked("key_compromise", after, Some("2026-11-20T04:00:00Z")), Verdict::KeyCompromised);
        check(&revoked("key_compromise", after, Some("2026-11-20T05:30:00Z")), Verdict::SignedThenRevoked);
    }

    #[test]
    fn under_a_suspension_nothing_is_relied_upon_and_nothing_is_condemned() {
        for at in ["2026-11-19T00:00:00Z", "2026-11-20T06:00:00Z"] {
            check(&revoked("certificate_hold", at, None), Verdict::Suspended);
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_valid() {
        check(&DocumentRecord { signed_at: Some("soon".into()), ..signed() }, Verdict::NotCheckable);
        check(&DocumentRecord { valid_until: Some("soon".into()), ..signed() }, Verdict::NotCheckable);
        check(&revoked("affiliation_changed", "soon", None), Verdict::NotCheckable);
        check(&revoked("key_compromise", "2026-11-20T06:00:00Z", Some("soon")), Verdict::NotCheckable);
        let mut record = signed();
        record.certificate.not_after = "2026-11-20T04:00:00Z".into();
        check(&record, Verdict::NotValidWhenSigned);
    }

    #[test]
    fn a_certificate_that_ran_out_since_is_said_so() {
        let mut record = signed();
        record.certificate.not_after = "2026-11-20T12:00:00Z".into();
        check(&record, Verdict::SignedThenExpired);
        record.valid_until = Some("2026-11-20".into());
        check(&record, Verdict::GenuineExpiredUse);
    }
}
