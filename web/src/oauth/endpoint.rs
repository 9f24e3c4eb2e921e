//! The token endpoint and the server's metadata.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use store::portal::api_client::ApiClient;

use super::asked::AskedSigning;
use super::token::{LONGEST_LIFE, NewToken, issue};
use super::{AUTHORIZATION_CODE, CLIENT_CREDENTIALS, GRANTS, OAuthError, Scope, Scopes, authenticate, code};
use crate::app::App;
use crate::audit::{Event, record};

/// `POST /oauth2/token`.
pub(crate) async fn token(State(app): State<App>, request: Request) -> Result<Response, OAuthError> {
    let headers = request.headers().clone();
    let axum::Form(form) = axum::Form::<Vec<(String, String)>>::from_request(request, &())
        .await
        .map_err(|_| OAuthError::InvalidRequest("Send a form (application/x-www-form-urlencoded) of at most 64 kB."))?;
    for (at, (name, _)) in form.iter().enumerate() {
        if form.iter().skip(at + 1).any(|(other, _)| other == name) {
            // RFC 6749 §3.2: parameters must not be included more than once.
            return Err(OAuthError::InvalidRequest("A parameter is sent twice."));
        }
    }
    let client = authenticate(&app, &headers, &form).await?;
    let value = |name: &str| form.iter().find(|(id, _)| id == name).map(|(_, value)| value.as_str());
    match value("grant_type") {
        Some(grant) if GRANTS.contains(&grant) && !client.grants.split(' ').any(|held| held == grant) => {
            Err(OAuthError::UnauthorizedClient)
        }
        Some(CLIENT_CREDENTIALS) => client_credentials(&app, &client, value("scope")).await,
        Some(AUTHORIZATION_CODE) => code::redeem(&app, &client, &form).await,
        Some(_) => Err(OAuthError::UnsupportedGrantType),
        None => Err(OAuthError::InvalidRequest("grant_type is missing.")),
    }
}

/// RFC 6749 §4.4: a token on the program's own behalf. Without `scope`, all it is registered for.
async fn client_credentials(app: &App, client: &ApiClient, asked: Option<&str>) -> Result<Response, OAuthError> {
    let held = Scopes::parse(&client.scopes).unwrap_or_default();
    // Nothing that needs a person is given without one.
    let own = Scopes::of([Scope::DocumentsWrite, Scope::DocumentsRead].into_iter().filter(|s| held.contains(*s)));
    let scopes = match asked {
        None => own.clone(),
        Some(text) => Scopes::parse(text).ok_or(OAuthError::InvalidScope)?,
    };
    if scopes.is_empty() || !scopes.are_within(&own) {
        return Err(OAuthError::InvalidScope);
    }
    let mut tx = app.portal().begin_write().await?;
    let new = NewToken { client, person_id: None, scopes: &scopes, life: LONGEST_LIFE, bound_to: Value::Null };
    let (token, life) = issue(app, &mut tx, new).await?;
    let facts = json!({ "grant": CLIENT_CREDENTIALS, "scopes": scopes.to_string() });
    record(app, &mut tx, Event::new("api.token_given", &client.id, "").with(facts)).await?;
    tx.commit().await?;
    Ok(given(&token, life, &scopes))
}

/// The answer with a token (RFC 6749 §5.1).
pub(crate) fn given(token: &str, life: i64, scopes: &Scopes) -> Response {
    given_for(None, token, life, scopes)
}

/// The same for what a person activated: which credential it is for, and what is granted (RFC 9396 §7). CSC API
/// 1.0.4.0 §8.3.3 calls a token of the scope `credential` by its use, version 2 as any other.
pub(super) fn given_for(signing: Option<&AskedSigning>, token: &str, life: i64, scopes: &Scopes) -> Response {
    let kind = if signing.is_some_and(|signing| signing.version == 1) { "SAD" } else { "Bearer" };
    let mut body =
        json!({ "access_token": token, "token_type": kind, "expires_in": life, "scope": scopes.to_string() });
    if let (Some(signing), Some(parameters)) = (signing, body.as_object_mut()) {
        parameters.insert("credentialID".to_owned(), json!(signing.credential_id));
        parameters.extend(signing.details().map(|details| ("authorization_details".to_owned(), details)));
    }
    let mut response = Json(body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `GET /.well-known/oauth-authorization-server` (RFC 8414).
pub(crate) async fn metadata(State(app): State<App>) -> Json<Value> {
    Json(json!({
        "issuer": app.origin(),
        "token_endpoint": format!("{}/oauth2/token", app.origin()),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "grant_types_supported": GRANTS,
        "authorization_endpoint": format!("{}/oauth2/authorize", app.origin()),
        "revocation_endpoint": format!("{}/oauth2/revoke", app.origin()),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "authorization_details_types_supported": ["credential"],
        "scopes_supported": Scope::ALL.map(Scope::as_str),
        "service_documentation": format!("{}/openapi.json", app.origin()),
    }))
}
