//! The signer's journal on both engines.

use store::Error;
use store::journal::{Appointment, AppointmentEnd, Binding, DoctorKey, FinishedFile, NewCertificate, NewTicket, Tx};

use crate::fixtures::{activation, certificate, credential, document, furnished, ticket, tree, unit};
use crate::support::journals;

fn is_conflict<T: std::fmt::Debug>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::Conflict { .. }))
}

#[tokio::test]
async fn the_tree_is_fixed_once() {
    let (_engines, journals) = journals("tree").await;
    for journal in journals {
        let mut tx = journal.begin_write().await.unwrap();
        tx.insert_units(&tree()).await.unwrap();
        tx.insert_units(&tree()).await.unwrap();
        let line = tx.unit_ancestors("10660").await.unwrap();
        let codes: Vec<&str> = line.iter().map(|unit| unit.code.as_str()).collect();
        assert_eq!(codes, ["10660", "14", "moph"]);
        assert_eq!(tx.unit("14").await.unwrap(), Some(unit("14", Some("moph"))));
        assert_eq!(tx.unit("99").await.unwrap(), None);
        assert!(is_conflict(tx.insert_units(&tree()[..2]).await));
        tx.set_once("epoch", "1").await.unwrap();
        tx.set_once("epoch", "1").await.unwrap();
        assert!(is_conflict(tx.set_once("epoch", "2").await));
        tx.commit().await.unwrap();
        assert_eq!(journal.begin().await.unwrap().units().await.unwrap(), tree());
    }
}

#[tokio::test]
async fn each_question_sees_what_is_committed_when_it_is_asked() {
    let (_engines, journals) = journals("questions").await;
    for journal in journals {
        let mut questions = journal.ask().await.unwrap();
        assert_eq!(questions.setting("epoch").await.unwrap(), None);
        let mut tx = journal.begin_write().await.unwrap();
        tx.set_once("epoch", "1").await.unwrap();
        assert_eq!(questions.setting("epoch").await.unwrap(), None);
        tx.commit().await.unwrap();
        assert_eq!(questions.setting("epoch").await.unwrap().as_deref(), Some("1"));
    }
}

#[tokio::test]
async fn the_newest_binding_counts() {
    let (_engines, journals) = journals("bindings").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        let first = Binding {
            binding_id: "b1".into(),
            person_id: "dora".into(),
            credential_id: "cred".into(),
            version: 1,
            ended: 0,
            statement: "{}".into(),
            signature: vec![1],
            at: 5,
        };
        tx.insert_binding(&first).await.unwrap();
        assert!(tx.move_credential("cred", "pending", "bound").await.unwrap());
        assert!(!tx.move_credential("cred", "pending", "bound").await.unwrap());
        let end = Binding { binding_id: "b2".into(), version: 2, ended: 1, ..first.clone() };
        assert!(is_conflict(tx.insert_binding(&Binding { version: 1, ..end.clone() }).await));
        tx.insert_binding(&end).await.unwrap();
        assert_eq!(tx.newest_binding("dora").await.unwrap(), Some(end.clone()));
        assert_eq!(tx.binding("dora", 2).await.unwrap(), Some(end));
        assert_eq!(tx.binding("dora", 1).await.unwrap(), Some(first));
        assert_eq!(tx.binding("dora", 3).await.unwrap(), None);
        assert!(tx.update_credential("cred", 0, 7, 1).await.unwrap());
        assert!(!tx.update_credential("cred", 0, 8, 1).await.unwrap());
        let stored = tx.credentials_of("dora").await.unwrap();
        assert_eq!((stored[0].sign_count, stored[0].state.as_str()), (7, "bound"));
        assert!(is_conflict(tx.insert_credential(&credential("cred", "other")).await));
    }
}

#[tokio::test]
async fn an_appointment_is_in_force_until_it_ends() {
    let (_engines, journals) = journals("appointments").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        let row = Appointment {
            appointment_id: "a1".into(),
            person_id: "oran".into(),
            identity_digest: "ff".into(),
            role: "ra_officer".into(),
            unit_code: "14".into(),
            name_th: "อร".into(),
            name_en: "Oran".into(),
            statement: "{}".into(),
            signature: vec![1],
            appointed_by: "ceremony".into(),
            at: 1,
            ended_at: None,
        };
        assert!(tx.insert_appointment(&row).await.unwrap());
        assert!(!tx.insert_appointment(&row).await.unwrap());
        let other = Appointment { statement: "[]".into(), ..row.clone() };
        assert!(is_conflict(tx.insert_appointment(&other).await));
        assert_eq!(tx.appointments_of("oran").await.unwrap(), std::slice::from_ref(&row));
        assert_eq!(tx.appointments_at(&row.unit_code, &row.role).await.unwrap(), [row]);
        let end = AppointmentEnd {
            appointment_id: "a1".into(),
            ended_by: "activation".into(),
            statement: "{}".into(),
            signature: vec![1],
            at: 9,
        };
        assert_eq!(tx.appointment_end("a1").await.unwrap(), None);
        assert!(tx.end_appointment(&end).await.unwrap());
        assert!(!tx.end_appointment(&AppointmentEnd { at: 10, ..end.clone() }).await.unwrap());
        assert_eq!(tx.appointment_end("a1").await.unwrap(), Some(end));
        assert_eq!(tx.appointment("a1").await.unwrap().unwrap().ended_at, Some(9));
    }
}

