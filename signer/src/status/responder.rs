//! The OCSP responders: one key, and for each issuing CA and the time-stamping CA a short-lived
//! certificate of it (RFC 6960 §4.2.2.2: by the CA that issued what is asked about). They are
//! made here and renewed before they end.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use ca::ocsp::Responder;
use ca::profile::{AuthoritySubject, Kind, ocsp_responder};
use ca::{IssuerName, Serial, Validity};
use sha2::{Digest, Sha256};
use store::ids::{instant, micros};
use store::journal::Certificate;
use time::{Duration, OffsetDateTime};

use super::in_force::serial_of;
use super::service_certificate::refused;
use crate::authorities::Authority;
use crate::core::{Core, journal_refusal};
use crate::protocol::Refusal;

/// Days before its end at which a responder's certificate is followed by the next.
const RENEWAL: Duration = Duration::days(7);

/// After a renewal that failed, or that another signer has in hand.
const PAUSE: Duration = Duration::seconds(10);

/// A responder in use.
#[derive(Debug, Clone)]
struct Held {
    responder: Responder,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
}

impl Held {
    fn is_valid(&self, now: OffsetDateTime) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    fn is_due(&self, now: OffsetDateTime, issuer_end: OffsetDateTime) -> bool {
        is_due(self.not_before, self.not_after, now, issuer_end)
    }
}

/// Whether a responder's certificate is to be followed by the next. One that lasts as long as its
/// issuer is followed by none.
fn is_due(begin: OffsetDateTime, end: OffsetDateTime, now: OffsetDateTime, issuer_end: OffsetDateTime) -> bool {
    let is_valid = begin <= now && now <= end;
    !is_valid || (end < issuer_end && end - now < RENEWAL)
}

/// The responders in use, by the CA they answer for.
#[derive(Debug, Default)]
pub(crate) struct Responders {
    held: RwLock<HashMap<IssuerName, Held>>,
    /// When renewal was tried last; one at a time.
    tried: tokio::sync::Mutex<HashMap<IssuerName, OffsetDateTime>>,
}

impl Responders {
    fn held(&self, issuer: IssuerName) -> Option<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).get(&issuer).cloned()
    }

    fn hold(&self, issuer: IssuerName, held: Held) {
        self.held.write().unwrap_or_else(PoisonError::into_inner).insert(issuer, held);
    }
}

impl Core {
    /// The responder that answers for this CA.
    ///
    /// # Errors
    /// When it has none that is valid now and none can be made.
    pub(crate) async fn responder(&self, authority: &Authority, now: OffsetDateTime) -> Result<Responder, Refusal> {
        let issuer = authority.issuer().published_name();
        match self.status.responders.held(issuer) {
            // Renewal is not a question's business as long as the one at hand is valid.
            Some(held) if held.is_valid(now) => Ok(held.responder),
            _ => self.renew_responder(authority, now).await,
        }
    }

    /// Renews what is due; called now and then. A CA whose key is gone, or that has ended, keeps
    /// none of the others.
    pub(crate) async fn renew_responders(&self) {
        let now = self.now();
        for authority in self.authorities.all() {
            let issuer = authority.issuer();
            let end = issuer.validity().not_after;
            let is_over = now > end || self.is_revoked(serial_of(issuer.certificate_der()));
            if is_over || authority.key().is_err() {
                continue;
            }
            let held = self.status.responders.held(issuer.published_name());
            if held.is_none_or(|held| held.is_due(now, end))
                && let Err(refusal) = self.renew_responder(authority, now).await
            {
                tracing::warn!(issuer = authority.name(), refusal = %refusal, "an OCSP responder's certificate waits");
            }
        }
    }

