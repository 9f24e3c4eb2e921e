//! Digests that others made.

use store::Error;
use store::journal::{DigestPermission, NewDigestSignature};

use crate::fixtures::furnished;
use crate::support::journals;

#[tokio::test]
async fn the_newest_permission_counts() {
    let (_engines, journals) = journals("digestrights").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        assert_eq!(tx.newest_digest_permission("10660").await.unwrap(), None);
        let on = DigestPermission {
            unit_code: "10660".into(),
            version: 1,
            allowed: 1,
            statement: "{}".into(),
            signature: vec![1],
            at: 5,
        };
        assert!(tx.insert_digest_permission(&on).await.unwrap());
        assert!(!tx.insert_digest_permission(&DigestPermission { allowed: 0, ..on.clone() }).await.unwrap());
        assert_eq!(tx.newest_digest_permission("10660").await.unwrap().as_ref(), Some(&on));
        let off = DigestPermission { version: 2, allowed: 0, ..on };
        assert!(tx.insert_digest_permission(&off).await.unwrap());
        assert_eq!(tx.newest_digest_permission("10660").await.unwrap(), Some(off));
        assert_eq!(tx.newest_digest_permission("14").await.unwrap(), None);
        tx.commit().await.unwrap();
        for statement in ["delete from digest_permission", "update digest_permission set allowed = 1"] {
            let done = journal.database().execute_raw(statement).await;
            assert!(matches!(done, Err(Error::Refused(_))), "{statement}: {done:?}");
        }
    }
}

#[tokio::test]
async fn a_digest_has_one_signature() {
    let (_engines, journals) = journals("digests").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        let new = NewDigestSignature {
            certificate_serial: "01aa".into(),
            digest: "ab".repeat(32),
            activation_id: "act".into(),
            client: "HIS".into(),
            recorded_at: 7,
        };
        assert!(matches!(tx.complete_digest("01aa", &new.digest, &[1], 8).await, Err(Error::Conflict { .. })));
        let first = tx.record_digest(&new).await.unwrap();
        assert!(first.is_new());
        let again = tx.record_digest(&NewDigestSignature { client: "other".into(), ..new.clone() }).await.unwrap();
        assert!(!again.is_new());
        assert_eq!(again.into_inner(), first.into_inner());
        let signed = tx.complete_digest("01aa", &new.digest, &[1], 8).await.unwrap();
        assert!(signed.is_new());
        let second = tx.complete_digest("01aa", &new.digest, &[2], 9).await.unwrap();
        assert!(!second.is_new());
        let row = second.into_inner();
        assert_eq!((row.state.as_str(), row.signature, row.signed_at), ("signed", Some(vec![1]), Some(8)));
        tx.commit().await.unwrap();
        for statement in [
            "delete from digest_signature",
            "update digest_signature set signed_at = 10",
            "update digest_signature set state = 'recorded', signature = null, signed_at = null",
        ] {
            let done = journal.database().execute_raw(statement).await;
            assert!(matches!(done, Err(Error::Refused(_))), "{statement}: {done:?}");
        }
    }
}
