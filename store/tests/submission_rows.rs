//! What programs brought in ends once, and not after the doctor went on with it.

use store::Role;
use store::portal::Portal;
use store::portal::api_client::ApiClient;
use store::portal::api_submission::{Submission, SubmissionEnd};
use store::portal::document::{Allotted, Document, DocumentState};
use store::portal::person::Person;
use time::Duration;

use crate::support::{both, noon};

fn document(id: &str) -> Document {
    Document {
        id: id.into(),
        person_id: "doctor".into(),
        unit_code: "10670".into(),
        form: "two_part_general".into(),
        form_version: 1,
        state: DocumentState::Draft,
        content_sealed: Some(vec![1]),
        book: String::new(),
        number: String::new(),
        code: None,
        object_path: String::new(),
        wrapped_key: String::new(),
        file_sha256: String::new(),
        created_at: noon(),
        updated_at: noon(),
        prepared_at: None,
        signed_at: None,
        client_id: "system".into(),
    }
}

async fn furnished(portal: &Portal, ids: &[&str]) {
    let mut tx = portal.begin_write().await.unwrap();
    let person = Person {
        id: "doctor".into(),
        invited_as: "doctor".into(),
        unit_code: "10670".into(),
        names_sealed: vec![1],
        identity_digest: String::new(),
        national_id_sealed: None,
        signing_credential: None,
        created_at: noon(),
    };
    tx.add_person(&person).await.unwrap();
    let client = ApiClient {
        id: "system".into(),
        unit_code: "10670".into(),
        name: "HIS".into(),
        grants: "client_credentials".into(),
        scopes: "documents:write".into(),
        redirect_uris: "[]".into(),
        secret_sha256: "aa".into(),
        secret_changed_at: noon(),
        webhook_url: String::new(),
        webhook_secret_sealed: None,
        created_by: "officer".into(),
        created_at: noon(),
        disabled_at: None,
    };
    tx.add_api_client(&client).await.unwrap();
    for id in ids {
        tx.add_draft(&document(id)).await.unwrap();
        let submission = Submission {
            document_id: (*id).to_owned(),
            client_id: "system".into(),
            external_id: format!("his-{id}"),
            content_digest: "bb".into(),
            submitted_at: noon(),
            taken_up_at: None,
            expires_at: noon() + Duration::days(30),
            ended: None,
            reason: String::new(),
        };
        assert!(tx.add_submission(&submission).await.unwrap());
        assert!(!tx.add_submission(&Submission { document_id: "x".into(), ..submission }).await.unwrap());
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_submission_ends_once_and_only_as_a_draft() {
    let both = both("submissions", Role::Portal).await;
    for portal in both.all().cloned().map(Portal::from) {
        furnished(&portal, &["a", "b", "c", "d"]).await;
        let end = async |id: &str, end: SubmissionEnd| {
            let mut tx = portal.begin_write().await.unwrap();
            let ended = tx.end_submission(id, end, "", noon()).await.unwrap();
            if ended {
                tx.commit().await.unwrap();
            }
            ended
        };
        let mut tx = portal.begin_write().await.unwrap();
        assert!(tx.take_up_submission("b", noon()).await.unwrap());
        assert!(!tx.take_up_submission("b", noon()).await.unwrap());
        let allotted = Allotted { book: "book", number: "1", code: "code" };
        assert!(tx.prepare_document("c", &[1], &[2], allotted, noon()).await.unwrap());
        tx.commit().await.unwrap();

        assert!(end("a", SubmissionEnd::Withdrawn).await);
        assert!(!end("a", SubmissionEnd::Withdrawn).await, "ended before");
        assert!(!end("b", SubmissionEnd::Withdrawn).await, "the doctor has opened it");
        assert!(end("b", SubmissionEnd::Rejected).await);
        for late in [SubmissionEnd::Withdrawn, SubmissionEnd::Rejected, SubmissionEnd::Expired] {
            assert!(!end("c", late).await, "prepared");
        }
        let mut tx = portal.begin().await.unwrap();
        let state = tx.document("c").await.unwrap().unwrap().state;
        assert_eq!(state, DocumentState::Prepared);
        let b = tx.document("b").await.unwrap().unwrap();
        assert_eq!((b.state, b.content_sealed), (DocumentState::Abandoned, None));
        // Only what is still a draft is over when its time has come.
        assert!(tx.submissions_over(noon() + Duration::days(29), 9).await.unwrap().is_empty());
        assert_eq!(tx.submissions_over(noon() + Duration::days(30), 9).await.unwrap(), ["d"]);
        drop(tx);
        // Given more time, never less, and what ended stays ended.
        let mut tx = portal.begin_write().await.unwrap();
        for (id, days) in [("d", 40), ("d", 35), ("a", 40)] {
            tx.prolong_submission(id, noon() + Duration::days(days)).await.unwrap();
        }
        assert!(tx.submissions_over(noon() + Duration::days(39), 9).await.unwrap().is_empty());
        assert_eq!(tx.submissions_over(noon() + Duration::days(40), 9).await.unwrap(), ["d"]);
        tx.commit().await.unwrap();
        let mut tx = portal.begin().await.unwrap();
        let after = (noon(), "b");
        let lines = tx.submissions_changed("system", after, noon(), 9).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.document_id.as_str()).collect::<Vec<_>>(), ["c", "d"]);
        assert!(tx.submissions_changed("other", after, noon(), 9).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_message_is_tried_by_one_and_settled_once() {
    let both = both("notices", Role::Portal).await;
    for portal in both.all().cloned().map(Portal::from) {
        furnished(&portal, &["a"]).await;
        let mut tx = portal.begin_write().await.unwrap();
        tx.add_api_notice("n", "system", "a", "signed", noon()).await.unwrap();
        let due = tx.api_notices_due(noon(), 9).await.unwrap();
        let notice = due.first().unwrap();
        let later = noon() + Duration::minutes(1);
        assert!(tx.try_api_notice(notice, later).await.unwrap());
        assert!(!tx.try_api_notice(notice, later).await.unwrap(), "another has it");
        assert!(tx.api_notices_due(noon(), 9).await.unwrap().is_empty());
        assert!(tx.api_notice_tried("n", "HTTP 500", "", noon()).await.unwrap());
        assert_eq!(tx.api_notices_due(later, 9).await.unwrap().first().unwrap().tries, 1);
        assert!(tx.api_notice_tried("n", "HTTP 204", "delivered", later).await.unwrap());
        assert!(!tx.api_notice_tried("n", "HTTP 500", "", later).await.unwrap());
        assert!(tx.api_notices_due(later, 9).await.unwrap().is_empty());
        tx.commit().await.unwrap();
    }
}
