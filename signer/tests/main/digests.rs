//! Digests that others made: off until an officer allows it, one signature each, and only by the
//! doctor's own touch for those very digests.

use sha2::{Digest, Sha256};
use signer::protocol::{
    DigestSigning, DigestSwitch, LabelledDigest, Operation, Outcome, Refusal, Request, Response, SignedDigest,
};
use signer::step::{Step, Steps};

use crate::contents::{FAR_HOSPITAL, HOSPITAL, NEIGHBOUR, revoke};
use crate::crashes::{killed_at, recover};
use crate::judges::Court;
use crate::people::Person;
use crate::place::{Engine, on_both_engines};
use crate::world::{Doctor, World};

on_both_engines!(
    a_doctor_signs_digests_once_an_officer_allows_it,
    what_digests_are_refused,
    killed_while_signing_digests_it_signs_once,
    a_row_alone_allows_nothing,
    who_may_sign_no_more_signs_no_digest_either,
);

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn asked(doctor: &Doctor, texts: &[&str]) -> DigestSigning {
    DigestSigning {
        unit_code: HOSPITAL.to_owned(),
        client: "ระบบเวชระเบียน HIS".to_owned(),
        certificate_serial: doctor.certificate.serial.clone(),
        digests: texts
            .iter()
            .map(|text| LabelledDigest { sha256: sha256(text), label: format!("{text}.pdf") })
            .collect(),
    }
}

fn digests(signing: &DigestSigning) -> Operation {
    Operation::SignDigests { signing: signing.clone() }
}

fn switch(unit: &str, allow: bool) -> Operation {
    Operation::SwitchDigests { switch: DigestSwitch { unit_code: unit.to_owned(), allow } }
}

async fn switches(world: &World, officer: &mut Person, allow: bool) {
    let outcome = world.activate(officer, switch(HOSPITAL, allow)).await;
    let expected = DigestSwitch { unit_code: HOSPITAL.to_owned(), allow };
    assert_eq!(outcome, Outcome::DigestsSwitched { switch: expected });
}

async fn allowed(world: &World, unit: &str) -> bool {
    match world.ask(Request::DigestsAllowed { unit_code: unit.to_owned() }).await {
        Ok(Response::DigestsAllowed { allowed }) => allowed,
        other => panic!("{other:?}"),
    }
}

fn signed(outcome: Outcome) -> Vec<SignedDigest> {
    match outcome {
        Outcome::DigestsSigned { digests } => digests,
        other => panic!("{other:?}"),
    }
}

/// OpenSSL says that the certificate's key signed the text.
fn openssl_agrees(court: &Court, doctor: &Doctor, text: &str, signature: &SignedDigest) {
    assert_eq!(signature.sha256, sha256(text));
    court.write("doctor.der", &hex::decode(&doctor.certificate.der).unwrap());
    court.write("text", text.as_bytes());
    court.write("signature", &hex::decode(&signature.signature).unwrap());
    let key = court.openssl("x509 -inform DER -in doctor.der -noout -pubkey");
    court.write("doctor.pub", key.as_bytes());
    let said = court.openssl("dgst -sha256 -verify doctor.pub -signature signature text");
    assert!(said.contains("Verified OK"), "{said}");
}

