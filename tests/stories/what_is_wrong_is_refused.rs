//! Wrong data, wrong persons, wrong moments: a clear page in both languages, a status of 4xx
//! or 503, and nothing half-written.

use rabrong::demo::persons::{DOCTOR, EVIDENCE, RA};
use serde_json::json;
use stories::acts::code_of;
use stories::persons::{EVIDENCE_AS_DOCTOR, MALI, NOBODY, RA_AS_DOCTOR, SOMCHAI, WITHAYA};
use stories::visitor::{challenge_of, text};
use stories::{Engine, Visitor, World, rows};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_themselves() {
    let world = World::raise(Engine::Sqlite).await;
    // The RA officer of the hospital is a doctor too, with an account of its own.
    let (_, code, answer) = world.comes_in(&RA_AS_DOCTOR).await;
    answer.ok();
    let mut evidence = world.the(&EVIDENCE).await;
    world.records_evidence(&mut evidence, RA_AS_DOCTOR.licence, &code).await.ok();
    let ra = world.the(&RA).await;
    let request = world.opens_request(&ra, RA_AS_DOCTOR.licence).await.ok();
    assert!(text(&request).contains("ตนเอง"), "{}", text(&request));
    // The page offers no decision; a form made by hand is refused too.
    assert!(request.form("/console/requests/").is_err());
    let form = world.form_by_hand(&ra, request.url.path()).await;
    for decision in ["approve", "reject"] {
        let forced = ra.submit(&form, &[("decision", decision), ("note", "x")]).await;
        assert!((400..500).contains(&forced.status), "{}: {}", forced.page.url, forced.said());
    }

    // So is the evidence officer, who sees nobody less clearly.
    let (_, _, answer) = world.comes_in(&EVIDENCE_AS_DOCTOR).await;
    answer.ok();
    world.evidence_form(&evidence, EVIDENCE_AS_DOCTOR.licence).await.refused(403);
    assert_eq!(world.issued().await, 1, "only the doctor of the unattended story has a certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_identity_or_licence_gets_no_request() {
    let world = World::raise(Engine::Sqlite).await;
    let before = rows::number(world.portal_rows(), "select count(*) from doctor_request").await;
    let link = world.invites("doctor", "10670", "แพทย์").await;
    let (visitor, _) = world.enrols(&link).await;
    world.consents(&visitor).await;

    for (what, field, value, words) in [
        ("a wrong check digit", "national_id", "0000000000079", "เลขนี้ไม่ถูกต้อง"),
        ("too few digits", "national_id", "12345", "13 หลัก"),
        ("Latin letters for Thai ones", "given_name_th", "Somchai", "อักษรไทย"),
        ("Thai letters for Latin ones", "surname_en", "สมมุติ", "อักษรอังกฤษ"),
        ("no licence", "licence", "ว.", "เลขที่ใบอนุญาต"),
        ("the council is asked about another name", "surname_th", "คนอื่น", "แพทยสภา"),
        ("a name of three thousand letters", "surname_th", &"ก".repeat(3_000), "อักษรไทย"),
    ] {
        let answer = world.says_who(&visitor, &SOMCHAI, &[(field, value)]).await;
        let said = answer.refused(422);
        assert!(said.contains(words), "{what}: {said}");
    }
    for (physician, what) in [(&WITHAYA, "suspended"), (&NOBODY, "unknown")] {
        let said = world.says_who(&visitor, physician, &[]).await.refused(422);
        assert!(said.contains("ใบอนุญาต"), "{what}: {said}");
    }
    assert_eq!(
        rows::number(world.portal_rows(), "select count(*) from doctor_request").await,
        before,
        "nothing half-written"
    );

    // While the council is away nobody is turned down for good.
    world.council.fail_next(reqwest::StatusCode::SERVICE_UNAVAILABLE, 100);
    let away = world.says_who(&visitor, &SOMCHAI, &[]).await;
    assert!(matches!(away.status, 200 | 422 | 503), "{}: {}", away.status, away.said());
    // The link worked once.
    Visitor::stranger().open(&link).await.refused(410);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_calendar_or_an_overlong_field_is_not_signed() {
    let world = World::raise(Engine::Sqlite).await;
    let doctor = world.the(&DOCTOR).await;
    let year = stories::world::now().year();
    let far = format!("01/01/{}", year + 543 + 5);
    let iso = format!("{}-01-01", year + 543);
    for (what, field, value) in [
        ("a Buddhist year in an ISO date", "exam_date", iso.as_str()),
        ("a day years ahead", "exam_date", far.as_str()),
        ("a day that does not exist", "exam_date", "31/02/2569"),
        ("no date at all", "exam_date", "yesterday"),
        ("an opinion of three thousand letters", "opinion", &"ก".repeat(3_000)),
        ("a weight of five tons", "weight_kg", "5000"),
        ("a wrong check digit", "cid", "0101700230701"),
        ("no name", "applicant_name", ""),
        ("a name that turns the text around", "applicant_name", "สมชาย \u{202e}ใจดี"),
    ] {
        let answer = world.writes(&doctor, &[(field, value)]).await;
        let said = answer.refused(422);
        assert!(said.contains("มีข้อที่ต้องแก้"), "{what}: {said}");
        assert!(answer.page.html.contains(&format!("href=\"#{field}")), "{what}: the summary leads to the field");
    }
    let said = world.writes(&doctor, &[("opinion", &"ก".repeat(30_000))]).await.refused(413);
    assert!(said.contains("ยาวเกินไป") && !said.contains("ไฟล์"), "{said}");
    let numbered = "select count(*) from document where state <> 'draft'";
    assert_eq!(rows::number(world.portal_rows(), numbered).await, 1, "no number is allotted to a draft");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_passkey_or_an_old_touch_signs_nothing() {
    let world = World::raise(Engine::Sqlite).await;
    let mut doctor = world.the(&DOCTOR).await;
    let mut other = world.the(&RA).await;
    let origin = world.configuration.signer_url.clone();
    let page = world.proposes_to_sign(&doctor).await.ok();
    let finish = page.url.join(&page.attribute("data-finish").unwrap()).unwrap();
    let documents = rows::number(world.journal_rows(), "select count(*) from document").await;

    // An officer's passkey, on the right page of the right origin.
    let challenge = challenge_of(&page);
    let theirs = other.passkeys.get("sign.localhost", &origin, &challenge).unwrap().to_json();
    let (status, said) = other.post(&origin, finish.as_str(), &json!({ "credential": theirs })).await;
    assert_eq!(status, 403, "{said}");
    assert!(said["problem_th"].as_str().unwrap().contains("พาสคีย์") && said["problem_en"].is_string(), "{said}");

    // Without the screen lock, in a frame, by another page, for another site: nothing.
    let spoiled: [fn(&mut sims::authenticator::Behaviour); 3] = [
        |behaviour| behaviour.user_verified = false,
        |behaviour| behaviour.user_present = false,
        |behaviour| behaviour.cross_origin = Some(true),
    ];
    for spoil in spoiled {
        let honest = doctor.passkeys.behaviour.clone();
        spoil(&mut doctor.passkeys.behaviour);
        let answer = doctor.passkeys.get("sign.localhost", &origin, &challenge).unwrap().to_json();
        doctor.passkeys.behaviour = honest;
        let (status, said) = doctor.post(&origin, finish.as_str(), &json!({ "credential": answer })).await;
        assert!((400..500).contains(&status), "{status}: {said}");
    }
    assert_eq!(rows::number(world.journal_rows(), "select count(*) from document").await, documents);

    // The right one, once; then the very same again, and for another page.
    let right = json!({ "credential": doctor.answer_of(&page).await });
    let (status, said) = doctor.post(&origin, finish.as_str(), &right).await;
    assert_eq!(status, 200, "{said}");
    let (status, _) = doctor.post(&origin, finish.as_str(), &right).await;
    assert_eq!(status, 410, "a touch counts once");
    let next = world.proposes_to_sign(&doctor).await.ok();
    let elsewhere = next.url.join(&next.attribute("data-finish").unwrap()).unwrap();
    let (status, said) = doctor.post(&origin, elsewhere.as_str(), &right).await;
    assert!((400..500).contains(&status), "{status}: {said}");
    assert_eq!(rows::number(world.journal_rows(), "select count(*) from document").await, documents + 1);

    // Pages that are over, or never were.
    let over = doctor.open(page.url.as_str()).await;
    over.refused(410);
    let never = doctor.open(format!("{origin}/a/{}", "0".repeat(26))).await;
    assert!((400..500).contains(&never.status), "{}", never.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_signer_is_down_pages_say_so() {
    let mut world = World::raise(Engine::Sqlite).await;
    let mut doctor = world.the(&DOCTOR).await;
    let check = world.writes(&doctor, &[]).await.ok();
    let numbers = "select count(*) from document where state = 'prepared'";
    let prepared = rows::number(world.portal_rows(), numbers).await;
    world.stop_signer().await;

    for path in ["/documents", "/certificates"] {
        let thai = doctor.open(world.url(path)).await;
        assert!(thai.refused(503).contains("ระบบลงนาม"), "{path}");
        let english = doctor.open(world.url(&format!("{path}?lang=en"))).await;
        assert_eq!(english.status, 503, "{path}");
        assert!(english.said().contains("signing service cannot be reached"), "{path}: {}", english.said());
        doctor.open(world.url("/?lang=th")).await;
    }
    doctor.submit(&check.form("/sign").unwrap(), &[]).await.refused(503);
    assert_eq!(rows::number(world.portal_rows(), numbers).await, prepared, "nothing half-written");

    // A stranger is not told that a document is genuine by somebody who cannot know.
    let anyone = Visitor::stranger();
    let page = anyone.open(&world.told.verify_url).await;
    assert!(!page.page.html.contains("app-verdict--green"), "{}", page.said());
    assert_ne!(world.verdict_of(&code_of(&world.told.verify_url)).await["tone"], "green");
    let upload = anyone.hand_in(world.url("/verify"), world.bytes("certificate.pdf")).await;
    assert!(!upload.page.html.contains("app-verdict--green"), "{}", upload.said());
    assert_eq!(anyone.open(world.url("/readyz")).await.status, 503);
    assert_eq!(anyone.open(world.url("/healthz")).await.status, 200);
    assert_eq!(anyone.open(world.url("/ocsp/MAA=")).await.status, 503);

    // What was begun goes on afterwards.
    world.start_signer(&[]).await;
    let page = doctor.submit(&check.form("/sign").unwrap(), &[]).await.ok();
    doctor.touch(&page).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_down_pages_say_so() {
    let world = World::raise(Engine::Postgres).await;
    let doctor = world.the(&DOCTOR).await;
    world.lets_portal_reach_its_rows(false).await;
    let thai = doctor.open(world.url("/documents")).await;
    assert!(thai.refused(503).contains("ฐานข้อมูล"));
    let english = doctor.open(world.url("/documents?lang=en")).await;
    assert!(english.status == 503 && english.said().contains("database"), "{}", english.said());
    assert_eq!(doctor.open(world.url("/readyz")).await.status, 503);

    // The journal is another database: a stranger still gets the answer.
    let page = Visitor::stranger().open(&world.told.verify_url).await.ok();
    assert!(page.html.contains("app-verdict--green"), "{}", text(&page));

    world.lets_portal_reach_its_rows(true).await;
    doctor.open(world.url("/documents")).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_sent_back_can_be_corrected() {
    let world = World::raise(Engine::Sqlite).await;
    let (doctor, code, answer) = world.comes_in(&MALI).await;
    answer.ok();
    let mut evidence = world.the(&EVIDENCE).await;
    let wrong = world.records_evidence(&mut evidence, MALI.licence, "AAAA-AAAA").await;
    assert!(wrong.refused(422).contains("รหัสไม่ตรง"), "another passkey's code is noticed");
    world.records_evidence(&mut evidence, MALI.licence, &code).await.ok();
    let request = doctor.open(world.url("/request")).await.ok();
    assert!(!text(&request).contains(&code) && request.link("/signing-passkey/code").is_ok(), "{}", text(&request));
    // Not the doctor, nor a stranger, may look at the officers' pages.
    for path in ["/console/requests", "/console/evidence", "/console/appointments"] {
        doctor.open(world.url(path)).await.refused(403);
        let stranger = Visitor::stranger().open(world.url(path)).await;
        assert!(stranger.page.url.path().starts_with("/login"), "{}", stranger.page.url);
    }

    // Sent back, it waits for an officer who sees the person again; what was recorded and not touched for is
    // no such thing, and the officer is told what is missing.
    let mut ra = world.the(&RA).await;
    let page = world.opens_request(&ra, MALI.licence).await.ok();
    let fields = [("decision", "return"), ("note", "โปรดตรวจเอกสารอีกครั้ง")];
    ra.submit(&page.form("/console/requests/").unwrap(), &fields).await.ok();
    world.lets_a_second_pass().await;
    let form = world.evidence_form(&evidence, MALI.licence).await.ok();
    let seen =
        [("document_seen", "thai_id_card"), ("face_matches", "yes"), ("licence_status", "active"), ("key_code", &code)];
    evidence.submit(&form.form("/console/evidence/").unwrap(), &seen).await.ok();
    let request = doctor.open(world.url("/request")).await.ok();
    assert!(text(&request).contains("คำรับรองด้วยพาสคีย์ของเจ้าหน้าที่"), "{}", text(&request));
    let queue = evidence.open(world.url("/console/evidence")).await.ok();
    assert!(text(&queue).contains("คำรับรองด้วยพาสคีย์ของเจ้าหน้าที่"), "{}", text(&queue));
    assert_eq!(world.issued().await, 1);
    world.lets_a_second_pass().await;
    world.records_evidence(&mut evidence, MALI.licence, &code).await.ok();
    let page = world.proposes_approval(&ra, MALI.licence).await.ok();
    ra.touch(&page).await.ok();
    assert_eq!(world.issued().await, 2);
}
