//! The council suspends a licence, and a second later its doctor goes to sign: one document, many, or a
//! program's digest. Nothing is signed. The register's silence keeps nobody from signing.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rabrong::demo::persons::{DOCTOR, RA};
use reqwest::StatusCode;
use serde_json::Value;
use sims::council::Status;
use stories::acts::{code_of, signed};
use stories::{Engine, Visitor, World, rows};

use crate::a_day_under_one_touch::ids_of;
use crate::signing_program::{
    authorize_url, code_of as code_or_error, credential, lets_look, registers, switches, way_back,
};

/// The licence of the demonstration's doctor.
const LICENCE: &str = "12345";

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
    let said = doctor.submit(&check.form("/sign").unwrap(), &[]).await.refused(409);
    assert!(said.contains("ถูกระงับชั่วคราว") && said.contains("โปรดติดต่อนายทะเบียน"), "{said}");
    it_is_suspended_by_the_register(&world, &ra).await;

    // An officer lifts the suspension too early: the next question suspends again. Many at once.
    restores(&world, &mut ra).await;
    let chosen = ids_of(&list.html);
    assert_eq!(chosen.len(), 2);
    let chosen: Vec<(&str, &str)> = chosen.iter().map(|id| ("document", id.as_str())).collect();
    doctor.submit(&list.form("/documents/waiting/sign").unwrap(), &chosen).await.refused(409);
    it_is_suspended_by_the_register(&world, &ra).await;

    // A program's digest: the program is told that the doctor has no such key.
    restores(&world, &mut ra).await;
    let hash = BASE64_URL_SAFE_NO_PAD.encode([7; 32]);
    let asked = [("scope", "credential"), ("credentialID", id.as_str()), ("numSignatures", "1"), ("hash", &hash)];
    let page = doctor.open(authorize_url(&world, &program, &asked)).await.ok();
    let form = page.form("/oauth2/authorize/").unwrap();
    let page = doctor.submit(&form, &[("decision", "allow")]).await.ok();
    let error = code_or_error(&way_back(&page), &program).unwrap_err();
    assert!(error.contains("error=access_denied"), "{error}");
    it_is_suspended_by_the_register(&world, &ra).await;

    let tickets = "select count(*) from proposal where kind like 'sign_%'";
    assert_eq!(rows::number(world.portal_rows(), tickets).await, 1, "only the one that the installation began with");
    assert_eq!(rows::number(world.journal_rows(), "select count(*) from document").await, 1);

    // Licensed again, and the register silent: the doctor signs.
    assert!(world.council.set_status(LICENCE, Status::Active));
    restores(&world, &mut ra).await;
    world.council.fail_next(StatusCode::SERVICE_UNAVAILABLE, 1);
    let page = doctor.submit(&check.form("/sign").unwrap(), &[]).await.ok();
    let done = signed(&doctor.touch(&page).await.ok());
    assert_eq!(world.verdict_of(&done.code()).await["verdict"], "genuine");
    let last = "select result from licence_check where certificate_serial <> '' order by asked_at desc limit 1";
    assert_eq!(rows::text(world.portal_rows(), last).await, "unreachable");
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
