//! The two ways in: the portal's socket and people's pages. Neither gives more than it should,
//! whatever is said to it.

use reqwest::StatusCode;
use serde_json::json;
use signer::protocol::{Refusal, Request, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::contents::{document, sign};
use crate::people::Page;
use crate::place::on_both_engines;
use crate::world::{Doctor, World};

on_both_engines!(
    no_line_kills_the_socket,
    what_is_not_there_is_said_to_be_not_there,
    pages_are_for_their_own_origin_only,
    a_data_key_opens_only_for_its_own_document,
    a_log_that_shrank_gets_no_checkpoint,
);

async fn no_line_kills_the_socket(world: World) {
    let valid = json!({ "version": 1, "request": { "ask": "health" } }).to_string();
    let lines: Vec<Vec<u8>> = vec![
        vec![],
        b"\n".to_vec(),
        b"null\n".to_vec(),
        b"{}\n".to_vec(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"\xff\xfe\x00\n".to_vec(),
        b"{\"version\":1}\n".to_vec(),
        valid.replace('1', "2").into_bytes(),
        valid.replace('1', "-1").into_bytes(),
        valid.replace('1', "1e400").into_bytes(),
        valid.replace("health", "sign_digest").into_bytes(),
        valid.replace("\"health\"", "\"ca_certificate\",\"name\":\"root\",\"surprise\":1").into_bytes(),
        valid.replace("{\"request\"", "{\"surprise\":1,\"request\"").into_bytes(),
        valid.replace("\"version\"", "\"version\":1,\"version\"").into_bytes(),
        valid.as_bytes()[..valid.len() - 1].to_vec(),
        format!("{{\"version\":1,\"request\":{}", "[".repeat(100_000)).into_bytes(),
        vec![b'a'; signer::protocol::MAX_MESSAGE + 10],
    ];
    for line in lines {
        let shown = String::from_utf8_lossy(&line[..line.len().min(80)]).into_owned();
        let mut stream = UnixStream::connect(world.place.socket()).await.unwrap();
        // It may hang up before it has read all of it.
        let _ = stream.write_all(&line).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        if !answer.is_empty() {
            let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(
                (&answer["answer"], &answer["refusal"]["code"]),
                (&json!("refused"), &json!("malformed")),
                "{shown}"
            );
        }
        assert!(matches!(world.ask(Request::Health).await, Ok(Response::Health { demo: true })), "after {shown}");
    }
    // Some say nothing, some go away; the others are served.
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(UnixStream::connect(world.place.socket()).await.unwrap());
    }
    drop(silent.split_off(25));
    assert!(world.ask(Request::Units).await.is_ok());
    // A second signer does not take the socket over.
    let second = signer::socket::listen(&world.place.socket()).await;
    assert_eq!(second.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}

async fn what_is_not_there_is_said_to_be_not_there(world: World) {
    let id = world.uuid();
    let not_found = [
        Request::Outcome { ticket: "0".repeat(26) },
        Request::Outcome { ticket: String::new() },
        Request::SignedFile { document_id: id.clone() },
        Request::Crl { shard: "1".to_owned() },
        Request::Crl { shard: "00".to_owned() },
        Request::Crl { shard: "../root".to_owned() },
        Request::CaCertificate { name: "ocsp".to_owned() },
        Request::OpenDataKey { document_id: id.clone(), wrapped: String::new() },
        Request::OpenDataKey { document_id: id.clone(), wrapped: "00".repeat(60) },
    ];
    for request in not_found {
        let shown = format!("{request:?}");
        assert_eq!(world.ask(request).await.unwrap_err(), Refusal::NotFound, "{shown}");
    }
    for request in [
        Request::DocumentByCode { code: "' or 1=1 --".to_owned() },
        Request::DocumentByFile { sha256: "00".repeat(32) },
    ] {
        assert!(matches!(world.ask(request).await, Ok(Response::Document { document: None })));
    }
    for request in [
        Request::OpenDataKey { document_id: id.clone(), wrapped: "no hex".to_owned() },
        Request::Checkpoint { size: 1, root: "00".to_owned() },
        // Ids stand in the log: a line of its own must not.
        Request::NewDataKey { document_id: "x\n2026-11-21 INFO all is well".to_owned() },
        Request::EnrolCredential {
            person_id: "é".repeat(18),
            display_name: "x".to_owned(),
            return_path: "/".to_owned(),
        },
        Request::EnrolCredential {
            person_id: "x".to_owned(),
            display_name: "x".to_owned(),
            return_path: "/".to_owned(),
        },
        Request::EnrolCredential { person_id: id.clone(), display_name: String::new(), return_path: "/".to_owned() },
        Request::EnrolCredential {
            person_id: id.clone(), display_name: "ก".repeat(201), return_path: "/".to_owned()
        },
    ] {
        let shown = format!("{request:?}");
        let said = world.ask(request).await;
        assert!(matches!(said, Err(Refusal::Malformed { .. })), "{shown}: {said:?}");
    }
    for path in ["", "tasks", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nset-cookie: a=b"] {
        let enrolling = Request::EnrolCredential {
            person_id: id.clone(),
            display_name: "x".to_owned(),
            return_path: path.to_owned(),
        };
        let said = world.ask(enrolling).await;
        assert!(matches!(said, Err(Refusal::Malformed { .. })), "{path:?}: {said:?}");
    }
    // OCSP has its own words for what it does not understand (RFC 6960 §2.3): malformedRequest.
    for request in ["", "zz", "00", "3000"] {
        let der = world.ocsp(&hex::decode(request).unwrap_or_default()).await;
        assert_eq!(der, [0x30, 3, 0x0a, 1, 1], "{request:?}");
    }
    assert!(world.ask(Request::Health).await.is_ok());
}

async fn pages_are_for_their_own_origin_only(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let waiting = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    let origin = world.place.origin();
    let host = origin.strip_prefix("http://").unwrap().to_owned();
    let page = world.browser.open(&waiting.url).await;
    an_own_page_is_sealed_off(&page);
    let paper = world.browser.open(&format!("{}/0.pdf", waiting.url)).await;
    assert_eq!(paper.headers["content-type"], "application/pdf");
    an_own_page_is_sealed_off(&paper);

    // No other origin is related to this one (WebAuthn Level 3 §5.11).
    for path in
        ["/.well-known/webauthn", "/.well-known/webauthn/", "/.well-known/passkey-endpoints", "/x/../.well-known"]
    {
        let page = world.browser.open(&format!("{origin}{path}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        an_own_page_is_sealed_off(&page);
    }
    // Another name for the same port: the portal's page next door, a rebound name.
    let port = host.rsplit(':').next().unwrap();
    for other in [
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        "sign.localhost".to_owned(),
        "sign.localhost:1".to_owned(),
        format!("{host}.evil.example"),
        format!("evil.example/{host}"),
    ] {
        let page = world.browser.open_as(&waiting.url, Some(&other)).await;
        assert_eq!(page.status, StatusCode::MISDIRECTED_REQUEST, "{other}");
        assert!(!page.html.contains("data-options"), "{other}");
    }
    // A good touch, sent from a page elsewhere.
    let touch = doctor.person.answer(&page).to_json();
    for other in
        ["http://localhost:8700", "null", &format!("{origin}.evil.example"), &origin.replace("http:", "https:")]
    {
        let answer = world.browser.post_from(&page.finish(), touch.clone(), Some(other)).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{other}");
    }
    assert_eq!(world.outcome(&waiting).await, signer::protocol::Outcome::Waiting);
    assert!(world.browser.post(&page.finish(), touch).await.redirect().is_some());
}

/// No frame, no script or form of others, no trace in a cache.
fn an_own_page_is_sealed_off(page: &Page) {
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    for directive in ["default-src 'none'", "script-src 'self'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(directive), "{policy}");
    }
    assert!(policy.contains("frame-ancestors 'self'") || policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
    assert_eq!(page.headers["cross-origin-opener-policy"], "same-origin");
    assert!(!page.headers.contains_key("access-control-allow-origin"));
}

async fn a_data_key_opens_only_for_its_own_document(mut world: World) {
    let mut staff = world.staff().await;
    let Doctor { mut person, certificate } = world.doctor(&mut staff).await;
    let (one, two) = (world.uuid(), world.uuid());
    let (key, wrapped) = data_key(world.ask(Request::NewDataKey { document_id: one.clone() }).await);
    let (other_key, other) = data_key(world.ask(Request::NewDataKey { document_id: two.clone() }).await);
    assert!(key != other_key && wrapped != other && key.len() == 64 && !wrapped.contains(&key));
    let open = |document_id: &str, wrapped: &str| {
        world.ask(Request::OpenDataKey { document_id: document_id.to_owned(), wrapped: wrapped.to_owned() })
    };
    assert_eq!(data_key(open(&one, &wrapped).await), (key, wrapped.clone()));
    assert_eq!(open(&one, &other).await.unwrap_err(), Refusal::NotFound);
    assert_eq!(open(&two, &wrapped).await.unwrap_err(), Refusal::NotFound);
    let mut altered = hex::decode(&wrapped).unwrap();
    altered[20] ^= 1;
    assert_eq!(open(&one, &hex::encode(altered)).await.unwrap_err(), Refusal::NotFound);
    assert!(open(&one, &"00".repeat(1 << 20)).await.is_err());

    // What else the journal holds under the token: a doctor's key, a page's plan, a signed file.
    let doctor = Doctor { person: world.person(), certificate: certificate.clone() };
    let content = document(&world, &doctor);
    let waiting = world.propose(&person, sign(&[document(&world, &doctor)])).await.unwrap();
    world.activate(&mut person, sign(std::slice::from_ref(&content))).await;
    let mut tx = world.journal.begin().await.unwrap();
    let wrapped_key = tx.doctor_key_of_certificate(&certificate.serial).await.unwrap().unwrap().wrapped.unwrap();
    let hash = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, waiting.ticket.as_bytes()));
    let plan = tx.ticket(&hash).await.unwrap().unwrap().sealed.unwrap();
    let file = tx.document(&content.document_id).await.unwrap().unwrap().sealed_file.unwrap();
    drop(tx);
    let inner = |sealed: &[u8]| sealed[2..2 + usize::from(u16::from_be_bytes([sealed[0], sealed[1]]))].to_vec();
    let names = [
        content.document_id.clone(),
        hash.clone(),
        format!("ticket/{hash}"),
        format!("../ticket/{hash}"),
        format!("document-file/{}", content.document_id),
        "journal-data-key".to_owned(),
        String::new(),
    ];
    for blob in [wrapped_key, inner(&plan), plan, inner(&file), file] {
        for name in &names {
            let said = open(name, &hex::encode(&blob)).await;
            assert!(said.is_err(), "{name}: {said:?}");
        }
    }
}

async fn a_log_that_shrank_gets_no_checkpoint(world: World) {
    let sign = |size: u64, byte: u8| world.ask(Request::Checkpoint { size, root: hex::encode([byte; 32]) });
    let Ok(Response::Checkpoint { note }) = sign(10, 1).await else { panic!("signed") };
    let signed = ledger::SignedCheckpoint::parse(&note).unwrap();
    assert_eq!((signed.checkpoint.origin.as_str(), signed.checkpoint.size), ("rabrong/portal", 10));
    assert!(sign(10, 1).await.is_ok(), "the same again");
    assert_eq!(sign(9, 1).await.unwrap_err(), Refusal::Conflict);
    assert_eq!(sign(10, 2).await.unwrap_err(), Refusal::Conflict);
    assert!(sign(11, 2).await.is_ok());
    assert_eq!(sign(10, 1).await.unwrap_err(), Refusal::Conflict);
}

fn data_key(said: Result<Response, Refusal>) -> (String, String) {
    match said {
        Ok(Response::DataKey { key, wrapped }) => (key, wrapped),
        other => panic!("{other:?}"),
    }
}
