//! OCSP and CRL, from the journal alone. Each key signs only its own structure, built here.

use std::time::Duration;

use ca::ocsp::{self, Answer, Responder, Status, Times};
use ca::profile::{AuthoritySubject, ocsp_responder};
use ca::{RevocationReason, Serial, Validity, crl};
use sha2::{Digest, Sha256};
use store::ids::{instant, micros};
use store::journal::{Certificate, Crl, NewCertificate, RevocationEvent};
use time::OffsetDateTime;

use crate::core::{Core, journal_refusal};
use crate::operations::issue::profile_version;
use crate::protocol::{Refusal, Response};

/// Days of a responder's certificate, and how many before its end the next one is made.
const RESPONDER_DAYS: u16 = 30;
const RESPONDER_RENEWAL: time::Duration = time::Duration::days(7);

/// How long an OCSP answer may be believed.
const OCSP_LIFE: Duration = Duration::from_secs(3600);

/// How long a CRL may be believed, and from what age a new one is made.
const CRL_LIFE: time::Duration = time::Duration::days(1);
const CRL_AGE: time::Duration = time::Duration::seconds(30);

impl Core {
    /// Answers an OCSP request (RFC 6960), signed live.
    pub(crate) async fn ocsp(&self, request: &str) -> Result<Response, Refusal> {
        let der = |bytes: Vec<u8>| Ok(Response::Der { bytes: hex::encode(bytes) });
        let Some(request) = hex::decode(request).ok().and_then(|bytes| ocsp::parse_request(&bytes).ok()) else {
            return der(ocsp::malformed());
        };
        let answered = self.answer_ocsp(&request).await;
        match answered {
            Ok(bytes) => der(bytes),
            Err(Refusal::TokenUnavailable | Refusal::JournalUnavailable) => der(ocsp::try_later()),
            Err(_) => der(ocsp::internal_error()),
        }
    }

    async fn answer_ocsp(&self, request: &ocsp::Request) -> Result<Vec<u8>, Refusal> {
        let responder = self.responder().await?;
        // Taken before the rows are read: an answer is never newer than what it says.
        let now = self.now().replace_nanosecond(0).map_err(|_| Refusal::Internal)?;
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let mut answers = Vec::with_capacity(request.certificates.len());
        for id in &request.certificates {
            let serial = id.serial().filter(|_| id.names(self.authorities.issuing().issuer()));
            let Some(serial) = serial.map(|serial| serial.to_string()) else {
                answers.push(Answer::UNKNOWN);
                continue;
            };
            let row = tx.certificate(&serial).await.map_err(|error| journal_refusal(&error))?;
            let revocation = tx.revocation(&serial).await.map_err(|error| journal_refusal(&error))?;
            answers.push(answer(row.as_ref(), revocation.as_ref()));
        }
        drop(tx);
        let mut answers = answers.into_iter();
        let times = Times { produced_at: now, this_update: now, next_update: now + OCSP_LIFE, archive_cutoff: None };
        let prepared =
            ocsp::prepare_response(request, |_| answers.next().unwrap_or(Answer::UNKNOWN), &responder, &times)
                .map_err(|_| Refusal::Internal)?;
        self.keys.ocsp.respond(prepared).await
    }

    /// The responder's certificate: made, and renewed before it ends, by itself.
    async fn responder(&self) -> Result<Responder, Refusal> {
        let now = self.now();
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let rows = tx.certificates_of_kind("ocsp").await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        let fresh = micros(now + RESPONDER_RENEWAL);
        let current = rows.into_iter().find(|row| row.state == "issued" && row.not_after > fresh);
        let der = match current.and_then(|row| row.der) {
            Some(der) => der,
            None => self.renew_responder(now).await?,
        };
        Responder::from_certificate(&der).map_err(|_| Refusal::Internal)
    }

