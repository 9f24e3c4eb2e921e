//! Reading a PKCS#10 request: the one place where somebody outside hands us a public key.
//!
//! The request gives its key and shows that whoever made it holds the private half. Nothing else in it is believed:
//! what the certificate will say comes from the installation's own records.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    EcdsaVerificationAlgorithm, UnparsedPublicKey,
};
use der::asn1::{AnyRef, BitStringRef, UintRef};
use der::{Decode, Encode, Header, Reader, Sequence, SliceReader, Tag, TagNumber};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::name::Name;

use crate::weak_keys::refuse_weak;
use crate::{Curve, Error, PublicKey, oid};

/// The largest request read, in octets.
const MAX_REQUEST: usize = 8 * 1024;

/// The most attributes of the subject, and of the request.
const MAX_ITEMS: usize = 16;

/// RFC 2986 §4.2, with the signed part as the octets that were signed:
///
/// ```text
/// CertificationRequest ::= SEQUENCE {
///     certificationRequestInfo  CertificationRequestInfo,
///     signatureAlgorithm        AlgorithmIdentifier,
///     signature                 BIT STRING }
/// ```
#[derive(Clone, Debug, Sequence)]
struct CertificationRequest<'a> {
    info: AnyRef<'a>,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: BitStringRef<'a>,
}

/// A request whose maker holds the private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningRequest {
    /// The key to be certified: P-256 or P-384.
    pub public_key: PublicKey,
    /// The subject it asks for, as one line (RFC 4514): to be shown, not believed.
    pub asked_subject: String,
}

/// Reads a DER `CertificationRequest` (RFC 2986) and checks its proof of possession.
///
/// # Errors
/// [`Error::TooLarge`] beyond 8 KiB or 16 attributes; [`Error::Malformed`] for anything that is not strict DER of
/// version 1; [`Error::Key`] for a key that this PKI does not certify, a weak one among them; [`Error::Value`] for a
/// signature that is not ECDSA with SHA-256 or SHA-384; [`Error::Signature`] if it was not made with that key.
pub fn parse(der: &[u8]) -> Result<SigningRequest, Error> {
    let what = "certification request";
    if der.len() > MAX_REQUEST {
        return Err(Error::TooLarge { what });
    }
    let request = CertificationRequest::from_der(der).map_err(Error::malformed(what))?;
    let info = request.info.to_der().map_err(Error::malformed(what))?;
    let (subject, key) = read_info(request.info)?;
    if subject.iter().count() > MAX_ITEMS {
        return Err(Error::TooLarge { what });
    }
    let public_key = PublicKey::from_spki(key)?;
    refuse_weak(&public_key)?;
    let algorithm = verification(public_key.curve(), &request.signature_algorithm)?;
    let signature = request.signature.as_bytes().ok_or(Error::Malformed { what })?;
    UnparsedPublicKey::new(algorithm, public_key.point()).verify(&info, signature).map_err(|_| Error::Signature)?;
    Ok(SigningRequest { public_key, asked_subject: subject.to_string() })
}

/// RFC 2986 §4.1:
///
/// ```text
/// CertificationRequestInfo ::= SEQUENCE {
///     version        INTEGER { v1(0) },
///     subject        Name,
///     subjectPKInfo  SubjectPublicKeyInfo,
///     attributes     [0] IMPLICIT SET OF Attribute }
/// ```
///
/// The attributes are walked over and counted, not read: no extension that somebody asks for is granted.
fn read_info(info: AnyRef<'_>) -> Result<(Name, SubjectPublicKeyInfoOwned), Error> {
    let what = "certification request";
    if info.header().tag() != Tag::Sequence {
        return Err(Error::Malformed { what });
    }
    let bad = |_: der::Error| Error::Malformed { what };
    let mut reader = SliceReader::new(info.value()).map_err(bad)?;
    if UintRef::decode(&mut reader).map_err(bad)?.as_bytes() != [0] {
        return Err(Error::Malformed { what });
    }
    let subject = Name::decode(&mut reader).map_err(bad)?;
    let key = SubjectPublicKeyInfoOwned::decode(&mut reader).map_err(bad)?;
    skip_attributes(&mut reader).map_err(bad)?.then_some((subject, key)).ok_or(Error::TooLarge { what })
}

/// Whether there are few enough.
fn skip_attributes(reader: &mut SliceReader<'_>) -> der::Result<bool> {
    let header = Header::decode(reader)?;
    let expected = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
    header.tag().assert_eq(expected)?;
    let content = reader.read_slice(header.length())?;
    if !reader.is_finished() {
        return Err(Tag::Sequence.length_error().into());
    }
    let mut attributes = SliceReader::new(content)?;
    let mut count = 0;
    while !attributes.is_finished() {
        AnyRef::decode(&mut attributes)?.header().tag().assert_eq(Tag::Sequence)?;
        count += 1;
    }
    Ok(count <= MAX_ITEMS)
}

/// RFC 5758 §3.2: parameters absent. Common tools sign with SHA-256 whatever the curve.
fn verification(
    curve: Curve,
    algorithm: &AlgorithmIdentifierOwned,
) -> Result<&'static EcdsaVerificationAlgorithm, Error> {
    let refused = Err(Error::Value { what: "signature algorithm of the certification request" });
    if algorithm.parameters.is_some() {
        return refused;
    }
    match (curve, algorithm.oid) {
        (Curve::P256, oid::ECDSA_WITH_SHA256) => Ok(&ECDSA_P256_SHA256_ASN1),
        (Curve::P256, oid::ECDSA_WITH_SHA384) => Ok(&ECDSA_P256_SHA384_ASN1),
        (Curve::P384, oid::ECDSA_WITH_SHA256) => Ok(&ECDSA_P384_SHA256_ASN1),
        (Curve::P384, oid::ECDSA_WITH_SHA384) => Ok(&ECDSA_P384_SHA384_ASN1),
        _ => refused,
    }
}
