//! Running the portal.

use tokio::net::TcpListener;

use crate::api;
use crate::app::App;
use crate::error::Error;
use crate::expiry_notices;
use crate::router::router;
use crate::{document_care, file_renewals, licence_feed, sequencer};

/// Answers requests until the process ends; beside it run the ledger's sequencer, the licence
/// feed, the notices of what ends, what programs are told, the care of documents, the renewal of
/// their proof, and whoever follows the signer's revocations.
///
/// # Errors
/// [`Error::Listener`] if the listener fails.
pub async fn serve(listener: TcpListener, app: App) -> Result<(), Error> {
    let sequencer = tokio::spawn(sequencer::run(app.clone()));
    let licence_feed = tokio::spawn(licence_feed::run(app.clone()));
    let notices = tokio::spawn(expiry_notices::run(app.clone()));
    let api_notices = tokio::spawn(api::run_notices(app.clone()));
    let document_care = tokio::spawn(document_care::run(app.clone()));
    let file_renewals = tokio::spawn(file_renewals::run(app.clone()));
    let follower = tokio::spawn({
        let app = app.clone();
        async move { app.publications().keep_following(app.signer()).await }
    });
    let result = axum::serve(listener, router(app)).await.map_err(Error::Listener);
    sequencer.abort();
    licence_feed.abort();
    notices.abort();
    api_notices.abort();
    document_care.abort();
    file_renewals.abort();
    follower.abort();
    result
}
