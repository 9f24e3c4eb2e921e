//! Killed at each step between recorded and signed, the signer comes back and finishes: one
//! certificate, one signature, the same bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signer::protocol::{CertificateRecord, DocumentRecord, Outcome, Refusal, Request, Response};
use signer::step::{Step, Steps};
use time::Duration;

use crate::contents::{document, issue, request, revoke, sign};
use crate::people::Answer;
use crate::place::{Engine, on_both_engines, restart_module};
use crate::service;
use crate::world::{Waiting, World};

on_both_engines!(
    killed_while_signing_it_signs_once,
    killed_while_issuing_it_issues_once,
    killed_before_the_touch_is_recorded_nothing_is_there,
    two_signers_that_recover_at_once_do_it_once,
    a_token_that_is_away_for_a_while_is_waited_for,
    a_clock_set_back_after_the_touch_is_waited_for,
    a_key_taken_back_meanwhile_signs_no_more,
);

async fn killed_while_signing_it_signs_once(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let mut signed = 0;
    // A batch of two, at each step.
    for step in Step::OF_DOCUMENTS {
        world.start(killed_at(step, 1)).await;
        let contents = [document(&world, &doctor), document(&world, &doctor)];
        let waiting = world.propose(&doctor.person, sign(&contents)).await.unwrap();
        let answer = world.touch(&mut doctor.person, &waiting).await;
        it_says_that_it_goes_on(&world, &answer, &waiting).await;
        let prepared = prepared_digests(&world, contents.each_ref().map(|content| content.document_id.as_str())).await;
        assert_eq!(
            prepared.iter().filter(|digest| digest.is_some()).count(),
            if step == Step::Recorded { 0 } else { 2 }
        );

        world.start(Steps::default()).await;
        assert!(it_goes_on(&world.outcome(&waiting).await));
        // The portal may ask again meanwhile; that opens no second way.
        let again = world.propose(&doctor.person, sign(&contents)).await;
        assert_eq!(again.is_ok(), step == Step::Recorded, "{again:?}");
        assert_eq!(recover(&world).await, 1, "{step:?}");
        let records = documents(world.outcome(&waiting).await);
        assert_eq!(records.len(), 2);
        signed += 2;
        assert_eq!(world.tally().await["document.signed"], signed, "{step:?}");
        for (place, (content, record)) in contents.iter().zip(&records).enumerate() {
            let file = world.ask(Request::SignedFile { document_id: content.document_id.clone() }).await;
            assert!(matches!(file, Ok(Response::File { sha256, .. }) if Some(&sha256) == record.file_sha256.as_ref()));
            let after = prepared_digests(&world, [content.document_id.as_str()]).await;
            assert!(prepared[place].is_none() || prepared[place] == after[0], "{step:?}: the same bytes");
        }
        assert_eq!(recover(&world).await, 0);
        // What was proposed meanwhile comes too late.
        if let Ok(second) = again {
            let answer = world.touch(&mut doctor.person, &second).await;
            assert!(answer.redirect().is_none(), "{answer:?}");
        }
        assert_eq!(world.tally().await["document.signed"], signed);
    }
}

async fn killed_while_issuing_it_issues_once(mut world: World) {
    let mut staff = world.staff().await;
    let before = world.tally().await["certificate.issued"];
    for (number, step) in Step::ALL.into_iter().enumerate() {
        world.start(Steps::default()).await;
        let mut person = world.person();
        world.enrol(&mut person).await;
        let asked = request(&world, &person, &mut staff.evidence).await;
        world.start(killed_at(step, 1)).await;
        let waiting = world.propose(&staff.ra, issue(&asked)).await.unwrap();
        let answer = world.touch(&mut staff.ra, &waiting).await;
        it_says_that_it_goes_on(&world, &answer, &waiting).await;
        let recorded = serial_of(&world, &asked.request_id).await;
        assert_eq!(recorded.is_some(), step != Step::Recorded);
        assert_eq!(
            certificates(&world, &person.id).await.len(),
            usize::from(matches!(step, Step::Stored | Step::Done))
        );

        world.start(Steps::default()).await;
        assert_eq!(recover(&world).await, 1, "{step:?}");
        let Outcome::CertificateIssued { certificate, .. } = world.outcome(&waiting).await else { panic!("{step:?}") };
        assert!(recorded.is_none_or(|serial| serial == certificate.serial), "{step:?}: the one that was recorded");
        assert_eq!(certificates(&world, &person.id).await, std::slice::from_ref(&certificate));
        assert_eq!(recover(&world).await, 0);
        let tally = world.tally().await;
        assert_eq!(
            (tally["certificate.recorded"], tally["certificate.issued"]),
            (before + number + 1, before + number + 1)
        );

        // It is a certificate like any other: the doctor signs with it.
        let mut doctor = crate::world::Doctor { person, certificate };
        let content = document(&world, &doctor);
        let outcome = world.activate(&mut doctor.person, sign(&[content])).await;
        assert!(matches!(outcome, Outcome::DocumentsSigned { .. }), "{outcome:?}");
    }
}

