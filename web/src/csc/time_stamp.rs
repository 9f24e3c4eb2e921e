//! `signatures/timestamp` (CSC API 1.0.4.0 §11.10; 2.0 §11.12): a time-stamp token (RFC 3161) by
//! this installation's time-stamping authority.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use x509_cert::der::asn1::{Any, Int, OctetString};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _, Reader as _, SliceReader, Tag, Tagged as _};

use super::body::Body;
use super::{CscError, bearer_of_person};
use crate::app::App;

/// Digest algorithms whose imprints are stamped, and their octets.
const DIGESTS: [(&str, usize); 3] =
    [("2.16.840.1.101.3.4.2.1", 32), ("2.16.840.1.101.3.4.2.2", 48), ("2.16.840.1.101.3.4.2.3", 64)];

/// `signatures/timestamp`.
pub(crate) async fn time_stamp(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, CscError> {
    bearer_of_person(&app, &headers).await?;
    let body = Body::read(body)?;
    let algorithm = body.text("hashAlgo")?;
    let (_, octets) = DIGESTS.iter().find(|(oid, _)| *oid == algorithm).ok_or_else(|| CscError::invalid("hashAlgo"))?;
    let hash = STANDARD.decode(body.text("hash")?).map_err(|_| CscError::invalid("hash"))?;
    if hash.len() != *octets {
        return Err(CscError::invalid("hash"));
    }
    let nonce = match body.maybe_text("nonce")? {
        None | Some("") => None,
        Some(text) => Some(nonce(text).ok_or_else(|| CscError::invalid("nonce"))?),
    };
    let request = request(algorithm, hash, nonce).map_err(|_| CscError::invalid("hash"))?;
    let response = app.signer().time_stamp(&request).await?;
    match token(&response) {
        Some(token) => Ok(Json(json!({ "timestamp": STANDARD.encode(token) }))),
        // Refused: the authority's clock is not known well enough, or it is changed now.
        None => Err(CscError::Unavailable),
    }
}

/// A nonce in hexadecimal: up to 64 bits (§11.10).
fn nonce(text: &str) -> Option<Int> {
    let digits = if text.len().is_multiple_of(2) { text.to_owned() } else { format!("0{text}") };
    let bytes = hex::decode(digits).ok().filter(|bytes| (1..=8).contains(&bytes.len()))?;
    // Read as a positive number, in the fewest octets.
    let at = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let mut shortest = bytes.get(at..)?.to_vec();
    if shortest.first().is_some_and(|first| *first >= 0x80) {
        shortest.insert(0, 0);
    }
    Int::new(&shortest).ok()
}

/// ```text
/// TimeStampReq ::= SEQUENCE { version INTEGER { v1(1) }, messageImprint MessageImprint,
///     reqPolicy TSAPolicyId OPTIONAL, nonce INTEGER OPTIONAL, certReq BOOLEAN DEFAULT FALSE, … }
/// MessageImprint ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, hashedMessage OCTET STRING }
/// ```
fn request(algorithm: &str, hash: Vec<u8>, nonce: Option<Int>) -> x509_cert::der::Result<Vec<u8>> {
    let oid = ObjectIdentifier::new(algorithm).map_err(|_| x509_cert::der::ErrorKind::Failed)?;
    let identifier = sequence(&[oid.to_der()?])?;
    let imprint = sequence(&[identifier, OctetString::new(hash)?.to_der()?])?;
    let mut parts = vec![1_u8.to_der()?, imprint];
    if let Some(nonce) = nonce {
        parts.push(nonce.to_der()?);
    }
    parts.push(true.to_der()?);
    sequence(&parts)
}

fn sequence(parts: &[Vec<u8>]) -> x509_cert::der::Result<Vec<u8>> {
    Any::new(Tag::Sequence, parts.concat())?.to_der()
}

/// The token of a `TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken OPTIONAL }`.
fn token(response: &[u8]) -> Option<Vec<u8>> {
    let response = Any::from_der(response).ok().filter(|any| any.tag() == Tag::Sequence)?;
    let mut parts = SliceReader::new(response.value()).ok()?;
    Any::decode(&mut parts).ok()?;
    if parts.is_finished() {
        return None;
    }
    Any::decode(&mut parts).ok()?.to_der().ok()
}
