//! To deny is quick, to restore needs an officer: the hotline, the council's register, and a
//! hospital that closes.

use std::time::Duration;

use rabrong::demo::browser::Page;
use rabrong::demo::persons::{DOCTOR, RA};
use sims::council::Status;
use stories::acts::code_of;
use stories::judges::Court;
use stories::visitor::text;
use stories::{Engine, Visitor, World};

/// The licence of the demonstration's doctor.
const LICENCE: &str = "12345";

/// How long the register's word may take here, asked each second.
const PATIENCE: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    a_suspended_doctor_waits_for_an_officer(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    a_suspended_doctor_waits_for_an_officer(Engine::Postgres).await;
}

async fn a_suspended_doctor_waits_for_an_officer(engine: Engine) {
    let mut world = World::raise(engine).await;
    a_call_suspends_at_once(&world).await;
    only_an_officer_restores(&world).await;
    a_doctor_suspends_and_cannot_restore(&world).await;
    world.stop_portal().await;
    world.start_portal_with(&[("RABRONG__MEDICAL_COUNCIL__ASK_AGAIN_SECONDS", "1")]).await;
    the_register_suspends_and_its_silence_does_not(&world).await;
    a_hospital_closes(&world).await;
}

fn address(world: &World, act: &str) -> String {
    world.url(&format!("/certificates/{}{act}", world.told.serial))
}

async fn state(world: &World, person: &Visitor) -> serde_json::Value {
    person.json(world.url(&format!("/api/v1/certificates/{}", world.told.serial))).await
}

async fn verdict(world: &World) -> String {
    world.verdict_of(&code_of(&world.told.verify_url)).await["verdict"].as_str().unwrap().to_owned()
}

/// Touches the signer's page and comes back to the portal's.
async fn touches(world: &World, person: &mut Visitor, page: &Page) -> Page {
    let after = person.touch(page).await.ok();
    if after.url.as_str().starts_with(&world.configuration.public_url) {
        return after;
    }
    person.open(after.link("ticket=").unwrap()).await.ok()
}

