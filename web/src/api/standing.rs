//! How a submitted document stands, in the words of the API; and telling the program.

use serde_json::{Map, Value, json};
use store::portal::Tx;
use store::portal::api_submission::Submission;
use store::portal::document::{Document, DocumentState};

use crate::app::App;
use crate::error::Error;
use crate::instants::rfc3339;

/// The state by name. `at_work`: the signer has recorded it and is not done.
pub(super) fn state_of(document: &Document, submission: &Submission, at_work: bool) -> &'static str {
    match (document.state, submission.ended) {
        (DocumentState::Signed, _) => "signed",
        (DocumentState::Erased, _) => "erased",
        (_, Some(end)) => end.as_str(),
        (DocumentState::Draft, None) => "draft",
        (DocumentState::Prepared, None) if at_work => "signing",
        (DocumentState::Prepared, None) => "prepared",
        (DocumentState::Abandoned, None) => "rejected",
    }
}

/// What the API says of a document: no personal data.
pub(super) fn described(app: &App, document: &Document, submission: &Submission, at_work: bool) -> Value {
    let state = state_of(document, submission, at_work);
    let mut said = Map::new();
    let mut put = |name: &str, value: Value| {
        said.insert(name.to_owned(), value);
    };
    put("id", json!(document.id));
    put("external_id", json!(submission.external_id));
    put("state", json!(state));
    put("form", json!(document.form));
    put("form_version", json!(document.form_version));
    put("submitted_at", json!(rfc3339(submission.submitted_at)));
    put("updated_at", json!(rfc3339(document.updated_at)));
    put("taken_up", json!(submission.taken_up_at.is_some()));
    if state == "draft" {
        put("expires_at", json!(rfc3339(submission.expires_at)));
    }
    if state == "rejected" && !submission.reason.is_empty() {
        put("reason", json!(submission.reason));
    }
    if state == "signed" {
        put("book", json!(document.book));
        put("number", json!(document.number));
        put("signed_at", json!(document.signed_at.map(rfc3339)));
        put("file_sha256", json!(document.file_sha256));
        put("file_url", json!(format!("{}/api/v1/documents/{}/file", app.origin(), document.id)));
        // For whoever opens it in a program that does not know the signer.
        put("help_url", json!(format!("{}/help/acrobat", app.origin())));
        put("verify_url", json!(document.code.as_ref().map(|code| format!("{}/v/{code}", app.origin()))));
    }
    Value::Object(said)
}

/// Writes down that the program which brought a document in is to be told of its new state, in
/// the transaction of that change. Nothing to do for a document that a doctor began.
///
/// # Errors
/// [`Error::Portal`].
pub(crate) async fn tell(app: &App, tx: &mut Tx, document: &Document, state: &str) -> Result<(), Error> {
    if document.client_id.is_empty() {
        return Ok(());
    }
    let client = tx.api_client(&document.client_id).await.map_err(Error::Portal)?;
    if client.is_some_and(|client| client.disabled_at.is_none() && !client.webhook_url.is_empty()) {
        let id = app.randomness().uuid(app.now());
        tx.add_api_notice(&id, &document.client_id, &document.id, state, app.now()).await.map_err(Error::Portal)?;
    }
    Ok(())
}
