//! The authorization code grant (RFC 6749 §4.1) with proof of possession (RFC 7636, S256 only): a
//! person at the portal allows a program something; the code works once and for a minute.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::portal::api_client::ApiClient;
use time::Duration;

use super::asked::AskedSigning;
use super::token::{LONGEST_LIFE, NewToken, issue};
use super::{AUTHORIZATION_CODE, OAuthError, Scopes, endpoint};
use crate::app::App;
use crate::audit::{Event, record};
use crate::session::{digest, same};

/// How long a code works: the program's own server fetches the token at once.
pub(crate) const CODE_LIFE: Duration = Duration::minutes(1);

/// How long a token of the scope `credential` works: as long as an activation would.
const CREDENTIAL_LIFE: Duration = Duration::minutes(5);

/// Gives a token for a code.
pub(super) async fn redeem(app: &App, client: &ApiClient, form: &[(String, String)]) -> Result<Response, OAuthError> {
    let value = |name: &str| form.iter().find(|(id, _)| id == name).map(|(_, value)| value.as_str());
    let code = value("code").ok_or(OAuthError::InvalidRequest("code is missing."))?;
    let redirect_uri = value("redirect_uri").ok_or(OAuthError::InvalidRequest("redirect_uri is missing."))?;
    let verifier = value("code_verifier").ok_or(OAuthError::InvalidRequest("code_verifier is missing."))?;
    if !is_verifier(verifier) {
        return Err(OAuthError::InvalidRequest("code_verifier is not 43 to 128 unreserved characters."));
    }
    let mut tx = app.portal().begin_write().await?;
    let found = tx.authorization_of_code(&digest(code)).await?.filter(|found| found.client_id == client.id);
    let found = found.ok_or(OAuthError::InvalidGrant)?;
    if found.state == "redeemed" {
        // RFC 6749 §4.1.2: a code used twice may be a thief's; what it gave ends.
        tx.revoke_api_token(&found.token_sha256, app.now()).await?;
        record(app, &mut tx, Event::new("api.code_used_again", &client.id, "")).await?;
        tx.commit().await?;
        return Err(OAuthError::InvalidGrant);
    }
    let in_time = found.code_expires_at.is_some_and(|end| app.now() < end);
    if !in_time || found.redirect_uri != redirect_uri || !same(&challenge_of(verifier), &found.code_challenge) {
        return Err(OAuthError::InvalidGrant);
    }
    let scopes = Scopes::parse(&found.scope).ok_or(OAuthError::InvalidScope)?;
    let held = Scopes::parse(&client.scopes).unwrap_or_default();
    if scopes.is_empty() || !scopes.are_within(&held) {
        return Err(OAuthError::InvalidScope);
    }
    let asked: Option<AskedSigning> = serde_json::from_str(&found.asked).ok();
    let (life, bound_to) = match &asked {
        Some(_) => (CREDENTIAL_LIFE, json!({ "authorization": found.id })),
        None => (LONGEST_LIFE, Value::Null),
    };
    let new = NewToken { client, person_id: Some(&found.person_id), scopes: &scopes, life, bound_to };
    let (token, life) = issue(app, &mut tx, new).await?;
    if !tx.redeem_authorization(&found.id, &digest(&token)).await? {
        // Another request was first: nothing of this one stays.
        return Err(OAuthError::InvalidGrant);
    }
    let facts = json!({ "grant": AUTHORIZATION_CODE, "scopes": scopes.to_string(), "authorization": found.id });
    record(app, &mut tx, Event::new("api.token_given", &client.id, &found.person_id).with(facts)).await?;
    tx.commit().await?;
    Ok(endpoint::given_for(asked.as_ref(), &token, life, &scopes))
}

/// RFC 7636 §4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// RFC 7636 §4.2, S256.
fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_that_of_the_standard() {
        // RFC 7636 appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(is_verifier(verifier) && !is_verifier(&verifier[1..]) && !is_verifier(&verifier.replace('-', "+")));
        assert_eq!(challenge_of(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
