//! Pages as the tests and pictures want them.

use std::collections::BTreeMap;

use pdf::form::{DocumentContent, SignerIdentity, Unit};

use super::{Activate, Layout, Meaning, PendingReplacement};
use crate::protocol::{
    ApiClientRequest, Appointment, BatchRevocation, CertificateRenewal, CertificateRequest, ConsentReference,
    CredentialReference, DigestSigning, DigestSwitch, EvidenceOutcome, EvidenceReference, LabelledDigest, Operation,
    Refusal, Restoration, Revocation, RevocationSelection, UnitNode,
};

/// One page for each operation.
pub(super) fn activations(layout: &Layout) -> Vec<(&'static str, Activate)> {
    let page = |operation: &Operation| Activate {
        layout: layout.clone(),
        meaning: Meaning::of(operation, &sample_units(), &super::Officers::new(), "/a/4Q7TRX1MZ0K8WB5N2HDC6YFGJA"),
        options: r#"{"challenge":"AAAA","rpId":"sign.localhost","userVerification":"required","allowCredentials":[]}"#
            .to_owned(),
        activate_url: "/a/4Q7TRX1MZ0K8WB5N2HDC6YFGJA/activate".to_owned(),
        return_url: "http://localhost:8080/documents/1".to_owned(),
        phone_url: Some("/a/4Q7TRX1MZ0K8WB5N2HDC6YFGJA/phone".to_owned()),
        expires_at: "2026-08-14T04:05:00Z".to_owned(),
        replacement: None,
        locked: None,
    };
    let one = Operation::SignDocuments { documents: vec![sample_document()] };
    let batch = Operation::SignDocuments { documents: vec![sample_document(); 3] };
    let many_documents = Operation::SignDocuments { documents: vec![sample_document(); 60] };
    let replaced = Activate {
        replacement: Some(PendingReplacement {
            stop_url: "/a/T1CKET/stop".to_owned(),
            due_at: Some("2026-08-15T03:25:00Z".to_owned()),
        }),
        ..page(&one)
    };
    let locked = Activate {
        locked: Some(super::refusal_words(&Refusal::PasskeyLocked { until: "2026-08-14T04:20:00Z".to_owned() })),
        ..page(&one)
    };
    let issue = Operation::IssueCertificate { request: Box::new(sample_request()) };
    let appoint = Operation::AppointOfficer {
        appointment: Appointment {
            appointment_id: String::new(),
            person_id: String::new(),
            identity_digest: String::new(),
            name_th: "นางสาวมาลี รุ่งเรือง".to_owned(),
            name_en: "Malee Rungruang".to_owned(),
            role: "ra_officer".to_owned(),
            unit_code: "10670".to_owned(),
            credential: sample_credential(),
        },
    };
    let revoke = Operation::RevokeCertificate {
        revocation: Revocation {
            serial: "01a4f09c7d5b3e21886fcd1047a9be32c1".to_owned(),
            reason: "key_compromise".to_owned(),
            invalid_since: Some("2026-08-13T00:00:00Z".to_owned()),
        },
    };
    let restore = Operation::RestoreCertificate {
        restoration: Restoration { serial: "01a4f09c7d5b3e21886fcd1047a9be32c1".to_owned(), hold: 7 },
    };
    let many = Operation::RevokeCertificates {
        batch: BatchRevocation {
            selection: RevocationSelection::Unit { code: "10670".to_owned() },
            reason: "cessation_of_operation".to_owned(),
            invalid_since: None,
            count: 37,
            serials_sha256: "9f2c41d0".repeat(8),
        },
    };
    let renew = Operation::RenewCertificate {
        renewal: CertificateRenewal {
            serial: "01a4f09c7d5b3e21886fcd1047a9be32c1".to_owned(),
            licence_checked_at: "2026-08-14T03:00:00Z".to_owned(),
            licence_valid_until: Some("2027-12-31".to_owned()),
            evidence: EvidenceReference {
                kind: "licence_check".to_owned(),
                outcome: Some(EvidenceOutcome::Confirmed),
                sha256: "9f2c41d0".repeat(8),
                recorded_by: None,
                recorded_at: "2026-08-14T03:00:00Z".to_owned(),
            },
        },
    };
    let program = Operation::IssueApiClient {
        request: ApiClientRequest {
            request_id: String::new(),
            unit_code: "10670".to_owned(),
            name: "ระบบเวชระเบียน".to_owned(),
            csr: String::new(),
        },
    };
    let digest = |sha256: &str, label: &str| LabelledDigest { sha256: sha256.repeat(8), label: label.to_owned() };
    let digests = Operation::SignDigests {
        signing: DigestSigning {
            unit_code: "10670".to_owned(),
            client: "ระบบเวชระเบียน HIS".to_owned(),
            certificate_serial: "01a4f09c7d5b3e21886fcd1047a9be32c1".to_owned(),
            digests: vec![digest("9f2c41d0", "ใบส่งตัว 12/2569.pdf"), digest("0d14c2f9", "")],
        },
    };
    let switch = |allow| Operation::SwitchDigests { switch: DigestSwitch { unit_code: "10670".to_owned(), allow } };
    vec![
        ("sign_digests", page(&digests)),
        ("sign_digests_on", page(&switch(true))),
        ("sign_digests_off", page(&switch(false))),
        ("sign_renew", page(&renew)),
        ("sign_program", page(&program)),
        ("sign_restore", page(&restore)),
        ("sign_revoke_many", page(&many)),
        ("sign_document", page(&one)),
        ("sign_batch", page(&batch)),
        ("sign_many", page(&many_documents)),
        ("sign_locked", locked),
        ("sign_replaced", replaced),
        ("sign_issue", page(&issue)),
        ("sign_appoint", page(&appoint)),
        ("sign_revoke", page(&revoke)),
    ]
}

