//! The Medical Council's stand-in: a real HTTP server for a contract this project proposes.
//!
//! The council publishes no API; `docs/contracts/medical-council.md` is the proposal. What is
//! here beyond it, the two `PUT`s, exists for tests and says so.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::net::TcpListener;

/// The state of a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In force.
    Active,
    /// Suspended for a time.
    Suspended,
    /// Withdrawn for good.
    Revoked,
    /// Ended and not renewed.
    Expired,
}

/// What the register holds about a licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Licence {
    /// Digits, without ว. and without leading zeros.
    pub licence: String,
    /// Always `physician`.
    pub profession: &'static str,
    /// The state.
    pub status: Status,
    /// นายแพทย์ or แพทย์หญิง.
    pub title_th: String,
    /// Given name in Thai.
    pub given_name_th: String,
    /// Surname in Thai.
    pub surname_th: String,
    /// Given name in English.
    pub given_name_en: String,
    /// Surname in English.
    pub surname_en: String,
    /// Last day (ISO); none if it does not end.
    pub valid_until: Option<String>,
    /// Specialties in English.
    pub specialties: Vec<String>,
}

/// Where the server takes the time from.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// The register, shared by its handlers and by a test that holds a clone.
#[derive(Clone)]
pub struct Council {
    api_key: Arc<str>,
    clock: Clock,
    state: Arc<Mutex<Register>>,
}

#[derive(Default)]
struct Register {
    licences: BTreeMap<String, Licence>,
    outages: VecDeque<StatusCode>,
    delays: VecDeque<Duration>,
    asked: usize,
}

impl std::fmt::Debug for Council {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Council")
    }
}

impl Council {
    /// A register without licences; callers must show `api_key`.
    pub fn new(api_key: &str, clock: Clock) -> Self {
        Self { api_key: api_key.into(), clock, state: Arc::default() }
    }

    /// A register with invented doctors: ว.12345, ว.23456 and ว.34567 active, ว.45678
    /// suspended, ว.56789 revoked, ว.67890 expired.
    pub fn demo(api_key: &str, clock: Clock) -> Self {
        let council = Self::new(api_key, clock);
        let (mr, ms) = ("นายแพทย์", "แพทย์หญิง");
        for (licence, status, title, th, en, valid_until, specialty) in [
            ("12345", Status::Active, ms, ["ดารา", "ตัวอย่าง"], ["Dara", "Tuayang"], None, "Family Medicine"),
            ("23456", Status::Active, mr, ["สมชาย", "สมมุติ"], ["Somchai", "Sommut"], None, "Internal Medicine"),
            ("34567", Status::Active, ms, ["มะลิ", "จำลอง"], ["Mali", "Chamlong"], Some("2030-12-31"), "Pediatrics"),
            ("45678", Status::Suspended, mr, ["วิทยา", "ทดสอบ"], ["Withaya", "Thotsop"], None, "Surgery"),
            ("56789", Status::Revoked, mr, ["ปรีชา", "ทดลอง"], ["Pricha", "Thotlong"], None, "General Practice"),
            ("67890", Status::Expired, ms, ["กานดา", "ตัวอย่าง"], ["Kanda", "Tuayang"], Some("2020-12-31"), "Obstetrics"),
        ] {
            council.insert(Licence {
                licence: licence.into(),
                profession: "physician",
                status,
                title_th: title.into(),
                given_name_th: th[0].into(),
                surname_th: th[1].into(),
                given_name_en: en[0].into(),
                surname_en: en[1].into(),
                valid_until: valid_until.map(Into::into),
                specialties: vec![specialty.into()],
            });
        }
        council
    }

    /// Enters a licence, or replaces it.
    pub fn insert(&self, licence: Licence) {
        self.register().licences.insert(licence.licence.clone(), licence);
    }

    /// Changes the state of a licence; `false` if there is none.
    pub fn set_status(&self, licence: &str, status: Status) -> bool {
        match self.register().licences.get_mut(licence) {
            Some(found) => {
                found.status = status;
                true
            }
            None => false,
        }
    }

    /// Answers the next `count` questions with that status, e.g. 429 or 503.
    pub fn fail_next(&self, status: StatusCode, count: usize) {
        // Bounded: the count comes over the wire too.
        self.register().outages.extend(std::iter::repeat_n(status, count.min(1000)));
    }

    /// Lets the next `count` questions wait so long for their answers.
    pub fn delay_next(&self, by: Duration, count: usize) {
        self.register().delays.extend(std::iter::repeat_n(by, count.min(1000)));
    }

    /// How often it was asked for a licence.
    #[must_use]
    pub fn times_asked(&self) -> usize {
        self.register().asked
    }

