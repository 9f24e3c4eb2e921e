//! The time-stamping authority (RFC 3161; ETSI EN 319 421, EN 319 422). It stamps only while the
//! clock is known to be right, and with a key that does nothing else.

mod own;
mod unit;

pub(crate) use own::Stamps;
pub(crate) use unit::HeldUnit;

use std::sync::{Arc, Mutex, PoisonError};

use ca::Oid;
use ca::tsp::{self, Accuracy, HashAlgorithm, Rejection, TimeStampRequest, TokenParameters};
use time::OffsetDateTime;

use crate::core::Core;
use crate::protocol::Refusal;

/// What the time-stamping authority keeps in memory.
#[derive(Debug)]
pub(crate) struct TimeStamping {
    units: unit::Units,
    accuracy: Accuracy,
    policy: Oid,
    /// The latest time stated.
    latest: Mutex<OffsetDateTime>,
}

impl TimeStamping {
    pub(crate) fn new(accuracy: Accuracy, policy: Oid) -> Self {
        let latest = Mutex::new(OffsetDateTime::UNIX_EPOCH);
        Self { units: unit::Units::default(), accuracy, policy, latest }
    }

    /// The certificate of the unit in use, DER.
    pub(crate) fn certificate(&self, now: OffsetDateTime) -> Option<Arc<Vec<u8>>> {
        self.units.stamping(now).map(|held| Arc::clone(&held.certificate))
    }

    /// The time to state: never earlier than one stated before, nor than what is on record, which
    /// outlives this process. A clock that went back by more than the accuracy was not right, then
    /// or now.
    fn advance(&self, now: OffsetDateTime, on_record: Option<OffsetDateTime>) -> Result<OffsetDateTime, Rejection> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = on_record.map_or(*latest, |on_record| on_record.max(*latest));
        if *latest - now > time::Duration::milliseconds(i64::from(self.accuracy.milliseconds())) {
            tracing::error!("the clock went back: no time-stamps");
            return Err(Rejection::TimeNotAvailable);
        }
        *latest = now.max(*latest);
        Ok(*latest)
    }
}

impl Core {
    /// Answers a time-stamp request (DER); the DER of the `TimeStampResp`. What cannot be stamped
    /// is said in there.
    pub(crate) async fn time_stamp(&self, request: &[u8]) -> Result<Vec<u8>, Refusal> {
        if self.authorities.time_stamping().is_none() {
            return Err(Refusal::NotFound);
        }
        let stamped = match tsp::parse_request(request) {
            Ok(request) => match self.room_for_anybody() {
                Ok(_room) => self.stamp(&request).await,
                Err(refusal) => Err(rejection(&refusal)),
            },
            Err(rejection) => Err(rejection),
        };
        Ok(stamped.map_or_else(tsp::rejected, |token| tsp::granted(&token)))
    }

    /// Stamps a digest for this program's own use; the DER of the `TimeStampToken`.
    ///
    /// # Errors
    /// Why there is no time-stamp.
    pub async fn stamp_digest(&self, algorithm: HashAlgorithm, digest: &[u8]) -> Result<Vec<u8>, Rejection> {
        self.stamp(&TimeStampRequest::of_digest(algorithm, digest)?).await
    }

    async fn stamp(&self, request: &TimeStampRequest) -> Result<Vec<u8>, Rejection> {
        let accuracy = self.time_stamping.accuracy;
        // EN 319 421 §7.7.2: not when the clock is out of the stated accuracy, nor when nobody knows.
        let deviation = self.clock.deviation().ok_or(Rejection::TimeNotAvailable)?;
        if deviation.as_millis() >= u128::from(accuracy.milliseconds()) {
            return Err(Rejection::TimeNotAvailable);
        }
        self.see_to_a_unit().await?;
        let (now, gen_time) = self.time_to_state().await?;
        let held = self.stamping_unit(now).ok_or(Rejection::SystemFailure)?;
        let prepared = tsp::prepare_token(request, &held.unit, &self.token_parameters(gen_time, accuracy))?;
        held.key.stamp(prepared).await.map_err(|refusal| rejection(&refusal))
    }

    /// Now, and the time to state.
    async fn time_to_state(&self) -> Result<(OffsetDateTime, OffsetDateTime), Rejection> {
        self.status.index.freshen(&self.journal, &self.clock).await.map_err(|refusal| rejection(&refusal))?;
        let now = self.now();
        let on_record = self.status.index.state().newest_entry;
        Ok((now, self.time_stamping.advance(now, on_record)?))
    }

    /// Makes a unit if none stamps. Before the time to state is taken: a unit that is made begins
    /// after the question came, and states nothing from before.
    async fn see_to_a_unit(&self) -> Result<(), Rejection> {
        if self.stamping_unit(self.now()).is_none() {
            self.renew_time_stamping_unit().await.map_err(|refusal| rejection(&refusal))?;
        }
        Ok(())
    }

    fn token_parameters(&self, gen_time: OffsetDateTime, accuracy: Accuracy) -> TokenParameters<'_> {
        TokenParameters {
            // One in 2^128 would be zero, which is no number.
            serial: u128::from_be_bytes(self.randomness.bytes()).max(1),
            gen_time,
            accuracy,
            policy: &self.time_stamping.policy,
        }
    }
}

/// A token or journal that cannot be reached is back soon; RFC 3161 has no `tryLater`.
fn rejection(refusal: &Refusal) -> Rejection {
    match refusal {
        Refusal::TokenUnavailable | Refusal::JournalUnavailable | Refusal::ClockBehind => Rejection::TimeNotAvailable,
        _ => Rejection::SystemFailure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_time_stated_never_goes_back() {
        let policies = ca::Policies::new(ca::DEFAULT_ARC, false).unwrap();
        let stamping = TimeStamping::new(Accuracy::from_milliseconds(500).unwrap(), policies.time_stamp());
        let noon = datetime!(2026-03-02 12:00 UTC);
        let millis = time::Duration::milliseconds;
        assert_eq!(stamping.advance(noon, None), Ok(noon));
        assert_eq!(stamping.advance(noon - millis(400), None), Ok(noon));
        assert_eq!(stamping.advance(noon - millis(501), None), Err(Rejection::TimeNotAvailable));
        let later = noon + millis(1);
        assert_eq!(stamping.advance(later, Some(noon)), Ok(later));
        assert_eq!(stamping.advance(later, Some(later + millis(400))), Ok(later + millis(400)));
        // A new process knows what is on record.
        let stamping = TimeStamping::new(Accuracy::from_milliseconds(500).unwrap(), policies.time_stamp());
        assert_eq!(stamping.advance(noon - millis(501), Some(noon)), Err(Rejection::TimeNotAvailable));
    }
}
