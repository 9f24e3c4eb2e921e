//! The signer's own check of passkeys at its own origin (WebAuthn Level 3 §7).
//!
//! ```text
//! registration        §7.1: a new credential
//! assertion           §7.2: a signature over a challenge
//! client_data         §5.8.1: what the browser says
//! authenticator_data  §6.1: what the authenticator says
//! cose                the credential's public key (ES256 only)
//! wire                the JSON a browser posts
//! ```
//!
//! Pure: challenge and expectations come in as arguments. Who a credential belongs to, and
//! whether it may be used for what it signs, is decided elsewhere, from the bindings.

pub mod assertion;
mod authenticator_data;
mod client_data;
mod cose;
mod error;
pub mod registration;
#[cfg(test)]
mod tests;
mod wire;

pub use error::Error;
pub use wire::{AssertionResponse, AttestationResponse, AuthenticationResponse, RegistrationResponse};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bytes of every challenge.
pub const CHALLENGE: usize = 32;

/// Who asks: fixed by configuration, never taken from a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// The RP id, e.g. `sign.localhost`.
    pub rp_id: String,
    /// The one origin accepted, e.g. `http://sign.localhost:8702`.
    pub origin: String,
}

/// A credential as it is bound and kept (§4, "credential record").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Credential id, at most 1023 bytes.
    #[serde(with = "wire::base64url")]
    pub id: Vec<u8>,
    /// The public key as the authenticator encoded it (`COSE_Key`, ES256).
    #[serde(with = "wire::base64url")]
    pub cose_key: Vec<u8>,
    /// The last signature counter seen.
    pub sign_count: u32,
    /// Whether the key may be copied to other devices (flag BE). Never changes.
    pub backup_eligible: bool,
    /// Whether it has been (flag BS).
    pub backup_state: bool,
    /// Attestation statement format. Recorded; nothing is trusted on its account.
    pub attestation_format: String,
}

/// What two people compare by eye to know they mean the same key: the first 40 bits of
/// SHA-256 over a tag, the salt and the `COSE_Key`, in Crockford base32, as `ABCD-EFGH`.
///
/// The salt is drawn by the signer after the key arrived. Without it 40 bits are few: whoever
/// wants a key with somebody's code could try keys until one has it.
pub fn key_code(salt: &[u8], cose_key: &[u8]) -> String {
    const CROCKFORD: [char; 32] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'M', 'N',
        'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
    ];
    let digest = Sha256::digest([b"rabrong/key-code/v1\0".as_slice(), salt, cose_key].concat());
    let bits = digest.iter().take(5).fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte));
    let letter = |position: u32| CROCKFORD.get(((bits >> (35 - 5 * position)) & 31) as usize);
    let half = |positions: std::ops::Range<u32>| positions.filter_map(letter).collect::<String>();
    format!("{}-{}", half(0..4), half(4..8))
}
