//! Only the doctor's own touch, on the page of this content, signs; and it signs once.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde_json::json;
use signer::protocol::{Operation, Outcome, Refusal, Request};
use sims::authenticator::{Behaviour, SoftAuthenticator};

use crate::contents::{self, document, issue, request, sign};
use crate::people::{Answer, Page};
use crate::place::on_both_engines;
use crate::revocations::{hold, restore};
use crate::standing::{another_phone, replacement};
use crate::world::{Doctor, Staff, Waiting, World};

on_both_engines!(
    only_the_doctors_own_touch_on_this_page_signs,
    an_officers_phone_without_its_pin_brings_about_nothing,
    one_document_is_signed_once,
);

async fn only_the_doctors_own_touch_on_this_page_signs(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let shown = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    let other = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    let (page, elsewhere) = (world.browser.open(&shown.url).await, world.browser.open(&other.url).await);
    // Each with a passkey of their own: a few that are refused, and it is locked.
    let (mut astray, mut unverified) = (world.doctor(&mut staff).await, world.doctor(&mut staff).await);
    let before = done(&world).await;

    a_touch_for_another_page_is_refused(&world, &mut doctor, &page, &elsewhere).await;
    let for_astray = open(&world, &astray).await;
    a_touch_at_another_origin_or_for_another_relying_party_is_refused(&world, &mut astray, &for_astray).await;
    let for_unverified = open(&world, &unverified).await;
    an_authenticator_that_does_not_verify_its_user_is_refused(&world, &mut unverified, &for_unverified).await;
    another_persons_passkey_is_refused(&world, &mut staff, &mut doctor, &page).await;
    what_is_no_touch_at_all_is_refused(&world, &page, &shown).await;
    assert_eq!(world.outcome(&shown).await, Outcome::Waiting);
    assert_eq!(done(&world).await, before);

    a_passkey_that_nobody_approved_is_refused(&world, &mut doctor, &page).await;

    // All the time the right touch would have done.
    let copied = doctor.person.passkeys.clone();
    let touch = doctor.person.answer(&page);
    let answer = world.browser.post(&page.finish(), touch.to_json()).await;
    assert!(answer.redirect().is_some(), "{answer:?}");
    assert!(matches!(world.outcome(&shown).await, Outcome::DocumentsSigned { .. }));
    let signed = done(&world).await;
    assert_eq!(signed["document.signed"], 1);

    // It does for nothing else, now or later.
    let again = world.browser.post(&page.finish(), touch.to_json()).await;
    assert_eq!(again.status, StatusCode::GONE);
    refused(&world, &elsewhere, touch.to_json()).await;
    assert_eq!(world.browser.open(&shown.url).await.status, StatusCode::GONE);
    a_copied_authenticator_betrays_itself(&world, copied, &elsewhere).await;
    four_minutes_are_in_time_and_five_are_not(&world, &mut doctor, &elsewhere, &other).await;
    let mut expected = signed;
    *expected.get_mut("document.recorded").unwrap() += 1;
    *expected.get_mut("document.signed").unwrap() += 1;
    *expected.get_mut("operation.activated").unwrap() += 1;
    assert_eq!(done(&world).await, expected);
}

/// What was done: refusals are noted too, and are nothing that was done.
async fn done(world: &World) -> BTreeMap<String, usize> {
    let mut tally = world.tally().await;
    tally.retain(|kind, _| !kind.starts_with("passkey."));
    tally
}

/// A page for a document of the doctor's.
async fn open(world: &World, doctor: &Doctor) -> Page {
    let shown = world.propose(&doctor.person, sign(&[document(world, doctor)])).await.unwrap();
    world.browser.open(&shown.url).await
}

async fn a_touch_for_another_page_is_refused(world: &World, doctor: &mut Doctor, page: &Page, elsewhere: &Page) {
    assert_ne!(page.options()["challenge"], elsewhere.options()["challenge"]);
    refused(world, page, doctor.person.answer(elsewhere).to_json()).await;
}

