//! `credentials/list`, `credentials/info` and `credentials/authorize` (CSC API 1.0.4.0 §11.4-11.6;
//! 2.0 §11.4-11.6). A credential is a doctor's certificate, named by its serial number.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use signer::protocol::CertificateRecord;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::oid::ObjectIdentifier;

use super::algorithm::ECDSA_SHA_256;
use super::body::Body;
use super::{CscError, Version, bearer_of_person, distinguished_name, signatures};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::parse;
use crate::oauth::token::Grant;
use crate::oauth::{Scope, bearer};
use crate::pages::CertificateState;
use crate::workflow::certificate_care::state_of;

/// Digests under one touch.
const MULTISIGN: u64 = 500;
/// Generations of the issuing CA that are looked through.
const GENERATIONS: u32 = 32;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// The person's certificates that this program may ask signatures of: of its own unit, and only
/// while an officer allows that unit to.
pub(super) async fn of(app: &App, grant: &Grant) -> Result<Vec<CertificateRecord>, CscError> {
    let Some(person) = &grant.person_id else { return Err(CscError::Scope) };
    if !app.signer().digests_allowed(&grant.client.unit_code).await? {
        return Ok(Vec::new());
    }
    let mut held = app.signer().certificates(person).await?;
    held.retain(|certificate| certificate.unit_code == grant.client.unit_code && is_signable(certificate));
    Ok(held)
}

/// Whether digests can be signed with the key of this certificate.
pub(crate) fn is_signable(certificate: &CertificateRecord) -> bool {
    let der = hex::decode(&certificate.der).unwrap_or_default();
    let Ok(certificate) = Certificate::from_der(&der) else { return false };
    let algorithm = &certificate.tbs_certificate().subject_public_key_info().algorithm;
    let curve = algorithm.parameters.as_ref().and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok());
    algorithm.oid == EC_PUBLIC_KEY && curve == Some(P_256)
}

