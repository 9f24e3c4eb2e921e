//! Keys whose private half anybody knows.
//!
//! On these curves every point but infinity has the whole prime order, so a point on the curve cannot be of small
//! order. What is left are private keys that are easy to guess (small numbers) or printed in a standard.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use p256::elliptic_curve::point::AffineCoordinates;

use crate::{Curve, Error, PublicKey};

/// Private keys from 1 to this number, and their negatives, are refused.
const SMALL: usize = 256;

/// RFC 6979 appendix A.2.5: the abscissa of the P-256 key of the examples.
const EXAMPLE_P256: [u8; 32] = [
    0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31, 0xc9, 0x61, 0xeb, 0x74, 0xc6, 0x35, 0x6d, 0x68, 0xc0, 0x49, 0xb8,
    0x92, 0x3b, 0x61, 0xfa, 0x6c, 0xe6, 0x69, 0x62, 0x2e, 0x60, 0xf2, 0x9f, 0xb6,
];

/// RFC 6979 appendix A.2.6: the same on P-384.
const EXAMPLE_P384: [u8; 48] = [
    0xec, 0x3a, 0x4e, 0x41, 0x5b, 0x4e, 0x19, 0xa4, 0x56, 0x86, 0x18, 0x02, 0x9f, 0x42, 0x7f, 0xa5, 0xda, 0x9a, 0x8b,
    0xc4, 0xae, 0x92, 0xe0, 0x2e, 0x06, 0xaa, 0xe5, 0x28, 0x6b, 0x30, 0x0c, 0x64, 0xde, 0xf8, 0xf0, 0xea, 0x90, 0x55,
    0x86, 0x60, 0x64, 0xa2, 0x54, 0x51, 0x54, 0x80, 0xbc, 0x13,
];

macro_rules! known {
    ($curve:ident, $example:expr) => {{
        let mut point = $curve::ProjectivePoint::IDENTITY;
        let mut abscissas = BTreeSet::from([$example.to_vec()]);
        for _ in 0..SMALL {
            point += $curve::ProjectivePoint::GENERATOR;
            // A point and its negative have the same abscissa.
            abscissas.insert(point.to_affine().x().to_vec());
        }
        abscissas
    }};
}

static KNOWN_P256: LazyLock<BTreeSet<Vec<u8>>> = LazyLock::new(|| known!(p256, EXAMPLE_P256));
static KNOWN_P384: LazyLock<BTreeSet<Vec<u8>>> = LazyLock::new(|| known!(p384, EXAMPLE_P384));

/// Refuses a key whose private half is known.
///
/// # Errors
/// [`Error::Key`].
pub(crate) fn refuse_weak(key: &PublicKey) -> Result<(), Error> {
    let known = match key.curve() {
        Curve::P256 => &KNOWN_P256,
        Curve::P384 => &KNOWN_P384,
    };
    let length = (key.point().len() - 1) / 2;
    let abscissa = key.point().get(1..=length).unwrap_or_default();
    if known.contains(abscissa) { Err(Error::Key { why: "its private half is known" }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p256_key(scalar: &[u8; 32]) -> PublicKey {
        let key = p256::ecdsa::SigningKey::from_slice(scalar).unwrap();
        PublicKey::from_point(Curve::P256, key.verifying_key().to_sec1_point(false).as_bytes()).unwrap()
    }

    fn p384_key(scalar: &[u8; 48]) -> PublicKey {
        let key = p384::ecdsa::SigningKey::from_slice(scalar).unwrap();
        PublicKey::from_point(Curve::P384, key.verifying_key().to_sec1_point(false).as_bytes()).unwrap()
    }

    #[test]
    fn keys_that_can_be_guessed_are_refused() {
        for (small, is_weak) in [(1_u16, true), (2, true), (256, true), (257, false)] {
            let (mut short, mut long) = ([0; 32], [0; 48]);
            short[30..].copy_from_slice(&small.to_be_bytes());
            long[46..].copy_from_slice(&small.to_be_bytes());
            assert_eq!(refuse_weak(&p256_key(&short)).is_err(), is_weak, "{small}");
            assert_eq!(refuse_weak(&p384_key(&long)).is_err(), is_weak, "{small}");
        }
    }

    /// RFC 6979 appendices A.2.5 and A.2.6 print the private keys.
    #[test]
    fn keys_of_the_standards_examples_are_refused() {
        let short = hex::decode("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721").unwrap();
        let long = "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5";
        let long = hex::decode(long).unwrap();
        assert!(refuse_weak(&p256_key(&short.try_into().unwrap())).is_err());
        assert!(refuse_weak(&p384_key(&long.try_into().unwrap())).is_err());
    }
}
