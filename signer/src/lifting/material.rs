//! What a signature is checked with later: the word of each CA on the certificates below it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use ca::ocsp::Status;
use ca::{RevocationReason, Serial};
use pades::augment::ValidationMaterial;
use time::{Duration, OffsetDateTime};

use crate::core::Core;
use crate::protocol::{Refusal, WaitingFor};
use crate::status::OwnAnswer;
use crate::time_stamping::HeldUnit;

/// How long the word on a time-stamping unit is used again.
const KEPT: Duration = Duration::seconds(60);

/// Octets of a time-stamp token besides its two certificates: 400 with a P-256 unit and no nonce.
const TOKEN_ROOM: usize = 1024;

/// The word on the time-stamping unit, kept for a moment.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Option<UnitWord>>);

#[derive(Debug, Clone)]
struct UnitWord {
    serial: Serial,
    asked: OffsetDateTime,
    answer: Arc<Vec<u8>>,
}

/// What stands in the way of a signature that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// It passes.
    Wait(WaitingFor),
    /// It does not.
    Never(Refusal),
}

impl From<Refusal> for Obstacle {
    fn from(refusal: Refusal) -> Self {
        Self::Wait(match refusal {
            Refusal::TokenUnavailable => WaitingFor::Token,
            Refusal::TimeStampUnavailable => WaitingFor::TimeStamp,
            // Whatever else it is, the word is not there.
            _ => WaitingFor::RevocationStatus,
        })
    }
}

impl Core {
    /// Octets to keep free for a time-stamp of the unit in use.
    pub(crate) async fn stamp_room(&self) -> Result<usize, Refusal> {
        let authority = self.authorities.time_stamping().ok_or(Refusal::TimeStampUnavailable)?;
        let unit = self.unit_in_use().await?.certificate.len();
        // Another unit's certificate may be a little longer: to the next kilobyte.
        let octets = unit.max(1024) + authority.issuer().certificate_der().len() + TOKEN_ROOM;
        Ok(octets.next_multiple_of(1024))
    }

    /// The unit that stamps now; a new one if the last one's time is over.
    pub(super) async fn unit_in_use(&self) -> Result<Arc<HeldUnit>, Refusal> {
        let now = self.now();
        if self.stamping_unit(now).is_none() {
            self.renew_time_stamping_unit().await?;
        }
        self.stamping_unit(now).ok_or(Refusal::TimeStampUnavailable)
    }

    /// What goes into the file of a signature by this certificate, time-stamped by one of `stamped_by`
    /// at `since`, and now by `unit`.
    pub(super) async fn material(
        &self,
        serial: &str,
        unit: &HeldUnit,
        stamped_by: &BTreeSet<Serial>,
        since: OffsetDateTime,
    ) -> Result<ValidationMaterial, Obstacle> {
        let serial: Serial = serial.parse().map_err(|_| Refusal::Internal)?;
        let issuing = self.authorities.issuer_of(serial).ok_or(Refusal::Internal)?;
        let signer = match self.own_answer(issuing, serial, since).await? {
            OwnAnswer::Good(der) => der,
            OwnAnswer::Bad(Status::Revoked { reason: RevocationReason::CertificateHold, .. }) => {
                return Err(Obstacle::Wait(WaitingFor::Suspension));
            }
            // Nothing that says revoked is put into a file: it would not be called valid.
            OwnAnswer::Bad(_) => return Err(Obstacle::Never(Refusal::CertificateRevoked)),
        };
        let mut words = vec![self.unit_word(unit).await?.to_vec()];
        for earlier in stamped_by.iter().filter(|earlier| unit.serial() != Some(**earlier)) {
            words.push(self.unit_answer(*earlier).await?);
        }
        let mut material = self.standing_material(words)?;
        material.ocsp_responses.insert(0, signer);
        material.certificates.push(issuing.issuer().certificate_der().to_vec());
        Ok(material)
    }

    /// The word on a time-stamping unit, a minute old at most.
    pub(super) async fn unit_word(&self, unit: &HeldUnit) -> Result<Arc<Vec<u8>>, Obstacle> {
        let serial = unit.serial().ok_or(Refusal::Internal)?;
        let now = self.now();
        let kept = self.lifting.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept.filter(|kept| kept.serial == serial && (now - kept.asked).abs() < KEPT) {
            return Ok(kept.answer);
        }
        let answer = Arc::new(self.unit_answer(serial).await?);
        let word = UnitWord { serial, asked: now, answer: Arc::clone(&answer) };
        *self.lifting.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(word);
        Ok(answer)
    }

    /// The word on a time-stamping unit, now.
    pub(super) async fn unit_answer(&self, serial: Serial) -> Result<Vec<u8>, Obstacle> {
        let authority = self.authorities.time_stamping().ok_or(Refusal::TimeStampUnavailable)?;
        let since = self.now().replace_nanosecond(0).map_err(|_| Refusal::Internal)?;
        match self.own_answer(authority, serial, since).await? {
            OwnAnswer::Good(der) => Ok(der),
            OwnAnswer::Bad(_) => Err(Obstacle::Wait(WaitingFor::TimeStamp)),
        }
    }

    /// What every file of today gets: the certificates of the time-stamping CA and of the root, and
    /// the root's word on the CAs below it.
    pub(super) fn standing_material(&self, ocsp_responses: Vec<Vec<u8>>) -> Result<ValidationMaterial, Refusal> {
        let authority = self.authorities.time_stamping().ok_or(Refusal::TimeStampUnavailable)?;
        Ok(ValidationMaterial {
            certificates: vec![
                authority.issuer().certificate_der().to_vec(),
                // Who trusts it has it; some validators find the issuer of its CRL only here.
                self.authorities.root().certificate_der().to_vec(),
            ],
            crls: vec![self.root_crl()?],
            ocsp_responses,
        })
    }
}
