//! `GET /demo/passkeys.json`: the demo persons' passkeys, private keys included, for the
//! demonstration's script. Mounted in a demonstration and nowhere else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};

use super::persons::Passkeys;

/// The demonstration's own route, reading from its folder.
pub fn router(folder: &Path) -> Router {
    Router::new().route("/demo/passkeys.json", get(lend)).with_state(Arc::new(folder.to_owned()))
}

async fn lend(State(folder): State<Arc<PathBuf>>) -> Response {
    match Passkeys::open(&folder).and_then(|passkeys| passkeys.lend()) {
        Ok(passkeys) => Json(passkeys).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "the demo passkeys cannot be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
