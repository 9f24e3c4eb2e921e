//! ECDSA signatures as tokens give them and as CMS carries them.

use super::SigningChain;
use crate::Error;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use der::asn1::UintRef;
use der::{Encode, Sequence};

/// The longest `ECDSA-Sig-Value` on P-256: two integers of 33 bytes.
pub(super) const MAX_LENGTH: usize = 2 + 2 * (2 + 33);

/// ```text
/// ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }
/// ```
/// RFC 5480 appendix A.
#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// The DER form of a P-256 signature as PKCS#11 gives it: r and s, 32 bytes each.
///
/// # Errors
/// [`Error::SignatureInvalid`] if it is not 64 bytes long.
pub fn signature_from_fixed(fixed: &[u8]) -> Result<Vec<u8>, Error> {
    let (r, s) = fixed.split_at_checked(32).filter(|(_, s)| s.len() == 32).ok_or(Error::SignatureInvalid)?;
    Ok(EcdsaSigValue { r: UintRef::new(r)?, s: UintRef::new(s)? }.to_der()?)
}

/// Verifies a DER signature over `message` with the signer's key.
pub(crate) fn verify(chain: &SigningChain, message: &[u8], signature_der: &[u8]) -> Result<(), Error> {
    let key = chain.signer().tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
        .verify(message, signature_der)
        .map_err(|_| Error::SignatureInvalid)
}
