//! A hospital's system brings drafts in: the doctor signs one and sends one back, one is taken
//! back, and webhook and polling both say so. The system itself can sign nothing.

use std::collections::BTreeMap;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rabrong::demo::persons::{DOCTOR, PROVINCE, RA};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use stories::judges::Court;
use stories::program::run;
use stories::receiver::{Received, Receiver};
use stories::world::now;
use stories::{Engine, Visitor, World, rows};

const LICENCE: &str = "12345";
const API: &str = include_str!("../../docs/api.md");

/// Checks the description, then each recorded answer against the schema it names.
const JUDGE: &str = r##"
import json, sys
from openapi_spec_validator import validate
from jsonschema import Draft202012Validator as Validator
description = json.load(open("openapi.json"))
validate(description)
components = description["components"]
count = 0
for name, answer in json.load(open("answers.json")):
    schema = {"$ref": "#/components/schemas/" + name, "components": components}
    for error in Validator(schema).iter_errors(answer):
        sys.exit(f"{name}: {error.message}: {answer}")
    count += 1
print(count, "answers fit")
"##;

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    story(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    story(Engine::Postgres).await;
}

/// What an officer is shown once.
pub(crate) struct Secrets {
    pub(crate) id: String,
    pub(crate) secret: String,
    webhook_key: Vec<u8>,
}

pub(crate) async fn registers(world: &World, officer: &Visitor, unit: &str, webhook: &str) -> Secrets {
    let page = officer.open(world.url("/console/systems/new")).await.ok();
    let form = page.form("/console/systems").expect("a form");
    let fields = [
        ("name", "ห้องตรวจผู้ป่วยนอก"),
        ("unit", unit),
        ("scopes", "documents:write documents:read"),
        ("webhook_url", webhook),
    ];
    let shown = officer.submit(&form, &fields).await.ok();
    let key = shown.text_of("id=\"webhook-secret\"");
    let secrets = Secrets {
        id: shown.text_of("id=\"client-id\"").expect("an id"),
        secret: shown.text_of("id=\"client-secret\"").expect("a secret"),
        webhook_key: key
            .map(|key| BASE64_STANDARD.decode(key.strip_prefix("whsec_").expect("whsec_")).expect("base64"))
            .unwrap_or_default(),
    };
    // Shown this once: no page and no row has it.
    let list = officer.open(world.url("/console/systems")).await.ok();
    assert!(list.html.contains(&secrets.id) && !list.html.contains(&secrets.secret));
    secrets
}

/// The blocks of the documentation that contain `part`, run as they stand there.
pub(crate) fn documented(court: &Court, part: &str, variables: &BTreeMap<&str, String>) -> BTreeMap<String, String> {
    let blocks: Vec<&str> =
        API.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).filter(|b| b.contains(part)).collect();
    assert_eq!(blocks.len(), 1, "{part}");
    let script =
        format!("set -eu\n{}\nprintf 'TOKEN=%s\\nID=%s\\n' \"${{TOKEN:-}}\" \"${{ID:-}}\" > said\n", blocks[0]);
    court.exhibits("block.sh", script.as_bytes());
    let mut command = Command::new("bash");
    let folder = court.file("");
    command.arg("block.sh").current_dir(&folder).envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
    run(&mut command).ok();
    let said = std::fs::read_to_string(court.file("said")).expect("what it said");
    said.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

pub(crate) async fn said(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or_default())
}

pub(crate) fn client() -> Client {
    let here = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .resolve("localhost", here)
        .resolve("sign.localhost", here)
        .build()
        .expect("a client")
}