async fn a_touch_at_another_origin_or_for_another_relying_party_is_refused(
    world: &World,
    doctor: &mut Doctor,
    page: &Page,
) {
    for origin in
        ["http://localhost:8700", "https://sign.localhost.evil.example", &page.origin.replace("http", "https")]
    {
        let touch = doctor.person.passkeys.answer_request(origin, &page.options()).unwrap();
        let answer = refused(world, page, touch.to_json()).await;
        assert!(answer.body["problem_en"].as_str().unwrap().contains("another web address"), "{answer:?}");
    }
    // The login passkey's relying party, with the signing passkey's own key.
    let mut kept = serde_json::to_value(&doctor.person.passkeys).unwrap();
    kept["credentials"][0]["rp_id"] = json!("localhost");
    let mut tricked: SoftAuthenticator = serde_json::from_value(kept).unwrap();
    refused(world, page, tricked.get("localhost", &page.origin, &page.challenge()).unwrap().to_json()).await;
    // A login passkey of the same person.
    let mut login = SoftAuthenticator::new([99; 32]);
    login.create("localhost", "http://localhost:8700", b"login", b"user").unwrap();
    refused(world, page, login.get("localhost", &page.origin, &page.challenge()).unwrap().to_json()).await;
}

async fn an_authenticator_that_does_not_verify_its_user_is_refused(world: &World, doctor: &mut Doctor, page: &Page) {
    let behaves = Behaviour::default;
    for (behaviour, said) in [
        (Behaviour { user_verified: false, ..behaves() }, "asked for no PIN"),
        (Behaviour { user_present: false, ..behaves() }, "asked for no PIN"),
        (Behaviour { cross_origin: Some(true), ..behaves() }, "opened inside another"),
        (Behaviour { top_origin: Some("http://localhost:8700".to_owned()), ..behaves() }, "opened inside another"),
        // The fifth is one too many.
        (Behaviour { backup_eligible: true, ..behaves() }, "locked for a while"),
    ] {
        doctor.person.passkeys.behaviour = behaviour;
        let answer = refused(world, page, doctor.person.answer(page).to_json()).await;
        assert!(answer.body["problem_en"].as_str().unwrap().contains(said), "{said}: {answer:?}");
    }
    doctor.person.passkeys.behaviour = behaves();
}

/// A thief of an officer's phone who does not know its PIN.
async fn an_officers_phone_without_its_pin_brings_about_nothing(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let mut person = world.person();
    world.enrol(&mut person).await;
    let asked = request(&world, &person, &mut staff.evidence).await;
    let phone = another_phone(&world, &doctor.person).await;
    let replacing = Operation::ReplaceCredential { replacement: replacement(&world, &phone).await };
    let appointing = contents::appointment(&world, &person, "evidence_officer", contents::HOSPITAL);
    let vouching = contents::vouching(&world, &contents::unvouched(&world, &person, &staff.evidence));
    world.ask(hold(&doctor.certificate.serial)).await.unwrap();
    let restoring = restore(&world, &doctor.certificate.serial).await;
    let before = done(&world).await;
    for operation in [issue(&asked), replacing, restoring, appointing, vouching] {
        let officer = match &operation {
            Operation::AppointOfficer { .. } => &mut staff.province,
            Operation::RecordEvidence { .. } => &mut staff.evidence,
            _ => &mut staff.ra,
        };
        let waiting = world.propose(officer, operation).await.unwrap();
        let page = world.browser.open(&waiting.url).await;
        officer.passkeys.behaviour = Behaviour { user_verified: false, ..Behaviour::default() };
        let answer = refused(&world, &page, officer.answer(&page).to_json()).await;
        assert!(answer.body["problem_en"].as_str().unwrap().contains("asked for no PIN"), "{answer:?}");
        assert_eq!(world.outcome(&waiting).await, Outcome::Waiting);
        officer.passkeys.behaviour = Behaviour::default();
    }
    assert_eq!(done(&world).await, before);
    // The officer, who knows it, does.
    let outcome = world.activate(&mut staff.ra, issue(&asked)).await;
    assert!(matches!(outcome, Outcome::CertificateIssued { .. }), "{outcome:?}");
}

async fn another_persons_passkey_is_refused(world: &World, staff: &mut Staff, doctor: &mut Doctor, page: &Page) {
    for person in [&mut staff.ra, &mut staff.evidence, &mut staff.central[0]] {
        let touch = person.passkeys.get("sign.localhost", &page.origin, &page.challenge()).unwrap();
        refused(world, page, touch.to_json()).await;
        // Under the doctor's name.
        let mut named = touch;
        named.credential_id = doctor.person.answer(page).credential_id;
        refused(world, page, named.to_json()).await;
    }
}

