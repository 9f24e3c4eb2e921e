//! Building OCSP answers.

use der::asn1::{Any, BitString, Null, OctetString};
use der::{Decode, Encode};
use spki::AlgorithmIdentifierOwned;
use time::OffsetDateTime;
use x509_cert::Version;
use x509_cert::ext::pkix::ExtendedKeyUsage;

use super::{CertId, Request};
use crate::asn1::extension;
use crate::asn1::ocsp::{
    BasicOcspResponse, CertHash, CertStatus, OcspResponse, ResponderId, ResponseBytes, ResponseData, ResponseStatus,
    RevokedInfo, SingleResponse,
};
use crate::instant::to_generalized;
use crate::view::MAX_CERTIFICATE;
use crate::{Error, PublicKey, RevocationReason, oid};

/// What is known of a certificate (RFC 6960 §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Issued and not revoked.
    Good,
    /// Revoked, for ever or (`certificateHold`) for now.
    Revoked {
        /// When.
        at: OffsetDateTime,
        /// Why.
        reason: RevocationReason,
        /// Since when the key or the right is believed lost, if known.
        invalid_since: Option<OffsetDateTime>,
    },
    /// Not issued here, or another issuer's.
    Unknown,
}

/// The answer about one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: Status,
    /// SHA-256 of the certificate issued under this serial number: proof that it is the issuer's
    /// (`CertHash`, Common PKI part 4 §3.1.2). None if there is no such certificate.
    pub certificate_sha256: Option<[u8; 32]>,
}

impl Answer {
    /// The answer about a certificate nobody issued here.
    pub const UNKNOWN: Self = Self { status: Status::Unknown, certificate_sha256: None };
}

/// When an answer was made and how long it may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When the answer is signed.
    pub produced_at: OffsetDateTime,
    /// When the status was known to be right.
    pub this_update: OffsetDateTime,
    /// By when there will be newer word.
    pub next_update: OffsetDateTime,
    /// Status is kept for certificates that expired after this instant (RFC 6960 §4.4.4).
    pub archive_cutoff: Option<OffsetDateTime>,
}

/// A delegated responder: its certificate travels in every answer.
#[derive(Debug, Clone)]
pub struct Responder {
    key: PublicKey,
    certificate: Any,
}

impl Responder {
    /// Reads the responder's certificate.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is not a certificate for OCSP signing, [`Error::Key`].
    pub fn from_certificate(der: &[u8]) -> Result<Self, Error> {
        let what = "OCSP responder certificate";
        if der.len() > MAX_CERTIFICATE {
            return Err(Error::TooLarge { what });
        }
        let certificate = x509_cert::Certificate::from_der(der).map_err(Error::malformed(what))?;
        let tbs = certificate.tbs_certificate();
        let purposes: Option<(bool, ExtendedKeyUsage)> = tbs.get_extension().map_err(Error::malformed(what))?;
        if !purposes.is_some_and(|(_, purposes)| purposes.0.contains(&oid::OCSP_SIGNING)) {
            return Err(Error::Malformed { what });
        }
        Ok(Self {
            key: PublicKey::from_spki(tbs.subject_public_key_info().clone())?,
            certificate: Any::from_der(der).map_err(Error::malformed(what))?,
        })
    }

    /// The responder's public key.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.key
    }
}

/// An answer to be signed.
#[derive(Debug)]
#[must_use = "a prepared response is to be signed"]
pub struct PreparedResponse {
    tbs_der: Vec<u8>,
    responder: Responder,
}

/// Builds the answer to a request: one word for each certificate, in order, by `status_of`.
///
/// # Errors
/// [`Error::Time`], [`Error::Encoding`].
pub fn prepare_response(
    request: &Request,
    mut status_of: impl FnMut(&CertId) -> Answer,
    responder: &Responder,
    times: &Times,
) -> Result<PreparedResponse, Error> {
    if times.next_update < times.this_update || times.produced_at < times.this_update {
        return Err(Error::Time { what: "OCSP answer: thisUpdate after producedAt or nextUpdate" });
    }
    let responses =
        request.certificates.iter().map(|id| single(id, status_of(id), times)).collect::<Result<Vec<_>, _>>()?;
    let what = "OCSP response";
    let key_hash = OctetString::new(responder.key.identifier()).map_err(Error::encoding(what))?;
    let nonce = match &request.nonce {
        // RFC 9654 §2.1: an OCTET STRING inside the extension's own.
        Some(nonce) => {
            let nonce = OctetString::new(nonce.clone()).map_err(Error::encoding(what))?;
            Some(vec![extension(oid::OCSP_NONCE, false, &nonce)?])
        }
        None => None,
    };
    let data = ResponseData {
        version: Version::V1,
        responder_id: ResponderId::ByKey(key_hash),
        produced_at: to_generalized(times.produced_at)?,
        responses,
        response_extensions: nonce,
    };
    Ok(PreparedResponse { tbs_der: data.to_der().map_err(Error::encoding(what))?, responder: responder.clone() })
}

