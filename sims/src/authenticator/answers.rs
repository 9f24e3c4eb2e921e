//! What a page gets from the authenticator, and the JSON it posts.

use super::ES256;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

/// What `navigator.credentials.create()` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Credential id.
    pub credential_id: Vec<u8>,
    /// `clientDataJSON` as serialised.
    pub client_data_json: Vec<u8>,
    /// The attestation object (CBOR).
    pub attestation_object: Vec<u8>,
    /// The authenticator data inside it, as browsers lay it open beside.
    pub authenticator_data: Vec<u8>,
    /// The public key, DER SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
}

/// What `navigator.credentials.get()` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Credential id.
    pub credential_id: Vec<u8>,
    /// `clientDataJSON` as serialised.
    pub client_data_json: Vec<u8>,
    /// The authenticator data.
    pub authenticator_data: Vec<u8>,
    /// ECDSA-Sig-Value over `authenticatorData ‖ SHA-256(clientDataJSON)`.
    pub signature: Vec<u8>,
    /// The user handle given at registration.
    pub user_handle: Vec<u8>,
}

impl Registration {
    /// `RegistrationResponseJSON` (§5.1), as `PublicKeyCredential.toJSON()` gives it.
    pub fn to_json(&self) -> Json {
        let id = BASE64_URL_SAFE_NO_PAD.encode(&self.credential_id);
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64_URL_SAFE_NO_PAD.encode(&self.client_data_json),
                "attestationObject": BASE64_URL_SAFE_NO_PAD.encode(&self.attestation_object),
                "authenticatorData": BASE64_URL_SAFE_NO_PAD.encode(&self.authenticator_data),
                "publicKey": BASE64_URL_SAFE_NO_PAD.encode(&self.public_key),
                "publicKeyAlgorithm": ES256,
                "transports": ["internal"],
            },
        })
    }
}

impl Assertion {
    /// `AuthenticationResponseJSON` (§5.1), as `PublicKeyCredential.toJSON()` gives it.
    pub fn to_json(&self) -> Json {
        let id = BASE64_URL_SAFE_NO_PAD.encode(&self.credential_id);
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64_URL_SAFE_NO_PAD.encode(&self.client_data_json),
                "authenticatorData": BASE64_URL_SAFE_NO_PAD.encode(&self.authenticator_data),
                "signature": BASE64_URL_SAFE_NO_PAD.encode(&self.signature),
                "userHandle": BASE64_URL_SAFE_NO_PAD.encode(&self.user_handle),
            },
        })
    }
}
