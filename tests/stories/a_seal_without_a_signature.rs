//! A QR code's seal is made before its document is signed. Whoever has a seal and no signature, or a seal
//! of another document, is shown nothing that could be taken for a certificate.

use std::time::Duration;

use rabrong::demo::persons::{DOCTOR, RA};
use serde_json::Value;
use stories::acts::{code_of, code_shown};
use stories::visitor::text;
use stories::{Chromium, Engine, Visitor, World, paper, rows};

/// Another signer goes on with what one left after a minute.
const LONGEST: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn sealed_and_never_signed_on_sqlite() {
    sealed_and_never_signed(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_and_never_signed_on_postgresql() {
    sealed_and_never_signed(Engine::Postgres).await;
}

/// The signer ends when the seal is made; before another goes on, the certificate is revoked.
async fn sealed_and_never_signed(engine: Engine) {
    let mut world = World::raise(engine).await;
    let second = world.start_two_signers(&["--stop-at", "sealed"]).await;
    let mut doctor = world.the(&DOCTOR).await;
    let page = world.proposes_to_sign(&doctor).await.ok();
    let code = code_shown(&page);
    doctor.touch_in_vain(&page).await;
    world.signer_dies().await;
    world.second_takes_over(&second).await;
    assert_eq!(state_of(&world, &code).await, "recorded");
    it_is_red(&world, &code).await;

    let mut ra = world.the(&RA).await;
    world.revokes(&mut ra, &world.told.serial.clone(), "affiliation_changed", "").await;
    it_is_red(&world, &code).await;
    let started = tokio::time::Instant::now();
    while state_of(&world, &code).await == "recorded" {
        assert!(started.elapsed() < LONGEST, "nobody went on with it");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(state_of(&world, &code).await, "refused");
    it_is_red(&world, &code).await;
    let signed = "select count(*) from ledger_entry where kind = 'document.signed'";
    assert_eq!(rows::number(world.journal_rows(), signed).await, 1, "the installation's own");
    let id = rows::text(world.portal_rows(), &format!("select id from document where code = '{code}'")).await;
    doctor.open(world.url(&format!("/documents/{id}/file.pdf"))).await.refused(404);
    assert!(doctor.try_touch(&page).await.is_err(), "the touch was used");
    world.rabrong(&["audit", "verify"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_under_another_code() {
    let world = World::raise(Engine::Sqlite).await;
    let sealed = paper::qr_code(&world.file("certificate.pdf"));
    let (_, seal) = sealed.split_once('#').expect("a seal");
    let doctor = world.the(&DOCTOR).await;
    let page = world.proposes_to_sign(&doctor).await.ok();
    let code = code_shown(&page);
    let stranger = Chromium::opens("a-seal-under-another-code").await;
    stranger.is_wide(320).await;
    for (code, name) in [(code.as_str(), "prepared"), ("4Q7TRX1MZ0K8WB5N2HDC6YFGJA", "unknown")] {
        stranger.goes_to(&world.url(&format!("/v/{code}#{seal}"))).await;
        stranger.takes_a_picture(name).await;
        let said = stranger.reads("main").await;
        assert!(stranger.says("document.querySelector('.app-verdict--green') === null").await == true, "{said}");
        assert!(!said.contains("สม***"), "nothing of the seal is shown: {said}");
        assert!(!stranger.overflows().await, "a phone of 320 pixels shows it whole");
    }
    // Beside its own code it adds nothing either: the page is the code's.
    let genuine = code_of(&world.told.verify_url);
    stranger.goes_to(&world.url(&format!("/v/{genuine}#{}", seal.replace('a', "b")))).await;
    assert!(stranger.says("document.querySelector('.app-verdict--green') !== null").await == true);
    stranger.closes().await;

    // The very page with its seal, as it was drawn and before anybody signed it; and a draft.
    let signed = world.bytes("certificate.pdf");
    let drawn = signed.windows(6).position(|six| six == b"%%EOF\n").expect("the page's end") + 6;
    std::fs::write(world.file("drawn.pdf"), &signed[..drawn]).unwrap();
    assert_eq!(paper::qr_code(&world.file("drawn.pdf")), sealed);
    let check = world.writes(&doctor, &[]).await.ok();
    let draft = doctor.download(check.link("preview.pdf").expect("a draft")).await;
    for file in [signed[..drawn].to_vec(), draft] {
        let said = Visitor::stranger().hand_in(world.url("/api/v1/verify"), file).await;
        let said: Value = serde_json::from_str(&said.page.html).unwrap();
        assert_eq!(said["verdict"], "no_signature", "{said}");
    }
}

async fn state_of(world: &World, code: &str) -> String {
    rows::text(world.journal_rows(), &format!("select state from document where code = '{code}'")).await
}

async fn it_is_red(world: &World, code: &str) {
    let said = world.verdict_of(code).await;
    assert_eq!(said["tone"], "red", "{said}");
    let page = Visitor::stranger().open(world.url(&format!("/v/{code}"))).await.ok();
    assert!(page.html.contains("app-verdict--red"), "{}", text(&page));
}
