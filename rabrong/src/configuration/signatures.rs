//! `[signer.signatures]`: what the installation's signatures are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// `[signer.signatures]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signatures {
    /// Baseline level of signed documents: `b-b`, `b-t`, `b-lt` or `b-lta` (the default).
    pub level: SignatureLevel,
    /// How doctors sign: `ecdsa-p256` (the default), `ecdsa-p384`, `rsa-pkcs1` or `rsa-pss`. Certificates
    /// issued from now on have keys of this kind; those in force keep theirs.
    pub doctor_signature: DoctorSignature,
    /// The day from which a digest proves nothing any more, e.g. `sha256 = "2040-01-01"`: files whose
    /// proof rests on it are renewed before.
    pub algorithm_ends: BTreeMap<String, String>,
}

/// Baseline levels (ETSI EN 319 142-1 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureLevel {
    /// The signature.
    BB,
    /// And a time-stamp over it.
    BT,
    /// And what is needed to check it later.
    BLt,
    /// And a time-stamp over all of that.
    #[default]
    BLta,
}

/// How doctors sign (ETSI TS 119 312).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DoctorSignature {
    /// ECDSA on P-256.
    #[default]
    #[serde(rename = "ecdsa-p256")]
    EcdsaP256,
    /// ECDSA on P-384.
    #[serde(rename = "ecdsa-p384")]
    EcdsaP384,
    /// RSA with 3072 bits, PKCS #1 v1.5.
    #[serde(rename = "rsa-pkcs1")]
    RsaPkcs1,
    /// RSA with 3072 bits, PSS.
    #[serde(rename = "rsa-pss")]
    RsaPss,
}

impl Signatures {
    /// The first digest whose day is no date.
    pub(super) fn check(&self) -> Result<(), String> {
        let wrong = self.algorithm_ends.iter().find(|(_, day)| midnight(day).is_none());
        wrong.map_or(Ok(()), |(name, _)| Err(name.clone()))
    }

    /// When digests are given up.
    #[must_use]
    pub fn algorithm_ends(&self) -> BTreeMap<String, OffsetDateTime> {
        self.algorithm_ends.iter().filter_map(|(name, day)| Some((name.clone(), midnight(day)?))).collect()
    }
}

fn midnight(day: &str) -> Option<OffsetDateTime> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    Date::parse(day, format).ok().map(|day| day.midnight().assume_utc())
}

impl From<SignatureLevel> for signer::signature_profile::Level {
    fn from(level: SignatureLevel) -> Self {
        match level {
            SignatureLevel::BB => Self::Basic,
            SignatureLevel::BT => Self::TimeStamped,
            SignatureLevel::BLt => Self::LongTerm,
            SignatureLevel::BLta => Self::Archival,
        }
    }
}

impl From<DoctorSignature> for signer::signature_profile::DoctorSignature {
    fn from(signature: DoctorSignature) -> Self {
        match signature {
            DoctorSignature::EcdsaP256 => Self::EcdsaP256,
            DoctorSignature::EcdsaP384 => Self::EcdsaP384,
            DoctorSignature::RsaPkcs1 => Self::RsaPkcs1,
            DoctorSignature::RsaPss => Self::RsaPss,
        }
    }
}
