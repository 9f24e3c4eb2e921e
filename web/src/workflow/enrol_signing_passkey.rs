//! Sending a person to the signer's page where they enrol the passkey they will sign with.

use serde_json::json;
use signer::protocol::CredentialReference;
use store::portal::person::Person;

use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::names::Names;
use crate::problem::Problem;

use super::propose::{RETURN_PATH, kind, write_down};

/// Opens the enrolment page; returns its address.
pub(crate) async fn open(app: &App, person: &Person) -> Result<String, Error> {
    let names = Names::open(app.cipher(), &person.id, &person.names_sealed)?;
    let ticket = app.signer().enrol_credential(&person.id, &names.shown(crate::pages::Lang::Th), RETURN_PATH).await?;
    write_down(app, &person.id, kind::ENROL, &person.id, &ticket).await?;
    Ok(ticket.url)
}

/// Keeps the reference of the passkey that was enrolled.
pub(super) async fn keep(app: &App, person_id: &str, credential: &CredentialReference) -> Result<(), Problem> {
    let json = serde_json::to_string(credential).map_err(|_| Error::Stored("signing_credential"))?;
    let now = app.now();
    let mut tx = app.portal().begin_write().await?;
    match tx.set_signing_credential(person_id, &json, now).await {
        // There is another already: the first stays, a change goes its own way.
        Err(store::Error::Conflict { .. }) => return Err(Problem::out_of_step()),
        other => other?,
    }
    let facts = json!({ "public_key_sha256": credential.public_key_sha256 });
    record(app, &mut tx, Event::new("signing_passkey.enrolled", person_id, person_id).with(facts)).await?;
    tx.commit().await?;
    Ok(())
}

/// The signing passkey a person enrolled.
pub(crate) fn of(person: &Person) -> Option<CredentialReference> {
    serde_json::from_str(person.signing_credential.as_deref()?).ok()
}
