//! Which passkeys may do what, when one is locked, and that nobody else can lock it.

use reqwest::StatusCode;
use signer::protocol::{Operation, Outcome, Refusal};
use sims::authenticator::Behaviour;

use crate::contents::{self, document, revoke, sign};
use crate::people::{Answer, Page};
use crate::place::on_both_engines;
use crate::world::{Doctor, Staff, World};

on_both_engines!(a_passkey_is_locked_by_what_it_made_only, passkeys_that_are_copied_follow_the_policy);

async fn a_passkey_is_locked_by_what_it_made_only(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;

    let page = open(&world, &doctor).await;
    a_stranger_with_the_address_locks_nobody_out(&world, &mut staff, &mut doctor, &page).await;
    let answer = world.answer(&mut doctor.person, &page).await;
    assert!(answer.redirect().is_some(), "{answer:?}");
    a_touch_sent_again_counts_once_or_not_at_all(&world, &mut doctor).await;

    // One of the five is counted already.
    let page = open(&world, &doctor).await;
    for _ in 0..3 {
        let answer = unverified(&world, &mut doctor, &page).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
    }
    let answer = unverified(&world, &mut doctor, &page).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{answer:?}");
    is_locked(&world, &mut doctor, &page).await;
    let counted = world.tally().await;
    assert_eq!((counted["passkey.refused"], counted["passkey.locked"]), (5, 1));

    // The lock ends by itself; without a good touch between, the next is twice as long.
    world.later(time::Duration::minutes(16));
    let page = open(&world, &doctor).await;
    for _ in 0..5 {
        unverified(&world, &mut doctor, &page).await;
    }
    world.later(time::Duration::minutes(16));
    let page = open_locked(&world, &doctor).await;
    assert!(page.html.contains("ถูกล็อกชั่วคราว") && page.attribute("data-options").is_none(), "{}", page.html);
    // A lock denies: what only takes away is done with a locked passkey too.
    let outcome = world.activate(&mut doctor.person, revoke(&doctor.certificate.serial, "key_compromise")).await;
    assert!(matches!(outcome, Outcome::CertificateRevoked { .. }), "{outcome:?}");
    assert_eq!(world.tally().await["passkey.locked"], 2);

    let mut patient = world.doctor(&mut staff).await;
    let page = open(&world, &patient).await;
    for _ in 0..5 {
        unverified(&world, &mut patient, &page).await;
    }
    is_locked(&world, &mut patient, &page).await;
    world.later(time::Duration::minutes(16));
    let outcome = {
        let operation = sign(&[document(&world, &patient)]);
        world.activate(&mut patient.person, operation).await
    };
    assert!(matches!(outcome, Outcome::DocumentsSigned { .. }), "{outcome:?}");
}

async fn a_stranger_with_the_address_locks_nobody_out(
    world: &World,
    staff: &mut Staff,
    doctor: &mut Doctor,
    page: &Page,
) {
    let right = doctor.person.answer(page);
    for place in 0..8 {
        let mut garbage = right.clone();
        garbage.signature[10 + place] ^= 1;
        assert!(world.browser.post(&page.finish(), garbage.to_json()).await.redirect().is_none());
        // Somebody else's touch under the doctor's name.
        let mut named = staff.ra.passkeys.get("sign.localhost", &page.origin, &page.challenge()).unwrap();
        named.credential_id.clone_from(&right.credential_id);
        assert!(world.browser.post(&page.finish(), named.to_json()).await.redirect().is_none());
    }
    assert_eq!(world.tally().await.get("passkey.refused"), None);
}

