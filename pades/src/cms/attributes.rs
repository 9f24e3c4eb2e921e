//! What the signer's key really signs.

use crate::Error;
use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Encode, Sequence};
use sha2::{Digest, Sha256};
use x509_cert::attr::{Attribute, Attributes};

/// id-contentType (RFC 5652 §11.1).
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
/// id-messageDigest (RFC 5652 §11.2).
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
/// id-aa-signingCertificateV2 (RFC 5035 §3).
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// id-data (RFC 5652 §4).
pub(super) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");

/// ```text
/// SigningCertificateV2 ::= SEQUENCE {
///     certs    SEQUENCE OF ESSCertIDv2,
///     policies SEQUENCE OF PolicyInformation OPTIONAL }
/// ```
/// RFC 5035 §3; one certificate is named and no policies.
#[derive(Clone, Debug, Sequence)]
struct SigningCertificateV2 {
    certs: Vec<EssCertIdV2>,
}

/// ```text
/// ESSCertIDv2 ::= SEQUENCE {
///     hashAlgorithm AlgorithmIdentifier DEFAULT {algorithm id-sha256},
///     certHash      Hash,
///     issuerSerial  IssuerSerial OPTIONAL }
/// ```
/// RFC 5035 §4. DER leaves the default out; issuer and serial stand in the signer's identifier.
#[derive(Clone, Debug, Sequence)]
struct EssCertIdV2 {
    cert_hash: OctetString,
}

/// The signed attributes of a PAdES baseline signature: content-type, message-digest and
/// signing-certificate-v2.
///
/// No signing-time: in a PDF the time is `/M` (ETSI EN 319 142-1 §6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAttributes {
    pub(super) attributes: Attributes,
    pub(super) certificate_digest: [u8; 32],
    der: Vec<u8>,
}

impl SignedAttributes {
    /// Attributes over content with that SHA-256 digest, for the certificate in DER.
    ///
    /// # Errors
    /// [`Error::Der`]; not for a digest and a certificate of ordinary length.
    pub fn new(content_digest: [u8; 32], signing_certificate_der: &[u8]) -> Result<Self, Error> {
        Self::for_certificate_digest(content_digest, Sha256::digest(signing_certificate_der).into())
    }

    pub(crate) fn for_certificate_digest(
        content_digest: [u8; 32],
        certificate_digest: [u8; 32],
    ) -> Result<Self, Error> {
        let certificate = EssCertIdV2 { cert_hash: OctetString::new(certificate_digest)? };
        let attributes: Attributes = SetOfVec::try_from(vec![
            attribute(CONTENT_TYPE, Any::encode_from(&DATA)?)?,
            attribute(MESSAGE_DIGEST, Any::encode_from(&OctetString::new(content_digest)?)?)?,
            attribute(SIGNING_CERTIFICATE_V2, Any::encode_from(&SigningCertificateV2 { certs: vec![certificate] })?)?,
        ])?;
        let der = attributes.to_der()?;
        Ok(Self { attributes, certificate_digest, der })
    }

    /// The attributes as `SET OF` in DER: the message that is signed (RFC 5652 §5.4).
    #[must_use]
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 over [`Self::to_der`]: what the token signs.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }
}

fn attribute(oid: ObjectIdentifier, value: Any) -> Result<Attribute, Error> {
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}