    async fn renew_responder(&self, authority: &Authority, now: OffsetDateTime) -> Result<Responder, Refusal> {
        let issuer = authority.issuer().published_name();
        let end = authority.issuer().validity().not_after;
        let mut tried = self.status.responders.tried.lock().await;
        // Somebody made it while this one waited.
        let before = self.status.responders.held(issuer);
        if let Some(held) = before.as_ref().filter(|held| !held.is_due(now, end)) {
            return Ok(held.responder.clone());
        }
        let found = self.newest_responder(authority, now).await?;
        let best = match found {
            Some(held) if !held.is_due(now, end) => held,
            found => {
                // One that still holds is used on; what cannot be made now is tried again soon.
                let valid = found.or(before).filter(|held| held.is_valid(now));
                let soon = tried.get(&issuer).is_some_and(|last| (now - *last).abs() < PAUSE);
                tried.insert(issuer, now);
                match (valid, soon) {
                    (Some(held), true) => held,
                    (None, true) => return Err(Refusal::TokenUnavailable),
                    (valid, false) => match (self.make_responder(authority).await, valid) {
                        (Ok(made), _) => made,
                        (Err(refusal), Some(held)) => {
                            tracing::warn!(refusal = %refusal, issuer = %issuer, "the OCSP responder's renewal waits");
                            held
                        }
                        (Err(refusal), None) => return Err(refusal),
                    },
                }
            }
        };
        self.status.responders.hold(issuer, best.clone());
        Ok(best.responder)
    }

    /// The responder certificate in the journal that lasts longest, of those valid now for this
    /// key: perhaps another signer made it.
    async fn newest_responder(&self, authority: &Authority, now: OffsetDateTime) -> Result<Option<Held>, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let rows =
            tx.certificates_of_kind(Kind::OcspResponder.code()).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        let spki = self.keys.ocsp.public_key().to_spki_der().map_err(|error| refused(&error))?;
        let spki_sha256 = hex::encode(Sha256::digest(spki));
        let usable = |row: &Certificate| {
            row.issuer == authority.name()
                && row.spki_sha256 == spki_sha256
                && row.not_before <= micros(now)
                && micros(now) <= row.not_after
        };
        let newest = rows.into_iter().filter(|row| row.der.is_some() && usable(row)).max_by_key(|row| row.not_after);
        newest.map(|row| held(&row.der.unwrap_or_default(), authority, row.not_before, row.not_after)).transpose()
    }

    async fn make_responder(&self, authority: &Authority) -> Result<Held, Refusal> {
        let issuer = authority.issuer().published_name();
        authority.key()?;
        if self.now() >= authority.issuer().validity().not_after {
            return Err(Refusal::CertificateExpired);
        }
        if !self.may_make(&format!("responder-{issuer}")).await? {
            return Err(Refusal::JournalUnavailable);
        }
        let now = self.now_for_record().await?;
        let key = self.keys.ocsp.public_key();
        let subject = AuthoritySubject {
            organization: self.organisation.clone(),
            common_name: format!("Rabrong OCSP responder {issuer}"),
        };
        let validity = Validity::days(now, ocsp_responder::MAX_DAYS)
            .map_err(|error| refused(&error))?
            .until_at_most(authority.issuer().validity().not_after);
        let serial = Serial::generate(issuer.serial_octet(), &mut self.randomness.clone());
        let prepared = ocsp_responder::prepare(
            &subject,
            key,
            serial,
            validity,
            authority.issuer(),
            self.authorities.installation(),
            &self.throw_away,
        )
        .map_err(|error| refused(&error))?;
        let der = self.certify_service(authority, Kind::OcspResponder, key, validity, prepared).await?;
        held(&der, authority, micros(validity.not_before), micros(validity.not_after))
    }
}

fn held(der: &[u8], authority: &Authority, not_before: i64, not_after: i64) -> Result<Held, Refusal> {
    let responder = Responder::from_certificate(der, authority.issuer()).map_err(|error| refused(&error))?;
    Ok(Held { responder, not_before: instant(not_before), not_after: instant(not_after) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_responder_that_ends_with_its_ca_is_followed_by_none() {
        let begin = datetime!(2026-03-01 12:00 UTC);
        let end = begin + Duration::days(30);
        let days = |days| begin + Duration::days(days);
        // (when it is asked, the CA's end, whether the next is due)
        for (now, issuer_end, due) in [
            (days(22), days(400), false),
            (days(24), days(400), true),
            (days(24), end, false),
            (days(31), days(400), true),
            (days(-1), days(400), true),
        ] {
            assert_eq!(is_due(begin, end, now, issuer_end), due, "{now}");
        }
    }
}
