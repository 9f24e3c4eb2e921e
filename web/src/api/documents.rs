//! `/api/v1/documents`: bring drafts in, see how they stand, fetch what was signed, take back.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use store::portal::api_submission::Submission;
use store::portal::document::{Document, DocumentState};
use time::{Duration, OffsetDateTime};

use super::draft::Body;
use super::standing::{described, state_of};
use super::{ApiProblem, Asking};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::parse;
use crate::oauth::Scope;
use crate::pages::Values;
use crate::problem::Problem;
use crate::workflow::end_submission::withdraw;
use crate::workflow::store_document;
use crate::workflow::submit_documents::{Taken, submit as take_in};

/// The largest request, in bytes.
pub(crate) const LARGEST_BODY: usize = 2 * 1024 * 1024;

/// Most lines of a page of the list.
const MOST_LINES: u32 = 500;

/// Changes younger than this are not listed yet: one that began earlier may still be under way,
/// and a cursor must pass none over.
const SETTLING: Duration = Duration::seconds(2);

/// `POST /api/v1/documents`.
pub(crate) async fn submit(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Response, ApiProblem> {
    let asking = Asking::with(&app, &headers, Scope::DocumentsWrite).await?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(ApiProblem::NotJson);
    }
    match Body::read(&body)? {
        Body::One(draft) => {
            let mut taken = take_in(&app, &asking.client, vec![*draft]).await?;
            match taken.pop() {
                Some(Ok(taken)) => accepted(&app, &taken),
                Some(Err(problem)) => Err(problem),
                None => Err(Problem::internal().into()),
            }
        }
        Body::Many(drafts) => {
            let ids: Vec<String> = drafts.iter().map(|draft| draft.external_id.clone()).collect();
            let taken = take_in(&app, &asking.client, drafts).await?;
            let accepted = taken.iter().filter(|one| one.is_ok()).count();
            let results: Vec<Value> =
                ids.iter().zip(&taken).enumerate().map(|(at, (id, one))| result(&app, at, id, one)).collect();
            let body = json!({ "accepted": accepted, "refused": results.len() - accepted, "results": results });
            Ok((StatusCode::MULTI_STATUS, Json(body)).into_response())
        }
    }
}

fn accepted(app: &App, taken: &Taken) -> Result<Response, ApiProblem> {
    let body = Json(described(app, &taken.document, &taken.submission, false));
    let status = if taken.is_new { StatusCode::CREATED } else { StatusCode::OK };
    let place = format!("/api/v1/documents/{}", taken.document.id);
    let place = HeaderValue::from_str(&place).map_err(|_| Problem::internal())?;
    Ok((status, [(header::LOCATION, place)], body).into_response())
}

fn result(app: &App, at: usize, external_id: &str, one: &Result<Taken, ApiProblem>) -> Value {
    match one {
        Ok(taken) => {
            let status = if taken.is_new { 201 } else { 200 };
            let document = described(app, &taken.document, &taken.submission, false);
            json!({ "index": at, "status": status, "external_id": external_id, "document": document })
        }
        Err(problem) => {
            let problem = problem.as_result();
            json!({ "index": at, "status": problem.get("status"), "external_id": external_id, "problem": problem })
        }
    }
}

/// The program's own document; another's, even of the same unit, does not exist for it.
async fn own(app: &App, asking: &Asking, id: &str) -> Result<(Document, Submission), ApiProblem> {
    if !crate::randomness::is_uuid(id) {
        return Err(ApiProblem::NotFound);
    }
    let mut tx = app.portal().begin().await?;
    let document = tx.document(id).await?.filter(|document| document.client_id == asking.client.id);
    let submission = tx.submission(id).await?.filter(|submission| submission.client_id == asking.client.id);
    match (document, submission) {
        (Some(document), Some(submission)) => Ok((document, submission)),
        _ => Err(ApiProblem::NotFound),
    }
}

/// `GET /api/v1/documents/{id}`.
pub(crate) async fn one(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let asking = Asking::with(&app, &headers, Scope::DocumentsRead).await?;
    let (document, _) = own(&app, &asking, &id).await?;
    let at_work = store_document::follow_with_record(&app, document).await?.1.is_some();
    // As it stands after that.
    let (document, submission) = own(&app, &asking, &id).await?;
    Ok(Json(described(&app, &document, &submission, at_work)).into_response())
}

/// `GET /api/v1/documents/{id}/file`.
pub(crate) async fn file(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let asking = Asking::with(&app, &headers, Scope::DocumentsRead).await?;
    let (document, _) = own(&app, &asking, &id).await?;
    let document = store_document::follow_journal(&app, document).await?;
    if document.state != DocumentState::Signed {
        return Err(ApiProblem::NotFound);
    }
    record_read(&app, &asking.client.id, "document_file", &id).await?;
    let file = store_document::read_file(&app, &document).await?;
    Ok(crate::handlers::pdf(file, &format!("attachment; filename=\"{id}.pdf\""))?)
}