async fn a_touch_sent_again_counts_once_or_not_at_all(world: &World, doctor: &mut Doctor) {
    let page = open(world, doctor).await;
    let good = doctor.person.answer(&page).to_json();
    assert!(world.browser.post(&page.finish(), good.clone()).await.redirect().is_some());
    let page = open(world, doctor).await;
    doctor.person.passkeys.behaviour.user_verified = false;
    let bad = doctor.person.answer(&page);
    doctor.person.passkeys.behaviour.user_verified = true;
    for _ in 0..8 {
        let answer = world.browser.post(&page.finish(), good.clone()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        let answer = world.browser.post(&page.finish(), bad.to_json()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
    }
    assert_eq!(world.tally().await["passkey.refused"], 1);
}

/// Also for the right touch.
async fn is_locked(world: &World, doctor: &mut Doctor, page: &Page) {
    let answer = world.answer(&mut doctor.person, page).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{answer:?}");
    assert!(answer.body["problem_en"].as_str().unwrap().contains("locked until"), "{answer:?}");
}

async fn passkeys_that_are_copied_follow_the_policy(mut world: World) {
    let mut staff = world.staff().await;
    let synced = Behaviour { backup_eligible: true, backup_state: true, counts: false, ..Behaviour::default() };

    // An officer's stays on its device: refused before anybody is asked for a touch.
    let mut officer = world.person();
    officer.passkeys.behaviour = synced.clone();
    world.enrol(&mut officer).await;
    let appointment = contents::appointment(&world, &officer, "ra_officer", contents::NEIGHBOUR);
    let said = world.propose(&staff.province, appointment).await;
    assert_eq!(said.unwrap_err(), Refusal::PasskeyNotAllowed);

    // A doctor's may be copied, and its counter stays at nought.
    let mut person = world.person();
    person.passkeys.behaviour = synced;
    world.enrol(&mut person).await;
    let request = contents::issue(&contents::request(&world, &person, &mut staff.evidence).await);
    let Outcome::CertificateIssued { certificate, .. } = world.activate(&mut staff.ra, request).await else {
        panic!("issued")
    };
    let mut doctor = Doctor { person, certificate };
    for _ in 0..2 {
        let operation = sign(&[document(&world, &doctor)]);
        let outcome = world.activate(&mut doctor.person, operation).await;
        assert!(matches!(outcome, Outcome::DocumentsSigned { .. }), "{outcome:?}");
    }
    // No longer copied, it says so; what it is cannot change.
    doctor.person.passkeys.behaviour.backup_state = false;
    let operation = sign(&[document(&world, &doctor)]);
    assert!(matches!(world.activate(&mut doctor.person, operation).await, Outcome::DocumentsSigned { .. }));
    doctor.person.passkeys.behaviour.backup_eligible = false;
    let page = open(&world, &doctor).await;
    let answer = world.answer(&mut doctor.person, &page).await;
    assert!(answer.body["problem_en"].as_str().unwrap().contains("not as it was enrolled"), "{answer:?}");
    // A counter that begins is a counter.
    doctor.person.passkeys.behaviour = Behaviour { backup_eligible: true, counts: true, ..Behaviour::default() };
    let answer = world.answer(&mut doctor.person, &page).await;
    assert!(answer.redirect().is_some(), "{answer:?}");
    doctor.person.passkeys.behaviour.counts = false;
    let page = open(&world, &doctor).await;
    let answer = world.answer(&mut doctor.person, &page).await;
    assert!(answer.body["problem_en"].as_str().unwrap().contains("a copy of this passkey"), "{answer:?}");
    let noted: Vec<(i64, i64, String)> = noted(&world, &doctor).await;
    let level = || "2.2".to_owned();
    assert_eq!(noted, [(1, 1, level()), (1, 1, level()), (1, 0, level()), (1, 0, level())]);
}

/// Flags and level of each touch of a doctor, in order, as the ledger has them.
async fn noted(world: &World, doctor: &Doctor) -> Vec<(i64, i64, String)> {
    world.service().with(|core| async move { core.sequence("story").await }).await.unwrap();
    let entries = world.journal.begin().await.unwrap().entries(0, 100_000).await.unwrap();
    let said = entries.into_iter().filter_map(|entry| entry.content).map(|(said, _)| said);
    said.filter(|said| said.kind == "operation.activated")
        .map(|said| serde_json::from_str::<serde_json::Value>(&said.payload).unwrap())
        .filter(|payload| payload["person"] == doctor.person.id.as_str())
        .map(|payload| {
            let flag = |name: &str| payload[name].as_i64().unwrap();
            (flag("backup_eligible"), flag("backup_state"), payload["assurance"].as_str().unwrap().to_owned())
        })
        .collect()
}

async fn unverified(world: &World, doctor: &mut Doctor, page: &Page) -> Answer {
    doctor.person.passkeys.behaviour.user_verified = false;
    let answer = world.answer(&mut doctor.person, page).await;
    doctor.person.passkeys.behaviour.user_verified = true;
    assert!(answer.redirect().is_none(), "{answer:?}");
    answer
}

async fn open(world: &World, doctor: &Doctor) -> Page {
    let page = open_locked(world, doctor).await;
    assert!(page.attribute("data-options").is_some(), "{}", page.html);
    page
}

async fn open_locked(world: &World, doctor: &Doctor) -> Page {
    let operation: Operation = sign(&[document(world, doctor)]);
    let shown = world.propose(&doctor.person, operation).await.unwrap();
    world.browser.open(&shown.url).await
}
