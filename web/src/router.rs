//! Every address of the portal, by who asks.

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, Request, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, body::Body};
use tower_http::compression::CompressionLayer;

use crate::api;
use crate::app::App;
use crate::csc;
use crate::handlers::{
    appointments, assets, authorizations, certificates, coming_in, digests, doctor, documents, erasures, evidence,
    health, help, mass_revocation, practice, public, publications, renewals, requests, revocations, signing_batches,
    suspensions, systems, tasks, verification,
};
use crate::oauth;
use crate::problem::{self, Problem};
use crate::security;
use crate::visitor::{LANGUAGE_COOKIE, asked_language};
use crate::workflow::verify_upload::LARGEST_FILE;

/// The largest form, in bytes.
const LARGEST_FORM: usize = 64 * 1024;

/// The whole application.
pub fn router(app: App) -> Router {
    let pages = Router::new()
        .merge(anyone())
        .merge(coming_in())
        .merge(doctors())
        .merge(console())
        .merge(health())
        .merge(programs())
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .merge(uploads())
        .merge(submissions())
        .fallback(|| async { Problem::not_found() })
        .with_state(app.clone());
    let pages = match app.demo_pages() {
        Some(demo) => pages.merge(demo),
        None => pages,
    };
    // Programs fetch these by the thousand: nothing of what pages need is done for them.
    let publications = publications().with_state(app.clone());
    pages
        .layer(middleware::from_fn(language))
        .layer(middleware::from_fn_with_state(app.clone(), security::same_site))
        .layer(middleware::from_fn_with_state(app.clone(), problem::render))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(app.clone(), security::headers))
        .layer(middleware::from_fn_with_state(app, security::number))
        .merge(publications)
}

fn anyone() -> Router<App> {
    Router::new()
        .route("/", get(public::home))
        .route("/cps", get(practice::statement))
        .route("/help/acrobat", get(help::acrobat))
        .route("/cp", get(practice::policy))
        .route("/cps.md", get(practice::statement_text))
        .route("/cp.md", get(practice::policy_text))
        .route("/pds.md", get(practice::disclosure_text))
        .route("/verify", get(verification::entry))
        .route("/v", get(verification::entry))
        .route("/v/{code}", get(verification::by_code_page))
        .route("/api/v1/verify/{code}", get(verification::api_by_code))
        .route("/assets/{hash}/{name}", get(assets::asset))
}

fn submissions() -> Router<App> {
    Router::new()
        .route("/api/v1/documents", get(api::list).post(api::submit))
        .layer(DefaultBodyLimit::max(api::LARGEST_BODY))
}

fn uploads() -> Router<App> {
    // The file and the multipart form around it.
    let room = DefaultBodyLimit::max(LARGEST_FILE + LARGEST_FORM);
    Router::new()
        .route("/v", post(verification::upload))
        .route("/verify", post(verification::upload))
        .route("/v/{code}/compare", post(verification::compare))
        .route("/api/v1/verify", post(verification::api_upload))
        .layer(room)
}

fn coming_in() -> Router<App> {
    Router::new()
        .route("/enrol/{token}", get(coming_in::enrol_page))
        .route("/enrol/{token}/passkey/start", post(coming_in::enrol_start))
        .route("/enrol/{token}/passkey/finish", post(coming_in::enrol_finish))
        .route("/login", get(coming_in::login_page))
        .route("/login/start", post(coming_in::login_start))
        .route("/login/finish", post(coming_in::login_finish))
        .route("/logout", post(coming_in::logout))
        .route("/tasks", get(tasks::list))
        .route("/signing-passkey", get(tasks::signing_passkey).post(tasks::signing_passkey_form))
        .route("/signing-passkey/code", get(tasks::signing_passkey_code))
        .route("/return", get(tasks::come_back))
}

