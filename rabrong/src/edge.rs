//! The edge: the one clock, the one source of randomness, the environment.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use signer::edge::{Clock, Randomness};

/// The system's clock.
#[must_use]
pub fn clock() -> Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the edge where the clock is made")]
    Clock::new(time::OffsetDateTime::now_utc)
}

/// The operating system's randomness.
#[must_use]
pub fn randomness() -> Randomness {
    let source = SystemRandom::new();
    Randomness::new(move |buffer| {
        if source.fill(buffer).is_err() {
            // Without randomness nothing here is safe to go on with.
            std::process::abort();
        }
    })
}
