//! Which program is asking (RFC 6749 §2.3.1): its id and secret by HTTP Basic or in the form.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use store::portal::api_client::ApiClient;

use super::OAuthError;
use super::rate::Budget;
use crate::app::App;
use crate::session::{digest, same};

/// The program that made a request to the token endpoint, its secret checked.
///
/// # Errors
/// [`OAuthError::InvalidRequest`] if it names itself in two ways, [`OAuthError::InvalidClient`],
/// [`OAuthError::TooManyRequests`].
pub(crate) async fn authenticate(
    app: &App,
    headers: &HeaderMap,
    form: &[(String, String)],
) -> Result<ApiClient, OAuthError> {
    let (id, secret) = credentials(headers, form)?;
    let known = if crate::randomness::is_uuid(&id) {
        let mut tx = app.portal().begin().await?;
        tx.api_client(&id).await?
    } else {
        None
    };
    // An unknown program costs the same comparison as a wrong secret.
    let expected = known.as_ref().map_or_else(|| digest(""), |client| client.secret_sha256.clone());
    let right = same(&digest(&secret), &expected);
    let client = known.filter(|client| right && client.disabled_at.is_none()).ok_or_else(|| {
        tracing::info!("a program was refused at the token endpoint");
        OAuthError::InvalidClient
    })?;
    // Counted once it is known who asks: nobody uses up another's share.
    if !app.rate_limits().take(&client.id, Budget::Token, app.now()) {
        return Err(OAuthError::TooManyRequests);
    }
    Ok(client)
}

fn credentials(headers: &HeaderMap, form: &[(String, String)]) -> Result<(String, String), OAuthError> {
    let posted = |name: &str| form.iter().find(|(id, _)| id == name).map(|(_, value)| value.clone());
    let basic = headers.get(header::AUTHORIZATION);
    match (basic, posted("client_id"), posted("client_secret")) {
        // client_id alone is no second way (RFC 6749 §3.2.1; CSC API 1.0.4.0 §8.3.3 asks for it always).
        (Some(line), id, None) => {
            let pair = line.to_str().ok().and_then(basic_pair).ok_or(OAuthError::InvalidClient)?;
            if id.is_none_or(|id| id == pair.0) { Ok(pair) } else { Err(OAuthError::InvalidClient) }
        }
        (None, Some(id), Some(secret)) if !secret.is_empty() => Ok((id, secret)),
        (None, _, _) => Err(OAuthError::InvalidClient),
        (Some(_), _, _) => Err(OAuthError::InvalidRequest(
            "Send client_id and client_secret either by HTTP Basic or in the form, not both.",
        )),
    }
}

fn basic_pair(line: &str) -> Option<(String, String)> {
    let (scheme, encoded) = line.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > 1024 {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    // Ids and secrets are of characters that form encoding leaves as they are.
    (!secret.is_empty()).then(|| (id.to_owned(), secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(basic: Option<&str>, form: &[(&str, &str)]) -> Result<(String, String), &'static str> {
        let mut headers = HeaderMap::new();
        if let Some(pair) = basic {
            let line = format!("Basic {}", STANDARD.encode(pair));
            headers.insert(header::AUTHORIZATION, line.parse().unwrap());
        }
        let form: Vec<_> = form.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect();
        credentials(&headers, &form).map_err(|error| error.code())
    }

    #[test]
    fn a_program_names_itself_once() {
        let pair = Ok(("a".to_owned(), "b".to_owned()));
        assert_eq!(of(Some("a:b"), &[]), pair);
        assert_eq!(of(None, &[("client_id", "a"), ("client_secret", "b")]), pair);
        assert_eq!(of(Some("a:b"), &[("client_id", "a")]), pair);
        assert_eq!(of(Some("a:b"), &[("client_id", "c")]), Err("invalid_client"));
        assert_eq!(of(Some("a:b"), &[("client_secret", "b")]), Err("invalid_request"));
        for (basic, form) in [(None, &[][..]), (Some("ab"), &[]), (Some("a:"), &[]), (None, &[("client_id", "a")])] {
            assert_eq!(of(basic, form), Err("invalid_client"));
        }
    }
}
