//! Whether a time-stamp token is for what it is put beside.

use crate::Error;
use crate::verify::{SignedData, imprint};
use crate::x509::algorithm::Hash;
use crate::x509::certificate::Certificate;
use crate::x509::oid;

/// Checks that `token` is an RFC 3161 token whose imprint is over `parts`. Whose it is and whether its signature
/// holds is for who made it to know.
pub(crate) fn check_imprint(token: &[u8], parts: &[&[u8]]) -> Result<(), Error> {
    let (hash, digest) = imprint_of(token)?;
    if hash.digest(parts) == digest { Ok(()) } else { Err(Error::OtherTimeStamp) }
}

/// As [`check_imprint`], for a token over a SHA-256 digest known already.
pub(crate) fn check_imprint_of(token: &[u8], sha256: &[u8; 32]) -> Result<(), Error> {
    let (hash, digest) = imprint_of(token)?;
    if hash == Hash::Sha256 && digest == sha256 { Ok(()) } else { Err(Error::OtherTimeStamp) }
}

/// The certificate of who signed the time-stamp beside this signature.
pub(crate) fn time_stamper(cms: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let data = SignedData::parse(cms).map_err(|_| Error::MalformedSignature)?;
    let Some(stamp) = data.unsigned_attribute(oid::SIGNATURE_TIME_STAMP) else { return Ok(None) };
    let token = SignedData::parse(stamp.raw).map_err(|_| Error::MalformedTimeStamp)?;
    let certificates: Vec<Certificate<'_>> =
        token.certificates.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
    Ok(token.signer(&certificates).map(|signer| signer.raw.to_vec()))
}

fn imprint_of(token: &[u8]) -> Result<(Hash, &[u8]), Error> {
    let data = SignedData::parse(token).map_err(|_| Error::MalformedTimeStamp)?;
    let content = data.content.filter(|_| data.content_type == oid::TST_INFO).ok_or(Error::MalformedTimeStamp)?;
    let (algorithm, digest, _) = imprint(content).map_err(|_| Error::MalformedTimeStamp)?;
    Ok((Hash::of(algorithm).map_err(|_| Error::MalformedTimeStamp)?, digest))
}
