//! What of RFC 3161 is read: the request. Its module has implicit tags.

use der::Sequence;
use der::asn1::{Int, OctetStringRef};
use spki::AlgorithmIdentifierRef;
use x509_cert::ext::Extension;

use crate::oid::Oid;

/// RFC 3161 §2.4.1:
///
/// ```text
/// TimeStampReq ::= SEQUENCE {
///     version             INTEGER { v1(1) },
///     messageImprint      MessageImprint,
///     reqPolicy           TSAPolicyId OPTIONAL,
///     nonce               INTEGER OPTIONAL,
///     certReq             BOOLEAN DEFAULT FALSE,
///     extensions      [0] IMPLICIT Extensions OPTIONAL }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct TimeStampReq<'a> {
    pub(crate) version: u32,
    pub(crate) message_imprint: MessageImprint<'a>,
    pub(crate) req_policy: Option<Oid>,
    pub(crate) nonce: Option<Int>,
    #[asn1(default = "Default::default")]
    pub(crate) cert_req: bool,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    pub(crate) extensions: Option<Vec<Extension>>,
}

/// ```text
/// MessageImprint ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, hashedMessage OCTET STRING }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct MessageImprint<'a> {
    pub(crate) hash_algorithm: AlgorithmIdentifierRef<'a>,
    pub(crate) hashed_message: &'a OctetStringRef,
}
