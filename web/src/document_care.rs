//! What happens to documents while nobody looks: files that were signed are taken over from the
//! signer, and erasures that broke off are carried to their end.

use std::time::Duration;

use crate::app::App;
use crate::workflow::{erase_document, store_document};

/// Between two rounds.
const PAUSE: Duration = Duration::from_secs(30);

/// Runs for ever. Every node may: each step is taken once, whoever comes first.
pub(crate) async fn run(app: App) {
    loop {
        tokio::time::sleep(PAUSE).await;
        if let Err(problem) = erase_document::take_up(&app).await {
            tracing::warn!(status = problem.status().as_u16(), "erasures wait");
        }
        if let Err(problem) = store_document::take_over_signed(&app).await {
            tracing::warn!(status = problem.status().as_u16(), "signed files wait at the signer");
        }
    }
}
