//! What people activate: appointments, requests, documents.

use std::collections::BTreeMap;

use pdf::form::{DocumentContent, SignerIdentity, Unit};
use signer::protocol::{
    Appointment, CertificateRequest, ConsentReference, EvidenceOutcome, EvidenceRecord, EvidenceReference, Operation,
    Outcome, Revocation, UnitNode,
};
use time::format_description::well_known::Rfc3339;

use crate::people::Person;
use crate::world::{Doctor, Waiting, World};

pub(crate) const MINISTRY: &str = "moph";
pub(crate) const PROVINCE: &str = "40";
pub(crate) const HOSPITAL: &str = "10670";
/// Another hospital of the province.
pub(crate) const NEIGHBOUR: &str = "10998";
/// A province on the other side of the country.
pub(crate) const FAR_PROVINCE: &str = "50";
pub(crate) const FAR_HOSPITAL: &str = "10713";

/// Ministry, provinces, hospitals.
pub(crate) fn units() -> Vec<UnitNode> {
    [
        (MINISTRY, None, "ministry", "กระทรวงสาธารณสุข", "Ministry of Public Health"),
        (PROVINCE, Some(MINISTRY), "province", "สสจ.ขอนแก่น", "Khon Kaen Provincial Health Office"),
        (HOSPITAL, Some(PROVINCE), "hospital", "โรงพยาบาลขอนแก่น", "Khon Kaen Hospital"),
        (NEIGHBOUR, Some(PROVINCE), "hospital", "โรงพยาบาลชุมแพ", "Chum Phae Hospital"),
        (FAR_PROVINCE, Some(MINISTRY), "province", "สสจ.เชียงใหม่", "Chiang Mai Provincial Health Office"),
        (FAR_HOSPITAL, Some(FAR_PROVINCE), "hospital", "โรงพยาบาลนครพิงค์", "Nakornping Hospital"),
    ]
    .map(|(code, parent, kind, name_th, name_en)| UnitNode {
        code: code.to_owned(),
        parent: parent.map(str::to_owned),
        kind: kind.to_owned(),
        name_th: name_th.to_owned(),
        name_en: name_en.to_owned(),
        address_th: "56 ถนนศรีจันทร์ ตำบลในเมือง อำเภอเมือง จังหวัดขอนแก่น 40000".to_owned(),
    })
    .into()
}

pub(crate) fn appointment(world: &World, officer: &Person, role: &str, unit: &str) -> Operation {
    Operation::AppointOfficer {
        appointment: Appointment {
            appointment_id: world.uuid(),
            person_id: officer.id.clone(),
            identity_digest: officer.identity.clone(),
            name_th: format!("{} {}", officer.name_th.0, officer.name_th.1),
            name_en: format!("{} {}", officer.name_en.0, officer.name_en.1),
            role: role.to_owned(),
            unit_code: unit.to_owned(),
            credential: officer.credential(),
        },
    }
}

/// A request of a doctor of the hospital whom an evidence officer saw and vouched for, if they may.
pub(crate) async fn request(world: &World, doctor: &Person, seen_by: &mut Person) -> CertificateRequest {
    let request = unvouched(world, doctor, seen_by);
    if let Ok(waiting) = world.propose(seen_by, vouching(world, &request)).await {
        touch_for(world, seen_by, &waiting).await;
    }
    request
}

/// An evidence officer puts a touch to what a request says they saw.
pub(crate) async fn vouch(world: &World, request: &CertificateRequest, officer: &mut Person) {
    let waiting = world.propose(officer, vouching(world, request)).await.unwrap();
    touch_for(world, officer, &waiting).await;
}

async fn touch_for(world: &World, officer: &mut Person, waiting: &Waiting) {
    assert!(world.touch(officer, waiting).await.redirect().is_some());
    let outcome = world.outcome(waiting).await;
    assert!(matches!(outcome, Outcome::EvidenceRecorded { .. }), "{outcome:?}");
}

/// The same request with this item in the place of what its officer recorded of its kind before.
pub(crate) fn with(request: &CertificateRequest, item: EvidenceReference) -> CertificateRequest {
    let mut request = request.clone();
    request.evidence.retain(|held| (&held.kind, &held.recorded_by) != (&item.kind, &item.recorded_by));
    request.evidence.push(item);
    request
}

/// What is touched for, for all that a request rests on.
pub(crate) fn vouching(world: &World, request: &CertificateRequest) -> Operation {
    Operation::RecordEvidence { record: Box::new(vouched(world, request)) }
}

/// The record of all that a request rests on.
pub(crate) fn vouched(world: &World, request: &CertificateRequest) -> EvidenceRecord {
    EvidenceRecord {
        record_id: world.uuid(),
        person_id: request.person_id.clone(),
        identity_digest: request.identity_digest.clone(),
        name_th: format!("{}{} {}", request.title_th, request.given_name_th, request.surname_th),
        name_en: format!("{} {}", request.given_name_en, request.surname_en),
        unit_code: request.unit_code.clone(),
        profession: request.profession.clone(),
        licence: request.licence.clone(),
        credential: request.credential.clone(),
        evidence: request.evidence.clone(),
    }
}

