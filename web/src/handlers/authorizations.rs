//! The authorization endpoint (RFC 6749 §3.1): a program sends a person's browser here, the person
//! sees what is asked, and goes back with a code or without.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use store::portal::api_client::ApiClient;
use store::portal::authorization::Authorization;
use webauthn_rs::prelude::Url;

use super::{go, go_to_signer, page};
use crate::app::App;
use crate::oauth::asked::{self, AskedSigning, Wrong};
use crate::pages::{AuthorizationWaits, AuthorizeProgram, BackToProgram, Values};
use crate::problem::Problem;
use crate::randomness::is_uuid;
use crate::units::Units;
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::authorize_program::{self, Answer, DENIED};

/// `GET /oauth2/authorize`: checks what is asked, keeps it, and goes on to a page with a short
/// address that a person can sign in for.
pub(crate) async fn begin(
    State(app): State<App>,
    query: Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|_| Problem::bad_input())?;
    // Until program and address are known, nobody is sent anywhere (RFC 6749 §4.1.2.1).
    let (client, redirect_uri) = program(&app, &query).await?;
    let state = asked::one(&query, "state").ok().flatten().unwrap_or_default().to_owned();
    let wrong = match asked::read(&client, &query) {
        Ok(asked) => match authorize_program::ask(&app, &client, redirect_uri.as_str(), asked).await? {
            Ok(value) => return Ok(go(&format!("/oauth2/authorize/{value}"))),
            Err(wrong) => wrong,
        },
        Err(wrong) => wrong,
    };
    Ok(Redirect::to(back(redirect_uri, &state, &Answer::Error(wrong), &app).as_str()).into_response())
}

async fn program(app: &App, query: &[(String, String)]) -> Result<(ApiClient, Url), Problem> {
    let unknown = || {
        Problem::new(
            StatusCode::BAD_REQUEST,
            ("ไม่รู้จักโปรแกรมที่ส่งท่านมา", "The program that sent you here is unknown"),
            (
                "โปรแกรมนี้หรือที่อยู่ของโปรแกรมไม่ได้ลงทะเบียนไว้ ไม่มีสิ่งใดถูกลงนาม โปรดแจ้งผู้ดูแลโปรแกรม",
                "It, or its address, is not registered here. Nothing was signed. Tell the program's administrator.",
            ),
        )
    };
    let one = |name| asked::one(query, name).ok().flatten().ok_or_else(unknown);
    let (id, redirect_uri) = (one("client_id")?, one("redirect_uri")?);
    if !is_uuid(id) {
        return Err(unknown());
    }
    let mut tx = app.portal().begin().await?;
    let client = tx.api_client(id).await?.filter(|client| client.disabled_at.is_none()).ok_or_else(unknown)?;
    // Letter by letter (RFC 9700 §2.1).
    let registered: Vec<String> = serde_json::from_str(&client.redirect_uris).unwrap_or_default();
    if !registered.iter().any(|known| known == redirect_uri) {
        return Err(unknown());
    }
    let url = Url::parse(redirect_uri).map_err(|_| unknown())?;
    Ok((client, url))
}

/// The address back at the program.
fn back(mut url: Url, state: &str, answer: &Answer, app: &App) -> Url {
    {
        let mut pairs = url.query_pairs_mut();
        match answer {
            Answer::Code(code) => pairs.append_pair("code", code),
            Answer::Error(Wrong { code, description }) => {
                pairs.append_pair("error", code).append_pair("error_description", description)
            }
        };
        if !state.is_empty() {
            pairs.append_pair("state", state);
        }
        // RFC 9207: which server this answer comes from.
        pairs.append_pair("iss", app.origin());
    }
    url
}

fn back_of(app: &App, found: &Authorization, answer: &Answer) -> Result<Url, Problem> {
    let url = Url::parse(&found.redirect_uri).map_err(|_| Problem::internal())?;
    Ok(back(url, &found.client_state, answer, app))
}

fn signing_of(found: &Authorization) -> Option<AskedSigning> {
    serde_json::from_str(&found.asked).ok()
}

/// `GET /oauth2/authorize/{value}`: what is asked.
pub(crate) async fn show(
    State(app): State<App>,
    Path(value): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let (found, client) = authorize_program::waiting(&app, &value, who.id()).await?;
    let asked = signing_of(&found);
    let certificate = match authorize_program::possible(&app, who.id(), &client, asked.as_ref()).await? {
        Ok(certificate) => certificate,
        Err(wrong) => {
            let answer = authorize_program::deny(&app, who.id(), &found, wrong).await?;
            return leave(&app, &who, &client, &found, &answer);
        }
    };
    let units = Units::load(&app).await?;
    page(&AuthorizeProgram {
        layout: who.layout(),
        program: client.name,
        unit: units.name(&client.unit_code),
        count: asked.map_or(0, |asked| asked.digests.len()),
        serial: certificate.map(|certificate| certificate.serial).unwrap_or_default(),
    })
}

/// `POST /oauth2/authorize/{value}`: yes or no.
pub(crate) async fn decide(
    State(app): State<App>,
    Path(value): Path<String>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let who = &form.who;
    let (found, client) = authorize_program::waiting(&app, &value, who.id()).await?;
    let asked = signing_of(&found);
    let answer = match form.value("decision") {
        "allow" => match authorize_program::possible(&app, who.id(), &client, asked.as_ref()).await? {
            Err(wrong) => authorize_program::deny(&app, who.id(), &found, wrong).await?,
            Ok(certificate) => match asked.zip(certificate) {
                Some((asked, certificate)) => {
                    let url = authorize_program::propose(&app, who.id(), &found, &client, &certificate, asked).await?;
                    return Ok(go_to_signer(&who.manner, &url));
                }
                None => authorize_program::grant(&app, who.id(), &found, "").await?,
            },
        },
        "decline" => authorize_program::deny(&app, who.id(), &found, DENIED).await?,
        _ => return Err(Problem::bad_input()),
    };
    leave(&app, who, &client, &found, &answer)
}

/// A page that leads back: a form's answer may not itself lead to another site (`form-action`).
fn leave(
    app: &App,
    who: &SignedIn,
    client: &ApiClient,
    found: &Authorization,
    answer: &Answer,
) -> Result<Response, Problem> {
    let url = back_of(app, found, answer)?.to_string();
    let denied = matches!(answer, Answer::Error(_));
    page(&BackToProgram { layout: who.layout(), program: client.name.clone(), url, denied })
}

/// `GET /oauth2/return`: back from the signer's page.
pub(crate) async fn come_back(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let ticket = query.get("ticket").map_or("", String::as_str);
    match authorize_program::settle(&app, who.id(), ticket).await? {
        Some((found, answer)) => Ok(Redirect::to(back_of(&app, &found, &answer)?.as_str()).into_response()),
        None => page(&AuthorizationWaits { layout: who.layout() }),
    }
}