async fn a_doctor_signs_digests_once_an_officer_allows_it(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let court = Court::at(&world.place.folder);
    let signing = asked(&doctor, &["one", "two"]);
    assert_eq!(world.propose(&doctor.person, digests(&signing)).await.unwrap_err(), Refusal::DigestsNotAllowed);
    assert!(!allowed(&world, HOSPITAL).await);

    let waiting = world.propose(&staff.ra, switch(HOSPITAL, true)).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    assert!(page.html.contains("โรงพยาบาลขอนแก่น"), "{}", page.html);
    switches(&world, &mut staff.ra, true).await;
    assert_eq!(world.propose(&staff.ra, switch(HOSPITAL, true)).await.unwrap_err(), Refusal::AlreadyDone);
    assert!(allowed(&world, HOSPITAL).await && !allowed(&world, NEIGHBOUR).await);

    let waiting = world.propose(&doctor.person, digests(&signing)).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    let name = format!("{}{}", doctor.certificate.title_th, doctor.certificate.name_th);
    let shown = signing.digests[1].sha256.as_bytes().chunks(8).map(|part| String::from_utf8_lossy(part).into_owned());
    let shown = shown.collect::<Vec<_>>().join(" ");
    for part in ["เนื้อหาที่ลงนามไม่ผ่านระบบนี้", &signing.client, "two.pdf", &shown, &name, "โรงพยาบาลขอนแก่น"]
    {
        assert!(page.html.contains(part), "{part}: {}", page.html);
    }
    let english = world.browser.open(&format!("{}?lang=en", waiting.url)).await;
    assert!(english.html.contains("Content not seen by this service"), "{}", english.html);
    let answer = world.touch(&mut doctor.person, &waiting).await;
    assert!(answer.redirect().is_some(), "{answer:?}");
    let first = signed(world.outcome(&waiting).await);
    for (text, signature) in ["one", "two"].into_iter().zip(&first) {
        openssl_agrees(&court, &doctor, text, signature);
    }
    // Asked again, with another beside it: what was signed is given again, not signed again.
    let more = digests(&asked(&doctor, &["three", "two"]));
    let again = signed(world.activate(&mut doctor.person, more).await);
    assert_eq!(again[1], first[1]);
    openssl_agrees(&court, &doctor, "three", &again[0]);
    let tally = world.tally().await;
    assert_eq!((tally["digests.switched"], tally["digests.recorded"], tally["digests.signed"]), (1, 2, 2));
    assert_eq!(tally.get("document.recorded"), None);
}

async fn what_digests_are_refused(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let other = world.doctor(&mut staff).await;
    for officer in [&staff.evidence, &doctor.person] {
        assert_eq!(world.propose(officer, switch(HOSPITAL, true)).await.unwrap_err(), Refusal::NoAuthority);
    }
    assert_eq!(world.propose(&staff.ra, switch(FAR_HOSPITAL, true)).await.unwrap_err(), Refusal::NoAuthority);
    // The level above may, and for this unit alone.
    switches(&world, &mut staff.province, true).await;
    let before = world.tally().await;

    let good = asked(&doctor, &["one"]);
    assert!(world.propose(&doctor.person, digests(&good)).await.is_ok());
    assert_eq!(world.propose(&other.person, digests(&good)).await.unwrap_err(), Refusal::NotYourPasskey);
    assert_eq!(world.propose(&staff.ra, digests(&good)).await.unwrap_err(), Refusal::NotYourPasskey);
    let nobody = DigestSigning { certificate_serial: "01".repeat(17), ..good.clone() };
    assert_eq!(world.propose(&doctor.person, digests(&nobody)).await.unwrap_err(), Refusal::NoCertificate);
    let (none, many): (Vec<LabelledDigest>, Vec<LabelledDigest>) =
        (vec![], (0..501).map(|n| LabelledDigest { sha256: sha256(&n.to_string()), label: String::new() }).collect());
    for digests_of in [none, many.clone()] {
        let wrong = DigestSigning { digests: digests_of, ..good.clone() };
        assert!(matches!(world.propose(&doctor.person, digests(&wrong)).await, Err(Refusal::Malformed { .. })));
    }
    let most = DigestSigning { digests: many[..500].to_vec(), ..good.clone() };
    assert!(world.propose(&doctor.person, digests(&most)).await.is_ok());
    let labelled = |sha256: &str, label: &str| DigestSigning {
        digests: vec![LabelledDigest { sha256: sha256.to_owned(), label: label.to_owned() }],
        ..good.clone()
    };
    let digest = sha256("one");
    let wrong = [
        ("another unit", DigestSigning { unit_code: NEIGHBOUR.to_owned(), ..good.clone() }),
        ("no name", DigestSigning { client: " ".to_owned(), ..good.clone() }),
        ("a long name", DigestSigning { client: "ก".repeat(81), ..good.clone() }),
        ("a turned name", DigestSigning { client: "HIS\u{202e}".to_owned(), ..good.clone() }),
        ("twice", DigestSigning { digests: [good.digests.clone(), good.digests.clone()].concat(), ..good.clone() }),
        ("short", labelled(&digest[1..], "")),
        ("capitals", labelled(&digest.to_uppercase(), "")),
        ("no digest", labelled(&"g".repeat(64), "")),
        ("NUL", labelled(&digest, "a\u{0}")),
        ("lines", labelled(&digest, "a\nb")),
        ("a long label", labelled(&digest, &"ก".repeat(201))),
    ];
    for (what, signing) in wrong {
        let refused = world.propose(&doctor.person, digests(&signing)).await;
        assert!(matches!(refused, Err(Refusal::ContentInvalid { .. })), "{what}: {refused:?}");
    }
    assert_eq!(world.tally().await, before);
}

