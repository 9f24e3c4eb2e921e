//! What programs fetch: OCSP answers, CRLs, CA certificates, time-stamps, public keys.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::json;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::oid::ObjectIdentifier;

use crate::app::App;
use crate::publications::{Publication, Refused, cached, is_kind, not_kept};

/// The largest body of a request, in bytes: twice what the signer reads, so that what is too large
/// for a request is answered in its own words.
pub(crate) const LARGEST_REQUEST: usize = 8 * 1024;

/// commonName (X.520).
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// An answer to a request that is not one (RFC 6960 §4.2.1): `OCSPResponse` with the status
/// malformedRequest (1), which carries nothing else and no signature.
const MALFORMED_REQUEST: &[u8] = &[0x30, 0x03, 0x0a, 0x01, 0x01];

const OCSP_REQUEST: &str = "application/ocsp-request";
const OCSP_RESPONSE: &str = "application/ocsp-response";
const TIME_STAMP_QUERY: &str = "application/timestamp-query";
const TIME_STAMP_REPLY: &str = "application/timestamp-reply";

/// Base64 in an address, with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `POST /ocsp` (RFC 6960 appendix A.1).
pub(crate) async fn ocsp_post(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Publication, Refused> {
    if !is_kind(&headers, OCSP_REQUEST) {
        return Err(Refused::Kind(OCSP_REQUEST));
    }
    ocsp(&app, &body).await
}

/// `GET /ocsp/{base64 of the request}` (RFC 6960 appendix A.1): the base64 may hold slashes.
pub(crate) async fn ocsp_get(
    State(app): State<App>,
    Path(request): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    if request.len() > LARGEST_REQUEST {
        return Err(Refused::TooLong);
    }
    // Some write an address that ends with a slash, and then another.
    let decoded = BASE64.decode(request.trim_start_matches('/')).unwrap_or_default();
    Ok(ocsp(&app, &decoded).await?.into_answer(&headers))
}

async fn ocsp(app: &App, request: &[u8]) -> Result<Publication, Refused> {
    if request.is_empty() {
        return Ok(not_kept(OCSP_RESPONSE, MALFORMED_REQUEST.to_vec()));
    }
    Ok(app.publications().ocsp(app.signer(), request, app.now()).await?)
}

/// `GET /crl/{list}.crl`: a shard by its number, `tsa`, `root`.
pub(crate) async fn crl(
    State(app): State<App>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let list = file.strip_suffix(".crl").ok_or(Refused::NotFound)?;
    let is_shard = !list.is_empty() && list.len() <= 5 && list.bytes().all(|byte| byte.is_ascii_digit());
    if !is_shard && !matches!(list, "root" | "tsa") {
        return Err(Refused::NotFound);
    }
    Ok(app.publications().list(app.signer(), list, app.now()).await?.into_answer(&headers))
}

/// `GET /ca/{name}.cer`: `root`, `issuing` (the newest), `issuing-<generation>`, `tsa-ca`, `tsa`.
pub(crate) async fn ca_certificate(State(app): State<App>, Path(file): Path<String>) -> Result<Publication, Refused> {
    let name = file.strip_suffix(".cer").ok_or(Refused::NotFound)?;
    let generation = name
        .strip_prefix("issuing-")
        .is_some_and(|number| (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()));
    if !generation && !matches!(name, "root" | "issuing" | "tsa-ca" | "tsa") {
        return Err(Refused::NotFound);
    }
    Ok(cached("application/pkix-cert", app.signer().ca_certificate(name).await?, "max-age=3600, public"))
}

/// `POST /tsa` (RFC 3161 §3.4).
pub(crate) async fn time_stamp(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Publication, Refused> {
    if !is_kind(&headers, TIME_STAMP_QUERY) {
        return Err(Refused::Kind(TIME_STAMP_QUERY));
    }
    Ok(not_kept(TIME_STAMP_REPLY, app.signer().time_stamp(&body).await?))
}

/// `GET /.well-known/rabrong-keys.json`.
pub(crate) async fn keys(State(app): State<App>) -> Result<Publication, Refused> {
    let keys = json!({ "keys": app.signer().published_keys().await? });
    Ok(cached("application/json", keys.to_string().into_bytes(), "max-age=300, public"))
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
