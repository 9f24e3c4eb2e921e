//! A program that nobody here wrote (pyHanko's CSC signer) has a PDF signed with a doctor's key,
//! once an officer allowed it and the doctor activated that very digest; and all it may not do.

use std::process::Stdio;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rabrong::demo::persons::{DOCTOR, EVIDENCE, RA};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use stories::judges::Court;
use stories::persons::MALI;
use stories::{Chromium, Engine, Visitor, World, rows};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::signing_program::{
    Program, VERIFIER, activates, asks, authorize_url, code_of, credential, lets_look, redeems, registers, switches,
    way_back,
};
use crate::the_whole_path_in_a_browser::{consents_and_says_who, makes_both_passkeys};

const CLIENT: &str = include_str!("clients/csc.py");
const SHA_256: &str = "2.16.840.1.101.3.4.2.1";
const ECDSA: &str = "1.2.840.10045.4.3.2";

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    a_program_asks(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    a_program_asks(Engine::Postgres).await;
}

async fn a_program_asks(engine: Engine) {
    let world = World::raise(engine).await;
    let mut ra = world.the(&RA).await;
    let port = free_port();
    let program = registers(&world, &ra, "ระบบส่งตัวผู้ป่วย", &format!("http://localhost:{port}/back")).await;
    let other = registers(&world, &ra, "โปรแกรมอื่น", "https://other.example/back").await;

    // Off until an officer switches it on.
    let mut demo_doctor = world.the(&DOCTOR).await;
    let refused = lets_look(&world, &mut demo_doctor, &program).await.unwrap_err();
    assert!(refused.contains("error=access_denied"), "{refused}");
    switches(&world, &mut ra, "allow").await;

    what_it_is_stands_where_clients_look(&world).await;
    pyhanko_signs(&world, &program, port, engine).await;
    a_token_is_good_for_what_was_activated(&world, &program, &other, &mut demo_doctor).await;
    bad_requests_get_their_due_answer(&world, &program, &mut demo_doctor).await;
    what_ends_is_not_handed_out(&world, &program, &mut demo_doctor, &mut ra).await;
}

/// `info` of both versions, asked without a token, and the metadata that version 2 leads to.
async fn what_it_is_stands_where_clients_look(world: &World) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let info = async |version: &str| -> Value {
        let asked = http.post(world.numeric_url(&format!("/csc/{version}/info"))).json(&json!({ "lang": "th" }));
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{version}");
        answer.json().await.unwrap()
    };
    let (first, second) = (info("v1").await, info("v2").await);
    assert_eq!((first["specs"].as_str(), second["specs"].as_str()), (Some("1.0.4.0"), Some("2.0.0.2")));
    // Version 1 names the authorization server, version 2 its metadata's issuer.
    assert_eq!((first["oauth2"].as_str(), &first["oauth2Issuer"]), (Some(world.url("").as_str()), &Value::Null));
    assert_eq!((&second["oauth2"], second["oauth2Issuer"].as_str()), (&Value::Null, Some(world.url("").as_str())));
    assert_eq!(second["signAlgorithms"]["algos"], json!([ECDSA]));
    for said in [&first, &second] {
        assert_eq!(said["authType"], json!(["oauth2code"]));
        // Each method that is named answers: without a token that one is wanted.
        for method in said["methods"].as_array().unwrap() {
            let version = if said == &first { "v1" } else { "v2" };
            let url = world.numeric_url(&format!("/csc/{version}/{}", method.as_str().unwrap()));
            let answer = http.post(url).json(&json!({})).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 401, "{version} {method}");
        }
    }
    let url = world.numeric_url("/.well-known/oauth-authorization-server");
    let metadata: Value = http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(metadata["issuer"], second["oauth2Issuer"], "RFC 8414 §3.3: {metadata}");
    for (name, path) in [
        ("authorization_endpoint", "/oauth2/authorize"),
        ("token_endpoint", "/oauth2/token"),
        ("revocation_endpoint", "/oauth2/revoke"),
    ] {
        assert_eq!(metadata[name], world.url(path), "{metadata}");
    }
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]), "{metadata}");
}

