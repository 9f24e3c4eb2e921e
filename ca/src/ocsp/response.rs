//! Building OCSP answers.

use std::sync::Arc;

use der::{Decode, Encode};
use time::OffsetDateTime;
use x509_cert::ext::pkix::ExtendedKeyUsage;

use super::{CertId, Request};
use crate::asn1::write::{self, ENUMERATED, OCTET_STRING, SEQUENCE, constructed, primitive, tlv};
use crate::instant::to_generalized;
use crate::issuer::IssuerHashes;
use crate::view::MAX_CERTIFICATE;
use crate::{Error, Issuer, PublicKey, RevocationReason, oid};

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

/// A delegated responder of one issuer: its certificate travels in every answer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Responder(Arc<Parts>);

/// What of every answer is the same, encoded once.
#[derive(Debug)]
struct Parts {
    key: PublicKey,
    issuer: IssuerHashes,
    /// `ResponderID`, by key.
    identifier: Vec<u8>,
    /// `AlgorithmIdentifier` of the signature.
    signature_algorithm: Vec<u8>,
    /// `certs [0] EXPLICIT SEQUENCE OF Certificate`
    certificates: Vec<u8>,
}

impl Responder {
    /// Reads the responder's certificate, issued by the CA whose certificates it answers for (RFC 6960 §4.2.2.2).
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is not a certificate for OCSP signing or of another issuer, [`Error::Signature`] if
    /// the issuer did not sign it, [`Error::TooLarge`], [`Error::Key`].
    pub fn from_certificate(der: &[u8], issuer: &Issuer) -> Result<Self, Error> {
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
        issuer.verify_issued(&certificate)?;
        let key = PublicKey::from_spki(tbs.subject_public_key_info().clone())?;
        Ok(Self(Arc::new(Parts {
            issuer: issuer.hashes.clone(),
            // §4.2.1: ResponderID ::= CHOICE { byName [1] Name, byKey [2] KeyHash }, KeyHash being SHA-1.
            identifier: tlv(constructed(2), &[&tlv(OCTET_STRING, &[&key.identifier()])]),
            signature_algorithm: key.curve().signature_algorithm().to_der().map_err(Error::encoding(what))?,
            certificates: tlv(constructed(0), &[&tlv(SEQUENCE, &[der])]),
            key,
        })))
    }

    /// The responder's public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.0.key
    }
}

/// An answer to be signed.
#[derive(Debug)]
#[must_use = "a prepared response is to be signed"]
pub struct PreparedResponse {
    tbs_der: Vec<u8>,
    responder: Responder,
}

/// Builds the answer to a request: one word for each certificate, in the order asked, by `status_of`; `unknown` for
/// those of another issuer than the responder's, whatever `status_of` says.
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
    let times = EncodedTimes::new(times)?;
    let mut responses = Vec::new();
    for id in &request.certificates {
        let answer = status_of(id);
        let answer = if id.names_by(&responder.0.issuer) { answer } else { Answer::UNKNOWN };
        responses.extend(single(id, answer, &times)?);
    }
    // RFC 9654 §2.1: an OCTET STRING inside the extension's own.
    let nonce = request.nonce.as_ref().map(|nonce| {
        let nonce = write::extension(oid::OCSP_NONCE, &tlv(OCTET_STRING, &[nonce]));
        tlv(constructed(1), &[&tlv(SEQUENCE, &[&nonce])])
    });
    // §4.2.1:
    // ResponseData ::= SEQUENCE {
    //     version            [0] EXPLICIT Version DEFAULT v1,
    //     responderID            ResponderID,
    //     producedAt             GeneralizedTime,
    //     responses              SEQUENCE OF SingleResponse,
    //     responseExtensions [1] EXPLICIT Extensions OPTIONAL }
    let tbs_der = tlv(
        SEQUENCE,
        &[
            &responder.0.identifier,
            &times.produced_at,
            &tlv(SEQUENCE, &[&responses]),
            nonce.as_deref().unwrap_or_default(),
        ],
    );
    Ok(PreparedResponse { tbs_der, responder: responder.clone() })
}

/// The same for every certificate of an answer.
struct EncodedTimes {
    produced_at: Vec<u8>,
    this_update: Vec<u8>,
    /// `[0] EXPLICIT GeneralizedTime`
    next_update: Vec<u8>,
    /// The extension archive-cutoff (§4.4.4).
    archive_cutoff: Vec<u8>,
}

impl EncodedTimes {
    fn new(times: &Times) -> Result<Self, Error> {
        Ok(Self {
            produced_at: generalized(times.produced_at)?,
            this_update: generalized(times.this_update)?,
            next_update: tlv(constructed(0), &[&generalized(times.next_update)?]),
            archive_cutoff: match times.archive_cutoff {
                Some(cutoff) => write::extension(oid::OCSP_ARCHIVE_CUTOFF, &generalized(cutoff)?),
                None => Vec::new(),
            },
        })
    }
}

fn generalized(instant: OffsetDateTime) -> Result<Vec<u8>, Error> {
    to_generalized(instant)?.to_der().map_err(Error::encoding("GeneralizedTime"))
}

