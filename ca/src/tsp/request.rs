//! Reading requests for time-stamps. They come from anybody.

use der::{Decode, Encode};

use super::Rejection;
use crate::asn1::tsp::TimeStampReq;
use crate::asn1::write::{OCTET_STRING, SEQUENCE, tlv};
use crate::oid::{self, Oid};

/// The largest request read, in octets: ten times what a request with every field has.
pub const MAX_REQUEST: usize = 2048;

/// The longest nonce repeated, in octets. RFC 3161 §2.4.1 sets no limit and names 64 bits as an example; tools send 8
/// to 20 octets; the largest digest, 64, leaves room for whoever makes a nonce of one.
pub const MAX_NONCE: usize = 64;

/// The digests that are stamped (ETSI EN 319 422 §5.1.2 by TS 119 312; SHA-1 and older are not).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl HashAlgorithm {
    /// Octets of the digest.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    const fn oid(self) -> der::asn1::ObjectIdentifier {
        match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }
}

/// A request, read and acceptable in form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStampRequest {
    hash_algorithm: HashAlgorithm,
    /// DER of the `MessageImprint`, to be repeated as it came (RFC 3161 §2.4.2).
    imprint_der: Vec<u8>,
    hashed_message: Vec<u8>,
    policy: Option<Oid>,
    /// DER of the INTEGER.
    nonce_der: Option<Vec<u8>>,
    wants_certificates: bool,
}

impl TimeStampRequest {
    /// A request for the time-stamp of a digest, made in this process: no nonce, for the answer needs no matching, and
    /// with certificates.
    ///
    /// # Errors
    /// [`Rejection::BadDataFormat`] if the digest is not as long as the algorithm's.
    pub fn of_digest(hash_algorithm: HashAlgorithm, digest: &[u8]) -> Result<Self, Rejection> {
        if digest.len() != hash_algorithm.length() {
            return Err(Rejection::BadDataFormat);
        }
        let oid = hash_algorithm.oid().to_der().map_err(|_| Rejection::SystemFailure)?;
        // RFC 5754 §2: parameters absent.
        let imprint_der = tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&oid]), &tlv(OCTET_STRING, &[digest])]);
        Ok(Self {
            hash_algorithm,
            imprint_der,
            hashed_message: digest.to_vec(),
            policy: None,
            nonce_der: None,
            wants_certificates: true,
        })
    }

    /// Which digest is to be stamped.
    #[must_use]
    pub const fn hash_algorithm(&self) -> HashAlgorithm {
        self.hash_algorithm
    }

    /// The digest to be stamped.
    #[must_use]
    pub fn hashed_message(&self) -> &[u8] {
        &self.hashed_message
    }

    /// The policy asked for; none for whichever the unit has.
    #[must_use]
    pub const fn policy(&self) -> Option<&Oid> {
        self.policy.as_ref()
    }

    /// Whether the unit's certificate and its CA's are to travel in the token.
    #[must_use]
    pub const fn wants_certificates(&self) -> bool {
        self.wants_certificates
    }

    pub(super) fn imprint_der(&self) -> &[u8] {
        &self.imprint_der
    }

    pub(super) fn nonce_der(&self) -> Option<&[u8]> {
        self.nonce_der.as_deref()
    }
}

/// Reads a DER `TimeStampReq`.
///
/// # Errors
/// The [`Rejection`] to answer with.
pub fn parse_request(der: &[u8]) -> Result<TimeStampRequest, Rejection> {
    if der.len() > MAX_REQUEST {
        return Err(Rejection::BadRequest);
    }
    let request = TimeStampReq::from_der(der).map_err(|_| Rejection::BadDataFormat)?;
    if request.version != 1 {
        return Err(Rejection::BadRequest);
    }
    // RFC 3161 §2.4.1: an extension that is not recognised is refused, whether critical or not.
    if request.extensions.is_some() {
        return Err(Rejection::UnacceptedExtension);
    }
    let imprint = &request.message_imprint;
    let hash_algorithm = match imprint.hash_algorithm.oid {
        oid::SHA256 => HashAlgorithm::Sha256,
        oid::SHA384 => HashAlgorithm::Sha384,
        oid::SHA512 => HashAlgorithm::Sha512,
        _ => return Err(Rejection::BadAlgorithm),
    };
    // RFC 5754 §2: absent, or NULL by older writers.
    if imprint.hash_algorithm.parameters.is_some_and(|parameters| !parameters.is_null()) {
        return Err(Rejection::BadAlgorithm);
    }
    // RFC 3161 §2.1 (5)
    let hashed_message = imprint.hashed_message.as_bytes();
    if hashed_message.len() != hash_algorithm.length() {
        return Err(Rejection::BadDataFormat);
    }
    if request.nonce.as_ref().is_some_and(|nonce| nonce.as_bytes().len() > MAX_NONCE) {
        return Err(Rejection::BadRequest);
    }
    Ok(TimeStampRequest {
        hash_algorithm,
        imprint_der: imprint.to_der().map_err(|_| Rejection::BadDataFormat)?,
        hashed_message: hashed_message.to_vec(),
        nonce_der: request.nonce.as_ref().map(Encode::to_der).transpose().map_err(|_| Rejection::BadDataFormat)?,
        wants_certificates: request.cert_req,
        policy: request.req_policy,
    })
}
