//! A CRL beside the one before it.

use super::{Parameters, Scope, parse};
use crate::{Error, Issuer, Serial};

/// Compares what is to be published with what was published last, before anything is signed: whoever restores an old
/// journal, or loses a row, must not bring a revoked certificate back.
///
/// An entry leaves only if `lifted` knows a record that lifted the suspension; expired certificates stay listed. The
/// number rises (RFC 5280 §5.2.3), thisUpdate does not fall, issuer and scope are the same.
///
/// # Errors
/// [`Error::Disappeared`], [`Error::Value`] for a number, time, scope or issuer that does not follow;
/// [`Error::Signature`] if `issuer` did not sign `previous`; [`Error::Malformed`], [`Error::TooLarge`] if it cannot be
/// read.
pub fn compare(
    previous: &[u8],
    issuer: &Issuer,
    next: &Parameters<'_>,
    lifted: impl Fn(Serial) -> bool,
) -> Result<(), Error> {
    let previous = parse(previous)?;
    previous.verify(issuer)?;
    let url = match next.scope {
        Scope::Shard { url } => Some(url),
        Scope::Everything => None,
    };
    if previous.url.as_deref() != url {
        return Err(Error::Value { what: "CRL: another scope than the last" });
    }
    if next.number <= previous.number {
        return Err(Error::Value { what: "CRL: a number that does not rise" });
    }
    if next.this_update < previous.this_update {
        return Err(Error::Value { what: "CRL: thisUpdate before that of the last" });
    }
    let mut staying: Vec<Serial> = next.entries.iter().map(|entry| entry.serial).collect();
    staying.sort_unstable();
    let mut gone = previous.entries.iter().map(|entry| entry.serial).filter(|serial| {
        let stays = staying.binary_search(serial).is_ok();
        !stays && !lifted(*serial)
    });
    match gone.next() {
        None => Ok(()),
        Some(serial) => Err(Error::Disappeared { serial, count: 1 + gone.count() }),
    }
}