async fn what_is_no_touch_at_all_is_refused(world: &World, page: &Page, shown: &Waiting) {
    let empty = json!({ "clientDataJSON": "", "authenticatorData": "", "signature": "" });
    for credential in [json!(null), json!({}), json!({ "rawId": "", "response": empty }), json!("x".repeat(100_000))] {
        refused(world, page, credential).await;
    }
    // A page for one thing is no page for another.
    let enrolling = format!("/e/{}/finish", shown.ticket);
    let mut authenticator = SoftAuthenticator::new([98; 32]);
    let made = authenticator.create("sign.localhost", &page.origin, &page.challenge(), b"user").unwrap();
    assert!(world.browser.post(&enrolling, made.to_json()).await.redirect().is_none());
    for ticket in ["0".repeat(26), "x".to_owned(), "%2e%2e".to_owned()] {
        let page = world.browser.open(&format!("{}/a/{ticket}", page.origin)).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{ticket}");
    }
}

async fn a_passkey_that_nobody_approved_is_refused(world: &World, doctor: &mut Doctor, page: &Page) {
    let bound = doctor.person.credential();
    world.enrol(&mut doctor.person).await;
    let before = world.tally().await;
    assert_ne!(doctor.person.credential(), bound);
    let pending = doctor.person.passkeys.get("sign.localhost", &page.origin, &page.challenge()).unwrap();
    assert!(pending.to_json()["id"] == json!(doctor.person.credential().credential_id), "the newest");
    refused(world, page, pending.to_json()).await;
    assert_eq!(world.tally().await, before);
}

async fn a_copied_authenticator_betrays_itself(world: &World, mut copied: SoftAuthenticator, page: &Page) {
    // It has not counted the touch that the original made meanwhile.
    let touch = copied.answer_request(&page.origin, &page.options()).unwrap();
    let answer = refused(world, page, touch.to_json()).await;
    assert!(answer.body["problem_en"].as_str().unwrap().contains("a copy of this passkey"), "{answer:?}");
}

async fn four_minutes_are_in_time_and_five_are_not(world: &World, doctor: &mut Doctor, page: &Page, shown: &Waiting) {
    let late = world.propose(&doctor.person, sign(&[document(world, doctor)])).await.unwrap();
    let late_page = world.browser.open(&late.url).await;
    world.later(time::Duration::minutes(4));
    let answer = world.touch(&mut doctor.person, shown).await;
    assert!(answer.redirect().is_some(), "{answer:?} {}", page.finish());
    world.later(time::Duration::minutes(1));
    assert_eq!(world.answer(&mut doctor.person, &late_page).await.status, StatusCode::GONE);
    assert_eq!(world.browser.open(&late.url).await.status, StatusCode::GONE);
    assert_eq!(world.outcome(&late).await, Outcome::Ended);
}

async fn one_document_is_signed_once(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let content = document(&world, &doctor);

    // One touch, sent five times at once.
    let waiting = world.propose(&doctor.person, sign(std::slice::from_ref(&content))).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    let touch = doctor.person.answer(&page).to_json();
    let finish = page.finish();
    let send = || world.browser.post(&finish, touch.clone());
    let (a, b, c, d, e) = tokio::join!(send(), send(), send(), send(), send());
    let answers = [a, b, c, d, e];
    assert_eq!(answers.iter().filter(|answer| answer.redirect().is_some()).count(), 1, "{answers:?}");
    let tally = world.tally().await;
    assert_eq!((tally["document.recorded"], tally["document.signed"]), (1, 1));

    // Two touches on one page at once.
    let waiting = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    let touches = [doctor.person.answer(&page).to_json(), doctor.person.answer(&page).to_json()];
    let finish = page.finish();
    let (a, b) =
        tokio::join!(world.browser.post(&finish, touches[0].clone()), world.browser.post(&finish, touches[1].clone()));
    assert_eq!(usize::from(a.redirect().is_some()) + usize::from(b.redirect().is_some()), 1, "{a:?} {b:?}");
    assert_eq!(world.tally().await["document.signed"], 2);

    // Signed, it is neither signed again nor says anything else.
    let mut said_otherwise = content.clone();
    said_otherwise.fields.insert("opinion".to_owned(), "พักงาน 30 วัน".to_owned());
    assert_eq!(world.propose(&doctor.person, sign(&[said_otherwise])).await.unwrap_err(), Refusal::Conflict);
    let again = sign(std::slice::from_ref(&content));
    assert_eq!(world.propose(&doctor.person, again).await.unwrap_err(), Refusal::AlreadyDone);

    two_pages_for_one_document_give_one_signature(&world, &mut doctor).await;
    two_contents_for_one_document_give_one_signature(&world, &mut doctor).await;
    a_number_or_code_that_is_taken_gives_no_signature(&world, &mut doctor, &content).await;
}

