//! What the journal holds sealed: older texts open, altered ones are told from a token that is away.

use std::sync::atomic::Ordering;

use signer::protocol::{Outcome, Refusal, Request};

use crate::contents::{document, sign};
use crate::lifting::{record, the_file, until_finished};
use crate::place::{Engine, on_both_engines};
use crate::world::{DEVIATION, World};

on_both_engines!(what_an_older_version_sealed_opens, what_was_altered_keeps_nothing_else_waiting);

/// The same text as older versions sealed it: under a key of its own, bound to its name.
async fn as_it_was(name: String, sealed: &[u8]) -> Vec<u8> {
    let (length, rest) = sealed.split_first_chunk::<2>().unwrap();
    let (wrapped, body) = rest.split_at(usize::from(u16::from_be_bytes(*length)));
    let wrapped = wrapped.to_vec();
    let rewrap = move || {
        let token = crate::place::token("online");
        let key = token.open_sealed(b"journal-data-key", &wrapped).unwrap();
        token.seal(name.as_bytes(), &key).unwrap()
    };
    let wrapped = tokio::task::spawn_blocking(rewrap).await.unwrap();
    [&u16::try_from(wrapped.len()).unwrap().to_be_bytes()[..], &wrapped, body].concat()
}

async fn put(world: &World, column: &str, bytes: &[u8], row: &str) {
    let hex = hex::encode(bytes);
    let value = match world.place.engine {
        Engine::Sqlite => format!("x'{hex}'"),
        Engine::Postgres => format!("'\\x{hex}'::bytea"),
    };
    let (table, key) = row.split_once(' ').unwrap();
    let id = if table == "ticket" { "ticket_hash" } else { "document_id" };
    world.sql(&format!("update {table} set {column} = {value} where {id} = '{key}'")).await;
}

async fn what_an_older_version_sealed_opens(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    world.unlock("ticket").await;
    world.unlock("document").await;
    let content = document(&world, &doctor);
    let waiting = world.propose(&doctor.person, sign(std::slice::from_ref(&content))).await.unwrap();
    let hash = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, waiting.ticket.as_bytes()));
    let plan = world.journal.begin().await.unwrap().ticket(&hash).await.unwrap().unwrap().sealed.unwrap();
    put(&world, "sealed", &as_it_was(format!("ticket/{hash}"), &plan).await, &format!("ticket {hash}")).await;
    world.touch(&mut doctor.person, &waiting).await;
    assert!(matches!(world.outcome(&waiting).await, Outcome::DocumentsSigned { .. }));

    let id = &content.document_id;
    let before = the_file(&world, &content).await;
    let file = world.journal.begin().await.unwrap().document(id).await.unwrap().unwrap().sealed_file.unwrap();
    put(&world, "sealed_file", &as_it_was(format!("document-file/{id}"), &file).await, &format!("document {id}")).await;
    assert_eq!(the_file(&world, &content).await, before);
    // Bound to its name then as now.
    put(&world, "sealed_file", &as_it_was(format!("document-file/{hash}"), &file).await, &format!("document {id}"))
        .await;
    let asked = world.ask(Request::SignedFile { document_id: id.clone() }).await;
    assert_eq!(asked.unwrap_err(), Refusal::Internal);
}

async fn what_was_altered_keeps_nothing_else_waiting(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let contents = [document(&world, &doctor), document(&world, &doctor)];
    DEVIATION.store(-1, Ordering::SeqCst);
    let waiting = world.propose(&doctor.person, sign(&contents)).await.unwrap();
    world.touch(&mut doctor.person, &waiting).await;
    world.unlock("document").await;
    // The first in line: its key, and then its body.
    let id = &contents[0].document_id;
    let file = world.journal.begin().await.unwrap().document(id).await.unwrap().unwrap().sealed_file.unwrap();
    for at in [20, file.len() - 1] {
        let mut altered = file.clone();
        altered[at] ^= 1;
        put(&world, "sealed_file", &altered, &format!("document {id}")).await;
        DEVIATION.store(0, Ordering::SeqCst);
        until_finished(&world, &contents[1]).await;
        let lifted = world.service().with(|core| async move { core.lift_waiting().await }).await;
        assert_eq!(lifted, Ok(0), "altered at {at}");
        assert_eq!(record(&world, &contents[0]).await.state, "signed", "altered at {at}");
    }
    put(&world, "sealed_file", &file, &format!("document {id}")).await;
    until_finished(&world, &contents[0]).await;
}