/// ```text
/// SingleResponse ::= SEQUENCE {
///     certID                CertID,
///     certStatus            CertStatus,
///     thisUpdate            GeneralizedTime,
///     nextUpdate        [0] EXPLICIT GeneralizedTime OPTIONAL,
///     singleExtensions  [1] EXPLICIT Extensions OPTIONAL }
/// CertStatus ::= CHOICE { good [0] IMPLICIT NULL, revoked [1] IMPLICIT RevokedInfo, unknown [2] IMPLICIT NULL }
/// RevokedInfo ::= SEQUENCE {
///     revocationTime        GeneralizedTime,
///     revocationReason  [0] EXPLICIT CRLReason OPTIONAL }
/// ```
fn single(id: &CertId, answer: Answer, times: &EncodedTimes) -> Result<Vec<u8>, Error> {
    let mut extensions = Vec::new();
    let status = match answer.status {
        Status::Good => tlv(primitive(0), &[]),
        Status::Unknown => tlv(primitive(2), &[]),
        Status::Revoked { at, reason, invalid_since } => {
            // §4.4.5: CRL entry extensions may stand here too.
            if let Some(since) = invalid_since {
                extensions.extend(write::extension(oid::INVALIDITY_DATE, &generalized(since)?));
            }
            let reason = reason.to_der().map(|reason| tlv(constructed(0), &[&[ENUMERATED, 1, reason as u8]]));
            tlv(constructed(1), &[&generalized(at)?, reason.as_deref().unwrap_or_default()])
        }
    };
    if answer.status != Status::Unknown {
        if let Some(digest) = answer.certificate_sha256 {
            extensions.extend(write::extension(oid::CERT_HASH, &certificate_hash(digest)));
        }
        extensions.extend_from_slice(&times.archive_cutoff);
    }
    let extensions =
        if extensions.is_empty() { extensions } else { tlv(constructed(1), &[&tlv(SEQUENCE, &[&extensions])]) };
    Ok(tlv(SEQUENCE, &[&id.der, &status, &times.this_update, &times.next_update, &extensions]))
}

/// Common PKI part 4 §3.1.2, positive proof that the certificate is one of the issuer's:
///
/// ```text
/// CertHash ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, certificateHash OCTET STRING }
/// ```
fn certificate_hash(digest: [u8; 32]) -> Vec<u8> {
    // RFC 5754 §2: parameters absent.
    let algorithm = tlv(SEQUENCE, &[&write::identifier(oid::SHA256)]);
    tlv(SEQUENCE, &[&algorithm, &tlv(OCTET_STRING, &[&digest])])
}

impl PreparedResponse {
    /// The key whose signature belongs to it.
    #[must_use]
    pub fn signer(&self) -> &PublicKey {
        &self.responder.0.key
    }

    /// What the responder's key signs (ECDSA): SHA-256, SHA-384 for a P-384 key.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        self.signer().curve().digest(&self.tbs_der)
    }

    /// Puts the signature (DER `ECDSA-Sig-Value`) to it; gives the DER of the `OCSPResponse`.
    ///
    /// # Errors
    /// [`Error::Signature`] if it does not verify under the responder's key.
    pub fn complete(self, signature: &[u8]) -> Result<Vec<u8>, Error> {
        self.signer().verify(&self.tbs_der, signature)?;
        Ok(self.assemble(signature))
    }

    /// [`Self::complete`] without looking whether the signature verifies: for a key whose
    /// signatures are looked at now and then. A wrong one deceives nobody; whoever asked refuses it.
    #[must_use]
    pub fn assemble(self, signature: &[u8]) -> Vec<u8> {
        let Parts { signature_algorithm, certificates, .. } = &*self.responder.0;
        // BasicOCSPResponse ::= SEQUENCE { tbsResponseData, signatureAlgorithm, signature BIT STRING, certs [0] }
        let basic = tlv(SEQUENCE, &[&self.tbs_der, signature_algorithm, &write::bit_string(signature), certificates]);
        // ResponseBytes ::= SEQUENCE { responseType OBJECT IDENTIFIER, response OCTET STRING }
        let bytes = tlv(SEQUENCE, &[&write::identifier(oid::OCSP_BASIC), &tlv(OCTET_STRING, &[&basic])]);
        // OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED { successful (0), … }, responseBytes [0] EXPLICIT }
        tlv(SEQUENCE, &[&[ENUMERATED, 1, 0], &tlv(constructed(0), &[&bytes])])
    }
}

/// The unsigned answer to what is not a request (RFC 6960 §2.3).
#[must_use]
pub fn malformed() -> Vec<u8> {
    unsigned(1)
}

/// The unsigned answer when something here is broken.
#[must_use]
pub fn internal_error() -> Vec<u8> {
    unsigned(2)
}

/// The unsigned answer when the status cannot be known just now.
#[must_use]
pub fn try_later() -> Vec<u8> {
    unsigned(3)
}

/// The unsigned answer about certificates of issuers this responder does not answer for (RFC 5019 §2.2.3).
#[must_use]
pub fn unauthorized() -> Vec<u8> {
    unsigned(6)
}

/// `OCSPResponse` with a status of RFC 6960 §4.2.1 and nothing else: five octets.
fn unsigned(status: u8) -> Vec<u8> {
    tlv(SEQUENCE, &[&[ENUMERATED, 1, status]])
}