    /// The routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/v1/licences/{number}", get(licence))
            .route("/v1/licences/{number}/status", put(put_status))
            .route("/v1/outage", put(put_outage))
            .layer(middleware::from_fn_with_state(self.clone(), authorised))
            // Whether it is up is no secret: outside the key's layer.
            .route("/healthz", get(|| async { StatusCode::OK }))
            .with_state(self)
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves the register until the listener fails.
///
/// # Errors
/// Whatever the listener fails with.
pub async fn serve(listener: TcpListener, council: Council) -> std::io::Result<()> {
    axum::serve(listener, council.router()).await
}

/// A refusal, as RFC 9457 problem details.
struct Problem(StatusCode, &'static str);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(status, code) = self;
        let body = serde_json::json!({ "status": status.as_u16(), "title": code });
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/problem+json"));
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        response
    }
}

async fn authorised(State(council): State<Council>, headers: HeaderMap, request: Request, next: Next) -> Response {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match shown.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(key) if key == &*council.api_key => next.run(request).await,
        _ => Problem(StatusCode::UNAUTHORIZED, "unauthorized").into_response(),
    }
}

/// A licence with the time of the answer.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    licence: Licence,
    checked_at: String,
}

async fn licence(State(council): State<Council>, Path(number): Path<String>) -> Result<Json<Answer>, Problem> {
    let delay = {
        let mut register = council.register();
        register.asked += 1;
        register.delays.pop_front()
    };
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    let mut register = council.register();
    if let Some(status) = register.outages.pop_front() {
        return Err(Problem(status, "unavailable"));
    }
    if !(1..=6).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Problem(StatusCode::BAD_REQUEST, "invalid_licence"));
    }
    let found = register.licences.get(&number).cloned();
    drop(register);
    let licence = found.ok_or(Problem(StatusCode::NOT_FOUND, "not_found"))?;
    let checked_at =
        (council.clock)().format(&Rfc3339).map_err(|_| Problem(StatusCode::INTERNAL_SERVER_ERROR, "clock"))?;
    tracing::debug!(status = ?licence.status, "a licence was asked for");
    Ok(Json(Answer { licence, checked_at }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusChange {
    status: Status,
}

async fn put_status(
    State(council): State<Council>,
    Path(number): Path<String>,
    change: Result<Json<StatusChange>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(change) = change.map_err(|_| Problem(StatusCode::BAD_REQUEST, "invalid_status"))?;
    match council.set_status(&number, change.status) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem(StatusCode::NOT_FOUND, "not_found")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outage {
    status: u16,
    count: usize,
}

async fn put_outage(
    State(council): State<Council>,
    outage: Result<Json<Outage>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let invalid = || Problem(StatusCode::BAD_REQUEST, "invalid_outage");
    let Json(outage) = outage.map_err(|_| invalid())?;
    let status = StatusCode::from_u16(outage.status).map_err(|_| invalid())?;
    if !(status.is_client_error() || status.is_server_error()) {
        return Err(invalid());
    }
    council.fail_next(status, outage.count);
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    async fn start() -> (String, Council) {
        let clock: Clock = Arc::new(|| OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap());
        let council = Council::demo("key", clock);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, council.clone()));
        (url, council)
    }

    async fn ask(url: &str, key: &str) -> (u16, Value) {
        let response = reqwest::Client::new().get(url).bearer_auth(key).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    #[tokio::test]
    async fn a_licence_is_told_to_whoever_has_the_key() {
        let (url, _council) = start().await;
        let licence = format!("{url}/licences/12345");
        let (status, body) = ask(&licence, "key").await;
        assert_eq!(status, 200);
        assert_eq!(body["status"], "active");
        assert_eq!(body["profession"], "physician");
        assert_eq!(body["valid_until"], Value::Null);
        assert_eq!(body["checked_at"], "2027-01-15T08:00:00Z");
        assert_eq!(ask(&licence, "other").await.0, 401);
        assert_eq!(ask(&licence, "").await.0, 401);
        assert_eq!(ask(&format!("{url}/licences/99999"), "key").await.0, 404);
        assert_eq!(ask(&format!("{url}/licences/1%202"), "key").await.0, 400);
        let (_, suspended) = ask(&format!("{url}/licences/45678"), "key").await;
        assert_eq!(suspended["status"], "suspended");
    }

    #[tokio::test]
    async fn a_status_can_change_and_the_council_can_be_away() {
        let (url, council) = start().await;
        let licence = format!("{url}/licences/12345");
        let put = |path: &str, body: Value| {
            let request = reqwest::Client::new().put(format!("{url}/{path}"));
            async move { request.bearer_auth("key").json(&body).send().await.unwrap().status() }
        };
        assert_eq!(put("licences/12345/status", json!({"status": "revoked"})).await, 204);
        assert_eq!(ask(&licence, "key").await.1["status"], "revoked");
        assert_eq!(put("licences/12345/status", json!({"status": "great"})).await, 400);
        assert_eq!(put("licences/1/status", json!({"status": "active"})).await, 404);

        assert_eq!(put("outage", json!({"status": 503, "count": 1})).await, 204);
        council.fail_next(StatusCode::TOO_MANY_REQUESTS, 1);
        assert_eq!(ask(&licence, "key").await.0, 503);
        assert_eq!(ask(&licence, "key").await.0, 429);
        assert_eq!(ask(&licence, "key").await.0, 200);
        assert_eq!(put("outage", json!({"status": 200, "count": 1})).await, 400);
    }
}
