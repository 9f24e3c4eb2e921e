//! Which signatures count, and their verification by aws-lc-rs.

use aws_lc_rs::{digest, signature};

use super::asn1::{Algorithm, INTEGER, Malformed, OID, Parsed, SEQUENCE};
use super::certificate::PublicKey;
use super::oid;

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureFault {
    /// The mathematics say no.
    Wrong,
    /// MD5, SHA-1 or a short key.
    Weak,
    /// An algorithm or parameters not verified here.
    Unsupported,
}

/// The hash functions in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(crate) fn of(algorithm: Algorithm<'_>) -> Result<Self, SignatureFault> {
        match algorithm.oid {
            oid::SHA256 => Ok(Self::Sha256),
            oid::SHA384 => Ok(Self::Sha384),
            oid::SHA512 => Ok(Self::Sha512),
            oid::SHA1 | oid::MD5 => Err(SignatureFault::Weak),
            _ => Err(SignatureFault::Unsupported),
        }
    }

    pub(crate) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = digest::Context::new(match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        });
        parts.iter().for_each(|part| context.update(part));
        context.finish().as_ref().to_vec()
    }
}

/// SHA-256 in one go.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// SHA-256 over several parts.
pub(crate) fn sha256_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// SHA-1, only to recognise something by a digest that a signature covers.
pub(crate) fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut out = [0; 20];
    out.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
    out
}

/// Verifies `value` over `message`. `hash` is for CMS, whose signature algorithm may be bare `rsaEncryption`.
pub(crate) fn verify(
    key: &PublicKey<'_>,
    algorithm: Algorithm<'_>,
    hash: Option<Hash>,
    message: &[u8],
    value: &[u8],
) -> Result<(), SignatureFault> {
    use SignatureFault::{Unsupported, Weak, Wrong};
    let method: &'static dyn signature::VerificationAlgorithm = match (key.algorithm.oid, algorithm.oid) {
        (_, oid::RSA_SHA1 | oid::RSA_MD5 | oid::ECDSA_SHA1) => return Err(Weak),
        (oid::RSA, oid::RSA) => rsa_pkcs1(hash.ok_or(Unsupported)?),
        (oid::RSA, oid::RSA_SHA256) => rsa_pkcs1(Hash::Sha256),
        (oid::RSA, oid::RSA_SHA384) => rsa_pkcs1(Hash::Sha384),
        (oid::RSA, oid::RSA_SHA512) => rsa_pkcs1(Hash::Sha512),
        (oid::RSA | oid::RSA_PSS, oid::RSA_PSS) => rsa_pss(algorithm)?,
        // RFC 8410 §3: no parameters; RFC 8419 §3.1 has it in CMS over SHA-512.
        (oid::ED25519, oid::ED25519) if algorithm.parameters.is_none() => &signature::ED25519,
        (oid::EC, _) => {
            let curve = key.algorithm.parameters.filter(|p| p.tag == OID).map(|p| p.value);
            let hash = match algorithm.oid {
                oid::ECDSA_SHA256 => Hash::Sha256,
                oid::ECDSA_SHA384 => Hash::Sha384,
                oid::ECDSA_SHA512 => Hash::Sha512,
                oid::EC => hash.ok_or(Unsupported)?,
                _ => return Err(Unsupported),
            };
            match (curve, hash) {
                (Some(oid::P256), Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
                (Some(oid::P256), Hash::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
                (Some(oid::P256), Hash::Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
                (Some(oid::P384), Hash::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
                (Some(oid::P384), Hash::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
                (Some(oid::P384), Hash::Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
                (Some(oid::P521), Hash::Sha256) => &signature::ECDSA_P521_SHA256_ASN1,
                (Some(oid::P521), Hash::Sha384) => &signature::ECDSA_P521_SHA384_ASN1,
                (Some(oid::P521), Hash::Sha512) => &signature::ECDSA_P521_SHA512_ASN1,
                _ => return Err(Unsupported),
            }
        }
        _ => return Err(Unsupported),
    };
    strong(key)?;
    signature::UnparsedPublicKey::new(method, key.bits).verify(message, value).map_err(|_| Wrong)
}

/// Whether a key is of a kind and size that signs here: RSA from 2048 bits, the NIST curves by name, Ed25519.
pub(crate) fn strong(key: &PublicKey<'_>) -> Result<(), SignatureFault> {
    use SignatureFault::{Unsupported, Weak};
    match key.algorithm.oid {
        oid::RSA | oid::RSA_PSS => match modulus_bits(key.bits).map_err(|Malformed| Unsupported)? {
            0..2048 => Err(Weak),
            2048..=8192 => Ok(()),
            _ => Err(Unsupported),
        },
        oid::EC => match key.algorithm.parameters.filter(|p| p.tag == OID).map(|p| p.value) {
            Some(oid::P256 | oid::P384 | oid::P521) => Ok(()),
            _ => Err(Unsupported),
        },
        oid::ED25519 => Ok(()),
        _ => Err(Unsupported),
    }
}

fn rsa_pkcs1(hash: Hash) -> &'static dyn signature::VerificationAlgorithm {
    match hash {
        Hash::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Hash::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
    }
}

/// RFC 4055 §3.1: hash and MGF1 hash the same, salt as long as the hash.
fn rsa_pss(algorithm: Algorithm<'_>) -> Result<&'static dyn signature::VerificationAlgorithm, SignatureFault> {
    let parsed = (|| -> Parsed<(Algorithm<'_>, Algorithm<'_>, u32)> {
        let mut inside = algorithm.parameters.filter(|p| p.tag == SEQUENCE).ok_or(Malformed)?.inside();
        let hash = Algorithm::parse(inside.expect(0xa0)?.inside().any()?)?;
        let mask = Algorithm::parse(inside.expect(0xa1)?.inside().any()?)?;
        let salt = inside.expect(0xa2)?.inside().expect(INTEGER)?.value;
        if mask.oid != oid::MGF1 || salt.len() > 2 {
            return Err(Malformed);
        }
        let mask_hash = Algorithm::parse(mask.parameters.ok_or(Malformed)?)?;
        Ok((hash, mask_hash, salt.iter().fold(0, |n, b| n << 8 | u32::from(*b))))
    })();
    // The defaults of RSASSA-PSS-params are SHA-1.
    let (hash, mask_hash, salt) = parsed.map_err(|Malformed| SignatureFault::Weak)?;
    let hash = Hash::of(hash)?;
    match (Hash::of(mask_hash)? == hash, hash, salt) {
        (true, Hash::Sha256, 32) => Ok(&signature::RSA_PSS_2048_8192_SHA256),
        (true, Hash::Sha384, 48) => Ok(&signature::RSA_PSS_2048_8192_SHA384),
        (true, Hash::Sha512, 64) => Ok(&signature::RSA_PSS_2048_8192_SHA512),
        _ => Err(SignatureFault::Unsupported),
    }
}

pub(crate) fn modulus_bits(key: &[u8]) -> Parsed<usize> {
    let mut inside = super::asn1::single(key, SEQUENCE)?.inside();
    let modulus = inside.expect(INTEGER)?.value;
    let zeros = modulus.iter().take_while(|b| **b == 0).count();
    let top = modulus.get(zeros).ok_or(Malformed)?;
    Ok((modulus.len() - zeros) * 8 - top.leading_zeros() as usize)
}
