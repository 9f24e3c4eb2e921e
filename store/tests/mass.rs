//! A journal of a nation's size answers as fast as a small one.
//!
//! By default it is filled to a few thousand; `RABRONG_MASS=1000000` fills it to that many
//! certificates, a tenth of them revoked, and then holds the times to 1.5 times the small ones.

use std::time::{Duration, Instant};

use store::Journal;
use store::journal::{NewRevocationEvent, RevocationKind, RevocationSource, Selection};
use store::testing::{fill_journal, filled_serial};

use crate::support::journals;

const SMALL: (u64, u64) = (1000, 100);

/// Times of one act at a time, the middle of many.
#[derive(Debug)]
struct Times {
    look_up: Duration,
    revoke: Duration,
    poll: Duration,
    select: Duration,
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.swap_remove(times.len() / 2)
}

/// `share` of the certificates are revoked; the act revokes some beyond them and takes it back.
async fn measure(journal: &Journal, certificates: u64, revocations: u64) -> Times {
    let (mut look_up, mut revoke, mut poll, mut select) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..300_u64 {
        let spread = round * 7919;
        let revoked = filled_serial(spread % revocations);
        let good = filled_serial(revocations + spread % (certificates - revocations));

        let mut tx = journal.begin().await.unwrap();
        let begun = Instant::now();
        let row = tx.certificate(&revoked).await.unwrap().unwrap();
        let ended = tx.revocation(&revoked).await.unwrap().unwrap();
        assert_eq!(tx.revocation(&good).await.unwrap(), None);
        look_up.push(begun.elapsed());
        assert_eq!((row.state.as_str(), ended.reason.as_str()), ("issued", "privilege_withdrawn"));

        let begun = Instant::now();
        let newest = tx.revocation_sequence().await.unwrap();
        assert!(tx.revocation_events_since(newest, 100).await.unwrap().is_empty());
        assert_eq!(tx.revocation_events_since(newest - 10, 100).await.unwrap().len(), 10);
        poll.push(begun.elapsed());

        let begun = Instant::now();
        let key = Selection::Key { spki_sha256: row.spki_sha256 };
        assert!(tx.serials_selected(&key, None, 100).await.unwrap().is_empty());
        assert!(tx.unfinished_certificates().await.unwrap().is_empty());
        assert!(tx.newest_entry_at().await.unwrap().is_some());
        select.push(begun.elapsed());
        drop(tx);

        let mut tx = journal.begin_write().await.unwrap();
        let new = NewRevocationEvent {
            serial: good,
            kind: RevocationKind::Revoke,
            at: 1,
            reason: "superseded".into(),
            invalid_since: None,
            activation_id: None,
            source: RevocationSource::Termination,
        };
        let begun = Instant::now();
        assert!(tx.record_revocation(&new).await.unwrap().is_new());
        revoke.push(begun.elapsed());
        tx.rollback().await.unwrap();
    }
    Times { look_up: middle(look_up), revoke: middle(revoke), poll: middle(poll), select: middle(select) }
}

#[tokio::test]
async fn a_large_journal_answers_as_fast_as_a_small_one() {
    #[expect(clippy::disallowed_methods, reason = "how large is for who runs the test to say")]
    let asked: Option<u64> = std::env::var("RABRONG_MASS").ok().and_then(|text| text.parse().ok());
    let (certificates, revocations) = asked.map_or((4000, 400), |certificates| (certificates, certificates / 10));
    let (_engines, journals) = journals("mass").await;
    for journal in journals {
        let engine = journal.database().engine();
        fill_journal(&journal, SMALL.0, SMALL.1).await.unwrap();
        let small = measure(&journal, SMALL.0, SMALL.1).await;
        let begun = Instant::now();
        fill_journal(&journal, certificates, revocations).await.unwrap();
        let filled = begun.elapsed();
        let large = measure(&journal, certificates, revocations).await;
        println!("{engine:?}: {certificates} certificates filled in {filled:?}\n{small:?}\n{large:?}");
        let mut tx = journal.begin().await.unwrap();
        assert_eq!(tx.revocation_sequence().await.unwrap(), i64::try_from(revocations).unwrap());
        assert_eq!(tx.certificates_of_kind("root").await.unwrap(), []);
        if asked.is_some() {
            for (small, large) in [
                (small.look_up, large.look_up),
                (small.revoke, large.revoke),
                (small.poll, large.poll),
                (small.select, large.select),
            ] {
                assert!(large < small * 3 / 2, "{engine:?}: {small:?} became {large:?}");
            }
        }
    }
}
