//! Time-stamps for signatures of our own.
//!
//! They state whole seconds, as OCSP answers do, so that "not before the time-stamp" can be read
//! off the two; and an accuracy of one second, which is what the fraction left out can cost.

use std::sync::Arc;

use ca::tsp::{self, Accuracy, HashAlgorithm, Rejection, TimeStampRequest};
use time::{Duration, OffsetDateTime};

use super::{HeldUnit, rejection};
use crate::core::Core;
use crate::protocol::Refusal;

/// What a whole second may be off by, the clock's own deviation included (EN 319 422 §5.2.2).
const ACCURACY: Duration = Duration::SECOND;

/// How often a better moment is waited for.
const TRIES: u8 = 4;

/// Time-stamps made in one go.
#[derive(Debug)]
pub(crate) struct Stamps {
    /// DER of each `TimeStampToken`, in the order asked.
    pub(crate) tokens: Vec<Vec<u8>>,
    /// The time they state.
    pub(crate) gen_time: OffsetDateTime,
    /// The unit that made them.
    pub(crate) unit: Arc<HeldUnit>,
}

impl Core {
    /// Stamps SHA-256 digests, all at one whole second.
    ///
    /// # Errors
    /// [`Refusal::TimeStampUnavailable`] while the clock is not known to be right;
    /// [`Refusal::TokenUnavailable`], [`Refusal::JournalUnavailable`].
    pub(crate) async fn stamp_all(&self, digests: &[[u8; 32]]) -> Result<Stamps, Refusal> {
        let unavailable = |rejection: Rejection| {
            tracing::warn!(rejection = ?rejection, "no time-stamp for a signature of ours");
            Refusal::TimeStampUnavailable
        };
        self.see_to_a_unit().await.map_err(unavailable)?;
        let (now, gen_time) = self.whole_second().await.map_err(unavailable)?;
        let unit = self.stamping_unit(now).ok_or_else(|| unavailable(Rejection::SystemFailure))?;
        let accuracy = Accuracy::from_milliseconds(1000).map_err(|_| Refusal::Internal)?;
        let prepared: Result<Vec<_>, Rejection> = digests
            .iter()
            .map(|digest| {
                let request = TimeStampRequest::of_digest(HashAlgorithm::Sha256, digest)?;
                tsp::prepare_token(&request, &unit.unit, &self.token_parameters(gen_time, accuracy))
            })
            .collect();
        let tokens = unit.key.stamp_each(prepared.map_err(unavailable)?).await?;
        Ok(Stamps { tokens, gen_time, unit })
    }

    /// Now, and the whole second to state, which is off by the accuracy at most; waits for the
    /// next second if this one is too far gone.
    async fn whole_second(&self) -> Result<(OffsetDateTime, OffsetDateTime), Rejection> {
        for _ in 0..TRIES {
            let deviation = self.clock.deviation().ok_or(Rejection::TimeNotAvailable)?;
            let deviation = Duration::try_from(deviation).map_err(|_| Rejection::TimeNotAvailable)?;
            if deviation >= ACCURACY {
                return Err(Rejection::TimeNotAvailable);
            }
            let (now, stated) = self.time_to_state().await?;
            let second = stated.replace_nanosecond(0).map_err(|_| Rejection::SystemFailure)?;
            if (now - second).abs() + deviation <= ACCURACY {
                return Ok((now, second));
            }
            let rest = second + ACCURACY - now;
            tokio::time::sleep(rest.max(Duration::MILLISECOND).unsigned_abs()).await;
        }
        Err(rejection(&Refusal::ClockBehind))
    }
}
