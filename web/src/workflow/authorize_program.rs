//! A person lets a program look at their credentials, or signs the digests that it made.

use serde_json::json;
use signer::protocol::{CertificateRecord, DigestSigning, Operation, Outcome, Refusal};
use store::portal::api_client::ApiClient;
use store::portal::authorization::{Authorization, NewAuthorization};
use time::Duration;

use crate::app::App;
use crate::audit::{Event, record};
use crate::csc::credentials::is_signable;
use crate::error::Error;
use crate::oauth::asked::{Asked, AskedSigning, Wrong};
use crate::oauth::code::CODE_LIFE;
use crate::pages::CertificateState;
use crate::problem::Problem;
use crate::session::digest;

use super::ask_before_signing::still_licensed;
use super::certificate_care::state_of;

/// Until when a person may act on what a program asks.
const PATIENCE: Duration = Duration::minutes(10);
/// What may wait for persons at once, of one program.
const MOST_WAITING: i64 = 1_000;
/// Where the signer's page leads back to; it adds `?ticket=`.
const RETURN_PATH: &str = "/oauth2/return";

/// The way back to a program.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// With a code.
    Code(String),
    /// With an error (RFC 6749 §4.1.2.1).
    Error(Wrong),
}

/// The person or the service would not.
pub(crate) const DENIED: Wrong =
    Wrong { code: "access_denied", description: "The person declined, or did not act in time." };
const NOT_ALLOWED: Wrong = Wrong {
    code: "access_denied",
    description: "The unit does not allow signing digests. Ask its registration officer.",
};
const NO_CREDENTIAL: Wrong =
    Wrong { code: "access_denied", description: "The person has no such credential in force in the client's unit." };
const BUSY: Wrong =
    Wrong { code: "temporarily_unavailable", description: "Too many requests wait. Try again in ten minutes." };

/// Keeps what a program asks until a person acts on it; the value for the page's address.
pub(crate) async fn ask(
    app: &App,
    client: &ApiClient,
    redirect_uri: &str,
    asked: Asked,
) -> Result<Result<String, Wrong>, Problem> {
    let value = app.randomness().token();
    let now = app.now();
    let details = match &asked.signing {
        Some(signing) => serde_json::to_string(signing).map_err(|_| Problem::internal())?,
        None => String::new(),
    };
    let new = NewAuthorization {
        id: digest(&value),
        client_id: client.id.clone(),
        scope: asked.scope.as_str().to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        client_state: asked.client_state,
        code_challenge: asked.code_challenge,
        asked: details,
        created_at: now,
        expires_at: now + PATIENCE,
    };
    let mut tx = app.portal().begin_write().await?;
    let added = tx.add_authorization(&new, MOST_WAITING).await?;
    tx.commit().await?;
    Ok(if added { Ok(value) } else { Err(BUSY) })
}

/// What waits for a person, and of which program. Somebody else's is not there.
pub(crate) async fn waiting(app: &App, value: &str, person_id: &str) -> Result<(Authorization, ApiClient), Problem> {
    let mut tx = app.portal().begin().await?;
    let found = tx.authorization(&digest(value)).await?;
    let found = found.filter(|found| found.person_id.is_empty() || found.person_id == person_id);
    let found = found.ok_or_else(Problem::not_found)?;
    let client = tx.api_client(&found.client_id).await?.filter(|client| client.disabled_at.is_none());
    let client = client.ok_or_else(Problem::not_found)?;
    let over = found.expires_at <= app.now() || !matches!(found.state.as_str(), "asked" | "proposed");
    if over { Err(Problem::out_of_step()) } else { Ok((found, client)) }
}

/// Whether this person can give a program of this unit anything; the certificate that is asked for.
pub(crate) async fn possible(
    app: &App,
    person_id: &str,
    client: &ApiClient,
    asked: Option<&AskedSigning>,
) -> Result<Result<Option<CertificateRecord>, Wrong>, Error> {
    if !app.signer().digests_allowed(&client.unit_code).await? {
        return Ok(Err(NOT_ALLOWED));
    }
    let held = app.signer().certificates(person_id).await?;
    let in_force = |held: &CertificateRecord| state_of(held, app.now()) == CertificateState::Good;
    let mut held = held.into_iter().filter(|held| held.unit_code == client.unit_code && in_force(held));
    Ok(match asked {
        None => held.next().map(|_| None).ok_or(NO_CREDENTIAL),
        Some(asked) => {
            let asked = held.find(|held| held.serial == asked.credential_id && is_signable(held));
            asked.map(Some).ok_or(NO_CREDENTIAL)
        }
    })
}

