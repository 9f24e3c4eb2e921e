//! Transactions that write into one SQLite file: in turn, and those that may share a commit in one.

use std::time::Duration;

use store::{Database, Engine, Role, Transaction};

use crate::support::{both, noon};

const SOON: Duration = Duration::from_millis(100);

/// Writes a row of this name, which a rolled back transaction leaves nothing of.
async fn write(tx: &mut Transaction, name: &str) -> Result<bool, store::Error> {
    tx.take_lease(name, "me", noon(), time::Duration::seconds(1)).await
}

/// Whether anybody else sees that row, now.
async fn written(database: &Database, name: &str) -> bool {
    database.number_raw(&format!("select count(*) from lease where name = '{name}'")).await.unwrap() == 1
}

/// One that writes a row as soon as its turn comes, and does not commit yet.
fn next(database: &Database, name: &'static str) -> tokio::task::JoinHandle<Result<Transaction, store::Error>> {
    let database = database.clone();
    tokio::spawn(async move {
        let mut tx = database.begin_sharing().await?;
        assert!(write(&mut tx, name).await?);
        Ok(tx)
    })
}

/// A transaction with a row of its own, and another one that waits for it.
async fn two(database: &Database) -> (Transaction, tokio::task::JoinHandle<Result<Transaction, store::Error>>) {
    let mut first = database.begin_sharing().await.unwrap();
    write(&mut first, "first").await.unwrap();
    let second = next(database, "second");
    tokio::time::sleep(SOON).await;
    assert!(!second.is_finished(), "one at a time");
    (first, second)
}

#[tokio::test]
async fn those_that_wait_share_the_commit_and_one_given_up_leaves_nothing() {
    let engines = both("turns shared", Role::Journal).await;
    let Some(database) = engines.all().find(|database| database.engine() == Engine::Sqlite) else { panic!("SQLite") };
    let (first, second) = two(database).await;
    let (third, fourth) = (next(database, "third"), next(database, "fourth"));
    tokio::time::sleep(SOON).await;
    let mut first = tokio::spawn(first.commit());
    drop(second.await.unwrap().unwrap());
    let mut third = tokio::spawn(third.await.unwrap().unwrap().commit());
    let fourth = fourth.await.unwrap().unwrap();
    assert!(tokio::time::timeout(SOON, &mut first).await.is_err(), "nothing is durable yet");
    assert!(tokio::time::timeout(SOON, &mut third).await.is_err(), "nothing is durable yet");
    assert!(!written(database, "first").await && !written(database, "third").await);
    fourth.commit().await.unwrap();
    first.await.unwrap().unwrap();
    third.await.unwrap().unwrap();
    for (name, there) in [("first", true), ("second", false), ("third", true), ("fourth", true)] {
        assert_eq!(written(database, name).await, there, "{name}");
    }
}

#[tokio::test]
async fn a_transaction_that_sqlite_ended_is_durable_for_none() {
    let engines = both("turns ended", Role::Journal).await;
    let Some(database) = engines.all().find(|database| database.engine() == Engine::Sqlite) else { panic!("SQLite") };
    let (first, second) = two(database).await;
    let (third, fourth) = (next(database, "third"), next(database, "fourth"));
    tokio::time::sleep(SOON).await;
    let first = tokio::spawn(first.commit());
    let second = tokio::spawn(second.await.unwrap().unwrap().commit());
    let mut third = third.await.unwrap().unwrap();
    // As when the disk is full: with the third one's the others' changes are gone.
    third.execute_raw("rollback").await.unwrap();
    drop(third);
    assert!(fourth.await.unwrap().unwrap_err().is_unavailable());
    assert!(second.await.unwrap().unwrap_err().is_unavailable());
    assert!(first.await.unwrap().unwrap_err().is_unavailable());
    for name in ["first", "second", "third", "fourth"] {
        assert!(!written(database, name).await, "{name}");
    }
    let mut again = database.begin_write().await.unwrap();
    write(&mut again, "again").await.unwrap();
    again.commit().await.unwrap();
    assert!(written(database, "again").await);
}

