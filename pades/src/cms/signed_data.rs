//! `SignedData` around a signature, and how long it can become.

use super::chain::Parts;
use super::write::tlv;
use super::{SignedAttributes, SigningChain};
use crate::Error;
use crate::x509::asn1::{Element, INTEGER, Malformed, OCTET_STRING, OID, Parsed, Reader, SEQUENCE, SET, single};
use crate::x509::oid;

/// `INTEGER 1`: version of a `SignerInfo` with issuer and serial number (RFC 5652 §5.3), and of a `SignedData`
/// with such signers only, certificates of X.509 only, and content id-data (§5.1).
const VERSION_1: [u8; 3] = [INTEGER, 1, 1];
/// `[0]`: certificates, signed attributes, content.
const CONTEXT_0: u8 = 0xa0;
/// `[1]`: unsigned attributes.
const CONTEXT_1: u8 = 0xa1;
/// What an unsigned attribute adds to the token in it: tags, lengths, object identifier,
/// and longer lengths of what it lies in.
const ATTRIBUTE_ROOM: usize = 64;

/// A detached CMS signature (RFC 5652 §5.1), DER. The signature is taken as it is.
pub(crate) fn assemble(attributes: &SignedAttributes, signature: &[u8], chain: &SigningChain) -> Vec<u8> {
    write(chain.parts(), attributes.to_der(), signature)
}

fn write(parts: &Parts, attributes: &[u8], signature: &[u8]) -> Vec<u8> {
    // In the message they are `[0] IMPLICIT`, under the signature a SET (RFC 5652 §5.4).
    let mut attributes = attributes.to_vec();
    if let Some(tag) = attributes.first_mut() {
        *tag = CONTEXT_0;
    }
    // RFC 5652 §5.3: SignerInfo ::= SEQUENCE { version, sid, digestAlgorithm, signedAttrs [0], signatureAlgorithm,
    // signature, unsignedAttrs [1] OPTIONAL }
    let signer_info = tlv(
        SEQUENCE,
        &[
            &VERSION_1,
            &parts.identifier,
            parts.algorithm.digest_identifier(),
            &attributes,
            parts.algorithm.identifier(),
            &tlv(OCTET_STRING, &[signature]),
        ],
    );
    // RFC 5652 §5.1: SignedData ::= SEQUENCE { version, digestAlgorithms SET, encapContentInfo, certificates [0],
    // crls [1] OPTIONAL, signerInfos SET }, the content being detached.
    let signed_data = tlv(
        SEQUENCE,
        &[
            &VERSION_1,
            &tlv(SET, &[parts.algorithm.digest_identifier()]),
            &tlv(SEQUENCE, &[&tlv(OID, &[oid::DATA])]),
            &parts.certificates,
            &tlv(SET, &[&signer_info]),
        ],
    );
    content_info(&signed_data)
}

/// `ContentInfo ::= SEQUENCE { contentType, content [0] EXPLICIT }` (RFC 5652 §3)
fn content_info(signed_data: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[&tlv(OID, &[oid::SIGNED_DATA]), &tlv(CONTEXT_0, &[signed_data])])
}

/// Length of the longest structure without unsigned attributes: DER lengths only grow with what they hold, so the
/// longest signature gives it.
pub(super) fn longest(parts: &Parts) -> usize {
    let digest =
        super::attributes::attribute(oid::MESSAGE_DIGEST, &tlv(OCTET_STRING, &[&parts.algorithm.hash().digest(&[])]));
    let attributes = tlv(SET, &[&parts.content_type, &digest, &parts.signing_certificate]);
    write(parts, &attributes, &vec![0; parts.algorithm.longest()]).len()
}

/// An upper bound in bytes for the signature of this chain, with room for a signature
/// time-stamp token of at most `timestamp_token` bytes (0: none will be added).
#[must_use]
pub fn contents_capacity(chain: &SigningChain, timestamp_token: usize) -> usize {
    let longest = chain.parts().longest;
    match timestamp_token {
        0 => longest,
        token => longest.saturating_add(token).saturating_add(ATTRIBUTE_ROOM),
    }
}

/// The first DER structure of `/Contents`, without the zeros behind it.
pub(crate) fn outermost(contents: &[u8]) -> Result<&[u8], Error> {
    let mut reader = Reader::new(contents);
    let element = reader.expect(SEQUENCE).map_err(|_| Error::MalformedSignature)?;
    if reader.rest().iter().any(|byte| *byte != 0) {
        return Err(Error::MalformedSignature);
    }
    Ok(element.raw)
}

/// The parts of a structure as this module writes it, with any unsigned attributes.
struct Opened<'a> {
    /// Everything in `SignedData` before the signers.
    before: &'a [u8],
    /// The signer's fields, in their order.
    signer: Vec<Element<'a>>,
}

fn open(cms: &[u8]) -> Parsed<Opened<'_>> {
    let mut info = single(cms, SEQUENCE)?.inside();
    if info.expect(OID)?.value != oid::SIGNED_DATA {
        return Err(Malformed);
    }
    let data = single(info.expect(CONTEXT_0)?.value, SEQUENCE)?;
    info.finish()?;
    let signers = *data.inside().all(8)?.last().ok_or(Malformed)?;
    let before = data.value.len().checked_sub(signers.raw.len()).and_then(|end| data.value.get(..end));
    let signer = single(signers.value, SEQUENCE).ok().filter(|_| signers.tag == SET).ok_or(Malformed)?;
    Ok(Opened { before: before.ok_or(Malformed)?, signer: signer.inside().all(8)? })
}

/// The value of the signature: what its time-stamp covers (RFC 3161 appendix A).
pub(crate) fn signature_value(cms: &[u8]) -> Result<&[u8], Error> {
    let opened = open(cms).map_err(|Malformed| Error::MalformedSignature)?;
    let value = opened.signer.get(5).filter(|value| value.tag == OCTET_STRING);
    value.map(|value| value.value).ok_or(Error::MalformedSignature)
}

/// The same signature with the unsigned attribute signature-time-stamp (ETSI EN 319 122-1 §5.3).
pub(crate) fn with_time_stamp(cms: &[u8], token: &[u8]) -> Result<Vec<u8>, Error> {
    let Opened { before, signer } = open(cms).map_err(|Malformed| Error::MalformedSignature)?;
    let [version, identifier, digest, attributes, algorithm, value] = signer.as_slice() else {
        return Err(if signer.len() > 6 { Error::TimeStamped } else { Error::MalformedSignature });
    };
    let stamp = super::attributes::attribute(oid::SIGNATURE_TIME_STAMP, token);
    let unsigned = tlv(CONTEXT_1, &[&stamp]);
    let fields = [version, identifier, digest, attributes, algorithm, value];
    let mut fields: Vec<&[u8]> = fields.map(|field| field.raw).to_vec();
    fields.push(&unsigned);
    let signers = tlv(SET, &[&tlv(SEQUENCE, &fields)]);
    Ok(content_info(&tlv(SEQUENCE, &[before, &signers])))
}
