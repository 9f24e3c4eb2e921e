//! Enrolment by a link and login by the passkey it made.

use crate::world::{Engines, NOW, Served, browser};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use sims::authenticator::SoftAuthenticator;
use time::Duration;

async fn post(http: &Client, served: &Served, path: &str, body: &Value) -> reqwest::Response {
    http.post(served.url(path)).header("origin", &served.origin).json(body).send().await.unwrap()
}

async fn enrol(http: &Client, served: &Served, token: &str, passkeys: &mut SoftAuthenticator) -> reqwest::Response {
    let start = post(http, served, &format!("/enrol/{token}/passkey/start"), &json!({})).await;
    assert_eq!(start.status(), StatusCode::OK);
    let options: Value = start.json().await.unwrap();
    assert_eq!(options.pointer("/publicKey/rp/id"), Some(&json!("localhost")));
    assert_eq!(options.pointer("/publicKey/authenticatorSelection/residentKey"), Some(&json!("required")));
    let credential = passkeys.answer_creation(&served.origin, &options).unwrap().to_json();
    post(http, served, &format!("/enrol/{token}/passkey/finish"), &json!({ "credential": credential })).await
}

async fn log_in(http: &Client, served: &Served, passkeys: &mut SoftAuthenticator, origin: &str) -> reqwest::Response {
    let options: Value = post(http, served, "/login/start", &json!({})).await.json().await.unwrap();
    assert_eq!(options.get("mediation"), None);
    let credential = passkeys.answer_request(origin, &options).unwrap().to_json();
    post(http, served, "/login/finish?next=/documents", &json!({ "credential": credential })).await
}

#[tokio::test]
async fn a_link_works_once_and_its_passkey_signs_in() {
    let engines = Engines::start("coming_in");
    for url in &engines.urls {
        let served = Served::start(&engines, url).await;
        let token = served.invitation("doctor", "0198f0f0-0000-7000-8000-0000000000a1", NOW + Duration::days(7)).await;
        let http = browser();
        let page = http.get(served.url(&format!("/enrol/{token}"))).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("กานดา ใจดี"), "{page}");

        let mut passkeys = SoftAuthenticator::new([5; 32]);
        let finished = enrol(&http, &served, &token, &mut passkeys).await;
        assert_eq!(finished.status(), StatusCode::OK);
        let cookie = finished.headers().get("set-cookie").unwrap().to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        // The signer is away, so the signing passkey waits in the task list.
        assert_eq!(finished.json::<Value>().await.unwrap(), json!({ "redirect": "/tasks" }));

        let again = http.get(served.url(&format!("/enrol/{token}"))).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::GONE);
        let start = post(&http, &served, &format!("/enrol/{token}/passkey/start"), &json!({})).await;
        assert_eq!(start.status(), StatusCode::GONE);

        let other_device = browser();
        let finished = log_in(&other_device, &served, &mut passkeys, &served.origin.clone()).await;
        assert_eq!(finished.status(), StatusCode::OK);
        assert_eq!(finished.json::<Value>().await.unwrap(), json!({ "redirect": "/documents" }));
    }
}

#[tokio::test]
async fn a_login_made_elsewhere_or_twice_is_refused() {
    let engines = Engines::start("refused");
    for url in &engines.urls {
        let served = Served::start(&engines, url).await;
        let token = served.invitation("doctor", "0198f0f0-0000-7000-8000-0000000000a2", NOW + Duration::days(7)).await;
        let mut passkeys = SoftAuthenticator::new([6; 32]);
        assert_eq!(enrol(&browser(), &served, &token, &mut passkeys).await.status(), StatusCode::OK);

        let elsewhere = log_in(&browser(), &served, &mut passkeys, "http://localhost:1").await;
        assert_eq!(elsewhere.status(), StatusCode::FORBIDDEN);

        passkeys.behaviour.user_verified = false;
        let unverified = log_in(&browser(), &served, &mut passkeys, &served.origin.clone()).await;
        assert_eq!(unverified.status(), StatusCode::FORBIDDEN);
        passkeys.behaviour.user_verified = true;

        let http = browser();
        let options: Value = post(&http, &served, "/login/start", &json!({})).await.json().await.unwrap();
        let body = json!({ "credential": passkeys.answer_request(&served.origin, &options).unwrap().to_json() });
        assert_eq!(post(&http, &served, "/login/finish", &body).await.status(), StatusCode::OK);
        assert_eq!(post(&http, &served, "/login/finish", &body).await.status(), StatusCode::FORBIDDEN);

        let stranger = SoftAuthenticator::new([7; 32]);
        let mut stranger = stranger;
        stranger.create("localhost", &served.origin, &[1; 16], &[2; 32]).unwrap();
        let unknown = log_in(&browser(), &served, &mut stranger, &served.origin.clone()).await;
        assert_eq!(unknown.status(), StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn an_old_link_is_over() {
    let engines = Engines::start("over");
    for url in &engines.urls {
        let served = Served::start(&engines, url).await;
        let token = served.invitation("doctor", "0198f0f0-0000-7000-8000-0000000000a3", NOW).await;
        let answer = browser().get(served.url(&format!("/enrol/{token}"))).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::GONE);
    }
}
