//! Reading OCSP requests. They come from anybody.

use der::asn1::OctetString;
use der::{Decode, Encode};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Version;
use x509_cert::serial_number::SerialNumber;

use crate::asn1::ocsp::{CertIdDer, OcspRequest, SingleRequest, TbsRequest};
use crate::{Error, Issuer, Serial, oid};

/// The largest request read, in octets.
pub const MAX_REQUEST: usize = 4096;

/// The most certificates asked about in one request.
pub const MAX_CERTIFICATES: usize = 16;

/// The most extensions of a request.
const MAX_EXTENSIONS: usize = 8;

/// Which certificate is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertId(pub(crate) CertIdDer);

impl CertId {
    /// Its serial number; none if it is not of the form this PKI gives (and so was never issued here).
    #[must_use]
    pub fn serial(&self) -> Option<Serial> {
        Serial::from_integer(self.0.serial_number.as_bytes())
    }

    /// Whether it names this issuer, by SHA-1 or SHA-256 (RFC 6960 §4.1.1, RFC 9919).
    #[must_use]
    pub fn names(&self, issuer: &Issuer) -> bool {
        let (name, key) = (self.0.issuer_name_hash.as_bytes(), self.0.issuer_key_hash.as_bytes());
        let hashes = &issuer.hashes;
        match self.0.hash_algorithm.oid {
            oid::SHA1 => name == hashes.name_sha1 && key == hashes.key_sha1,
            oid::SHA256 => name == hashes.name_sha256 && key == hashes.key_sha256,
            _ => false,
        }
    }
}

/// A request, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Which certificates, in the order asked: at least one.
    pub certificates: Vec<CertId>,
    /// The nonce, 1 to 128 octets, to be repeated in the answer.
    pub nonce: Option<Vec<u8>>,
}

/// Reads a request.
///
/// A signature of the requestor is passed over: the answer is the same for all.
///
/// # Errors
/// [`Error::Malformed`], [`Error::TooLarge`]: the answer is [`malformed`](super::malformed).
pub fn parse_request(der: &[u8]) -> Result<Request, Error> {
    let what = "OCSP request";
    if der.len() > MAX_REQUEST {
        return Err(Error::TooLarge { what });
    }
    let request = OcspRequest::from_der(der).map_err(Error::malformed(what))?.tbs_request;
    if request.version != Version::V1 || request.request_list.is_empty() {
        return Err(Error::Malformed { what });
    }
    let extensions = request.request_extensions.unwrap_or_default();
    if request.request_list.len() > MAX_CERTIFICATES || extensions.len() > MAX_EXTENSIONS {
        return Err(Error::TooLarge { what });
    }
    // RFC 6960 §4.4, §4.1.2: an unknown extension that is critical cannot be passed over.
    let singles = request.request_list.iter().filter_map(|single| single.single_request_extensions.as_ref());
    let mut all = extensions.iter().chain(singles.flatten());
    if all.any(|extension| extension.critical && extension.extn_id != oid::OCSP_NONCE) {
        return Err(Error::Malformed { what });
    }
    let mut nonces = extensions.iter().filter(|extension| extension.extn_id == oid::OCSP_NONCE);
    let nonce = match (nonces.next(), nonces.next()) {
        (None, _) => None,
        (Some(extension), None) => {
            let nonce =
                OctetString::from_der(extension.extn_value.as_bytes()).map_err(Error::malformed("OCSP nonce"))?;
            // RFC 9654 §2.1
            if !(1..=128).contains(&nonce.as_bytes().len()) {
                return Err(Error::Malformed { what: "OCSP nonce" });
            }
            Some(nonce.as_bytes().to_vec())
        }
        (Some(_), Some(_)) => return Err(Error::Malformed { what: "OCSP nonce" }),
    };
    let certificates = request.request_list.into_iter().map(|single| CertId(single.req_cert)).collect();
    Ok(Request { certificates, nonce })
}

/// Asks about one certificate of an issuer, without a nonce. By SHA-1, which every tool looks for by default: a `CertID`
/// only names a certificate (RFC 6960 §4.1.1), nothing rests on collisions there.
///
/// # Errors
/// [`Error::Encoding`].
pub fn request_for(serial: Serial, issuer: &Issuer) -> Result<Vec<u8>, Error> {
    let what = "OCSP request";
    let octets = |bytes: &[u8]| OctetString::new(bytes).map_err(Error::encoding(what));
    let req_cert = CertIdDer {
        hash_algorithm: AlgorithmIdentifierOwned { oid: oid::SHA1, parameters: Some(der::asn1::Null.into()) },
        issuer_name_hash: octets(&issuer.hashes.name_sha1)?,
        issuer_key_hash: octets(&issuer.hashes.key_sha1)?,
        serial_number: SerialNumber::new(serial.as_bytes()).map_err(Error::encoding(what))?,
    };
    let request = OcspRequest {
        tbs_request: TbsRequest {
            version: Version::V1,
            requestor_name: None,
            request_list: vec![SingleRequest { req_cert, single_request_extensions: None }],
            request_extensions: None,
        },
        optional_signature: None,
    };
    request.to_der().map_err(Error::encoding(what))
}
