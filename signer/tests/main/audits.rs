//! An activation is checked again from the journal and the published keys, and every column that
//! was changed is told.

use serde_json::json;
use signer::audit::{self, AuditKeys, Report};
use signer::protocol::{Outcome, Request, Response};
use signer::webauthn::RelyingParty;

use crate::contents::{document, sign};
use crate::place::{Engine, on_both_engines};
use crate::world::World;

on_both_engines!(an_activation_is_checked_again_and_no_column_can_be_changed);

/// Table, column, what it becomes (SQL; `X…` is a blob), and the part that must fail.
const CHANGES: &[(&str, &str, &str, &str)] = &[
    ("activation", "ticket_hash", "(select ticket_hash from ticket where kind = 'enrol' limit 1)", "ledger"),
    ("activation", "person_id", "'somebody-else'", "binding"),
    ("activation", "credential_id", "(select credential_id from credential order by enrolled_at limit 1)", "assertion"),
    (
        "activation",
        "operation_digest",
        "replace(operation_digest, substr(operation_digest, 1, 6), 'abcdef')",
        "challenge",
    ),
    ("activation", "challenge", "X0102", "challenge"),
    ("activation", "client_data", "X7b7d", "assertion"),
    ("activation", "authenticator_data", "X00", "assertion"),
    ("activation", "signature", "X3006020101020101", "assertion"),
    ("activation", "at", "at - 1", "ledger"),
    ("activation", "at", "at + 600000000", "time"),
    ("activation", "operation", "'issue-certificate'", "challenge"),
    ("activation", "authority", "(select appointment_id from appointment limit 1)", "challenge"),
    ("activation", "nonce", "X00", "challenge"),
    ("activation", "expires_at", "expires_at + 1000000", "challenge"),
    ("activation", "binding_id", "(select binding_id from binding order by at limit 1)", "binding"),
    ("activation", "binding_id", "null", "binding"),
    ("activation", "backup_eligible", "1", "assertion"),
    ("activation", "backup_state", "1", "assertion"),
    ("activation", "assurance", "'3'", "ledger"),
    ("credential", "cose_key", "X00", "assertion"),
    ("credential", "backup_eligible", "1", "assertion"),
    ("binding", "statement", "replace(statement, 'binding', 'bindung')", "binding"),
    ("binding", "signature", "X3006020101020101", "binding"),
    ("binding", "person_id", "'somebody-else'", "binding"),
    ("binding", "version", "7", "binding"),
    ("binding", "at", "at - 60000000", "binding"),
    ("document", "content_digest", "'00'", "results"),
    ("document", "prepared_digest", "'00'", "results"),
    ("ledger_entry", "payload", "replace(payload, 'sign-documents', 'sign-nothing')", "ledger"),
    ("ledger_entry", "salt", "X00", "ledger"),
    ("ledger_entry", "kind", "'operation.other'", "ledger"),
    ("ledger_entry", "leaf", "Xabababababababababababababababababababababababababababababababab", "checkpoint"),
    ("checkpoint", "note", "replace(note, 'rabrong/journal', 'rabrong/portal')", "checkpoint"),
];

async fn an_activation_is_checked_again_and_no_column_can_be_changed(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let contents = [document(&world, &doctor), document(&world, &doctor)];
    let Outcome::DocumentsSigned { documents } = world.activate(&mut doctor.person, sign(&contents)).await else {
        panic!("signed")
    };
    world.tally().await;
    let keys = keys(&world).await;
    let id = newest_activation(&world).await;
    let found = check(&world, &keys, &id).await;
    assert!(found.sound, "{:#?}", found.faults());
    assert_eq!((found.operation.as_str(), &found.person_id), ("sign-documents", &doctor.person.id));
    assert_eq!(found.authority, doctor.certificate.serial);
    let digests: Vec<_> = documents.iter().map(|document| document.content_sha256.clone()).collect();
    assert_eq!(found.contents, digests);
    for document in &documents {
        assert!(found.results.iter().any(|result| result.subject == document.document_id), "{:?}", found.results);
    }
    // From the doctor by the officer of the hospital and of the province to the ceremony.
    assert_eq!(found.chain.first().unwrap().person_id, doctor.person.id);
    assert!(found.chain.iter().any(|link| link.person_id == staff.ra.id));
    assert_eq!(found.chain.iter().filter(|link| link.by == "ceremony").count(), 2, "{:?}", found.chain);
    assert!(found.lines().iter().any(|line| line.contains("กานดา")), "{:?}", found.lines());
    // An officer's stands up as well.
    let approval = found.chain.first().unwrap().by.clone();
    let approval = check(&world, &keys, &approval).await;
    assert!(approval.sound && approval.operation == "issue-certificate", "{approval:#?}");
    assert!(approval.results.iter().any(|result| result.kind == "binding.stated"), "{:?}", approval.results);

    another_installations_key_and_an_unknown_id_are_told(&world, &keys, &id).await;
    every_changed_column_is_told(&world, &keys, &id, &doctor.person.id).await;
}

