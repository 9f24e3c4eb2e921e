//! Coming in by an invitation: the login passkey first, then the page for the signing passkey.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::portal::invitation::Invitation;
use store::portal::passkey::{LoginPasskey, PasskeyCeremony};
use store::portal::person::Person;
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential, Uuid};

use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::names::Names;
use crate::problem::{Problem, chain};
use crate::session::{self, CEREMONY_LIFETIME, digest};

use super::invite::invited_name;

/// Kind of the ceremony, as stored.
const ENROL: &str = "enrol";

/// Between start and finish.
#[derive(Serialize, Deserialize)]
struct State {
    person_id: String,
    registration: PasskeyRegistration,
}

/// A ceremony begun: its id for the cookie, its options for the browser.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) ceremony: String,
    pub(crate) options: Value,
}

/// A person let in: the session cookie's value, and where to go on.
#[derive(Debug)]
pub(crate) struct LetIn {
    pub(crate) session: String,
    pub(crate) person_id: String,
}

/// The invitation of a link, if it can still be used.
pub(crate) async fn open_invitation(app: &App, token: &str) -> Result<Invitation, Problem> {
    if token.len() > 128 {
        return Err(Problem::invitation_over());
    }
    let mut tx = app.portal().begin().await?;
    let invitation = tx.invitation(&digest(token)).await?;
    match invitation {
        Some(invitation) if invitation.used_at.is_none() && invitation.expires_at > app.now() => Ok(invitation),
        _ => Err(Problem::invitation_over()),
    }
}

/// Begins the enrolment of a login passkey.
pub(crate) async fn start(app: &App, token: &str) -> Result<Started, Problem> {
    let invitation = open_invitation(app, token).await?;
    let name = invited_name(app, &invitation)?;
    let now = app.now();
    let person_id = invitation.person_id.clone().unwrap_or_else(|| app.randomness().uuid(now));
    let user = Uuid::try_parse(&person_id).map_err(|_| Error::Stored("invitation.person_id"))?;
    let (options, registration) = app
        .passkeys()
        .start_passkey_registration(user, &name, &name, None)
        .map_err(|error| Problem::from(Error::Passkeys(error)))?;
    let mut options = serde_json::to_value(&options).map_err(|_| Error::Stored("options"))?;
    // Discoverable, so that nobody has to type an account name to sign in.
    if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection").and_then(Value::as_object_mut) {
        selection.insert("residentKey".into(), json!("required"));
        selection.insert("requireResidentKey".into(), json!(true));
    }
    let state = serde_json::to_string(&State { person_id, registration }).map_err(|_| Error::Stored("ceremony"))?;
    let ceremony = PasskeyCeremony {
        id: app.randomness().token(),
        kind: ENROL.to_owned(),
        subject_id: invitation.id,
        state,
        expires_at: now + CEREMONY_LIFETIME,
    };
    let mut tx = app.portal().begin_write().await?;
    tx.add_ceremony(&ceremony, now).await?;
    tx.commit().await?;
    Ok(Started { ceremony: ceremony.id, options })
}

/// Finishes the enrolment: the person exists, the invitation is used up, a session is open.
pub(crate) async fn finish(
    app: &App,
    token: &str,
    ceremony: &str,
    credential: &RegisterPublicKeyCredential,
) -> Result<LetIn, Problem> {
    let invitation = open_invitation(app, token).await?;
    let name = invited_name(app, &invitation)?;
    let now = app.now();
    let mut tx = app.portal().begin_write().await?;
    let taken = tx.take_ceremony(ceremony, ENROL, now).await?;
    tx.commit().await?;
    let taken = taken.filter(|taken| taken.subject_id == invitation.id).ok_or_else(Problem::passkey_refused)?;
    let state: State = serde_json::from_str(&taken.state).map_err(|_| Error::Stored("ceremony"))?;
    let passkey = app.passkeys().finish_passkey_registration(credential, &state.registration).map_err(|error| {
        tracing::info!(error = %chain(&error), "a login passkey was not accepted");
        Problem::passkey_refused()
    })?;

    let mut tx = app.portal().begin_write().await?;
    if tx.person(&state.person_id).await?.is_none() {
        let person = new_person(app, &state.person_id, &invitation.role, &invitation.unit_code, &name)?;
        tx.add_person(&person).await?;
    }
    if !tx.use_invitation(&invitation.id, &state.person_id, now).await? {
        return Err(Problem::invitation_over());
    }
    let stored = LoginPasskey {
        credential_id: credential_id(passkey.cred_id().as_ref()),
        person_id: state.person_id.clone(),
        passkey: serde_json::to_string(&passkey).map_err(|_| Error::Stored("passkey"))?,
    };
    tx.add_login_passkey(&stored, now).await?;
    let session = session::open(app, &mut tx, &state.person_id).await?;
    let facts = json!({ "invitation": invitation.id, "role": invitation.role, "unit": invitation.unit_code });
    record(app, &mut tx, Event::new("person.enrolled", &state.person_id, &state.person_id).with(facts)).await?;
    tx.commit().await?;
    Ok(LetIn { session, person_id: state.person_id })
}

/// Adds a person whose id was fixed elsewhere, unless they are there.
pub(crate) async fn add_known_person(
    app: &App,
    id: &str,
    role: &str,
    unit_code: &str,
    name: &str,
) -> Result<(), Error> {
    let person = new_person(app, id, role, unit_code, name)?;
    let mut tx = app.portal().begin_write().await.map_err(Error::Portal)?;
    if tx.person(id).await.map_err(Error::Portal)?.is_none() {
        tx.add_person(&person).await.map_err(Error::Portal)?;
        record(app, &mut tx, Event::new("person.added", id, "").with(json!({ "role": role }))).await?;
    }
    tx.commit().await.map_err(Error::Portal)
}

fn new_person(app: &App, id: &str, role: &str, unit_code: &str, name: &str) -> Result<Person, Error> {
    Ok(Person {
        id: id.to_owned(),
        invited_as: role.to_owned(),
        unit_code: unit_code.to_owned(),
        names_sealed: Names::invited(name).seal(app.cipher(), id, app.randomness())?,
        identity_digest: String::new(),
        national_id_sealed: None,
        signing_credential: None,
        created_at: app.now(),
    })
}

/// A credential id as stored.
pub(crate) fn credential_id(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
