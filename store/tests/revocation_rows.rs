//! The history of revocations.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use store::journal::{NewRevocationEvent, RevocationKind, RevocationSource, Tx};
use store::{Error, Journal};

use crate::fixtures::{certificate, furnished};
use crate::support::journals;
use RevocationKind::{Amend, Hold, Lift, Revoke};

fn event(serial: &str, kind: RevocationKind, reason: &str, at: i64) -> NewRevocationEvent {
    NewRevocationEvent {
        serial: serial.into(),
        kind,
        at,
        reason: reason.into(),
        invalid_since: None,
        activation_id: None,
        source: RevocationSource::Hotline,
    }
}

fn since(event: NewRevocationEvent, invalid_since: i64) -> NewRevocationEvent {
    NewRevocationEvent { invalid_since: Some(invalid_since), ..event }
}

async fn refused(tx: &mut Tx, new: &NewRevocationEvent) {
    let done = tx.record_revocation(new).await;
    assert!(matches!(done, Err(Error::Conflict { table: "revocation_event" })), "{new:?}: {done:?}");
}

async fn new(tx: &mut Tx, new: &NewRevocationEvent) -> (i64, i64) {
    let done = tx.record_revocation(new).await.unwrap();
    assert!(done.is_new(), "{new:?}");
    let row = done.into_inner();
    let again = tx.record_revocation(new).await.unwrap();
    assert!(!again.is_new(), "{new:?}");
    assert_eq!(again.into_inner(), row);
    (row.sequence, row.revoked_at)
}

#[tokio::test]
async fn a_hold_is_lifted_and_what_is_revoked_stays() {
    let (_engines, journals) = journals("revocations").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        refused(&mut tx, &event("01aa", Lift, "certificate_hold", 1)).await;
        refused(&mut tx, &event("01aa", Amend, "key_compromise", 1)).await;
        refused(&mut tx, &event("01aa", Hold, "superseded", 1)).await;
        refused(&mut tx, &event("01aa", Revoke, "certificate_hold", 1)).await;
        assert_eq!((tx.revocation("01aa").await.unwrap(), tx.revocation_sequence().await.unwrap()), (None, 0));

        assert_eq!(new(&mut tx, &event("01aa", Hold, "certificate_hold", 10)).await, (1, 10));
        refused(&mut tx, &event("01aa", Amend, "key_compromise", 11)).await;
        assert_eq!(tx.revocation("01aa").await.unwrap().unwrap().kind, Hold);
        assert_eq!(new(&mut tx, &event("01aa", Lift, "certificate_hold", 20)).await, (2, 10));
        assert_eq!(tx.revocation("01aa").await.unwrap(), None);
        assert!(tx.revoked_of_shard(0).await.unwrap().is_empty());

        assert_eq!(new(&mut tx, &event("01aa", Hold, "certificate_hold", 30)).await, (3, 30));
        // The revocation date stays that of the hold.
        assert_eq!(new(&mut tx, &since(event("01aa", Revoke, "superseded", 40), 35)).await, (4, 30));
        refused(&mut tx, &event("01aa", Lift, "certificate_hold", 50)).await;
        refused(&mut tx, &event("01aa", Hold, "certificate_hold", 50)).await;
        refused(&mut tx, &event("01aa", Revoke, "key_compromise", 50)).await;
        refused(&mut tx, &since(event("01aa", Amend, "superseded", 50), 36)).await;
        refused(&mut tx, &event("01aa", Amend, "affiliation_changed", 50)).await;
        assert_eq!(new(&mut tx, &since(event("01aa", Amend, "superseded", 60), 33)).await, (5, 30));
        assert_eq!(new(&mut tx, &event("01aa", Amend, "key_compromise", 70)).await, (6, 30));
        let now = tx.revocation("01aa").await.unwrap().unwrap();
        assert_eq!((now.reason.as_str(), now.invalid_since, now.revoked_at), ("key_compromise", Some(33), 30));
        refused(&mut tx, &event("01aa", Amend, "superseded", 80)).await;

        let history = tx.revocation_history("01aa").await.unwrap();
        let kinds: Vec<_> = history.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [Hold, Lift, Hold, Revoke, Amend, Amend]);
        assert_eq!(tx.revocation_events_since(0, 10).await.unwrap(), history);
        assert_eq!(tx.revocation_events_since(2, 2).await.unwrap(), history[2..4]);
        assert!(tx.revocation_events_since(6, 10).await.unwrap().is_empty());
        assert_eq!(tx.revoked_of_shard(0).await.unwrap(), history[5..]);
        assert!(tx.revoked_of_shard(1).await.unwrap().is_empty());
        tx.commit().await.unwrap();
        for statement in ["delete from revocation_event", "update revocation_event set at = 9"] {
            assert!(journal.database().execute_raw(statement).await.is_err(), "{statement}");
        }
        // Nothing can be said about a certificate that was never recorded.
        let mut tx = journal.begin_write().await.unwrap();
        let unknown = tx.record_revocation(&event("77", Revoke, "superseded", 1)).await;
        assert!(matches!(unknown, Err(Error::Refused(_))));
    }
}