#[tokio::test]
async fn a_ticket_is_used_once_however_many_try() {
    let (_engines, journals) = journals("tickets").await;
    for journal in journals {
        let mut tx = journal.begin_write().await.unwrap();
        tx.insert_ticket(&ticket("t1")).await.unwrap();
        tx.insert_ticket(&ticket("t2")).await.unwrap();
        let same_nonce = NewTicket { nonce: b"t1".to_vec(), ..ticket("t3") };
        assert!(is_conflict(tx.insert_ticket(&same_nonce).await));
        tx.commit().await.unwrap();

        let tries: Vec<_> = (0..20)
            .map(|_| {
                let journal = journal.clone();
                tokio::spawn(async move {
                    let mut tx = journal.begin_write().await?;
                    let won = tx.consume_ticket("t1", 150).await?;
                    tx.commit().await?;
                    Ok::<bool, Error>(won)
                })
            })
            .collect();
        let mut winners = 0;
        for attempt in tries {
            winners += u32::from(attempt.await.unwrap().unwrap());
        }
        assert_eq!(winners, 1);

        let mut tx = journal.begin_write().await.unwrap();
        assert!(!tx.consume_ticket("t2", 200).await.unwrap(), "its time is over");
        assert_eq!(tx.end_tickets(200).await.unwrap(), 1);
        assert_eq!(tx.activated_tickets().await.unwrap().len(), 1);
        assert!(tx.finish_ticket("t1", "activated", "done", Some("{}")).await.unwrap());
        assert!(!tx.finish_ticket("t1", "activated", "done", Some("{}")).await.unwrap());
        let done = tx.ticket("t1").await.unwrap().unwrap();
        assert_eq!((done.state.as_str(), done.sealed), ("done", None));
        assert_eq!(tx.ticket("t2").await.unwrap().unwrap().state, "ended");
    }
}

#[tokio::test]
async fn an_activation_uses_its_ticket_up_and_stays() {
    let (_engines, journals) = journals("activations").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        assert!(is_conflict(tx.insert_activation(&activation("again", "t1")).await));
        let stored = tx.activation("act").await.unwrap().unwrap();
        assert_eq!(stored, activation("act", "t1"));
        assert_eq!(tx.activation_of_ticket("t1").await.unwrap(), Some(stored));
        tx.commit().await.unwrap();
        for statement in [
            "update activation set at = 1",
            "delete from activation",
            "delete from certificate",
            "update certificate set tbs = spki_sha256",
            "delete from binding where 1 = 1 or version = 0",
            "delete from ticket",
            "delete from credential",
            "update unit set name_th = 'x'",
        ] {
            let done = journal.database().execute_raw(statement).await;
            if statement.contains("binding") {
                assert_eq!(done.unwrap(), 0, "no binding is stored here");
            } else {
                assert!(matches!(done, Err(Error::Refused(_))), "{statement}: {done:?}");
            }
        }
    }
}

#[tokio::test]
async fn one_request_has_one_certificate() {
    let (_engines, journals) = journals("certificates").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        // The repeat has a new serial and key; the first recorded is the one to sign.
        let repeat = certificate("02bb", Some("req"), "one");
        let stored = tx.record_certificate(&repeat).await.unwrap();
        assert!(!stored.is_new());
        assert_eq!(stored.into_inner().serial, "01aa");
        let other = certificate("02bb", Some("req"), "two");
        assert!(is_conflict(tx.record_certificate(&other).await));
        let same_key = NewCertificate { spki_sha256: "01aa".into(), ..certificate("03cc", Some("r2"), "x") };
        assert!(is_conflict(tx.record_certificate(&same_key).await));

        assert_eq!(tx.unfinished_certificates().await.unwrap().len(), 1);
        let first = tx.complete_certificate("01aa", &[1], "s1", 7).await.unwrap();
        assert!(first.is_new());
        let second = tx.complete_certificate("01aa", &[2], "s2", 8).await.unwrap();
        assert_eq!(second.into_inner().sha256.as_deref(), Some("s1"));
        assert!(is_conflict(tx.complete_certificate("none", &[1], "s3", 7).await));
        assert!(tx.unfinished_certificates().await.unwrap().is_empty());
        assert_eq!(tx.certificates_of("dora").await.unwrap().len(), 1);
        assert_eq!(tx.certificates_of_kind("doctor").await.unwrap().len(), 1);

        let root = NewCertificate { kind: "root".into(), person_id: None, ..certificate("09", None, "r") };
        assert!(tx.record_certificate(&root).await.unwrap().is_new());
        assert!(!tx.record_certificate(&root).await.unwrap().is_new());
        tx.commit().await.unwrap();
        let changed = "update certificate set sha256 = 'zz' where serial = '01aa'";
        assert!(journal.database().execute_raw(changed).await.is_err());
    }
}

