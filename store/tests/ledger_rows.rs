//! The ledger's rows: appended, ordered, never changed, erasable.

use ledger::{Entry, verify};
use store::ids::{EntryId, micros};
use store::ledger::CheckpointRow;
use store::{Database, Error, Role};

use crate::support::{both, noon, rng};

fn entry(subject: &str, seed: u8) -> Entry {
    Entry {
        id: EntryId::new(noon(), &mut rng(seed)).to_string(),
        at: micros(noon()),
        kind: "document.signed".into(),
        subject: subject.into(),
        payload: r#"{"ก":"ข"}"#.into(),
    }
}

async fn fill(database: &Database, n: u8) {
    let mut tx = database.begin_write().await.unwrap();
    for seed in 0..n {
        tx.append(&entry(&format!("subject-{seed}"), seed), &[seed; 16]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn entries_get_places_without_gaps() {
    let engines = both("places", Role::Journal).await;
    for database in engines.all() {
        fill(database, 7).await;
        let mut tx = database.begin_write().await.unwrap();
        assert!(tx.entries(0, 100).await.unwrap().is_empty());
        assert_eq!(tx.sequence_next("me", noon(), 5).await.unwrap(), 5);
        assert_eq!(tx.sequence_next("me", noon(), 5).await.unwrap(), 2);
        assert_eq!(tx.sequence_next("me", noon(), 5).await.unwrap(), 0);
        tx.commit().await.unwrap();

        let mut tx = database.begin().await.unwrap();
        let entries = tx.entries(0, 100).await.unwrap();
        let report = verify("o", &entries, &[], |_, _, _| false).unwrap();
        assert_eq!(report.entries, 7);
        assert_eq!(report.root, ledger::root(&tx.leaves().await.unwrap()));
        assert_eq!(tx.entries(5, 100).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn only_the_holder_of_the_lease_gives_places() {
    let engines = both("lease", Role::Portal).await;
    for database in engines.all() {
        fill(database, 2).await;
        let later = noon() + time::Duration::seconds(11);
        let mut tx = database.begin_write().await.unwrap();
        assert_eq!(tx.sequence_next("one", noon(), 1).await.unwrap(), 1);
        assert_eq!(tx.sequence_next("two", noon(), 1).await.unwrap(), 0);
        assert_eq!(tx.sequence_next("two", later, 1).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn an_id_is_used_once() {
    let engines = both("once", Role::Journal).await;
    for database in engines.all() {
        let mut tx = database.begin_write().await.unwrap();
        tx.append(&entry("a", 1), &[0; 16]).await.unwrap();
        let again = tx.append(&entry("b", 1), &[0; 16]).await;
        assert!(matches!(again, Err(Error::Conflict { table: "ledger_entry" })));
        // The transaction still stands.
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn the_ledger_cannot_be_rewritten() {
    for (name, role) in [("appendportal", Role::Portal), ("appendjournal", Role::Journal)] {
        let engines = both(name, role).await;
        for database in engines.all() {
            fill(database, 1).await;
            let mut tx = database.begin_write().await.unwrap();
            tx.sequence_next("me", noon(), 5).await.unwrap();
            let row = CheckpointRow { size: 1, root: vec![1; 32], note: "n".into(), at: 0 };
            tx.add_checkpoint(&row).await.unwrap();
            tx.add_checkpoint(&row).await.unwrap();
            let other = CheckpointRow { root: vec![2; 32], ..row.clone() };
            assert!(matches!(tx.add_checkpoint(&other).await, Err(Error::Conflict { .. })));
            assert_eq!(tx.checkpoints().await.unwrap(), [row]);
            tx.commit().await.unwrap();
            for statement in [
                "delete from ledger_entry",
                "update ledger_entry set kind = 'x'",
                "update ledger_entry set at = 1",
                "update ledger_entry set payload = 'x'",
                "update ledger_entry set salt = leaf",
                "update ledger_entry set sequence = 9",
                "update ledger_entry set sequence = null",
                "update ledger_entry set subject = 'x'",
                "delete from checkpoint",
                "update checkpoint set note = 'x'",
            ] {
                let refused = database.execute_raw(statement).await;
                assert!(matches!(refused, Err(Error::Refused(_))), "{statement}");
            }
        }
    }
}

#[tokio::test]
async fn an_erased_entry_leaves_its_leaf() {
    let engines = both("erased", Role::Journal).await;
    for database in engines.all() {
        fill(database, 3).await;
        let mut tx = database.begin_write().await.unwrap();
        tx.sequence_next("me", noon(), 5).await.unwrap();
        let before = ledger::root(&tx.leaves().await.unwrap());
        assert_eq!(tx.erase_entries("subject-1").await.unwrap(), 1);
        let report = verify("o", &tx.entries(0, 9).await.unwrap(), &[], |_, _, _| false).unwrap();
        assert_eq!((report.erased, report.root), (1, before));
        tx.commit().await.unwrap();
    }
}
