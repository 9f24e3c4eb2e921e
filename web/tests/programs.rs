//! Programs at the token endpoint and the API, without a signer: who gets a token, what it
//! opens, and that nothing sent here is our fault.

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::portal::api_client::ApiClient;
use store::portal::api_token::ApiToken;
use store::portal::person::Person;
use time::Duration;

use crate::world::{Engines, NOW, Served, browser};

const ID: &str = "019a0c5e-6f0a-7c1e-9a53-0f4f6c1c2d3e";
const SECRET: &str = "q7VtX0oT3mC1bZk8sYw2Jr5nHd9gLfPaEiUuQxKvM6A";

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

async fn register(served: &Served, id: &str, scopes: &str) {
    let client = ApiClient {
        id: id.into(),
        unit_code: "10670".into(),
        name: "ห้องตรวจ".into(),
        grants: "client_credentials".into(),
        scopes: scopes.into(),
        redirect_uris: "[]".into(),
        secret_sha256: digest(SECRET),
        secret_changed_at: NOW,
        webhook_url: String::new(),
        webhook_secret_sealed: None,
        created_by: "officer".into(),
        created_at: NOW,
        disabled_at: None,
    };
    let mut tx = served.portal.begin_write().await.unwrap();
    tx.add_api_client(&client).await.unwrap();
    tx.commit().await.unwrap();
}

