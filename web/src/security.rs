//! What every answer carries and every request must pass: its number, the policy on what a
//! page may load, and the refusal of requests sent from other sites.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::problem::Problem;

/// The number of a request: in the log, in a header of the answer, on the error page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RequestId(String);

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Numbers each request and opens its span.
pub(crate) async fn number(State(app): State<App>, mut request: Request, next: Next) -> Response {
    use tracing::Instrument as _;
    let number: [u8; 8] = app.randomness().bytes();
    let id = RequestId(hex::encode_upper(number));
    request.extensions_mut().insert(id.clone());
    // The path of a verification holds a code and that of an enrolment a secret: neither is logged.
    let place = request.uri().path().split('/').nth(1).unwrap_or_default().to_owned();
    let span = tracing::info_span!("request", id = %id.0, method = %request.method(), place);
    let mut response = next.run(request).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Refuses what another site's page sends: a form, a script, a frame.
pub(crate) async fn same_site(State(app): State<App>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) || is_open(request.uri().path()) {
        return next.run(request).await;
    }
    if is_from_here(&app, request.headers()) { next.run(request).await } else { Problem::forged().into_response() }
}

fn is_from_here(app: &App, headers: &HeaderMap) -> bool {
    let header = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match (header(&header::ORIGIN), header(&HeaderName::from_static("sec-fetch-site"))) {
        (Some(origin), _) => origin == app.origin(),
        (None, Some(site)) => site == "same-origin" || site == "none",
        // A browser old enough to send neither is held by the form's token and SameSite.
        (None, None) => true,
    }
}

/// Open to programs of other sites: they carry no rights and change nothing.
fn is_open(path: &str) -> bool {
    path == "/ocsp"
        || matches!(path, "/oauth2/token" | "/oauth2/revoke")
        || path.starts_with("/api/")
        || path.starts_with("/csc/")
}

/// No inline script or style, nothing from elsewhere, no frame around a page. A form may lead
/// on to the signer's page.
pub(crate) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_asset = request.uri().path().starts_with("/assets/");
    let mut response = next.run(request).await;
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'; form-action 'self' {}",
        app.config().signer_url.trim_end_matches('/')
    );
    let headers = response.headers_mut();
    // Browsers show a PDF in a page of their own making, which this policy would break.
    let is_pdf = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/pdf");
    let policy = if is_pdf { "frame-ancestors 'self'".to_owned() } else { policy };
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let fixed: [(HeaderName, &'static str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        // Not `no-referrer`: browsers then send `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self), publickey-credentials-create=(self)",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if app.is_https() {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    if !is_asset && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