async fn another_installations_key_and_an_unknown_id_are_told(world: &World, keys: &AuditKeys, id: &str) {
    let unknown = audit::activation(&world.journal, keys, &relying_party(world), "nobody").await;
    assert!(matches!(unknown, Err(audit::AuditError::Unknown)), "{unknown:?}");
    let [(_, binding), (_, checkpoint)] = keys.spkis();
    let swapped = json!({ "keys": [
        { "purpose": "binding", "key_id": "", "spki": hex::encode(checkpoint) },
        { "purpose": "checkpoint", "key_id": "", "spki": hex::encode(binding) },
    ]});
    let swapped = AuditKeys::read(swapped.to_string().as_bytes()).unwrap();
    let found = check(world, &swapped, id).await;
    let parts: Vec<_> = found.faults().iter().map(|fault| fault.part).collect();
    assert_eq!(parts, ["binding", "chain", "checkpoint"]);
    for wrong in ["", "{}", r#"{"keys":[{"purpose":"binding","key_id":"","spki":"00"}]}"#] {
        assert!(AuditKeys::read(wrong.as_bytes()).is_err(), "{wrong}");
    }
    let elsewhere = RelyingParty { rp_id: "sign.example".to_owned(), ..relying_party(world) };
    let found = audit::activation(&world.journal, keys, &elsewhere, id).await.unwrap();
    assert!(found.faults().iter().any(|fault| fault.part == "assertion"), "{found:#?}");
}

async fn every_changed_column_is_told(world: &World, keys: &AuditKeys, id: &str, person: &str) {
    for table in ["activation", "credential", "binding", "document", "ledger_entry", "checkpoint"] {
        world.unlock(table).await;
    }
    for (table, column, becomes, part) in CHANGES {
        let stated = format!("(select binding_id from activation where activation_id = '{id}')");
        let which = match *table {
            "activation" | "document" => format!("activation_id = '{id}'"),
            "credential" => format!("person_id = '{person}'"),
            "binding" => format!("binding_id = {stated}"),
            "ledger_entry" => format!("subject = '{id}' and kind like 'operation.%'"),
            _ => "size = (select max(size) from checkpoint)".to_owned(),
        };
        world.sql(&format!("create table kept as select * from {table}")).await;
        let before = rows(world, table).await;
        world.sql(&format!("update {table} set {column} = {} where {which}", blob(world, becomes))).await;
        assert_ne!(rows(world, table).await, before, "{table}.{column} was not changed");
        let found = check(world, keys, id).await;
        let failing: Vec<_> = found.faults().iter().map(|fault| fault.part).collect();
        assert!(!found.sound && failing.contains(part), "{table}.{column}: {failing:?} and not {part}");
        restore(world, table, column).await;
        let found = check(world, keys, id).await;
        assert!(found.sound, "{table}.{column} put back: {:#?}", found.faults());
    }
}

/// A number that changes with any row of the table, near enough.
async fn rows(world: &World, table: &str) -> u64 {
    let same = match table {
        "checkpoint" => "k.size = t.size and k.note = t.note",
        "ledger_entry" => {
            "k.id = t.id and k.kind = t.kind and k.payload = t.payload and k.salt = t.salt and k.leaf = t.leaf"
        }
        "document" => {
            "k.document_id = t.document_id and k.content_digest = t.content_digest and k.prepared_digest = t.prepared_digest"
        }
        "binding" => {
            "k.binding_id = t.binding_id and k.statement = t.statement and k.signature = t.signature and k.person_id = t.person_id \
             and k.version = t.version and k.at = t.at and k.ended = t.ended"
        }
        "credential" => {
            "k.credential_id = t.credential_id and k.cose_key = t.cose_key and k.backup_eligible = t.backup_eligible"
        }
        _ => {
            "k.activation_id = t.activation_id and k.ticket_hash = t.ticket_hash and k.person_id = t.person_id \
             and k.credential_id = t.credential_id and k.operation_digest = t.operation_digest and k.challenge = t.challenge \
             and k.client_data = t.client_data and k.authenticator_data = t.authenticator_data and k.signature = t.signature \
             and k.at = t.at and k.operation = t.operation and k.authority = t.authority and k.nonce = t.nonce \
             and k.expires_at = t.expires_at and k.binding_id = t.binding_id and k.backup_eligible = t.backup_eligible \
             and k.backup_state = t.backup_state and k.assurance = t.assurance"
        }
    };
    world.sql("create table if not exists counted (n bigint)").await;
    world.sql(&format!("insert into counted select 1 from {table} t, kept k where {same}")).await
}

/// Puts the column back as it was kept.
async fn restore(world: &World, table: &str, column: &str) {
    let key = match table {
        "ledger_entry" => "id",
        "checkpoint" => "size",
        "document" => "document_id",
        "credential" => "credential_id",
        "binding" => "binding_id",
        _ => "activation_id",
    };
    world
        .sql(&format!("update {table} set {column} = (select k.{column} from kept k where k.{key} = {table}.{key})"))
        .await;
    world.sql("drop table kept").await;
}

fn blob(world: &World, value: &str) -> String {
    match (value.strip_prefix('X'), world.place.engine) {
        (Some(hex), Engine::Sqlite) => format!("x'{hex}'"),
        (Some(hex), Engine::Postgres) => format!("'\\x{hex}'"),
        (None, _) => value.to_owned(),
    }
}

pub(crate) async fn check(world: &World, keys: &AuditKeys, id: &str) -> Report {
    audit::activation(&world.journal, keys, &relying_party(world), id).await.unwrap()
}

fn relying_party(world: &World) -> RelyingParty {
    RelyingParty { rp_id: "sign.localhost".to_owned(), origin: world.place.origin() }
}

pub(crate) async fn keys(world: &World) -> AuditKeys {
    let Ok(Response::Keys { keys }) = world.ask(Request::PublishedKeys).await else { panic!("keys") };
    AuditKeys::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

/// The last touch that the ledger tells of.
pub(crate) async fn newest_activation(world: &World) -> String {
    let entries = world.journal.begin().await.unwrap().entries(0, 100_000).await.unwrap();
    let mut activated =
        entries.into_iter().filter_map(|entry| entry.content).filter(|(said, _)| said.kind == "operation.activated");
    activated.next_back().unwrap().0.subject
}
