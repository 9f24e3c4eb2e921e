//! The ledger's rows: appended, ordered, never changed, erasable.

use std::ops::Range;

use ledger::{Entry, Tree, verify};
use store::ids::{EntryId, micros};
use store::ledger::{CheckpointRow, Reach};
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
    append(database, 0..n).await;
}

async fn append(database: &Database, seeds: Range<u8>) {
    let mut tx = database.begin_write().await.unwrap();
    for seed in seeds {
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
        assert_eq!(tx.sequence_next("me", noon(), 5).await.unwrap(), Some(5));
        assert_eq!(tx.sequence_next("me", noon(), 5).await.unwrap(), Some(2));
        assert_eq!(tx.sequence_next("me", noon(), 5).await.unwrap(), Some(0));
        tx.commit().await.unwrap();

        let mut tx = database.begin().await.unwrap();
        let entries = tx.entries(0, 100).await.unwrap();
        let report = verify("o", &entries, &[], |_, _, _| false).unwrap();
        assert_eq!(report.entries, 7);
        assert_eq!(report.root, ledger::root(&tx.leaves(0, 100).await.unwrap()));
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
        assert_eq!(tx.sequence_next("one", noon(), 1).await.unwrap(), Some(1));
        assert_eq!(tx.sequence_next("two", noon(), 1).await.unwrap(), None);
        assert_eq!(tx.sequence_next("two", later, 1).await.unwrap(), Some(1));
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
        let before = ledger::root(&tx.leaves(0, 100).await.unwrap());
        assert_eq!(tx.erase_entries("subject-1", "other.").await.unwrap(), 0);
        assert_eq!(tx.erase_entries("subject-1", "").await.unwrap(), 1);
        let report = verify("o", &tx.entries(0, 9).await.unwrap(), &[], |_, _, _| false).unwrap();
        assert_eq!((report.erased, report.root), (1, before));
        tx.commit().await.unwrap();
    }
}

async fn place(database: &Database, holder: &str, at: time::OffsetDateTime) -> Option<u64> {
    let mut tx = database.begin_write().await.unwrap();
    let given = tx.sequence_next(holder, at, 100).await.unwrap();
    tx.commit().await.unwrap();
    given
}

async fn grow(database: &Database, tree: &mut Tree) -> Result<Reach, Error> {
    database.begin().await.unwrap().grow(tree).await
}

async fn sign(database: &Database, tree: &Tree) {
    let size = i64::try_from(tree.size()).unwrap();
    let row = CheckpointRow { size, root: tree.root().to_vec(), note: size.to_string(), at: 0 };
    let mut tx = database.begin_write().await.unwrap();
    tx.add_checkpoint(&row).await.unwrap();
    tx.commit().await.unwrap();
}

/// The root over the whole log, read anew.
async fn whole(database: &Database) -> ledger::Hash {
    ledger::root(&database.begin().await.unwrap().leaves(0, 1_000).await.unwrap())
}

#[tokio::test]
async fn sequencers_that_take_turns_hold_the_same_tree() {
    let engines = both("turns", Role::Journal).await;
    for database in engines.all() {
        let (mut one, mut two) = (Tree::default(), Tree::default());
        assert_eq!(grow(database, &mut one).await.unwrap(), Reach::Signed, "there is nothing to sign");
        append(database, 0..5).await;
        assert_eq!(place(database, "one", noon()).await, Some(5));
        assert_eq!(grow(database, &mut one).await.unwrap(), Reach::Unsigned);
        assert_eq!((one.size(), one.root()), (5, whole(database).await));
        sign(database, &one).await;
        assert_eq!(grow(database, &mut one).await.unwrap(), Reach::Signed);

        // The next one begins from nothing, and stops before it signs.
        let later = noon() + time::Duration::seconds(11);
        append(database, 5..12).await;
        assert_eq!(place(database, "two", later).await, Some(7));
        assert_eq!(place(database, "one", later).await, None);
        assert_eq!(grow(database, &mut two).await.unwrap(), Reach::Unsigned);

        // The first one takes over: nothing is left to place, and something to sign.
        assert_eq!(place(database, "one", later + time::Duration::seconds(11)).await, Some(0));
        assert_eq!(grow(database, &mut one).await.unwrap(), Reach::Unsigned);
        assert_eq!(one, two);
        assert_eq!((one.size(), one.root()), (12, whole(database).await));
        sign(database, &one).await;
        assert_eq!(grow(database, &mut two).await.unwrap(), Reach::Signed);
    }
}

#[tokio::test]
async fn a_log_longer_than_a_page_is_read_to_its_end() {
    let engines = both("pages", Role::Journal).await;
    for database in engines.all() {
        // As many as no test would append one by one.
        let leaf = match database.engine() {
            store::Engine::Sqlite => "randomblob(32)",
            store::Engine::Postgres => "sha256(n::text::bytea)",
        };
        let rows = format!(
            "with recursive counted(n) as (select 0 union all select n + 1 from counted where n < 20499) \
             insert into ledger_entry (id, at, kind, subject, leaf, sequence) \
             select 'e' || n, 0, 'k', 's', {leaf}, n from counted"
        );
        database.execute_raw(&rows).await.unwrap();
        let mut tree = Tree::default();
        assert_eq!(grow(database, &mut tree).await.unwrap(), Reach::Part);
        assert_eq!(grow(database, &mut tree).await.unwrap(), Reach::Part);
        assert_eq!(grow(database, &mut tree).await.unwrap(), Reach::Unsigned);
        let leaves = database.begin().await.unwrap().leaves(0, 100_000).await.unwrap();
        assert_eq!((tree.size(), tree.root()), (20_500, ledger::root(&leaves)));
    }
}

#[tokio::test]
async fn a_log_that_contradicts_what_was_signed_is_not_signed_on() {
    let engines = both("contradicts", Role::Journal).await;
    for database in engines.all() {
        append(database, 0..3).await;
        place(database, "me", noon()).await;
        let mut tree = Tree::default();
        grow(database, &mut tree).await.unwrap();
        let mut longer = tree.clone();
        longer.push([7; 32]);
        let shorter = grow(database, &mut longer.clone()).await;
        assert!(matches!(shorter, Err(Error::Inconsistent { column: "sequence", .. })), "{shorter:?}");

        let mut other = Tree::default();
        for _ in 0..3 {
            other.push([7; 32]);
        }
        sign(database, &other).await;
        append(database, 3..5).await;
        place(database, "me", noon()).await;
        for mut held in [Tree::default(), tree.clone()] {
            let before = held.clone();
            let rewritten = grow(database, &mut held).await;
            assert!(matches!(rewritten, Err(Error::Inconsistent { column: "root", .. })), "{rewritten:?}");
            assert_eq!(held, before);
        }

        longer.push([8; 32]);
        longer.push([9; 32]);
        sign(database, &longer).await;
        let truncated = grow(database, &mut Tree::default()).await;
        assert!(matches!(truncated, Err(Error::Inconsistent { column: "sequence", .. })), "{truncated:?}");
    }
}
