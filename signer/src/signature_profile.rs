//! What the installation's signatures are: level and algorithm. Fixed for a document when it is
//! recorded.

use std::fmt;
use std::str::FromStr;

use hsm::{DoctorKeyAlgorithm, SignatureScheme};
use pades::cms::SignatureAlgorithm;

/// A name this program does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a name of a signature's level or algorithm")]
pub struct UnknownProfile;

/// Baseline levels (ETSI EN 319 142-1 §6), each with what the ones before it have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// The signature.
    Basic,
    /// A time-stamp over it.
    TimeStamped,
    /// What is needed to check it later.
    LongTerm,
    /// A time-stamp over all of that, to be followed by others.
    #[default]
    Archival,
}

impl Level {
    /// All of them, lowest first.
    pub const ALL: [Self; 4] = [Self::Basic, Self::TimeStamped, Self::LongTerm, Self::Archival];

    /// `b-b`, `b-t`, `b-lt` or `b-lta`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "b-b",
            Self::TimeStamped => "b-t",
            Self::LongTerm => "b-lt",
            Self::Archival => "b-lta",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or(UnknownProfile)
    }
}

/// The algorithms doctors sign with (ETSI TS 119 312).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DoctorSignature {
    /// ECDSA on P-256 over SHA-256.
    #[default]
    EcdsaP256,
    /// ECDSA on P-384 over SHA-384.
    EcdsaP384,
    /// RSASSA-PKCS1-v1_5, 3072 bits, over SHA-256.
    RsaPkcs1,
    /// RSASSA-PSS, 3072 bits, over SHA-256.
    RsaPss,
}

impl DoctorSignature {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::EcdsaP256, Self::EcdsaP384, Self::RsaPkcs1, Self::RsaPss];

    /// `ecdsa-p256`, `ecdsa-p384`, `rsa-pkcs1` or `rsa-pss`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ecdsa-p256",
            Self::EcdsaP384 => "ecdsa-p384",
            Self::RsaPkcs1 => "rsa-pkcs1",
            Self::RsaPss => "rsa-pss",
        }
    }

    /// The kind of key it needs.
    #[must_use]
    pub const fn key(self) -> DoctorKeyAlgorithm {
        self.scheme().key()
    }

    /// What the token does.
    #[must_use]
    pub const fn scheme(self) -> SignatureScheme {
        match self {
            Self::EcdsaP256 => SignatureScheme::EcdsaP256,
            Self::EcdsaP384 => SignatureScheme::EcdsaP384,
            Self::RsaPkcs1 => SignatureScheme::RsaPkcs1Sha256,
            Self::RsaPss => SignatureScheme::RsaPssSha256,
        }
    }

    /// What the signature in the file is.
    #[must_use]
    pub const fn algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::EcdsaP256 => SignatureAlgorithm::EcdsaP256Sha256,
            Self::EcdsaP384 => SignatureAlgorithm::EcdsaP384Sha384,
            Self::RsaPkcs1 => SignatureAlgorithm::RsaPkcs1Sha256,
            Self::RsaPss => SignatureAlgorithm::RsaPssSha256,
        }
    }

    /// This one if a key of that kind can do it, else the first that it can: a doctor keeps the
    /// key of their certificate when the installation moves on.
    #[must_use]
    pub fn or_what_fits(self, key: DoctorKeyAlgorithm) -> Self {
        if self.key() == key { self } else { Self::ALL.into_iter().find(|one| one.key() == key).unwrap_or(self) }
    }
}

impl fmt::Display for DoctorSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DoctorSignature {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or(UnknownProfile)
    }
}

/// How the journal names the kind of a doctor's key.
#[must_use]
pub(crate) const fn key_name(key: DoctorKeyAlgorithm) -> &'static str {
    match key {
        DoctorKeyAlgorithm::P256 => "p-256",
        DoctorKeyAlgorithm::P384 => "p-384",
        DoctorKeyAlgorithm::Rsa3072 => "rsa-3072",
    }
}

/// The kind of key of that name.
pub(crate) fn key_named(name: &str) -> Result<DoctorKeyAlgorithm, UnknownProfile> {
    [DoctorKeyAlgorithm::P256, DoctorKeyAlgorithm::P384, DoctorKeyAlgorithm::Rsa3072]
        .into_iter()
        .find(|key| key_name(*key) == name)
        .ok_or(UnknownProfile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doctor_keeps_the_key_of_their_certificate() {
        use DoctorKeyAlgorithm::{P256, P384, Rsa3072};
        for (wanted, key, used) in [
            ("ecdsa-p256", P256, "ecdsa-p256"),
            ("ecdsa-p256", Rsa3072, "rsa-pkcs1"),
            ("rsa-pss", Rsa3072, "rsa-pss"),
            ("rsa-pss", P256, "ecdsa-p256"),
            ("rsa-pss", P384, "ecdsa-p384"),
        ] {
            let wanted: DoctorSignature = wanted.parse().unwrap();
            assert_eq!(wanted.or_what_fits(key).as_str(), used);
        }
        assert!("rsa".parse::<DoctorSignature>().is_err() && "b-x".parse::<Level>().is_err());
        assert!(Level::ALL.is_sorted());
        assert!(Level::ALL.into_iter().all(|level| level.to_string().parse() == Ok(level)));
    }
}
