//! Serial numbers: which issuer, and 128 random bits.

use std::fmt;
use std::num::{NonZeroU8, NonZeroU16};
use std::str::FromStr;

use rand_core::CryptoRng;
use x509_cert::serial_number::SerialNumber;

use crate::Error;

/// Octets of a serial number: one of the issuer, sixteen random.
pub const SERIAL_LENGTH: usize = 17;

/// A certificate's serial number: an 8-bit issuer number, then 128 random bits.
///
/// The issuer number is never zero, so the integer is positive and always seventeen significant octets
/// (eighteen in DER when the top bit is set), within the twenty of RFC 5280 §4.1.2.2. Written as 34
/// lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; SERIAL_LENGTH]);

impl Serial {
    /// Draws a new serial number for the issuer of this number.
    pub fn generate<R: CryptoRng + ?Sized>(issuer_number: NonZeroU8, rng: &mut R) -> Self {
        let mut bytes = [0; SERIAL_LENGTH];
        let (first, random) = bytes.split_at_mut(1);
        first.fill(issuer_number.get());
        rng.fill_bytes(random);
        Self(bytes)
    }

    /// Reads the value of a DER INTEGER; none if it is not of this form (some other CA's, or made up).
    #[must_use]
    pub fn from_integer(content: &[u8]) -> Option<Self> {
        let significant = match content {
            [0, rest @ ..] => rest,
            // A leading one bit without a zero octet before it is a negative INTEGER (X.690 §8.3.3).
            [first, ..] if *first >= 0x80 => return None,
            whole => whole,
        };
        let bytes: [u8; SERIAL_LENGTH] = significant.try_into().ok()?;
        (bytes[0] != 0).then_some(Self(bytes))
    }

    /// The seventeen octets, big-endian.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SERIAL_LENGTH] {
        &self.0
    }

    /// The CRL shard that lists this certificate, out of `shards` shards.
    ///
    /// The answer is written into the certificate when it is issued; nobody computes it again afterwards, so a
    /// later change of the number of shards moves no certificate already issued.
    #[must_use]
    pub fn shard(&self, shards: NonZeroU16) -> u16 {
        let [.., high, low] = self.0;
        u16::from_be_bytes([high, low]) % shards
    }

    pub(crate) fn to_der_integer(self) -> Result<SerialNumber, Error> {
        SerialNumber::new(&self.0).map_err(Error::encoding("serial number"))
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

impl FromStr for Serial {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::Value { what: "serial number" };
        let digits = text.as_bytes();
        if digits.len() != SERIAL_LENGTH * 2 {
            return Err(bad());
        }
        let mut bytes = [0; SERIAL_LENGTH];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => return Err(bad()),
                };
                *byte = (*byte << 4) | value;
            }
        }
        if bytes[0] == 0 { Err(bad()) } else { Ok(Self(bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_integer_forms_come_back() {
        let text = "80000102030405060708090a0b0c0d0e0f";
        let serial: Serial = text.parse().unwrap();
        assert_eq!(serial.to_string(), text);
        assert_eq!(Serial::from_integer(serial.to_der_integer().unwrap().as_bytes()), Some(serial));
        assert_eq!(serial.shard(NonZeroU16::new(16).unwrap()), 0x0e0f % 16);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "00000102030405060708090a0b0c0d0e0f",
            "80000102030405060708090A0B0C0D0E0F",
            "0x000102030405060708090a0b0c0d0e0f",
            "80000102030405060708090a0b0c0d0e0f00",
        ] {
            assert!(text.parse::<Serial>().is_err(), "{text}");
        }
        assert_eq!(Serial::from_integer(&[0x80; SERIAL_LENGTH]), None, "negative");
        assert_eq!(Serial::from_integer(&[1]), None);
        assert_eq!(Serial::from_integer(&[]), None);
    }
}
