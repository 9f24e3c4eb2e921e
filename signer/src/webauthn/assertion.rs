//! Verifying an assertion (§7.2).

use super::client_data::Ceremony;
use super::{CHALLENGE, Credential, Error, RelyingParty, authenticator_data, client_data, cose};
use sha2::{Digest as _, Sha256};

/// An ECDSA-Sig-Value on P-256 has at most 72 bytes.
const MAX_SIGNATURE: usize = 72;

/// The parts of an assertion that are checked, as the browser gave them.
#[derive(Debug, Clone, Copy)]
pub struct AssertionParts<'a> {
    /// `clientDataJSON`, byte for byte.
    pub client_data_json: &'a [u8],
    /// The authenticator data.
    pub authenticator_data: &'a [u8],
    /// ECDSA-Sig-Value over `authenticatorData ‖ SHA-256(clientDataJSON)`.
    pub signature: &'a [u8],
}

/// What a good assertion says; to be written to the credential's record in the same
/// transaction that uses it (§7.2, the last step).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The counter to keep.
    pub sign_count: u32,
    /// Flag BE, as registered.
    pub backup_eligible: bool,
    /// Flag BS now.
    pub backup_state: bool,
}

/// Checks what `navigator.credentials.get()` gave for our challenge against the credential.
///
/// # Errors
/// One variant of [`Error`] per failed check. That the credential is the one named by the
/// assertion's id, and its owner the right person (§7.2 steps 5-6), is the caller's to check.
pub fn verify(
    rp: &RelyingParty,
    challenge: &[u8; CHALLENGE],
    credential: &Credential,
    parts: AssertionParts<'_>,
) -> Result<Verified, Error> {
    client_data::check(rp, Ceremony::Assertion, challenge, parts.client_data_json)?;
    let data = authenticator_data::check(rp, parts.authenticator_data)?;
    if data.attested.is_some() {
        return Err(Error::UnexpectedCredential);
    }
    if data.backup_eligible != credential.backup_eligible {
        return Err(Error::BackupEligibilityChanged);
    }
    check_signature(&credential.cose_key, parts)?;
    check_counter(credential.sign_count, data.sign_count)?;
    Ok(Verified { sign_count: data.sign_count, backup_eligible: data.backup_eligible, backup_state: data.backup_state })
}

/// Whether the credential made this assertion, whatever else is wrong with it: garbage, and what
/// others made, is nothing that its holder did.
#[must_use]
pub fn is_by(cose_key: &[u8], parts: AssertionParts<'_>) -> bool {
    parts.authenticator_data.len() <= authenticator_data::MAX_AUTHENTICATOR_DATA
        && parts.client_data_json.len() <= client_data::MAX_CLIENT_DATA
        && check_signature(cose_key, parts).is_ok()
}

impl AssertionParts<'_> {
    /// SHA-256 over what the credential signed: one and the same however the signature is written.
    #[must_use]
    pub fn signed_sha256(&self) -> [u8; 32] {
        Sha256::digest(self.signed()).into()
    }

    fn signed(&self) -> Vec<u8> {
        [self.authenticator_data, &Sha256::digest(self.client_data_json)].concat()
    }
}

fn check_signature(cose_key: &[u8], parts: AssertionParts<'_>) -> Result<(), Error> {
    if parts.signature.len() > MAX_SIGNATURE {
        return Err(Error::TooLarge("the signature"));
    }
    cose::parse(cose_key)?.verify_sig(&parts.signed(), parts.signature).map_err(|_| Error::Signature)
}

/// §7.2 step 22, §6.1.1: zero after zero is an authenticator without a counter; else it must grow.
/// The standard leaves it to the relying party what a counter that did not grow means; here it ends it.
fn check_counter(stored: u32, found: u32) -> Result<(), Error> {
    if (stored, found) == (0, 0) || found > stored { Ok(()) } else { Err(Error::Counter { stored, found }) }
}