async fn a_key_taken_back_meanwhile_signs_no_more(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    world.start(killed_at(Step::Sealed, 1)).await;
    let content = document(&world, &doctor);
    let waiting = world.propose(&doctor.person, sign(std::slice::from_ref(&content))).await.unwrap();
    let answer = world.touch(&mut doctor.person, &waiting).await;
    it_says_that_it_goes_on(&world, &answer, &waiting).await;

    world.start(Steps::default()).await;
    let outcome = world.activate(&mut doctor.person, revoke(&doctor.certificate.serial, "key_compromise")).await;
    assert!(matches!(outcome, Outcome::CertificateRevoked { .. }), "{outcome:?}");
    recover(&world).await;
    assert_eq!(world.outcome(&waiting).await, Outcome::Refused { refusal: Refusal::CertificateRevoked });
    assert_eq!(world.tally().await.get("document.signed"), None);
    assert_eq!(recover(&world).await, 0);
}

async fn killed_before_the_touch_is_recorded_nothing_is_there(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let content = document(&world, &doctor);
    let waiting = world.propose(&doctor.person, sign(std::slice::from_ref(&content))).await.unwrap();
    let before = world.tally().await;
    // The journal fails as the touch is written down.
    match world.place.engine {
        Engine::Sqlite => {
            world.sql("create trigger full before insert on activation begin select raise(abort, 'full'); end").await
        }
        Engine::Postgres => world
            .sql("create trigger full_disk before insert on activation for each row execute function refuse_change()")
            .await,
    };
    let answer = world.touch(&mut doctor.person, &waiting).await;
    assert!(answer.status.is_server_error(), "{answer:?}");
    assert_eq!(world.outcome(&waiting).await, Outcome::Waiting);
    match world.place.engine {
        Engine::Sqlite => world.sql("drop trigger full").await,
        Engine::Postgres => world.sql("drop trigger full_disk on activation").await,
    };
    world.start(Steps::default()).await;
    assert_eq!(recover(&world).await, 0);
    assert_eq!(world.outcome(&waiting).await, Outcome::Waiting);
    assert_eq!(world.tally().await, before);
    assert_eq!(prepared_digests(&world, [content.document_id.as_str()]).await, [None]);
    // Nothing was used up either.
    let answer = world.touch(&mut doctor.person, &waiting).await;
    assert!(answer.redirect().is_some(), "{answer:?}");
    assert_eq!(documents(world.outcome(&waiting).await).len(), 1);
}

async fn two_signers_that_recover_at_once_do_it_once(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    for step in [Step::Recorded, Step::Sealed] {
        world.start(Steps::default()).await;
        let mut person = world.person();
        world.enrol(&mut person).await;
        let asked = request(&world, &person, &mut staff.evidence).await;
        world.start(killed_at(step, 1)).await;
        let signing = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
        let issuing = world.propose(&staff.ra, issue(&asked)).await.unwrap();
        world.touch(&mut doctor.person, &signing).await;
        // The kill takes one; what was open goes on in the next signer.
        world.start(killed_at(step, 1)).await;
        world.touch(&mut staff.ra, &issuing).await;
        let before = world_before_recovery(&world).await;

        world.start(Steps::default()).await;
        let token = tokio::task::spawn_blocking(|| crate::place::token("online")).await.unwrap();
        let other = service::open(&world.place, token, world.clock(), Steps::default()).await;
        signer::status::begin(&other).await;
        let (first, second) = tokio::join!(recover(&world), other.recover(Duration::ZERO));
        assert!(first <= 2 && second.unwrap() <= 2);
        assert_eq!(documents(world.outcome(&signing).await).len(), 1);
        let outcome = world.outcome(&issuing).await;
        let Outcome::CertificateIssued { certificate, .. } = outcome else { panic!("{step:?}: {outcome:?}") };
        assert_eq!(certificates(&world, &person.id).await, [certificate]);
        let tally = world.tally().await;
        assert_eq!(tally["document.signed"], before.0 + 1);
        assert_eq!(tally["certificate.issued"], before.1 + 1);
        assert_eq!(tally["certificate.recorded"], tally["certificate.issued"]);
        assert_eq!(tally["document.recorded"], tally["document.signed"]);
    }
}