fn single(id: &CertId, answer: Answer, times: &Times) -> Result<SingleResponse, Error> {
    let mut extensions = Vec::new();
    let cert_status = match answer.status {
        Status::Good => CertStatus::Good(Null),
        Status::Unknown => CertStatus::Unknown(Null),
        Status::Revoked { at, reason, invalid_since } => {
            // §4.4.5: CRL entry extensions may stand here too.
            if let Some(since) = invalid_since {
                extensions.push(extension(oid::INVALIDITY_DATE, false, &to_generalized(since)?)?);
            }
            CertStatus::Revoked(RevokedInfo {
                revocation_time: to_generalized(at)?,
                revocation_reason: reason.to_der(),
            })
        }
    };
    if answer.status != Status::Unknown {
        if let Some(digest) = answer.certificate_sha256 {
            extensions.push(extension(oid::CERT_HASH, false, &cert_hash(digest)?)?);
        }
        if let Some(cutoff) = times.archive_cutoff {
            extensions.push(extension(oid::OCSP_ARCHIVE_CUTOFF, false, &to_generalized(cutoff)?)?);
        }
    }
    Ok(SingleResponse {
        cert_id: id.0.clone(),
        cert_status,
        this_update: to_generalized(times.this_update)?,
        next_update: Some(to_generalized(times.next_update)?),
        single_extensions: (!extensions.is_empty()).then_some(extensions),
    })
}

fn cert_hash(digest: [u8; 32]) -> Result<CertHash, Error> {
    Ok(CertHash {
        // RFC 5754 §2: parameters absent.
        hash_algorithm: AlgorithmIdentifierOwned { oid: oid::SHA256, parameters: None },
        certificate_hash: OctetString::new(digest).map_err(Error::encoding("CertHash"))?,
    })
}

impl PreparedResponse {
    /// The key that is to sign it.
    #[must_use]
    pub const fn signer(&self) -> &PublicKey {
        &self.responder.key
    }

    /// What the responder's key signs (ECDSA): SHA-256, SHA-384 for a P-384 key.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        self.responder.key.curve().digest(&self.tbs_der)
    }

    /// Puts the signature (DER `ECDSA-Sig-Value`) to it; gives the DER of the `OCSPResponse`.
    ///
    /// # Errors
    /// [`Error::Signature`] if it does not verify under the responder's key.
    pub fn complete(self, signature: &[u8]) -> Result<Vec<u8>, Error> {
        let what = "OCSP response";
        self.responder.key.verify(&self.tbs_der, signature)?;
        let basic = BasicOcspResponse {
            tbs_response_data: Any::from_der(&self.tbs_der).map_err(Error::encoding(what))?,
            signature_algorithm: self.responder.key.curve().signature_algorithm(),
            signature: BitString::from_bytes(signature).map_err(Error::encoding(what))?,
            certs: Some(vec![self.responder.certificate]),
        };
        let response = OctetString::new(basic.to_der().map_err(Error::encoding(what))?);
        let response = OcspResponse {
            response_status: ResponseStatus::Successful,
            response_bytes: Some(ResponseBytes {
                response_type: oid::OCSP_BASIC,
                response: response.map_err(Error::encoding(what))?,
            }),
        };
        response.to_der().map_err(Error::encoding(what))
    }
}

/// The unsigned answer to what is not a request (RFC 6960 §2.3).
#[must_use]
pub fn malformed() -> Vec<u8> {
    unsigned(ResponseStatus::MalformedRequest)
}

/// The unsigned answer when something here is broken.
#[must_use]
pub fn internal_error() -> Vec<u8> {
    unsigned(ResponseStatus::InternalError)
}

/// The unsigned answer when the status cannot be known just now.
#[must_use]
pub fn try_later() -> Vec<u8> {
    unsigned(ResponseStatus::TryLater)
}

/// The unsigned answer about certificates of issuers this responder does not answer for (RFC 5019 §2.2.3).
#[must_use]
pub fn unauthorized() -> Vec<u8> {
    unsigned(ResponseStatus::Unauthorized)
}

/// `SEQUENCE { ENUMERATED status }`, five octets.
fn unsigned(status: ResponseStatus) -> Vec<u8> {
    let status = match status {
        ResponseStatus::Successful => 0,
        ResponseStatus::MalformedRequest => 1,
        ResponseStatus::InternalError => 2,
        ResponseStatus::TryLater => 3,
        ResponseStatus::SigRequired => 5,
        ResponseStatus::Unauthorized => 6,
    };
    vec![0x30, 0x03, 0x0a, 0x01, status]
}