/// The same before anybody vouched.
pub(crate) fn unvouched(world: &World, doctor: &Person, seen_by: &Person) -> CertificateRequest {
    let now = instant(world);
    let evidence = |kind: &str, recorded_by: Option<&Person>| EvidenceReference {
        kind: kind.to_owned(),
        outcome: Some(EvidenceOutcome::Confirmed),
        sha256: "9f2c41d0".repeat(8),
        recorded_by: recorded_by.map(|person| person.id.clone()),
        recorded_at: now.clone(),
    };
    CertificateRequest {
        request_id: world.uuid(),
        person_id: doctor.id.clone(),
        identity_digest: doctor.identity.clone(),
        title_th: "แพทย์หญิง".to_owned(),
        given_name_th: doctor.name_th.0.clone(),
        surname_th: doctor.name_th.1.clone(),
        given_name_en: doctor.name_en.0.clone(),
        surname_en: doctor.name_en.1.clone(),
        profession: "physician".to_owned(),
        licence: licence(doctor),
        licence_checked_at: now.clone(),
        licence_valid_until: None,
        unit_code: HOSPITAL.to_owned(),
        ial: "2.1".to_owned(),
        evidence: vec![
            evidence("document_seen", Some(seen_by)),
            evidence("licence_check", None),
            evidence("officer_comparison", Some(seen_by)),
        ],
        consent: ConsentReference {
            notice_version: "1.0".to_owned(),
            notice_sha256: "00".repeat(32),
            purposes: vec!["issue".to_owned()],
            given_at: now.clone(),
        },
        credential: doctor.credential(),
    }
}

/// Each person has a licence of their own.
pub(crate) fn licence(doctor: &Person) -> String {
    let number = hex::decode(&doctor.identity).unwrap()[0];
    (12_340 + u32::from(number)).to_string()
}

pub(crate) fn issue(request: &CertificateRequest) -> Operation {
    Operation::IssueCertificate { request: Box::new(request.clone()) }
}

pub(crate) fn revoke(serial: &str, reason: &str) -> Operation {
    Operation::RevokeCertificate {
        revocation: Revocation { serial: serial.to_owned(), reason: reason.to_owned(), invalid_since: None },
    }
}

/// A certificate for a patient examined today.
pub(crate) fn document(world: &World, doctor: &Doctor) -> DocumentContent {
    let today = pdf::date::bangkok(world.now()).date();
    let iso = pdf::date::iso(today);
    let fields: BTreeMap<String, String> = [
        ("applicant_title", "miss"),
        ("applicant_name", "กตัญญู ฟื้นฟูสุข"),
        ("contact_address", "99/12 หมู่ 4 ตำบลในเมือง อำเภอเมือง จังหวัดขอนแก่น 40000"),
        ("cid", "0101700230700"),
        ("hx_underlying", ""),
        ("hx_accident_surgery", "ผ่าตัดไส้ติ่ง พ.ศ. 2560"),
        ("hx_admission", ""),
        ("hx_other", ""),
        ("applicant_confirmed", "yes"),
        ("applicant_sign_date", &iso),
        ("exam_place", "แผนกผู้ป่วยนอก"),
        ("exam_date", &iso),
        ("patient_title", "miss"),
        ("patient_name", "กตัญญู ฟื้นฟูสุข"),
        ("examined_on", &iso),
        ("weight_kg", "52.5"),
        ("height_cm", "161"),
        ("blood_pressure_mmhg", "118/76"),
        ("pulse_per_min", "72"),
        ("general_condition", ""),
        ("opinion", "ร่างกายสมบูรณ์แข็งแรงดี สามารถปฏิบัติงานได้ตามปกติ"),
    ]
    .map(|(id, value)| (id.to_owned(), value.to_owned()))
    .into();
    let definition = pdf::form::definition("two_part_general").unwrap();
    let unit = units().into_iter().find(|unit| unit.code == HOSPITAL).unwrap();
    let random: [u8; 30] = crate::service::randomness().bytes();
    let certificate = &doctor.certificate;
    DocumentContent {
        document_id: world.uuid(),
        form: definition.kind.clone(),
        form_version: definition.version,
        book: format!("{HOSPITAL}/{}", pdf::date::buddhist_year(today)),
        number: format!("{:06}", u32::from_be_bytes([0, random[26], random[27], random[28]]) % 1_000_000),
        code: random[..26]
            .iter()
            .map(|byte| char::from(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[usize::from(byte % 32)]))
            .collect(),
        valid_until: pdf::form::valid_until(definition, &fields).map(pdf::date::iso),
        fields,
        unit: Unit { code: unit.code, name_th: unit.name_th, name_en: unit.name_en, address_th: unit.address_th },
        signer: SignerIdentity {
            certificate_serial: certificate.serial.clone(),
            certificate_sha256: certificate.sha256.clone(),
            title_th: certificate.title_th.clone(),
            name_th: certificate.name_th.clone(),
            name_en: certificate.name_en.clone(),
            licence: certificate.licence.clone(),
        },
        prepared_at: instant(world),
    }
}

pub(crate) fn sign(documents: &[DocumentContent]) -> Operation {
    Operation::SignDocuments { documents: documents.to_vec() }
}

/// Now in RFC 3339, UTC and whole seconds.
fn instant(world: &World) -> String {
    world.now().replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap()
}
