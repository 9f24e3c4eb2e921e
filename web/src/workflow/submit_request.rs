//! A request goes to the RA officer as soon as nothing is missing.

use store::portal::doctor_request::RequestState;

use crate::app::App;
use crate::audit::{Event, record};
use crate::problem::Problem;

use super::read_request::Dossier;

/// Sends the request on if it is complete; does nothing otherwise.
pub(super) async fn if_complete(app: &App, request_id: &str, actor: &str) -> Result<(), Problem> {
    let Some(dossier) = Dossier::load(app, request_id).await? else { return Ok(()) };
    let held = matches!(dossier.request.state, RequestState::Draft | RequestState::Returned);
    if !held || !dossier.missing().is_empty() {
        return Ok(());
    }
    let mut tx = app.portal().begin_write().await?;
    // Whoever was quicker has done it: the state is compared in the same statement.
    if tx.submit_request(request_id, app.now()).await? {
        record(app, &mut tx, Event::new("request.submitted", request_id, actor)).await?;
        tx.commit().await?;
    }
    Ok(())
}