fn sample_units() -> Vec<UnitNode> {
    vec![UnitNode {
        code: "10670".to_owned(),
        parent: None,
        kind: "hospital".to_owned(),
        name_th: "โรงพยาบาลสาธิต".to_owned(),
        name_en: "Demonstration Hospital".to_owned(),
        address_th: "1 ถนนสาธิต".to_owned(),
    }]
}

fn sample_credential() -> CredentialReference {
    CredentialReference {
        credential_id: "AAAA".to_owned(),
        public_key_sha256: "00".repeat(32),
        key_code: "K7QX-2MRD".to_owned(),
    }
}

pub(super) fn sample_document() -> DocumentContent {
    let fields: BTreeMap<String, String> = [
        ("applicant_title", "mr"),
        ("applicant_name", "สมชาย ใจดี"),
        ("contact_address", "99/1 หมู่ 4 ตำบลในเมือง อำเภอเมือง จังหวัดเชียงใหม่ 50000"),
        ("cid", "0101700230700"),
        ("hx_underlying", "เบาหวานชนิดที่ 2"),
        ("hx_accident_surgery", ""),
        ("exam_date", "2026-08-14"),
        ("blood_pressure_mmhg", "120/80"),
        ("general_condition", ""),
        ("opinion", "สุขภาพแข็งแรง ปฏิบัติงานได้"),
    ]
    .map(|(id, value)| (id.to_owned(), value.to_owned()))
    .into();
    DocumentContent {
        document_id: "0198e6c1-7d1c-7aaa-9bcd-0f1e2d3c4b5a".to_owned(),
        form: "two_part_general".to_owned(),
        form_version: 1,
        book: "10670/2569".to_owned(),
        number: "000123".to_owned(),
        code: "4Q7TRX1MZ0K8WB5N2HDC6YFGJA".to_owned(),
        fields,
        unit: Unit {
            code: "10670".to_owned(),
            name_th: "โรงพยาบาลสาธิต".to_owned(),
            name_en: "Demonstration Hospital".to_owned(),
            address_th: "1 ถนนสาธิต ตำบลในเมือง อำเภอเมือง จังหวัดเชียงใหม่ 50000".to_owned(),
        },
        signer: SignerIdentity {
            certificate_serial: "01a4f09c".to_owned(),
            certificate_sha256: "00".repeat(32),
            title_th: "แพทย์หญิง".to_owned(),
            name_th: "กานดา ใจดี".to_owned(),
            name_en: "Kanda Jaidee".to_owned(),
            licence: "12345".to_owned(),
        },
        prepared_at: "2026-08-14T03:25:00Z".to_owned(),
        valid_until: Some("2026-09-14".to_owned()),
    }
}

fn sample_request() -> CertificateRequest {
    CertificateRequest {
        request_id: String::new(),
        person_id: String::new(),
        identity_digest: String::new(),
        title_th: "แพทย์หญิง".to_owned(),
        given_name_th: "กานดา".to_owned(),
        surname_th: "ใจดี".to_owned(),
        given_name_en: "Kanda".to_owned(),
        surname_en: "Jaidee".to_owned(),
        profession: "physician".to_owned(),
        licence: "12345".to_owned(),
        licence_checked_at: "2026-08-11T03:05:00Z".to_owned(),
        licence_valid_until: None,
        unit_code: "10670".to_owned(),
        ial: "2.1".to_owned(),
        evidence: vec![EvidenceReference {
            kind: "document_seen".to_owned(),
            outcome: Some(EvidenceOutcome::Confirmed),
            sha256: "9f2c41d0".repeat(8),
            recorded_by: Some(String::new()),
            recorded_at: "2026-08-11T03:00:00Z".to_owned(),
        }],
        consent: ConsentReference {
            notice_version: "1.0".to_owned(),
            notice_sha256: "00".repeat(32),
            purposes: vec!["issue".to_owned()],
            given_at: "2026-08-10T02:12:00Z".to_owned(),
        },
        credential: sample_credential(),
    }
}
