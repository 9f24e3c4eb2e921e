//! The JSON a browser posts: `PublicKeyCredential.toJSON()` (§5.1).

use super::assertion::AssertionParts;
use serde::Deserialize;

/// `RegistrationResponseJSON`, the members that are used.
#[derive(Debug, Clone, Deserialize)]
pub struct RegistrationResponse {
    /// The credential id the browser names; the one in the attested data counts.
    #[serde(rename = "rawId", with = "base64url")]
    pub credential_id: Vec<u8>,
    /// The authenticator's response.
    pub response: AttestationResponse,
}

/// `AuthenticatorAttestationResponseJSON`, the members that are used.
#[derive(Debug, Clone, Deserialize)]
pub struct AttestationResponse {
    /// `clientDataJSON`.
    #[serde(rename = "clientDataJSON", with = "base64url")]
    pub client_data_json: Vec<u8>,
    /// The attestation object.
    #[serde(rename = "attestationObject", with = "base64url")]
    pub attestation_object: Vec<u8>,
}

/// `AuthenticationResponseJSON`, the members that are used.
#[derive(Debug, Clone, Deserialize)]
pub struct AuthenticationResponse {
    /// Which credential signed: the key to its record.
    #[serde(rename = "rawId", with = "base64url")]
    pub credential_id: Vec<u8>,
    /// The authenticator's response.
    pub response: AssertionResponse,
}

/// `AuthenticatorAssertionResponseJSON`, the members that are used.
#[derive(Debug, Clone, Deserialize)]
pub struct AssertionResponse {
    /// `clientDataJSON`.
    #[serde(rename = "clientDataJSON", with = "base64url")]
    pub client_data_json: Vec<u8>,
    /// The authenticator data.
    #[serde(rename = "authenticatorData", with = "base64url")]
    pub authenticator_data: Vec<u8>,
    /// The signature.
    #[serde(with = "base64url")]
    pub signature: Vec<u8>,
}

impl AuthenticationResponse {
    /// The parts that are checked.
    pub fn parts(&self) -> AssertionParts<'_> {
        AssertionParts {
            client_data_json: &self.response.client_data_json,
            authenticator_data: &self.response.authenticator_data,
            signature: &self.response.signature,
        }
    }
}

/// Bytes as base64url text without padding (RFC 4648 §5).
pub(super) mod base64url {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_URL_SAFE_NO_PAD.decode(text).map_err(D::Error::custom)
    }
}
