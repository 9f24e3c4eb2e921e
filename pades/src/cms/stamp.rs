//! Whether a time-stamp token is for what it is put beside.

use crate::Error;
use crate::verify::{SignedData, imprint};
use crate::x509::algorithm::Hash;
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

fn imprint_of(token: &[u8]) -> Result<(Hash, &[u8]), Error> {
    let data = SignedData::parse(token).map_err(|_| Error::MalformedTimeStamp)?;
    let content = data.content.filter(|_| data.content_type == oid::TST_INFO).ok_or(Error::MalformedTimeStamp)?;
    let (algorithm, digest, _) = imprint(content).map_err(|_| Error::MalformedTimeStamp)?;
    Ok((Hash::of(algorithm).map_err(|_| Error::MalformedTimeStamp)?, digest))
}
