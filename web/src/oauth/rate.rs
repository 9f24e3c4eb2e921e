//! How much one program may ask for: a bucket that fills again, kept by each node for itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;

/// Buckets remembered; beyond it the fullest are forgotten.
const MOST_BUCKETS: usize = 10_000;

/// A kind of request with a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Budget {
    /// Tokens: 30 at once, one more every two seconds.
    Token,
    /// Requests with a token: 200 at once, ten more each second.
    Request,
}

impl Budget {
    const fn size(self) -> f64 {
        match self {
            Self::Token => 30.0,
            Self::Request => 200.0,
        }
    }

    const fn per_second(self) -> f64 {
        match self {
            Self::Token => 0.5,
            Self::Request => 10.0,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: OffsetDateTime,
}

/// The buckets of all programs.
#[derive(Debug, Default)]
pub(crate) struct RateLimits(Mutex<HashMap<(String, Budget), Bucket>>);

impl RateLimits {
    /// Takes one from the program's bucket; `false` if it is empty.
    pub(crate) fn take(&self, client_id: &str, budget: Budget, now: OffsetDateTime) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_BUCKETS {
            buckets.retain(|(_, budget), bucket| filled(*bucket, *budget, now) < budget.size());
        }
        let bucket = buckets.entry((client_id.to_owned(), budget)).or_insert(Bucket { left: budget.size(), at: now });
        let left = filled(*bucket, budget, now);
        let granted = left >= 1.0;
        *bucket = Bucket { left: if granted { left - 1.0 } else { left }, at: now };
        granted
    }
}

fn filled(bucket: Bucket, budget: Budget, now: OffsetDateTime) -> f64 {
    let seconds = (now - bucket.at).as_seconds_f64().max(0.0);
    (bucket.left + seconds * budget.per_second()).min(budget.size())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let limits = RateLimits::default();
        let now = OffsetDateTime::UNIX_EPOCH;
        let taken = |at| (0..100).filter(|_| limits.take("a", Budget::Token, at)).count();
        assert_eq!(taken(now), 30);
        assert!(limits.take("b", Budget::Token, now) && limits.take("a", Budget::Request, now));
        assert_eq!(taken(now + Duration::seconds(4)), 2);
        assert_eq!(taken(now + Duration::DAY), 30);
    }
}