fn doctors() -> Router<App> {
    Router::new()
        .route("/consent", get(doctor::consent_page).post(doctor::consent_form))
        .route("/identity", get(doctor::identity_page).post(doctor::identity_form))
        .route("/request", get(doctor::request_page))
        .route("/documents", get(documents::list).post(documents::begin))
        .route("/documents/waiting", get(signing_batches::waiting_page))
        .route("/documents/waiting/sign", post(signing_batches::sign))
        .route("/documents/waiting/{id}", get(signing_batches::look_page))
        .route("/documents/batches/{id}", get(signing_batches::batch_page))
        .route("/documents/{id}", get(documents::form_page).post(documents::form_posted))
        .route("/documents/{id}/draft", post(documents::autosave))
        .route("/documents/{id}/preview.pdf", get(documents::preview))
        .route("/documents/{id}/check", get(documents::check_page))
        .route("/documents/{id}/sign", post(documents::sign))
        .route("/documents/{id}/take-back", post(documents::take_back))
        .route("/documents/{id}/abandon", post(documents::abandon))
        .route("/documents/{id}/reject", post(documents::reject))
        .route("/documents/{id}/done", get(documents::done_page))
        .route("/documents/{id}/again", post(documents::again))
        .route("/documents/{id}/file.pdf", get(documents::file))
        .route("/certificates", get(certificates::list))
        .route("/certificates/{serial}", get(certificates::one))
        .route("/certificates/{serial}/revoke", get(revocations::revoke_page).post(revocations::revoke_posted))
        .route("/certificates/{serial}/amend", get(revocations::amend_page).post(revocations::amend_posted))
        .route("/certificates/{serial}/renew", get(renewals::renew_page).post(renewals::renew_posted))
        .route("/certificates/{serial}/suspend", get(suspensions::suspend_page).post(suspensions::suspend_posted))
        .route("/certificates/{serial}/restore", get(revocations::restore_page).post(revocations::restore_posted))
        .route("/api/v1/certificates/{serial}", get(certificates::api_one))
}

fn console() -> Router<App> {
    Router::new()
        .route("/console/evidence", get(evidence::queue))
        .route("/console/evidence/{id}", get(evidence::form_page).post(evidence::form_posted))
        .route("/console/requests", get(requests::queue))
        .route("/console/requests/{id}", get(requests::review_page).post(requests::decided))
        .route("/console/expiring", get(renewals::list))
        .route("/console/suspensions", get(suspensions::queue))
        .route("/console/erasures", get(erasures::ask_page).post(erasures::asked))
        .route("/console/erasures/{id}", get(erasures::confirm_page).post(erasures::confirmed))
        .route("/console/revocations", get(mass_revocation::choose).post(mass_revocation::posted))
        .route("/console/revocations/check", get(mass_revocation::check))
        .route("/console/systems", get(systems::list).post(systems::registered))
        .route("/console/systems/new", get(systems::form_page))
        .route("/console/systems/{id}", post(systems::changed))
        .route("/console/digests", get(digests::list))
        .route("/console/digests/{code}", get(digests::show).post(digests::posted))
        .route("/console/appointments", get(appointments::queue))
        .route("/console/appointments/{id}", post(appointments::appoint))
}

fn programs() -> Router<App> {
    Router::new()
        .route("/openapi.json", get(api::openapi))
        .route("/api/v1/documents/{id}", get(api::one).delete(api::delete))
        .route("/api/v1/documents/{id}/file", get(api::file))
        .route("/oauth2/token", post(oauth::token_endpoint))
        .route("/oauth2/revoke", post(oauth::revoke))
        .route("/oauth2/authorize", get(authorizations::begin))
        .route("/oauth2/authorize/{value}", get(authorizations::show).post(authorizations::decide))
        .route("/oauth2/return", get(authorizations::come_back))
        .route("/csc/v1/info", post(csc::info::first))
        .route("/csc/v2/info", post(csc::info::second))
        .merge(csc_methods("/csc/v1"))
        .merge(csc_methods("/csc/v2"))
        .route("/.well-known/oauth-authorization-server", get(oauth::metadata))
}

/// The methods that both versions have.
fn csc_methods(version: &str) -> Router<App> {
    let at = |method: &str| format!("{version}/{method}");
    Router::new()
        .route(&at("credentials/list"), post(csc::credentials::list))
        .route(&at("credentials/info"), post(csc::credentials::info))
        .route(&at("credentials/authorize"), post(csc::credentials::authorize))
        .route(&at("signatures/signHash"), post(csc::signatures::sign_hash))
        .route(&at("signatures/timestamp"), post(csc::time_stamp::time_stamp))
}

fn health() -> Router<App> {
    Router::new().route("/healthz", get(health::up)).route("/readyz", get(health::ready))
}

fn publications() -> Router<App> {
    Router::new()
        .route("/ocsp", post(publications::ocsp_post))
        .route("/ocsp/{*request}", get(publications::ocsp_get))
        .route("/crl/{file}", get(publications::crl))
        .route("/ca/{file}", get(publications::ca_certificate))
        .route("/tsa", post(publications::time_stamp))
        .route("/.well-known/rabrong-keys.json", get(publications::keys))
        .layer(DefaultBodyLimit::max(publications::LARGEST_REQUEST))
}

/// Keeps the language asked for in the address.
async fn language(request: Request<Body>, next: Next) -> Response {
    let asked = asked_language(request.uri());
    let mut response = next.run(request).await;
    if let Some(lang) = asked {
        let line = format!("{LANGUAGE_COOKIE}={}; Path=/; SameSite=Lax; Max-Age=31536000", lang.tag());
        if let Ok(value) = HeaderValue::from_str(&line) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}