/// Proposes the digests to the signer; its page.
pub(crate) async fn propose(
    app: &App,
    person_id: &str,
    found: &Authorization,
    client: &ApiClient,
    certificate: &CertificateRecord,
    asked: AskedSigning,
) -> Result<String, Problem> {
    still_licensed(app, certificate).await?;
    let count = asked.digests.len();
    let signing = DigestSigning {
        unit_code: client.unit_code.clone(),
        client: client.name.clone(),
        certificate_serial: asked.credential_id,
        digests: asked.digests,
    };
    let ticket = app.signer().propose(person_id, Operation::SignDigests { signing }, RETURN_PATH).await?;
    let mut tx = app.portal().begin_write().await?;
    if !tx.propose_authorization(&found.id, person_id, &digest(&ticket.ticket), app.now()).await? {
        return Err(Problem::out_of_step());
    }
    let facts = json!({ "client": client.id, "count": count });
    record(app, &mut tx, Event::new("digests.proposed", &found.id, person_id).with(facts)).await?;
    tx.commit().await?;
    Ok(ticket.url)
}

/// Grants what is asked; the code.
pub(crate) async fn grant(app: &App, person_id: &str, found: &Authorization, given: &str) -> Result<Answer, Problem> {
    let code = app.randomness().token();
    let mut tx = app.portal().begin_write().await?;
    if !tx.grant_authorization(&found.id, person_id, given, &digest(&code), app.now() + CODE_LIFE).await? {
        return Err(Problem::out_of_step());
    }
    let facts = json!({ "client": found.client_id, "scope": found.scope });
    record(app, &mut tx, Event::new("authorization.granted", &found.id, person_id).with(facts)).await?;
    tx.commit().await?;
    Ok(Answer::Code(code))
}

/// Denies what is asked.
pub(crate) async fn deny(app: &App, person_id: &str, found: &Authorization, why: Wrong) -> Result<Answer, Problem> {
    let mut tx = app.portal().begin_write().await?;
    if tx.deny_authorization(&found.id, person_id).await? {
        let facts = json!({ "client": found.client_id, "scope": found.scope });
        record(app, &mut tx, Event::new("authorization.denied", &found.id, person_id).with(facts)).await?;
    }
    tx.commit().await?;
    Ok(Answer::Error(why))
}

/// What came of the signer's page: the way back, or none while it is at work.
pub(crate) async fn settle(
    app: &App,
    person_id: &str,
    ticket: &str,
) -> Result<Option<(Authorization, Answer)>, Problem> {
    if ticket.is_empty() || ticket.len() > 64 {
        return Err(Problem::not_found());
    }
    let mut tx = app.portal().begin().await?;
    let found = tx.authorization_of_ticket(&digest(ticket)).await?;
    drop(tx);
    let found = found.filter(|found| found.person_id == person_id).ok_or_else(Problem::not_found)?;
    if found.state != "proposed" {
        // Asked for a second time: the code was given with the first.
        return Err(Problem::out_of_step());
    }
    let answer = match super::settle::wait(app, ticket).await? {
        Outcome::DigestsSigned { digests } => {
            let given = serde_json::to_string(&digests).map_err(|_| Problem::internal())?;
            grant(app, person_id, &found, &given).await?
        }
        Outcome::Refused { refusal: Refusal::DigestsNotAllowed } => deny(app, person_id, &found, NOT_ALLOWED).await?,
        Outcome::Refused { .. } => deny(app, person_id, &found, NO_CREDENTIAL).await?,
        Outcome::Working => return Ok(None),
        // Not touched: the person turned back.
        _ => deny(app, person_id, &found, DENIED).await?,
    };
    Ok(Some((found, answer)))
}
