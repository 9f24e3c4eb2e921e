//! The portal's rows on both engines.

use crate::world::{Engines, NOW};
use store::Portal;
use store::portal::doctor_request::{DoctorRequest, RequestState};
use store::portal::document::{Allotted, Document, DocumentState, StoredFile};
use store::portal::erasure::Erasure;
use store::portal::evidence::{Consent, Evidence};
use store::portal::invitation::Invitation;
use store::portal::licence_check::LicenceResult;
use store::portal::passkey::{LoginPasskey, PasskeyCeremony};
use store::portal::person::Person;
use store::portal::proposal::Proposal;
use store::portal::suspension::SuspensionReport;
use time::Duration;

const PERSON: &str = "0198f0f0-0000-7000-8000-000000000001";
const REQUEST: &str = "0198f0f0-0000-7000-8000-000000000002";

fn person(id: &str) -> Person {
    Person {
        id: id.into(),
        invited_as: "ra_officer".into(),
        unit_code: "10670".into(),
        names_sealed: vec![1, 2],
        identity_digest: String::new(),
        national_id_sealed: None,
        signing_credential: None,
        created_at: NOW,
    }
}

fn request() -> DoctorRequest {
    DoctorRequest {
        id: REQUEST.into(),
        person_id: PERSON.into(),
        unit_code: "10670".into(),
        state: RequestState::Draft,
        claims_sealed: vec![3],
        identity_digest: "aa".into(),
        created_at: NOW,
        submitted_at: None,
        decided_at: None,
        decided_by: String::new(),
        reason_sealed: None,
        certificate_serial: String::new(),
    }
}

fn draft(id: &str) -> Document {
    Document {
        id: id.into(),
        person_id: PERSON.into(),
        unit_code: "10670".into(),
        form: "two_part_general".into(),
        form_version: 1,
        state: DocumentState::Draft,
        content_sealed: Some(vec![4]),
        book: String::new(),
        number: String::new(),
        code: None,
        object_path: String::new(),
        wrapped_key: String::new(),
        file_sha256: String::new(),
        created_at: NOW,
        updated_at: NOW,
        prepared_at: None,
        signed_at: None,
        client_id: String::new(),
    }
}

async fn with_person(url: &str) -> Portal {
    let portal = Portal::connect(url).await.unwrap();
    let mut tx = portal.begin_write().await.unwrap();
    tx.add_person(&person(PERSON)).await.unwrap();
    tx.commit().await.unwrap();
    portal
}

#[tokio::test]
async fn a_person_keeps_the_first_signing_passkey() {
    let engines = Engines::start("persons");
    for url in &engines.urls {
        let portal = with_person(url).await;
        let mut tx = portal.begin_write().await.unwrap();
        assert_eq!(tx.person(PERSON).await.unwrap(), Some(person(PERSON)));
        assert!(matches!(tx.add_person(&person(PERSON)).await, Err(store::Error::Conflict { .. })));
        assert!(tx.enrolled_officers("10670").await.unwrap().is_empty());
        tx.set_signing_credential(PERSON, "{}", NOW).await.unwrap();
        tx.set_signing_credential(PERSON, "{}", NOW).await.unwrap();
        let other = tx.set_signing_credential(PERSON, "{\"a\":1}", NOW).await;
        assert!(matches!(other, Err(store::Error::Conflict { .. })));
        tx.set_identity(PERSON, &[7], "dd", &[8], NOW).await.unwrap();
        let read = tx.enrolled_officers("10670").await.unwrap().pop().unwrap();
        assert_eq!((read.identity_digest.as_str(), read.national_id_sealed), ("dd", Some(vec![8])));
    }
}

