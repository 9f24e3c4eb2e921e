//! Whose a licence is.

use store::Error;

use crate::fixtures::furnished;
use crate::support::journals;

#[tokio::test]
async fn a_licence_is_one_persons_for_good() {
    let (_engines, journals) = journals("licences").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        assert_eq!(tx.licence_holder("physician", "12345").await.unwrap(), None);
        tx.hold_licence("physician", "12345", "aa", 5).await.unwrap();
        tx.hold_licence("physician", "12345", "aa", 6).await.unwrap();
        // Numbers are the councils' own: a dentist may have the same one.
        tx.hold_licence("dentist", "12345", "bb", 6).await.unwrap();
        let refused = tx.hold_licence("physician", "12345", "bb", 7).await;
        assert!(matches!(refused, Err(Error::Conflict { table: "licence_holder" })), "{refused:?}");
        assert_eq!(tx.licence_holder("physician", "12345").await.unwrap().as_deref(), Some("aa"));
        tx.commit().await.unwrap();
        for statement in ["delete from licence_holder", "update licence_holder set identity_digest = 'bb'"] {
            assert!(journal.database().execute_raw(statement).await.is_err(), "{statement}");
        }
    }
}
