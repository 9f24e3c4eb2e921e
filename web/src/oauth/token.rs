//! Access tokens: 256 random bits, of which only the digest is stored; an hour at most.

use serde_json::Value;
use store::portal::Tx;
use store::portal::api_client::ApiClient;
use store::portal::api_token::ApiToken;
use time::Duration;

use super::Scopes;
use crate::app::App;
use crate::error::Error;
use crate::session::digest;

/// The longest life of a token.
pub(crate) const LONGEST_LIFE: Duration = Duration::hours(1);

/// What a token is to allow.
#[derive(Debug)]
pub(crate) struct NewToken<'a> {
    /// To which program.
    pub(crate) client: &'a ApiClient,
    /// On whose behalf; none if on the program's own.
    pub(crate) person_id: Option<&'a str>,
    /// What it allows.
    pub(crate) scopes: &'a Scopes,
    /// How long; cut to [`LONGEST_LIFE`].
    pub(crate) life: Duration,
    /// What else it is bound to; `Null` if nothing.
    pub(crate) bound_to: Value,
}

/// A token that is in force.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    /// The program.
    pub(crate) client: ApiClient,
    /// On whose behalf; none if on the program's own.
    pub(crate) person_id: Option<String>,
    /// What it allows.
    pub(crate) scopes: Scopes,
    /// What else it is bound to.
    pub(crate) bound_to: Value,
}

/// Gives a token, in the transaction of whatever gives the right to it. Returns its value and
/// its life in seconds.
pub(crate) async fn issue(app: &App, tx: &mut Tx, new: NewToken<'_>) -> Result<(String, i64), Error> {
    let value = app.randomness().token();
    let now = app.now();
    let life = new.life.min(LONGEST_LIFE);
    let token = ApiToken {
        token_sha256: digest(&value),
        client_id: new.client.id.clone(),
        person_id: new.person_id.unwrap_or_default().to_owned(),
        scopes: new.scopes.to_string(),
        bound_to: if new.bound_to.is_null() { String::new() } else { new.bound_to.to_string() },
        issued_at: now,
        expires_at: now + life,
    };
    tx.add_api_token(&token).await.map_err(Error::Portal)?;
    Ok((value, life.whole_seconds()))
}

/// The token of this value, if it is in force and its program is not switched off.
pub(crate) async fn find(app: &App, value: &str) -> Result<Option<Grant>, Error> {
    if !(20..=128).contains(&value.len()) {
        return Ok(None);
    }
    let mut tx = app.portal().begin().await.map_err(Error::Portal)?;
    let Some(token) = tx.api_token(&digest(value), app.now()).await.map_err(Error::Portal)? else { return Ok(None) };
    let Some(client) = tx.api_client(&token.client_id).await.map_err(Error::Portal)? else { return Ok(None) };
    let scopes = Scopes::parse(&token.scopes).ok_or(Error::Stored("api_token.scopes"))?;
    let bound_to = match token.bound_to.as_str() {
        "" => Value::Null,
        json => serde_json::from_str(json).map_err(|_| Error::Stored("api_token.bound_to"))?,
    };
    let person_id = (!token.person_id.is_empty()).then_some(token.person_id);
    Ok(Some(Grant { client, person_id, scopes, bound_to }))
}

/// Ends a token of this program; whether it was in force is not said (RFC 7009 §2.2).
pub(crate) async fn revoke(app: &App, client_id: &str, value: &str) -> Result<(), Error> {
    let mut tx = app.portal().begin_write().await.map_err(Error::Portal)?;
    let token_digest = digest(value);
    let token = tx.api_token(&token_digest, app.now()).await.map_err(Error::Portal)?;
    if token.is_some_and(|token| token.client_id == client_id) {
        tx.revoke_api_token(&token_digest, app.now()).await.map_err(Error::Portal)?;
    }
    tx.commit().await.map_err(Error::Portal)
}
