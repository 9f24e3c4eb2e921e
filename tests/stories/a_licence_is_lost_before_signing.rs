//! The council suspends a licence, and a second later its doctor goes to sign: one document, many, or a
//! program's digest. Nothing is signed. The register's silence keeps nobody from signing.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rabrong::demo::browser::Page;
use rabrong::demo::persons::{DOCTOR, RA};
use reqwest::StatusCode;
use serde_json::Value;
use sims::council::Status;
use stories::acts::{code_of, signed};
use stories::{Engine, Visitor, World, rows};

use crate::a_day_under_one_touch::ids_of;
use crate::signing_program::{authorize_url, credential, lets_look, registers, switches};

/// The licence of the demonstration's doctor.
const LICENCE: &str = "12345";

/// How long an answer that is five seconds late may take to count.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    a_licence_is_lost(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    a_licence_is_lost(Engine::Postgres).await;
}

async fn a_licence_is_lost(engine: Engine) {
    let world = World::raise(engine).await;
    let mut ra = world.the(&RA).await;
    let mut doctor = world.the(&DOCTOR).await;
    let program = registers(&world, &ra, "ระบบส่งตัวผู้ป่วย", "https://his.example/back").await;
    switches(&world, &mut ra, "allow").await;
    let id = credential(&world, &lets_look(&world, &mut doctor, &program).await.unwrap()).await;
    let check = world.writes(&doctor, &[]).await.ok();
    world.writes(&doctor, &[]).await.ok();
    let list = doctor.open(world.url("/documents/waiting")).await.ok();

    // One document: the certificate was good when the page was opened.
    suspends(&world);
    world.lets_a_second_pass().await;
    let said = doctor.submit(&check.form("/sign").unwrap(), &[]).await.refused(409);
    assert!(said.contains("แพทยสภาแจ้งว่าใบอนุญาตของท่านไม่มีผล") && said.contains("ถูกระงับชั่วคราว"), "{said}");
    it_is_suspended_by_the_register(&world, &ra).await;

    // An officer lifts the suspension too early: the next question suspends again. Many at once.
    restores(&world, &mut ra).await;
    let chosen = ids_of(&list.html);
    assert_eq!(chosen.len(), 2);
    let chosen: Vec<(&str, &str)> = chosen.iter().map(|id| ("document", id.as_str())).collect();
    doctor.submit(&list.form("/documents/waiting/sign").unwrap(), &chosen).await.refused(409);
    it_is_suspended_by_the_register(&world, &ra).await;

    // A program's digest.
    restores(&world, &mut ra).await;
    let hash = BASE64_URL_SAFE_NO_PAD.encode([7; 32]);
    let asked = [("scope", "credential"), ("credentialID", id.as_str()), ("numSignatures", "1"), ("hash", &hash)];
    let page = doctor.open(authorize_url(&world, &program, &asked)).await.ok();
    let form = page.form("/oauth2/authorize/").unwrap();
    let said = doctor.submit(&form, &[("decision", "allow")]).await.refused(409);
    assert!(said.contains("แพทยสภาแจ้งว่าใบอนุญาตของท่านไม่มีผล"), "{said}");
    it_is_suspended_by_the_register(&world, &ra).await;

    let tickets = "select count(*) from proposal where kind like 'sign_%'";
    assert_eq!(rows::number(world.portal_rows(), tickets).await, 1, "only the one that the installation began with");
    for recorded in ["select count(*) - 1 from document", "select count(*) from digest_signature"] {
        assert_eq!(rows::number(world.journal_rows(), recorded).await, 0, "{recorded}");
    }

    a_slow_answer_counts(&world, &mut ra, &mut doctor, &check).await;
    without_consent_nobody_signs(&world, &doctor, &check).await;

    // The register is silent: the doctor signs.
    world.council.fail_next(StatusCode::SERVICE_UNAVAILABLE, 1);
    world.lets_a_second_pass().await;
    let page = doctor.submit(&check.form("/sign").unwrap(), &[]).await.ok();
    let done = signed(&doctor.touch(&page).await.ok());
    assert_eq!(world.verdict_of(&done.code()).await["verdict"], "genuine");
    // For a minute nobody is asked about; the silence is no news of this doctor.
    let before = world.council.times_asked();
    world.signs(&mut doctor).await;
    assert_eq!(world.council.times_asked(), before);
    let known = "select count(*) from licence_check where result = 'unreachable'";
    assert_eq!(rows::number(world.portal_rows(), known).await, 0);
}

/// The doctor goes on after two seconds; what the council says in the end suspends, and the page signs nothing.
async fn a_slow_answer_counts(world: &World, ra: &mut Visitor, doctor: &mut Visitor, check: &Page) {
    restores(world, ra).await;
    let before = world.council.times_asked();
    world.council.delay_next(Duration::from_secs(5), 1);
    let form = check.form("/sign").unwrap();
    // Who presses twice is asked about once.
    let (page, again) = tokio::join!(doctor.submit(&form, &[]), doctor.submit(&form, &[]));
    let page = if page.status == 200 { page.page } else { again.ok() };
    assert_eq!(world.council.times_asked(), before + 1);
    let started = tokio::time::Instant::now();
    while world.verdict_of(&code_of(&world.told.verify_url)).await["verdict"] != "suspended" {
        assert!(started.elapsed() < PATIENCE, "the answer came to nothing");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    it_is_suspended_by_the_register(world, ra).await;
    assert!(doctor.try_touch(&page).await.is_err());
    assert_eq!(rows::number(world.journal_rows(), "select count(*) from document").await, 1);
}

async fn without_consent_nobody_signs(world: &World, doctor: &Visitor, check: &Page) {
    assert!(world.council.set_status(LICENCE, Status::Active));
    restores(world, &mut world.the(&RA).await).await;
    let before = world.council.times_asked();
    let page = doctor.open(world.url("/consent")).await.ok();
    let form = page.form("/consent").unwrap();
    doctor.submit(&form, &[("withdraw", "yes")]).await.ok();
    let said = doctor.submit(&check.form("/sign").unwrap(), &[]).await.refused(409);
    assert!(said.contains("ความยินยอมของท่าน"), "{said}");
    assert_eq!(world.council.times_asked(), before, "nobody is asked about without their consent");
    world.consents(doctor).await;
}

fn suspends(world: &World) {
    assert!(world.council.set_status(LICENCE, Status::Suspended));
}

async fn it_is_suspended_by_the_register(world: &World, ra: &Visitor) {
    let verdict = world.verdict_of(&code_of(&world.told.verify_url)).await;
    assert_eq!(verdict["verdict"], "suspended", "{verdict}");
    let now: Value = ra.json(world.url(&format!("/api/v1/certificates/{}", world.told.serial))).await;
    let last = now["revocation"]["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["kind"], &last["source"]), (&"hold".into(), &"licence_feed".into()), "{now}");
}

async fn restores(world: &World, ra: &mut Visitor) {
    let page = world.proposes_restoration(ra, &world.told.serial).await.ok();
    ra.touch(&page).await.ok();
    let verdict = world.verdict_of(&code_of(&world.told.verify_url)).await;
    assert_eq!(verdict["verdict"], "genuine", "{verdict}");
}
