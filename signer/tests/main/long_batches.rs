//! Batches longer than what is signed at one go with the doctor's key.

use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use signer::protocol::{Outcome, Request};
use signer::step::{Step, Steps};

use crate::contents::{document, sign};
use crate::crashes::{killed_at, recover};
use crate::place::on_both_engines;
use crate::revocations::{hold, restore};
use crate::world::World;

on_both_engines!(
    what_happens_after_the_first_fifty_holds_for_the_rest,
    killed_among_the_second_fifty_each_is_signed_once,
);

const PATIENCE: Duration = Duration::from_secs(60);

async fn what_happens_after_the_first_fifty_holds_for_the_rest(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let serial = doctor.certificate.serial.clone();
    let contents: Vec<_> = (0..103).map(|_| document(&world, &doctor)).collect();

    // The first fifty are stored; there the signer is kept until the test has had its say.
    let (stored, is_stored) = mpsc::channel();
    let (go, goes) = mpsc::channel::<()>();
    let kept = Mutex::new(Some((stored, goes)));
    world
        .start(Steps::watched(move |step| {
            if step != Step::Stored {
                return;
            }
            if let Some((stored, goes)) = kept.lock().unwrap().take() {
                stored.send(()).unwrap();
                tokio::task::block_in_place(|| goes.recv_timeout(PATIENCE).unwrap());
            }
        }))
        .await;
    let waiting = world.propose(&doctor.person, sign(&contents)).await.unwrap();
    let meanwhile = async {
        tokio::task::spawn_blocking(move || is_stored.recv_timeout(PATIENCE).unwrap()).await.unwrap();
        world.ask(hold(&serial)).await.unwrap();
        go.send(()).unwrap();
    };
    let (_, ()) = tokio::join!(world.touch(&mut doctor.person, &waiting), meanwhile);
    let began = std::time::Instant::now();
    let waits = async |at: usize| {
        let row = world.journal.begin().await.unwrap().document(&contents[at].document_id).await.unwrap().unwrap();
        row.waiting
    };
    while waits(102).await.is_none() && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for at in [50, 100, 102] {
        assert_eq!(waits(at).await.as_deref(), Some("suspension"), "{at}");
    }
    assert_eq!(waits(49).await, None);
    assert_eq!(world.tally().await["document.signed"], 50, "none of the others under the suspension");
    recover(&world).await;
    assert_eq!(world.tally().await["document.signed"], 50);
    let outcome = world.outcome(&waiting).await;
    assert!(matches!(outcome, Outcome::Signing { done: 50, total: 103 }), "{outcome:?}");

    // Erased while it waits, one is never signed; lifted, the others are, each once.
    let erased = contents[102].document_id.clone();
    world.ask(Request::EraseDocument { document_id: erased, reason_sha256: "cd".repeat(32) }).await.unwrap();
    world.activate(&mut staff.ra, restore(&world, &serial).await).await;
    recover(&world).await;
    let Outcome::DocumentsSigned { documents } = world.outcome(&waiting).await else { panic!("not signed") };
    let states: Vec<&str> = documents.iter().map(|document| document.state.as_str()).collect();
    assert_eq!(states[..102], ["finished"; 102]);
    assert_eq!(states[102], "erased");
    assert_eq!(world.tally().await["document.signed"], 102);
}

async fn killed_among_the_second_fifty_each_is_signed_once(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let mut signed = 0;
    for step in [Step::Signed, Step::Stamped, Step::Lifted, Step::Stored] {
        world.start(killed_at(step, 2)).await;
        let contents: Vec<_> = (0..53).map(|_| document(&world, &doctor)).collect();
        let waiting = world.propose(&doctor.person, sign(&contents)).await.unwrap();
        world.touch(&mut doctor.person, &waiting).await;
        let stored = if step == Step::Stored { 53 } else { 50 };
        let outcome = world.outcome(&waiting).await;
        assert!(matches!(outcome, Outcome::Signing { done, total: 53 } if done == stored as u64), "{outcome:?}");
        assert_eq!(world.tally().await["document.signed"], signed + stored, "{step:?}");
        world.start(Steps::default()).await;
        assert_eq!((recover(&world).await, recover(&world).await), (1, 0), "{step:?}");
        let Outcome::DocumentsSigned { documents } = world.outcome(&waiting).await else { panic!("{step:?}") };
        assert!(documents.len() == 53 && documents.iter().all(|document| document.state == "finished"), "{step:?}");
        signed += 53;
        let tally = world.tally().await;
        assert_eq!((tally["document.recorded"], tally["document.signed"]), (signed, signed), "{step:?}");
    }
}
