//! With what doctors sign.

use crate::x509::algorithm::{Hash, modulus_bits};
use crate::x509::asn1::OID;
use crate::x509::certificate::PublicKey;
use crate::x509::oid;
use aws_lc_rs::signature::{self, VerificationAlgorithm};

/// The signature algorithms of doctors' keys, each with its digest (ETSI TS 119 312 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256 over SHA-256.
    EcdsaP256Sha256,
    /// ECDSA on P-384 over SHA-384.
    EcdsaP384Sha384,
    /// RSASSA-PKCS1-v1_5 with 3072 bits over SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PSS with 3072 bits over SHA-256, MGF1 over SHA-256, 32 bytes of salt (RFC 4056 §3).
    RsaPssSha256,
}

/// Bits of an RSA modulus.
const RSA_BITS: usize = 3072;

impl SignatureAlgorithm {
    /// The digest of content and attributes.
    pub(crate) const fn hash(self) -> Hash {
        match self {
            Self::EcdsaP384Sha384 => Hash::Sha384,
            _ => Hash::Sha256,
        }
    }

    /// The longest signature in bytes: of ECDSA, two integers in DER (RFC 5480 appendix A).
    pub(super) const fn longest(self) -> usize {
        match self {
            Self::EcdsaP256Sha256 => 2 + 2 * (2 + 33),
            Self::EcdsaP384Sha384 => 2 + 2 * (2 + 49),
            Self::RsaPkcs1Sha256 | Self::RsaPssSha256 => RSA_BITS / 8,
        }
    }

    /// Whether a key is of the kind that signs so.
    pub(super) fn fits(self, key: &PublicKey<'_>) -> bool {
        let curve = key.algorithm.parameters.filter(|p| p.tag == OID).map(|p| p.value);
        match self {
            Self::EcdsaP256Sha256 => key.algorithm.oid == oid::EC && curve == Some(oid::P256),
            Self::EcdsaP384Sha384 => key.algorithm.oid == oid::EC && curve == Some(oid::P384),
            Self::RsaPkcs1Sha256 | Self::RsaPssSha256 => {
                key.algorithm.oid == oid::RSA && modulus_bits(key.bits) == Ok(RSA_BITS)
            }
        }
    }

    pub(super) fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::EcdsaP256Sha256 => &signature::ECDSA_P256_SHA256_ASN1,
            Self::EcdsaP384Sha384 => &signature::ECDSA_P384_SHA384_ASN1,
            Self::RsaPkcs1Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::RsaPssSha256 => &signature::RSA_PSS_2048_8192_SHA256,
        }
    }

    /// `AlgorithmIdentifier` of the digest, without parameters (RFC 5754 §2).
    pub(super) const fn digest_identifier(self) -> &'static [u8] {
        match self {
            // SEQUENCE { 2.16.840.1.101.3.4.2.2 }
            Self::EcdsaP384Sha384 => &[0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2],
            // SEQUENCE { 2.16.840.1.101.3.4.2.1 }
            _ => &[0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1],
        }
    }

    /// `AlgorithmIdentifier` of the signature (RFC 5754 §3).
    pub(crate) const fn identifier(self) -> &'static [u8] {
        match self {
            // ecdsa-with-SHA256, -SHA384: no parameters (RFC 5754 §3.3).
            Self::EcdsaP256Sha256 => &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2],
            Self::EcdsaP384Sha384 => &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3],
            // sha256WithRSAEncryption, NULL (RFC 5754 §3.2).
            Self::RsaPkcs1Sha256 => &[0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b, 5, 0],
            // RFC 4055 §3.1: id-RSASSA-PSS, { [0] SHA-256, [1] MGF1 { SHA-256 }, [2] 32 }, trailerField left out.
            Self::RsaPssSha256 => &[
                0x30, 0x41, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0a, 0x30, 0x34, // RSASSA-PSS-params
                0xa0, 0x0f, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, // hashAlgorithm
                0xa1, 0x1c, 0x30, 0x1a, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8, // maskGenAlgorithm
                0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, // its hash
                0xa2, 3, 2, 1, 32, // saltLength
            ],
        }
    }
}
