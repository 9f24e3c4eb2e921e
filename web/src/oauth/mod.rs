//! How programs prove who they are: clients registered for a unit, the token endpoint
//! (RFC 6749), bearer tokens (RFC 6750), and what a server says of itself (RFC 8414).
//!
//! A further grant is one arm in [`endpoint`], a line in [`GRANTS`], and tokens given by
//! [`token::issue`] with the person they speak for and whatever they are bound to.

pub(crate) mod asked;
mod authentication;
mod bearer;
pub(crate) mod code;
mod endpoint;
mod error;
mod rate;
pub(crate) mod registration;
mod revocation;
mod scope;
pub(crate) mod token;

pub(crate) use bearer::{Refused, bearer};
pub(crate) use endpoint::{metadata, token as token_endpoint};
pub(crate) use rate::RateLimits;
pub(crate) use revocation::revoke;
pub(crate) use scope::{Scope, Scopes};
pub(crate) use {authentication::authenticate, error::OAuthError};

/// Grant types the token endpoint knows.
pub(crate) const GRANTS: [&str; 2] = [CLIENT_CREDENTIALS, AUTHORIZATION_CODE];

/// RFC 6749 §4.1.
pub(crate) const AUTHORIZATION_CODE: &str = "authorization_code";

/// RFC 6749 §4.4.
pub(crate) const CLIENT_CREDENTIALS: &str = "client_credentials";
