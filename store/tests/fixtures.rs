//! Rows for the journal's tests.

use store::Journal;
use store::journal::{Activation, Credential, NewCertificate, NewDocument, NewTicket, Tx, Unit};

pub(crate) fn unit(code: &str, parent: Option<&str>) -> Unit {
    Unit {
        code: code.into(),
        parent: parent.map(Into::into),
        kind: "hospital".into(),
        name_th: "โรงพยาบาลตัวอย่าง".into(),
        name_en: "Example Hospital".into(),
        address_th: "ถนนตัวอย่าง".into(),
    }
}

pub(crate) fn tree() -> [Unit; 3] {
    [unit("moph", None), unit("14", Some("moph")), unit("10660", Some("14"))]
}

pub(crate) fn credential(id: &str, person: &str) -> Credential {
    Credential {
        credential_id: id.into(),
        person_id: person.into(),
        cose_key: vec![0xA5, 1, 2],
        key_salt: vec![7; 16],
        sign_count: 0,
        backup_eligible: 1,
        backup_state: 0,
        state: "pending".into(),
        enrolled_at: 1,
    }
}

pub(crate) fn ticket(hash: &str) -> NewTicket {
    NewTicket {
        ticket_hash: hash.into(),
        kind: "sign_documents".into(),
        person_id: None,
        sealed: vec![1, 2, 3],
        return_path: "/documents".into(),
        nonce: hash.as_bytes().to_vec(),
        created_at: 100,
        expires_at: 200,
    }
}

pub(crate) fn activation(id: &str, ticket_hash: &str) -> Activation {
    Activation {
        activation_id: id.into(),
        ticket_hash: ticket_hash.into(),
        person_id: "dora".into(),
        credential_id: "cred".into(),
        operation_digest: "aa".into(),
        challenge: vec![1],
        client_data: vec![2],
        authenticator_data: vec![3],
        signature: vec![4],
        at: 150,
        operation: "sign-documents".into(),
        authority: "01".into(),
        nonce: vec![5],
        expires_at: 200,
        binding_id: None,
        backup_eligible: 0,
        backup_state: 0,
        assurance: "2.2".into(),
    }
}

pub(crate) fn certificate(serial: &str, request: Option<&str>, said: &str) -> NewCertificate {
    NewCertificate {
        serial: serial.into(),
        kind: "doctor".into(),
        issuer: "issuing-1".into(),
        shard: Some(0),
        request_id: request.map(Into::into),
        request_sha256: request.map(|_| said.into()),
        person_id: Some("dora".into()),
        unit_code: Some("10660".into()),
        key_id: Some("key".into()),
        spki_sha256: serial.into(),
        subject_sha256: None,
        tbs: said.as_bytes().to_vec(),
        profile_version: "doctor-1".into(),
        details: r#"{"licence":"12345"}"#.into(),
        not_before: 10,
        not_after: 20,
        recorded_at: 5,
    }
}

pub(crate) fn document(id: &str, number: &str, digest: &str) -> NewDocument {
    NewDocument {
        document_id: id.into(),
        code: format!("CODE{id}"),
        book: "1".into(),
        number: number.into(),
        content_digest: digest.into(),
        certificate_serial: "01aa".into(),
        activation_id: "act".into(),
        prepared_digest: "dd".into(),
        scheme: "ecdsa-p256".into(),
        wanted_level: "b-lta".into(),
        stamp_room: 4096,
        sealed_content: vec![9; 40],
        form: "two_part_general".into(),
        masked_patient: "สม*** ใจ***".into(),
        unit_code: "10660".into(),
        unit_name_th: "โรงพยาบาลตัวอย่าง".into(),
        unit_name_en: "Example Hospital".into(),
        exam_date: "2026-03-01".into(),
        valid_until: None,
        recorded_at: 160,
    }
}

/// A journal with a tree, a bound passkey, an activation and a certificate.
pub(crate) async fn furnished(journal: &Journal) -> Tx {
    let mut tx = journal.begin_write().await.unwrap();
    tx.insert_units(&tree()).await.unwrap();
    tx.insert_credential(&credential("cred", "dora")).await.unwrap();
    tx.insert_ticket(&ticket("t1")).await.unwrap();
    tx.insert_activation(&activation("act", "t1")).await.unwrap();
    let new = certificate("01aa", Some("req"), "one");
    assert!(tx.record_certificate(&new).await.unwrap().is_new());
    tx
}
