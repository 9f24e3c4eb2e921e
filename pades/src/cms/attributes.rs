//! What the signer's key really signs.

use super::SigningChain;
use super::write::{set_of, tlv};
use crate::x509::asn1::{OCTET_STRING, SEQUENCE, SET};
use crate::x509::oid;

/// The signed attributes of a PAdES baseline signature: content-type, message-digest and
/// signing-certificate-v2, as `SET OF` in DER: the message that is signed (RFC 5652 §5.4).
///
/// No signing-time: in a PDF the time is `/M` (ETSI EN 319 142-1 §6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedAttributes {
    der: Vec<u8>,
}

impl SignedAttributes {
    /// Attributes over content with that digest, for the chain's first certificate.
    pub(crate) fn new(content_digest: &[u8], chain: &SigningChain) -> Self {
        let parts = chain.parts();
        let digest = attribute(oid::MESSAGE_DIGEST, &tlv(OCTET_STRING, &[content_digest]));
        let members = vec![parts.content_type.clone(), digest, parts.signing_certificate.clone()];
        Self { der: set_of(SET, members) }
    }

    pub(crate) fn to_der(&self) -> &[u8] {
        &self.der
    }
}

/// `Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue }` with one value
/// (RFC 5652 §5.3).
pub(super) fn attribute(id: &[u8], value: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[&tlv(crate::x509::asn1::OID, &[id]), &tlv(SET, &[value])])
}
