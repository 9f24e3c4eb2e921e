//! One message to a webhook, signed as the Standard Webhooks specification says: HMAC-SHA-256
//! over `id.timestamp.body`. It carries ids and a state, and no word about a patient.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::redirect;
use serde_json::json;
use store::portal::api_client::ApiClient;
use store::portal::api_notice::ApiNotice;
use time::OffsetDateTime;

use super::address::{places, webhook_address};
use crate::app::App;
use crate::instants::rfc3339;
use crate::oauth::registration::webhook_place;

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends; how it ended, in a few words for the officer's list.
///
/// # Errors
/// The words for a message that was not taken.
pub(super) async fn send(
    app: &App,
    client: &ApiClient,
    notice: &ApiNotice,
    external_id: &str,
) -> Result<String, String> {
    let words = |text: &str| text.to_owned();
    let url = webhook_address(app, &client.webhook_url).map_err(|_| words("address refused"))?;
    let found = places(app, &url).await.map_err(|_| words("address refused"))?;
    let key = client
        .webhook_secret_sealed
        .as_ref()
        .and_then(|sealed| app.cipher().open(&webhook_place(&client.id), sealed).ok())
        .ok_or_else(|| words("no key"))?;
    let body = json!({
        "type": format!("document.{}", notice.state),
        "timestamp": rfc3339(notice.made_at),
        "data": { "id": notice.document_id, "external_id": external_id, "state": notice.state },
    })
    .to_string();
    // The places just checked are the ones connected to: no name is asked for twice, no proxy
    // stands between, no answer leads elsewhere.
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .timeout(PATIENCE)
        .resolve_to_addrs(url.host_str().unwrap_or_default(), &found)
        .build()
        .map_err(|_| words("no client"))?;
    let at = app.now();
    let answer = http
        .post(url)
        .header("content-type", "application/json")
        .header("user-agent", "Rabrong")
        .header("webhook-id", &notice.id)
        .header("webhook-timestamp", at.unix_timestamp().to_string())
        .header("webhook-signature", signature(&key, &notice.id, at, &body))
        .body(body)
        .send()
        .await
        .map_err(|error| words(if error.is_timeout() { "no answer in time" } else { "no connection" }))?;
    // The body is not read: nothing a receiver says matters here.
    let status = answer.status();
    if status.is_success() { Ok(format!("HTTP {}", status.as_u16())) } else { Err(format!("HTTP {}", status.as_u16())) }
}

fn signature(key: &[u8], id: &str, at: OffsetDateTime, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, format!("{id}.{}.{body}", at.unix_timestamp()).as_bytes());
    format!("v1,{}", STANDARD.encode(tag.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_as_the_specifications_example() {
        // The example of the Standard Webhooks libraries.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let at = OffsetDateTime::from_unix_timestamp(1_614_265_330).unwrap();
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
