//! The credential's public key: a `COSE_Key` for ES256 on P-256 (§6.5.1.1), nothing else.

use super::Error;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use ciborium::Value;
use coset::iana::{Algorithm, Ec2KeyParameter, EllipticCurve, EnumI64, KeyType as Kty};
use coset::{CborSerializable, CoseKey, KeyType, Label, RegisteredLabelWithPrivate};

/// An ES256 key takes 77 bytes.
const MAX_COSE_KEY: usize = 512;
/// SEC 1 §2.3.3: an uncompressed point of P-256.
const UNCOMPRESSED_POINT: usize = 65;

/// Parses and checks the key; the result verifies signatures.
pub(super) fn parse(cose_key: &[u8]) -> Result<ParsedPublicKey, Error> {
    if cose_key.len() > MAX_COSE_KEY {
        return Err(Error::TooLarge("the credential's public key"));
    }
    let key = CoseKey::from_slice(cose_key).map_err(|_| Error::PublicKey)?;
    match &key.alg {
        Some(RegisteredLabelWithPrivate::Assigned(Algorithm::ES256)) => {}
        Some(RegisteredLabelWithPrivate::Assigned(other)) => return Err(Error::Algorithm(Some(other.to_i64()))),
        Some(RegisteredLabelWithPrivate::PrivateUse(other)) => return Err(Error::Algorithm(Some(*other))),
        Some(RegisteredLabelWithPrivate::Text(_)) | None => return Err(Error::Algorithm(None)),
    }
    let parameter = |label: Ec2KeyParameter| {
        let label = Label::Int(label.to_i64());
        key.params.iter().find(|(found, _)| *found == label).map(|(_, value)| value)
    };
    let curve = Value::from(EllipticCurve::P_256.to_i64());
    let is_public_p256 = key.kty == KeyType::Assigned(Kty::EC2)
        && parameter(Ec2KeyParameter::Crv) == Some(&curve)
        && parameter(Ec2KeyParameter::D).is_none();
    if !is_public_p256 {
        return Err(Error::PublicKey);
    }
    // §6.5.1.1: "the compressed point form MUST NOT be used".
    let point = key.to_sec1_octet_string().map_err(|_| Error::PublicKey)?;
    if point.len() != UNCOMPRESSED_POINT {
        return Err(Error::PublicKey);
    }
    ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).map_err(|_| Error::PublicKey)
}
