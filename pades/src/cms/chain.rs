//! The certificates that travel with a signature.

use crate::Error;
use der::{Decode, Encode};
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::oid::ObjectIdentifier;

/// id-ecPublicKey (RFC 5480 §2.1.1).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// secp256r1 (RFC 5480 §2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// The signer's certificate and those above it, without the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningChain {
    signer: Certificate,
    signer_digest: [u8; 32],
    digest: [u8; 32],
    above: Vec<Certificate>,
}

impl SigningChain {
    /// Reads certificates in DER, the signer's first, each issued by the next.
    ///
    /// # Errors
    /// If one is not DER, is a root, does not follow, or if the signer's key is not on P-256.
    pub fn from_der(certificates: &[&[u8]]) -> Result<Self, Error> {
        let mut parsed = Vec::with_capacity(certificates.len());
        for (index, der) in certificates.iter().enumerate() {
            let malformed = Error::MalformedCertificate { index };
            let certificate = Certificate::from_der(der).map_err(|_| malformed.clone())?;
            // What is embedded is what was given, or its digest would be another.
            if certificate.to_der()? != *der {
                return Err(malformed);
            }
            let tbs = certificate.tbs_certificate();
            if tbs.subject() == tbs.issuer() {
                return Err(Error::RootInChain { index });
            }
            parsed.push(certificate);
        }
        for (index, pair) in parsed.windows(2).enumerate() {
            if let [below, above] = pair
                && below.tbs_certificate().issuer() != above.tbs_certificate().subject()
            {
                return Err(Error::BrokenChain { index });
            }
        }
        let signer_digest = certificates.first().map(|der| Sha256::digest(der).into()).ok_or(Error::NoCertificate)?;
        let mut hash = Sha256::new();
        for der in certificates {
            hash.update(Sha256::digest(der));
        }
        let digest = hash.finalize().into();
        let mut parsed = parsed.into_iter();
        let signer = parsed.next().ok_or(Error::NoCertificate)?;
        let algorithm = &signer.tbs_certificate().subject_public_key_info().algorithm;
        let curve = algorithm.parameters.as_ref().and_then(|parameters| parameters.decode_as().ok());
        if algorithm.oid != EC_PUBLIC_KEY || curve != Some(P256) {
            return Err(Error::UnsupportedKey);
        }
        Ok(Self { signer, signer_digest, digest, above: parsed.collect() })
    }

    /// The signer's certificate.
    #[must_use]
    pub const fn signer(&self) -> &Certificate {
        &self.signer
    }

    /// SHA-256 of the signer's certificate in DER.
    #[must_use]
    pub const fn signer_digest(&self) -> [u8; 32] {
        self.signer_digest
    }

    /// SHA-256 over the SHA-256 of each certificate, the signer's first.
    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// All certificates, the signer's first.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.signer).chain(&self.above)
    }
}
