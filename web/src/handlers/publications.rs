//! What programs fetch: OCSP answers, CRLs, CA certificates, public keys.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::json;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::oid::ObjectIdentifier;

use crate::app::App;
use crate::problem::Problem;

/// The largest OCSP request, in bytes.
pub(crate) const LARGEST_OCSP_REQUEST: usize = 8 * 1024;

/// commonName (X.520).
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// An answer to a request that is not one (RFC 6960 §4.2.1): `OCSPResponse` with the status
/// malformedRequest (1), which carries nothing else and no signature.
const MALFORMED_REQUEST: &[u8] = &[0x30, 0x03, 0x0a, 0x01, 0x01];

/// `POST /ocsp` (RFC 6960 appendix A.1).
pub(crate) async fn ocsp_post(State(app): State<App>, body: Bytes) -> Result<Response, Problem> {
    ocsp(&app, &body).await
}

/// `GET /ocsp/{base64 of the request}` (RFC 6960 appendix A.1): the base64 may hold slashes.
pub(crate) async fn ocsp_get(State(app): State<App>, Path(request): Path<String>) -> Result<Response, Problem> {
    let text = request.trim_start_matches('/');
    let decoded = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).unwrap_or_default();
    ocsp(&app, &decoded).await
}

async fn ocsp(app: &App, request: &[u8]) -> Result<Response, Problem> {
    let answer = if request.is_empty() || request.len() > LARGEST_OCSP_REQUEST {
        MALFORMED_REQUEST.to_vec()
    } else {
        app.signer().ocsp(request).await?
    };
    Ok(der(answer, "application/ocsp-response", "no-store"))
}

/// `GET /crl/{shard}.crl`.
pub(crate) async fn crl(State(app): State<App>, Path(file): Path<String>) -> Result<Response, Problem> {
    let shard = file.strip_suffix(".crl").ok_or_else(Problem::not_found)?;
    let known = shard == "root" || (!shard.is_empty() && shard.len() <= 6 && shard.bytes().all(|b| b.is_ascii_digit()));
    if !known {
        return Err(Problem::not_found());
    }
    Ok(der(app.signer().crl(shard).await?, "application/pkix-crl", "max-age=60"))
}

/// `GET /ca/{name}.cer`.
pub(crate) async fn ca_certificate(State(app): State<App>, Path(file): Path<String>) -> Result<Response, Problem> {
    let name = file.strip_suffix(".cer").ok_or_else(Problem::not_found)?;
    if !matches!(name, "root" | "issuing") {
        return Err(Problem::not_found());
    }
    Ok(der(app.signer().ca_certificate(name).await?, "application/pkix-cert", "max-age=3600"))
}

/// `GET /.well-known/rabrong-keys.json`.
pub(crate) async fn keys(State(app): State<App>) -> Result<Response, Problem> {
    let keys = app.signer().published_keys().await?;
    let cached = [(header::CACHE_CONTROL, HeaderValue::from_static("max-age=300"))];
    Ok((cached, Json(json!({ "keys": keys }))).into_response())
}

/// The commonName of a certificate's subject; empty if it cannot be read.
pub(super) fn common_name(certificate: &[u8]) -> String {
    let Ok(certificate) = Certificate::from_der(certificate) else { return String::new() };
    let subject = certificate.tbs_certificate().subject().to_string();
    let names = certificate.tbs_certificate().subject().iter();
    names
        .filter(|attribute| attribute.oid == COMMON_NAME)
        .find_map(|attribute| std::str::from_utf8(attribute.value.value()).ok().map(str::to_owned))
        .unwrap_or(subject)
}

fn der(bytes: Vec<u8>, kind: &'static str, cache: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        // Programs of other sites fetch these; they are public.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (headers, bytes).into_response()
}
