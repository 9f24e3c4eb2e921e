//! An officer registers a program for a unit, gives it another secret, switches it off.

use serde_json::json;
use store::portal::api_client::ApiClient;

use super::{AUTHORIZATION_CODE, CLIENT_CREDENTIALS, Scopes};
use crate::app::App;
use crate::audit::{Event, record};
use crate::problem::Problem;
use crate::session::digest;

/// What an officer decides about a program.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    /// Code of the unit; the caller has checked that the officer is over it.
    pub(crate) unit_code: String,
    /// What it is called; doctors read it beside what it brought in.
    pub(crate) name: String,
    /// What it may ask for.
    pub(crate) scopes: Scopes,
    /// Where it wants to be told; empty if nowhere.
    pub(crate) webhook_url: String,
}

/// Secrets just made: shown once, kept by nobody here.
pub(crate) struct Secrets {
    /// The program's id.
    pub(crate) client_id: String,
    /// Its secret.
    pub(crate) client_secret: String,
    /// The key of its webhook's messages, if it has one.
    pub(crate) webhook_secret: Option<String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// Where the key of a program's webhook is sealed.
pub(crate) fn webhook_place(client_id: &str) -> String {
    format!("api_client.webhook_secret:{client_id}")
}

/// Registers a program that asks on its own behalf.
pub(crate) async fn register(app: &App, officer: &str, asked: Registration) -> Result<Secrets, Problem> {
    add(app, officer, asked, CLIENT_CREDENTIALS, &[]).await
}

/// Registers a program that asks on behalf of persons, whose browsers go back to `redirect_uri`.
pub(crate) async fn register_for_persons(
    app: &App,
    officer: &str,
    asked: Registration,
    redirect_uri: &str,
) -> Result<Secrets, Problem> {
    add(app, officer, asked, AUTHORIZATION_CODE, &[redirect_uri]).await
}

async fn add(
    app: &App,
    officer: &str,
    asked: Registration,
    grant: &str,
    redirect_uris: &[&str],
) -> Result<Secrets, Problem> {
    let now = app.now();
    let client_id = app.randomness().uuid(now);
    let client_secret = app.randomness().token();
    let key: Option<[u8; 32]> = (!asked.webhook_url.is_empty()).then(|| app.randomness().bytes());
    let sealed = match &key {
        Some(key) => Some(app.cipher().seal(&webhook_place(&client_id), key, app.randomness())?),
        None => None,
    };
    let client = ApiClient {
        id: client_id.clone(),
        unit_code: asked.unit_code,
        name: asked.name,
        grants: grant.to_owned(),
        scopes: asked.scopes.to_string(),
        redirect_uris: json!(redirect_uris).to_string(),
        secret_sha256: digest(&client_secret),
        secret_changed_at: now,
        webhook_url: asked.webhook_url,
        webhook_secret_sealed: sealed,
        created_by: officer.to_owned(),
        created_at: now,
        disabled_at: None,
    };
    let mut tx = app.portal().begin_write().await?;
    tx.add_api_client(&client).await?;
    let facts = json!({ "unit": client.unit_code, "scopes": client.scopes, "grants": client.grants, "redirect_uris": redirect_uris, "webhook": !client.webhook_url.is_empty() });
    record(app, &mut tx, Event::new("api.client_registered", &client_id, officer).with(facts)).await?;
    tx.commit().await?;
    Ok(Secrets { client_id, client_secret, webhook_secret: key.map(|key| webhook_secret(&key)) })
}

/// Gives a program another secret; the old one and every token end at once.
pub(crate) async fn rotate(app: &App, officer: &str, client: &ApiClient) -> Result<Secrets, Problem> {
    let client_secret = app.randomness().token();
    let mut tx = app.portal().begin_write().await?;
    if !tx.change_api_secret(&client.id, &digest(&client_secret), app.now()).await? {
        return Err(Problem::out_of_step());
    }
    tx.revoke_api_tokens_of(&client.id, app.now()).await?;
    record(app, &mut tx, Event::new("api.client_secret_changed", &client.id, officer)).await?;
    tx.commit().await?;
    Ok(Secrets { client_id: client.id.clone(), client_secret, webhook_secret: None })
}

/// Switches a program off for good: its tokens end at once, it is told nothing more.
pub(crate) async fn disable(app: &App, officer: &str, client: &ApiClient) -> Result<(), Problem> {
    let mut tx = app.portal().begin_write().await?;
    if !tx.disable_api_client(&client.id, officer, app.now()).await? {
        return Err(Problem::out_of_step());
    }
    tx.revoke_api_tokens_of(&client.id, app.now()).await?;
    tx.give_up_api_notices_of(&client.id, app.now()).await?;
    record(app, &mut tx, Event::new("api.client_disabled", &client.id, officer)).await?;
    tx.commit().await?;
    Ok(())
}

/// As the Standard Webhooks specification writes a symmetric key.
fn webhook_secret(key: &[u8; 32]) -> String {
    use base64::Engine as _;
    format!("whsec_{}", base64::engine::general_purpose::STANDARD.encode(key))
}
