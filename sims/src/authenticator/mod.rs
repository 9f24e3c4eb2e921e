//! A passkey authenticator and the browser around it, in software (WebAuthn Level 3 §6, §5.8.1).
//!
//! For demonstrations and tests: it says "user verified" without asking anyone. What it makes
//! is what a real one makes, and whoever receives it checks it the same way. It can also be told
//! to misbehave ([`Behaviour`]), so that a check can be seen to fail.

mod answers;
#[cfg(test)]
mod tests;

pub use answers::{Assertion, Registration};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ciborium::Value as Cbor;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey as _;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use std::fmt;

const FLAG_USER_PRESENT: u8 = 0x01;
const FLAG_USER_VERIFIED: u8 = 0x04;
const FLAG_BACKUP_ELIGIBLE: u8 = 0x08;
const FLAG_BACKUP_STATE: u8 = 0x10;
const FLAG_ATTESTED: u8 = 0x40;

/// COSE algorithm ES256 (RFC 9053 §2.1).
const ES256: i64 = -7;

/// Why the authenticator did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It has no credential for this relying party.
    #[error("no credential for {0}")]
    NoCredential(String),
    /// The options lack a member, or it is not what the standard says.
    #[error("the options' member {0} is missing or malformed")]
    Options(&'static str),
    /// The seed gives no key, or a structure cannot be encoded.
    #[error("no credential can be made")]
    Making,
}

/// A software authenticator with its credentials. Serialised, it holds its secret seed.
#[derive(Clone, Serialize, Deserialize)]
pub struct SoftAuthenticator {
    seed: [u8; 32],
    credentials: Vec<Credential>,
    /// How it answers; the default is a device-bound authenticator that behaves.
    #[serde(default)]
    pub behaviour: Behaviour,
}

/// One discoverable credential.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Credential {
    rp_id: String,
    #[serde(with = "base64url")]
    id: Vec<u8>,
    #[serde(with = "base64url")]
    user_handle: Vec<u8>,
    sign_count: u32,
}

/// What the authenticator and its browser say of themselves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Behaviour {
    /// Flag UP.
    pub user_present: bool,
    /// Flag UV.
    pub user_verified: bool,
    /// Flag BE: the credential may be copied to other devices.
    pub backup_eligible: bool,
    /// Flag BS: it has been.
    pub backup_state: bool,
    /// Whether signatures are counted; passkeys that are copied say 0 always.
    pub counts: bool,
    /// `crossOrigin` in the client data, as a framed page gets it; absent if none.
    pub cross_origin: Option<bool>,
    /// `topOrigin` in the client data; absent if none.
    pub top_origin: Option<String>,
    /// Attestation statement format; the statement itself is always empty.
    pub attestation_format: String,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            user_present: true,
            user_verified: true,
            backup_eligible: false,
            backup_state: false,
            counts: true,
            cross_origin: Some(false),
            top_origin: None,
            attestation_format: "none".into(),
        }
    }
}