#[tokio::test]
async fn what_was_decided_of_a_certificate_and_of_its_issuers_comes_with_the_key() {
    let (_engines, journals) = journals("signingkey").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        tx.record_certificate(&certificate("01bb", Some("r2"), "two")).await.unwrap();
        let decided = async |tx: &mut Tx| {
            let row = tx.signing_key("01aa", "01bb").await.unwrap().unwrap();
            (row.decided, row.issuer_decided)
        };
        assert_eq!(decided(&mut tx).await, (Lift, Lift));
        new(&mut tx, &event("01aa", Hold, "certificate_hold", 10)).await;
        assert_eq!(decided(&mut tx).await, (Hold, Lift));
        new(&mut tx, &event("01bb", Revoke, "superseded", 20)).await;
        assert_eq!(decided(&mut tx).await, (Hold, Revoke));
        new(&mut tx, &event("01aa", Lift, "certificate_hold", 30)).await;
        assert_eq!(decided(&mut tx).await, (Lift, Revoke));
        assert_eq!(tx.signing_key("77", "01bb").await.unwrap(), None);
        let row = tx.signing_key("01aa", "01bb").await.unwrap().unwrap();
        assert_eq!(row.newest_entry_at(), tx.newest_entry_at().await.unwrap());
        let at = row.newest_entry_at().unwrap() + 7;
        let entry = ledger::Entry { id: "e".into(), at, kind: "k".into(), subject: "s".into(), payload: "{}".into() };
        tx.append(&entry, &[7; 16]).await.unwrap();
        let row = tx.signing_key("01aa", "01bb").await.unwrap().unwrap();
        assert_eq!(row.newest_entry_at(), Some(at));
    }
}

