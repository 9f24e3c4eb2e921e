//! Reading OCSP requests. They come from anybody.

use der::asn1::OctetStringRef;
use der::{Decode, Tag, Tagged};
use x509_cert::Version;

use crate::asn1::ocsp::{CertIdFields, OcspRequest};
use crate::asn1::write::{self, OCTET_STRING, SEQUENCE, tlv};
use crate::issuer::IssuerHashes;
use crate::{Error, Issuer, Serial, oid};

/// The largest request read, in octets.
pub const MAX_REQUEST: usize = 4096;

/// The most certificates asked about in one request.
pub const MAX_CERTIFICATES: usize = 16;

/// The most extensions of a request.
const MAX_EXTENSIONS: usize = 8;

/// Which certificate is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertId {
    /// DER, repeated in the answer as it came.
    pub(super) der: Vec<u8>,
    digest: Option<Digest>,
    issuer_name_hash: Vec<u8>,
    issuer_key_hash: Vec<u8>,
    serial: Option<Serial>,
}

/// By which digest an issuer is named (RFC 6960 §4.1.1, RFC 9919).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digest {
    Sha1,
    Sha256,
}

impl CertId {
    fn read(der: &[u8]) -> der::Result<Self> {
        let fields = CertIdFields::from_der(der)?;
        Ok(Self {
            digest: match fields.hash_algorithm.oid {
                oid::SHA1 => Some(Digest::Sha1),
                oid::SHA256 => Some(Digest::Sha256),
                _ => None,
            },
            issuer_name_hash: fields.issuer_name_hash.as_bytes().to_vec(),
            issuer_key_hash: fields.issuer_key_hash.as_bytes().to_vec(),
            serial: Serial::from_integer(fields.serial_number.as_bytes()),
            der: der.to_vec(),
        })
    }

    /// Names a certificate by its issuer and serial number, as RFC 5019 §2.1.1 has every reader
    /// understand it: by SHA-1, which protects nothing here.
    ///
    /// # Errors
    /// [`Error::Encoding`].
    pub fn of(issuer: &Issuer, serial: Serial) -> Result<Self, Error> {
        let hashes = &issuer.hashes;
        // RFC 6960 §4.1.1: CertID ::= SEQUENCE { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber }
        let der = tlv(
            SEQUENCE,
            &[
                &tlv(SEQUENCE, &[&write::identifier(oid::SHA1), &[0x05, 0x00]]),
                &tlv(OCTET_STRING, &[&hashes.name_sha1]),
                &tlv(OCTET_STRING, &[&hashes.key_sha1]),
                &write::unsigned(serial.as_bytes()),
            ],
        );
        Self::read(&der).map_err(Error::malformed("OCSP request"))
    }

    /// Its serial number; none if it is not of the form this PKI gives (and so was never issued here).
    #[must_use]
    pub const fn serial(&self) -> Option<Serial> {
        self.serial
    }

    /// Whether it names this issuer, by SHA-1 or SHA-256.
    #[must_use]
    pub fn names(&self, issuer: &Issuer) -> bool {
        self.names_by(&issuer.hashes)
    }

    pub(super) fn names_by(&self, hashes: &IssuerHashes) -> bool {
        let (name, key) = (self.issuer_name_hash.as_slice(), self.issuer_key_hash.as_slice());
        match self.digest {
            Some(Digest::Sha1) => name == hashes.name_sha1 && key == hashes.key_sha1,
            Some(Digest::Sha256) => name == hashes.name_sha256 && key == hashes.key_sha256,
            None => false,
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

impl Request {
    /// A question about one certificate, asked in this process: no nonce, for the answer needs no matching.
    ///
    /// # Errors
    /// [`Error::Encoding`].
    pub fn about(issuer: &Issuer, serial: Serial) -> Result<Self, Error> {
        Ok(Self { certificates: vec![CertId::of(issuer, serial)?], nonce: None })
    }

    /// Which of these issuers the request is about: the position of the first that any of the certificates is said to
    /// be of, in the order asked. An answer is by the responder of one issuer, and says `unknown` of certificates of
    /// others. None: the answer is [`unauthorized`](super::unauthorized).
    #[must_use]
    pub fn issuer_among<'a>(&self, issuers: impl IntoIterator<Item = &'a Issuer> + Clone) -> Option<usize> {
        let position = |id: &CertId| issuers.clone().into_iter().position(|issuer| id.names(issuer));
        self.certificates.iter().find_map(position)
    }
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
                <&OctetStringRef>::from_der(extension.extn_value.as_bytes()).map_err(Error::malformed("OCSP nonce"))?;
            // RFC 9654 §2.1
            if !(1..=128).contains(&nonce.as_bytes().len()) {
                return Err(Error::Malformed { what: "OCSP nonce" });
            }
            Some(nonce.as_bytes().to_vec())
        }
        (Some(_), Some(_)) => return Err(Error::Malformed { what: "OCSP nonce" }),
    };
    let certificates = request.request_list.iter().map(|single| {
        // What is not a SEQUENCE is no `CertID`.
        if single.req_cert.tag() != Tag::Sequence {
            return Err(Error::Malformed { what });
        }
        CertId::read(&tlv(SEQUENCE, &[single.req_cert.value()])).map_err(Error::malformed(what))
    });
    Ok(Request { certificates: certificates.collect::<Result<_, _>>()?, nonce })
}

/// Asks about one certificate of an issuer, without a nonce. By SHA-1, which every tool looks for by default: a `CertID`
/// only names a certificate (RFC 6960 §4.1.1), nothing rests on collisions there.
#[must_use]
pub fn request_for(serial: Serial, issuer: &Issuer) -> Vec<u8> {
    // AlgorithmIdentifier with parameters NULL (RFC 3279 §2.2.1)
    let algorithm = tlv(SEQUENCE, &[&write::identifier(oid::SHA1), &[5, 0]]);
    let name = tlv(OCTET_STRING, &[&issuer.hashes.name_sha1]);
    let key = tlv(OCTET_STRING, &[&issuer.hashes.key_sha1]);
    let id = tlv(SEQUENCE, &[&algorithm, &name, &key, &write::unsigned(serial.as_bytes())]);
    // OCSPRequest { TBSRequest { requestList { Request { reqCert } } } }, nothing else of it being needed.
    let list = tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&id])]);
    tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&list])])
}
