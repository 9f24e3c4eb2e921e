//! Authenticator data: what the authenticator says (§6.1).

use super::{Error, RelyingParty};
use ciborium::Value;
use sha2::{Digest as _, Sha256};

const FLAG_USER_PRESENT: u8 = 0x01;
const FLAG_USER_VERIFIED: u8 = 0x04;
const FLAG_BACKUP_ELIGIBLE: u8 = 0x08;
const FLAG_BACKUP_STATE: u8 = 0x10;
const FLAG_ATTESTED: u8 = 0x40;
const FLAG_EXTENSIONS: u8 = 0x80;

/// Authenticator data of a registration is some 200 bytes, with the longest id some 1200.
pub(super) const MAX_AUTHENTICATOR_DATA: usize = 4096;
/// §4: "a credential id is at most 1023 bytes".
const MAX_CREDENTIAL_ID: usize = 1023;
/// How deep CBOR may nest; a public key is one level, an extension's output two or three.
const MAX_DEPTH: usize = 8;

/// Authenticator data, its flags checked.
#[derive(Debug)]
pub(super) struct AuthenticatorData<'a> {
    pub(super) sign_count: u32,
    pub(super) backup_eligible: bool,
    pub(super) backup_state: bool,
    pub(super) attested: Option<Attested<'a>>,
}

/// Attested credential data (§6.5.1).
#[derive(Debug)]
pub(super) struct Attested<'a> {
    pub(super) credential_id: &'a [u8],
    /// The encoded `COSE_Key`, not yet looked into.
    pub(super) cose_key: &'a [u8],
}

/// Parses the data and checks what both ceremonies do: §7.1 steps 14-17, §7.2 steps 15-18.
pub(super) fn check<'a>(rp: &RelyingParty, bytes: &'a [u8]) -> Result<AuthenticatorData<'a>, Error> {
    if bytes.len() > MAX_AUTHENTICATOR_DATA {
        return Err(Error::TooLarge("the authenticator data"));
    }
    let (rp_id_hash, rest) = take::<32>(bytes)?;
    let (&[flags], rest) = take::<1>(rest)?;
    let (&sign_count, mut rest) = take::<4>(rest)?;
    if *rp_id_hash != <[u8; 32]>::from(Sha256::digest(rp.rp_id.as_bytes())) {
        return Err(Error::RelyingParty);
    }
    if flags & FLAG_USER_PRESENT == 0 {
        return Err(Error::UserPresence);
    }
    if flags & FLAG_USER_VERIFIED == 0 {
        return Err(Error::UserVerification);
    }
    let (backup_eligible, backup_state) = (flags & FLAG_BACKUP_ELIGIBLE != 0, flags & FLAG_BACKUP_STATE != 0);
    if backup_state && !backup_eligible {
        return Err(Error::BackupFlags);
    }
    let attested = if flags & FLAG_ATTESTED == 0 { None } else { Some(attested(&mut rest)?) };
    // We ask for no extension; an authenticator may answer one unasked (§6.1), and that is passed over.
    if flags & FLAG_EXTENSIONS != 0 && !matches!(cbor(&mut rest)?.1, Value::Map(_)) {
        return Err(Error::AuthenticatorData);
    }
    if !rest.is_empty() {
        return Err(Error::TrailingBytes("the authenticator data"));
    }
    Ok(AuthenticatorData { sign_count: u32::from_be_bytes(sign_count), backup_eligible, backup_state, attested })
}

/// `AAGUID ‖ length ‖ credential id ‖ COSE_Key`.
fn attested<'a>(rest: &mut &'a [u8]) -> Result<Attested<'a>, Error> {
    let (_aaguid, after) = take::<16>(rest)?;
    let (&length, after) = take::<2>(after)?;
    let length = usize::from(u16::from_be_bytes(length));
    if length == 0 || length > MAX_CREDENTIAL_ID {
        return Err(Error::CredentialId);
    }
    let (credential_id, after) = after.split_at_checked(length).ok_or(Error::AuthenticatorData)?;
    *rest = after;
    let (cose_key, _) = cbor(rest)?;
    Ok(Attested { credential_id, cose_key })
}

/// The next CBOR item, as its bytes and as its value.
fn cbor<'a>(rest: &mut &'a [u8]) -> Result<(&'a [u8], Value), Error> {
    let begin = *rest;
    let value = ciborium::de::from_reader_with_recursion_limit(&mut *rest, MAX_DEPTH);
    let value = value.map_err(|_| Error::AuthenticatorData)?;
    let (item, _) = begin.split_at_checked(begin.len() - rest.len()).ok_or(Error::AuthenticatorData)?;
    Ok((item, value))
}

fn take<const N: usize>(bytes: &[u8]) -> Result<(&[u8; N], &[u8]), Error> {
    bytes.split_first_chunk().ok_or(Error::AuthenticatorData)
}
