//! The random numbers of the portal: one generator, made at the edge and passed in.

use std::sync::{Arc, Mutex, PoisonError};

use rand_core::CryptoRng;
use uuid::Uuid;

/// Crockford's base32 without I, L, O, U: what people type from paper.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A shared generator of random numbers. Cheap to clone.
#[derive(Clone)]
pub struct Randomness(Arc<Mutex<dyn CryptoRng + Send>>);

impl std::fmt::Debug for Randomness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Randomness")
    }
}

impl Randomness {
    /// Shares `generator`.
    pub fn new(generator: impl CryptoRng + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(generator)))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0u8; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut out);
        out
    }

    /// A secret for a link, a cookie or a ticket: 256 bits, base64url.
    #[must_use]
    pub fn token(&self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    /// A version 7 UUID (RFC 9562 §5.7) of the instant `now`.
    #[must_use]
    pub fn uuid(&self, now: time::OffsetDateTime) -> String {
        let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes::<10>()).into_uuid().to_string()
    }

    /// A verification code: 128 random bits as 26 characters of Crockford base32.
    #[must_use]
    pub fn verification_code(&self) -> String {
        crockford(u128::from_be_bytes(self.bytes::<16>()))
    }
}

/// 26 characters of Crockford base32, most significant first.
fn crockford(bits: u128) -> String {
    (0..26)
        .rev()
        .filter_map(|place| {
            let digit = usize::try_from((bits >> (place * 5)) & 31).ok()?;
            CROCKFORD.get(digit).copied().map(char::from)
        })
        .collect()
}

/// Reads a verification code as people type it: any case, spaces and hyphens ignored,
/// I and L read as 1, O as 0. None if it is not 26 characters of the alphabet.
#[must_use]
pub fn read_verification_code(typed: &str) -> Option<String> {
    if typed.len() > 128 {
        return None;
    }
    let mut code = String::with_capacity(26);
    for character in typed.chars() {
        let character = match character.to_ascii_uppercase() {
            ' ' | '-' | '\u{2010}'..='\u{2015}' => continue,
            'I' | 'L' => '1',
            'O' => '0',
            other => other,
        };
        if !character.is_ascii() || !CROCKFORD.iter().any(|known| char::from(*known) == character) {
            return None;
        }
        code.push(character);
    }
    // 26 characters carry 130 bits: the first holds only three of the 128.
    (code.len() == 26 && code.starts_with(|first: char| ('0'..='7').contains(&first))).then_some(code)
}

/// Is this text a UUID in its usual form?
#[must_use]
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
pub(crate) mod testing {
    use super::Randomness;
    use rand_core::{TryCryptoRng, TryRng};
    use std::convert::Infallible;

    struct Counting(u64);

    impl TryRng for Counting {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            self.0 += 1;
            Ok(self.0 as u32)
        }
        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            self.0 += 1;
            Ok(self.0)
        }
        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
            for byte in out {
                self.0 += 1;
                *byte = self.0 as u8;
            }
            Ok(())
        }
    }
    impl TryCryptoRng for Counting {}

    /// Not random at all: for tests.
    pub(crate) fn counting() -> Randomness {
        Randomness::new(Counting(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_however_it_was_typed() {
        let code = testing::counting().verification_code();
        assert_eq!(code.len(), 26);
        assert_eq!(read_verification_code(&code).as_deref(), Some(code.as_str()));
        let spoken = code
            .to_lowercase()
            .as_bytes()
            .chunks(4)
            .map(|c| std::str::from_utf8(c).unwrap())
            .collect::<Vec<_>>()
            .join("-");
        assert_eq!(read_verification_code(&spoken).as_deref(), Some(code.as_str()));
        assert_eq!(read_verification_code(&code.replace('0', "o").replace('1', "l")).as_deref(), Some(code.as_str()));
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for typed in ["", "123", "U0000000000000000000000000", "ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "กกก", &"0".repeat(27)]
        {
            assert_eq!(read_verification_code(typed), None, "{typed}");
        }
        assert_eq!(crockford(u128::MAX), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        assert_eq!(crockford(0), "0".repeat(26));
    }
}