#[tokio::test]
async fn invitations_ceremonies_and_sessions_end() {
    let engines = Engines::start("endings");
    for url in &engines.urls {
        let portal = with_person(url).await;
        let mut tx = portal.begin_write().await.unwrap();
        let invitation = Invitation {
            id: "i".into(),
            token_digest: "t".into(),
            role: "doctor".into(),
            unit_code: "10670".into(),
            name_sealed: vec![1],
            invited_by: String::new(),
            created_at: NOW,
            expires_at: NOW + Duration::days(1),
            used_at: None,
            person_id: None,
        };
        tx.add_invitation(&invitation).await.unwrap();
        assert_eq!(tx.invitation("t").await.unwrap(), Some(invitation));
        assert!(!tx.use_invitation("i", PERSON, NOW + Duration::days(1)).await.unwrap());
        assert!(tx.use_invitation("i", PERSON, NOW).await.unwrap());
        assert!(!tx.use_invitation("i", PERSON, NOW).await.unwrap());

        let ceremony = PasskeyCeremony {
            id: "c".into(),
            kind: "login".into(),
            subject_id: String::new(),
            state: "{}".into(),
            expires_at: NOW + Duration::minutes(5),
        };
        tx.add_ceremony(&ceremony, NOW).await.unwrap();
        assert_eq!(tx.take_ceremony("c", "enrol", NOW).await.unwrap(), None);
        assert_eq!(tx.take_ceremony("c", "login", NOW + Duration::minutes(5)).await.unwrap(), None);
        assert_eq!(tx.take_ceremony("c", "login", NOW).await.unwrap(), Some(ceremony));
        assert_eq!(tx.take_ceremony("c", "login", NOW).await.unwrap(), None);

        let passkey = LoginPasskey { credential_id: "k".into(), person_id: PERSON.into(), passkey: "{}".into() };
        tx.add_login_passkey(&passkey, NOW).await.unwrap();
        assert!(tx.add_login_passkey(&passkey, NOW).await.is_err());
        tx.touch_login_passkey("k", "{\"n\":1}", NOW).await.unwrap();
        assert_eq!(tx.login_passkey("k").await.unwrap().unwrap().passkey, "{\"n\":1}");

        tx.open_session("s", PERSON, NOW, NOW + Duration::hours(1)).await.unwrap();
        assert_eq!(tx.session_person("s", NOW).await.unwrap().as_deref(), Some(PERSON));
        assert_eq!(tx.session_person("s", NOW + Duration::hours(1)).await.unwrap(), None);
        tx.close_session("s").await.unwrap();
        assert_eq!(tx.session_person("s", NOW).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_request_moves_only_from_the_state_it_is_in() {
    let engines = Engines::start("requests");
    for url in &engines.urls {
        let portal = with_person(url).await;
        let mut tx = portal.begin_write().await.unwrap();
        tx.add_request(&request()).await.unwrap();
        assert_eq!(tx.latest_request(PERSON).await.unwrap(), Some(request()));
        assert!(!tx.decide_request(REQUEST, RequestState::Returned, PERSON, &[1], NOW).await.unwrap());
        assert!(tx.submit_request(REQUEST, NOW).await.unwrap());
        assert!(!tx.submit_request(REQUEST, NOW).await.unwrap());
        assert!(tx.update_claims(REQUEST, &[9], "bb", NOW).await.is_err());
        assert_eq!(tx.requests_of_unit("10670", RequestState::Submitted).await.unwrap().len(), 1);
        assert!(tx.decide_request(REQUEST, RequestState::Returned, PERSON, &[1], NOW).await.unwrap());
        tx.update_claims(REQUEST, &[9], "bb", NOW).await.unwrap();
        assert!(tx.submit_request(REQUEST, NOW).await.unwrap());
        assert!(tx.request_issued(REQUEST, "01ab", PERSON, NOW).await.unwrap());
        assert!(!tx.request_issued(REQUEST, "01ab", PERSON, NOW).await.unwrap());
        let read = tx.request(REQUEST).await.unwrap().unwrap();
        assert_eq!((read.state, read.certificate_serial.as_str()), (RequestState::Issued, "01ab"));

        let evidence = Evidence {
            id: "e".into(),
            person_id: PERSON.into(),
            request_id: REQUEST.into(),
            kind: "document_seen".into(),
            record_sealed: vec![5],
            record_sha256: "ff".into(),
            recorded_by: String::new(),
            recorded_at: NOW,
        };
        tx.add_evidence(&evidence).await.unwrap();
        assert_eq!(tx.evidence_of(REQUEST).await.unwrap(), [evidence]);
        let consent = Consent {
            id: "c".into(),
            person_id: PERSON.into(),
            notice_version: "1".into(),
            notice_sha256: "00".into(),
            purposes: "[]".into(),
            ial: "1.1".into(),
            aal: "2.2".into(),
            channel: "portal".into(),
            given_at: NOW,
            withdrawn_at: None,
        };
        tx.add_consent(&consent).await.unwrap();
        assert_eq!(tx.consent_of(PERSON).await.unwrap(), Some(consent));
        assert_eq!(tx.withdraw_consent(PERSON, NOW).await.unwrap(), 1);
        assert_eq!(tx.consent_of(PERSON).await.unwrap(), None);

        let proposal = Proposal {
            ticket_digest: "t".into(),
            kind: "issue_certificate".into(),
            subject_id: REQUEST.into(),
            proposed_by: PERSON.into(),
            state: "waiting".into(),
        };
        tx.add_proposal(&proposal, NOW).await.unwrap();
        assert_eq!(tx.proposal("t").await.unwrap(), Some(proposal));
        assert!(tx.settle_proposal("t", "done", NOW).await.unwrap());
        assert!(!tx.settle_proposal("t", "ended", NOW).await.unwrap());
    }
}

#[tokio::test]
async fn a_document_is_prepared_once_and_signed_once() {
    let engines = Engines::start("documents");
    for url in &engines.urls {
        let portal = with_person(url).await;
        let mut tx = portal.begin_write().await.unwrap();
        tx.add_draft(&draft("d")).await.unwrap();
        assert_eq!(tx.document("d").await.unwrap(), Some(draft("d")));
        assert!(tx.save_draft("d", &[6], NOW).await.unwrap());
        let first = Allotted { book: "10670/2569", number: "000001", code: "CODE" };
        assert!(!tx.prepare_document("d", &[4], &[7], first, NOW).await.unwrap(), "saved since it was read");
        assert!(tx.prepare_document("d", &[6], &[7], first, NOW).await.unwrap());
        let other = Allotted { number: "000002", code: "OTHER", ..first };
        assert!(!tx.prepare_document("d", &[7], &[8], other, NOW).await.unwrap());
        assert!(!tx.save_draft("d", &[6], NOW).await.unwrap());
        let stored = StoredFile { object_path: "p", wrapped_key: "w", file_sha256: "f", signed_at: NOW };
        assert!(tx.document_signed("d", stored, NOW).await.unwrap());
        assert!(!tx.document_signed("d", stored, NOW).await.unwrap());
        assert!(!tx.abandon_document("d", NOW).await.unwrap());
        let read = tx.document_by_code("CODE").await.unwrap().unwrap();
        assert_eq!(
            (read.state, read.content_sealed, read.signed_at),
            (DocumentState::Signed, Some(vec![7]), Some(NOW))
        );
        assert_eq!(tx.documents_of(PERSON, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn no_two_documents_have_one_number() {
    let engines = Engines::start("numbers");
    for url in &engines.urls {
        let portal = with_person(url).await;
        let tasks: Vec<_> = (0..12)
            .map(|_| {
                let portal = portal.clone();
                tokio::spawn(async move {
                    let mut tx = portal.begin_write().await.unwrap();
                    let number = tx.next_number("10670/2569").await.unwrap();
                    tx.commit().await.unwrap();
                    number
                })
            })
            .collect();
        let mut numbers = Vec::new();
        for task in tasks {
            numbers.push(task.await.unwrap());
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=12).collect::<Vec<i64>>());
    }
}

#[tokio::test]
async fn both_engines_have_the_same_columns() {
    let engines = Engines::start("columns");
    let mut all = Vec::new();
    for url in &engines.urls {
        all.push(Portal::connect(url).await.unwrap().database().columns().await.unwrap());
    }
    assert!(all[0].iter().any(|(table, column)| table == "document" && column == "code"));
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn licences_are_asked_for_again_when_they_are_due() {
    let engines = Engines::start("due");
    for url in &engines.urls {
        let portal = with_person(url).await;
        let mut tx = portal.begin_write().await.unwrap();
        tx.add_request(&request()).await.unwrap();
        let due = async |tx: &mut store::portal::Tx, now| {
            let found = tx.requests_to_ask_again(now - Duration::DAY, now - Duration::HOUR, 10).await.unwrap();
            found.into_iter().map(|request| request.certificate_serial).collect::<Vec<_>>()
        };
        assert!(due(&mut tx, NOW).await.is_empty(), "nothing is issued yet");
        assert!(tx.request_issued(REQUEST, "01ab", PERSON, NOW).await.unwrap());
        assert_eq!(tx.request_of_certificate("01ab").await.unwrap().unwrap().id, REQUEST);
        assert_eq!(tx.request_of_certificate("").await.unwrap(), None);
        assert_eq!(due(&mut tx, NOW).await, ["01ab"]);
        assert_eq!(tx.licence_check("01ab").await.unwrap(), None);

        tx.record_licence_check("01ab", LicenceResult::Active, NOW).await.unwrap();
        assert!(due(&mut tx, NOW + Duration::HOUR * 23).await.is_empty());
        let later = NOW + Duration::HOUR * 25;
        assert_eq!(due(&mut tx, later).await, ["01ab"]);
        tx.record_licence_check("01ab", LicenceResult::Unreachable, later).await.unwrap();
        let silent = tx.licence_check("01ab").await.unwrap().unwrap();
        assert_eq!((silent.result, silent.asked_at), (LicenceResult::Unreachable, later));
        assert_eq!((silent.answered_at, silent.not_active_since), (Some(NOW), None));
        // Silence is asked again sooner.
        assert!(due(&mut tx, later + Duration::minutes(59)).await.is_empty());
        let again = later + Duration::minutes(61);
        assert_eq!(due(&mut tx, again).await, ["01ab"]);

        tx.record_licence_check("01ab", LicenceResult::NotActive, again).await.unwrap();
        tx.record_licence_check("01ab", LicenceResult::Unreachable, again + Duration::DAY).await.unwrap();
        tx.record_licence_check("01ab", LicenceResult::NotActive, again + Duration::DAY * 2).await.unwrap();
        let lost = tx.licence_check("01ab").await.unwrap().unwrap();
        assert_eq!(lost.not_active_since, Some(again));
        tx.record_licence_check("01ab", LicenceResult::Active, again + Duration::DAY * 3).await.unwrap();
        assert_eq!(tx.licence_check("01ab").await.unwrap().unwrap().not_active_since, None);
        tx.record_licence_check("01ab", LicenceResult::Over, again).await.unwrap();
        assert!(due(&mut tx, again + Duration::DAY * 9).await.is_empty());
    }
}

#[tokio::test]
async fn reports_of_a_certificate_are_kept_in_order() {
    let engines = Engines::start("reports");
    for url in &engines.urls {
        let portal = with_person(url).await;
        let mut tx = portal.begin_write().await.unwrap();
        let report = |id: &str, at| SuspensionReport {
            id: id.into(),
            certificate_serial: "01ab".into(),
            channel: "call".into(),
            record_sealed: vec![1, 2],
            record_sha256: "ff".into(),
            reported_by: PERSON.into(),
            reported_at: at,
        };
        tx.add_suspension_report(&report("b", NOW + Duration::HOUR)).await.unwrap();
        tx.add_suspension_report(&report("a", NOW)).await.unwrap();
        assert!(tx.add_suspension_report(&report("a", NOW)).await.is_err());
        let read = tx.suspension_reports("01ab").await.unwrap();
        assert_eq!(read, [report("a", NOW), report("b", NOW + Duration::HOUR)]);
        assert!(tx.suspension_reports("01ac").await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_batch_keeps_its_order_and_its_refusals() {
    let engines = Engines::start("batches");
    for url in &engines.urls {
        let portal = with_person(url).await;
        let mut tx = portal.begin_write().await.unwrap();
        for id in ["d1", "d2"] {
            tx.add_draft(&draft(id)).await.unwrap();
        }
        let documents = ["d2".to_owned(), "d1".to_owned()];
        assert_eq!(tx.newest_signing_batch(PERSON).await.unwrap(), None);
        tx.add_signing_batch("b", PERSON, &documents, NOW).await.unwrap();
        assert!(matches!(tx.add_signing_batch("b", PERSON, &documents, NOW).await, Err(store::Error::Conflict { .. })));
        let twice = ["d1".to_owned(), "d1".to_owned()];
        assert!(matches!(tx.add_signing_batch("c", PERSON, &twice, NOW).await, Err(store::Error::Conflict { .. })));
        tx.refuse_in_batch("b", "d1", "{}").await.unwrap();
        let kept = tx.signing_batch("b").await.unwrap();
        let kept: Vec<(&str, Option<&str>)> =
            kept.iter().map(|one| (one.document_id.as_str(), one.refusal.as_deref())).collect();
        assert_eq!(kept, [("d2", None), ("d1", Some("{}"))]);
        assert_eq!(tx.signing_batch_person("b").await.unwrap().as_deref(), Some(PERSON));
        assert_eq!(tx.signing_batch_person("x").await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_was_prepared_too_long_ago_is_prepared_again_only_as_it_was_seen() {
    let engines = Engines::start("again");
    for url in &engines.urls {
        let portal = with_person(url).await;
        let mut tx = portal.begin_write().await.unwrap();
        tx.add_draft(&draft("d")).await.unwrap();
        let allotted = Allotted { book: "10670/2569", number: "000001", code: "C" };
        assert!(tx.prepare_document("d", &[4], &[1], allotted, NOW).await.unwrap());
        let later = NOW + Duration::hours(1);
        assert!(!tx.prepare_again("d", later, &[2], "10670/2570", "000001", later).await.unwrap());
        assert!(tx.prepare_again("d", NOW, &[2], "10670/2570", "000007", later).await.unwrap());
        assert!(!tx.prepare_again("d", NOW, &[3], "10670/2570", "000008", later).await.unwrap());
        let read = tx.document("d").await.unwrap().unwrap();
        assert_eq!(
            (read.book.as_str(), read.number.as_str(), read.code.as_deref()),
            ("10670/2570", "000007", Some("C"))
        );
        assert_eq!((read.content_sealed, read.prepared_at), (Some(vec![2]), Some(later)));
        assert_eq!(tx.waiting_documents(PERSON, 10).await.unwrap().len(), 1);
        assert_eq!(tx.newest_prepared(10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_erasure_is_asked_for_confirmed_and_done() {
    let engines = Engines::start("erasures");
    for url in &engines.urls {
        let portal = with_person(url).await;
        let mut tx = portal.begin_write().await.unwrap();
        tx.add_draft(&draft("d")).await.unwrap();
        let allotted = Allotted { book: "10670/2569", number: "000001", code: "C" };
        assert!(tx.prepare_document("d", &[4], &[1], allotted, NOW).await.unwrap());
        let asked = |id: &str| Erasure {
            id: id.into(),
            document_id: "d".into(),
            reason_sealed: vec![5],
            reason_sha256: "ff".into(),
            requested_by: PERSON.into(),
            requested_at: NOW,
            confirmed_at: None,
            done_at: None,
        };
        tx.request_erasure(&asked("e1")).await.unwrap();
        // Asked for anew, the first is gone.
        tx.request_erasure(&asked("e2")).await.unwrap();
        assert_eq!(tx.erasure("e1").await.unwrap(), None);
        assert_eq!(tx.erasure("e2").await.unwrap(), Some(asked("e2")));
        assert!(tx.open_erasures(9).await.unwrap().is_empty());
        assert!(!tx.erasure_done("e2", NOW).await.unwrap(), "not before it is confirmed");
        assert!(!tx.confirm_erasure("e2", "another", NOW).await.unwrap());
        assert!(tx.confirm_erasure("e2", PERSON, NOW).await.unwrap());
        assert!(!tx.confirm_erasure("e2", PERSON, NOW).await.unwrap());
        assert!(matches!(tx.request_erasure(&asked("e3")).await, Err(store::Error::Conflict { .. })));
        assert_eq!(tx.open_erasures(9).await.unwrap().len(), 1);
        assert!(tx.erase_document("d", NOW).await.unwrap());
        assert!(!tx.erase_document("d", NOW).await.unwrap());
        assert!(tx.erasure_done("e2", NOW).await.unwrap());
        assert!(tx.open_erasures(9).await.unwrap().is_empty());
        let row = tx.document("d").await.unwrap().unwrap();
        assert_eq!((row.state, row.content_sealed, row.wrapped_key.as_str()), (DocumentState::Erased, None, ""));
        assert_eq!((row.number.as_str(), row.code.as_deref()), ("000001", Some("C")));
    }
}
