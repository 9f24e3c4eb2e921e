//! A certificate that ends is known to have ended, everywhere and at once.

use std::time::Duration;

use rabrong::demo::persons::{DOCTOR, RA};
use stories::acts::code_of;
use stories::judges::Court;
use stories::persons::SOMCHAI;
use stories::{Engine, World};

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    revocation_is_seen_within_a_second(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    revocation_is_seen_within_a_second(Engine::Postgres).await;
}

async fn revocation_is_seen_within_a_second(engine: Engine) {
    let world = World::raise(engine).await;
    let mut doctor = world.the(&DOCTOR).await;
    let begun = world.proposes_to_sign(&doctor).await.ok();
    let draft = world.writes(&doctor, &[]).await.ok();
    world.lets_a_second_pass().await;

    a_doctor_who_left_is_revoked(&world).await;

    // Neither a page that was open nor a draft that was ready leads to a signature any more.
    let (status, said) = doctor.try_touch(&begun).await.unwrap_err();
    assert!((400..500).contains(&status), "{status}: {said}");
    assert!(said["problem_th"].is_string() && said["problem_en"].is_string(), "{said}");
    let refused = doctor.submit(&draft.form("/sign").unwrap(), &[]).await;
    let words = refused.refused(409);
    assert!(words.contains("ใบรับรอง"), "{words}");
    let begin = world.form_by_hand(&doctor, "/documents").await;
    doctor.submit(&begin, &[]).await.refused(409);

    a_stolen_passkey_makes_what_was_signed_doubtful(&world).await;
}

async fn a_doctor_who_left_is_revoked(world: &World) {
    let code = code_of(&world.told.verify_url);
    assert_eq!(world.verdict_of(&code).await["tone"], "green");
    let mut ra = world.the(&RA).await;
    let page = world.proposes_revocation(&ra, &world.told.serial, "affiliation_changed", "").await.ok();
    ra.touch(&page).await.ok();

    let court = Court::sits();
    for name in ["root.pem", "issuing.pem", "doctor.pem"] {
        court.exhibits(name, &world.bytes(name));
    }
    let ask = format!(
        "ocsp -issuer issuing.pem -cert doctor.pem -url {} -CAfile root.pem -verify_other issuing.pem",
        world.numeric_url("/ocsp")
    );
    let started = tokio::time::Instant::now();
    loop {
        let asked = started.elapsed();
        let said = court.hears("openssl", &ask);
        if said.contains("doctor.pem: revoked") {
            assert!(said.contains("affiliationChanged"), "{said}");
            break;
        }
        assert!(asked < Duration::from_secs(1), "OCSP after {asked:?}: {said}");
    }

    let verdict = world.verdict_of(&code).await;
    assert_eq!((&verdict["verdict"], &verdict["tone"]), (&"signed_then_revoked".into(), &"amber".into()), "{verdict}");
    let page = stories::Visitor::stranger().open(&world.told.verify_url).await.ok();
    assert!(page.html.contains("app-verdict--amber"), "{}", stories::visitor::text(&page));

    // The list of the shard says so within a minute, and openssl believes it.
    let doctor = court.hears("openssl", "x509 -in doctor.pem -noout -ext crlDistributionPoints");
    let (_, shard) = doctor.trim().rsplit_once('/').expect("a shard's address");
    let listed = world.told.serial.trim_start_matches('0').to_uppercase();
    for attempt in 0.. {
        let crl = stories::Visitor::stranger().download(world.url(&format!("/crl/{shard}"))).await;
        court.exhibits("shard.crl", &crl);
        if court.hears("openssl", "crl -inform DER -in shard.crl -noout -text").to_uppercase().contains(&listed) {
            break;
        }
        // At the latest a minute after it was revoked.
        assert!(attempt < 50, "the list of the shard does not say so");
        world.lets_a_second_pass().await;
    }
}

async fn a_stolen_passkey_makes_what_was_signed_doubtful(world: &World) {
    let mut doctor = world.certified(&SOMCHAI).await;
    let signed = world.signs(&mut doctor).await;
    assert_eq!(world.verdict_of(&signed.code()).await["tone"], "green");
    let serial = world.revocable(&doctor).await.remove(0);
    world.revokes(&mut doctor, &serial, "key_compromise", &stories::acts::today()).await;
    let verdict = world.verdict_of(&signed.code()).await;
    assert_eq!((&verdict["verdict"], &verdict["tone"]), (&"key_compromised".into(), &"red".into()), "{verdict}");
    // Once is enough.
    let again = doctor.open(world.url(&format!("/certificates/{serial}/revoke"))).await;
    again.refused(409);
}
