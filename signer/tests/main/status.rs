//! OCSP answers and CRLs, as other people's programs read them: what they say of whom, from when
//! on, and what is not said when it is not known.

use std::time::{Duration, Instant};

use ca::RevocationReason;
use ca::tsp::{HashAlgorithm, Rejection};
use signer::protocol::{Outcome, Refusal};
use signer::protocol::{Request, Response, RevocationState, SuspensionSource};
use signer::step::Steps;
use store::journal::NewCertificate;

use crate::ceremonies::root_acts;
use crate::contents::{document, issue, request, revoke, sign};
use crate::judges::Court;
use crate::place::{Engine, on_both_engines};
use crate::world::{Doctor, World};

on_both_engines!(
    answers_stand_up_to_openssl_and_pkilint,
    a_hold_and_its_lifting_reach_ocsp_and_crl,
    responders_are_renewed_before_they_end,
    a_row_removed_by_hand_makes_nothing_good,
    without_the_crl_before_it_none_is_published,
    a_ca_that_the_root_revoked_signs_nothing_more,
    without_the_journals_word_nothing_is_called_good,
);

/// `OCSPResponse` with nothing but a status (RFC 6960 §4.2.1).
const fn only(status: u8) -> [u8; 5] {
    [0x30, 3, 0x0a, 1, status]
}
const TRY_LATER: [u8; 5] = only(3);
const UNAUTHORIZED: [u8; 5] = only(6);

