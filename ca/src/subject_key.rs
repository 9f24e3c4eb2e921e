//! The keys of those who sign documents: on our curves, or RSA.

use der::asn1::{Any, UintRef};
use der::{Decode, Sequence};
use sha1::Sha1;
use sha2::Digest;
use spki::SubjectPublicKeyInfoOwned;

use crate::weak_keys::refuse_weak;
use crate::{Curve, Error, PublicKey, oid};

/// Octets of the one RSA modulus accepted: 3072 bits.
const RSA_OCTETS: usize = 384;
/// The one exponent accepted.
const RSA_EXPONENT: [u8; 3] = [1, 0, 1];
/// A modulus with a prime factor below this is no product of two large primes.
const SMALL_FACTORS: u32 = 752;

/// What kind of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// On one of our curves.
    Curve(Curve),
    /// RSA with 3072 bits and the exponent 65537.
    Rsa3072,
}

/// The checked public key of a subject. CAs, responders and time-stamping units have a [`PublicKey`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectKey {
    /// On one of our curves.
    Curve(PublicKey),
    /// RSA.
    Rsa(RsaPublicKey),
}

/// A checked RSA key: 3072 bits, the exponent 65537.
#[derive(Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    info: SubjectPublicKeyInfoOwned,
}

/// ```text
/// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
/// ```
/// RFC 3279 §2.3.1.
#[derive(Sequence)]
struct Numbers<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

impl SubjectKey {
    /// Reads and checks a DER `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// As [`PublicKey::from_spki_der`]; [`Error::Key`] for an RSA key of another size or exponent.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, Error> {
        if der.len() > 512 {
            return Err(Error::TooLarge { what: "SubjectPublicKeyInfo" });
        }
        Self::from_spki(SubjectPublicKeyInfoOwned::from_der(der).map_err(Error::malformed("SubjectPublicKeyInfo"))?)
    }

    pub(crate) fn from_spki(info: SubjectPublicKeyInfoOwned) -> Result<Self, Error> {
        if info.algorithm.oid != oid::RSA_ENCRYPTION {
            return PublicKey::from_spki(info).map(Self::Curve);
        }
        // RFC 3279 §2.3.1: the parameters are NULL.
        if info.algorithm.parameters != Some(Any::null()) {
            return Err(Error::Key { why: "parameters of an RSA key that are not NULL" });
        }
        let numbers = info.subject_public_key.as_bytes().and_then(|bits| Numbers::from_der(bits).ok());
        let numbers = numbers.ok_or(Error::Key { why: "not an RSA key" })?;
        let modulus = numbers.modulus.as_bytes();
        if modulus.len() != RSA_OCTETS || modulus.first().is_none_or(|top| top & 0x80 == 0) {
            return Err(Error::Key { why: "an RSA key of other than 3072 bits" });
        }
        if numbers.exponent.as_bytes() != RSA_EXPONENT {
            return Err(Error::Key { why: "an RSA exponent other than 65537" });
        }
        Ok(Self::Rsa(RsaPublicKey { info }))
    }

    /// What kind of key it is.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::Curve(key) => KeyKind::Curve(key.curve()),
            Self::Rsa(_) => KeyKind::Rsa3072,
        }
    }

    /// SHA-1 over the value of the `subjectPublicKey` BIT STRING (RFC 5280 §4.2.1.2 (1)).
    #[must_use]
    pub fn identifier(&self) -> [u8; 20] {
        match self {
            Self::Curve(key) => key.identifier(),
            Self::Rsa(key) => Sha1::digest(key.bits()).into(),
        }
    }

    pub(crate) const fn spki(&self) -> &SubjectPublicKeyInfoOwned {
        match self {
            Self::Curve(key) => key.spki(),
            Self::Rsa(key) => &key.info,
        }
    }

    /// Refuses a key whose private half is known or quickly found.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub(crate) fn refuse_weak(&self) -> Result<(), Error> {
        match self {
            Self::Curve(key) => refuse_weak(key),
            Self::Rsa(key) => {
                let numbers = Numbers::from_der(key.bits()).map_err(Error::malformed("RSA key"))?;
                let modulus = numbers.modulus.as_bytes();
                let remainder =
                    |factor: u32| modulus.iter().fold(0, |rest, byte| (rest << 8 | u32::from(*byte)) % factor);
                if (2..SMALL_FACTORS).any(|factor| remainder(factor) == 0) {
                    return Err(Error::Key { why: "an RSA modulus with a small factor" });
                }
                Ok(())
            }
        }
    }
}

impl RsaPublicKey {
    fn bits(&self) -> &[u8] {
        self.info.subject_public_key.as_bytes().unwrap_or_default()
    }
}

impl From<PublicKey> for SubjectKey {
    fn from(key: PublicKey) -> Self {
        Self::Curve(key)
    }
}

impl std::fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RsaPublicKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::Encode;
    use der::asn1::BitString;

    fn spki(modulus: &[u8], exponent: &[u8], parameters: Option<Any>) -> Vec<u8> {
        let numbers = Numbers { modulus: UintRef::new(modulus).unwrap(), exponent: UintRef::new(exponent).unwrap() };
        SubjectPublicKeyInfoOwned {
            algorithm: spki::AlgorithmIdentifierOwned { oid: oid::RSA_ENCRYPTION, parameters },
            subject_public_key: BitString::from_bytes(&numbers.to_der().unwrap()).unwrap(),
        }
        .to_der()
        .unwrap()
    }

    #[test]
    fn only_3072_bits_and_65537_are_taken() {
        // 2^3071 + 1 is no product of two primes that anybody knows to be one, but has the right form.
        let mut modulus = vec![0; RSA_OCTETS];
        modulus[0] = 0x80;
        modulus[RSA_OCTETS - 1] = 1;
        let read = |modulus: &[u8], exponent: &[u8], parameters| {
            SubjectKey::from_spki_der(&spki(modulus, exponent, parameters))
        };
        let null = || Some(Any::null());
        assert_eq!(read(&modulus, &RSA_EXPONENT, null()).unwrap().kind(), KeyKind::Rsa3072);
        for (refused, exponent, parameters) in [
            (&modulus[1..], &RSA_EXPONENT[..], null()),
            (&modulus[..256], &RSA_EXPONENT, null()),
            (&modulus, &[3], null()),
            (&modulus, &RSA_EXPONENT, None),
        ] {
            assert!(matches!(read(refused, exponent, parameters), Err(Error::Key { .. })));
        }
        modulus[0] = 0x7f;
        assert!(matches!(read(&modulus, &RSA_EXPONENT, null()), Err(Error::Key { .. })));
    }

    #[test]
    fn a_modulus_with_a_small_factor_is_weak() {
        let mut modulus = vec![0xff; RSA_OCTETS];
        let weak = |modulus: &[u8]| {
            SubjectKey::from_spki_der(&spki(modulus, &RSA_EXPONENT, Some(Any::null()))).unwrap().refuse_weak()
        };
        // 2^3072 - 1 is divisible by three.
        assert!(matches!(weak(&modulus), Err(Error::Key { .. })));
        modulus[RSA_OCTETS - 1] = 0xfe;
        assert!(matches!(weak(&modulus), Err(Error::Key { .. })));
    }
}
