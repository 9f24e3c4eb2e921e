//! CRLs of a shard.

use store::Error;
use store::journal::{Crl, Tx};

use crate::support::journals;

async fn sign(tx: &mut Tx, shard: &str) -> Crl {
    let number = tx.next_crl_number(shard).await.unwrap();
    let der = format!("{shard}/{number}").into_bytes();
    let crl = Crl { shard: shard.into(), number, der, this_update: number * 10, next_update: number * 10 + 5 };
    tx.insert_crl(&crl).await.unwrap();
    crl
}

#[tokio::test]
async fn crl_numbers_only_grow() {
    let (_engines, journals) = journals("crls").await;
    for journal in journals {
        let mut tx = journal.begin_write().await.unwrap();
        for expected in 1..=2 {
            let crl = sign(&mut tx, "0").await;
            assert_eq!(crl.number, expected);
            assert!(matches!(tx.insert_crl(&crl).await, Err(Error::Conflict { table: "crl" })));
        }
        assert_eq!(tx.next_crl_number("root").await.unwrap(), 1);
        assert_eq!(tx.newest_crl("0").await.unwrap().unwrap().number, 2);
        assert_eq!(tx.newest_crl("1").await.unwrap(), None);
    }
}

#[tokio::test]
async fn of_old_crls_the_digest_is_kept() {
    let (_engines, journals) = journals("oldcrls").await;
    for journal in journals {
        let mut tx = journal.begin_write().await.unwrap();
        let other = sign(&mut tx, "1").await;
        let mut signed = Vec::new();
        for _ in 0..5 {
            signed.push(sign(&mut tx, "0").await);
        }
        assert_eq!(tx.newest_crl("0").await.unwrap().as_ref(), signed.last());
        assert_eq!(tx.newest_crl("1").await.unwrap(), Some(other));
        let past = tx.past_crls("0", 10).await.unwrap();
        let numbers: Vec<i64> = past.iter().map(|crl| crl.number).collect();
        assert_eq!(numbers, [5, 4, 3, 2, 1]);
        assert!(past.iter().all(|crl| crl.this_update == crl.number * 10 && crl.next_update == crl.number * 10 + 5));
        // `printf 0/1 | sha256sum`
        let first = "a93875fe509ac2fae0e0939d3ec71c4d978244c7398dd7185ca68c393426a5a6";
        assert_eq!(past[4].sha256.as_deref(), Some(first));
        tx.commit().await.unwrap();
        let kept = "update crl set der = null where der is not null and shard = '0'";
        for statement in [
            "delete from crl",
            "update crl set number = 9 where der is null",
            "update crl set sha256 = 'x'",
            "update crl set sha256 = 'x', der = null",
        ] {
            let done = journal.database().execute_raw(statement).await;
            assert!(matches!(done, Err(Error::Refused(_))), "{statement}: {done:?}");
        }
        assert_eq!(journal.database().execute_raw(kept).await.unwrap(), 2, "two were whole");
    }
}