async fn story(engine: Engine) {
    let world = World::raise(engine).await;
    let http = client();
    let receiver = Receiver::listens(1).await;
    let ra = world.the(&RA).await;
    let secrets = registers(&world, &ra, "10670", &receiver.url()).await;

    // The documentation's own lines: a token, the first draft, how it stands.
    let court = Court::sits();
    let today = (now() + time::Duration::hours(7)).date().to_string();
    let mut variables = BTreeMap::from([
        ("PORTAL", world.url("")),
        ("CLIENT_ID", secrets.id.clone()),
        ("CLIENT_SECRET", secrets.secret.clone()),
        ("LICENCE", LICENCE.to_owned()),
        ("TODAY", today),
    ]);
    variables.insert("TOKEN", documented(&court, "oauth2/token", &variables)["TOKEN"].clone());
    variables.insert("ID", documented(&court, "draft.json", &variables)["ID"].clone());
    documented(&court, "?state=draft", &variables);
    let (token, first) = (variables["TOKEN"].clone(), variables["ID"].clone());
    let draft: Value = serde_json::from_slice(&std::fs::read(court.file("draft.json")).unwrap()).unwrap();

    let mut answers: Vec<(&str, Value)> = Vec::new();
    let documents = world.url("/api/v1/documents");
    let post = |body: &Value| http.post(&documents).bearer_auth(&token).json(body);
    let get = |path: &str| http.get(format!("{documents}{path}")).bearer_auth(&token);
    let with = |external_id: &str, changes: &[(&str, Value)]| {
        let mut changed = draft.clone();
        changed["external_id"] = json!(external_id);
        for (pointer, value) in changes {
            *changed.pointer_mut(pointer).expect("a place") = value.clone();
        }
        changed
    };

    // A repeat is the same document; another content under the same id is none.
    let (status, again) = said(post(&draft)).await;
    assert_eq!((status, again["id"].as_str()), (200, Some(first.as_str())), "{again}");
    answers.push(("Document", again));
    let (status, conflict) = said(post(&with("HIS-2569-000123", &[("/fields/weight_kg", json!("70"))]))).await;
    assert_eq!(status, 409, "{conflict}");
    answers.push(("Problem", conflict));

    // Many at once: each with its own result.
    let batch = json!([
        with("HIS/2", &[]),
        with("HIS/3", &[("/fields/cid", json!("0101700230709"))]),
        with("HIS/3", &[]),
        with("HIS/4", &[("/doctor", json!({ "licence": "99999" }))]),
    ]);
    let (status, results) = said(post(&batch)).await;
    assert_eq!(status, 207, "{results}");
    let statuses: Vec<u64> =
        results["results"].as_array().unwrap().iter().map(|r| r["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 422, 201, 422], "{results}");
    assert_eq!(results["results"][1]["problem"]["errors"][0]["field"], "fields.cid");
    assert_eq!(results["results"][3]["problem"]["errors"][0]["code"], "unknown_doctor");
    let second = results["results"][0]["document"]["id"].as_str().unwrap().to_owned();
    let third = results["results"][2]["document"]["id"].as_str().unwrap().to_owned();
    answers.push(("Results", results));

    cannot_sign(&world, &http, &token, &first).await;
    another_unit_sees_nothing(&world, &http, &draft, &first).await;

    // The doctor finds them under the system's name; what they opened can no longer be taken back.
    let mut doctor = world.the(&DOCTOR).await;
    let list = doctor.open(world.url("/documents")).await.ok();
    assert_eq!(list.html.matches("ห้องตรวจผู้ป่วยนอก").count(), 3);
    let opened = doctor.open(world.url(&format!("/documents/{second}"))).await.ok();
    assert!(opened.html.contains("ห้องตรวจผู้ป่วยนอก"));
    let (status, late) = said(http.delete(format!("{documents}/{second}")).bearer_auth(&token)).await;
    assert_eq!(status, 409, "{late}");
    assert_eq!(said(http.delete(format!("{documents}/{third}")).bearer_auth(&token)).await.0, 204);
    assert_eq!(said(http.delete(format!("{documents}/{third}")).bearer_auth(&token)).await.0, 204);

    // One is sent back, one is signed.
    doctor.submit(&opened.form("/reject").expect("a form"), &[("reason", "wrong_content")]).await.ok();
    let check = doctor.open(world.url(&format!("/documents/{first}/check"))).await.ok();
    let page = doctor.submit(&check.form("/sign").expect("a form"), &[]).await.ok();
    let (_, waiting) = said(get(&format!("/{first}"))).await;
    assert_eq!(waiting["state"], "prepared", "{waiting}");
    answers.push(("Document", waiting));
    doctor.touch(&page).await.ok();
    let list = doctor.open(world.url("/documents")).await.ok();
    assert_eq!(list.html.matches("ห้องตรวจผู้ป่วยนอก").count(), 1, "the signed one");

    // Polling says so.
    let mut signed = Value::Null;
    for _ in 0..120 {
        signed = said(get(&format!("/{first}"))).await.1;
        if signed["state"] == "signed" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert_eq!(signed["state"], "signed", "{signed}");
    let (_, rejected) = said(get(&format!("/{second}"))).await;
    assert_eq!((&rejected["state"], &rejected["reason"]), (&json!("rejected"), &json!("wrong_content")));
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    let (_, page) = said(get("?limit=2")).await;
    let cursor = page["cursor"].as_str().unwrap();
    let (_, rest) = said(get(&format!("?cursor={cursor}"))).await;
    let mut states: Vec<String> = Vec::new();
    for page in [&page, &rest] {
        states.extend(page["documents"].as_array().unwrap().iter().map(|d| d["state"].as_str().unwrap().to_owned()));
    }
    assert_eq!(states, ["withdrawn", "rejected", "signed"], "first changed first");
    for (name, answer) in [("Document", signed.clone()), ("Document", rejected), ("Page", page), ("Page", rest)] {
        answers.push((name, answer));
    }

    // So does the webhook, though its first message was not taken.
    let messages = receiver.hears(3).await;
    the_webhook_told(&court, &messages, &secrets, [(&first, "signed"), (&second, "rejected")]);
    answers.extend(messages.iter().map(|m| ("Notice", serde_json::from_str(&m.body).unwrap())));
    answers.push(("Fault", json!({ "field": "a", "code": "b", "message_th": "c", "message_en": "d" })));

    // The file is the signed one, and each fetch is on record.
    documented(&court, "certificate.pdf", &variables);
    let file = court.file("certificate.pdf");
    let bytes = std::fs::read(&file).unwrap();
    let digest = {
        use sha2::Digest as _;
        hex::encode(sha2::Sha256::digest(&bytes))
    };
    assert_eq!(signed["file_sha256"], digest);
    let verdict = world.rabrong(&["verify", "--json", file.to_str().unwrap()]).await;
    assert_eq!(verdict.code, 0, "{}", verdict.out);
    let code = signed["verify_url"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(world.verdict_of(code).await["verdict"], "genuine");
    let reads = format!(
        "select count(*) from ledger_entry where kind = 'data.read' and payload like '%document_file%' \
         and payload like '%{}%'",
        secrets.id
    );
    assert_eq!(rows::number(world.portal_rows(), &reads).await, 1);
    assert_eq!(said(get(&format!("/{third}/file"))).await.0, 404);

    // Every recorded answer is what the description says.
    let description = said(http.get(world.url("/openapi.json"))).await.1;
    court.exhibits("openapi.json", description.to_string().as_bytes());
    court.exhibits("answers.json", json!(answers).to_string().as_bytes());
    court.exhibits("judge.py", JUDGE.as_bytes());
    if let Some(judged) = court.may_hear("python", "judge.py") {
        assert!(judged.contains(&format!("{} answers fit", answers.len())), "{judged}");
    }

    // Switched off, its token is worth nothing at once.
    let list = ra.open(world.url("/console/systems")).await.ok();
    let form = list.form(&format!("/console/systems/{}", secrets.id)).expect("a form");
    ra.submit(&form, &[("act", "disable")]).await.ok();
    assert_eq!(said(get("")).await.0, 401);
    world.rabrong(&["audit", "verify"]).await.ok();
}

/// With its token at every door, of the portal and of the signer: nothing is signed, prepared,
/// approved or read that is not its own.
async fn cannot_sign(world: &World, http: &Client, token: &str, draft: &str) {
    let before = counts(world).await;
    let code = "0".repeat(26);
    let (portal, signer) = (world.url(""), world.configuration.signer_url.clone());
    let mut doors: Vec<(Method, String)> = Vec::new();
    for path in [
        format!("/documents/{draft}"),
        format!("/documents/{draft}/draft"),
        format!("/documents/{draft}/sign"),
        format!("/documents/{draft}/reject"),
        "/documents".to_owned(),
        "/consent".to_owned(),
        "/identity".to_owned(),
        "/signing-passkey".to_owned(),
        "/console/systems".to_owned(),
        format!("/console/requests/{draft}"),
        format!("/console/evidence/{draft}"),
        format!("/console/appointments/{draft}"),
        "/console/revocations".to_owned(),
        format!("/certificates/{}/revoke", world.told.serial),
        format!("/certificates/{}/suspend", world.told.serial),
        format!("/certificates/{}/renew", world.told.serial),
        format!("/api/v1/documents/{draft}/sign"),
        format!("/api/v1/documents/{draft}/prepare"),
    ] {
        doors.push((Method::POST, format!("{portal}{path}")));
    }
    for path in [
        "/tasks".to_owned(),
        "/documents".to_owned(),
        format!("/documents/{draft}/preview.pdf"),
        format!("/documents/{draft}/file.pdf"),
        format!("/api/v1/documents/{draft}/file"),
        format!("/api/v1/certificates/{}", world.told.serial),
        "/console/requests".to_owned(),
        format!("/return?ticket={token}"),
    ] {
        doors.push((Method::GET, format!("{portal}{path}")));
    }
    for (method, path) in [(Method::PUT, ""), (Method::PATCH, ""), (Method::POST, ""), (Method::PUT, "/file")] {
        doors.push((method, format!("{portal}/api/v1/documents/{draft}{path}")));
    }
    for path in ["/a/x/activate", "/e/x/finish"] {
        doors.push((Method::POST, format!("{signer}{path}")));
    }
    doors.push((Method::GET, format!("{signer}/a/{code}")));
    for (method, url) in doors {
        let request = http
            .request(method.clone(), &url)
            .bearer_auth(token)
            .header("cookie", format!("rabrong_session={token}"))
            .json(&json!({ "decision": "approve", "act": "sign", "csrf": token }));
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let to_login = answer.headers().get("location").is_some_and(|l| l.to_str().unwrap().starts_with("/login"));
        assert!((400..500).contains(&status) || to_login, "{method} {url}: {status}");
    }
    assert_eq!(rows::number(world.portal_rows(), TOUCHED).await, 0);
    assert_eq!(counts(world).await, before);
}

const TOUCHED: &str = "select count(*) from document where client_id <> '' and state <> 'draft'";

/// How much was ever proposed, and signed.
async fn counts(world: &World) -> (i64, i64) {
    let signed = "select count(*) from ledger_entry where kind = 'document.signed'";
    (
        rows::number(world.portal_rows(), "select count(*) from proposal").await,
        rows::number(world.journal_rows(), signed).await,
    )
}

/// A system of another unit has no doctor here, and the document does not exist for it.
async fn another_unit_sees_nothing(world: &World, http: &Client, draft: &Value, id: &str) {
    let province = world.the(&PROVINCE).await;
    let other = registers(world, &province, "40", "").await;
    let form = [("grant_type", "client_credentials")];
    let request = http.post(world.url("/oauth2/token")).basic_auth(&other.id, Some(&other.secret)).form(&form);
    let token = said(request).await.1["access_token"].as_str().unwrap().to_owned();
    let documents = world.url("/api/v1/documents");
    for path in ["", "/file"] {
        let (status, _) = said(http.get(format!("{documents}/{id}{path}")).bearer_auth(&token)).await;
        assert_eq!(status, 404);
    }
    assert_eq!(said(http.delete(format!("{documents}/{id}")).bearer_auth(&token)).await.0, 404);
    let (status, problem) = said(http.post(&documents).bearer_auth(&token).json(draft)).await;
    assert_eq!((status, &problem["errors"][0]["code"]), (422, &json!("unknown_doctor")));
    let (_, list) = said(http.get(&documents).bearer_auth(&token)).await;
    assert_eq!(list["documents"], json!([]));
    // A hospital's officer registers nothing for another unit.
    let ra = world.the(&RA).await;
    let page = ra.open(world.url("/console/systems/new")).await.ok();
    let fields = [("name", "a"), ("unit", "40"), ("scopes", "documents:read"), ("webhook_url", "")];
    ra.submit(&page.form("/console/systems").expect("a form"), &fields).await.refused(422);
    for inner in ["https://127.0.0.1/", "https://169.254.169.254/latest", "http://example.org/", "https://10.0.0.1/"] {
        let fields = [("name", "a"), ("unit", "10670"), ("scopes", "documents:read"), ("webhook_url", inner)];
        ra.submit(&page.form("/console/systems").expect("a form"), &fields).await.refused(422);
    }
}

/// OpenSSL, not we, says whether a message is signed.
fn the_webhook_told(court: &Court, messages: &[Received], secrets: &Secrets, told: [(&String, &str); 2]) {
    let key = hex::encode(&secrets.webhook_key);
    for message in messages {
        let id = &message.headers["webhook-id"];
        let at = &message.headers["webhook-timestamp"];
        court.exhibits("message", format!("{id}.{at}.{}", message.body).as_bytes());
        let said = court.hears("openssl", &format!("dgst -sha256 -mac HMAC -macopt hexkey:{key} message"));
        let tag = hex::decode(said.trim().rsplit(' ').next().unwrap()).unwrap();
        assert_eq!(message.headers["webhook-signature"], format!("v1,{}", BASE64_STANDARD.encode(tag)));
        assert!((now().unix_timestamp() - at.parse::<i64>().unwrap()).abs() < 300);
        for personal in ["สมชาย", "0101700230700", "HN"] {
            assert!(!message.body.contains(personal), "{}", message.body);
        }
    }
    // Not taken the first time, told again under the same id.
    let ids: Vec<&String> = messages.iter().map(|message| &message.headers["webhook-id"]).collect();
    assert!(ids.iter().skip(1).any(|id| *id == ids[0]), "{ids:?}");
    for (id, state) in told {
        let found = messages.iter().any(|message| {
            let body: Value = serde_json::from_str(&message.body).unwrap();
            body["data"]["id"] == **id && body["data"]["state"] == state && body["type"] == format!("document.{state}")
        });
        assert!(found, "{state}");
    }
}
