//! Sessions: a random cookie, of which only the digest is stored.

use axum::http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};
use time::Duration;

use crate::app::App;
use crate::error::Error;
use crate::names::Names;
use crate::visitor::{Session, cookie};

/// A session ends after a working day.
const LIFETIME: Duration = Duration::hours(10);

/// A ceremony must be finished within this time.
pub(crate) const CEREMONY_LIFETIME: Duration = Duration::minutes(5);

/// The cookie of a passkey ceremony under way.
pub(crate) const CEREMONY_COOKIE: &str = "rabrong_ceremony";

/// SHA-256 of a secret, hexadecimal: the form in which it may be stored.
pub(crate) fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// The session cookie's name. Over https the prefix binds it to this very host (RFC 6265bis).
fn cookie_name(app: &App) -> &'static str {
    if app.is_https() { "__Host-rabrong_session" } else { "rabrong_session" }
}

/// The value of the session cookie.
pub(crate) fn token(app: &App, headers: &HeaderMap) -> Option<String> {
    cookie(headers, cookie_name(app)).filter(|value| (20..=64).contains(&value.len()))
}

/// The session of a cookie.
pub(crate) async fn find(app: &App, token: &str) -> Result<Option<Session>, Error> {
    let token_digest = digest(token);
    let mut tx = app.portal().begin().await.map_err(Error::Portal)?;
    let Some(person_id) = tx.session_person(&token_digest, app.now()).await.map_err(Error::Portal)? else {
        return Ok(None);
    };
    let Some(person) = tx.person(&person_id).await.map_err(Error::Portal)? else { return Ok(None) };
    drop(tx);
    let names = Names::open(app.cipher(), &person.id, &person.names_sealed)?;
    let csrf = app.cipher().digest("csrf", token);
    Ok(Some(Session { person, names, csrf, token_digest }))
}

/// Opens a session; returns the cookie's value.
pub(crate) async fn open(app: &App, tx: &mut store::portal::Tx, person_id: &str) -> Result<String, Error> {
    let token = app.randomness().token();
    let now = app.now();
    tx.open_session(&digest(&token), person_id, now, now + LIFETIME).await.map_err(Error::Portal)?;
    Ok(token)
}

/// The header that sets the session cookie.
pub(crate) fn set_cookie(app: &App, token: &str) -> Option<HeaderValue> {
    header_of(app, cookie_name(app), token, LIFETIME)
}

/// The header that removes the session cookie.
pub(crate) fn clear_cookie(app: &App) -> Option<HeaderValue> {
    header_of(app, cookie_name(app), "", Duration::ZERO)
}

/// The header that sets the cookie of a ceremony.
pub(crate) fn ceremony_cookie(app: &App, id: &str) -> Option<HeaderValue> {
    header_of(app, CEREMONY_COOKIE, id, CEREMONY_LIFETIME)
}

fn header_of(app: &App, name: &str, value: &str, lifetime: Duration) -> Option<HeaderValue> {
    let secure = if app.is_https() { "; Secure" } else { "" };
    let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", lifetime.whole_seconds());
    HeaderValue::from_str(&line).ok()
}

/// Compares two tokens in constant time.
pub(crate) fn same(one: &str, other: &str) -> bool {
    !one.is_empty() && aws_lc_rs::constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}