#[tokio::test]
async fn an_activations_events_are_counted() {
    let (_engines, journals) = journals("activationcount").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        tx.record_certificate(&certificate("01bb", Some("r2"), "two")).await.unwrap();
        for serial in ["01aa", "01bb"] {
            let activated = NewRevocationEvent {
                activation_id: Some("act".into()),
                source: RevocationSource::Activation,
                ..event(serial, Revoke, "cessation_of_operation", 5)
            };
            tx.record_revocation(&activated).await.unwrap();
        }
        assert_eq!(tx.revocations_of_activation("act").await.unwrap(), 2);
        assert_eq!(tx.revocations_of_activation("none").await.unwrap(), 0);
        assert_eq!(tx.revoked_of_shard(0).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_blocked_key_is_not_certified_again() {
    let (_engines, journals) = journals("blocked").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        assert!(!tx.is_blocked("04dd").await.unwrap());
        assert!(tx.block_key("04dd", 5, "key_compromise", Some("act")).await.unwrap());
        assert!(!tx.block_key("04dd", 6, "again", None).await.unwrap());
        assert!(tx.is_blocked("04dd").await.unwrap());
        let refused = tx.record_certificate(&certificate("04dd", Some("r4"), "x")).await;
        assert!(matches!(refused, Err(Error::Conflict { table: "blocked_key" })), "{refused:?}");
        assert!(tx.certificate("04dd").await.unwrap().is_none());
        // What was recorded before is still answered.
        assert!(tx.block_key("01aa", 5, "key_compromise", None).await.unwrap());
        assert!(!tx.record_certificate(&certificate("01aa", Some("req"), "one")).await.unwrap().is_new());
        tx.commit().await.unwrap();
        for statement in ["delete from blocked_key", "update blocked_key set reason = 'x'"] {
            assert!(journal.database().execute_raw(statement).await.is_err(), "{statement}");
        }
    }
}

/// Records events of certificates of its own, several in a transaction, some taken back.
async fn writer(journal: Journal, name: u32, rounds: u32) {
    for round in 0..rounds {
        let mut tx = journal.begin_write().await.unwrap();
        for part in 0..3 {
            let serial = format!("{name:02}{round:04}{part}");
            tx.record_certificate(&certificate(&serial, Some(&serial), "x")).await.unwrap();
            tx.record_revocation(&event(&serial, Revoke, "superseded", 1)).await.unwrap();
            tokio::task::yield_now().await;
        }
        if round % 4 == 3 {
            tx.rollback().await.unwrap();
        } else {
            tx.commit().await.unwrap();
        }
    }
}

/// Polls as a signer does: only for what comes after the last place it saw.
async fn reader(journal: Journal, over: Arc<AtomicBool>) -> Vec<(i64, String)> {
    let mut seen: Vec<(i64, String)> = Vec::new();
    loop {
        let last_round = over.load(Ordering::SeqCst);
        let mut tx = journal.begin().await.unwrap();
        let after = seen.last().map_or(0, |(sequence, _)| *sequence);
        let events = tx.revocation_events_since(after, 7).await.unwrap();
        drop(tx);
        if events.is_empty() && last_round {
            return seen;
        }
        seen.extend(events.into_iter().map(|event| (event.sequence, event.serial)));
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_polls_misses_no_event() {
    let (_engines, journals) = journals("polls").await;
    for journal in journals {
        let (writers, rounds) = (6_u32, 20_u32);
        let over = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..2).map(|_| tokio::spawn(reader(journal.clone(), over.clone()))).collect();
        let writing: Vec<_> = (0..writers).map(|name| tokio::spawn(writer(journal.clone(), name, rounds))).collect();
        for one in writing {
            one.await.unwrap();
        }
        over.store(true, Ordering::SeqCst);
        let committed = i64::from(writers * (rounds - rounds / 4) * 3);
        for one in readers {
            let seen = one.await.unwrap();
            let places: Vec<i64> = seen.iter().map(|(sequence, _)| *sequence).collect();
            assert_eq!(places, (1..=committed).collect::<Vec<_>>(), "each once, in order, without gaps");
            assert_eq!(seen.iter().map(|(_, serial)| serial).collect::<BTreeSet<_>>().len(), seen.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_revoke_at_once_record_one_event() {
    let (_engines, journals) = journals("atonce").await;
    for journal in journals {
        furnished(&journal).await.commit().await.unwrap();
        let tries: Vec<_> = (0..12)
            .map(|number| {
                let journal = journal.clone();
                tokio::spawn(async move {
                    let reason = if number % 2 == 0 { "superseded" } else { "key_compromise" };
                    let mut tx = journal.begin_write().await?;
                    let done = tx.record_revocation(&event("01aa", Revoke, reason, 5)).await;
                    tx.commit().await?;
                    done.map(|recorded| recorded.is_new())
                })
            })
            .collect();
        let (mut first, mut already, mut other) = (0, 0, 0);
        for one in tries {
            match one.await.unwrap() {
                Ok(true) => first += 1,
                Ok(false) => already += 1,
                Err(Error::Conflict { .. }) => other += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!((first, already, other), (1, 5, 6));
        let mut tx = journal.begin().await.unwrap();
        assert_eq!(tx.revocation_history("01aa").await.unwrap().len(), 1);
    }
}
