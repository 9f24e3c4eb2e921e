//! A doctor with a browser and passkeys of their own: from the invitation to a certificate
//! whose QR code a stranger opens.

use rabrong::demo::persons::{EVIDENCE, RA};
use stories::acts::ordinary_answers;
use stories::persons::{MALI, Physician};
use stories::{Chromium, Engine, World, paper};

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    the_whole_path(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    the_whole_path(Engine::Postgres).await;
}

async fn the_whole_path(engine: Engine) {
    let world = World::raise(engine).await;
    let story = match engine {
        Engine::Sqlite => "the-whole-path-sqlite",
        Engine::Postgres => "the-whole-path-postgresql",
    };
    let doctor = Chromium::opens(story).await;

    let key_code = makes_both_passkeys(&world, &doctor, &MALI).await;
    consents_and_says_who(&world, &doctor, &MALI).await;

    // The officers, at browsers of their own.
    let mut evidence = world.the(&EVIDENCE).await;
    world.records_evidence(&mut evidence, MALI.licence, &key_code).await.ok();
    let mut ra = world.the(&RA).await;
    let page = world.proposes_approval(&ra, MALI.licence).await.ok();
    assert!(page.html.contains(&key_code), "the approver sees the code of the passkey");
    ra.touch(&page).await.ok();

    let file_url = signs_a_certificate(&world, &doctor).await;

    // The doctor hands the file over; a stranger holds a camera to the paper.
    let file = world.file("from-the-browser.pdf");
    std::fs::write(&file, downloads(&doctor, &file_url).await).unwrap();
    let link = paper::qr_code(&file);
    assert!(link.starts_with(&world.url("/v/")), "{link}");
    let stranger = Chromium::opens(&format!("{story}-stranger")).await;
    stranger.is_wide(320).await;
    stranger.goes_to(&link).await;
    stranger.takes_a_picture("verify-320").await;
    let verdict = stranger.reads("main").await;
    for expected in ["แพทย์หญิงมะลิ จำลอง", "ว.34567", "โรงพยาบาลขอนแก่น", "สม*** ใจ***"]
    {
        assert!(verdict.contains(expected), "{expected}: {verdict}");
    }
    assert!(stranger.says("document.querySelector('.app-verdict--green') !== null").await == true, "{verdict}");
    assert!(!verdict.contains("สมชาย"), "the patient's name is masked: {verdict}");
    assert!(!stranger.overflows().await, "a phone of 320 pixels shows the verdict whole");

    // Without a way to sign in, the page is all there is: the portal asks for a passkey.
    stranger.goes_to(&world.url("/documents")).await;
    stranger.arrives_at("/login").await;
    stranger.closes().await;
    doctor.closes().await;
}

pub(crate) async fn makes_both_passkeys(world: &World, doctor: &Chromium, physician: &Physician) -> String {
    let link = world.invites("doctor", physician.person.unit, &physician.person.name_th()).await;
    doctor.goes_to(&link).await;
    doctor.takes_a_picture("01-invitation").await;
    doctor.touches("[data-passkey=create]").await;
    doctor.arrives_at(&format!("{}/e/", world.configuration.signer_url)).await;
    doctor.takes_a_picture("02-signing-passkey").await;
    doctor.touches("[data-activate=create]").await;
    doctor.arrives_at("/done").await;
    doctor.takes_a_picture("03-passkey-made").await;
    assert_eq!(doctor.reads(".app-keycode__code").await, "", "before the passkey is asked");
    doctor.touches("[data-activate=get]").await;
    doctor.waits_for("document.querySelector('.app-keycode__code').textContent !== ''").await;
    let code = doctor.reads(".app-keycode__code").await;
    doctor.takes_a_picture("03-key-code").await;
    doctor.presses("a.govuk-button").await;
    doctor.arrives_at(&world.url("/")).await;
    doctor.takes_a_picture("04-tasks").await;
    code.trim().to_owned()
}

pub(crate) async fn consents_and_says_who(world: &World, doctor: &Chromium, physician: &Physician) {
    let Physician { person, licence } = physician;
    doctor.goes_to(&world.url("/consent")).await;
    doctor.says("document.querySelectorAll('[name=purposes]').forEach((box) => box.click())").await;
    doctor.takes_a_picture("05-consent").await;
    doctor.presses("form[action='/consent'] button").await;
    doctor.arrives_at("/identity").await;
    for (name, value) in [
        ("title_th", person.title_th),
        ("given_name_th", person.given_name_th),
        ("surname_th", person.surname_th),
        ("given_name_en", person.given_name_en),
        ("surname_en", person.surname_en),
        ("national_id", person.national_id),
        ("licence", licence),
        ("unit_code", person.unit),
    ] {
        doctor.answers(name, value).await;
    }
    doctor.takes_a_picture("06-identity").await;
    doctor.presses("form[action='/identity'] button.govuk-button").await;
    doctor.arrives_at("/request").await;
    doctor.takes_a_picture("07-request").await;
}

/// Writes, reads the draft, signs; the file's address.
async fn signs_a_certificate(world: &World, doctor: &Chromium) -> String {
    doctor.goes_to(&world.url("/documents")).await;
    doctor.takes_a_picture("08-documents").await;
    doctor.presses("form[action='/documents'] button").await;
    doctor.waits_for("location.pathname.startsWith('/documents/')").await;
    for (name, value) in ordinary_answers().iter().filter(|(_, value)| !value.is_empty()) {
        doctor.answers(name, value).await;
    }
    doctor.takes_a_picture("09-form").await;
    let here = doctor.address().await;
    let draft = world.file("draft.pdf");
    std::fs::write(&draft, downloads(doctor, &format!("{here}/preview.pdf")).await).unwrap();
    assert!(paper::text(&draft).contains("Draft, not signed"), "a draft says that it is one");

    doctor.presses("form[method=post][action^='/documents/'] button.govuk-button").await;
    doctor.arrives_at("/check").await;
    doctor.takes_a_picture("10-check").await;
    doctor.presses("form[action$='/sign'] button").await;
    doctor.arrives_at(&format!("{}/a/", world.configuration.signer_url)).await;
    let shown = doctor.reads("main").await;
    assert!(shown.contains("สมชาย ใจดี") && shown.contains("68.5"), "the signer shows what is signed: {shown}");
    doctor.takes_a_picture("11-signer").await;
    doctor.is_wide(320).await;
    doctor.takes_a_picture("11-signer-320").await;
    assert!(!doctor.overflows().await, "a phone of 320 pixels shows it whole");
    doctor.is_wide(1280).await;
    doctor.touches("[data-activate=get]").await;
    doctor.arrives_at("/done").await;
    doctor.waits_for("document.querySelector(\"a[href*='file.pdf']\") !== null").await;
    doctor.takes_a_picture("12-done").await;
    let address = doctor.says("document.querySelector(\"a[href*='file.pdf']\").href").await;
    address.as_str().unwrap().to_owned()
}

/// A file of the portal, as the browser gets it with its cookies.
async fn downloads(doctor: &Chromium, url: &str) -> Vec<u8> {
    let expression = format!(
        "(async () => {{ const answer = await fetch({}); const bytes = new Uint8Array(await answer.arrayBuffer()); return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''); }})()",
        serde_json::json!(url)
    );
    let bytes = doctor.says(&expression).await;
    hex::decode(bytes.as_str().unwrap()).unwrap()
}
