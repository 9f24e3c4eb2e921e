//! The journal's ledger is signed whole, whoever of several signers is at it and whenever one stops.

use ledger::SignedCheckpoint;
use signer::step::Steps;
use time::Duration;

use crate::contents::{HOSPITAL, PROVINCE};
use crate::place::{on_both_engines, token};
use crate::service;
use crate::world::World;

on_both_engines!(signers_take_turns_and_none_leaves_a_gap);

async fn signers_take_turns_and_none_leaves_a_gap(mut world: World) {
    let mut staff = world.staff().await;
    sequence(&world).await;
    let (mut placed, mut size) = log(&world).await;
    assert!(size > 0 && size == placed);

    // Places were given, and nothing signed: the signer stopped in between.
    world.appoint(&mut staff.province, "ra_officer", HOSPITAL).await;
    place(&world, "story").await;
    let before = size;
    (placed, size) = log(&world).await;
    assert!(placed > before && size == before);
    sequence(&world).await;
    assert_eq!(log(&world).await, (placed, placed), "the signer that went on");

    // Another signer, whose turn comes when the first has not been heard of for a while.
    world.appoint(&mut staff.province, "ra_officer", HOSPITAL).await;
    let online = tokio::task::spawn_blocking(|| token("online")).await.unwrap();
    let other = service::open(&world.place, online, world.clock(), Steps::default()).await;
    other.sequence("other").await.unwrap();
    assert_eq!(log(&world).await, (placed, placed), "not its turn");
    world.later(Duration::seconds(11));
    other.sequence("other").await.unwrap();
    let (grown, signed) = log(&world).await;
    assert!(grown > placed && signed == grown, "{grown} {signed}");

    // The first again, which has not seen those entries; and the other stopped before signing.
    world.appoint(&mut staff.central[0], "ra_officer", PROVINCE).await;
    place(&world, "other").await;
    drop(other);
    sequence(&world).await;
    assert!(log(&world).await.1 == grown, "not its turn");
    world.later(Duration::seconds(11));
    sequence(&world).await;
    let (last, signed) = log(&world).await;
    assert!(last > grown && signed == last, "{last} {signed}");

    // A signer that starts anew signs nothing twice, and goes on.
    let notes = checkpoints(&world).await;
    world.start(Steps::default()).await;
    sequence(&world).await;
    assert_eq!(checkpoints(&world).await, notes);
    let leaves = world.journal.begin().await.unwrap().leaves(0, 100_000).await.unwrap();
    for note in &notes {
        let told = SignedCheckpoint::parse(note).unwrap().checkpoint;
        assert_eq!(told.root, ledger::root(&leaves[..usize::try_from(told.size).unwrap()]), "{}", told.size);
    }
}

async fn sequence(world: &World) {
    world.service().with(|core| async move { core.sequence("story").await }).await.unwrap();
}

/// Gives places as a signer does that stops before it signs.
async fn place(world: &World, holder: &str) {
    let mut tx = world.journal.begin_write().await.unwrap();
    assert!(tx.sequence_next(holder, world.now(), 1_000).await.unwrap().is_some_and(|given| given > 0));
    tx.commit().await.unwrap();
}

/// How many entries have a place, and how many of them the newest checkpoint covers.
async fn log(world: &World) -> (usize, usize) {
    let mut tx = world.journal.begin().await.unwrap();
    let placed = tx.leaves(0, 100_000).await.unwrap().len();
    let newest = tx.checkpoints().await.unwrap().pop().map_or(0, |row| row.size);
    (placed, usize::try_from(newest).unwrap())
}

async fn checkpoints(world: &World) -> Vec<String> {
    let mut tx = world.journal.begin().await.unwrap();
    tx.checkpoints().await.unwrap().into_iter().map(|row| row.note).collect()
}