/// `DELETE /api/v1/documents/{id}`.
pub(crate) async fn delete(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let asking = Asking::with(&app, &headers, Scope::DocumentsWrite).await?;
    let (document, submission) = own(&app, &asking, &id).await?;
    withdraw(&app, &document, &submission).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /api/v1/documents?state=&since=&cursor=&limit=`: what changed, first changed first.
pub(crate) async fn list(
    State(app): State<App>,
    headers: HeaderMap,
    query: Result<Query<Values>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiProblem> {
    let asking = Asking::with(&app, &headers, Scope::DocumentsRead).await?;
    let Query(query) = query.map_err(|_| ApiProblem::Unreadable("the query".to_owned()))?;
    let asked = Asked::read(&query)?;
    let mut tx = app.portal().begin().await?;
    let after = (asked.after.0, asked.after.1.as_str());
    let lines = tx.submissions_changed(&asking.client.id, after, app.now() - SETTLING, asked.limit).await?;
    let mut documents = Vec::with_capacity(lines.len());
    for line in &lines {
        let (Some(document), Some(submission)) =
            (tx.document(&line.document_id).await?, tx.submission(&line.document_id).await?)
        else {
            continue;
        };
        // Whether the signer is at work is not asked for each line.
        if asked.state.as_ref().is_none_or(|state| state == state_of(&document, &submission, false)) {
            documents.push(described(&app, &document, &submission, false));
        }
    }
    let more = u32::try_from(lines.len()).unwrap_or(u32::MAX) == asked.limit;
    let cursor = lines
        .last()
        .map_or_else(|| cursor(asked.after.0, &asked.after.1), |line| cursor(line.updated_at, &line.document_id));
    Ok(Json(json!({ "documents": documents, "cursor": cursor, "more": more })).into_response())
}

struct Asked {
    state: Option<String>,
    after: (OffsetDateTime, String),
    limit: u32,
}

impl Asked {
    fn read(query: &Values) -> Result<Self, ApiProblem> {
        let wrong = |name: &str| ApiProblem::Unreadable(format!("the query's {name}"));
        let mut asked = Self { state: None, after: (OffsetDateTime::UNIX_EPOCH, String::new()), limit: 100 };
        for (name, value) in query {
            match name.as_str() {
                "state" => {
                    let known = ["draft", "rejected", "erased", "prepared", "signed", "expired", "withdrawn"];
                    if !known.contains(&value.as_str()) {
                        return Err(wrong("state"));
                    }
                    asked.state = Some(value.clone());
                }
                // A cursor holds the instant as well.
                "since" if query.contains_key("cursor") => return Err(wrong("since (there is a cursor already)")),
                "since" => asked.after.0 = parse(value).ok_or_else(|| wrong("since (RFC 3339)"))?,
                "cursor" => asked.after = read_cursor(value).ok_or_else(|| wrong("cursor"))?,
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=MOST_LINES).contains(limit));
                    asked.limit = limit.ok_or_else(|| wrong("limit (1 to 500)"))?;
                }
                _ => return Err(ApiProblem::Unreadable("the query has an unknown name".to_owned())),
            }
        }
        Ok(asked)
    }
}

fn cursor(at: OffsetDateTime, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{id}", store::ids::micros(at)))
}

fn read_cursor(text: &str) -> Option<(OffsetDateTime, String)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (micros, id) = text.split_once(':')?;
    let is_id = id.is_empty() || crate::randomness::is_uuid(id);
    is_id.then_some((store::ids::instant(micros.parse().ok()?), id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let at = OffsetDateTime::UNIX_EPOCH + Duration::microseconds(1_750_000_000_000_123);
        let id = "019a0c5e-6f0a-7c1e-9a53-0f4f6c1c2d3e";
        assert_eq!(read_cursor(&cursor(at, id)), Some((at, id.to_owned())));
        assert_eq!(read_cursor(&cursor(at, "")), Some((at, String::new())));
        for wrong in ["", "!", "YQ", &URL_SAFE_NO_PAD.encode("1:' or 1=1"), &URL_SAFE_NO_PAD.encode("x:")] {
            assert_eq!(read_cursor(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_list_is_asked_for_with_known_words() {
        let of = |pairs: &[(&str, &str)]| {
            let query: Values = pairs.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect();
            Asked::read(&query).map(|asked| asked.limit).ok()
        };
        assert_eq!(of(&[]), Some(100));
        assert_eq!(of(&[("state", "signed"), ("since", "2026-11-21T05:00:00Z"), ("limit", "500")]), Some(500));
        for wrong in [("limit", "501"), ("limit", "0"), ("state", "signing!"), ("since", "today"), ("sort", "a")] {
            assert_eq!(of(&[wrong]), None, "{wrong:?}");
        }
    }
}
