//! The journal's ledger tells of every change, and of every entry that was changed afterwards.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use ledger::{Fault, Report, SignedCheckpoint};
use signer::protocol::{Request, Response};

use crate::contents::{document, revoke, sign};
use crate::place::{Engine, on_both_engines};
use crate::world::World;

on_both_engines!(every_change_is_in_the_ledger_and_none_can_be_rewritten);

async fn every_change_is_in_the_ledger_and_none_can_be_rewritten(mut world: World) {
    let mut staff = world.staff().await;
    let first = world.tally().await;
    let mut doctor = world.doctor(&mut staff).await;
    let content = document(&world, &doctor);
    world.activate(&mut doctor.person, sign(std::slice::from_ref(&content))).await;
    let revocation = revoke(&doctor.certificate.serial, "superseded");
    world.activate(&mut doctor.person, revocation).await;
    let tally = world.tally().await;
    for (kind, times) in [
        ("ceremony.held", 1),
        ("credential.enrolled", 6),
        ("binding.stated", 6),
        ("officer.appointed", 5),
        ("operation.activated", 7),
        ("evidence.recorded", 1),
        ("certificate.recorded", first["certificate.recorded"] + 1),
        ("certificate.issued", first["certificate.issued"] + 1),
        ("certificate.revoked", 1),
        ("document.recorded", 1),
        ("document.signed", 1),
    ] {
        assert_eq!(tally.get(kind), Some(&times), "{kind}");
    }
    let entries: usize = tally.values().sum();
    assert!(entries > first.values().sum());
    let report = verify(&world).await.unwrap();
    // What the status services note meanwhile is covered as well.
    assert!(report.entries >= entries as u64 && report.covered == report.entries, "{report:?}");
    assert!(report.checkpoints >= 2);
    no_personal_data_is_in_it(&world, &content.fields["applicant_name"], &content.fields["cid"]).await;

    // Who owns the database first meets the trigger, then the digests.
    let rewrite = |what: &str| format!("update ledger_entry set {what} where kind = 'certificate.revoked'");
    let payload = rewrite("payload = '{\"reason\":\"none\"}'");
    assert!(world.journal.database().execute_raw(&payload).await.is_err());
    world.unlock("ledger_entry").await;
    world.sql(&payload).await;
    let faults = verify(&world).await.unwrap_err();
    assert!(matches!(&faults[..], [Fault::Altered { .. }]), "{faults:?}");

    // With a leaf to fit, the root that was signed does not.
    let leaf = match world.place.engine {
        Engine::Sqlite => format!("leaf = x'{}', payload = null, salt = null", "ab".repeat(32)),
        Engine::Postgres => format!("leaf = '\\x{}', payload = null, salt = null", "ab".repeat(32)),
    };
    world.sql(&rewrite(&leaf)).await;
    let faults = verify(&world).await.unwrap_err();
    assert!(faults.iter().any(|fault| matches!(fault, Fault::RootMismatch { .. })), "{faults:?}");

    // Without the last entries, a checkpoint says how many there were.
    let delete = match world.place.engine {
        Engine::Sqlite => "drop trigger ledger_entry_no_delete",
        Engine::Postgres => "drop trigger ledger_entry_no_delete on ledger_entry",
    };
    world.sql(delete).await;
    world.sql("delete from ledger_entry where sequence = (select max(sequence) from ledger_entry)").await;
    let faults = verify(&world).await.unwrap_err();
    assert!(faults.iter().any(|fault| matches!(fault, Fault::Truncated { .. })), "{faults:?}");
}

async fn no_personal_data_is_in_it(world: &World, name: &str, national_id: &str) {
    for entry in world.journal.begin().await.unwrap().entries(0, 10_000).await.unwrap() {
        let payload = entry.content.unwrap().0.payload;
        assert!(!payload.contains(name) && !payload.contains(national_id) && !payload.contains("กานดา"), "{payload}");
    }
}

/// Verifies the journal's ledger with the checkpoint key that the signer publishes.
async fn verify(world: &World) -> Result<Report, Vec<Fault>> {
    let Ok(Response::Keys { keys }) = world.ask(Request::PublishedKeys).await else { panic!("keys") };
    let key = keys.into_iter().find(|key| key.purpose == "checkpoint").unwrap();
    let spki = hex::decode(&key.spki).unwrap();
    let mut tx = world.journal.begin().await.unwrap();
    let entries = tx.entries(0, 100_000).await.unwrap();
    let notes = tx.checkpoints().await.unwrap();
    let notes: Vec<_> = notes.iter().map(|row| SignedCheckpoint::parse(&row.note).unwrap()).collect();
    ledger::verify("rabrong/journal", &entries, &notes, |key_id, message, signature| {
        key_id == key.key_id
            && UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &spki).verify(message, signature).is_ok()
    })
}
