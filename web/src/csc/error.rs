//! The CSC API's refusals: a code and a sentence (CSC API 1.0.4.0 §10.1).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use signer::client::ClientError;

use crate::error::Error;
use crate::oauth::Refused;
use crate::problem::chain;

/// Why a request of the CSC API is not answered.
#[derive(Debug)]
pub(crate) enum CscError {
    /// 400, `invalid_request`.
    Request(String),
    /// 401: there is no token, or it is not in force.
    Token,
    /// 403: the token does not allow this.
    Scope,
    /// 400, `access_denied`: the person or the service refused.
    Denied(&'static str),
    /// 429.
    TooMany,
    /// 413.
    TooLong,
    /// 503.
    Unavailable,
    /// 500.
    Server,
}

impl CscError {
    pub(super) fn missing(name: &str) -> Self {
        Self::Request(format!("Missing (or invalid type) parameter {name}"))
    }

    pub(super) fn invalid(name: &str) -> Self {
        Self::Request(format!("Invalid parameter {name}"))
    }
}

impl From<Refused> for CscError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoToken => Self::Token,
            Refused::Scope(_) => Self::Scope,
            Refused::TooMany => Self::TooMany,
            Refused::Failed(error) => error.into(),
        }
    }
}

impl From<Error> for CscError {
    fn from(error: Error) -> Self {
        let unavailable = match &error {
            Error::Signer(ClientError::Unreachable(_) | ClientError::TimedOut) => true,
            Error::Portal(cause) => cause.is_unavailable(),
            _ => false,
        };
        tracing::warn!(error = %chain(&error), "a program's request failed");
        if unavailable { Self::Unavailable } else { Self::Server }
    }
}

impl From<store::Error> for CscError {
    fn from(error: store::Error) -> Self {
        Error::Portal(error).into()
    }
}

impl IntoResponse for CscError {
    fn into_response(self) -> Response {
        let (status, code, description) = match &self {
            Self::Request(what) => (StatusCode::BAD_REQUEST, "invalid_request", what.as_str()),
            Self::Token => (StatusCode::UNAUTHORIZED, "invalid_token", "The access token is missing, over or unknown."),
            Self::Scope => (StatusCode::FORBIDDEN, "insufficient_scope", "The access token does not allow this."),
            Self::Denied(what) => (StatusCode::BAD_REQUEST, "access_denied", *what),
            Self::TooMany => {
                (StatusCode::TOO_MANY_REQUESTS, "slow_down", "Too many requests. Wait before asking again.")
            }
            Self::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", "The request is longer than 64 kB."),
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "Wait a minute and try again.")
            }
            Self::Server => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The service failed. Try again."),
        };
        let body = json!({ "error": code, "error_description": description });
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::Token => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
            }
            Self::Scope => {
                let line = HeaderValue::from_static("Bearer error=\"insufficient_scope\"");
                headers.insert(header::WWW_AUTHENTICATE, line);
            }
            Self::TooMany | Self::Unavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            }
            _ => {}
        }
        response
    }
}
