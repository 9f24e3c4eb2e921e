//! The signer's own origin: pages where a person sees what they are about to bring about,
//! drawn here, and puts a passkey to it. Never framed; never `/.well-known/webauthn`, which
//! would let another origin use these passkeys.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use crate::core::{Core, journal_refusal, rfc3339};
use crate::enrolment;
use crate::pages::{self, Activate, DocumentPage, Lang, Layout, Meaning, OutcomeState, Problem, ShownDocument, Text};
use crate::papers;
use crate::passkeys;
use crate::phone;
use crate::protocol::{Operation, Outcome, Refusal, UnitNode};
use crate::replacement_notice;
use crate::tickets::{Plan, Ticket};
use crate::webauthn::AuthenticationResponse;

/// The largest body: a passkey's answer is a few kilobytes.
const MAX_BODY: usize = 64 * 1024;

/// How long a request may take, its body and its answer's beginning included: longer than [`PATIENCE`].
const LONGEST_REQUEST: Duration = Duration::from_secs(30);

/// How long a browser waits for what was activated before it is told to look again.
const PATIENCE: Duration = Duration::from_secs(8);

/// The pages' router; `demo` brings a demonstration's own routes and is left out elsewhere.
pub fn router(core: Arc<Core>, demo: Option<Router>) -> Router {
    let demo = demo.filter(|_| core.configuration.demo).unwrap_or_default();
    Router::new()
        .route("/healthz", get(healthz))
        .route("/a/{ticket}", get(activate_page))
        .route("/a/{ticket}/activate", post(activate))
        .route("/a/{ticket}/done", get(activate_done))
        .route("/a/{ticket}/document/{place}", get(document_page))
        .route("/a/{ticket}/stop", post(replacement_notice::stop))
        .route("/a/{ticket}/phone", get(phone::page))
        .route("/a/{ticket}/phone.svg", get(phone::code))
        .route("/a/{ticket}/{paper}", get(papers::paper))
        .route("/assets/{hash}/{name}", get(asset))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .merge(enrolment::router())
        .with_state(Arc::clone(&core))
        .merge(demo)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        // Hundreds of documents on one page, and pictures made of numbers, shrink to a tenth.
        .layer(CompressionLayer::new().gzip(true))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, LONGEST_REQUEST))
        .layer(middleware::map_response(headers))
        .layer(middleware::from_fn_with_state(core, own_origin_only))
}

/// What may stand behind a page's address.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
    /// `phone`: the page was opened by its QR code, and the portal waits on another screen.
    on: Option<String>,
}

impl Asked {
    fn on_phone(&self) -> bool {
        self.on.as_deref() == Some("phone")
    }

