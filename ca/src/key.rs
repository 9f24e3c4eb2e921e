//! Public keys and the ECDSA signatures made with them.

use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ParsedPublicKey};
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode, Encode};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::Error;
use crate::oid;

/// The curves in use here (RFC 5480 §2.1.1.1), each with the digest that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// secp256r1, signatures over SHA-256: everything but the root.
    P256,
    /// secp384r1, signatures over SHA-384: the root.
    P384,
}

impl Curve {
    const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => oid::SECP256R1,
            Self::P384 => oid::SECP384R1,
        }
    }

    /// Octets of an uncompressed point (SEC 1 §2.3.3).
    const fn point_length(self) -> usize {
        match self {
            Self::P256 => 65,
            Self::P384 => 97,
        }
    }

    /// `ecdsa-with-SHA256` or `-SHA384`, parameters absent (RFC 5758 §3.2).
    pub(crate) const fn signature_algorithm(self) -> AlgorithmIdentifierOwned {
        let oid = match self {
            Self::P256 => oid::ECDSA_WITH_SHA256,
            Self::P384 => oid::ECDSA_WITH_SHA384,
        };
        AlgorithmIdentifierOwned { oid, parameters: None }
    }

    /// The digest that goes with the curve.
    pub(crate) const fn digest_oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => oid::SHA256,
            Self::P384 => oid::SHA384,
        }
    }

    /// The digest of `message` that a key on this curve signs: 32 or 48 octets.
    pub(crate) fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256 => Sha256::digest(message).to_vec(),
            Self::P384 => Sha384::digest(message).to_vec(),
        }
    }
}

/// A checked public key: one of our curves, an uncompressed point that lies on it.
#[derive(Clone)]
pub struct PublicKey {
    curve: Curve,
    point: Vec<u8>,
    /// The point, ready to verify with.
    parsed: Arc<ParsedPublicKey>,
    info: SubjectPublicKeyInfoOwned,
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.info == other.info
    }
}

impl Eq for PublicKey {}

impl PublicKey {
    /// Reads and checks a DER `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`Error::Malformed`], or [`Error::Key`] for another algorithm, curve or encoding (RFC 5480 §2) or a point
    /// that is not on the curve.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, Error> {
        if der.len() > 512 {
            return Err(Error::TooLarge { what: "SubjectPublicKeyInfo" });
        }
        let info = SubjectPublicKeyInfoOwned::from_der(der).map_err(Error::malformed("SubjectPublicKeyInfo"))?;
        Self::from_spki(info)
    }

    pub(crate) fn from_spki(info: SubjectPublicKeyInfoOwned) -> Result<Self, Error> {
        if info.algorithm.oid != oid::EC_PUBLIC_KEY {
            return Err(Error::Key { why: "not an elliptic-curve key" });
        }
        let named: Option<ObjectIdentifier> =
            info.algorithm.parameters.as_ref().and_then(|parameters| parameters.decode_as().ok());
        let curve = match named {
            Some(oid::SECP256R1) => Curve::P256,
            Some(oid::SECP384R1) => Curve::P384,
            _ => return Err(Error::Key { why: "the curve is neither P-256 nor P-384" }),
        };
        let point = info.subject_public_key.as_bytes().unwrap_or_default().to_vec();
        if point.len() != curve.point_length() || point.first() != Some(&0x04) {
            return Err(Error::Key { why: "the point is not in uncompressed form" });
        }
        let parsed = Arc::new(parse_point(curve, &point)?);
        Ok(Self { curve, point, parsed, info })
    }

    /// Builds the DER `SubjectPublicKeyInfo` of an uncompressed point, as a token hands it out.
    ///
    /// # Errors
    /// As [`Self::from_spki_der`].
    pub fn from_point(curve: Curve, point: &[u8]) -> Result<Self, Error> {
        let what = "SubjectPublicKeyInfo";
        let named = curve.oid();
        let info = spki::SubjectPublicKeyInfoRef {
            algorithm: spki::AlgorithmIdentifierRef { oid: oid::EC_PUBLIC_KEY, parameters: Some(AnyRef::from(&named)) },
            subject_public_key: BitStringRef::from_bytes(point).map_err(Error::encoding(what))?,
        };
        Self::from_spki_der(&info.to_der().map_err(Error::encoding(what))?)
    }

    /// The curve.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// SHA-1 over the value of the `subjectPublicKey` BIT STRING: the key identifier of RFC 5280 §4.2.1.2 (1) and
    /// the `byKey` of RFC 6960 §4.2.1. It names the key; nothing rests on its collision resistance.
    #[must_use]
    pub fn identifier(&self) -> [u8; 20] {
        Sha1::digest(&self.point).into()
    }

    /// The uncompressed point.
    #[must_use]
    pub fn point(&self) -> &[u8] {
        &self.point
    }

    /// DER of the `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`Error::Encoding`].
    pub fn to_spki_der(&self) -> Result<Vec<u8>, Error> {
        self.info.to_der().map_err(Error::encoding("SubjectPublicKeyInfo"))
    }

    pub(crate) const fn spki(&self) -> &SubjectPublicKeyInfoOwned {
        &self.info
    }

    /// Checks a DER `ECDSA-Sig-Value` over `message`, hashed with the curve's digest.
    ///
    /// # Errors
    /// [`Error::Signature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.parsed.verify_sig(message, signature).map_err(|_| Error::Signature)
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({:?})", self.curve)
    }
}

fn parse_point(curve: Curve, point: &[u8]) -> Result<ParsedPublicKey, Error> {
    let parsed = match curve {
        Curve::P256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point),
        Curve::P384 => ParsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, point),
    };
    parsed.map_err(|_| Error::Key { why: "the point is not on the curve" })
}