#[tokio::test]
async fn a_doctors_key_serves_one_certificate_and_can_be_erased() {
    let (_engines, journals) = journals("keys").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        let key = DoctorKey {
            key_id: "key".into(),
            person_id: "dora".into(),
            epoch: 1,
            wrapped: Some(vec![7; 80]),
            spki: vec![1],
            created_at: 1,
            certificate_serial: None,
            algorithm: "p-256".into(),
        };
        tx.insert_doctor_key(&key).await.unwrap();
        assert!(is_conflict(tx.insert_doctor_key(&DoctorKey { key_id: "k2".into(), ..key.clone() }).await));
        assert!(tx.assign_doctor_key("key", "01aa").await.unwrap());
        assert!(!tx.assign_doctor_key("key", "02bb").await.unwrap());
        assert_eq!(tx.doctor_key_of_certificate("01aa").await.unwrap().unwrap().wrapped, key.wrapped);
        assert!(tx.erase_doctor_key("01aa").await.unwrap());
        assert_eq!(tx.doctor_key_of_certificate("01aa").await.unwrap().unwrap().wrapped, None);
    }
}

fn file<'a>(sealed: &'a [u8], sha256: &'a str) -> FinishedFile<'a> {
    FinishedFile { sealed, sha256, level: "b-lta", proof: Some((9_000, "sha256")) }
}

#[tokio::test]
async fn a_document_is_recorded_then_finished_once() {
    let (_engines, journals) = journals("documents").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        assert!(tx.record_document(&document("d1", "1", "aa")).await.unwrap().is_new());
        let stored = tx.document_facts("d1").await.unwrap();
        assert_eq!(stored, Some(document("d1", "1", "aa").into_recorded()), "told and stored are the same");
        assert!(!tx.record_document(&document("d1", "1", "aa")).await.unwrap().is_new());
        assert!(is_conflict(tx.record_document(&document("d1", "1", "bb")).await));
        assert!(is_conflict(tx.record_document(&document("d2", "1", "aa")).await), "number taken");
        assert!(tx.record_document(&document("d2", "2", "aa")).await.unwrap().is_new());
        assert_eq!(tx.progress_of_activation("act").await.unwrap(), (2, 0));
        assert!(!tx.forget_file("d1").await.unwrap());

        assert!(tx.finish_document("d1", "recorded", file(&[5; 10], "f1"), 170).await.unwrap());
        assert!(!tx.finish_document("d1", "recorded", file(&[6; 10], "f2"), 171).await.unwrap());
        assert!(
            !tx.refuse_document("d1", "{}").await.unwrap()
                && !tx.finish_document("none", "recorded", file(&[1], "f"), 1).await.unwrap()
        );
        let found = tx.document_by_code("CODEd1").await.unwrap().unwrap();
        assert_eq!(
            (found.state.as_str(), found.level.as_deref(), found.signed_at),
            ("finished", Some("b-lta"), Some(170))
        );
        assert_eq!((found.file_sha256.as_deref(), &found.sealed_content), (Some("f1"), &None));
        assert_eq!(tx.document_by_file("f1").await.unwrap(), Some(found));
        assert!(tx.document_by_file("f2").await.unwrap().is_none());
        assert_eq!(tx.documents_of_activation("act").await.unwrap().len(), 2);
        assert_eq!(tx.progress_of_activation("act").await.unwrap(), (2, 1));
        assert!(tx.forget_file("d1").await.unwrap());
        assert_eq!(tx.document("d1").await.unwrap().unwrap().sealed_file, None);
        tx.commit().await.unwrap();
        for statement in [
            "update document set file_sha256 = null, state = 'recorded' where document_id = 'd1'",
            "update document set content_digest = 'zz'",
            "update document set wanted_level = 'b-b'",
            "update document set state = 'recorded' where document_id = 'd1'",
            "update document_version set sha256 = 'zz'",
            "delete from document_version",
            "delete from document",
        ] {
            assert!(journal.database().execute_raw(statement).await.is_err(), "{statement}");
        }
    }
}

