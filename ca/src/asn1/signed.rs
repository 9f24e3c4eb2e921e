//! The envelope around anything signed in X.509.

use der::asn1::{AnyRef, BitString};
use der::{Decode, Encode, Sequence};
use spki::AlgorithmIdentifierOwned;

use crate::Error;

/// RFC 5280 §4.1, §5.1, with the signed part as the octets that were signed:
///
/// ```text
/// SIGNED { ToBeSigned } ::= SEQUENCE {
///     toBeSigned          ToBeSigned,
///     signatureAlgorithm  AlgorithmIdentifier,
///     signature           BIT STRING }
/// ```
#[derive(Clone, Debug, Sequence)]
struct Signed<'a> {
    to_be_signed: AnyRef<'a>,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// Puts a signature to what was signed.
pub(crate) fn assemble(
    to_be_signed: &[u8],
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: &[u8],
) -> Result<Vec<u8>, Error> {
    let what = "signed structure";
    let signed = Signed {
        to_be_signed: AnyRef::from_der(to_be_signed).map_err(Error::encoding(what))?,
        signature_algorithm,
        signature: BitString::from_bytes(signature).map_err(Error::encoding(what))?,
    };
    signed.to_der().map_err(Error::encoding(what))
}