async fn pyhanko_signs(world: &World, program: &Program, port: u16, engine: Engine) {
    let court = Court::sits();
    let Some(python) = std::env::var_os("RABRONG_JUDGES").map(|folder| std::path::Path::new(&folder).join("python"))
    else {
        println!("skipped: pyHanko");
        return;
    };
    court.exhibits(
        "page.txt",
        b"%%MediaBox 0 0 500 800\n%%Font F Times-Roman\nBT /F 24 Tf 72 700 Td (Referral) Tj ET\n",
    );
    court.hears("mutool", "create -o source.pdf page.txt");
    court.exhibits("csc.py", CLIENT.as_bytes());
    court.exhibits("root.pem", &world.bytes("root.pem"));

    let story = format!("a-program-asks-{engine:?}").to_lowercase();
    let doctor = Chromium::opens(&story).await;
    let key_code = makes_both_passkeys(world, &doctor, &MALI).await;
    consents_and_says_who(world, &doctor, &MALI).await;
    let mut evidence = world.the(&EVIDENCE).await;
    world.records_evidence(&mut evidence, MALI.licence, &key_code).await.ok();
    let mut ra = world.the(&RA).await;
    let page = world.proposes_approval(&ra, MALI.licence).await.ok();
    ra.touch(&page).await.ok();

    let mut child = Command::new(python)
        .arg(court.file("csc.py"))
        .arg(world.url(""))
        .args([&program.id, &program.secret, &port.to_string()])
        .arg(court.file("source.pdf"))
        .arg(court.file("signed.pdf"))
        .arg("Signature1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();

    doctor.goes_to(&hears(&mut child, &mut said, "open ").await).await;
    doctor.arrives_at("/oauth2/authorize/").await;
    doctor.takes_a_picture("authorize-service").await;
    doctor.presses("button[name=decision][value=allow]").await;
    doctor.arrives_at("/back").await;
    let credentials: Vec<String> = serde_json::from_str(&hears(&mut child, &mut said, "credentials ").await).unwrap();
    assert_eq!(credentials.len(), 1);

    doctor.goes_to(&hears(&mut child, &mut said, "open ").await).await;
    doctor.arrives_at("/oauth2/authorize/").await;
    doctor.is_wide(320).await;
    doctor.takes_a_picture("authorize-digests-320").await;
    assert!(!doctor.overflows().await, "a phone of 320 pixels shows it whole");
    doctor.is_wide(1280).await;
    doctor.presses("button[name=decision][value=allow]").await;
    doctor.arrives_at(&format!("{}/a/", world.configuration.signer_url)).await;
    let shown = doctor.reads("main").await;
    for part in ["เนื้อหาที่ลงนามไม่ผ่านระบบนี้", "ระบบส่งตัวผู้ป่วย", "แพทย์หญิงมะลิ จำลอง"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    doctor.takes_a_picture("sign-digests").await;
    doctor.is_wide(320).await;
    doctor.takes_a_picture("sign-digests-320").await;
    assert!(!doctor.overflows().await, "a phone of 320 pixels shows it whole");
    doctor.touches("[data-activate=get]").await;
    doctor.arrives_at("/back").await;
    let activated: Value = serde_json::from_str(&hears(&mut child, &mut said, "sad ").await).unwrap();
    hears(&mut child, &mut said, "signed").await;
    assert!(child.wait().await.unwrap().success());
    doctor.closes().await;

    // What was shown is what was signed, and nothing else.
    let hash = BASE64_STANDARD.decode(activated["hash"][0].as_str().unwrap()).unwrap();
    let sha256 = hex::encode(hash);
    let groups: Vec<&str> = sha256.as_bytes().chunks(8).map(|part| std::str::from_utf8(part).unwrap()).collect();
    assert!(shown.contains(&groups.join(" ")), "{sha256}: {shown}");

    let validate = "sign validate --pretty-print --trust root.pem --trust-replace --no-revocation-check signed.pdf";
    let judged = court.may_hear("pyhanko", validate).unwrap();
    assert!(judged.contains("The signature is judged VALID."), "{judged}");
    court.hears("certutil", "-N -d sql:. --empty-password");
    court.hears("certutil", "-A -d sql:. -n root -t CT,C,C -i root.pem");
    let judged = court.hears("pdfsig", "-nssdir sql:. -no-ocsp signed.pdf");
    for line in ["Signature Validation: Signature is Valid.", "Total document signed", "ETSI.CAdES.detached"] {
        assert!(judged.contains(line), "{line}: {judged}");
    }
    court.hears("qpdf", "--check signed.pdf");

    // The doctor's own token and digests, in another doctor's or nobody's hands.
    let token = |name: &str| activated[name].as_str().unwrap().to_owned();
    let body = |credential: &str, hash: &Value| json!({ "credentialID": credential, "SAD": token("sad"), "hash": hash, "hashAlgo": SHA_256, "signAlgo": ECDSA });
    let own = body(&credentials[0], &activated["hash"]);
    let (status, first) = asks(world, "v1", "signatures/signHash", &token("service"), &own).await;
    assert_eq!(status, 200, "{first}");
    assert_eq!(asks(world, "v1", "signatures/signHash", &token("service"), &own).await, (200, first));
    let digest = json!([BASE64_STANDARD.encode([7; 32])]);
    let (status, said) =
        asks(world, "v1", "signatures/signHash", &token("service"), &body(&credentials[0], &digest)).await;
    assert_eq!((status, said["error"].as_str()), (400, Some("invalid_request")), "{said}");
    let (status, said) =
        asks(world, "v1", "signatures/signHash", &token("service"), &body(&"01".repeat(17), &activated["hash"])).await;
    assert_eq!((status, said["error"].as_str()), (400, Some("invalid_request")), "{said}");
    let (status, _) = asks(world, "v1", "signatures/signHash", "nobody-gave-this-token", &own).await;
    assert_eq!(status, 401);
    // A file signed so is no document of this service.
    let sha256 = hex::encode(Sha256::digest(std::fs::read(court.file("signed.pdf")).unwrap()));
    let known = format!("select count(*) from document where file_sha256 = '{sha256}'");
    assert_eq!(rows::number(world.journal_rows(), &known).await, 0);

    // The verification page calls it neither valid nor invalid; what becomes of the certificate it says at once.
    let signed = std::fs::read(court.file("signed.pdf")).unwrap();
    assert_eq!(what_the_page_says(world, &signed).await, (json!("not_checkable"), vec!["no_revocation_data".into()]));
    world.revokes(&mut ra, &credentials[0], "superseded", "").await;
    let (verdict, reasons) = what_the_page_says(world, &signed).await;
    assert_eq!((verdict, reasons[0].as_str()), (json!("not_checkable"), "revoked"));
}

/// The verdict on a file handed in, and the reasons by their codes.
async fn what_the_page_says(world: &World, file: &[u8]) -> (Value, Vec<String>) {
    let answer = Visitor::stranger().hand_in(world.url("/api/v1/verify"), file.to_vec()).await;
    let said: Value = serde_json::from_str(&answer.page.html).unwrap();
    let reasons = said["signature"]["reasons"].as_array().unwrap().iter();
    (said["verdict"].clone(), reasons.map(|reason| reason["code"].as_str().unwrap().to_owned()).collect())
}

async fn hears(child: &mut Child, said: &mut Lines<BufReader<ChildStdout>>, word: &str) -> String {
    let line =
        tokio::time::timeout(std::time::Duration::from_secs(60), said.next_line()).await.expect("in time").unwrap();
    match line.as_deref().and_then(|line| line.strip_prefix(word)) {
        Some(rest) => rest.to_owned(),
        None => {
            let mut error = String::new();
            if let Some(mut stream) = child.stderr.take() {
                let _ = tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut error).await;
            }
            panic!("not {word:?} but {line:?}: {error}");
        }
    }
}

async fn a_token_is_good_for_what_was_activated(
    world: &World,
    program: &Program,
    other: &Program,
    doctor: &mut Visitor,
) {
    let service = lets_look(world, doctor, program).await.unwrap();
    let others = lets_look(world, doctor, other).await.unwrap();
    let id = credential(world, &service).await;
    let chain = json!({ "credentialID": id, "certificates": "chain", "certInfo": true });
    let (status, info) = asks(world, "v1", "credentials/info", &service, &chain).await;
    assert_eq!(status, 200, "{info}");
    assert_eq!((info["SCAL"].as_str(), info["authMode"].as_str()), (Some("2"), Some("oauth2code")), "{info}");
    assert_eq!(info["cert"]["certificates"].as_array().unwrap().len(), 3, "{info}");
    assert_eq!((info["cert"]["status"].as_str(), info["key"]["algo"][0].as_str()), (Some("valid"), Some(ECDSA)));
    // By RFC 4514, which has no short name for a serial number.
    let subject = info["cert"]["subjectDN"].as_str().unwrap();
    assert!(subject.contains(&hex::encode("MD:TH-12345")) && subject.contains("CN=แพทย์หญิง"), "{info}");

    let [one, two] = ["one", "two"].map(|text| BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text)));
    let details = json!([{ "type": "credential", "credentialID": id, "hashAlgorithmOID": SHA_256, "documentDigests": [
        { "hash": one, "label": "ใบส่งตัว 1" }, { "hash": two, "label": "ใบส่งตัว 2" } ] }])
    .to_string();
    let code = activates(world, doctor, program, &[("authorization_details", &details)]).await;
    let (status, refused) = redeems(world, program, &code, &VERIFIER.replace('d', "e")).await;
    assert_eq!((status, refused["error"].as_str()), (400, Some("invalid_grant")), "another verifier: {refused}");
    let (status, refused) = redeems(world, other, &code, VERIFIER).await;
    assert_eq!((status, refused["error"].as_str()), (400, Some("invalid_grant")), "another program: {refused}");
    let (status, token) = redeems(world, program, &code, VERIFIER).await;
    assert_eq!((status, token["token_type"].as_str()), (200, Some("Bearer")), "{token}");
    assert!(token["expires_in"].as_i64().unwrap() <= 300 && token["credentialID"] == id.as_str(), "{token}");
    let granted = &token["authorization_details"][0];
    assert_eq!(granted["documentDigests"][1]["label"], "ใบส่งตัว 2", "{token}");
    let sad = token["access_token"].as_str().unwrap().to_owned();

    // The activation's token tells of its own credential, in version 2.
    for (version, id, expected) in [("v2", id.as_str(), 200), ("v2", "01ab", 400), ("v1", id.as_str(), 403)] {
        let (status, said) = asks(world, version, "credentials/info", &sad, &json!({ "credentialID": id })).await;
        assert_eq!(status, expected, "{version} {id}: {said}");
    }
    let body = |hashes: Value| json!({ "credentialID": id, "SAD": sad, "hashes": hashes, "hashAlgorithmOID": SHA_256, "signAlgo": ECDSA });
    let (status, given) = asks(world, "v2", "signatures/signHash", &service, &body(json!([two, one]))).await;
    assert_eq!(status, 200, "{given}");
    openssl_agrees(world, &info, "two", given["signatures"][0].as_str().unwrap());
    openssl_agrees(world, &info, "one", given["signatures"][1].as_str().unwrap());
    // The token of the activation may speak for itself, and says the same.
    let (status, alone) = asks(world, "v2", "signatures/signHash", &sad, &body(json!([two, one]))).await;
    assert_eq!((status, &alone), (200, &given));
    let (status, _) = asks(world, "v1", "signatures/signHash", &sad, &body(json!([one]))).await;
    assert_eq!(status, 403, "version 1 wants both tokens");
    for (what, bearer) in [("another program's token", &others)] {
        let (status, said) = asks(world, "v2", "signatures/signHash", bearer, &body(json!([one]))).await;
        assert_eq!((status, said["error"].as_str()), (400, Some("invalid_request")), "{what}: {said}");
    }
    let (status, said) = asks(world, "v2", "signatures/signHash", &sad, &body(json!([one, two, one]))).await;
    assert_eq!(status, 400, "no more than was activated: {said}");
    let signed = "select count(*) from digest_signature where state = 'signed'";
    let count = rows::number(world.journal_rows(), signed).await;

    // A code used twice may be a thief's: what it gave ends.
    let (status, said) = redeems(world, program, &code, VERIFIER).await;
    assert_eq!((status, said["error"].as_str()), (400, Some("invalid_grant")));
    let (status, said) = asks(world, "v2", "signatures/signHash", &service, &body(json!([one]))).await;
    assert_eq!((status, said["error_description"].as_str()), (400, Some("Invalid parameter SAD")));
    // The same digest activated again: the signature there is, not a second one.
    let hash = [("scope", "credential"), ("credentialID", &id), ("numSignatures", "1"), ("hash", &one)];
    let code = activates(world, doctor, program, &hash).await;
    let (_, token) = redeems(world, program, &code, VERIFIER).await;
    assert_eq!(token["token_type"], "SAD", "version 1");
    let sad = token["access_token"].as_str().unwrap().to_owned();
    let again = json!({ "credentialID": id, "SAD": sad, "hash": [one], "hashAlgo": SHA_256, "signAlgo": ECDSA });
    let (status, again) = asks(world, "v1", "signatures/signHash", &service, &again).await;
    assert_eq!((status, &again["signatures"][0]), (200, &given["signatures"][1]));
    assert_eq!(rows::number(world.journal_rows(), signed).await, count);

    // Revoked by the program itself.
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let gone = http.post(world.numeric_url("/oauth2/revoke")).basic_auth(&other.id, Some(&other.secret));
    assert_eq!(gone.form(&[("token", &others)]).send().await.unwrap().status().as_u16(), 204);
    assert_eq!(asks(world, "v1", "credentials/list", &others, &json!({})).await.0, 401);
}

