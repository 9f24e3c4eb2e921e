//! Sending a person to the signer's page where they enrol the passkey they will sign with.

use serde::{Deserialize, Serialize};
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

/// What is kept of an enrolled passkey.
#[derive(Debug, Serialize, Deserialize)]
struct Enrolled {
    #[serde(flatten)]
    credential: CredentialReference,
    /// The signer's page that shows the code to who holds it; none in rows of before.
    page: Option<String>,
}

/// Keeps the reference of the passkey that was enrolled on the page of this ticket.
pub(super) async fn keep(
    app: &App,
    person_id: &str,
    credential: &CredentialReference,
    ticket: &str,
) -> Result<(), Problem> {
    let mut tx = app.portal().begin().await?;
    let known = tx.person(person_id).await?;
    drop(tx);
    if known.as_ref().and_then(of).as_ref() == Some(credential) {
        return Ok(());
    }
    let page = Some(format!("{}/e/{ticket}/done", app.config().signer_url));
    let enrolled = Enrolled { credential: credential.clone(), page };
    let json = serde_json::to_string(&enrolled).map_err(|_| Error::Stored("signing_credential"))?;
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
    enrolled(person).map(|enrolled| enrolled.credential)
}

/// Where a person reads its code. No page of the portal tells it to them: whoever owned the portal would
/// tell another one.
pub(crate) fn page_of(person: &Person) -> Option<String> {
    enrolled(person)?.page
}

fn enrolled(person: &Person) -> Option<Enrolled> {
    serde_json::from_str(person.signing_credential.as_deref()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_with_and_without_its_page() {
        let credential = CredentialReference {
            credential_id: "AAAA".into(),
            public_key_sha256: "00".into(),
            key_code: "K7QX-2MRD".into(),
        };
        let before: Enrolled = serde_json::from_str(&serde_json::to_string(&credential).unwrap()).unwrap();
        assert_eq!((before.credential, before.page), (credential.clone(), None));
        let page = Some("https://sign.example/e/1/done".to_owned());
        let text = serde_json::to_string(&Enrolled { credential: credential.clone(), page: page.clone() }).unwrap();
        let now: Enrolled = serde_json::from_str(&text).unwrap();
        assert_eq!((now.credential, now.page), (credential, page));
    }
}
