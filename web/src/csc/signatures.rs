//! `signatures/signHash` (CSC API 1.0.4.0 §11.9; 2.0 §11.10): hands out what the doctor's activation
//! brought about. Nothing is signed here: whoever asks again gets the same.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use signer::protocol::{CertificateRecord, SignedDigest};

use super::algorithm::{EC_PUBLIC_KEY, ECDSA_SHA_256, SHA_256, decode_hash};
use super::body::Body;
use super::{CscError, Version, credentials};
use crate::app::App;
use crate::audit::{Event, record};
use crate::oauth::asked::AskedSigning;
use crate::oauth::token::{self, Grant};
use crate::oauth::{Refused, Scope, bearer};
use crate::pages::CertificateState;
use crate::workflow::certificate_care::state_of;

/// `signatures/signHash`.
pub(crate) async fn sign_hash(
    State(app): State<App>,
    version: Version,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, CscError> {
    // Version 2 lets the token of the scope `credential` speak for itself.
    let service = match bearer(&app, &headers, Scope::Service).await {
        Ok(grant) => Some(grant),
        Err(Refused::Scope(_)) if version == Version::Second => None,
        Err(refused) => return Err(refused.into()),
    };
    let body = Body::read(body)?;
    let activated = match &service {
        Some(service) => {
            let sad = body.text("SAD")?;
            let found = token::find(&app, sad).await?.filter(|found| belongs(found, service));
            found.ok_or_else(|| CscError::invalid("SAD"))?
        }
        None => bearer(&app, &headers, Scope::Credential).await?,
    };
    if !activated.scopes.contains(Scope::Credential) {
        return Err(CscError::invalid("SAD"));
    }
    let (asked, given) = brought_about(&app, &activated).await?;
    if !body.text("credentialID")?.eq_ignore_ascii_case(&asked.credential_id) {
        return Err(CscError::invalid("credentialID"));
    }
    check_algorithms(&body)?;
    // Taken back, or switched off, since the touch? Then it is not handed out either.
    let held = credentials::of(&app, &activated).await?;
    let in_force = |held: &CertificateRecord| {
        held.serial == asked.credential_id && state_of(held, app.now()) == CertificateState::Good
    };
    if !held.iter().any(in_force) {
        return Err(CscError::Denied("The credential is not in force, or its unit does not allow this any more."));
    }
    if body.maybe_text("operationMode")?.is_some_and(|mode| mode != "S") {
        return Err(CscError::invalid("operationMode"));
    }
    let mut signatures = Vec::new();
    for hash in body.texts("hash", "hashes")? {
        let sha256 = decode_hash(hash).ok_or_else(|| CscError::invalid("hash"))?;
        let signed = given.iter().find(|signed| signed.sha256 == sha256);
        let signed = signed
            .ok_or_else(|| CscError::Request("Invalid parameter hash: it is not authorized by the SAD".to_owned()))?;
        signatures.push(STANDARD.encode(hex::decode(&signed.signature).map_err(|_| CscError::Server)?));
    }
    if signatures.is_empty() || signatures.len() > given.len() {
        return Err(CscError::invalid("hash"));
    }
    let person = activated.person_id.clone().unwrap_or_default();
    let mut tx = app.portal().begin_write().await?;
    let facts = json!({ "credential": asked.credential_id, "count": signatures.len() });
    record(&app, &mut tx, Event::new("digests.handed_out", &activated.client.id, &person).with(facts)).await?;
    tx.commit().await?;
    Ok(Json(json!({ "signatures": signatures })))
}

/// Whether two tokens were given to one program on one person's behalf.
fn belongs(activated: &Grant, service: &Grant) -> bool {
    activated.client.id == service.client.id
        && activated.person_id.is_some()
        && activated.person_id == service.person_id
}

/// What was asked for and what the signer gave, behind a token of the scope `credential`.
pub(super) async fn brought_about(app: &App, activated: &Grant) -> Result<(AskedSigning, Vec<SignedDigest>), CscError> {
    let id = activated.bound_to.get("authorization").and_then(Value::as_str).ok_or(CscError::Token)?;
    let mut tx = app.portal().begin().await?;
    let found = tx.authorization(id).await?.ok_or(CscError::Token)?;
    drop(tx);
    if found.client_id != activated.client.id || Some(&found.person_id) != activated.person_id.as_ref() {
        return Err(CscError::Token);
    }
    let asked = serde_json::from_str(&found.asked).map_err(|_| CscError::Server)?;
    let given = serde_json::from_str(&found.given).map_err(|_| CscError::Server)?;
    Ok((asked, given))
}

fn check_algorithms(body: &Body) -> Result<(), CscError> {
    let hash = match body.maybe_text("hashAlgo")? {
        Some(oid) => Some(oid),
        None => body.maybe_text("hashAlgorithmOID")?,
    };
    if hash.is_some_and(|oid| oid != SHA_256) {
        return Err(CscError::invalid("hashAlgo"));
    }
    match body.text("signAlgo")? {
        ECDSA_SHA_256 => Ok(()),
        EC_PUBLIC_KEY if hash.is_some() => Ok(()),
        EC_PUBLIC_KEY => Err(CscError::missing("hashAlgo")),
        _ => Err(CscError::invalid("signAlgo")),
    }
}