fn openssl_agrees(world: &World, info: &Value, text: &str, signature: &str) {
    let court = Court::sits();
    let leaf = info["cert"]["certificates"][0].as_str().unwrap();
    court.exhibits("leaf.der", &BASE64_STANDARD.decode(leaf).unwrap());
    court.exhibits("root.pem", &world.bytes("root.pem"));
    court.exhibits("text", text.as_bytes());
    court.exhibits("signature", &BASE64_STANDARD.decode(signature).unwrap());
    court.hears("openssl", "x509 -inform DER -in leaf.der -noout -pubkey -out leaf.pub");
    let said = court.hears("openssl", "dgst -sha256 -verify leaf.pub -signature signature text");
    assert!(said.contains("Verified OK"), "{said}");
}

async fn bad_requests_get_their_due_answer(world: &World, program: &Program, doctor: &mut Visitor) {
    let service = lets_look(world, doctor, program).await.unwrap();
    let id = credential(world, &service).await;
    let nested = serde_json::from_str::<Value>(&format!("{}1{}", "[".repeat(100), "]".repeat(100))).unwrap();
    let hash = BASE64_STANDARD.encode([1; 32]);
    for (method, body) in [
        ("credentials/list", json!([])),
        ("credentials/list", json!("x")),
        ("credentials/list", json!({ "maxResults": "many" })),
        ("credentials/list", json!({ "maxResults": 0 })),
        ("credentials/list", json!({ "userID": "somebody" })),
        ("credentials/list", json!({ "pageToken": "2" })),
        ("credentials/info", json!({})),
        ("credentials/info", json!({ "credentialID": 7 })),
        ("credentials/info", json!({ "credentialID": nested })),
        ("credentials/info", json!({ "credentialID": "../\u{0}" })),
        ("credentials/info", json!({ "credentialID": "ก\u{202e}" })),
        ("credentials/info", json!({ "credentialID": id, "certificates": "all" })),
        ("credentials/info", json!({ "credentialID": id, "certInfo": "yes" })),
        ("credentials/authorize", json!({ "credentialID": id, "numSignatures": 1, "hash": [hash], "PIN": "1234" })),
        ("signatures/signHash", json!({ "credentialID": id, "hash": [hash], "signAlgo": ECDSA })),
        ("signatures/signHash", json!({ "credentialID": id, "SAD": service, "hash": [hash], "signAlgo": ECDSA })),
        ("signatures/timestamp", json!({ "hash": hash, "hashAlgo": "1.3.14.3.2.26" })),
        ("signatures/timestamp", json!({ "hash": "AAAA", "hashAlgo": SHA_256 })),
        ("signatures/timestamp", json!({ "hash": hash, "hashAlgo": SHA_256, "nonce": "not hexadecimal" })),
    ] {
        for version in ["v1", "v2"] {
            let (status, said) = asks(world, version, method, &service, &body).await;
            let well_said = said["error"] == "invalid_request" && said["error_description"].as_str().is_some();
            assert!(status == 400 && well_said, "{method} {body}: {status} {said}");
        }
    }
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = world.numeric_url("/csc/v1/credentials/list");
    for (body, expected) in [(b"{".to_vec(), 400), (vec![0xff, 0], 400), (vec![b' '; 70_000], 413)] {
        let answer = http.post(&url).bearer_auth(&service).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected);
        assert_eq!(answer.json::<Value>().await.unwrap()["error"], "invalid_request");
    }
    // The time-stamping authority answers through the API as it does by itself.
    let text = b"stamped";
    let asked = json!({ "hash": BASE64_STANDARD.encode(Sha256::digest(text)), "hashAlgo": SHA_256, "nonce": "00f1e2" });
    let court = Court::sits();
    court.exhibits("text", text);
    court.exhibits("root.pem", &world.bytes("root.pem"));
    court.exhibits("tsa-ca.der", &Visitor::stranger().download(world.url("/ca/tsa-ca.cer")).await);
    court.hears("openssl", "x509 -inform DER -in tsa-ca.der -out tsa-ca.pem");
    for version in ["v1", "v2"] {
        let (status, stamp) = asks(world, version, "signatures/timestamp", &service, &asked).await;
        assert_eq!(status, 200, "{version}: {stamp}");
        court.exhibits("token", &BASE64_STANDARD.decode(stamp["timestamp"].as_str().unwrap()).unwrap());
        let said =
            court.hears("openssl", "ts -verify -data text -in token -token_in -CAfile root.pem -untrusted tsa-ca.pem");
        assert!(said.contains("Verification: OK"), "{version}: {said}");
        let said = court.hears("openssl", "ts -reply -in token -token_in -text").to_lowercase();
        assert!(said.contains("nonce: 0xf1e2"), "{version}: {said}");
    }

    // At the authorization endpoint: nobody is sent to an address that is not registered.
    let elsewhere = Program { back: "https://evil.example/back".to_owned(), ..program.clone() };
    let unknown = Program { id: "019a0c5e-6f0a-7c1e-9a53-0f4f6c1c2d3e".to_owned(), ..program.clone() };
    for wrong in [elsewhere, unknown, Program { id: "x'--".to_owned(), ..program.clone() }] {
        let answer = doctor.open(authorize_url(world, &wrong, &[("scope", "service")])).await;
        answer.refused(400);
    }
    doctor.open(world.url("/oauth2/authorize")).await.refused(400);
    doctor.open(world.url("/oauth2/authorize/nothing")).await.refused(404);
    doctor.open(world.url("/oauth2/return?ticket=nothing")).await.refused(404);
    // A stranger must sign in; somebody else's is not there.
    let page = doctor.open(authorize_url(world, program, &[("scope", "service")])).await.ok();
    let stranger = Visitor::stranger().open(page.url.as_str()).await.ok();
    assert_eq!(stranger.url.path(), "/login");
    let declined = doctor.submit(&page.form("/oauth2/authorize/").unwrap(), &[("decision", "decline")]).await.ok();
    let error = code_of(&way_back(&declined), program).unwrap_err();
    assert!(error.contains("error=access_denied"), "{error}");
    doctor.open(page.url.as_str()).await.refused(409);
}

