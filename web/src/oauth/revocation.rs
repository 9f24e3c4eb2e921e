//! The revocation endpoint (RFC 7009).

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;

use super::{OAuthError, authenticate, token};
use crate::app::App;

/// `POST /oauth2/revoke`.
pub(crate) async fn revoke(State(app): State<App>, request: Request) -> Result<StatusCode, OAuthError> {
    let headers = request.headers().clone();
    let axum::Form(form) = axum::Form::<Vec<(String, String)>>::from_request(request, &())
        .await
        .map_err(|_| OAuthError::InvalidRequest("Send a form (application/x-www-form-urlencoded) of at most 64 kB."))?;
    let client = authenticate(&app, &headers, &form).await?;
    let value = form.iter().find(|(id, _)| id == "token").map(|(_, value)| value.as_str());
    let value = value.ok_or(OAuthError::InvalidRequest("token is missing."))?;
    token::revoke(&app, &client.id, value).await?;
    // CSC API 1.0.4.0 §8.3.4 shows this status; RFC 7009 §2.2 has no body either.
    Ok(StatusCode::NO_CONTENT)
}
