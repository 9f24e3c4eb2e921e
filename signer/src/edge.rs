//! What enters from the edge: the clock and the randomness, made once by the program.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rand_core::{TryCryptoRng, TryRng};
use time::OffsetDateTime;

/// Who knows how far the clock is from UTC.
pub trait ClockDeviation: Send + Sync {
    /// The most it may be off now, to either side; none if that is not known.
    fn at_most(&self) -> Option<Duration>;
}

/// The clock: now, in UTC.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> OffsetDateTime + Send + Sync>,
    deviation: Option<Arc<dyn ClockDeviation>>,
}

impl Clock {
    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), deviation: None }
    }

    /// The same clock, whose deviation somebody knows. Without, nothing is time-stamped by it.
    #[must_use]
    pub fn known_by(self, deviation: Arc<dyn ClockDeviation>) -> Self {
        Self { deviation: Some(deviation), ..self }
    }

    /// How far it may be from UTC now; none if that is not known.
    #[must_use]
    pub fn deviation(&self) -> Option<Duration> {
        self.deviation.as_ref()?.at_most()
    }

    /// Now, in whole microseconds (the journal's resolution).
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        let now = (self.now)();
        now.replace_nanosecond(now.nanosecond() / 1_000 * 1_000).unwrap_or(now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// The random number generator of the operating system, or a seeded one in a test.
#[derive(Clone)]
pub struct Randomness(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Randomness {
    /// Randomness that `fill`s buffers.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut buffer = [0; N];
        (self.0)(&mut buffer);
        buffer
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Randomness")
    }
}

impl TryRng for Randomness {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(destination);
        Ok(())
    }
}

impl TryCryptoRng for Randomness {}