/// The CRL once it lists the serial number, or once it does not.
pub(crate) async fn list_that(world: &World, list: &str, serial: &str, lists: bool) -> Vec<u8> {
    let began = Instant::now();
    loop {
        let der = world.der(Request::Crl { shard: list.to_owned() }).await;
        let entries = ca::crl::parse(&der).unwrap().entries;
        if entries.iter().any(|entry| entry.serial.to_string() == serial) == lists {
            return der;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "the CRL is late");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn state(world: &World, serial: &str) -> RevocationState {
    match world.ask(Request::RevocationState { serial: serial.to_owned() }).await {
        Ok(Response::RevocationState { state }) => state,
        other => panic!("{other:?}"),
    }
}

/// The doctor's and the CAs' certificates, in PEM.
async fn exhibits(world: &World, doctor: &Doctor) -> Court {
    let court = Court::at(&world.place.folder);
    for name in ["root", "issuing", "issuing-1", "tsa-ca", "tsa"] {
        court.write(&format!("{name}.der"), &world.der(Request::CaCertificate { name: name.to_owned() }).await);
    }
    court.write("doctor.der", &hex::decode(&doctor.certificate.der).unwrap());
    for name in ["root", "issuing", "issuing-1", "tsa-ca", "tsa", "doctor"] {
        court.openssl(&format!("x509 -inform DER -in {name}.der -out {name}.pem"));
    }
    court
}

/// Asks about a certificate of an issuer, has openssl verify the answer and gives what it said.
async fn ask(world: &World, court: &Court, issuer: &str, about: &str, options: &str) -> String {
    court.openssl(&format!("ocsp {options} -issuer {issuer}.pem {about} -reqout request.der"));
    court.write("response.der", &world.ocsp(&court.read("request.der")).await);
    let digest = if options.contains("-sha256") { "-sha256" } else { "" };
    let said = court.openssl(&format!(
        "ocsp -no_nonce {digest} -reqin request.der -respin response.der -issuer {issuer}.pem {about} -CAfile root.pem \
         -verify_other {issuer}.pem -resp_text"
    ));
    assert!(said.contains("Response verify OK"), "{said}");
    said
}

async fn answers_stand_up_to_openssl_and_pkilint(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let court = exhibits(&world, &doctor).await;
    for options in ["", "-no_nonce", "-sha256"] {
        let said = ask(&world, &court, "issuing", "-cert doctor.pem", options).await;
        assert!(said.contains("doctor.pem: good"), "{said}");
        // The nonce it sent is the one that came back: openssl compares them.
        assert!(!said.contains("once in response") && said.contains("Archive Cutoff"), "{said}");
        if let Some(found) = court.judge("lint_ocsp_response", "lint -s WARNING response.der") {
            assert!(found.trim().is_empty(), "{found}");
        }
    }
    // Its own CA answers for the time-stamping unit.
    let said = ask(&world, &court, "tsa-ca", "-cert tsa.pem", "").await;
    assert!(said.contains("tsa.pem: good"), "{said}");

    // Never issued; recorded and not signed; another CA's.
    let recorded = "01".repeat(17);
    record_only(&world, &recorded).await;
    for serial in [&recorded, &"02".repeat(17), &"7f".to_owned()] {
        let said = ask(&world, &court, "issuing", &format!("-serial 0x{serial}"), "").await;
        assert!(said.contains(": unknown"), "{serial}: {said}");
    }
    court.openssl("ocsp -issuer root.pem -cert issuing.pem -reqout request.der");
    assert_eq!(world.ocsp(&court.read("request.der")).await, UNAUTHORIZED, "the root is not on line");

    // From the moment it is revoked.
    let revocation = revoke(&doctor.certificate.serial, "privilege_withdrawn");
    world.activate(&mut staff.ra, revocation).await;
    let said = ask(&world, &court, "issuing", "-cert doctor.pem", "").await;
    // privilegeWithdrawn; this openssl has no word for it.
    assert!(said.contains("doctor.pem: revoked") && said.contains("(0x9)"), "{said}");
    assert!(said.contains("1.3.36.8.3.13"), "CertHash: {said}");
    if let Some(found) = court.judge("lint_ocsp_response", "lint -s WARNING response.der") {
        assert!(found.trim().is_empty(), "{found}");
    }
}

/// A certificate that was recorded by a signer which then died.
async fn record_only(world: &World, serial: &str) {
    let new = NewCertificate {
        serial: serial.to_owned(),
        kind: "doctor".to_owned(),
        issuer: "issuing-1".to_owned(),
        shard: Some(0),
        request_id: None,
        request_sha256: None,
        person_id: None,
        unit_code: None,
        key_id: None,
        spki_sha256: "5a".repeat(32),
        subject_sha256: None,
        tbs: vec![0x30, 0],
        profile_version: "doctor/2".to_owned(),
        details: "{}".to_owned(),
        not_before: 0,
        not_after: i64::MAX,
        recorded_at: store::ids::micros(world.now()),
    };
    let mut tx = world.journal.begin_write().await.unwrap();
    tx.record_certificate(&new).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_hold_and_its_lifting_reach_ocsp_and_crl(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let court = exhibits(&world, &doctor).await;
    let serial = doctor.certificate.serial.clone();
    let before = state(&world, &serial).await;
    assert_eq!((before.revoked, before.crl, before.ocsp_since, before.history.len()), (None, None, None, 0));
    assert!(matches!(world.ask(Request::RevocationState { serial: "01".repeat(17) }).await, Err(Refusal::NotFound)));

    let hold = Request::Suspend {
        serial: serial.clone(),
        source: SuspensionSource::Hotline,
        evidence_sha256: "ab".repeat(32),
    };
    world.ask(hold).await.unwrap();
    let said = ask(&world, &court, "issuing", "-cert doctor.pem", "").await;
    assert!(said.contains("doctor.pem: revoked") && said.contains("certificateHold"), "{said}");
    let held = state(&world, &serial).await;
    assert_eq!(held.revoked.as_ref().unwrap().reason, "certificate_hold");
    assert!(held.ocsp_since.is_some());
    let crl = held.crl.unwrap();
    assert!(crl.number.is_some() != crl.due_by.is_some(), "there, or due: {crl:?}");

    let listed = list_that(&world, "0", &serial, true).await;
    court.write("shard.crl", &listed);
    let text = court.openssl("crl -inform DER -in shard.crl -noout -text -CAfile issuing.pem");
    assert!(text.contains("verify OK") && text.contains("Certificate Hold"), "{text}");
    if let Some(found) = court.judge("lint_crl", "lint -t CRL -p PKIX -s WARNING shard.crl") {
        assert!(found.trim().is_empty(), "{found}");
    }
    let there = state(&world, &serial).await.crl.unwrap();
    assert_eq!((there.number.is_some(), there.due_by, there.list), (true, None, "0".to_owned()));

    let restoration = crate::revocations::restore(&world, &serial).await;
    world.activate(&mut staff.ra, restoration).await;
    let said = ask(&world, &court, "issuing", "-cert doctor.pem", "").await;
    assert!(said.contains("doctor.pem: good"), "{said}");
    let empty = ca::crl::parse(&list_that(&world, "0", &serial, false).await).unwrap();
    assert!(empty.number > ca::crl::parse(&listed).unwrap().number);
    let after = state(&world, &serial).await;
    let kinds: Vec<_> = after.history.iter().map(|step| step.kind.as_str()).collect();
    assert_eq!((after.revoked, kinds), (None, vec!["hold", "lift"]));

    for list in ["tsa", "root"] {
        court.write("other.crl", &world.der(Request::Crl { shard: list.to_owned() }).await);
        let issuer = if list == "tsa" { "tsa-ca" } else { "root" };
        let said = court.openssl(&format!("crl -inform DER -in other.crl -noout -CAfile {issuer}.pem"));
        assert!(said.contains("verify OK"), "{list}: {said}");
    }
}

async fn responders_are_renewed_before_they_end(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let court = exhibits(&world, &doctor).await;
    let made = async |world: &World| {
        let rows = world.journal.begin().await.unwrap().certificates_of_kind("ocsp").await.unwrap();
        assert!(rows.iter().all(|row| row.state == "issued" && row.not_after - row.not_before < 30 * 86_400_000_000));
        rows.len()
    };
    // One for the issuing CA, one for the time-stamping CA.
    assert_eq!(made(&world).await, 2);
    ask(&world, &court, "issuing", "-cert doctor.pem", "").await;
    world.start(Steps::default()).await;
    assert_eq!(made(&world).await, 2, "a new start makes none");
    world.later(time::Duration::days(24));
    world.start(Steps::default()).await;
    assert_eq!(made(&world).await, 4, "within a week of its end the next is made");
    // All have ended: the next question brings a new one, and the list of shards goes on too.
    world.later(time::Duration::days(40));
    court.openssl("ocsp -no_nonce -issuer issuing.pem -cert doctor.pem -reqout request.der");
    let answer = world.ocsp(&court.read("request.der")).await;
    court.write("response.der", &answer);
    let text = court.openssl("ocsp -respin response.der -resp_text -noverify");
    assert!(text.contains("OCSP Response Status: successful"), "{text}");
    assert!((5..=6).contains(&made(&world).await));
    let before = ca::crl::parse(&world.der(Request::Crl { shard: "0".to_owned() }).await).unwrap();
    let began = Instant::now();
    loop {
        let now = ca::crl::parse(&world.der(Request::Crl { shard: "0".to_owned() }).await).unwrap();
        if now.next_update > world.now() {
            assert!(now.number >= before.number);
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "the CRL has ended: {}", now.next_update);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn a_row_removed_by_hand_makes_nothing_good(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let court = exhibits(&world, &doctor).await;
    let serial = doctor.certificate.serial.clone();
    world.activate(&mut staff.ra, revoke(&serial, "key_compromise")).await;
    let listed = ca::crl::parse(&list_that(&world, "0", &serial, true).await).unwrap();

    match world.place.engine {
        Engine::Sqlite => world.sql("drop trigger revocation_event_no_delete").await,
        Engine::Postgres => world.sql("drop trigger revocation_event_no_change on revocation_event").await,
    };
    world.sql(&format!("delete from revocation_event where serial = '{serial}'")).await;
    world.later(time::Duration::hours(7));
    world.start(Steps::default()).await;
    let said = ask(&world, &court, "issuing", "-cert doctor.pem", "").await;
    assert!(said.contains("Cert Status: revoked") && said.contains("keyCompromise"), "{said}");
    assert_eq!(entries(&world, "revocation.missing").await, 1, "the alarm");
    let began = Instant::now();
    loop {
        let next = ca::crl::parse(&world.der(Request::Crl { shard: "0".to_owned() }).await).unwrap();
        assert_eq!(next.entries, listed.entries);
        if next.number > listed.number {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "the next list is late");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn without_the_crl_before_it_none_is_published(mut world: World) {
    let before = ca::crl::parse(&world.der(Request::Crl { shard: "0".to_owned() }).await).unwrap();
    let (trigger, nothing) = match world.place.engine {
        Engine::Sqlite => ("crl_no_change", "x'3000'"),
        Engine::Postgres => ("crl_no_change on crl", "'\\x3000'"),
    };
    world.sql(&format!("drop trigger {trigger}")).await;
    world.sql(&format!("update crl set der = {nothing} where shard = '0'")).await;
    world.later(time::Duration::hours(7));
    world.start(Steps::default()).await;
    let began = Instant::now();
    while entries(&world, "crl.withheld").await == 0 {
        assert!(began.elapsed() < Duration::from_secs(30), "no alarm");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(world.ask(Request::Crl { shard: "0".to_owned() }).await.is_err(), "none that follows on nothing");
    assert_eq!(entries(&world, "crl.withheld").await, 1, "said once");
    // The other lists go on.
    let tsa = ca::crl::parse(&world.der(Request::Crl { shard: "tsa".to_owned() }).await).unwrap();
    assert!(tsa.this_update > before.this_update);
}

/// How many entries of this kind the ledger has.
async fn entries(world: &World, kind: &str) -> usize {
    world.service().with(|core| async move { core.sequence("story").await }).await.unwrap();
    let entries = world.journal.begin().await.unwrap().entries(0, 100_000).await.unwrap();
    entries.into_iter().filter(|entry| entry.content.as_ref().is_some_and(|(entry, _)| entry.kind == kind)).count()
}

async fn a_ca_that_the_root_revoked_signs_nothing_more(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let mut person = world.person();
    world.enrol(&mut person).await;
    let stamp = async |world: &World| {
        world.service().with(|core| async move { core.stamp_digest(HashAlgorithm::Sha256, &[7; 32]).await }).await
    };
    assert!(stamp(&world).await.is_ok());
    let acts = root_acts(&world).await;
    for name in ["issuing-1", "tsa-ca"] {
        acts.revoke_authority(name, RevocationReason::CaCompromise, 365).await.unwrap();
    }
    let paper = sign(&[document(&world, &doctor)]);
    let outcome = world.activate(&mut doctor.person, paper).await;
    assert_eq!(outcome, Outcome::Refused { refusal: Refusal::Terminated });
    let asked = issue(&request(&world, &person, &mut staff.evidence).await);
    let outcome = world.activate(&mut staff.ra, asked).await;
    assert_eq!(outcome, Outcome::Refused { refusal: Refusal::Terminated });
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(stamp(&world).await, Err(Rejection::SystemFailure));
    // Nor does it make a certificate or a key for a service of its own.
    let made = async |world: &World| {
        let mut tx = world.journal.begin().await.unwrap();
        let ocsp = tx.certificates_of_kind("ocsp").await.unwrap().len();
        (ocsp, tx.certificates_of_kind("tsa").await.unwrap().len())
    };
    let before = made(&world).await;
    world.later(time::Duration::days(370));
    world.start(Steps::default()).await;
    assert_eq!(stamp(&world).await, Err(Rejection::SystemFailure));
    assert_eq!(made(&world).await, before);
}

async fn without_the_journals_word_nothing_is_called_good(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let court = exhibits(&world, &doctor).await;
    let said = ask(&world, &court, "issuing", "-cert doctor.pem", "-no_nonce").await;
    assert!(said.contains("doctor.pem: good"), "{said}");
    let request = court.read("request.der");
    world.sql("alter table revocation_event rename to gone").await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(world.ocsp(&request).await, TRY_LATER);
    assert!(matches!(world.ask(Request::RevocationSequence).await, Err(Refusal::JournalUnavailable)));
    world.sql("alter table gone rename to revocation_event").await;
    let said = ask(&world, &court, "issuing", "-cert doctor.pem", "").await;
    assert!(said.contains("doctor.pem: good"), "it resumes by itself: {said}");
    // A token that failed comes back too.
    crate::place::restart_module();
    let began = Instant::now();
    while world.ocsp(&request).await == TRY_LATER {
        assert!(began.elapsed() < Duration::from_secs(20), "the token came back");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let said = ask(&world, &court, "issuing", "-cert doctor.pem", "").await;
    assert!(said.contains("doctor.pem: good"), "{said}");
}