async fn token(served: &Served, http: &Client, id: &str) -> String {
    let form = [("grant_type", "client_credentials")];
    let answer = http.post(served.url("/oauth2/token")).basic_auth(id, Some(SECRET)).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["token_type"], "Bearer");
    assert!(body["expires_in"].as_i64().unwrap() <= 3600, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

async fn said(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

fn draft() -> Value {
    json!({
        "external_id": "HIS-1", "doctor": { "licence": "12345" }, "form": "two_part_general", "form_version": 1,
        "fields": { "patient_name": "สมชาย ใจดี" },
    })
}

#[tokio::test]
async fn a_token_is_had_by_the_secret_alone_and_ends_with_its_program() {
    let engines = Engines::start("tokens");
    for url in &engines.urls {
        let served = Served::start(&engines, url).await;
        let http = browser();
        register(&served, ID, "documents:write documents:read").await;
        let ask = |form: &[(&str, &str)]| http.post(served.url("/oauth2/token")).form(form);
        let grant = ("grant_type", "client_credentials");

        let refused: [(&str, RequestBuilder, u16); 12] = [
            ("invalid_client", ask(&[grant]), 401),
            ("invalid_client", ask(&[grant]).basic_auth(ID, Some("wrong")), 401),
            ("invalid_client", ask(&[grant]).basic_auth(ID, Some("")), 401),
            ("invalid_client", ask(&[grant]).basic_auth("nobody", Some(SECRET)), 401),
            ("invalid_client", ask(&[grant]).basic_auth(ID.replace('9', "8"), Some(SECRET)), 401),
            ("invalid_client", ask(&[grant, ("client_id", ID), ("client_secret", &digest(SECRET))]), 401),
            ("invalid_request", ask(&[grant, ("client_secret", SECRET)]).basic_auth(ID, Some(SECRET)), 400),
            ("invalid_request", ask(&[grant, grant]).basic_auth(ID, Some(SECRET)), 400),
            ("invalid_request", ask(&[]).basic_auth(ID, Some(SECRET)), 400),
            ("unsupported_grant_type", ask(&[("grant_type", "password")]).basic_auth(ID, Some(SECRET)), 400),
            ("invalid_scope", ask(&[grant, ("scope", "documents:sign")]).basic_auth(ID, Some(SECRET)), 400),
            ("invalid_scope", ask(&[grant, ("scope", "credential")]).basic_auth(ID, Some(SECRET)), 400),
        ];
        for (code, request, status) in refused {
            let (was, body) = said(request).await;
            assert_eq!((was, body["error"].as_str()), (status, Some(code)), "{body}");
        }
        let text = http.post(served.url("/oauth2/token")).body("{}").header("content-type", "application/json");
        assert_eq!(said(text).await.0, 400);
        let long = ask(&[("grant_type", &"a".repeat(70_000))]);
        assert_eq!(said(long).await.1["error"], "invalid_request");

        let posted = ask(&[grant, ("client_id", ID), ("client_secret", SECRET), ("scope", "documents:read")]);
        let (status, body) = said(posted).await;
        assert_eq!((status, body["scope"].as_str()), (200, Some("documents:read")));
        let narrow = body["access_token"].as_str().unwrap().to_owned();
        let post = |token: &str| http.post(served.url("/api/v1/documents")).bearer_auth(token).json(&draft());
        let list = |token: &str| http.get(served.url("/api/v1/documents")).bearer_auth(token);
        assert_eq!(said(post(&narrow)).await.0, 403);
        assert_eq!(said(list(&narrow)).await.0, 200);

        // Only digests are kept.
        let wide = token(&served, &http, ID).await;
        let mut tx = served.portal.begin().await.unwrap();
        assert!(tx.api_token(&wide, NOW).await.unwrap().is_none());
        assert_eq!(tx.api_token(&digest(&wide), NOW).await.unwrap().unwrap().client_id, ID);
        assert!(tx.api_token(&digest(&wide), NOW + Duration::hours(1)).await.unwrap().is_none());
        drop(tx);
        for wrong in ["", "a", &digest(&wide), SECRET] {
            assert_eq!(said(list(wrong)).await.0, 401, "{wrong}");
        }
        let challenge = list("wrong-wrong-wrong-wrong-wrong").send().await.unwrap();
        assert!(challenge.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer "));

        let mut tx = served.portal.begin_write().await.unwrap();
        assert!(tx.disable_api_client(ID, "officer", NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(said(list(&wide)).await.0, 401);
        assert_eq!(said(ask(&[grant]).basic_auth(ID, Some(SECRET))).await.0, 401);
    }
}

#[tokio::test]
async fn one_program_asks_only_so_often() {
    let engines = Engines::start("rates");
    let served = Served::start(&engines, &engines.urls[0]).await;
    let http = browser();
    register(&served, ID, "documents:read").await;
    // The clock stands still here: no bucket fills.
    let form = [("grant_type", "client_credentials")];
    let mut last = (0, Value::Null);
    for _ in 0..31 {
        last = said(http.post(served.url("/oauth2/token")).basic_auth(ID, Some(SECRET)).form(&form)).await;
    }
    assert_eq!((last.0, last.1["error"].as_str()), (429, Some("slow_down")));
    // Who guesses does not use up the program's share.
    let other = ID.replace('1', "2");
    register(&served, &other, "documents:read").await;
    for _ in 0..40 {
        let guess = http.post(served.url("/oauth2/token")).basic_auth(&other, Some("guess")).form(&form);
        assert_eq!(said(guess).await.0, 401);
    }
    let right = token(&served, &http, &other).await;
    let mut statuses = Vec::new();
    for _ in 0..201 {
        statuses.push(said(http.get(served.url("/api/v1/documents")).bearer_auth(&right)).await.0);
    }
    assert_eq!((statuses[0], statuses[199], statuses[200]), (200, 200, 429));
}

#[tokio::test]
async fn what_a_program_sends_wrongly_is_refused_with_its_place() {
    let engines = Engines::start("submissions");
    for url in &engines.urls {
        let served = Served::start(&engines, url).await;
        let http = browser();
        register(&served, ID, "documents:write documents:read").await;
        let token = token(&served, &http, ID).await;
        let post = |body: String, kind: &str| {
            http.post(served.url("/api/v1/documents")).bearer_auth(&token).header("content-type", kind).body(body)
        };
        let good = draft().to_string();
        let cases: Vec<(String, &str, u16, &str)> = vec![
            (String::new(), "application/json", 400, "unreadable"),
            ("not JSON".into(), "application/json", 400, "unreadable"),
            (good.clone(), "text/plain", 415, "not-json"),
            ("[]".into(), "application/json", 400, "unreadable"),
            ("[".repeat(1_000_000), "application/json", 400, "unreadable"),
            (good.replace("\"form\":", "\"sign\":true,\"form\":"), "application/json", 400, "unreadable"),
            (good.replace("\"form_version\":1", "\"form_version\":\"1\""), "application/json", 400, "unreadable"),
            (
                good.replace("\"patient_name\"", "\"a\":\"1\",\"a\":\"2\",\"patient_name\""),
                "application/json",
                400,
                "unreadable",
            ),
            (format!("[{}]", vec![good.clone(); 501].join(",")), "application/json; charset=utf-8", 413, "too-much"),
        ];
        for (body, kind, status, name) in cases {
            let (was, problem) = said(post(body.clone(), kind)).await;
            let start: String = body.chars().take(80).collect();
            assert_eq!(was, status, "{start}: {problem}");
            assert_eq!(problem["type"], format!("urn:rabrong:problem:{name}"), "{start}: {problem}");
            assert!(problem["detail_th"].as_str().unwrap().chars().any(|c| ('ก'..='๛').contains(&c)), "{problem}");
            assert!(!problem.to_string().contains("สมชาย"), "what was sent is said again: {problem}");
        }
        let answer = post(" ".repeat(10 * 1024 * 1024), "application/json").send().await;
        // The server may close the line before all is sent.
        assert!(answer.is_err() || answer.unwrap().status() == StatusCode::PAYLOAD_TOO_LARGE);

        // No doctor is known here: nothing is asked of the signer, and each fault has its field.
        let (status, problem) =
            said(post(good.replace("two_part_general", "no_such_form").replace("HIS-1", "HIS 1"), "application/json"))
                .await;
        assert_eq!(status, 422, "{problem}");
        let fields: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["external_id", "form", "doctor"]);
        let bad = good
            .replace("สมชาย ใจดี", "สม\\u0000ชาย\\u202e")
            .replace("\"patient_name\"", "\"cid\":\"1\",\"nothing\":\"a\",\"patient_name\"");
        let (status, problem) = said(post(bad, "application/json")).await;
        assert_eq!(status, 422, "{problem}");
        let code = |field: &str| {
            let errors = problem["errors"].as_array().unwrap();
            errors.iter().find(|e| e["field"] == field).map(|e| e["code"].as_str().unwrap().to_owned())
        };
        assert_eq!(code("fields.cid").as_deref(), Some("not_thirteen_digits"));
        assert_eq!(code("fields.patient_name").as_deref(), Some("control_character"));
        assert_eq!(code("fields.nothing").as_deref(), Some("unknown_field"));
        assert_eq!(code("fields.exam_date").as_deref(), Some("missing"));
        let (status, batch) = said(post(format!("[{good},{good}]"), "application/json")).await;
        assert_eq!((status, &batch["accepted"], &batch["refused"]), (207, &json!(0), &json!(2)), "{batch}");
        assert_eq!(batch["results"][1]["problem"]["status"], 422);

        for (path, status) in [
            ("/api/v1/documents?limit=0", 400),
            ("/api/v1/documents?cursor=%00", 400),
            ("/api/v1/documents?cursor=a&since=2026-01-01T00:00:00Z", 400),
            ("/api/v1/documents?state=signing%27", 400),
            ("/api/v1/documents?order=asc", 400),
            ("/api/v1/documents/1", 404),
            ("/api/v1/documents/019a0c5e-6f0a-7c1e-9a53-0f4f6c1c2d3f", 404),
            ("/api/v1/documents/%00/file", 404),
        ] {
            let (was, problem) = said(http.get(served.url(path)).bearer_auth(&token)).await;
            assert_eq!(was, status, "{path}: {problem}");
        }
        for method in [reqwest::Method::PUT, reqwest::Method::PATCH, reqwest::Method::DELETE] {
            let (was, problem) = said(http.request(method, served.url("/api/v1/documents")).bearer_auth(&token)).await;
            assert_eq!(was, 405, "{problem}");
        }
    }
}

#[tokio::test]
async fn a_token_of_another_kind_opens_nothing() {
    let engines = Engines::start("kinds");
    let served = Served::start(&engines, &engines.urls[0]).await;
    let http = browser();
    register(&served, ID, "documents:read").await;
    let mut tx = served.portal.begin_write().await.unwrap();
    // A token that says more than its program is registered for, and a session's cookie value.
    let stale = ApiToken {
        token_sha256: digest("a-token-with-a-scope-taken-away"),
        client_id: ID.into(),
        person_id: String::new(),
        scopes: "documents:write documents:read".into(),
        bound_to: String::new(),
        issued_at: NOW,
        expires_at: NOW + Duration::hours(1),
    };
    tx.add_api_token(&stale).await.unwrap();
    let person = Person {
        id: "p".into(),
        invited_as: "doctor".into(),
        unit_code: "10670".into(),
        names_sealed: vec![1],
        identity_digest: String::new(),
        national_id_sealed: None,
        signing_credential: None,
        created_at: NOW,
    };
    tx.add_person(&person).await.unwrap();
    tx.open_session(&digest("the-cookie-of-a-session-that-is-open"), "p", NOW, NOW + Duration::hours(1)).await.unwrap();
    tx.commit().await.unwrap();
    let post = |token: &str| http.post(served.url("/api/v1/documents")).bearer_auth(token).json(&draft());
    assert_eq!(said(post("a-token-with-a-scope-taken-away")).await.0, 403);
    assert_eq!(said(post("the-cookie-of-a-session-that-is-open")).await.0, 401);
    let own = token(&served, &http, ID).await;
    // A program's token is no session.
    for path in ["/tasks", "/documents", "/console/systems", "/console/requests"] {
        let answer = http.get(served.url(path)).bearer_auth(&own).header("cookie", format!("rabrong_session={own}"));
        assert_eq!(answer.send().await.unwrap().status(), StatusCode::SEE_OTHER, "{path}");
    }
}