async fn killed_while_signing_digests_it_signs_once(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    switches(&world, &mut staff.ra, true).await;
    let court = Court::at(&world.place.folder);
    for (number, step) in Step::ALL.into_iter().enumerate() {
        world.start(killed_at(step, 1)).await;
        let text = step.name();
        let waiting = world.propose(&doctor.person, digests(&asked(&doctor, &[text, "also"]))).await.unwrap();
        world.touch(&mut doctor.person, &waiting).await;
        assert_eq!(world.outcome(&waiting).await, Outcome::Working, "{step:?}");
        let mut tx = world.journal.begin().await.unwrap();
        let row = tx.digest_signature(&doctor.certificate.serial, &sha256(text)).await.unwrap();
        drop(tx);
        assert_eq!(row.is_some(), step != Step::Recorded, "{step:?}");
        let stored = row.and_then(|row| row.signature).map(hex::encode);
        assert_eq!(stored.is_some(), matches!(step, Step::Stored | Step::Done), "{step:?}");

        world.start(Steps::default()).await;
        assert_eq!(recover(&world).await, 1, "{step:?}");
        let given = signed(world.outcome(&waiting).await);
        openssl_agrees(&court, &doctor, text, &given[0]);
        openssl_agrees(&court, &doctor, "also", &given[1]);
        assert!(stored.is_none_or(|stored| stored == given[0].signature), "{step:?}: the one stored");
        assert_eq!(recover(&world).await, 0);
        let tally = world.tally().await;
        assert_eq!((tally["digests.recorded"], tally["digests.signed"]), (number + 1, number + 1), "{step:?}");
    }
    // The switch too is carried out once.
    world.start(killed_at(Step::Recorded, 1)).await;
    let waiting = world.propose(&staff.ra, switch(HOSPITAL, false)).await.unwrap();
    world.touch(&mut staff.ra, &waiting).await;
    world.start(Steps::default()).await;
    assert_eq!((recover(&world).await, recover(&world).await), (1, 0));
    assert!(!allowed(&world, HOSPITAL).await);
    assert_eq!(world.tally().await["digests.switched"], 2);
}

