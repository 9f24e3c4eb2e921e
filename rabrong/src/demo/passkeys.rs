//! The demonstration's own routes: its page of links, and the demo persons' passkeys, private
//! keys included, for the banner's script. Mounted in a demonstration and nowhere else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use askama::Template as _;
use axum::extract::{Query, State};
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use web::pages::{Demonstration, Lang, Layout, Text, Values};

use super::persons::{EVERYBODY, Passkeys};
use super::story::Visit;

/// The demonstration's routes, reading from its folder.
pub fn router(folder: &Path) -> Router {
    Router::new()
        .route("/demo", get(page))
        .route("/demo/passkeys.json", get(lend))
        .with_state(Arc::new(folder.to_owned()))
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

async fn page(State(folder): State<Arc<PathBuf>>, Query(query): Query<Values>, headers: HeaderMap) -> Response {
    let cookies = headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let chosen = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("rabrong_lang="));
    let asked = query.get("lang").map(String::as_str).or(chosen);
    let lang = asked.and_then(Lang::parse).unwrap_or_default();
    let visit = Visit::read(&folder).unwrap_or_default();
    let page = Demonstration {
        layout: Layout { lang, demo: true, signed_in_as: None, csrf: String::new(), path: "/demo".to_owned() },
        verify_url: path_of(&visit.verify_url),
        invitations: vec![
            (Text::new("แพทย์", "A doctor"), path_of(&visit.doctor)),
            (Text::new("เจ้าหน้าที่บันทึกหลักฐาน", "An evidence officer"), path_of(&visit.evidence_officer)),
            (Text::new("นายทะเบียน", "An RA officer"), path_of(&visit.ra_officer)),
        ],
        persons: EVERYBODY
            .iter()
            .map(|person| {
                Text::new(
                    format!("{} · {}", person.name_th(), person.label_th),
                    format!("{} · {}", person.name_en(), person.label_en),
                )
            })
            .collect(),
    };
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The path of an address of the portal: its page names itself, whatever it is called.
fn path_of(url: &str) -> String {
    url.splitn(4, '/').nth(3).map_or_else(String::new, |path| format!("/{path}"))
}
