//! The HTTP around what is published (RFC 6960 appendix A, RFC 9919 §5, RFC 9111).

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use super::Publication;
use crate::error::Error;

/// RFC 9110 §5.6.7.
const HTTP_DATE: &[BorrowedFormatItem<'static>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// What no cache may keep: the answer to a nonce, an error, a time-stamp.
pub(crate) fn not_kept(kind: &'static str, body: Vec<u8>) -> Publication {
    Publication { body: body.into(), headers: headers(kind, HeaderValue::from_static("no-store")) }
}

/// What does not change for a while.
pub(crate) fn cached(kind: &'static str, body: Vec<u8>, cache: &'static str) -> Publication {
    Publication { body: body.into(), headers: headers(kind, HeaderValue::from_static(cache)) }
}

/// What says itself from when until when it is right (RFC 9919 §5.2): `Last-Modified` is its
/// thisUpdate, `Expires` its nextUpdate, and `max-age` what counts.
pub(crate) fn dated(
    kind: &'static str,
    body: Vec<u8>,
    this_update: OffsetDateTime,
    next_update: OffsetDateTime,
    max_age: u32,
) -> Publication {
    let value = |text: String| HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("0"));
    let cache = value(format!("max-age={max_age}, public, no-transform, must-revalidate"));
    let mut headers = headers(kind, cache);
    headers.insert(header::ETAG, value(format!("\"{}\"", hex::encode(Sha256::digest(&body)))));
    headers.insert(header::LAST_MODIFIED, value(http_date(this_update)));
    headers.insert(header::EXPIRES, value(http_date(next_update)));
    Publication { body: body.into(), headers }
}

fn headers(kind: &'static str, cache: HeaderValue) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, cache);
    // Programs of other sites fetch these; they are public.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
}

fn http_date(instant: OffsetDateTime) -> String {
    instant.to_offset(UtcOffset::UTC).format(HTTP_DATE).unwrap_or_default()
}

impl Publication {
    /// The answer to a GET: only that nothing changed, to who has it already (RFC 9110 §13.1.2).
    pub(crate) fn into_answer(self, asked: &HeaderMap) -> Response {
        let tag = self.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
        let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
        let same = |(tag, known): (&str, &str)| known.trim() == "*" || known.split(',').any(|one| weak(one) == tag);
        if !tag.zip(known).is_some_and(same) {
            return self.into_response();
        }
        let mut headers = self.headers;
        headers.remove(header::CONTENT_TYPE);
        (StatusCode::NOT_MODIFIED, headers).into_response()
    }
}

fn weak(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

impl IntoResponse for Publication {
    fn into_response(self) -> Response {
        let mut response = Response::new(axum::body::Body::from(self.body));
        *response.headers_mut() = self.headers;
        response
    }
}

/// Why a program is given nothing. It gets a status and a line; pages are for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is nothing of that name.
    NotFound,
    /// The body is not of the kind this address takes.
    Kind(&'static str),
    /// The address holds more than any request needs.
    TooLong,
    /// The signer does not answer.
    Unavailable,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        use signer::client::ClientError;
        use signer::protocol::Refusal;
        match error {
            Error::Signer(ClientError::Refused(Refusal::NotFound)) => Self::NotFound,
            error => {
                tracing::warn!(error = %crate::problem::chain(&error), "nothing to publish");
                Self::Unavailable
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not found\n".to_owned()),
            Self::Kind(kind) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("give Content-Type: {kind}\n")),
            Self::TooLong => (StatusCode::URI_TOO_LONG, "too long: use POST\n".to_owned()),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "try again later\n".to_owned()),
        };
        let mut response = not_kept("text/plain; charset=utf-8", text.into_bytes()).into_response();
        *response.status_mut() = status;
        if self == Self::Unavailable {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

/// Whether the body says it is of this kind.
pub(crate) fn is_kind(headers: &HeaderMap, kind: &str) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn what_is_dated_says_so_and_who_has_it_is_told_only_that() {
        let (begin, end) = (datetime!(2026-03-02 09:00:07 UTC), datetime!(2026-03-02 10:00:07 UTC));
        let answer = dated("application/ocsp-response", b"der".to_vec(), begin, end, 1);
        assert_eq!(answer.headers["last-modified"], "Mon, 02 Mar 2026 09:00:07 GMT");
        assert_eq!(answer.headers["expires"], "Mon, 02 Mar 2026 10:00:07 GMT");
        assert_eq!(answer.headers["cache-control"], "max-age=1, public, no-transform, must-revalidate");
        let tag = answer.headers["etag"].clone();
        let asked = |tags: &str| HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_str(tags).unwrap())]);
        let tag = tag.to_str().unwrap();
        for known in [tag.to_owned(), format!("\"x\", W/{tag}"), "*".to_owned()] {
            let said = answer.clone().into_answer(&asked(&known));
            assert_eq!(said.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert_eq!(said.headers()["etag"], tag);
        }
        for known in ["\"x\"", ""] {
            assert_eq!(answer.clone().into_answer(&asked(known)).status(), StatusCode::OK, "{known}");
        }
        assert_eq!(not_kept("x/y", vec![]).into_answer(&asked("*")).status(), StatusCode::OK);
    }
}
