//! The raw cost of the token's own operations, so that a benchmark can say how much of the
//! time is ours. The caller holds the clock.

use crate::doctor::unwrap;
use crate::keys::{curve_of, sign_digest};
use crate::session::Half;
use crate::{Curve, DoctorKeyAlgorithm, Error, Purpose, Token};
use cryptoki::mechanism::Mechanism;
use std::time::Duration;

/// What one operation may take at most before the measurement is given up.
const PATIENCE: Duration = Duration::from_millis(100);

impl Token {
    /// Signs `count` times in one session with nothing around `C_Sign`; gives `count` back.
    ///
    /// # Errors
    /// As [`Token::sign`].
    pub fn raw_sign_rate(&self, purpose: Purpose, count: u32) -> Result<u32, Error> {
        let digest = vec![0x5a; curve_of(purpose)?.bytes()];
        self.ask_within(PATIENCE.saturating_mul(count.max(10)), move |open| {
            let key = open.key(purpose, Half::Private)?;
            for _ in 0..count {
                open.session.sign(&Mechanism::Ecdsa, key, &digest)?;
            }
            Ok(count)
        })
    }

    /// Unwraps a doctor's P-256 key, signs once and destroys it, `count` times in one session; gives
    /// `count` back.
    ///
    /// # Errors
    /// As [`Token::sign_with_wrapped`].
    pub fn raw_unwrap_sign_rate(&self, epoch: u32, blob: &[u8], count: u32) -> Result<u32, Error> {
        let blob = blob.to_vec();
        self.ask_within(PATIENCE.saturating_mul(count.max(10)), move |open| {
            let wrapping = open.key(Purpose::DoctorWrap(epoch), Half::Secret)?;
            for _ in 0..count {
                let key = unwrap(open, wrapping, DoctorKeyAlgorithm::P256, &blob)?;
                sign_digest(&open.session, key.handle, Curve::P256, &[0x5a; 32])?;
            }
            Ok(count)
        })
    }
}