#[tokio::test]
async fn one_that_shares_no_commit_sees_only_what_is_durable() {
    let engines = both("turns alone", Role::Journal).await;
    let Some(database) = engines.all().find(|database| database.engine() == Engine::Sqlite) else { panic!("SQLite") };
    let (first, second) = two(database).await;
    let alone = database.clone();
    let alone = tokio::spawn(async move { alone.begin_write().await });
    tokio::time::sleep(SOON).await;
    let third = next(database, "third");
    tokio::time::sleep(SOON).await;
    let first = tokio::spawn(first.commit());
    let second = second.await.unwrap().unwrap();
    assert!(!first.is_finished() && !alone.is_finished(), "the second has its turn");
    second.commit().await.unwrap();
    first.await.unwrap().unwrap();
    let mut alone = alone.await.unwrap().unwrap();
    assert!(!third.is_finished(), "it comes after the one that is alone");
    write(&mut alone, "alone").await.unwrap();
    // Nobody shares its commit, whoever waits.
    alone.commit().await.unwrap();
    assert!(written(database, "alone").await);
    third.await.unwrap().unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn one_that_only_reads_answers_when_what_it_read_is_durable() {
    let engines = both("turns read", Role::Journal).await;
    let Some(database) = engines.all().find(|database| database.engine() == Engine::Sqlite) else { panic!("SQLite") };
    let (first, second) = two(database).await;
    let third = next(database, "third");
    tokio::time::sleep(SOON).await;
    let first = tokio::spawn(first.commit());
    let mut second = tokio::spawn(second.await.unwrap().unwrap().rollback());
    let third = third.await.unwrap().unwrap();
    assert!(tokio::time::timeout(SOON, &mut second).await.is_err(), "the first is not durable yet");
    drop(third);
    second.await.unwrap().unwrap();
    first.await.unwrap().unwrap();
    assert!(!written(database, "second").await);
}

#[tokio::test]
async fn whoever_is_gone_at_its_commit_fails_nobody_else() {
    let engines = both("turns gone", Role::Journal).await;
    let Some(database) = engines.all().find(|database| database.engine() == Engine::Sqlite) else { panic!("SQLite") };
    let (first, second) = two(database).await;
    assert!(tokio::time::timeout(SOON, first.commit()).await.is_err(), "it waits for the second");
    second.await.unwrap().unwrap().commit().await.unwrap();
    assert!(written(database, "first").await, "its changes were made");
    assert!(written(database, "second").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_to_be_durable_is_there_whoever_gave_up_meanwhile() {
    let engines = both("turns storm", Role::Journal).await;
    for database in engines.all() {
        let writers: Vec<_> = (0..400_u64)
            .map(|i| {
                let database = database.clone();
                let name = format!("row-{i}");
                tokio::spawn(async move {
                    let one = async {
                        let alone = i % 7 == 0;
                        let begun = if alone { database.begin_write().await } else { database.begin_sharing().await };
                        let mut tx = begun?;
                        write(&mut tx, &name).await?;
                        match i % 5 {
                            0 => Ok(false),
                            1 => tx.rollback().await.map(|()| false),
                            _ => {
                                tx.commit().await?;
                                assert!(written(&database, &name).await, "{name}: said to be durable");
                                Ok(true)
                            }
                        }
                    };
                    // Some have no patience, and end wherever they are.
                    let patience = if i % 3 == 0 { Duration::from_micros(i * 200) } else { Duration::from_secs(60) };
                    let outcome = tokio::time::timeout(patience, one).await;
                    (name, i, outcome.ok().map(|done: Result<bool, store::Error>| done.unwrap()))
                })
            })
            .collect();
        for writer in writers {
            let (name, i, outcome) = writer.await.unwrap();
            let there = written(database, &name).await;
            match outcome {
                Some(committed) => assert_eq!(there, committed, "{name}"),
                // Gone at its commit: either way.
                None => assert!(!there || i % 5 > 1, "{name}"),
            }
        }
    }
}
