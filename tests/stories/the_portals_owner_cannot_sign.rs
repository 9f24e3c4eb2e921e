//! Whoever owns the portal, its database and the signer's socket can read, deny and lie on the
//! portal's own pages. They get no signature, no certificate, and bring no revoked one back.

use rabrong::demo::browser::Page;
use rabrong::demo::persons::{DOCTOR, EVIDENCE, RA};
use reqwest::Url;
use serde_json::{Value, json};
use signer::client::ClientError;
use signer::protocol::{
    CertificateRequest, ConsentReference, CredentialReference, EvidenceOutcome, EvidenceRecord, EvidenceReference,
    Operation, Refusal, Request, Response,
};
use stories::acts::{code_of, code_shown, signed};
use stories::persons::{MALI, SOMCHAI};
use stories::visitor::{challenge_of, text};
use stories::{Chromium, Engine, Visitor, World, rows};
use time::format_description::well_known::Rfc3339;

#[tokio::test(flavor = "multi_thread")]
async fn swapping_the_passkey_of_a_request() {
    let world = World::raise(Engine::Sqlite).await;
    let (_, code, answer) = world.comes_in(&SOMCHAI).await;
    answer.ok();
    let mut evidence = world.the(&EVIDENCE).await;
    world.records_evidence(&mut evidence, SOMCHAI.licence, &code).await.ok();
    // The portal's owner enrols a passkey of their own under another account, and puts its
    // reference where the doctor's stood.
    let (_, code, answer) = world.comes_in(&MALI).await;
    answer.ok();
    assert!(!code.is_empty());
    let swap = "update person set signing_credential = (select signing_credential from person \
                where id = (select person_id from doctor_request order by created_at desc limit 1)) \
                where id = (select person_id from doctor_request where state = 'submitted')";
    assert_eq!(rows::execute(world.portal_rows(), swap).await.unwrap(), 1);
    let mut ra = world.the(&RA).await;
    let answer = world.proposes_approval(&ra, SOMCHAI.licence).await;
    if answer.status == 200 {
        let refused = ra.try_touch(&answer.page).await;
        assert!(refused.is_err(), "issued over a passkey that is another's: {}", refused.unwrap().said());
    }
    assert_eq!(world.issued().await, 1, "{}", answer.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn enrolling_a_passkey_in_the_doctors_name() {
    let world = World::raise(Engine::Sqlite).await;
    let doctor = world.the(&DOCTOR).await;
    let page = world.proposes_to_sign(&doctor).await.ok();
    let person = rows::text(world.portal_rows(), "select id from person where invited_as = 'doctor'").await;
    let enrol = Request::EnrolCredential {
        person_id: person,
        display_name: "แพทย์หญิงดารา ตัวอย่าง".to_owned(),
        return_path: "/return".to_owned(),
    };
    let Response::Ticket { url, .. } = world.client().ask(enrol).await.unwrap() else { panic!("no ticket") };
    let mut owner = Visitor::stranger();
    let enrolment = owner.open(url).await.ok();
    owner.touch(&enrolment).await.ok();
    // It is pending and bound to nobody: it signs nothing.
    let origin = world.configuration.signer_url.clone();
    let answer = owner.passkeys.get("sign.localhost", &origin, &challenge_of(&page)).unwrap().to_json();
    let (status, said) = owner.post(&origin, finish_of(&page).as_str(), &json!({ "credential": answer })).await;
    assert_eq!(status, 403, "{said}");
    assert_eq!(documents(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn showing_the_doctor_the_code_of_another_passkey() {
    let world = World::raise(Engine::Sqlite).await;
    let (mut doctor, code, answer) = world.comes_in(&SOMCHAI).await;
    let own_page = answer.ok().link("/signing-passkey/code").expect("where the code is read");
    let person = "select person_id from doctor_request where state = 'draft'";
    let enrol = Request::EnrolCredential {
        person_id: rows::text(world.portal_rows(), person).await,
        display_name: "นายแพทย์สมชาย".to_owned(),
        return_path: "/return".to_owned(),
    };
    let Response::Ticket { url, .. } = world.client().ask(enrol).await.unwrap() else { panic!("no ticket") };
    let mut owner = Visitor::stranger();
    let enrolment = owner.open(url.clone()).await.ok();
    let made = owner.touch(&enrolment).await.ok();
    let another = owner.sees(&made).await.unwrap();
    assert_ne!(another, code);

    // The doctor is sent to that page, which stands at the signer's own address: it tells them no code.
    let shown = doctor.open(format!("{url}/done")).await.ok();
    assert!(!shown.html.contains(&another), "{}", shown.html);
    let origin = world.configuration.signer_url.clone();
    let mut own = doctor.passkeys.get("sign.localhost", &origin, &challenge_of(&shown)).unwrap().to_json();
    let (status, said) = doctor.post(&origin, finish_of(&shown).as_str(), &json!({ "credential": own })).await;
    assert_eq!((status, said["shown"].as_str()), (403, None), "{said}");
    // Nor under the name of the owner's passkey, which the page itself says.
    let answered = owner.answer_of(&made).await;
    for name in ["id", "rawId"] {
        own[name] = answered[name].clone();
    }
    let (status, said) = doctor.post(&origin, finish_of(&shown).as_str(), &json!({ "credential": own })).await;
    assert!((400..500).contains(&status) && said["shown"].is_null(), "{status}: {said}");
    // What the owner's passkey answered is worth nothing on a page of the portal, nor for another ticket.
    let stolen = json!({ "credential": owner.answer_of(&made).await });
    let own_page = doctor.open(own_page).await.ok();
    let (status, said) = doctor.post(&origin, finish_of(&own_page).as_str(), &stolen).await;
    assert_eq!(status, 403, "{said}");
    let (status, said) = doctor.post(&world.url(""), finish_of(&shown).as_str(), &stolen).await;
    assert_eq!((status, said["shown"].as_str()), (421, None), "{said}");
    // Their own they read whenever they want, and the portal tells it nowhere.
    assert_eq!(doctor.sees(&own_page).await.unwrap(), code);
    let request = doctor.open(world.url("/request")).await.ok();
    assert!(!request.html.contains(&code), "{}", request.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn passing_a_negative_finding_off_as_evidence() {
    let world = World::raise(Engine::Sqlite).await;
    let (doctor, code, answer) = world.comes_in(&SOMCHAI).await;
    answer.ok();
    // The officer finds that it is not the person of the document, and says so under their touch.
    let mut officer = world.the(&EVIDENCE).await;
    let page = world.evidence_form(&officer, SOMCHAI.licence).await.ok();
    let found =
        [("document_seen", "thai_id_card"), ("face_matches", "no"), ("licence_status", "active"), ("key_code", &code)];
    let shown = officer.submit(&page.form("/console/evidence/").unwrap(), &found).await.ok();
    assert!(text(&shown).contains("ใบหน้าไม่ตรง"), "{}", text(&shown));
    let chromium = Chromium::opens("passing-a-negative-finding-off").await;
    for (name, url) in [("officer", shown.url.to_string()), ("officer-en", format!("{}?lang=en", shown.url))] {
        chromium.goes_to(&url).await;
        chromium.takes_a_picture(name).await;
        chromium.is_wide(320).await;
        assert!(!chromium.overflows().await, "a phone of 320 pixels shows it whole");
        chromium.takes_a_picture(&format!("{name}-320")).await;
        chromium.is_wide(1280).await;
    }
    chromium.closes().await;
    officer.touch(&shown).await.ok();
    let request = doctor.open(world.url("/request")).await.ok();
    assert!(text(&request).contains("การพิสูจน์ตัวตนต่อหน้าเจ้าหน้าที่"), "{}", text(&request));

    // The owner tells the signer of the same records as if they spoke for the person.
    let portal = async |sql: &str| rows::text(world.portal_rows(), sql).await;
    let of_person = "from doctor_request where state = 'draft'";
    let person = portal(&format!("select person_id {of_person}")).await;
    let officer_id = portal(
        "select recorded_by from evidence where kind = 'officer_comparison' \
                             and request_id = (select id from doctor_request where state = 'draft')",
    );
    let officer_id = officer_id.await;
    let digest = async |kind: &str| {
        portal(&format!(
            "select record_sha256 from evidence where person_id = '{person}' and kind = '{kind}' \
                         order by recorded_at desc limit 1"
        ))
        .await
    };
    let now = stories::world::now().format(&Rfc3339).unwrap();
    let item = async |kind: &str, by: Option<&str>| EvidenceReference {
        kind: kind.to_owned(),
        outcome: Some(EvidenceOutcome::Confirmed),
        sha256: digest(kind).await,
        recorded_by: by.map(str::to_owned),
        recorded_at: now.clone(),
    };
    let (seen, compared, checked) = (
        item("document_seen", Some(&officer_id)).await,
        item("officer_comparison", Some(&officer_id)).await,
        item("licence_check", None).await,
    );
    let somchai = SOMCHAI.person;
    let forged =
        |evidence: Vec<EvidenceReference>, credential: &CredentialReference, identity: &str| CertificateRequest {
            request_id: "0198f0f0-0000-7000-8000-00000000beef".to_owned(),
            person_id: person.clone(),
            identity_digest: identity.to_owned(),
            title_th: somchai.title_th.to_owned(),
            given_name_th: somchai.given_name_th.to_owned(),
            surname_th: somchai.surname_th.to_owned(),
            given_name_en: somchai.given_name_en.to_owned(),
            surname_en: somchai.surname_en.to_owned(),
            profession: "physician".to_owned(),
            licence: SOMCHAI.licence.to_owned(),
            licence_checked_at: now.clone(),
            licence_valid_until: None,
            unit_code: "10670".to_owned(),
            ial: "2.1".to_owned(),
            evidence,
            consent: ConsentReference {
                notice_version: "1.0".to_owned(),
                notice_sha256: "00".repeat(32),
                purposes: vec!["issue".to_owned()],
                given_at: now.clone(),
            },
            credential: credential.clone(),
        };
    let enrolled = portal(&format!("select signing_credential from person where id = '{person}'")).await;
    let enrolled: Value = serde_json::from_str(&enrolled).unwrap();
    let of = |name: &str| enrolled[name].as_str().unwrap().to_owned();
    let credential = CredentialReference {
        credential_id: of("credential_id"),
        public_key_sha256: of("public_key_sha256"),
        key_code: of("key_code"),
    };
    let identity = portal(&format!("select identity_digest {of_person}")).await;
    let ra_id = portal("select id from person where invited_as = 'ra_officer' and unit_code = '10670'").await;
    let propose = async |evidence: Vec<EvidenceReference>| {
        let request = Box::new(forged(evidence, &credential, &identity));
        let operation = Operation::IssueCertificate { request };
        let asked = Request::Propose { actor: ra_id.clone(), operation, return_path: "/return".to_owned() };
        world.client().ask(asked).await
    };
    for evidence in [
        vec![seen.clone(), compared.clone(), checked.clone()],
        vec![seen.clone(), checked.clone()],
        vec![
            seen.clone(),
            EvidenceReference { outcome: Some(EvidenceOutcome::Unavailable), ..compared.clone() },
            checked.clone(),
        ],
    ] {
        let said = propose(evidence).await;
        let refused = matches!(&said, Err(ClientError::Refused(Refusal::EvidenceInsufficient { .. })));
        assert!(refused, "{said:?}");
    }
    assert_eq!(world.issued().await, 1);

    // Nor is another record put before the officer under the names of theirs without their seeing it.
    let record = EvidenceRecord {
        record_id: "0198f0f0-0000-7000-8000-00000000f00d".to_owned(),
        person_id: person.clone(),
        identity_digest: identity.clone(),
        name_th: somchai.name_th(),
        name_en: "Somchai Sommut".to_owned(),
        unit_code: "10670".to_owned(),
        profession: "physician".to_owned(),
        licence: SOMCHAI.licence.to_owned(),
        credential: credential.clone(),
        evidence: vec![seen, compared, checked],
    };
    let asked = Request::Propose {
        actor: officer_id.clone(),
        operation: Operation::RecordEvidence { record: Box::new(record) },
        return_path: "/return".to_owned(),
    };
    let Ok(Response::Ticket { url, .. }) = world.client().ask(asked).await else { panic!("no page") };
    let page = officer.open(url).await.ok();
    let words = text(&page);
    assert!(words.contains("ใบหน้าตรงกัน") && words.contains("ไม่ใช่ที่ท่านพบ อย่ารับรอง"), "{words}");

    // Seen again by the officer, and it is they: then it counts.
    world.lets_a_second_pass().await;
    world.records_evidence(&mut officer, SOMCHAI.licence, &code).await.ok();
    // The same words as before, of what the officer found now, would have been taken.
    let (seen, compared, checked) = (
        item("document_seen", Some(&officer_id)).await,
        item("officer_comparison", Some(&officer_id)).await,
        item("licence_check", None).await,
    );
    assert!(matches!(propose(vec![seen, compared, checked]).await, Ok(Response::Ticket { .. })));
    let mut ra = world.the(&RA).await;
    let page = world.proposes_approval(&ra, SOMCHAI.licence).await.ok();
    ra.touch(&page).await.ok();
    assert_eq!(world.issued().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_a_document_after_the_doctor_saw_it() {
    let world = World::raise(Engine::Sqlite).await;
    let mut doctor = world.the(&DOCTOR).await;
    let page = world.proposes_to_sign(&doctor).await.ok();
    let next = world.proposes_to_sign(&doctor).await.ok();
    assert!(text(&page).contains("สมชาย ใจดี"));
    // Behind the doctor's back another document's content takes the place of what was
    // prepared, under another number.
    let change = "update document set content_sealed = (select content_sealed from document where state = 'signed'), \
                  number = number || '9' where state = 'prepared'";
    assert_eq!(rows::execute(world.portal_rows(), change).await.unwrap(), 2);
    let done = doctor.touch(&page).await;
    // Whatever the portal can still show of it, what was signed is what the doctor saw.
    let code = code_shown(&page);
    let said = world.verdict_of(&code).await;
    assert_eq!(said["document"]["number"], "000002", "{said}: {}", done.said());
    assert_eq!(said["tone"], "green", "{said}");

    // A content that the doctor never saw cannot ride on a touch already made.
    let old = json!({ "credential": doctor.answer_of(&page).await });
    let origin = world.configuration.signer_url.clone();
    let (status, said) = doctor.post(&origin, finish_of(&next).as_str(), &old).await;
    assert!((400..500).contains(&status), "{status}: {said}");
    assert_eq!(documents(&world).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn putting_old_rows_back_on_sqlite() {
    putting_old_rows_back(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn putting_old_rows_back_on_postgresql() {
    putting_old_rows_back(Engine::Postgres).await;
}

async fn putting_old_rows_back(engine: Engine) {
    let mut world = World::raise(engine).await;
    world.stop_portal().await;
    world.copies_portal_rows().await;
    world.start_portal().await;
    let mut ra = world.the(&RA).await;
    world.lets_a_second_pass().await;
    world.revokes(&mut ra, &world.told.serial.clone(), "affiliation_changed", "").await;
    let code = code_of(&world.told.verify_url);
    assert_eq!(world.verdict_of(&code).await["verdict"], "signed_then_revoked");

    world.stop_portal().await;
    world.restores_portal_rows().await;
    world.start_portal().await;
    assert_eq!(world.verdict_of(&code).await["verdict"], "signed_then_revoked");
    let page = Visitor::stranger().open(&world.told.verify_url).await.ok();
    assert!(page.html.contains("app-verdict--amber"), "{}", text(&page));
    let court = stories::judges::Court::sits();
    for name in ["root.pem", "issuing.pem", "doctor.pem"] {
        court.exhibits(name, &world.bytes(name));
    }
    let url = world.numeric_url("/ocsp");
    let ask =
        format!("ocsp -issuer issuing.pem -cert doctor.pem -url {url} -CAfile root.pem -verify_other issuing.pem");
    assert!(court.hears("openssl", &ask).contains("doctor.pem: revoked"));

    // The doctor of those rows does not sign.
    let doctor = world.the(&DOCTOR).await;
    let begin = world.form_by_hand(&doctor, "/documents").await;
    doctor.submit(&begin, &[]).await.refused(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_signature_as_if_for_a_login() {
    let world = World::raise(Engine::Sqlite).await;
    let mut doctor = world.the(&DOCTOR).await;
    let page = world.proposes_to_sign(&doctor).await.ok();
    let challenge = challenge_of(&page);
    let (portal, signer) = (world.configuration.public_url.clone(), world.configuration.signer_url.clone());

    // A real browser does not let the portal's pages ask for the signing passkey.
    let chromium = Chromium::opens("asking-for-a-signature-as-if-for-a-login").await;
    chromium.goes_to(&world.url("/login")).await;
    let bytes = hex::encode(&challenge);
    let relay = |rp_id: &str| {
        format!(
            "(async () => {{ const challenge = Uint8Array.from('{bytes}'.match(/../g), (two) => parseInt(two, 16)); \
             try {{ await CredentialsContainer.prototype.get.call(navigator.credentials, {{ publicKey: {{ challenge, \
             rpId: '{rp_id}', timeout: 2000 }} }}); return 'a credential'; }} catch (error) {{ return error.name; }} }})()"
        )
    };
    assert_eq!(chromium.says(&relay("sign.localhost")).await, Value::from("SecurityError"));
    assert_eq!(chromium.says(&relay("localhost")).await, Value::from("NotAllowedError"), "its own, it may ask for");
    // Nor does it show the signer's page inside a page of the portal.
    let framed = format!(
        "new Promise((resolve) => {{ const frame = document.createElement('iframe'); frame.src = {}; \
         frame.onload = () => {{ try {{ resolve(frame.contentDocument === null ? 'closed' : 'open'); }} catch {{ resolve('closed'); }} }}; \
         frame.onerror = () => resolve('closed'); setTimeout(() => resolve('closed'), 2000); document.body.append(frame); }})",
        json!(page.url.as_str())
    );
    assert_eq!(chromium.says(&framed).await, Value::from("closed"));
    chromium.closes().await;

    // A login's assertion, or one made on the portal's origin, is not taken by the signer.
    for (rp_id, origin) in [("localhost", &signer), ("localhost", &portal), ("sign.localhost", &portal)] {
        let answer = doctor.passkeys.get(rp_id, origin, &challenge).unwrap().to_json();
        let (status, said) = doctor.post(&signer, finish_of(&page).as_str(), &json!({ "credential": answer })).await;
        assert!((400..500).contains(&status), "{rp_id} at {origin}: {status}: {said}");
    }
    // Nor is anything that another origin's script sends, or that is asked for by another name.
    let right = json!({ "credential": doctor.answer_of(&page).await });
    let (status, _) = doctor.post(&portal, finish_of(&page).as_str(), &right).await;
    assert_eq!(status, 421);
    let mut by_number = page.url.clone();
    by_number.set_host(Some("127.0.0.1")).unwrap();
    assert_eq!(doctor.open(by_number.as_str()).await.status, 421);
    assert_eq!(doctor.open(format!("{signer}/.well-known/webauthn")).await.status, 404);
    assert_eq!(documents(&world).await, 1);

    // Through all this the page still waits for the one who may.
    let (status, said) = doctor.post(&signer, finish_of(&page).as_str(), &right).await;
    assert_eq!(status, 200, "{said}");
    let done = doctor.open(page.url.join(said["redirect"].as_str().unwrap()).unwrap()).await.ok();
    assert_eq!(world.verdict_of(&signed(&done).code()).await["tone"], "green");
}

async fn documents(world: &World) -> i64 {
    rows::number(world.journal_rows(), "select count(*) from document").await
}

fn finish_of(page: &Page) -> Url {
    page.url.join(&page.attribute("data-finish").unwrap()).unwrap()
}
