//! Bearer tokens in requests (RFC 6750).

use axum::http::{HeaderMap, header};

use super::rate::Budget;
use super::token::{self, Grant};
use super::{Scope, Scopes};
use crate::app::App;
use crate::error::Error;

/// Why a request with or without a token is not answered. Each API says so in its own form.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is no token, or it is not in force: 401, `WWW-Authenticate: Bearer`.
    NoToken,
    /// The token does not allow this: 403.
    Scope(Scope),
    /// More requests than one program may make: 429.
    TooMany,
    /// Something of ours does not work.
    Failed(Error),
}

/// The grant behind a request's token, if it allows `scope`.
///
/// A token in the address or in a form is not looked at (RFC 6750 §2.2, §2.3: may be left out).
pub(crate) async fn bearer(app: &App, headers: &HeaderMap, scope: Scope) -> Result<Grant, Refused> {
    let value = value_of(headers).ok_or(Refused::NoToken)?;
    let grant = token::find(app, value).await.map_err(Refused::Failed)?.ok_or(Refused::NoToken)?;
    if !app.rate_limits().take(&grant.client.id, Budget::Request, app.now()) {
        return Err(Refused::TooMany);
    }
    // What the officer took away since counts: not only what the token was given with.
    let registered = Scopes::parse(&grant.client.scopes).unwrap_or_default();
    if !grant.scopes.contains(scope) || !registered.contains(scope) {
        return Err(Refused::Scope(scope));
    }
    Ok(grant)
}

fn value_of(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let line = lines.next()?.to_str().ok()?;
    if lines.next().is_some() {
        return None;
    }
    let (scheme, value) = line.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_authorization_line_of_the_bearer_scheme() {
        let of = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::AUTHORIZATION, line.parse().unwrap());
            }
            value_of(&headers).map(str::to_owned)
        };
        assert_eq!(of(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(of(&["bearer abc"]).as_deref(), Some("abc"));
        for wrong in [&[][..], &["Basic abc"], &["abc"], &["Bearer a", "Bearer b"]] {
            assert_eq!(of(wrong), None, "{wrong:?}");
        }
    }
}
