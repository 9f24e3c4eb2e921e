//! A CA as the issuer of something.

use der::{Decode, Encode};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_cert::name::Name;

use crate::view::MAX_CERTIFICATE;
use crate::{Error, IssuerName, PublicKey, Validity};

/// A CA's name and key, read from its certificate.
#[derive(Debug, Clone)]
pub struct Issuer {
    published: IssuerName,
    pub(crate) name: Name,
    pub(crate) key: PublicKey,
    pub(crate) key_identifier: Vec<u8>,
    pub(crate) validity: Validity,
    pub(crate) hashes: IssuerHashes,
    certificate_der: Vec<u8>,
}

/// What OCSP requests name an issuer by (RFC 6960 §4.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IssuerHashes {
    pub(crate) name_sha1: [u8; 20],
    pub(crate) key_sha1: [u8; 20],
    pub(crate) name_sha256: [u8; 32],
    pub(crate) key_sha256: [u8; 32],
}

impl Issuer {
    /// Reads the CA's certificate, which is published under this name. Whether it is to be trusted is the caller's
    /// knowledge.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::TooLarge`], [`Error::Key`].
    pub fn from_certificate(der: &[u8], published: IssuerName) -> Result<Self, Error> {
        let what = "CA certificate";
        if der.len() > MAX_CERTIFICATE {
            return Err(Error::TooLarge { what });
        }
        let certificate = x509_cert::Certificate::from_der(der).map_err(Error::malformed(what))?;
        let tbs = certificate.tbs_certificate();
        let identifier: Option<(bool, SubjectKeyIdentifier)> = tbs.get_extension().map_err(Error::malformed(what))?;
        let (_, identifier) = identifier.ok_or(Error::Malformed { what })?;
        let key = PublicKey::from_spki(tbs.subject_public_key_info().clone())?;
        let name_der = tbs.subject().to_der().map_err(Error::encoding(what))?;
        Ok(Self {
            published,
            hashes: IssuerHashes {
                name_sha1: Sha1::digest(&name_der).into(),
                key_sha1: key.identifier(),
                name_sha256: Sha256::digest(&name_der).into(),
                key_sha256: Sha256::digest(key.point()).into(),
            },
            name: tbs.subject().clone(),
            key,
            key_identifier: identifier.0.as_bytes().to_vec(),
            validity: Validity::from_der(tbs.validity())?,
            certificate_der: der.to_vec(),
        })
    }

    /// What it is called in the journal, in addresses and in serial numbers.
    #[must_use]
    pub const fn published_name(&self) -> IssuerName {
        self.published
    }

    /// The CA's public key: what its signatures verify under.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// From when until when the CA's certificate is valid.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// Whether this CA signed the certificate, under its own name.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the certificate names another issuer or algorithm, [`Error::Signature`].
    pub(crate) fn verify_issued(&self, certificate: &x509_cert::Certificate) -> Result<(), Error> {
        let what = "certificate of another issuer";
        let tbs = certificate.tbs_certificate();
        let algorithm = self.key.curve().signature_algorithm();
        if *tbs.issuer() != self.name || *certificate.signature_algorithm() != algorithm {
            return Err(Error::Malformed { what });
        }
        let signed = tbs.to_der().map_err(Error::malformed(what))?;
        self.key.verify(&signed, certificate.signature().as_bytes().ok_or(Error::Signature)?)
    }

    /// DER of the CA's certificate.
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }
}
