//! The pages on which a person makes the passkey they will sign with, and reads its code.
//!
//! Officers compare that code with what the person tells them. Whoever owns the portal can make a passkey
//! in the person's name and send the person's browser to the page behind it: so the page shows the code
//! to nobody who does not hold that very passkey.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;

use crate::core::{Core, rfc3339};
use crate::pages::{EnrolCredential, Enrolled};
use crate::protocol::{Outcome, Refusal};
use crate::tickets::Plan;
use crate::web::{Asked, Assertion, answer_script, layout, return_url, show};
use crate::webauthn::RegistrationResponse;

pub(crate) fn router() -> Router<Arc<Core>> {
    Router::new()
        .route("/e/{ticket}", get(page))
        .route("/e/{ticket}/finish", post(finish))
        .route("/e/{ticket}/done", get(done))
        .route("/e/{ticket}/code", post(code))
}

#[derive(Debug, Deserialize)]
struct Enrolment {
    credential: RegistrationResponse,
}

async fn page(State(core): State<Arc<Core>>, Path(text): Path<String>, asked: Query<Asked>) -> Response {
    let layout = layout(&core, &asked, format!("/e/{text}"));
    let page = async {
        let ticket = core.ticket(&text).await?;
        let back = return_url(&core, &ticket, &text);
        let Some(Plan::Enrol { person_id, display_name }) = &ticket.plan else { return Err(Refusal::TicketOver) };
        if !ticket.is_open(core.now()) {
            return Err(Refusal::TicketOver);
        }
        let user = person_id.replace('-', "");
        let options = json!({
            "rp": { "id": core.configuration.rp_id, "name": "รับรอง Rabrong: ลงนาม" },
            "user": {
                "id": URL_SAFE_NO_PAD.encode(hex::decode(user).unwrap_or_default()),
                "name": display_name,
                "displayName": display_name,
            },
            "challenge": URL_SAFE_NO_PAD.encode(ticket.challenge()?),
            "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
            "timeout": 300_000,
            "attestation": "none",
            "authenticatorSelection": { "userVerification": "required", "residentKey": "preferred" },
        });
        Ok(EnrolCredential {
            layout: layout.clone(),
            options: options.to_string(),
            finish_url: format!("/e/{text}/finish"),
            return_url: back,
            expires_at: rfc3339(ticket.expires_at),
        })
    };
    show(&layout, page.await)
}

async fn finish(
    State(core): State<Arc<Core>>,
    Path(text): Path<String>,
    body: Result<Json<Enrolment>, JsonRejection>,
) -> Response {
    let done = async {
        let Json(body) = body.map_err(|_| Refusal::Malformed { detail: "the passkey's answer".to_owned() })?;
        let ticket = core.ticket(&text).await?;
        core.enrol(&ticket, &body.credential).await
    };
    answer_script(done.await.map(|_| format!("/e/{text}/done")))
}

async fn done(State(core): State<Arc<Core>>, Path(text): Path<String>, asked: Query<Asked>) -> Response {
    let layout = layout(&core, &asked, format!("/e/{text}/done"));
    let page = async {
        let ticket = core.ticket(&text).await?;
        let Some(Outcome::CredentialEnrolled { credential }) = &ticket.outcome else {
            return Err(Refusal::TicketOver);
        };
        let options = json!({
            "rpId": core.configuration.rp_id,
            "challenge": URL_SAFE_NO_PAD.encode(super::challenge_to_show(&ticket, &credential.credential_id)),
            "allowCredentials": [{ "type": "public-key", "id": credential.credential_id }],
            "timeout": 300_000,
            "userVerification": "required",
        });
        Ok(Enrolled {
            layout: layout.clone(),
            options: options.to_string(),
            finish_url: format!("/e/{text}/code"),
            return_url: return_url(&core, &ticket, &text),
        })
    };
    show(&layout, page.await)
}

/// To the page's own script alone: no address, and no form of another page, brings the code before
/// somebody's eyes.
async fn code(
    State(core): State<Arc<Core>>,
    Path(text): Path<String>,
    body: Result<Json<Assertion>, JsonRejection>,
) -> Response {
    let shown = async {
        let Json(body) = body.map_err(|_| Refusal::Malformed { detail: "the passkey's answer".to_owned() })?;
        let ticket = core.ticket(&text).await?;
        core.key_code_for_its_holder(&ticket, &body.credential).await
    };
    match shown.await {
        Ok(code) => Json(json!({ "redirect": "#key-code", "shown": code })).into_response(),
        Err(refusal) => answer_script(Err(refusal)),
    }
}
