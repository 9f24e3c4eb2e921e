//! Is this node up, and can it do its work?

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;

/// `GET /healthz`: the process answers.
pub(crate) async fn up() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database and the signer answer too.
pub(crate) async fn ready(State(app): State<App>) -> Response {
    let database = app.portal().database().ping().await.is_ok();
    let signer = app.signer().health().await;
    let demo_agrees = signer.as_ref().map(|demo| *demo == app.config().demo).unwrap_or(true);
    let status =
        if database && signer.is_ok() && demo_agrees { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "database": database, "signer": signer.is_ok(), "same_installation_kind": demo_agrees });
    (status, Json(body)).into_response()
}
