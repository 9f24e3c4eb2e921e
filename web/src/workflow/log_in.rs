//! Signing in with a login passkey. The challenge is random; a challenge that activates
//! something at the signer's origin can never be answered here, nor this one there.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::portal::passkey::PasskeyCeremony;
use webauthn_rs::prelude::{DiscoverableAuthentication, DiscoverableKey, Passkey, PublicKeyCredential};

use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::problem::{Problem, chain};
use crate::session::{self, CEREMONY_LIFETIME};

use super::enrol::{LetIn, Started, credential_id};

/// Kind of the ceremony, as stored.
const LOG_IN: &str = "login";

#[derive(Serialize, Deserialize)]
struct State {
    authentication: DiscoverableAuthentication,
}

/// Begins a login: any passkey of this site will do, it tells who the person is.
pub(crate) async fn start(app: &App) -> Result<Started, Problem> {
    let (options, authentication) =
        app.passkeys().start_discoverable_authentication().map_err(|error| Problem::from(Error::Passkeys(error)))?;
    let mut options = serde_json::to_value(&options).map_err(|_| Error::Stored("options"))?;
    // The person presses a button; the browser need not offer the passkey in a text field.
    if let Some(options) = options.as_object_mut() {
        options.remove("mediation");
    }
    let now = app.now();
    let state = serde_json::to_string(&State { authentication }).map_err(|_| Error::Stored("ceremony"))?;
    let ceremony = PasskeyCeremony {
        id: app.randomness().token(),
        kind: LOG_IN.to_owned(),
        subject_id: String::new(),
        state,
        expires_at: now + CEREMONY_LIFETIME,
    };
    let mut tx = app.portal().begin_write().await?;
    tx.add_ceremony(&ceremony, now).await?;
    tx.commit().await?;
    Ok(Started { ceremony: ceremony.id, options })
}

/// Finishes a login: a session is open.
pub(crate) async fn finish(app: &App, ceremony: &str, credential: &PublicKeyCredential) -> Result<LetIn, Problem> {
    let now = app.now();
    let mut tx = app.portal().begin_write().await?;
    let taken = tx.take_ceremony(ceremony, LOG_IN, now).await?;
    tx.commit().await?;
    let taken = taken.ok_or_else(Problem::passkey_refused)?;
    let state: State = serde_json::from_str(&taken.state).map_err(|_| Error::Stored("ceremony"))?;

    let refused = |error: &dyn std::error::Error| {
        tracing::info!(error = %chain(error), "a login was refused");
        Problem::passkey_refused()
    };
    let (user, id) =
        app.passkeys().identify_discoverable_authentication(credential).map_err(|error| refused(&error))?;
    let id = credential_id(id);
    let mut tx = app.portal().begin().await?;
    let stored = tx.login_passkey(&id).await?;
    drop(tx);
    let mut stored =
        stored.filter(|stored| stored.person_id == user.to_string()).ok_or_else(Problem::passkey_refused)?;
    let mut passkey: Passkey = serde_json::from_str(&stored.passkey).map_err(|_| Error::Stored("passkey"))?;
    let result = app
        .passkeys()
        .finish_discoverable_authentication_v2(credential, state.authentication, DiscoverableKey::from(&passkey))
        .map_err(|error| refused(&error))?;
    if passkey.update_credential(&result) == Some(true) {
        stored.passkey = serde_json::to_string(&passkey).map_err(|_| Error::Stored("passkey"))?;
    }

    let mut tx = app.portal().begin_write().await?;
    tx.touch_login_passkey(&id, &stored.passkey, now).await?;
    let session = session::open(app, &mut tx, &stored.person_id).await?;
    record(app, &mut tx, Event::new("person.signed_in", &stored.person_id, &stored.person_id).with(Value::Null))
        .await?;
    tx.commit().await?;
    Ok(LetIn { session, person_id: stored.person_id })
}
