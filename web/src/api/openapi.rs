//! What the API is, for programs (`OpenAPI` 3.1).

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::problem::Problem;

const DESCRIPTION: &str = include_str!("../../api/openapi.json");

/// `GET /openapi.json`.
pub(crate) async fn openapi(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let mut description: Value = serde_json::from_str(DESCRIPTION).map_err(|_| Problem::internal())?;
    if let Some(members) = description.as_object_mut() {
        members.insert("servers".to_owned(), json!([{ "url": app.origin() }]));
    }
    Ok(Json(description))
}
