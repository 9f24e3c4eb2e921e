//! The signer's process ends between "recorded" and "signed": once it runs again there is
//! exactly one signature, exactly one certificate, and the portal shows it.

use rabrong::demo::persons::{DOCTOR, EVIDENCE, RA};
use stories::acts::{Signed, code_shown};
use stories::persons::{MALI, Physician, SOMCHAI};
use stories::{Engine, Visitor, World, rows};

/// Where the signer ends, each time with a document of its own.
const STEPS: [&str; 7] = ["recorded", "sealed", "signed", "stamped", "lifted", "stored", "done"];

#[tokio::test(flavor = "multi_thread")]
async fn signing_on_sqlite() {
    signing(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_on_postgresql() {
    signing(Engine::Postgres).await;
}

async fn signing(engine: Engine) {
    let mut world = World::raise(engine).await;
    let mut doctor = world.the(&DOCTOR).await;
    for (made, step) in STEPS.into_iter().enumerate() {
        let before = i64::try_from(made).unwrap() + 1;
        world.stop_signer().await;
        world.start_signer(&["--stop-at", step]).await;
        let page = world.proposes_to_sign(&doctor).await.ok();
        doctor.touch_in_vain(&page).await;
        world.signer_dies().await;
        world.start_signer(&[]).await;

        let code = code_shown(&page);
        let done = document_done(&world, &doctor, &code).await;
        assert_eq!(world.verdict_of(&code).await["verdict"], "genuine", "{step}");
        assert_eq!(count(&world, "document").await, before + 1, "{step}: one document");
        let facts = "select count(*) from ledger_entry where kind = 'document.signed'";
        assert_eq!(rows::number(world.journal_rows(), facts).await, before + 1, "{step}: one signature");

        let file = world.file("recovered.pdf");
        std::fs::write(&file, doctor.download(&done.file_url).await).unwrap();
        let verdict = world.rabrong(&["verify", "--json", file.to_str().unwrap()]).await;
        assert_eq!(verdict.code, 0, "{step}: {}", verdict.out);
        // The same touch does not make a second one.
        let again = doctor.try_touch(&page).await;
        assert!(again.is_err(), "{step}");
    }
    world.rabrong(&["audit", "verify"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn issuing() {
    let mut world = World::raise(Engine::Sqlite).await;
    for (step, physician) in [("recorded", SOMCHAI), ("signed", MALI)] {
        issued_once(&mut world, step, &physician).await;
    }
}

async fn issued_once(world: &mut World, step: &str, physician: &Physician) {
    let before = world.issued().await;
    let (mut doctor, code, answer) = world.comes_in(physician).await;
    answer.ok();
    let mut evidence = world.the(&EVIDENCE).await;
    world.records_evidence(&mut evidence, physician.licence, &code).await.ok();
    let mut ra = world.the(&RA).await;
    world.stop_signer().await;
    world.start_signer(&["--stop-at", step]).await;
    let page = world.proposes_approval(&ra, physician.licence).await.ok();
    ra.touch_in_vain(&page).await;
    world.signer_dies().await;
    world.start_signer(&[]).await;

    assert_eq!(world.issued().await, before + 1, "{step}: one certificate");
    let states = "select count(*) from certificate where kind = 'doctor' and state <> 'issued'";
    assert_eq!(rows::number(world.journal_rows(), states).await, 0, "{step}: none is left half-made");
    assert_eq!(count(world, "doctor_key").await, before + 1, "{step}: one key");
    // The portal follows the journal though nobody came back from the signer's page.
    let request = doctor.open(world.url("/request")).await.ok();
    assert!(request.link("/documents").is_ok(), "{step}: {}", stories::visitor::text(&request));
    let signed = world.signs(&mut doctor).await;
    assert_eq!(world.verdict_of(&signed.code()).await["verdict"], "genuine", "{step}");
    assert!(ra.try_touch(&page).await.is_err(), "{step}: an approval counts once");
    assert_eq!(world.issued().await, before + 1);
}

/// The page of the document that carries a code, as the portal shows it by itself.
async fn document_done(world: &World, doctor: &Visitor, code: &str) -> Signed {
    let find = format!("select id from document where code = '{code}'");
    let id = rows::text(world.portal_rows(), &find).await;
    let page = doctor.open(world.url(&format!("/documents/{id}/done"))).await.ok();
    stories::acts::signed(&page)
}

async fn count(world: &World, table: &str) -> i64 {
    rows::number(world.journal_rows(), &format!("select count(*) from {table}")).await
}
