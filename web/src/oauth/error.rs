//! The token endpoint's refusals (RFC 6749 §5.2).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::error::Error;
use crate::problem::Problem;

/// Why no token was given.
#[derive(Debug, Clone)]
pub(crate) enum OAuthError {
    /// The request lacks something, has it twice, or cannot be read.
    InvalidRequest(&'static str),
    /// The program is unknown, switched off, or its secret is wrong.
    InvalidClient,
    /// The code, or whatever the grant rests on, is over, used, or another's.
    InvalidGrant,
    /// The program may not use this grant.
    UnauthorizedClient,
    /// There is no such grant.
    UnsupportedGrantType,
    /// A scope is unknown, or more than the program was registered for.
    InvalidScope,
    /// More requests than one program may make.
    TooManyRequests,
    /// Something of ours does not work.
    Unavailable(Problem),
}

impl OAuthError {
    /// The code of RFC 6749 §5.2.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::TooManyRequests => "slow_down",
            Self::Unavailable(_) => "temporarily_unavailable",
        }
    }

    /// What to do about it; ASCII, as the RFC wants it.
    pub(crate) const fn description(&self) -> &'static str {
        match self {
            Self::InvalidRequest(what) => what,
            Self::InvalidClient => {
                "The client is unknown or disabled, or the secret is wrong. Ask the unit's registration officer."
            }
            Self::InvalidGrant => "The grant is over, was used before, or belongs to another client. Begin again.",
            Self::UnauthorizedClient => "This client is not registered for this grant type.",
            Self::UnsupportedGrantType => "See grant_types_supported in /.well-known/oauth-authorization-server.",
            Self::InvalidScope => "A scope is unknown or was not registered for this client.",
            Self::TooManyRequests => "Too many requests. Use a token until it expires, and wait before asking again.",
            Self::Unavailable(_) => "The service cannot answer now. Wait a minute and try again.",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(problem) => problem.status(),
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<store::Error> for OAuthError {
    fn from(error: store::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code(), "error_description": self.description() });
        let mut response = (self.status(), Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::InvalidClient => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"oauth2\""));
            }
            Self::TooManyRequests => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            }
            _ => {}
        }
        response
    }
}
