//! Built assets: their address holds the hash of their content, so they may be kept for ever.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::pages::assets::ASSETS;
use crate::problem::Problem;

/// `GET /assets/{hash}/{name}`.
pub(crate) async fn asset(
    State(app): State<App>,
    Path((hash, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let path = format!("/assets/{hash}/{name}");
    let asset = ASSETS.iter().find(|asset| asset.path == path).ok_or_else(Problem::not_found)?;
    if asset.demo_only && !app.config().demo {
        return Err(Problem::not_found());
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, asset.bytes).into_response())
}