/// `credentials/list`.
pub(crate) async fn list(
    State(app): State<App>,
    version: Version,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, CscError> {
    let grant = bearer_of_person(&app, &headers).await?;
    let body = Body::read(body)?;
    if body.maybe_text("userID")?.is_some() {
        // §11.4: with user-specific authorization the token says whose credentials they are.
        return Err(CscError::invalid("userID"));
    }
    if body.number("maxResults")? == Some(0) {
        return Err(CscError::invalid("maxResults"));
    }
    if body.maybe_text("pageToken")?.is_some_and(|token| !token.is_empty()) {
        // A person has a handful of certificates: there is one page.
        return Err(CscError::invalid("pageToken"));
    }
    let mut held = of(&app, &grant).await?;
    let only_valid = body.flag("onlyValid", false)?;
    if version == Version::Second && only_valid {
        held.retain(|certificate| state_of(certificate, app.now()) == CertificateState::Good);
    }
    seen(&app, &grant).await?;
    let ids: Vec<&str> = held.iter().map(|certificate| certificate.serial.as_str()).collect();
    let mut answer = json!({ "credentialIDs": ids });
    if version == Version::Second
        && let Some(parameters) = answer.as_object_mut()
    {
        parameters.insert("onlyValid".to_owned(), json!(only_valid));
        if body.flag("credentialInfo", false)? {
            let mut infos = Vec::new();
            for certificate in &held {
                let mut info = described(&app, version, &body, certificate).await?;
                if let Some(parameters) = info.as_object_mut() {
                    parameters.insert("credentialID".to_owned(), json!(certificate.serial));
                }
                infos.push(info);
            }
            parameters.insert("credentialInfos".to_owned(), json!(infos));
        }
    }
    Ok(Json(answer))
}

/// `credentials/info`.
pub(crate) async fn info(
    State(app): State<App>,
    version: Version,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, CscError> {
    // In version 2 the token of the scope `credential` tells of the one it is for, too.
    let (grant, only) = match bearer_of_person(&app, &headers).await {
        Err(CscError::Scope) if version == Version::Second => {
            let grant = bearer(&app, &headers, Scope::Credential).await?;
            let (activated, _) = signatures::brought_about(&app, &grant).await?;
            (grant, Some(activated.credential_id))
        }
        grant => (grant?, None),
    };
    let body = Body::read(body)?;
    let asked = body.text("credentialID")?.to_ascii_lowercase();
    if only.is_some_and(|only| only != asked) {
        return Err(CscError::invalid("credentialID"));
    }
    let held = of(&app, &grant).await?;
    let certificate = held.iter().find(|held| held.serial == asked).ok_or_else(|| CscError::invalid("credentialID"))?;
    seen(&app, &grant).await?;
    Ok(Json(described(&app, version, &body, certificate).await?))
}

/// `credentials/authorize`: here a person always activates the very hashes, by way of the
/// authorization endpoint.
pub(crate) async fn authorize(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, CscError> {
    bearer_of_person(&app, &headers).await?;
    Body::read(body)?.text("credentialID")?;
    Err(CscError::Request(
        "The credential is authorized by OAuth 2.0 only: use oauth2/authorize with the scope credential".to_owned(),
    ))
}

async fn seen(app: &App, grant: &Grant) -> Result<(), CscError> {
    let person = grant.person_id.as_deref().unwrap_or_default();
    record_read(app, person, "certificates_by_program", &grant.client.id).await?;
    Ok(())
}

async fn described(
    app: &App,
    version: Version,
    body: &Body,
    certificate: &CertificateRecord,
) -> Result<Value, CscError> {
    let state = state_of(certificate, app.now());
    let mut cert = json!({
        "status": match state {
            CertificateState::Good => "valid",
            CertificateState::Suspended => "suspended",
            CertificateState::Revoked => "revoked",
            CertificateState::Expired => "expired",
        },
    });
    let der = hex::decode(&certificate.der).unwrap_or_default();
    let parsed = Certificate::from_der(&der).map_err(|_| CscError::Server)?;
    let chosen = body.maybe_text("certificates")?.unwrap_or("single");
    let certificates = match chosen {
        "none" => Vec::new(),
        "single" => vec![der.clone()],
        "chain" => chain_of(app, &der, &parsed).await?,
        _ => return Err(CscError::invalid("certificates")),
    };
    let with_info = body.flag("certInfo", false)?;
    if let Some(cert) = cert.as_object_mut() {
        if !certificates.is_empty() {
            let encoded: Vec<String> = certificates.iter().map(|der| STANDARD.encode(der)).collect();
            cert.insert("certificates".to_owned(), json!(encoded));
        }
        if with_info {
            let tbs = parsed.tbs_certificate();
            cert.insert("issuerDN".to_owned(), json!(distinguished_name::text(tbs.issuer())));
            cert.insert("serialNumber".to_owned(), json!(certificate.serial));
            cert.insert("subjectDN".to_owned(), json!(distinguished_name::text(tbs.subject())));
            cert.insert("validFrom".to_owned(), json!(generalized_time(&certificate.not_before)));
            cert.insert("validTo".to_owned(), json!(generalized_time(&certificate.not_after)));
        }
    }
    let enabled = state == CertificateState::Good;
    let mut said = json!({
        "description": "A doctor's signing key, kept by the service; each signature is activated by the doctor's passkey.",
        "key": {
            "status": if enabled { "enabled" } else { "disabled" },
            "algo": [ECDSA_SHA_256],
            "len": 256,
            "curve": P_256.to_string(),
        },
        "cert": cert,
        "SCAL": "2",
        "multisign": MULTISIGN,
        "lang": "en-US",
    });
    if let Some(parameters) = said.as_object_mut() {
        match version {
            Version::First => parameters.insert("authMode".to_owned(), json!("oauth2code")),
            Version::Second => parameters.insert("auth".to_owned(), json!({ "mode": "oauth2code" })),
        };
    }
    Ok(said)
}

/// The certificate, its issuer and the root.
async fn chain_of(app: &App, der: &[u8], leaf: &Certificate) -> Result<Vec<Vec<u8>>, CscError> {
    let issues = |issuer: &[u8]| {
        Certificate::from_der(issuer)
            .is_ok_and(|issuer| issuer.tbs_certificate().subject() == leaf.tbs_certificate().issuer())
    };
    let mut issuer = app.signer().ca_certificate("issuing").await?;
    for generation in 1..=GENERATIONS {
        if issues(&issuer) {
            let root = app.signer().ca_certificate("root").await?;
            return Ok(vec![der.to_vec(), issuer, root]);
        }
        issuer = app.signer().ca_certificate(&format!("issuing-{generation}")).await?;
    }
    Err(CscError::Server)
}

/// `YYYYMMDDHHMMSSZ`, as the API writes instants.
fn generalized_time(rfc3339: &str) -> String {
    let digits = parse(rfc3339).map(|_| rfc3339.chars().filter(char::is_ascii_digit).take(14).collect::<String>());
    digits.map(|digits| format!("{digits}Z")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn instants_are_generalized_times() {
        assert_eq!(super::generalized_time("2026-11-22T04:05:06Z"), "20261122040506Z");
        assert_eq!(super::generalized_time("yesterday"), "");
    }
}
