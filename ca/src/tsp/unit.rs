//! The time-stamping unit: its certificate, and what of every token is the same.

use std::sync::Arc;

use der::{Decode, Encode};
use sha2::{Digest, Sha256};
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage};

use crate::asn1::write::{self, OCTET_STRING, SEQUENCE, SET, tlv};
use crate::instant::Validity;
use crate::view::MAX_CERTIFICATE;
use crate::{Error, Issuer, PublicKey, oid};

/// A time-stamping unit (EN 319 421 §3.1), read from its certificate and its CA's. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TimeStampingUnit(pub(super) Arc<Parts>);

/// Everything that does not change from token to token, encoded once.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) key: PublicKey,
    pub(super) validity: Validity,
    /// `[0] IMPLICIT CertificateSet`: the unit's certificate and its CA's.
    pub(super) certificates: Vec<u8>,
    /// `IssuerAndSerialNumber`
    pub(super) signer_identifier: Vec<u8>,
    /// `AlgorithmIdentifier` of the digest that goes with the key.
    pub(super) digest_algorithm: Vec<u8>,
    /// `AlgorithmIdentifier` of the signature.
    pub(super) signature_algorithm: Vec<u8>,
    /// The attribute content-type.
    pub(super) content_type: Vec<u8>,
    /// The attribute signing-certificate-v2.
    pub(super) signing_certificate: Vec<u8>,
}

impl TimeStampingUnit {
    /// Reads the unit's certificate, issued by `authority`.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is not a certificate for time-stamping alone, critically so (RFC 3161 §2.3), or has
    /// other uses of its key than signatures; [`Error::Signature`] if `authority` did not sign it; [`Error::TooLarge`],
    /// [`Error::Key`].
    pub fn from_certificate(der: &[u8], authority: &Issuer) -> Result<Self, Error> {
        let what = "time-stamping certificate";
        if der.len() > MAX_CERTIFICATE {
            return Err(Error::TooLarge { what });
        }
        let certificate = x509_cert::Certificate::from_der(der).map_err(Error::malformed(what))?;
        authority.verify_issued(&certificate)?;
        let tbs = certificate.tbs_certificate();
        let purposes: Option<(bool, ExtendedKeyUsage)> = tbs.get_extension().map_err(Error::malformed(what))?;
        let usage: Option<(bool, KeyUsage)> = tbs.get_extension().map_err(Error::malformed(what))?;
        let purpose = purposes.is_some_and(|(critical, purposes)| critical && purposes.0 == [oid::TIME_STAMPING]);
        let signs = usage.is_some_and(|(_, usage)| usage.digital_signature() && !usage.key_cert_sign());
        if !(purpose && signs) {
            return Err(Error::Malformed { what });
        }
        let key = PublicKey::from_spki(tbs.subject_public_key_info().clone())?;
        let encoded = |value: der::Result<Vec<u8>>| value.map_err(Error::encoding(what));
        let attribute = |oid, value: &[u8]| tlv(SEQUENCE, &[&write::identifier(oid), &tlv(SET, &[value])]);
        // RFC 5035 §3: ESSCertIDv2 ::= SEQUENCE { hashAlgorithm DEFAULT sha256, certHash, issuerSerial OPTIONAL },
        // SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2, policies OPTIONAL }. The signer's
        // identifier below names issuer and serial number already.
        let certificate_hash = tlv(OCTET_STRING, &[&Sha256::digest(der)]);
        let signing_certificate = tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&certificate_hash])])]);
        Ok(Self(Arc::new(Parts {
            validity: Validity::from_der(tbs.validity())?,
            certificates: write::set_of(
                write::constructed(0),
                vec![der.to_vec(), authority.certificate_der().to_vec()],
            ),
            signer_identifier: tlv(
                SEQUENCE,
                &[&encoded(tbs.issuer().to_der())?, &encoded(tbs.serial_number().to_der())?],
            ),
            digest_algorithm: tlv(SEQUENCE, &[&write::identifier(key.curve().digest_oid())]),
            signature_algorithm: encoded(key.curve().signature_algorithm().to_der())?,
            content_type: attribute(oid::CMS_CONTENT_TYPE, &write::identifier(oid::CT_TST_INFO)),
            signing_certificate: attribute(oid::SIGNING_CERTIFICATE_V2, &signing_certificate),
            key,
        })))
    }

    /// The unit's public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.0.key
    }

    /// From when until when its certificate is valid. For how long of that its key stamps is a matter of practice.
    #[must_use]
    pub fn validity(&self) -> Validity {
        self.0.validity
    }
}
