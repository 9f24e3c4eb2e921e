//! `info`: what this service is (CSC API 1.0.4.0 §11.1; 2.0 §11.1).

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::algorithm::ECDSA_SHA_256;
use crate::app::App;
use crate::pages::assets::ASSETS;

/// The methods of both versions.
const METHODS: [&str; 5] =
    ["credentials/list", "credentials/info", "credentials/authorize", "signatures/signHash", "signatures/timestamp"];

/// Version 1.
pub(crate) async fn first(State(app): State<App>) -> Json<Value> {
    Json(said(&app, "1.0.4.0"))
}

/// Version 2.
pub(crate) async fn second(State(app): State<App>) -> Json<Value> {
    let mut said = said(&app, "2.0.0.2");
    if let Some(parameters) = said.as_object_mut() {
        // Instead of the one of version 1: a client takes the issuer's metadata (RFC 8414).
        parameters.remove("oauth2");
        parameters.insert("oauth2Issuer".to_owned(), json!(app.origin()));
        parameters.insert("asynchronousOperationMode".to_owned(), json!(false));
        parameters.insert("signAlgorithms".to_owned(), json!({ "algos": [ECDSA_SHA_256] }));
        // Whole documents are not signed here: the client makes its own formats around a hash.
        parameters.insert("signature_formats".to_owned(), json!({ "formats": [], "envelope_properties": [] }));
        parameters.insert("conformance_levels".to_owned(), json!([]));
    }
    Json(said)
}

fn said(app: &App, specs: &str) -> Value {
    let logo = ASSETS.iter().find(|asset| asset.name == "mark.svg").map_or("/", |asset| asset.path);
    json!({
        "specs": specs,
        "name": "Rabrong",
        "logo": format!("{}{logo}", app.origin()),
        "region": "TH",
        "lang": "en-US",
        "description": "Remote signing with doctors' keys, where the doctor's unit allows it; the contents are not seen by this service.",
        "authType": ["oauth2code"],
        "oauth2": app.origin(),
        "methods": METHODS,
    })
}