async fn a_token_that_is_away_for_a_while_is_waited_for(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let waiting = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    let before = world.tally().await;

    // Away: nothing is begun, and nobody is told that it was.
    take_token_away(&world.place.tokens());
    assert_eq!(world.ask(Request::Health).await.unwrap_err(), Refusal::TokenUnavailable);
    let said = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await;
    assert_eq!(said.unwrap_err(), Refusal::TokenUnavailable);
    assert_eq!(world.answer(&mut doctor.person, &page).await.status, reqwest::StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.browser.open(&waiting.url).await.status, reqwest::StatusCode::SERVICE_UNAVAILABLE);
    bring_token_back(&world.place.tokens());
    assert!(world.ask(Request::Health).await.is_ok(), "without a restart");
    assert_eq!(world.tally().await, before);
    assert!(world.answer(&mut doctor.person, &page).await.redirect().is_some());
    assert_eq!(documents(world.outcome(&waiting).await).len(), 1);

    // Away between the touch and the signature: the page says that it goes on, and it does.
    let (tokens, times) = (world.place.tokens(), AtomicUsize::new(0));
    world
        .start(Steps::watched(move |step| {
            if step == Step::Recorded && times.fetch_add(1, Ordering::SeqCst) == 0 {
                take_token_away(&tokens);
            }
        }))
        .await;
    let waiting = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    let answer = world.touch(&mut doctor.person, &waiting).await;
    assert!(answer.redirect().is_some_and(|path| path.ends_with("/done")), "{answer:?}");
    recover(&world).await;
    bring_token_back(&world.place.tokens());
    assert_eq!(world.outcome(&waiting).await, Outcome::Working);
    assert_eq!(world.tally().await["document.signed"], 1);
    assert_eq!(recover(&world).await, 1);
    assert_eq!(documents(world.outcome(&waiting).await).len(), 1);
    assert_eq!(world.tally().await["document.signed"], 2);
}

/// By such a clock the doctor's new certificate is of tomorrow: that is not what became of the document.
async fn a_clock_set_back_after_the_touch_is_waited_for(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    for step in [Step::Recorded, Step::Sealed] {
        let (clock, times) = (world.clock_hand(), AtomicUsize::new(0));
        let steps = Steps::watched(move |reached| {
            // At the second document: the first one leaves the signer with all it needs.
            if reached == step && times.fetch_add(1, Ordering::SeqCst) == 1 {
                clock(-Duration::DAY);
            }
        });
        world.start(steps).await;
        let first = document(&world, &doctor);
        world.activate(&mut doctor.person, sign(&[first])).await;
        let signed = world.tally().await["document.signed"];
        let waiting = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
        world.touch(&mut doctor.person, &waiting).await;
        assert_eq!(world.outcome(&waiting).await, Outcome::Working, "{step:?}");
        assert_eq!(world.tally().await["document.signed"], signed);
        world.later(Duration::DAY);
        assert_eq!(recover(&world).await, 1);
        assert_eq!(documents(world.outcome(&waiting).await).len(), 1);
        assert_eq!(world.tally().await["document.signed"], signed + 1);
    }
}

/// Panics at the `nth` time a step is reached: the request's task ends there.
pub(crate) fn killed_at(step: Step, nth: usize) -> Steps {
    let times = Arc::new(AtomicUsize::new(0));
    Steps::watched(move |reached| {
        if reached == step && times.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            panic!("killed at {}", step.name());
        }
    })
}

async fn it_says_that_it_goes_on(world: &World, answer: &Answer, waiting: &Waiting) {
    assert!(answer.redirect().is_some_and(|path| path.ends_with("/done")), "{answer:?}");
    assert!(it_goes_on(&world.outcome(waiting).await));
    let done = world.browser.open(&format!("{}/done", waiting.url)).await;
    assert_eq!(done.status, reqwest::StatusCode::OK);
}

/// Activated and not done; of a batch that is recorded, how far it is.
fn it_goes_on(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Working | Outcome::Signing { .. })
}

pub(crate) async fn recover(world: &World) -> usize {
    world.service().with(|core| async move { core.recover(Duration::ZERO).await }).await.unwrap()
}

fn documents(outcome: Outcome) -> Vec<DocumentRecord> {
    let Outcome::DocumentsSigned { documents } = outcome else { panic!("{outcome:?}") };
    assert!(documents.iter().all(|record| record.state == "finished" && record.file_sha256.is_some()));
    documents
}

async fn prepared_digests<const N: usize>(world: &World, ids: [&str; N]) -> Vec<Option<String>> {
    let mut tx = world.journal.begin().await.unwrap();
    let mut digests = Vec::new();
    for id in ids {
        digests.push(tx.document(id).await.unwrap().map(|row| row.prepared_digest));
    }
    digests
}

async fn serial_of(world: &World, request_id: &str) -> Option<String> {
    let mut tx = world.journal.begin().await.unwrap();
    tx.certificate_of_request(request_id).await.unwrap().map(|row| row.serial)
}

pub(crate) async fn certificates(world: &World, person_id: &str) -> Vec<CertificateRecord> {
    match world.ask(Request::Certificates { person_id: person_id.to_owned() }).await {
        Ok(Response::Certificates { certificates }) => certificates,
        other => panic!("{other:?}"),
    }
}

/// Documents signed and certificates issued so far.
async fn world_before_recovery(world: &World) -> (usize, usize) {
    let tally = world.tally().await;
    let count = |kind: &str| tally.get(kind).copied().unwrap_or(0);
    (count("document.signed"), count("certificate.issued"))
}

fn take_token_away(tokens: &std::path::Path) {
    std::fs::rename(tokens, tokens.with_file_name("away")).unwrap();
    std::fs::create_dir(tokens).unwrap();
    // Its sessions end with it.
    restart_module();
}

fn bring_token_back(tokens: &std::path::Path) {
    std::fs::remove_dir(tokens).unwrap();
    std::fs::rename(tokens.with_file_name("away"), tokens).unwrap();
}
