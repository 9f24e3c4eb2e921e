//! A problem as an answer: a page in the visitor's language or, for programs, JSON (RFC 9457).

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::Problem;
use crate::app::App;
use crate::pages::{self, Text};
use crate::security::RequestId;
use crate::visitor;

impl IntoResponse for Problem {
    /// The status, with the problem attached: [`render`] gives it a body.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives each problem its body, and each bare error status of the framework its problem.
pub(crate) async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let manner = visitor::Manner::of(request.headers(), request.uri());
    let request_id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let mut response = next.run(request).await;
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None => match (response.status(), response.headers().contains_key(header::CONTENT_TYPE)) {
            (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, false) => {
                Problem { status: response.status(), ..Problem::not_found() }
            }
            // The framework's own rejections: plain English sentences that are not for people.
            (StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY, _)
                if visitor::is_plain_text(&response) =>
            {
                Problem { status: response.status(), ..Problem::bad_input() }
            }
            // Files have their own limit and words.
            (StatusCode::PAYLOAD_TOO_LARGE, _) if visitor::is_plain_text(&response) => Problem::too_long(),
            (StatusCode::INTERNAL_SERVER_ERROR | StatusCode::REQUEST_TIMEOUT, false) => Problem::internal(),
            _ => return response,
        },
    };
    let kept = std::mem::take(response.headers_mut());
    let mut answer = body(&app, &manner, &request_id, &problem);
    for (name, value) in &kept {
        if *name == header::ALLOW || *name == header::RETRY_AFTER {
            answer.headers_mut().insert(name.clone(), value.clone());
        }
    }
    if problem.status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    answer
}

fn body(app: &App, manner: &visitor::Manner, request_id: &RequestId, problem: &Problem) -> Response {
    if manner.wants_json {
        let body = json!({
            "status": problem.status.as_u16(),
            "title": problem.title.1,
            "title_th": problem.title.0,
            "detail": problem.detail.1,
            "detail_th": problem.detail.0,
            "request_id": request_id.as_str(),
            "sign_in": problem.sign_in,
        });
        let mut response = (problem.status, Json(body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        return response;
    }
    if let Some(path) = &problem.sign_in {
        return Redirect::to(path).into_response();
    }
    let page = pages::Problem {
        layout: manner.layout(app, None),
        status: problem.status.as_u16(),
        title: Text::new(problem.title.0, problem.title.1),
        detail: Text::new(problem.detail.0, problem.detail.1),
        request_id: request_id.as_str().to_owned(),
        contact: None,
    };
    match askama::Template::render(&page) {
        Ok(html) => (problem.status, axum::response::Html(html)).into_response(),
        Err(_) => (problem.status, problem.title.1).into_response(),
    }
}