    async fn renew_responder(&self, now: OffsetDateTime) -> Result<Vec<u8>, Refusal> {
        let internal = |error: ca::Error| {
            tracing::error!(error = %error, "the OCSP responder's certificate was refused");
            Refusal::Internal
        };
        let public_key = self.keys.ocsp.public_key();
        let spki = public_key.to_spki_der().map_err(internal)?;
        let subject = AuthoritySubject {
            organization: self.organisation.clone(),
            common_name: "Rabrong OCSP responder".to_owned(),
        };
        let validity = Validity::days(now, RESPONDER_DAYS).map_err(internal)?;
        let serial = Serial::generate(self.authorities.issuing().number(), &mut self.randomness.clone());
        let (issuing, installation) = (self.authorities.issuing().issuer(), self.authorities.installation());
        let prepared = ocsp_responder::prepare(&subject, public_key, serial, validity, issuing, installation)
            .map_err(internal)?;
        let new = NewCertificate {
            serial: serial.to_string(),
            kind: "ocsp".to_owned(),
            issuer: self.authorities.issuing().name().to_owned(),
            shard: None,
            request_id: None,
            request_sha256: None,
            person_id: None,
            unit_code: None,
            key_id: None,
            spki_sha256: hex::encode(Sha256::digest(&spki)),
            subject_sha256: None,
            tbs: prepared.tbs_der().to_vec(),
            profile_version: profile_version(),
            details: "{}".to_owned(),
            not_before: micros(validity.not_before),
            not_after: micros(validity.not_after),
            recorded_at: micros(now),
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        tx.record_certificate(&new).await.map_err(|error| journal_refusal(&error))?;
        self.log(&mut tx, "certificate.recorded", &new.serial, &serde_json::json!({ "kind": "ocsp" })).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;

        #[expect(clippy::disallowed_methods, reason = "the record above is committed")]
        let recorded = prepared.assert_recorded();
        let certificate = self.authorities.issuing().key()?.certify(recorded).await?;
        let sha256 = hex::encode(certificate.sha256);
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        tx.complete_certificate(&new.serial, &certificate.der, &sha256, micros(now))
            .await
            .map_err(|error| journal_refusal(&error))?;
        self.log(&mut tx, "certificate.issued", &new.serial, &serde_json::json!({ "sha256": sha256 })).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        Ok(certificate.der)
    }

    /// The current CRL of a shard, made afresh when it is old or a revocation came since.
    pub(crate) async fn crl(&self, shard: &str) -> Result<Response, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let newest = tx.newest_crl(shard).await.map_err(|error| journal_refusal(&error))?;
        let last = tx.revocation_sequence().await.map_err(|error| journal_refusal(&error))?;
        let last = tx.revocation_events_since(last - 1, 1).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        if shard == "root" {
            return Ok(Response::Der { bytes: hex::encode(newest.ok_or(Refusal::NotFound)?.der) });
        }
        let number: u16 = shard.parse().map_err(|_| Refusal::NotFound)?;
        if !self.authorities.issuing().shards(self.authorities.shards()).contains(&number) || number.to_string() != shard {
            return Err(Refusal::NotFound);
        }
        let now = self.now();
        // thisUpdate has whole seconds: a revocation of that second may be missing.
        let complete = |row: &Crl| last.iter().all(|revocation| revocation.at < row.this_update);
        match newest {
            Some(row) if now - instant(row.this_update) < CRL_AGE && complete(&row) => {
                Ok(Response::Der { bytes: hex::encode(row.der) })
            }
            _ => Ok(Response::Der { bytes: hex::encode(self.make_crl(number, now).await?) }),
        }
    }

    async fn make_crl(&self, shard: u16, now: OffsetDateTime) -> Result<Vec<u8>, Refusal> {
        let name = shard.to_string();
        let now = now.replace_nanosecond(0).map_err(|_| Refusal::Internal)?;
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let number = tx.next_crl_number(&name).await.map_err(|error| journal_refusal(&error))?;
        let revocations = tx.revoked_of_shard(i64::from(shard)).await.map_err(|error| journal_refusal(&error))?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        let entries: Vec<crl::Entry> = revocations
            .iter()
            .filter_map(|row| {
                Some(crl::Entry {
                    serial: row.serial.parse().ok()?,
                    at: instant(row.revoked_at).replace_nanosecond(0).ok()?,
                    reason: reason(&row.reason),
                    invalid_since: row.invalid_since.map(instant),
                })
            })
            .collect();
        let url = self.authorities.installation().urls.crl_shard(shard);
        let parameters = crl::Parameters {
            number: u64::try_from(number).map_err(|_| Refusal::Internal)?,
            this_update: now,
            next_update: now + CRL_LIFE,
            scope: crl::Scope::Shard { url: &url },
            expired_kept_since: Some(self.authorities.issuing().issuer().validity().not_before),
            entries: &entries,
        };
        let prepared = crl::prepare(self.authorities.issuing().issuer(), &parameters).map_err(|error| {
            tracing::error!(error = %error, "the CRL cannot be built");
            Refusal::Internal
        })?;
        let der = self.authorities.issuing().key()?.sign_crl(prepared).await?;
        let row = Crl {
            shard: name,
            number,
            der: der.clone(),
            this_update: micros(now),
            next_update: micros(now + CRL_LIFE),
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        tx.insert_crl(&row).await.map_err(|error| journal_refusal(&error))?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        Ok(der)
    }
}

/// What OCSP says of a row (RFC 6960 §2.2). Recorded and not issued yet: there is nothing to
/// be good.
fn answer(row: Option<&Certificate>, revocation: Option<&RevocationEvent>) -> Answer {
    let Some(row) = row.filter(|row| row.state == "issued" && row.kind != "root" && row.kind != "issuing") else {
        return Answer::UNKNOWN;
    };
    let sha256 = row.sha256.as_deref().and_then(|text| hex::decode(text).ok()).and_then(|bytes| bytes.try_into().ok());
    let status = revocation.map_or(Status::Good, |row| Status::Revoked {
        at: instant(row.revoked_at),
        reason: reason(&row.reason),
        invalid_since: row.invalid_since.map(instant),
    });
    Answer { status, certificate_sha256: sha256 }
}

fn reason(name: &str) -> RevocationReason {
    name.parse().unwrap_or(RevocationReason::Unspecified)
}