async fn two_pages_for_one_document_give_one_signature(world: &World, doctor: &mut Doctor) {
    let before = world.tally().await;
    let operation = sign(&[document(world, doctor)]);
    let pages = [
        world.propose(&doctor.person, operation.clone()).await.unwrap(),
        world.propose(&doctor.person, operation).await.unwrap(),
    ];
    race(world, doctor, &pages).await;
    let outcomes = [world.outcome(&pages[0]).await, world.outcome(&pages[1]).await];
    let signed = outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::DocumentsSigned { documents } => Some(documents[0].file_sha256.clone().unwrap()),
        // The slower touch came when it was signed already.
        Outcome::Waiting => None,
        other => panic!("{other:?}"),
    });
    let signed: Vec<_> = signed.collect();
    assert!(!signed.is_empty() && signed.iter().all(|digest| *digest == signed[0]), "{outcomes:?}");
    let after = world.tally().await;
    assert_eq!(after["document.recorded"], before["document.recorded"] + 1);
    assert_eq!(after["document.signed"], before["document.signed"] + 1);
}

async fn two_contents_for_one_document_give_one_signature(world: &World, doctor: &mut Doctor) {
    let before = world.tally().await;
    let content = document(world, doctor);
    let mut otherwise = content.clone();
    otherwise.fields.insert("opinion".to_owned(), "พักงาน 30 วัน".to_owned());
    let pages = [
        world.propose(&doctor.person, sign(&[content])).await.unwrap(),
        world.propose(&doctor.person, sign(&[otherwise])).await.unwrap(),
    ];
    race(world, doctor, &pages).await;
    let outcomes = [world.outcome(&pages[0]).await, world.outcome(&pages[1]).await];
    let signed = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::DocumentsSigned { .. })).count();
    assert_eq!(signed, 1, "{outcomes:?}");
    assert_eq!(world.tally().await["document.signed"], before["document.signed"] + 1);
}

async fn a_number_or_code_that_is_taken_gives_no_signature(
    world: &World,
    doctor: &mut Doctor,
    taken: &pdf::form::DocumentContent,
) {
    let before = world.tally().await;
    let mut same_number = document(world, doctor);
    same_number.number.clone_from(&taken.number);
    let mut same_code = document(world, doctor);
    same_code.code.clone_from(&taken.code);
    let mut twice = [document(world, doctor), document(world, doctor)];
    twice[1].document_id = twice[0].document_id.clone();
    // A good one in the same batch is not signed either: all or none.
    let good = document(world, doctor);
    for documents in [vec![good.clone(), same_number], vec![good.clone(), same_code], twice.to_vec()] {
        if let Ok(waiting) = world.propose(&doctor.person, sign(&documents)).await {
            world.touch(&mut doctor.person, &waiting).await;
            assert_eq!(world.outcome(&waiting).await, Outcome::Refused { refusal: Refusal::Conflict });
        }
    }
    let found = world.ask(Request::DocumentByCode { code: good.code }).await;
    assert!(matches!(found, Ok(signer::protocol::Response::Document { document: None })), "{found:?}");
    let after = world.tally().await;
    assert_eq!(after["document.recorded"], before["document.recorded"]);
    assert_eq!(after["document.signed"], before["document.signed"]);
}

/// The doctor touches both pages, each seen before either is done, and both answers race.
async fn race(world: &World, doctor: &mut Doctor, pages: &[Waiting; 2]) {
    doctor.person.passkeys.behaviour.counts = true;
    let shown = [world.browser.open(&pages[0].url).await, world.browser.open(&pages[1].url).await];
    let touches = [doctor.person.answer(&shown[0]).to_json(), doctor.person.answer(&shown[1]).to_json()];
    let (first, second) = (shown[0].finish(), shown[1].finish());
    let (a, b) =
        tokio::join!(world.browser.post(&first, touches[0].clone()), world.browser.post(&second, touches[1].clone()));
    // A counter that another touch overtook is answered by touching again.
    for (answer, page) in [(a, &shown[0]), (b, &shown[1])] {
        if answer.redirect().is_none() {
            world.answer(&mut doctor.person, page).await;
        }
    }
}

/// Posted, it is refused as the fault of who posts it.
async fn refused(world: &World, page: &Page, credential: serde_json::Value) -> Answer {
    let answer = world.browser.post(&page.finish(), credential).await;
    assert!(answer.redirect().is_none() && answer.status.is_client_error(), "{answer:?}");
    answer
}
