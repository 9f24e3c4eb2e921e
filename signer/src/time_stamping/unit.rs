//! Time-stamping units: a key that stamps for one year under a certificate of the time-stamping
//! CA that lasts longer, so that a stamp can be checked for years after its key is out of use.
//! The next unit is made here when the year ends.

use std::sync::{Arc, PoisonError, RwLock};

use ca::profile::{Kind, tsa};
use ca::tsp::TimeStampingUnit;
use ca::{PublicKey, Serial, Validity};
use hsm::Purpose;
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use crate::authorities::Authority;
use crate::core::{Core, journal_refusal};
use crate::keys::TimeStampingKey;
use crate::protocol::Refusal;
use crate::status::{refused, serial_of};

/// How long before a unit's key is out of use the next unit takes over.
const RENEWAL: Duration = Duration::days(7);

/// Units looked for in the token: one a year for as long as any root lasts.
const MOST_UNITS: u32 = 100;

/// A unit in use.
#[derive(Debug)]
pub(crate) struct HeldUnit {
    /// What of every token is the same.
    pub(crate) unit: TimeStampingUnit,
    /// Its certificate, DER.
    pub(crate) certificate: Arc<Vec<u8>>,
    /// Its key.
    pub(crate) key: TimeStampingKey,
    /// The last instant its key stamps.
    pub(crate) key_use_end: OffsetDateTime,
    /// When its certificate ends, and with it the proof its stamps give.
    pub(crate) not_after: OffsetDateTime,
    /// Of its certificate and of the CA's: it stamps while neither is revoked.
    serials: [Option<Serial>; 2],
}

impl HeldUnit {
    fn open(der: &[u8], key: TimeStampingKey, authority: &Authority) -> Result<Self, Refusal> {
        let unit = TimeStampingUnit::from_certificate(der, authority.issuer()).map_err(|error| refused(&error))?;
        let key_use_end = key_use(unit.validity().not_before)?.min(unit.validity().not_after);
        let not_after = unit.validity().not_after;
        let serials = [der, authority.issuer().certificate_der()].map(serial_of);
        Ok(Self { unit, certificate: Arc::new(der.to_vec()), key, key_use_end, not_after, serials })
    }

    /// Serial number of its certificate.
    pub(crate) fn serial(&self) -> Option<Serial> {
        self.serials.first().copied().flatten()
    }

    fn stamps_at(&self, now: OffsetDateTime) -> bool {
        self.unit.validity().not_before <= now && now <= self.key_use_end
    }
}

/// The unit in use, and the making of the next.
#[derive(Debug, Default)]
pub(crate) struct Units {
    held: RwLock<Option<Arc<HeldUnit>>>,
    making: tokio::sync::Mutex<()>,
}

impl Units {
    /// The unit that stamps at this instant.
    pub(crate) fn stamping(&self, now: OffsetDateTime) -> Option<Arc<HeldUnit>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone().filter(|held| held.stamps_at(now))
    }
}

impl Core {
    /// The unit that stamps at this instant; none if it or its CA is revoked.
    pub(crate) fn stamping_unit(&self, now: OffsetDateTime) -> Option<Arc<HeldUnit>> {
        self.time_stamping.units.stamping(now).filter(|held| self.unit_stands(held))
    }

    fn unit_stands(&self, held: &HeldUnit) -> bool {
        held.serials.iter().all(|serial| !self.is_revoked(*serial))
    }

    /// Sees to it that a unit stamps, and makes the next one when its key's year ends.
    pub(crate) async fn renew_time_stamping_unit(&self) -> Result<(), Refusal> {
        let Some(authority) = self.authorities.time_stamping() else { return Ok(()) };
        let _making = self.time_stamping.units.making.lock().await;
        let now = self.now();
        // No unit outlasts its CA: the one that ends with it is followed by none.
        let end = authority.issuer().validity().not_after;
        let fresh =
            |held: &HeldUnit| held.stamps_at(now) && (held.key_use_end - now > RENEWAL || held.key_use_end >= end);
        if self.stamping_unit(now).is_some_and(|held| fresh(&held)) {
            return Ok(());
        }
        let keys = self.unit_keys().await?;
        let newest = self.newest_unit(authority, &keys, now).await?;
        let is_fresh = newest.as_ref().is_some_and(fresh);
        if let Some(held) = newest {
            self.hold_unit(held);
        }
        if !is_fresh && self.may_make("time-stamping-unit").await? {
            // Perhaps another signer did, just before.
            let keys = self.unit_keys().await?;
            match self.newest_unit(authority, &keys, now).await? {
                Some(held) if fresh(&held) => self.hold_unit(held),
                _ => self.hold_unit(self.make_unit(authority, keys).await?),
            }
        }
        Ok(())
    }

