//! The certificates that travel with a signature.

use super::attributes::attribute;
use super::write::{set_of, tlv};
use super::{SignatureAlgorithm, signed_data};
use crate::Error;
use crate::x509::algorithm::sha256;
use crate::x509::asn1::{INTEGER, OCTET_STRING, OID, SEQUENCE};
use crate::x509::certificate::Certificate;
use crate::x509::oid;
use aws_lc_rs::signature::ParsedPublicKey;
use std::sync::Arc;

/// The signer's certificate and those above it, without the root, and how the signer signs.
///
/// Cheap to clone: a batch prepares it once.
#[derive(Clone)]
pub struct SigningChain(Arc<Parts>);

/// What of every signature is the same, encoded once.
pub(crate) struct Parts {
    pub(super) algorithm: SignatureAlgorithm,
    key: ParsedPublicKey,
    signer_digest: [u8; 32],
    digest: [u8; 32],
    /// `certificates [0] IMPLICIT CertificateSet`
    pub(super) certificates: Vec<u8>,
    /// `IssuerAndSerialNumber`
    pub(super) identifier: Vec<u8>,
    /// The attribute content-type.
    pub(super) content_type: Vec<u8>,
    /// The attribute signing-certificate-v2.
    pub(super) signing_certificate: Vec<u8>,
    /// Length of the longest structure without unsigned attributes.
    pub(super) longest: usize,
}

impl SigningChain {
    /// Reads certificates in DER, the signer's first, each issued by the next.
    ///
    /// # Errors
    /// If one is not DER, is a root, does not follow, or if the signer's key is of another kind than the
    /// algorithm's.
    pub fn from_der(certificates: &[&[u8]], algorithm: SignatureAlgorithm) -> Result<Self, Error> {
        let mut parsed: Vec<Certificate<'_>> = Vec::with_capacity(certificates.len());
        for (index, der) in certificates.iter().enumerate() {
            let certificate = Certificate::parse(der).map_err(|_| Error::MalformedCertificate { index })?;
            if certificate.subject == certificate.issuer {
                return Err(Error::RootInChain { index });
            }
            parsed.push(certificate);
        }
        for (index, pair) in parsed.windows(2).enumerate() {
            if let [below, above] = pair
                && below.issuer != above.subject
            {
                return Err(Error::BrokenChain { index });
            }
        }
        let signer = parsed.first().ok_or(Error::NoCertificate)?;
        if !algorithm.fits(&signer.key) {
            return Err(Error::UnsupportedKey);
        }
        let key = ParsedPublicKey::new(algorithm.verification(), signer.key.bits).map_err(|_| Error::UnsupportedKey)?;
        let digests: Vec<u8> = certificates.iter().flat_map(|der| sha256(der)).collect();
        let signer_digest = sha256(signer.raw);
        // RFC 5035 §3: ESSCertIDv2 ::= SEQUENCE { hashAlgorithm DEFAULT sha256, certHash, issuerSerial OPTIONAL },
        // SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2, policies OPTIONAL }. Issuer and serial
        // number stand in the signer's identifier.
        let reference = tlv(SEQUENCE, &[&tlv(OCTET_STRING, &[&signer_digest])]);
        let mut parts = Parts {
            algorithm,
            key,
            signer_digest,
            digest: sha256(&digests),
            certificates: set_of(0xa0, certificates.iter().map(|der| der.to_vec()).collect()),
            identifier: tlv(SEQUENCE, &[signer.issuer, &tlv(INTEGER, &[signer.serial])]),
            content_type: attribute(oid::CONTENT_TYPE, &tlv(OID, &[oid::DATA])),
            signing_certificate: attribute(
                oid::SIGNING_CERTIFICATE_V2,
                &tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&reference])]),
            ),
            longest: 0,
        };
        parts.longest = signed_data::longest(&parts);
        Ok(Self(Arc::new(parts)))
    }

    /// How the signer signs.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm
    }

    /// SHA-256 of the signer's certificate in DER.
    #[must_use]
    pub fn signer_digest(&self) -> [u8; 32] {
        self.0.signer_digest
    }

    /// SHA-256 over the SHA-256 of each certificate, the signer's first.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.0.digest
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }

    /// Verifies a signature over `message` with the signer's key.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.0.key.verify_sig(message, signature).map_err(|_| Error::SignatureInvalid)
    }
}

impl PartialEq for SigningChain {
    fn eq(&self, other: &Self) -> bool {
        self.0.digest == other.0.digest && self.0.algorithm == other.0.algorithm
    }
}

impl Eq for SigningChain {}

impl std::fmt::Debug for SigningChain {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SigningChain").field("algorithm", &self.0.algorithm).finish_non_exhaustive()
    }
}
