//! The token answers slowly, wrongly, with errors or not at all: the doctor is told within a bounded time
//! what to do, nothing is handed out or kept that does not verify, everybody else is served, and once the
//! token is well again the document is finished by itself, once.

use std::time::Duration;

use rabrong::demo::persons::{DOCTOR, EVIDENCE, RA};
use stories::acts::{code_of, code_shown};
use stories::misbehaving_module::Misbehaviour;
use stories::persons::{MALI, SOMCHAI};
use stories::tally::Tally;
use stories::{Answer, Engine, MisbehavingModule, Visitor, World, rows};
use tokio::time::Instant;

/// The longest anybody waits for a page.
const BOUND: Duration = Duration::from_secs(25);

/// How soon what was confirmed is finished by itself once the token is well: recovery looks after what
/// was confirmed a minute ago.
const SOON: Duration = Duration::from_secs(100);

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_token_is_waited_for() {
    let (world, module, mut doctor) = behind_the_module().await;
    let before = Tally::of(&world).await;
    let page = world.proposes_to_sign(&doctor).await.ok();
    let code = code_shown(&page);
    module.misbehaves(Misbehaviour::Sleeps(3));
    let told = bounded(doctor.touch(&page)).await;
    assert_eq!(told.status, 200, "{}", told.said());
    is_told_to_wait(&doctor, &told).await;
    others_are_served(&world, &doctor).await;
    // Each signature takes its three seconds, and all of them come.
    is_finished(&world, &code).await;
    module.behaves();
    is_sound(&world, &doctor, before, code).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_never_answers_again_is_given_up() {
    let (world, module, mut doctor) = behind_the_module().await;
    let before = Tally::of(&world).await;
    let page = world.proposes_to_sign(&doctor).await.ok();
    let code = code_shown(&page);
    module.misbehaves(Misbehaviour::Hangs);
    let told = bounded(doctor.touch(&page)).await;
    is_told_to_wait(&doctor, &told).await;
    others_are_served(&world, &doctor).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    others_are_served(&world, &doctor).await;
    before.holds_nothing_of(&world, &code).await;

    // What hangs in the module hangs there for good; what is asked from now on is answered.
    module.behaves();
    is_finished(&world, &code).await;
    is_sound(&world, &doctor, before, code).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_signs_wrongly_is_not_believed() {
    let (mut world, module, mut doctor) = behind_the_module().await;
    let before = Tally::of(&world).await;
    let page = world.proposes_to_sign(&doctor).await.ok();
    let code = code_shown(&page);
    module.misbehaves(Misbehaviour::Lies(1));
    let told = bounded(doctor.touch(&page)).await;
    is_told_to_wait(&doctor, &told).await;
    others_are_served(&world, &doctor).await;
    // Long enough for each key to be asked: checkpoints, too, are signed as the ledger grows.
    tokio::time::sleep(Duration::from_secs(5)).await;
    before.holds_nothing_of(&world, &code).await;
    module.behaves();
    is_finished(&world, &code).await;
    is_sound(&world, &doctor, before, code).await;

    // Now and then is worse: what it signs wrongly stands between what it signs well.
    let before = Tally::of(&world).await;
    module.misbehaves(Misbehaviour::Lies(4));
    let mut codes = Vec::new();
    for _ in 0..6 {
        let page = bounded(world.proposes_to_sign(&doctor)).await.ok();
        codes.push(code_shown(&page));
        let told = bounded(doctor.touch(&page)).await;
        assert!(told.status == 200 || told.status == 503, "{}: {}", told.status, told.said());
    }
    module.behaves();
    for code in &codes {
        is_finished(&world, code).await;
    }
    nothing_waits(&world).await;
    before.grew_by(&world, &doctor, &codes).await;
    world.rabrong(&["audit", "verify"]).await.ok();

    // Nor does anything wrong wait in the journal for the next start.
    world.stop_signer().await;
    world.start_signer(&[]).await;
    world.signs(&mut doctor).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_fails_is_asked_again() {
    let (world, module, mut doctor) = behind_the_module().await;
    for how in [Misbehaviour::Fails, Misbehaviour::UnwrapsNothing] {
        let before = Tally::of(&world).await;
        let page = world.proposes_to_sign(&doctor).await.ok();
        let code = code_shown(&page);
        module.misbehaves(how);
        let told = bounded(doctor.touch(&page)).await;
        is_told_to_wait(&doctor, &told).await;
        others_are_served(&world, &doctor).await;
        before.holds_nothing_of(&world, &code).await;

        // Who does not wait signs the same document again, unless it is recorded already.
        let again = signs_again(&world, &doctor, &code).await;
        module.behaves();
        match how {
            Misbehaviour::Fails => _ = doctor.touch(&again.ok()).await.ok(),
            _ => assert!(again.refused(409).contains("ดำเนินการไปแล้ว"), "{}", again.said()),
        }
        is_finished(&world, &code).await;
        is_sound(&world, &doctor, before, code).await;
    }
}

/// An officer approves meanwhile: no certificate is there that does not verify, and in the end there is one.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_issued_once_the_token_is_well() {
    let (world, module, _) = behind_the_module().await;
    let mut ra = world.the(&RA).await;
    for (physician, how) in [(SOMCHAI, Misbehaviour::Fails), (MALI, Misbehaviour::Lies(1))] {
        let before = issued(&world).await;
        let (mut doctor, code, answer) = world.comes_in(&physician).await;
        answer.ok();
        let mut evidence = world.the(&EVIDENCE).await;
        world.records_evidence(&mut evidence, physician.licence, &code).await.ok();
        let page = world.proposes_approval(&ra, physician.licence).await.ok();
        module.misbehaves(how);
        match bounded(ra.try_touch(&page)).await {
            Ok(told) => assert!(told.status < 500 || told.status == 503, "{how:?}: {}", told.said()),
            Err((status, said)) => assert_eq!(status, 503, "{how:?}: {said}"),
        }
        assert_eq!(issued(&world).await, before, "{how:?}");
        module.behaves();
        // Where the touch was not taken it is given again; where it was, the approval goes on by itself.
        if rows::number(world.journal_rows(), "select count(*) from ticket where state = 'activated'").await == 0 {
            bounded(ra.touch(&page)).await.ok();
        }
        nothing_waits(&world).await;
        assert_eq!(issued(&world).await, before + 1, "{how:?}");
        doctor.open(world.url("/request")).await.ok();
        let signed = world.signs(&mut doctor).await;
        assert_eq!(world.verdict_of(&signed.code()).await["verdict"], "genuine", "{how:?}");
    }
    world.rabrong(&["audit", "verify"]).await.ok();
}

async fn issued(world: &World) -> i64 {
    let sql = "select count(*) from certificate where kind = 'doctor' and state = 'issued'";
    rows::number(world.journal_rows(), sql).await
}

/// A world whose signer reaches its token through the module, and its doctor.
async fn behind_the_module() -> (World, MisbehavingModule, Visitor) {
    let mut world = World::raise(Engine::Sqlite).await;
    let module = MisbehavingModule::before(&world);
    world.stop_signer().await;
    world.start_signer_with(&[], &module.environment()).await;
    let doctor = world.the(&DOCTOR).await;
    (world, module, doctor)
}

/// The doctor asks for the page that signs a document once more.
async fn signs_again(world: &World, doctor: &Visitor, code: &str) -> Answer {
    let check = doctor.open(world.page_of(code, "check").await).await.ok();
    doctor.submit(&check.form("/sign").unwrap(), &[]).await
}

async fn bounded<T>(asked: impl Future<Output = T>) -> T {
    tokio::time::timeout(BOUND, asked).await.expect("an answer within the bound")
}

/// The page after the touch says within the bound that the confirmation is kept and need not be repeated.
async fn is_told_to_wait(doctor: &Visitor, told: &Answer) {
    let begun = Instant::now();
    let mut said = told.clone();
    let page = told.page.url.as_str();
    loop {
        assert!(said.status < 500 || said.status == 503, "{}: {}", said.status, said.said());
        if said.said().contains("ไม่ต้อง") || said.page.html.contains("file.pdf") {
            break;
        }
        assert!(begun.elapsed() < BOUND, "{page}: {}", said.said());
        tokio::time::sleep(Duration::from_secs(1)).await;
        said = bounded(doctor.open(page)).await;
    }
    if !said.page.html.contains("file.pdf") {
        let english = bounded(doctor.open(format!("{page}?lang=en"))).await.said();
        assert!(english.contains("by itself") && english.contains("need not"), "{page}: {english}");
        // Nor does the portal offer to sign what is confirmed already.
        if let Ok(back) = said.page.link("ticket=") {
            let back = bounded(doctor.open(back)).await.ok();
            assert!(stories::visitor::text(&back).contains("ไม่ต้อง"), "{}", stories::visitor::text(&back));
        }
    }
}

/// What needs no signature is there for everybody, whatever the token does.
async fn others_are_served(world: &World, doctor: &Visitor) {
    let anyone = Visitor::stranger();
    assert_eq!(bounded(anyone.open(world.url("/healthz"))).await.status, 200);
    let own = format!("http://{}/healthz", world.configuration.signer.listen);
    assert!(matches!(bounded(anyone.open(own)).await.status, 200 | 503));
    let earlier = code_of(&world.told.verify_url);
    assert_eq!(bounded(world.verdict_of(&earlier)).await["verdict"], "genuine");
    let uploaded = bounded(anyone.hand_in(world.url("/verify"), world.bytes("certificate.pdf"))).await.ok();
    assert!(uploaded.html.contains("app-verdict--green"), "{}", stories::visitor::text(&uploaded));
    bounded(doctor.open(world.url("/documents"))).await.ok();
}

async fn is_finished(world: &World, code: &str) {
    let begun = Instant::now();
    while bounded(world.verdict_of(code)).await["verdict"] != "genuine" {
        assert!(begun.elapsed() < SOON, "{code} is not finished: {}", world.log("signer"));
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// This document came to be since, once, and all that is kept stands up.
async fn is_sound(world: &World, doctor: &Visitor, before: Tally, code: String) {
    nothing_waits(world).await;
    before.grew_by(world, doctor, &[code]).await;
    world.rabrong(&["audit", "verify"]).await.ok();
}

/// Neither a touch that was kept nor a second one is left to be carried out.
async fn nothing_waits(world: &World) {
    let begun = Instant::now();
    while rows::number(world.journal_rows(), "select count(*) from ticket where state = 'activated'").await > 0 {
        assert!(begun.elapsed() < SOON, "a touch waits: {}", world.log("signer"));
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