async fn a_call_suspends_at_once(world: &World) {
    let ra = world.the(&RA).await;
    assert_eq!(verdict(world).await, "genuine");
    let page = ra.open(address(world, "/suspend")).await.ok();
    let form = page.form("/suspend").unwrap();
    let unheard = ra.submit(&form, &[("caller", "มานี ผู้แจ้ง"), ("words", "เครื่องหาย")]).await;
    assert_eq!(unheard.status, 422, "{}", unheard.said());
    let said = [("caller", "มานี ผู้แจ้ง"), ("call_back", "0812345678"), ("words", "เครื่องหายบนรถไฟ")];
    let page = ra.submit(&form, &said).await.ok();
    let words = text(&page);
    for part in ["ระงับชั่วคราว", "มานี ผู้แจ้ง", "0812345678", "เครื่องหายบนรถไฟ"]
    {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert_eq!(verdict(world).await, "suspended");

    // What the caller said is personal: no file of the databases has it in the clear.
    for name in ["portal.db", "portal.db-wal", "journal.db", "journal.db-wal"] {
        let Ok(bytes) = std::fs::read(world.file(name)) else { continue };
        for secret in ["มานี ผู้แจ้ง", "0812345678", "เครื่องหายบนรถไฟ"]
        {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{name}: {secret}");
        }
    }

    let court = Court::sits();
    for name in ["root.pem", "issuing.pem", "doctor.pem"] {
        court.exhibits(name, &world.bytes(name));
    }
    let ask = format!(
        "ocsp -issuer issuing.pem -cert doctor.pem -url {} -CAfile root.pem -verify_other issuing.pem",
        world.numeric_url("/ocsp")
    );
    let said = court.hears("openssl", &ask);
    assert!(said.contains("doctor.pem: revoked") && said.contains("certificateHold"), "{said}");

    let doctor = world.the(&DOCTOR).await;
    let begin = world.form_by_hand(&doctor, "/documents").await;
    doctor.submit(&begin, &[]).await.refused(409);
    // The doctor does not read who called.
    let own = text(&doctor.open(address(world, "")).await.ok());
    assert!(own.contains("ระงับชั่วคราว") && !own.contains("มานี"), "{own}");
}

async fn only_an_officer_restores(world: &World) {
    let doctor = world.the(&DOCTOR).await;
    doctor.open(address(world, "/restore")).await.refused(409);
    let mut ra = world.the(&RA).await;
    let now = state(world, &ra).await;
    assert_eq!((&now["state"], &now["may"]["restore"]), (&"suspended".into(), &true.into()), "{now}");
    let page = ra.open(address(world, "/restore")).await.ok();
    let page = ra.submit(&page.form("/restore").unwrap(), &[]).await.ok();
    let page = touches(world, &mut ra, &page).await;
    assert!(text(&page).contains("คืน"), "{}", text(&page));
    let now = state(world, &ra).await;
    let kinds: Vec<&str> =
        now["revocation"]["history"].as_array().unwrap().iter().filter_map(|step| step["kind"].as_str()).collect();
    assert_eq!((now["state"].as_str().unwrap(), kinds), ("good", vec!["hold", "lift"]), "{now}");
    assert_eq!(verdict(world).await, "genuine");
}

async fn a_doctor_suspends_and_cannot_restore(world: &World) {
    let doctor = world.the(&DOCTOR).await;
    let written = world.writes(&doctor, &[]).await.ok();
    let page = doctor.open(address(world, "/suspend")).await.ok();
    doctor.submit(&page.form("/suspend").unwrap(), &[("words", "เห็นเอกสารที่ไม่ได้ลงนาม")]).await.ok();
    // Who would sign now is told why not, and whom to ask: not to request another certificate.
    let said = doctor.submit(&written.form("/sign").unwrap(), &[]).await.refused(409);
    assert!(said.contains("ถูกระงับชั่วคราว") && said.contains("โปรดติดต่อนายทะเบียน"), "{said}");
    let said = doctor.open(written.url.clone()).await.ok();
    assert!(text(&said).contains("ถูกระงับชั่วคราว"), "{}", text(&said));
    let now = state(world, &doctor).await;
    assert_eq!((&now["state"], &now["may"]["restore"]), (&"suspended".into(), &false.into()), "{now}");
    let forced = world.form_by_hand(&doctor, &format!("/certificates/{}/restore", world.told.serial)).await;
    doctor.submit(&forced, &[]).await.refused(409);
    let mut ra = world.the(&RA).await;
    let page = ra.open(address(world, "/restore")).await.ok();
    let page = ra.submit(&page.form("/restore").unwrap(), &[]).await.ok();
    touches(world, &mut ra, &page).await;
    assert_eq!(verdict(world).await, "genuine");
}

async fn the_register_suspends_and_its_silence_does_not(world: &World) {
    let ra = world.the(&RA).await;
    world.council.fail_next(reqwest::StatusCode::SERVICE_UNAVAILABLE, 25);
    assert!(world.council.set_status(LICENCE, Status::Suspended));
    let queue = world.url("/console/suspensions");
    let mut seen_silent = false;
    let started = tokio::time::Instant::now();
    while verdict(world).await == "genuine" {
        let words = text(&ra.open(&queue).await.ok());
        seen_silent |= words.contains("ตรวจใบอนุญาตไม่ได้ตั้งแต่") || words.contains("ยังตรวจใบอนุญาตซ้ำไม่ได้");
        assert!(started.elapsed() < PATIENCE, "{words}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(seen_silent, "silence is told, and suspends nobody");
    assert_eq!(verdict(world).await, "suspended");
    let words = text(&ra.open(&queue).await.ok());
    assert!(words.contains("แพทยสภาแจ้งว่าใบอนุญาตไม่มีผล"), "{words}");
    let now = state(world, &ra).await;
    assert_eq!(now["revocation"]["history"][4]["source"], "licence_feed", "{now}");

    // The register may take a right away, never give one back.
    assert!(world.council.set_status(LICENCE, Status::Active));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(verdict(world).await, "suspended");
}

async fn a_hospital_closes(world: &World) {
    let mut ra = world.the(&RA).await;
    let page = ra.open(world.url("/console/revocations/check?by=unit&unit=10670")).await.ok();
    assert!(text(&page).contains("จะเพิกถอน 1 ใบ"), "{}", text(&page));
    let mut form = page.form("/console/revocations").unwrap();
    let reason = [("reason", "cessation_of_operation")];
    let page = ra.submit(&form, &reason).await.ok();

    // A list that is not the one looked at is looked at again.
    for (name, value) in &mut form.hidden {
        if name == "count" {
            *value = "2".to_owned();
        }
    }
    let other = ra.submit(&form, &reason).await;
    assert_eq!(other.status, 422);
    assert!(other.said().contains("รายการเปลี่ยนไป"), "{}", other.said());

    let mut page = touches(world, &mut ra, &page).await;
    let started = tokio::time::Instant::now();
    while !text(&page).contains("เพิกถอนแล้ว 1 ใบ") {
        assert!(started.elapsed() < PATIENCE, "{}", text(&page));
        page = ra.open(page.url.clone()).await.ok();
    }
    assert_eq!(state(world, &ra).await["state"], "revoked");

    // Stricter may be said, milder not.
    let page = ra.open(address(world, "/amend")).await.ok();
    let lost = [("reason", "key_compromise"), ("invalid_since", "")];
    let page = ra.submit(&page.form("/amend").unwrap(), &lost).await.ok();
    touches(world, &mut ra, &page).await;
    assert_eq!(verdict(world).await, "key_compromised");
}
