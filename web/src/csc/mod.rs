//! The Cloud Signature Consortium's API, versions 1.0.4.0 and 2.0: programs of a unit ask a doctor
//! for signatures over digests, where an officer allowed that unit to. The doctor activates the
//! very digests on the signer's page ([`crate::handlers::authorizations`]); this room only lists,
//! describes, and hands out what that brought about. What is supported: `docs/csc.md`.

pub(crate) mod algorithm;
mod body;
pub(crate) mod credentials;
mod distinguished_name;
mod error;
pub(crate) mod info;
pub(crate) mod signatures;
pub(crate) mod time_stamp;

pub(crate) use error::CscError;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::app::App;
use crate::oauth::token::Grant;
use crate::oauth::{Scope, bearer};

/// Which version a request speaks, by its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    First,
    Second,
}

impl FromRequestParts<App> for Version {
    type Rejection = CscError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, CscError> {
        Ok(if parts.uri.path().starts_with("/csc/v2/") { Self::Second } else { Self::First })
    }
}

/// The grant of a program that a person let look at their credentials.
async fn bearer_of_person(app: &App, headers: &HeaderMap) -> Result<Grant, CscError> {
    let grant = bearer(app, headers, Scope::Service).await?;
    if grant.person_id.is_none() {
        return Err(CscError::Scope);
    }
    Ok(grant)
}