#[tokio::test]
async fn a_signature_waits_until_it_is_lifted_or_refused() {
    let (_engines, journals) = journals("lifting").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        for (id, number) in [("d1", "1"), ("d2", "2"), ("d3", "3")] {
            tx.record_document(&document(id, number, "aa")).await.unwrap();
        }
        assert!(tx.let_document_wait("d3", "suspension").await.unwrap());
        assert!(!tx.let_document_wait("d3", "suspension").await.unwrap());
        assert_eq!(tx.document("d3").await.unwrap().unwrap().waiting.as_deref(), Some("suspension"));
        for id in ["d1", "d2"] {
            assert!(tx.keep_signed(id, "recorded", &[4; 9], "b-b", "time_stamp", 165).await.unwrap());
        }
        let waiting = tx.documents_to_lift(None, 10).await.unwrap();
        assert_eq!(waiting.iter().map(|row| row.document_id.as_str()).collect::<Vec<_>>(), ["d1", "d2"]);
        let after = Some((waiting[0].recorded_at, "d1"));
        assert_eq!(tx.documents_to_lift(after, 10).await.unwrap().len(), 1);
        assert!(tx.keep_signed("d1", "signed", &[5; 9], "b-t", "revocation_status", 166).await.unwrap());
        assert!(!tx.finish_document("d1", "recorded", file(&[6; 10], "f1"), 170).await.unwrap());
        let row = tx.document("d1").await.unwrap().unwrap();
        assert_eq!((row.level.as_deref(), row.signed_at), (Some("b-t"), Some(165)));
        assert_eq!((row.waiting.as_deref(), row.file_sha256), (Some("revocation_status"), None));
        assert!(tx.finish_document("d1", "signed", file(&[6; 10], "f1"), 170).await.unwrap());
        let row = tx.document("d1").await.unwrap().unwrap();
        assert_eq!((row.signed_at, row.waiting, row.sealed_content), (Some(165), None, None));
        assert!(!tx.keep_signed("d1", "signed", &[5; 9], "b-t", "token", 171).await.unwrap());
        assert!(tx.refuse_document("d2", "{\"code\":\"certificate_revoked\"}").await.unwrap());
        assert!(!tx.finish_document("d2", "signed", file(&[6; 10], "f2"), 172).await.unwrap());
        assert!(tx.documents_to_lift(None, 10).await.unwrap().is_empty());
        assert_eq!(tx.document("d2").await.unwrap().unwrap().sealed_content, None);
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn every_file_ever_handed_out_stays_known() {
    let (_engines, journals) = journals("versions").await;
    for journal in journals {
        let mut tx = furnished(&journal).await;
        for (id, number) in [("d1", "1"), ("d2", "2")] {
            tx.record_document(&document(id, number, "aa")).await.unwrap();
            assert!(tx.finish_document(id, "recorded", file(&[5; 10], &format!("{id}-1")), 170).await.unwrap());
            assert!(tx.forget_file(id).await.unwrap());
        }
        let due = async |tx: &mut Tx, until, ending: &[&str], after: &str| {
            let ending: Vec<String> = ending.iter().map(|one| (*one).to_owned()).collect();
            let rows = tx.documents_to_renew(until, &ending, after, 10).await.unwrap();
            rows.into_iter().map(|row| row.document_id).collect::<Vec<_>>()
        };
        assert!(due(&mut tx, 8_999, &["sha1"], "").await.is_empty());
        assert_eq!(due(&mut tx, 9_000, &[], "").await, ["d1", "d2"]);
        assert_eq!(due(&mut tx, 9_000, &[], "d1").await, ["d2"]);
        assert_eq!(due(&mut tx, 0, &["sha1", "sha256"], "").await.len(), 2);

        let renewed = FinishedFile { proof: Some((20_000, "sha384")), ..file(&[7; 10], "d1-2") };
        assert!(tx.renew_document("d1", "d1-1", renewed, 8_000).await.unwrap());
        assert!(!tx.renew_document("d1", "d1-1", file(&[8; 10], "d1-3"), 8_001).await.unwrap(), "another was first");
        assert!(is_conflict(tx.renew_document("d2", "d2-1", file(&[8; 10], "d1-1"), 8_001).await));
        for sha256 in ["d1-1", "d1-2"] {
            assert_eq!(tx.document_by_file(sha256).await.unwrap().unwrap().document_id, "d1");
        }
        let versions = tx.document_versions("d1").await.unwrap();
        assert_eq!(versions.iter().map(|row| row.version).collect::<Vec<_>>(), [1, 2]);
        // Due until the portal has fetched it.
        assert_eq!(due(&mut tx, 8_999, &[], "").await, ["d1"]);
        assert!(tx.forget_file("d1").await.unwrap());
        assert!(due(&mut tx, 8_999, &[], "").await.is_empty());
    }
}
