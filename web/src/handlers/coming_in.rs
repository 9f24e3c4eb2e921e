//! Enrolment from a link, login and logout. The scripts exchange JSON.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};

use super::{go, page};
use crate::app::App;
use crate::pages::{self, Text, Values};
use crate::problem::{Problem, chain};
use crate::session::{self, CEREMONY_COOKIE};
use crate::units::{Units, role_words};
use crate::visitor::{SignedForm, Visitor, cookie, local_path, percent_encoded};
use crate::workflow::enrol::{LetIn, Started};
use crate::workflow::{enrol, enrol_signing_passkey, invite, log_in};

/// The page of an invitation.
pub(crate) async fn enrol_page(
    State(app): State<App>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let invitation = enrol::open_invitation(&app, &token).await?;
    // The name of the unit is a courtesy: without the signer the link still opens.
    let unit = match Units::load(&app).await {
        Ok(units) => units.name(&invitation.unit_code),
        Err(_) => Text::same(&invitation.unit_code),
    };
    let path = format!("/enrol/{}/passkey", percent_encoded(&token));
    page(&pages::Enrol {
        layout: visitor.layout(),
        name: invite::invited_name(&app, &invitation)?,
        role: role_words(&invitation.role),
        unit,
        expires_at: crate::instants::rfc3339(invitation.expires_at),
        start_url: format!("{path}/start"),
        finish_url: format!("{path}/finish"),
    })
}

/// Options for a new login passkey.
pub(crate) async fn enrol_start(State(app): State<App>, Path(token): Path<String>) -> Result<Response, Problem> {
    started(&app, enrol::start(&app, &token).await?)
}

/// What the script posts back.
#[derive(Debug, Deserialize)]
pub(crate) struct Finished<C> {
    credential: C,
}

/// The new login passkey: a session, and on to the signing passkey.
pub(crate) async fn enrol_finish(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Result<Json<Finished<RegisterPublicKeyCredential>>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(finished) = body.map_err(|_| Problem::bad_input())?;
    let ceremony = cookie(&headers, CEREMONY_COOKIE).ok_or_else(Problem::passkey_refused)?;
    let let_in = enrol::finish(&app, &token, &ceremony, &finished.credential).await?;
    // Both in one go: if the signer is down now, the task list offers it again.
    let next = match signing_page(&app, &let_in.person_id).await {
        Ok(Some(url)) => url,
        Ok(None) => "/tasks".to_owned(),
        Err(error) => {
            tracing::warn!(status = error.status().as_u16(), "the signing passkey must be enrolled later");
            "/tasks".to_owned()
        }
    };
    finished_with(&app, &let_in, &next)
}

/// The signer's enrolment page; none for one whom the ceremony bound already.
async fn signing_page(app: &App, person_id: &str) -> Result<Option<String>, Problem> {
    let mut tx = app.portal().begin().await?;
    let Some(person) = tx.person(person_id).await? else { return Ok(None) };
    drop(tx);
    if person.invited_as == "central" || person.signing_credential.is_some() {
        return Ok(None);
    }
    Ok(Some(enrol_signing_passkey::open(app, &person).await?))
}

/// The login page.
pub(crate) async fn login_page(visitor: Visitor, Query(query): Query<Values>) -> Result<Response, Problem> {
    let next = local_path(query.get("next").map_or("/tasks", String::as_str));
    if visitor.session.is_some() {
        return Ok(go(next));
    }
    let notice = if query.contains_key("out") {
        Some(Text::new("ท่านออกจากระบบแล้ว", "You have signed out"))
    } else {
        query.contains_key("next").then(|| Text::new("โปรดเข้าสู่ระบบก่อนทำรายการต่อ", "Sign in to go on"))
    };
    page(&pages::Login {
        layout: visitor.layout(),
        start_url: "/login/start".to_owned(),
        finish_url: format!("/login/finish?next={}", percent_encoded(next)),
        notice,
    })
}

/// Options for a login.
pub(crate) async fn login_start(State(app): State<App>) -> Result<Response, Problem> {
    started(&app, log_in::start(&app).await?)
}

/// The assertion of a login.
pub(crate) async fn login_finish(
    State(app): State<App>,
    Query(query): Query<Values>,
    headers: HeaderMap,
    body: Result<Json<Finished<PublicKeyCredential>>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(finished) = body.map_err(|error| {
        tracing::info!(error = %chain(&error), "a login cannot be read");
        Problem::bad_input()
    })?;
    let ceremony = cookie(&headers, CEREMONY_COOKIE).ok_or_else(Problem::passkey_refused)?;
    let let_in = log_in::finish(&app, &ceremony, &finished.credential).await?;
    finished_with(&app, &let_in, local_path(query.get("next").map_or("/tasks", String::as_str)))
}

/// Ends the session.
pub(crate) async fn logout(form: SignedForm) -> Result<Response, Problem> {
    let app = &form.who.app;
    let mut tx = app.portal().begin_write().await?;
    tx.close_session(&form.who.session.token_digest).await?;
    tx.commit().await?;
    let mut response = go("/login?out=1");
    set(&mut response, session::clear_cookie(app));
    Ok(response)
}

fn started(app: &App, started: Started) -> Result<Response, Problem> {
    let mut response = Json(started.options).into_response();
    set(&mut response, session::ceremony_cookie(app, &started.ceremony));
    Ok(response)
}

fn finished_with(app: &App, let_in: &LetIn, next: &str) -> Result<Response, Problem> {
    let mut response = Json(json!({ "redirect": next })).into_response();
    set(&mut response, session::set_cookie(app, &let_in.session));
    Ok(response)
}

fn set(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
