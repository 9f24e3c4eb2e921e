//! Transactions behave alike on both engines.

use std::time::Duration;

use store::Role;

use crate::support::both;

#[tokio::test]
async fn a_dropped_transaction_changes_nothing() {
    let engines = both("dropped", Role::Journal).await;
    for database in engines.all() {
        let now = crate::support::noon();
        let lease = time::Duration::seconds(1);
        let mut tx = database.begin_write().await.unwrap();
        assert!(tx.take_lease("a", "one", now, lease).await.unwrap());
        drop(tx);
        // Had it stayed, the lease would be taken.
        let mut tx = database.begin_write().await.unwrap();
        assert!(tx.take_lease("a", "two", now, lease).await.unwrap());
        tx.commit().await.unwrap();
        let mut tx = database.begin_write().await.unwrap();
        assert!(!tx.take_lease("a", "one", now, lease).await.unwrap());
    }
}

#[tokio::test]
async fn a_dropped_transaction_keeps_nobody_waiting() {
    let engines = both("released", Role::Journal).await;
    for database in engines.all() {
        let (now, lease) = (crate::support::noon(), time::Duration::seconds(1));
        let mut other = database.begin().await.unwrap();
        let mut tx = database.begin_write().await.unwrap();
        assert!(tx.take_lease("a", "one", now, lease).await.unwrap());
        // Its connection is used by nobody from here on.
        drop(tx);
        let taken = tokio::time::timeout(Duration::from_secs(5), other.take_lease("a", "two", now, lease)).await;
        assert!(taken.expect("the row is free").unwrap());
    }
}

#[tokio::test]
async fn whoever_stops_waiting_for_a_transaction_leaves_none_open() {
    let engines = both("given up", Role::Journal).await;
    for database in engines.all() {
        let (now, lease) = (crate::support::noon(), time::Duration::seconds(1));
        let mut first = database.begin_write().await.unwrap();
        assert!(first.take_lease("a", "one", now, lease).await.unwrap());
        let second = async {
            let mut tx = database.begin_write().await?;
            tx.take_lease("a", "two", now, lease).await
        };
        assert!(tokio::time::timeout(Duration::from_millis(200), second).await.is_err(), "the first has the row");
        // Nor does anybody get the connection that still waits.
        for _ in 0..20 {
            let reading = async { database.begin().await?.newest_checkpoint().await };
            tokio::time::timeout(Duration::from_secs(2), reading).await.expect("readers wait for nobody").unwrap();
        }
        first.rollback().await.unwrap();
        for _ in 0..20 {
            let mut tx = database.begin_write().await.unwrap();
            assert!(tx.take_lease("a", "three", now, lease).await.unwrap());
            tx.commit().await.unwrap();
        }
    }
}

#[tokio::test]
async fn many_writers_wait_for_each_other() {
    let engines = both("writers", Role::Journal).await;
    for database in engines.all() {
        let writers: Vec<_> = (0..40)
            .map(|i| {
                let database = database.clone();
                tokio::spawn(async move {
                    let mut tx = database.begin_write().await?;
                    tx.checkpoints().await?;
                    let name = format!("lease-{i}");
                    let lease = time::Duration::seconds(1);
                    tx.take_lease(&name, "me", crate::support::noon(), lease).await?;
                    tx.commit().await
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap().unwrap();
        }
        assert_eq!(database.execute_raw("update lease set until = 1").await.unwrap(), 40);
    }
}

#[tokio::test]
async fn connecting_again_finds_the_schema_up_to_date() {
    let folder = std::env::temp_dir().join(format!("rabrong-again-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let url = format!("sqlite:{}", folder.join("j.sqlite").display());
    for _ in 0..2 {
        let journal = store::Journal::connect(&url).await.unwrap();
        journal.database().ping().await.unwrap();
        journal.database().close().await;
    }
    // The other role's migrations do not fit this file.
    assert!(matches!(store::Portal::connect(&url).await, Err(store::Error::Schema(_))));
    std::fs::remove_dir_all(folder).unwrap();
}