    fn hold_unit(&self, held: HeldUnit) {
        *self.time_stamping.units.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(held));
    }

    /// The units' keys in the token, in the order they were made.
    async fn unit_keys(&self) -> Result<Vec<TimeStampingKey>, Refusal> {
        let mut keys = Vec::new();
        for unit in 1..=MOST_UNITS {
            match TimeStampingKey::open(&self.token, unit).await {
                Ok(key) => keys.push(key),
                Err(hsm::Error::KeyAbsent(_)) => break,
                Err(error) => return Err(crate::core::token_refusal(&error)),
            }
        }
        Ok(keys)
    }

    /// The newest unit that stamps now: certified, and its key in the token.
    async fn newest_unit(
        &self,
        authority: &Authority,
        keys: &[TimeStampingKey],
        now: OffsetDateTime,
    ) -> Result<Option<HeldUnit>, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let rows = tx.certificates_of_kind(Kind::Tsa.code()).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        for row in rows {
            let key = keys.iter().find(|key| digest(key.public_key()).is_ok_and(|digest| digest == row.spki_sha256));
            let (Some(der), Some(key)) = (row.der, key) else { continue };
            let held = HeldUnit::open(&der, key.clone(), authority)?;
            if held.stamps_at(now) && self.unit_stands(&held) {
                return Ok(Some(held));
            }
        }
        Ok(None)
    }

    async fn make_unit(&self, authority: &Authority, keys: Vec<TimeStampingKey>) -> Result<HeldUnit, Refusal> {
        let now = self.now_for_record().await?;
        // Before a key is made: one that no certificate follows is of no use.
        authority.key()?;
        if now >= authority.issuer().validity().not_after {
            return Err(Refusal::CertificateExpired);
        }
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        self.in_force(&mut tx, authority).await?;
        let rows = tx.certificates_of_kind(Kind::Tsa.code()).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        // A key that a crash left without a certificate is used; one that had its year is not.
        let unused = keys.last().filter(|key| {
            digest(key.public_key())
                .is_ok_and(|digest| rows.iter().all(|row| row.spki_sha256 != digest || row.der.is_none()))
        });
        let number = u32::try_from(keys.len()).unwrap_or(MOST_UNITS);
        let (unit, key) = match unused {
            Some(key) => (number, key.clone()),
            None => {
                let unit = number.saturating_add(1);
                self.with_token(move |token| token.generate(Purpose::Tsa(unit))).await?;
                let key = TimeStampingKey::open(&self.token, unit).await;
                (unit, key.map_err(|error| crate::core::token_refusal(&error))?)
            }
        };
        let subject = tsa::Subject {
            organization: self.organisation.clone(),
            organization_identifier: None,
            common_name: format!(
                "Rabrong time-stamping unit {unit}{}",
                if self.configuration.demo { " (TEST)" } else { "" }
            ),
        };
        let validity = Validity::years(now, tsa::MAX_YEARS)
            .map_err(|error| refused(&error))?
            .until_at_most(authority.issuer().validity().not_after);
        let request = tsa::Request {
            subject: &subject,
            public_key: key.public_key(),
            serial: Serial::generate(authority.number(), &mut self.randomness.clone()),
            validity,
            key_use_end: key_use(validity.not_before)?.min(validity.not_after),
        };
        let prepared = tsa::prepare(&request, authority.issuer(), self.authorities.installation(), &self.throw_away)
            .map_err(|error| refused(&error))?;
        let der = self.certify_service(authority, Kind::Tsa, key.public_key(), validity, prepared).await?;
        tracing::info!(unit, "a new time-stamping unit stamps");
        HeldUnit::open(&der, key, authority)
    }
}

/// The last instant a key that began then stamps.
fn key_use(begin: OffsetDateTime) -> Result<OffsetDateTime, Refusal> {
    Validity::years(begin, tsa::MAX_KEY_YEARS).map(|use_of| use_of.not_after).map_err(|error| refused(&error))
}

fn digest(key: &PublicKey) -> Result<String, Refusal> {
    Ok(hex::encode(Sha256::digest(key.to_spki_der().map_err(|error| refused(&error))?)))
}
