//! `CollectedClientData`: what the browser says of the page that asked (§5.8.1).

use super::{CHALLENGE, Error, RelyingParty};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Client data is some 200 bytes; browsers may add members.
pub(super) const MAX_CLIENT_DATA: usize = 4096;

/// Unknown members are allowed: "user agents may add". Known ones twice are not.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    ceremony: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: Option<bool>,
    #[serde(rename = "topOrigin", default)]
    top_origin: Option<IgnoredAny>,
}

/// The `type` of client data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ceremony {
    Registration,
    Assertion,
}

impl Ceremony {
    fn name(self) -> &'static str {
        match self {
            Self::Registration => "webauthn.create",
            Self::Assertion => "webauthn.get",
        }
    }
}

/// Checks the client data: §7.1 steps 5-11, §7.2 steps 8-14. Its bytes are then hashed as they came.
pub(super) fn check(
    rp: &RelyingParty,
    ceremony: Ceremony,
    challenge: &[u8; CHALLENGE],
    json: &[u8],
) -> Result<(), Error> {
    if json.len() > MAX_CLIENT_DATA {
        return Err(Error::TooLarge("the client data"));
    }
    let data: ClientData = serde_json::from_slice(json).map_err(|_| Error::ClientData)?;
    if data.ceremony != ceremony.name() {
        return Err(Error::Ceremony);
    }
    // Compared as text: base64url has one spelling of 32 bytes, and no other is accepted.
    if data.challenge != BASE64_URL_SAFE_NO_PAD.encode(challenge) {
        return Err(Error::Challenge);
    }
    if data.origin != rp.origin {
        return Err(Error::Origin);
    }
    if data.cross_origin == Some(true) {
        return Err(Error::CrossOrigin);
    }
    if data.top_origin.is_some() {
        return Err(Error::TopOrigin);
    }
    Ok(())
}