impl SoftAuthenticator {
    /// An authenticator without credentials. All its keys follow from `seed`, which must be random.
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed, credentials: Vec::new(), behaviour: Behaviour::default() }
    }

    /// Every credential with its private key as a JWK (RFC 7517), for a demonstration whose
    /// visitors borrow the passkeys of its persons.
    ///
    /// # Errors
    /// [`Error::Making`].
    pub fn lend(&self) -> Result<Vec<Json>, Error> {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        self.credentials
            .iter()
            .map(|credential| {
                let key = self.key(&credential.id)?;
                let point = key.verifying_key().to_sec1_point(false);
                let (Some(x), Some(y)) = (point.x(), point.y()) else { return Err(Error::Making) };
                Ok(serde_json::json!({
                    "rp_id": credential.rp_id,
                    "credential_id": text(&credential.id),
                    "user_handle": text(&credential.user_handle),
                    "private_key_jwk": {
                        "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y), "d": text(&key.to_bytes()),
                    },
                }))
            })
            .collect()
    }

    /// Makes a credential (§6.3.2) for a page of `origin`. A newer one of the same relying party is
    /// preferred from then on.
    ///
    /// # Errors
    /// [`Error::Making`].
    pub fn create(
        &mut self,
        rp_id: &str,
        origin: &str,
        challenge: &[u8],
        user_handle: &[u8],
    ) -> Result<Registration, Error> {
        let number = u32::try_from(self.credentials.len()).map_err(|_| Error::Making)?;
        let id = self.derive(b"id", &number.to_be_bytes()).to_vec();
        let key = self.key(&id)?;
        let point = key.verifying_key().to_sec1_point(false);
        let (Some(x), Some(y)) = (point.x(), point.y()) else { return Err(Error::Making) };
        // RFC 9052 §7, RFC 9053 §7.1.1, members in CTAP2's canonical order.
        let cose_key = encode(&Cbor::Map(vec![
            (Cbor::from(1), Cbor::from(2)),
            (Cbor::from(3), Cbor::from(ES256)),
            (Cbor::from(-1), Cbor::from(1)),
            (Cbor::from(-2), Cbor::Bytes(x.to_vec())),
            (Cbor::from(-3), Cbor::Bytes(y.to_vec())),
        ]))?;
        let id_length = u16::try_from(id.len()).map_err(|_| Error::Making)?;
        let mut authenticator_data = self.authenticator_data(rp_id, FLAG_ATTESTED, 0);
        authenticator_data.extend_from_slice(&[0; 16]); // AAGUID: none
        authenticator_data.extend_from_slice(&id_length.to_be_bytes());
        authenticator_data.extend_from_slice(&id);
        authenticator_data.extend_from_slice(&cose_key);
        let attestation_object = encode(&Cbor::Map(vec![
            (Cbor::from("fmt"), Cbor::from(self.behaviour.attestation_format.as_str())),
            (Cbor::from("attStmt"), Cbor::Map(Vec::new())),
            (Cbor::from("authData"), Cbor::Bytes(authenticator_data.clone())),
        ]))?;
        let public_key = key.verifying_key().to_public_key_der().map_err(|_| Error::Making)?.into_vec();
        self.credentials.push(Credential {
            rp_id: rp_id.to_owned(),
            id: id.clone(),
            user_handle: user_handle.to_vec(),
            sign_count: 0,
        });
        Ok(Registration {
            credential_id: id,
            client_data_json: self.client_data("webauthn.create", origin, challenge),
            attestation_object,
            authenticator_data,
            public_key,
        })
    }

    /// Signs a challenge (§6.3.3) with the newest credential of `rp_id` for a page of `origin`.
    ///
    /// # Errors
    /// [`Error::NoCredential`].
    pub fn get(&mut self, rp_id: &str, origin: &str, challenge: &[u8]) -> Result<Assertion, Error> {
        self.get_among(rp_id, origin, challenge, &[])
    }

    /// [`Self::get`] limited to the credentials allowed; none named, all are.
    ///
    /// # Errors
    /// [`Error::NoCredential`].
    pub fn get_among(
        &mut self,
        rp_id: &str,
        origin: &str,
        challenge: &[u8],
        allowed: &[Vec<u8>],
    ) -> Result<Assertion, Error> {
        let counts = self.behaviour.counts;
        let fits = |c: &&mut Credential| c.rp_id == rp_id && (allowed.is_empty() || allowed.contains(&c.id));
        let newest = self.credentials.iter_mut().rev().find(fits);
        let credential = newest.ok_or_else(|| Error::NoCredential(rp_id.to_owned()))?;
        if counts {
            credential.sign_count = credential.sign_count.wrapping_add(1);
        }
        let (id, user_handle) = (credential.id.clone(), credential.user_handle.clone());
        let count = if counts { credential.sign_count } else { 0 };
        let authenticator_data = self.authenticator_data(rp_id, 0, count);
        let client_data_json = self.client_data("webauthn.get", origin, challenge);
        let mut signed = authenticator_data.clone();
        signed.extend_from_slice(&Sha256::digest(&client_data_json));
        let signature: Signature = self.key(&id)?.sign(&signed);
        let signature = signature.to_der().as_bytes().to_vec();
        Ok(Assertion { credential_id: id, client_data_json, authenticator_data, signature, user_handle })
    }

    /// Answers a relying party's `PublicKeyCredentialCreationOptionsJSON` (with or without the
    /// member `publicKey` around it), as a page of `origin` would.
    ///
    /// # Errors
    /// [`Error::Options`].
    pub fn answer_creation(&mut self, origin: &str, options: &Json) -> Result<Registration, Error> {
        let options = options.get("publicKey").unwrap_or(options);
        let rp_id = options.pointer("/rp/id").and_then(Json::as_str).ok_or(Error::Options("rp.id"))?;
        let challenge = bytes_at(options, "/challenge").ok_or(Error::Options("challenge"))?;
        let user_handle = bytes_at(options, "/user/id").ok_or(Error::Options("user.id"))?;
        self.create(rp_id, origin, &challenge, &user_handle)
    }

    /// Answers a relying party's `PublicKeyCredentialRequestOptionsJSON` (with or without the
    /// member `publicKey` around it), as a page of `origin` would.
    ///
    /// # Errors
    /// [`Error::Options`], [`Error::NoCredential`].
    pub fn answer_request(&mut self, origin: &str, options: &Json) -> Result<Assertion, Error> {
        let options = options.get("publicKey").unwrap_or(options);
        let rp_id = options.get("rpId").and_then(Json::as_str).ok_or(Error::Options("rpId"))?;
        let challenge = bytes_at(options, "/challenge").ok_or(Error::Options("challenge"))?;
        let allowed = options.get("allowCredentials").and_then(Json::as_array);
        let allowed: Option<Vec<_>> = allowed.into_iter().flatten().map(|entry| bytes_at(entry, "/id")).collect();
        let allowed = allowed.ok_or(Error::Options("allowCredentials"))?;
        self.get_among(rp_id, origin, &challenge, &allowed)
    }

    /// Authenticator data (§6.1) up to the counter.
    fn authenticator_data(&self, rp_id: &str, flags: u8, sign_count: u32) -> Vec<u8> {
        let said = [
            (self.behaviour.user_present, FLAG_USER_PRESENT),
            (self.behaviour.user_verified, FLAG_USER_VERIFIED),
            (self.behaviour.backup_eligible, FLAG_BACKUP_ELIGIBLE),
            (self.behaviour.backup_state, FLAG_BACKUP_STATE),
        ];
        let flags = said.iter().fold(flags, |flags, (set, flag)| if *set { flags | flag } else { flags });
        let mut data = Sha256::digest(rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend_from_slice(&sign_count.to_be_bytes());
        data
    }

    /// `CollectedClientData` (§5.8.1), its members in the order browsers give them.
    fn client_data(&self, ceremony: &str, origin: &str, challenge: &[u8]) -> Vec<u8> {
        let text = |text: &str| Json::from(text).to_string();
        let mut members = vec![
            format!("\"type\":{}", text(ceremony)),
            format!("\"challenge\":{}", text(&BASE64_URL_SAFE_NO_PAD.encode(challenge))),
            format!("\"origin\":{}", text(origin)),
        ];
        members.extend(self.behaviour.cross_origin.map(|crossed| format!("\"crossOrigin\":{crossed}")));
        members.extend(self.behaviour.top_origin.as_deref().map(|top| format!("\"topOrigin\":{}", text(top))));
        format!("{{{}}}", members.join(",")).into_bytes()
    }

    /// A credential's private key.
    fn key(&self, id: &[u8]) -> Result<SigningKey, Error> {
        SigningKey::from_slice(&self.derive(b"key", id)).map_err(|_| Error::Making)
    }

    fn derive(&self, what: &[u8], of: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(self.seed).chain_update(what).chain_update(of).finalize().into()
    }
}

impl fmt::Debug for SoftAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftAuthenticator").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

fn encode(value: &Cbor) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).map_err(|_| Error::Making)?;
    Ok(bytes)
}

fn bytes_at(options: &Json, pointer: &str) -> Option<Vec<u8>> {
    let text = options.pointer(pointer)?.as_str()?;
    BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

/// Bytes as base64url text.
mod base64url {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use serde::Deserialize;
    use serde::{Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_URL_SAFE_NO_PAD.decode(text).map_err(D::Error::custom)
    }
}
