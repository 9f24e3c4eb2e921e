//! The signer is away: what still works, what says so, and what never gives way.

use crate::world::{Engines, Served, browser};
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::Value;

#[tokio::test]
async fn pages_say_what_they_may_load_and_a_stranger_is_sent_to_sign_in() {
    let engines = Engines::start("strangers");
    let served = Served::start(&engines, &engines.urls[0]).await;
    let http = browser();
    for path in ["/", "/v", "/verify", "/cps", "/login", "/nowhere"] {
        let answer = http.get(served.url(path)).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
        let number = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(answer.status() == StatusCode::NOT_FOUND, path == "/nowhere");
        let html = answer.text().await.unwrap();
        assert!(!html.contains("<script>") && !html.contains(" style=\""), "{path}");
        assert_eq!(html.contains(&number), path == "/nowhere", "{path}");
    }
    for path in [
        "/tasks",
        "/documents",
        "/console/requests",
        "/certificates",
        "/certificates/01ab",
        "/console/suspensions",
        "/console/revocations",
        "/identity",
        "/return?ticket=a",
    ] {
        let answer = http.get(served.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert!(answer.headers()["location"].to_str().unwrap().starts_with("/login?next=/"), "{path}");
    }
}

#[tokio::test]
async fn what_cannot_be_checked_is_not_valid() {
    let engines = Engines::start("unchecked");
    let served = Served::start(&engines, &engines.urls[0]).await;
    let http = browser();
    let code = "0".repeat(26);
    let answer: Value =
        http.get(served.url(&format!("/api/v1/verify/{code}"))).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["verdict"], "not_checkable");
    assert_eq!(answer["document"], Value::Null);
    let answer: Value = http.get(served.url("/api/v1/verify/not-a-code")).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["verdict"], "unknown");

    let page = http.get(served.url(&format!("/v/{code}"))).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.unwrap();
    assert!(page.contains("ตรวจสอบไม่ได้ในขณะนี้"), "{page}");
    let english = http.get(served.url(&format!("/v/{code}?lang=en"))).send().await.unwrap().text().await.unwrap();
    assert!(english.contains("Cannot be checked now"));

    let file = Form::new().part("file", Part::bytes(b"%PDF-1.7".to_vec()).file_name("a.pdf"));
    let answer: Value =
        http.post(served.url("/api/v1/verify")).multipart(file).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["verdict"], "not_checkable");
}

#[tokio::test]
async fn codes_lead_to_their_page_however_they_were_typed() {
    let engines = Engines::start("typed");
    let served = Served::start(&engines, &engines.urls[0]).await;
    let http = browser();
    let code = "0123456789ABCDEFGHJKMNPQRS";
    for typed in ["0123-4567-89ab-cdef-ghjk-mnpq-rs", "http://localhost/v/0123456789ABCDEFGHJKMNPQRS%23token"] {
        let answer = http.get(served.url(&format!("/v?code={typed}"))).send().await.unwrap();
        assert_eq!(answer.headers()["location"].to_str().unwrap(), format!("/v/{code}"), "{typed}");
    }
    let wrong = http.get(served.url("/v?code=012")).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn bad_input_is_never_our_fault() {
    let engines = Engines::start("bad");
    let served = Served::start(&engines, &engines.urls[0]).await;
    let http = browser();
    let post = |path: &str| http.post(served.url(path));
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status();

    assert_eq!(status(post("/logout").body("csrf=a")).await, StatusCode::SEE_OTHER);
    assert_eq!(status(post("/login/finish").body("{")).await, StatusCode::BAD_REQUEST);
    let json = post("/login/finish").header("content-type", "application/json");
    assert_eq!(status(json.body("{\"credential\":1}")).await, StatusCode::BAD_REQUEST);
    let foreign = post("/login/start").header("origin", "https://evil.example");
    assert_eq!(status(foreign).await, StatusCode::FORBIDDEN);
    let cross = post("/login/start").header("sec-fetch-site", "cross-site");
    assert_eq!(status(cross).await, StatusCode::FORBIDDEN);
    assert_eq!(status(post("/v").body("no form")).await, StatusCode::BAD_REQUEST);
    assert_eq!(status(post("/v").multipart(Form::new().text("other", "a"))).await, StatusCode::BAD_REQUEST);
    let large = Form::new().part("file", Part::bytes(vec![0; 21 * 1024 * 1024]));
    assert_eq!(status(post("/v").multipart(large)).await, StatusCode::PAYLOAD_TOO_LARGE);
    for path in ["/crl/..crl", "/crl/a.crl", "/ca/other.cer", "/assets/a/b", "/enrol/unknown", "/v/%00"] {
        let status = http.get(served.url(path)).send().await.unwrap().status();
        assert!(status.is_client_error() || path.starts_with("/v/"), "{path}: {status}");
    }
    let deleted = http.delete(served.url("/tasks")).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn an_ocsp_request_that_is_none_is_answered_as_such() {
    let engines = Engines::start("ocsp");
    let served = Served::start(&engines, &engines.urls[0]).await;
    let http = browser();
    let post = |body: Vec<u8>| {
        http.post(served.url("/ocsp")).header("content-type", "application/ocsp-request").body(body).send()
    };
    let empty = post(Vec::new()).await.unwrap();
    assert_eq!(empty.headers()["content-type"], "application/ocsp-response");
    assert_eq!(empty.bytes().await.unwrap().as_ref(), [0x30, 0x03, 0x0a, 0x01, 0x01]);
    let garbled = http.get(served.url("/ocsp/no-base64!")).send().await.unwrap();
    assert_eq!(garbled.bytes().await.unwrap().as_ref(), [0x30, 0x03, 0x0a, 0x01, 0x01]);
    assert_eq!(post(vec![0x30; 9 * 1024]).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    let long = http.get(served.url(&format!("/ocsp/{}", "A".repeat(9 * 1024)))).send().await.unwrap();
    assert_eq!(long.status(), StatusCode::URI_TOO_LONG);
    for (path, kind) in [("/ocsp", "text/plain"), ("/tsa", "application/ocsp-request")] {
        let other = http.post(served.url(path)).header("content-type", kind).body("x").send().await.unwrap();
        assert_eq!(other.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}");
        let put = http.put(served.url(path)).send().await.unwrap();
        assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    // A request that may be one needs the signer: no answer is made up.
    let real = http.get(served.url("/ocsp/MAAA")).send().await.unwrap();
    assert_eq!(real.status(), StatusCode::SERVICE_UNAVAILABLE);
    let ready = http.get(served.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(http.get(served.url("/healthz")).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_the_demonstrations_are_not_there() {
    let engines = Engines::start("assets");
    let served = Served::start(&engines, &engines.urls[0]).await;
    let http = browser();
    for asset in &web::pages::assets::ASSETS {
        let answer = http.get(served.url(asset.path)).send().await.unwrap();
        if asset.demo_only {
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{}", asset.name);
            continue;
        }
        assert!(answer.headers()["cache-control"].to_str().unwrap().contains("immutable"), "{}", asset.name);
        assert_eq!(answer.headers()["content-type"], asset.content_type);
    }
    let page = http.get(served.url("/login")).send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("demo-passkey"));
    assert_eq!(http.get(served.url("/demo/passkeys.json")).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}
