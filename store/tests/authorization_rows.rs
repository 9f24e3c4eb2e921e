//! What persons let programs do.

use store::portal::api_client::ApiClient;
use store::portal::authorization::NewAuthorization;
use store::{Portal, Role};
use time::Duration;

use crate::support::{both, noon};

#[tokio::test]
async fn a_code_works_once_and_for_one_person() {
    let engines = both("authorizations", Role::Portal).await;
    for database in engines.all().cloned() {
        let portal = Portal::from(database);
        let mut tx = portal.begin_write().await.unwrap();
        let client = ApiClient {
            id: "c".into(),
            unit_code: "10670".into(),
            name: "HIS".into(),
            grants: "authorization_code".into(),
            scopes: "service credential".into(),
            redirect_uris: "[]".into(),
            secret_sha256: "00".into(),
            secret_changed_at: noon(),
            webhook_url: String::new(),
            webhook_secret_sealed: None,
            created_by: "officer".into(),
            created_at: noon(),
            disabled_at: None,
        };
        tx.add_api_client(&client).await.unwrap();
        let new = |id: &str| NewAuthorization {
            id: id.into(),
            client_id: "c".into(),
            scope: "credential".into(),
            redirect_uri: "https://his.example/back".into(),
            client_state: "xyz".into(),
            code_challenge: "abc".into(),
            asked: "{}".into(),
            created_at: noon(),
            expires_at: noon() + Duration::minutes(10),
        };
        for id in ["a", "b"] {
            assert!(tx.add_authorization(&new(id), 2).await.unwrap());
        }
        assert!(!tx.add_authorization(&new("too many"), 2).await.unwrap());
        assert_eq!(tx.authorization_of_code("").await.unwrap(), None);
        assert_eq!(tx.authorization_of_ticket("").await.unwrap(), None);

        // What nobody acted on goes when its time is over; what somebody did stays for a day.
        assert!(tx.propose_authorization("b", "dora", "kept", noon()).await.unwrap());
        assert!(tx.add_authorization(&new("unanswered"), 2).await.unwrap());
        let next = NewAuthorization { created_at: noon() + Duration::minutes(10), ..new("next") };
        assert!(tx.add_authorization(&next, 9).await.unwrap());
        assert_eq!(tx.authorization("unanswered").await.unwrap(), None);
        assert!(tx.authorization("b").await.unwrap().is_some());
        assert!(tx.add_authorization(&new("a"), 9).await.unwrap(), "it went, too");

        let late = noon() + Duration::minutes(11);
        assert!(!tx.propose_authorization("a", "dora", "t", late).await.unwrap());
        assert!(tx.propose_authorization("a", "dora", "t", noon()).await.unwrap());
        assert!(!tx.propose_authorization("a", "mali", "u", noon()).await.unwrap(), "it is another's");
        assert!(!tx.grant_authorization("a", "mali", "[]", "code", late).await.unwrap());
        assert!(!tx.deny_authorization("a", "mali").await.unwrap());
        assert_eq!(tx.authorization_of_ticket("t").await.unwrap().unwrap().person_id, "dora");
        assert!(tx.grant_authorization("a", "dora", "[]", "code", late).await.unwrap());
        assert!(!tx.grant_authorization("a", "dora", "[1]", "other", late).await.unwrap());
        assert!(!tx.deny_authorization("a", "dora").await.unwrap());
        let granted = tx.authorization_of_code("code").await.unwrap().unwrap();
        assert_eq!((granted.state.as_str(), granted.given.as_str()), ("granted", "[]"));
        assert_eq!(granted.code_expires_at, Some(late));
        assert!(!tx.redeem_authorization("b", "token").await.unwrap(), "nobody granted it");
        assert!(tx.redeem_authorization("a", "token").await.unwrap());
        assert!(!tx.redeem_authorization("a", "token").await.unwrap());
        assert!(tx.deny_authorization("b", "dora").await.unwrap());
        assert!(!tx.grant_authorization("b", "dora", "", "code2", late).await.unwrap());
        assert_eq!(tx.authorization("nothing").await.unwrap(), None);
        // A day later they are forgotten.
        let next = NewAuthorization { created_at: noon() + Duration::days(2), ..new("next") };
        assert!(tx.add_authorization(&next, 2).await.unwrap());
        assert_eq!(tx.authorization("a").await.unwrap(), None);
    }
}