async fn a_row_alone_allows_nothing(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let signing = asked(&doctor, &["one"]);
    // Who owns the journal's database writes a row, or turns one that says no.
    let bytes = if world.place.engine == Engine::Sqlite { "blob" } else { "bytea" };
    world
        .sql(&format!(
            "insert into digest_permission (unit_code, version, allowed, statement, signature, at) \
             values ('{HOSPITAL}', 1, 1, '{{\"statement\":\"digest_permission\",\"unit_code\":\"{HOSPITAL}\",\
             \"allowed\":true,\"version\":1,\"by\":\"x\",\"at\":\"2026-01-01T00:00:00Z\"}}', cast('00' as {bytes}), 5)"
        ))
        .await;
    assert!(!allowed(&world, HOSPITAL).await);
    assert_eq!(world.propose(&doctor.person, digests(&signing)).await.unwrap_err(), Refusal::DigestsNotAllowed);
    switches(&world, &mut staff.ra, true).await;
    switches(&world, &mut staff.ra, false).await;
    world.unlock("digest_permission").await;
    world.sql("update digest_permission set allowed = 1").await;
    assert!(!allowed(&world, HOSPITAL).await);
    // The yes of before under a higher number, or for another unit.
    let copied = |unit: &str, version: i64| {
        format!(
            "insert into digest_permission (unit_code, version, allowed, statement, signature, at) \
             select '{unit}', {version}, 1, statement, signature, at from digest_permission where version = 2"
        )
    };
    for (unit, version) in [(HOSPITAL, 4), (NEIGHBOUR, 2)] {
        world.sql(&copied(unit, version)).await;
        assert!(!allowed(&world, unit).await, "{unit} {version}");
    }
    assert_eq!(world.propose(&doctor.person, digests(&signing)).await.unwrap_err(), Refusal::DigestsNotAllowed);
    // The rows of before the officer switched it off.
    match world.place.engine {
        Engine::Sqlite => world.sql("drop trigger digest_permission_no_delete").await,
        Engine::Postgres => 0,
    };
    assert_eq!(world.sql("delete from digest_permission where version > 2").await, 2);
    assert!(!allowed(&world, HOSPITAL).await);

    // Another digest in the row that was recorded is not what was touched.
    switches(&world, &mut staff.ra, true).await;
    world.start(killed_at(Step::Sealed, 1)).await;
    let waiting = world.propose(&doctor.person, digests(&signing)).await.unwrap();
    world.touch(&mut doctor.person, &waiting).await;
    world.unlock("digest_signature").await;
    assert_eq!(world.sql(&format!("update digest_signature set digest = '{}'", sha256("another"))).await, 1);
    world.start(Steps::default()).await;
    recover(&world).await;
    let given = signed(world.outcome(&waiting).await);
    openssl_agrees(&Court::at(&world.place.folder), &doctor, "one", &given[0]);
    let mut tx = world.journal.begin().await.unwrap();
    let other = tx.digest_signature(&doctor.certificate.serial, &sha256("another")).await.unwrap().unwrap();
    assert_eq!((other.state.as_str(), other.signature), ("recorded", None));
}

async fn who_may_sign_no_more_signs_no_digest_either(mut world: World) {
    let mut staff = world.staff().await;
    switches(&world, &mut staff.ra, true).await;
    let [mut switched, mut revoked, mut late] =
        [world.doctor(&mut staff).await, world.doctor(&mut staff).await, world.doctor(&mut staff).await];

    // Between the page and the touch.
    let waiting = world.propose(&switched.person, digests(&asked(&switched, &["one"]))).await.unwrap();
    switches(&world, &mut staff.ra, false).await;
    let answer = world.touch(&mut switched.person, &waiting).await;
    assert_eq!((answer.status.as_u16(), world.outcome(&waiting).await), (403, Outcome::Waiting));
    switches(&world, &mut staff.ra, true).await;

    // Between the touch and the key.
    for (number, doctor) in [&mut revoked, &mut late].into_iter().enumerate() {
        world.start(killed_at(Step::Sealed, 1)).await;
        let waiting = world.propose(&doctor.person, digests(&asked(doctor, &["one"]))).await.unwrap();
        world.touch(&mut doctor.person, &waiting).await;
        world.start(Steps::default()).await;
        let refusal = if number == 0 {
            let outcome =
                world.activate(&mut doctor.person, revoke(&doctor.certificate.serial, "key_compromise")).await;
            assert!(matches!(outcome, Outcome::CertificateRevoked { .. }), "{outcome:?}");
            Refusal::CertificateRevoked
        } else {
            switches(&world, &mut staff.ra, false).await;
            Refusal::DigestsNotAllowed
        };
        recover(&world).await;
        assert_eq!(world.outcome(&waiting).await, Outcome::Refused { refusal: refusal.clone() });
        let again = world.propose(&doctor.person, digests(&asked(doctor, &["one"]))).await;
        assert_eq!(again.unwrap_err(), refusal);
    }
    assert_eq!(world.tally().await.get("digests.signed"), None);
    switches(&world, &mut staff.ra, true).await;
    world.later(time::Duration::days(400));
    let refused = world.propose(&switched.person, digests(&asked(&switched, &["one"]))).await;
    assert_eq!(refused.unwrap_err(), Refusal::CertificateExpired);
}
