//! How much of something may be asked for in a time: a bucket of tokens that fills steadily.

use std::sync::Mutex;

use time::OffsetDateTime;

/// A bucket.
#[derive(Debug)]
pub(crate) struct Rate {
    /// The most that may be asked for at once.
    burst: f64,
    per_second: f64,
    state: Mutex<Option<(OffsetDateTime, f64)>>,
}

impl Rate {
    /// A full bucket.
    pub(crate) const fn new(burst: u32, per_second: u32) -> Self {
        Self { burst: burst as f64, per_second: per_second as f64, state: Mutex::new(None) }
    }

    /// Takes one, if there is one.
    pub(crate) fn take(&self, now: OffsetDateTime) -> bool {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let left = match *state {
            // A clock that was set back gives nothing.
            Some((at, left)) => {
                let passed = (now - at).as_seconds_f64().max(0.0);
                (left + passed * self.per_second).min(self.burst)
            }
            None => self.burst,
        };
        let taken = left >= 1.0;
        let left = if taken { left - 1.0 } else { left };
        // The latest time seen counts, so that a clock set back and forth fills nothing twice.
        *state = Some((state.map_or(now, |(at, _)| at.max(now)), left));
        taken
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_bucket_is_emptied_and_fills_again() {
        let now = datetime!(2026-11-22 05:00 UTC);
        let rate = Rate::new(3, 1);
        for _ in 0..3 {
            assert!(rate.take(now));
        }
        assert!(!rate.take(now));
        assert!(!rate.take(now - Duration::HOUR), "a clock set back fills nothing");
        assert!(rate.take(now + Duration::seconds(1)) && !rate.take(now + Duration::seconds(1)));
        assert!(rate.take(now + Duration::HOUR));
        let left = (0..10).filter(|_| rate.take(now + Duration::HOUR)).count();
        assert_eq!(left, 2, "never more than it holds");
    }
}
