//! The policy and the practice statement, as pages and as they were written. They answer over plain http
//! too: certificates point to `/cps` there, as to their status.

use askama::Template as _;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::pages::Practice;
use crate::pages::practice::{CP, CPS, DISCLOSURE, Document};
use crate::problem::Problem;
use crate::visitor::Visitor;

/// `GET /cps`: the disclosure statement in the visitor's language, then the practice statement.
pub(crate) async fn statement(visitor: Visitor, headers: HeaderMap) -> Result<Response, Problem> {
    let page = Practice::statement(visitor.layout(), operator(&visitor.app));
    answer(&headers, page.render()?, "text/html; charset=utf-8")
}

/// `GET /cp`: the certificate policy.
pub(crate) async fn policy(visitor: Visitor, headers: HeaderMap) -> Result<Response, Problem> {
    let page = Practice::policy(visitor.layout(), operator(&visitor.app));
    answer(&headers, page.render()?, "text/html; charset=utf-8")
}

/// `GET /cps.md`.
pub(crate) async fn statement_text(State(_): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    text(&headers, CPS)
}

/// `GET /cp.md`.
pub(crate) async fn policy_text(State(_): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    text(&headers, CP)
}

/// `GET /pds.md`.
pub(crate) async fn disclosure_text(State(_): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    text(&headers, DISCLOSURE)
}

fn operator(app: &App) -> [String; 3] {
    let contacts = &app.config().contacts;
    [&contacts.controller, &contacts.address, &contacts.data_protection_officer].map(Clone::clone)
}

fn text(headers: &HeaderMap, document: Document) -> Result<Response, Problem> {
    let mut response = answer(headers, document.text.to_owned(), "text/markdown; charset=utf-8")?;
    let disposition = format!("inline; filename=\"{}\"", document.name);
    let disposition = HeaderValue::from_str(&disposition).map_err(|_| Problem::internal())?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// The text, or "not modified" to whoever has it. The tag is weak: what is sent may be compressed (RFC 9110
/// §8.8.3.3). A page names the person signed in, so only their own browser keeps it, and asks each time.
fn answer(headers: &HeaderMap, text: String, kind: &'static str) -> Result<Response, Problem> {
    let digest = hex::encode(Sha256::digest(&text));
    let tag = format!("W/\"{}\"", digest.get(..32).unwrap_or(&digest));
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|line| line.split(',')).any(|one| one.trim() == tag);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response()
    };
    let tag = HeaderValue::from_str(&tag).map_err(|_| Problem::internal())?;
    response.headers_mut().insert(header::ETAG, tag);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}