async fn what_ends_is_not_handed_out(world: &World, program: &Program, doctor: &mut Visitor, ra: &mut Visitor) {
    let service = lets_look(world, doctor, program).await.unwrap();
    let id = credential(world, &service).await;
    let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest("three"));
    let asked = [("scope", "credential"), ("credentialID", id.as_str()), ("numSignatures", "1"), ("hash", &hash)];
    let code = activates(world, doctor, program, &asked).await;
    let (_, token) = redeems(world, program, &code, VERIFIER).await;
    let sad = token["access_token"].as_str().unwrap().to_owned();
    let body = json!({ "credentialID": id, "SAD": sad, "hash": [hash], "hashAlgo": SHA_256, "signAlgo": ECDSA });
    assert_eq!(asks(world, "v1", "signatures/signHash", &service, &body).await.0, 200);

    // The unit is switched off.
    switches(world, ra, "disallow").await;
    let (status, said) = asks(world, "v1", "signatures/signHash", &service, &body).await;
    assert_eq!((status, said["error"].as_str()), (400, Some("access_denied")), "{said}");
    assert_eq!(asks(world, "v1", "credentials/list", &service, &json!({})).await.1["credentialIDs"], json!([]));
    switches(world, ra, "allow").await;
    assert_eq!(asks(world, "v1", "signatures/signHash", &service, &body).await.0, 200);

    // The certificate is revoked.
    world.revokes(ra, &id, "key_compromise", "").await;
    let (status, said) = asks(world, "v1", "signatures/signHash", &service, &body).await;
    assert_eq!((status, said["error"].as_str()), (400, Some("access_denied")), "{said}");
    let (_, info) = asks(world, "v1", "credentials/info", &service, &json!({ "credentialID": id })).await;
    assert_eq!((info["cert"]["status"].as_str(), info["key"]["status"].as_str()), (Some("revoked"), Some("disabled")));
    let page = doctor.open(authorize_url(world, program, &asked)).await.ok();
    let error = code_of(&way_back(&page), program).unwrap_err();
    assert!(error.contains("error=access_denied"), "{error}");

    // Over.
    let ended =
        format!("update api_token set expires_at = 1 where token_sha256 = '{}'", hex::encode(Sha256::digest(&sad)));
    assert_eq!(rows::execute(world.portal_rows(), &ended).await.unwrap(), 1);
    let (status, said) = asks(world, "v1", "signatures/signHash", &service, &body).await;
    assert_eq!((status, said["error_description"].as_str()), (400, Some("Invalid parameter SAD")));
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
