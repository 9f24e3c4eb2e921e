//! `SignedData` around a signature, and how long it can become.

use super::attributes::DATA;
use super::{SignedAttributes, SigningChain, signature};
use crate::Error;
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::Encode;
use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use spki::AlgorithmIdentifierOwned;

/// id-signedData (RFC 5652 §5.1).
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// id-sha256, without parameters (RFC 5754 §2.2).
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// ecdsa-with-SHA256, without parameters (RFC 5754 §3.3).
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// What an unsigned attribute adds to the token in it: tags, lengths, object identifier,
/// and longer lengths of what it lies in.
const ATTRIBUTE_ROOM: usize = 64;

/// A detached CMS signature (RFC 5652 §5.1), DER.
///
/// The signature is taken as it is: [`crate::sign::Recorded::complete`] is the way that
/// verifies it.
///
/// # Errors
/// [`Error::OtherCertificate`] if the attributes are not for the chain's first certificate,
/// [`Error::Der`].
pub fn assemble(attributes: &SignedAttributes, signature_der: &[u8], chain: &SigningChain) -> Result<Vec<u8>, Error> {
    if attributes.certificate_digest != chain.signer_digest() {
        return Err(Error::OtherCertificate);
    }
    let sha256 = AlgorithmIdentifierOwned { oid: SHA256, parameters: None };
    let tbs = chain.signer().tbs_certificate();
    let signer = SignerInfo {
        // RFC 5652 §5.3: 1 for issuerAndSerialNumber.
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: tbs.issuer().clone(),
            serial_number: tbs.serial_number().clone(),
        }),
        digest_alg: sha256.clone(),
        signed_attrs: Some(attributes.attributes.clone()),
        signature_algorithm: AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA256, parameters: None },
        signature: OctetString::new(signature_der)?,
        unsigned_attrs: None,
    };
    let certificates: Vec<_> = chain.certificates().cloned().map(CertificateChoices::Certificate).collect();
    let signed_data = SignedData {
        // RFC 5652 §5.1: 1, as there are only certificates of X.509, no CRLs of another
        // kind, signers of version 1, and the content is id-data.
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::try_from(vec![sha256])?,
        encap_content_info: EncapsulatedContentInfo { econtent_type: DATA, econtent: None },
        certificates: Some(CertificateSet::try_from(certificates)?),
        crls: None,
        signer_infos: SignerInfos::try_from(vec![signer])?,
    };
    Ok(ContentInfo { content_type: SIGNED_DATA, content: Any::encode_from(&signed_data)? }.to_der()?)
}

/// An upper bound in bytes for the signature of this chain, with room for a signature
/// time-stamp token of at most `timestamp_token` bytes (0: none will be added).
///
/// # Errors
/// As [`assemble`].
pub fn contents_capacity(chain: &SigningChain, timestamp_token: usize) -> Result<usize, Error> {
    // DER lengths only grow with what they hold: the longest signature gives the longest structure.
    let attributes = SignedAttributes::for_certificate_digest([0; 32], chain.signer_digest())?;
    let longest = assemble(&attributes, &[0; signature::MAX_LENGTH], chain)?.len();
    Ok(match timestamp_token {
        0 => longest,
        token => longest.saturating_add(token).saturating_add(ATTRIBUTE_ROOM),
    })
}
