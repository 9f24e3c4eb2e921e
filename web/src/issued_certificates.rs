//! Whether a certificate was issued at all, and what became of it. A CRL names what was revoked, so it is silent about
//! a certificate that somebody had the CA's key sign behind the journal: only the journal tells.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use pades::verify::{CertificateStatus, KnownStatus};
use signer::client::{Client, ClientError};
use signer::protocol::{Refusal, Request, Response, RevokedRecord};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::runtime::Handle;
use x509_cert::ext::pkix::CrlReason;

/// The signer's record of the certificates below the root, for one judgement.
#[derive(Debug)]
pub struct IssuedCertificates {
    signer: Client,
    root: Vec<u8>,
    runtime: Handle,
    /// What was answered, by SHA-256 of the certificate: a file may carry the same one a hundred times.
    answered: Mutex<HashMap<String, KnownStatus>>,
}

impl IssuedCertificates {
    /// The record of the signer behind `signer`, whose root is `root` (DER). To be made within a Tokio runtime of
    /// several threads, which then carries the questions.
    ///
    /// # Panics
    /// Outside a runtime.
    #[must_use]
    pub fn new(signer: Client, root: Vec<u8>) -> Self {
        Self { signer, root, runtime: Handle::current(), answered: Mutex::default() }
    }

    fn ask(&self, serial: &[u8], sha256: &str) -> KnownStatus {
        let significant = serial.strip_prefix(&[0]).unwrap_or(serial);
        let asked = Request::RevocationState { serial: hex::encode(significant) };
        match tokio::task::block_in_place(|| self.runtime.block_on(self.signer.ask(asked))) {
            Ok(Response::RevocationState { state }) if state.sha256 == sha256 => {
                // That it was issued is no proof that it is good: the lists and answers say so.
                state
                    .revoked
                    .as_ref()
                    .map_or(KnownStatus::Unknown, |revoked| became(revoked).unwrap_or(KnownStatus::NoAnswer))
            }
            // Another was issued under this serial number.
            Ok(Response::RevocationState { .. }) | Err(ClientError::Refused(Refusal::NotFound)) => {
                KnownStatus::NotIssued
            }
            Ok(_) | Err(_) => KnownStatus::NoAnswer,
        }
    }
}

/// What the record of a revocation or hold says; none if it cannot be understood.
fn became(revoked: &RevokedRecord) -> Option<KnownStatus> {
    let instant = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let reason = match revoked.reason.as_str() {
        "unspecified" => None,
        "key_compromise" => Some(CrlReason::KeyCompromise),
        "ca_compromise" => Some(CrlReason::CaCompromise),
        "affiliation_changed" => Some(CrlReason::AffiliationChanged),
        "superseded" => Some(CrlReason::Superseded),
        "cessation_of_operation" => Some(CrlReason::CessationOfOperation),
        "certificate_hold" => Some(CrlReason::CertificateHold),
        "privilege_withdrawn" => Some(CrlReason::PrivilegeWithdrawn),
        _ => return None,
    };
    let invalid_since = match &revoked.invalid_since {
        None => None,
        Some(text) => Some(instant(text)?),
    };
    Some(KnownStatus::Revoked { at: instant(&revoked.at)?, reason: reason.map(|reason| reason as u8), invalid_since })
}

impl CertificateStatus for IssuedCertificates {
    fn status(&self, issuer: &[u8], serial: &[u8], certificate: &[u8]) -> KnownStatus {
        // The CAs themselves come from the ceremony.
        if issuer == self.root {
            return KnownStatus::Unknown;
        }
        let sha256 = hex::encode(digest(&SHA256, certificate));
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        // A signer that is silent is waited for once.
        if answered.values().any(|status| *status == KnownStatus::NoAnswer) {
            return KnownStatus::NoAnswer;
        }
        if let Some(status) = answered.get(&sha256) {
            return *status;
        }
        let status = self.ask(serial, &sha256);
        answered.insert(sha256, status);
        status
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn record(reason: &str, at: &str, invalid_since: Option<&str>) -> RevokedRecord {
        let (at, invalid_since) = (at.to_owned(), invalid_since.map(str::to_owned));
        RevokedRecord { sequence: 1, at, reason: reason.to_owned(), invalid_since }
    }

    #[test]
    fn a_revocation_is_told_as_the_records_have_it() {
        const AT: &str = "2026-11-20T03:04:05Z";
        let since = datetime!(2026-11-19 00:00 UTC);
        let told = |reason: &str, since: Option<&str>| match became(&record(reason, AT, since)) {
            Some(KnownStatus::Revoked { at, reason, invalid_since }) => {
                assert_eq!(at, datetime!(2026-11-20 03:04:05 UTC));
                (reason, invalid_since)
            }
            other => panic!("{other:?}"),
        };
        // RFC 5280 §5.3.1.
        for (name, code) in [
            ("key_compromise", 1),
            ("ca_compromise", 2),
            ("affiliation_changed", 3),
            ("superseded", 4),
            ("cessation_of_operation", 5),
            ("certificate_hold", 6),
            ("privilege_withdrawn", 9),
        ] {
            assert_eq!(told(name, None), (Some(code), None), "{name}");
        }
        assert_eq!(told("unspecified", Some("2026-11-19T00:00:00Z")), (None, Some(since)));
    }

    #[test]
    fn a_record_that_cannot_be_understood_is_no_answer() {
        let at = "2026-11-20T03:04:05Z";
        assert_eq!(became(&record("lost", at, None)), None);
        assert_eq!(became(&record("superseded", "yesterday", None)), None);
        assert_eq!(became(&record("superseded", at, Some("last week"))), None);
    }
}