    /// The same behind the next address.
    fn query(&self) -> &'static str {
        if self.on_phone() { "?on=phone" } else { "" }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Assertion {
    pub(crate) credential: AuthenticationResponse,
}

async fn healthz(State(core): State<Arc<Core>>) -> StatusCode {
    match core.answer(crate::protocol::Request::Health).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn activate_page(State(core): State<Arc<Core>>, Path(text): Path<String>, asked: Query<Asked>) -> Response {
    let layout = layout(&core, &asked, format!("/a/{text}{}", asked.query()));
    let page = async {
        let ticket = core.ticket(&text).await?;
        if !ticket.is_open(core.now()) {
            return Err(Refusal::TicketOver);
        }
        let Some(Plan::Activate { actor, authority, operation }) = &ticket.plan else {
            return Err(Refusal::TicketOver);
        };
        // Nobody is shown a button that would bring about nothing.
        core.still_issues(operation).await?;
        let usable = core.usable_passkeys(actor, authority, operation).await?;
        let allowed: Vec<_> = usable.ids.iter().map(|id| json!({ "type": "public-key", "id": id })).collect();
        let options = json!({
            "challenge": URL_SAFE_NO_PAD.encode(ticket.challenge()?),
            "rpId": core.configuration.rp_id,
            "timeout": 300_000,
            "userVerification": "required",
            "allowCredentials": allowed,
        });
        let locked = usable.locked_until.filter(|_| usable.ids.is_empty());
        let stops = matches!(operation, Operation::StopReplacement { .. });
        let pending = if stops { None } else { core.pending_replacement(actor).await? };
        Ok(Activate {
            layout: layout.clone(),
            meaning: meaning(&core, operation, &text).await?,
            options: options.to_string(),
            activate_url: format!("/a/{text}/activate{}", asked.query()),
            return_url: return_url(&core, &ticket, &text),
            phone_url: (!asked.on_phone()).then(|| format!("/a/{text}/phone")),
            expires_at: rfc3339(ticket.expires_at),
            replacement: pending.map(|pending| pages::PendingReplacement {
                stop_url: format!("/a/{text}/stop{}", asked.query()),
                due_at: pending.due_at,
            }),
            locked: locked.map(|until| pages::refusal_words(&passkeys::locked(until))),
        })
    };
    match page.await {
        Ok(page) => show(&layout, Ok(page)),
        Err(refusal) => problem(&core, &layout, &text, &refusal).await,
    }
}

/// One document of a batch, with every line and its pages as pictures.
async fn document_page(
    State(core): State<Arc<Core>>,
    Path((text, place)): Path<(String, usize)>,
    asked: Query<Asked>,
) -> Response {
    let layout = layout(&core, &asked, format!("/a/{text}/document/{place}"));
    let page = async {
        let documents = core.shown_documents(&text).await?;
        let content = documents.get(place).cloned().ok_or(Refusal::NotFound)?;
        let shown = ShownDocument::of(&content, &format!("/a/{text}"), place);
        let pages = core.pictures(content).await?.len();
        let link = |place: usize| format!("/a/{text}/document/{place}");
        Ok(DocumentPage {
            layout: layout.clone(),
            document: shown,
            place: place + 1,
            of: documents.len(),
            pictures: (0..pages).map(|page| format!("/a/{text}/{place}-{page}.svg")).collect(),
            before: place.checked_sub(1).map(link),
            after: (place + 1 < documents.len()).then(|| link(place + 1)),
            list_url: format!("/a/{text}"),
        })
    };
    match page.await {
        Ok(page) => show(&layout, Ok(page)),
        Err(refusal) => problem(&core, &layout, &text, &refusal).await,
    }
}

async fn activate(
    State(core): State<Arc<Core>>,
    Path(text): Path<String>,
    asked: Query<Asked>,
    body: Result<Json<Assertion>, axum::extract::rejection::JsonRejection>,
) -> Response {
    // On a task of its own: a browser that goes away does not stop what was activated.
    let working = Arc::clone(&core);
    let ticket = text.clone();
    let work = tokio::spawn(async move {
        let Json(body) = body.map_err(|_| Refusal::Malformed { detail: "the passkey's answer".to_owned() })?;
        let ticket = working.ticket(&ticket).await?;
        working.activate(&ticket, &body.credential).await
    });
    let done = format!("/a/{text}/done{}", asked.query());
    // A long batch goes on without the browser; its page tells how far it has come.
    let Ok(worked) = tokio::time::timeout(PATIENCE, work).await else {
        return answer_script(Ok(done));
    };
    match worked.unwrap_or(Err(Refusal::Internal)) {
        Ok(_) => answer_script(Ok(done)),
        // Activated, and waiting for what passes: the page says so.
        Err(refusal)
            if refusal.passes()
                && matches!(core.outcome(&text).await, Ok(Outcome::Working | Outcome::Signing { .. })) =>
        {
            answer_script(Ok(done))
        }
        Err(refusal) => answer_script(Err(refusal)),
    }
}

async fn activate_done(State(core): State<Arc<Core>>, Path(text): Path<String>, asked: Query<Asked>) -> Response {
    let layout = layout(&core, &asked, format!("/a/{text}/done{}", asked.query()));
    let ticket = match core.ticket(&text).await {
        Ok(ticket) => ticket,
        Err(refusal) => return show::<Problem>(&layout, Err(refusal)),
    };
    let back = return_url(&core, &ticket, &text);
    let state = match core.outcome(&text).await {
        Err(refusal) => return show::<Problem>(&layout, Err(refusal)),
        Ok(Outcome::Working | Outcome::Signing { .. }) if let Some(refusal) = core.what_keeps(&ticket.hash) => {
            OutcomeState::Kept(refusal)
        }
        // The portal has its own page for what went well.
        Ok(Outcome::Working) => OutcomeState::Working,
        Ok(Outcome::Signing { done, total }) => OutcomeState::Signing { done, total },
        Ok(Outcome::Revoking { done, total }) => OutcomeState::Revoking { done, total },
        Ok(Outcome::Waiting | Outcome::Ended) => OutcomeState::Ended,
        Ok(Outcome::Refused { refusal }) => OutcomeState::Refused(refusal),
        // It waits on the other screen.
        Ok(_) if asked.on_phone() => OutcomeState::DoneOnPhone,
        Ok(_) => return Redirect::to(&back).into_response(),
    };
    show(&layout, Ok(pages::Outcome { layout: layout.clone(), state, return_url: back }))
}

async fn asset(State(core): State<Arc<Core>>, Path((hash, name)): Path<(String, String)>) -> Response {
    match pages::assets::at(&format!("/assets/{hash}/{name}")) {
        Some(asset) if core.configuration.demo || !asset.demo_only => {
            let headers = [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, asset.bytes).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Only pages asked for by their own name: another host name on the same port (a portal's
/// script, DNS rebinding) gets nothing.
async fn own_origin_only(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let expected = core.configuration.origin.split_once("://").map_or("", |(_, host)| host);
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let health = request.uri().path() == "/healthz";
    let foreign = request.headers().get(header::ORIGIN).is_some_and(|origin| {
        request.method() == axum::http::Method::POST && origin.as_bytes() != core.configuration.origin.as_bytes()
    });
    if (!health && host != expected) || foreign {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    next.run(request).await
}

async fn headers(mut response: Response) -> Response {
    let cached = response.headers().contains_key(header::CACHE_CONTROL);
    let headers = response.headers_mut();
    let mut set = |name, value| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Not `no-referrer`: browsers then send `Origin: null` with our own requests.
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(
        header::HeaderName::from_static("permissions-policy"),
        "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()",
    );
    if !cached {
        set(header::CACHE_CONTROL, "no-store");
    }
    response
}

async fn meaning(core: &Core, operation: &Operation, ticket: &str) -> Result<Meaning, Refusal> {
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let units = tx.units().await.map_err(|error| journal_refusal(&error))?;
    let units: Vec<UnitNode> = units.into_iter().map(crate::records::unit_node).collect();
    let mut officers = pages::Officers::new();
    if let Operation::IssueCertificate { request } = operation {
        for person in request.evidence.iter().filter_map(|evidence| evidence.recorded_by.as_ref()) {
            if let Some(officer) = core.appointments_in_force(&mut tx, person).await?.into_iter().next() {
                officers.insert(person.clone(), Text::new(officer.name_th, officer.name_en));
            }
        }
    }
    let mut meaning = Meaning::of(operation, &units, &officers, &format!("/a/{ticket}"));
    if let Meaning::Standing(change) = &mut meaning {
        let about = match operation {
            Operation::BindCredential { binding } => Some(&binding.person_id),
            Operation::EndCredential { ending } => Some(&ending.person_id),
            Operation::ReplaceCredential { replacement } => Some(&replacement.person_id),
            Operation::StopReplacement { stop } => Some(&stop.person_id),
            _ => None,
        };
        if let Some(person_id) = about {
            let certificates = core.certificates_held(&mut tx, person_id).await?;
            let appointments = core.appointments_in_force(&mut tx, person_id).await?;
            change.groups.insert(0, pages::person(&certificates, &appointments, &units));
        }
        if let Operation::EndAppointment { ending } = operation {
            let row = tx.appointment(&ending.appointment_id).await.map_err(|error| journal_refusal(&error))?;
            change.groups.insert(0, pages::appointed(&row.ok_or(Refusal::NotFound)?, &units));
        }
    }
    // A serial number tells nobody whose certificate it is; the journal does.
    let about = match operation {
        Operation::RevokeCertificate { revocation } => Some(&revocation.serial),
        Operation::RestoreCertificate { restoration } => Some(&restoration.serial),
        Operation::RenewCertificate { renewal } => Some(&renewal.serial),
        Operation::SignDigests { signing } => Some(&signing.certificate_serial),
        _ => None,
    };
    let shown = match &mut meaning {
        Meaning::Revocation { groups }
        | Meaning::Restoration { groups }
        | Meaning::Renewal { groups }
        | Meaning::Digests { groups, .. } => Some(groups),
        _ => None,
    };
    if let (Some(serial), Some(groups)) = (about, shown) {
        let certificate = core.certificate_with_status(&mut tx, serial).await?;
        groups.insert(0, pages::holder(&certificate, &units));
    }
    Ok(meaning)
}

pub(crate) fn layout(core: &Core, asked: &Asked, path: String) -> Layout {
    let lang = asked.lang.as_deref().and_then(Lang::parse);
    Layout { lang: lang.unwrap_or_default(), demo: core.configuration.demo, path }
}

/// Back at the portal, with the ticket: the portal asks for the outcome itself.
pub(crate) fn return_url(core: &Core, ticket: &Ticket, text: &str) -> String {
    return_to(core, &ticket.return_path, text)
}

/// The same from the path alone.
pub(crate) fn return_to(core: &Core, return_path: &str, text: &str) -> String {
    let join = if return_path.contains('?') { '&' } else { '?' };
    format!("{}{return_path}{join}ticket={text}", core.configuration.public_url)
}

/// The page for what went wrong, with the way back to where it can be asked for again.
pub(crate) async fn problem(core: &Core, layout: &Layout, text: &str, refusal: &Refusal) -> Response {
    let back = core.ticket_row(text).await.ok().map(|row| return_to(core, &row.return_path, text));
    let status = status(refusal);
    let mut answer = show(layout, Ok(Problem::refused(layout.clone(), status.as_u16(), refusal, back)));
    *answer.status_mut() = status;
    answer
}

pub(crate) fn show<T: Template>(layout: &Layout, page: Result<T, Refusal>) -> Response {
    let rendered = match &page {
        Ok(page) => page.render().map(|html| (StatusCode::OK, html)),
        Err(refusal) => {
            let status = status(refusal);
            let problem = Problem::refused(layout.clone(), status.as_u16(), refusal, None);
            problem.render().map(|html| (status, html))
        }
    };
    match rendered {
        Ok((status, html)) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What the page's script gets: where to go, or the words for what went wrong.
pub(crate) fn answer_script(done: Result<String, Refusal>) -> Response {
    match done {
        Ok(redirect) => Json(json!({ "redirect": redirect })).into_response(),
        Err(refusal) => {
            tracing::info!(refusal = %refusal, "refused");
            let (title, detail) = pages::refusal_words(&refusal);
            let join = |title: &Text, detail: &Text| {
                (format!("{} {}", title.th, detail.th), format!("{}. {}", title.en, detail.en))
            };
            let (problem_th, problem_en) = join(&title, &detail);
            (status(&refusal), Json(json!({ "problem_th": problem_th, "problem_en": problem_en }))).into_response()
        }
    }
}

pub(crate) fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::TicketOver | Refusal::Terminated | Refusal::Erased => StatusCode::GONE,
        Refusal::TooOften => StatusCode::TOO_MANY_REQUESTS,
        Refusal::NotFound | Refusal::NoCertificate => StatusCode::NOT_FOUND,
        Refusal::NotYourPasskey
        | Refusal::NoAuthority
        | Refusal::SelfApproval
        | Refusal::DigestsNotAllowed
        | Refusal::PasskeyNotAllowed => StatusCode::FORBIDDEN,
        Refusal::PasskeyLocked { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::Conflict
        | Refusal::AlreadyDone
        | Refusal::LicenceTaken
        | Refusal::LastOfficer
        | Refusal::NotRenewable { .. } => StatusCode::CONFLICT,
        Refusal::TokenUnavailable
        | Refusal::JournalUnavailable
        | Refusal::JournalAltered
        | Refusal::TimeStampUnavailable
        | Refusal::ClockBehind => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Refusal::Malformed { .. } => StatusCode::BAD_REQUEST,
        Refusal::ActivationInvalid { .. }
        | Refusal::ContentInvalid { .. }
        | Refusal::EvidenceInsufficient { .. }
        | Refusal::LintFailed { .. }
        | Refusal::KeyRefused { .. }
        | Refusal::KeySignsNoDigests
        | Refusal::NotForThisProfession
        | Refusal::CertificateRevoked
        | Refusal::CertificateSuspended
        | Refusal::CertificateExpired
        | Refusal::CredentialUnknown => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
