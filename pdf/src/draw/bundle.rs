//! The certificate as a FHIR R4 Bundle: what the paper says, and no more.

use serde_json::{Value, json};

use super::stationery::doctor;
use super::{Error, Occasion};
use crate::form::FieldType;

/// Namespaces of identifiers, from the Thai terminology guide.
const CID_SYSTEM: &str = "https://terms.sil-th.org/id/th-cid";
const HCODE_SYSTEM: &str = "https://terms.sil-th.org/id/th-moph-hcode";

/// The Bundle of type `document` (HL7 FHIR R4 §3.3.1): a Composition first, then what it
/// refers to.
pub(super) fn write(occasion: &Occasion<'_>) -> Result<Vec<u8>, Error> {
    let content = occasion.content;
    let field = |id: &str| content.fields.get(id).map(String::as_str).unwrap_or_default();
    let urn = |part: &str| format!("urn:rabrong:{}:{part}", content.document_id);
    let sections: Vec<Value> =
        occasion.definition.groups.iter().map(|group| section(occasion, &group.id, &group.title_th)).collect();
    let bundle = json!({
        "resourceType": "Bundle",
        "type": "document",
        "identifier": {
            "system": "urn:ietf:rfc:3986",
            "value": format!("urn:uuid:{}", content.document_id),
        },
        "timestamp": content.prepared_at,
        "entry": [
            {
                "fullUrl": urn("composition"),
                "resource": {
                    "resourceType": "Composition",
                    "status": "final",
                    "language": "th",
                    "identifier": { "value": format!("{} {}", content.book, content.number) },
                    "type": { "text": occasion.definition.title_th },
                    "title": occasion.definition.title_th,
                    "date": content.prepared_at,
                    "subject": { "reference": urn("patient") },
                    "author": [{ "reference": urn("practitioner") }],
                    "custodian": { "reference": urn("organization") },
                    "section": sections,
                },
            },
            {
                "fullUrl": urn("patient"),
                "resource": patient(field("patient_name"), field("applicant_name"), field("cid")),
            },
            {
                "fullUrl": urn("practitioner"),
                "resource": {
                    "resourceType": "Practitioner",
                    "name": [
                        { "use": "official", "text": doctor(&content.signer) },
                        { "text": content.signer.name_en },
                    ],
                    "qualification": [{
                        "identifier": [{ "value": format!("ว.{}", content.signer.licence) }],
                        "code": { "text": "ผู้ประกอบวิชาชีพเวชกรรม" },
                    }],
                },
            },
            {
                "fullUrl": urn("organization"),
                "resource": {
                    "resourceType": "Organization",
                    "identifier": [{ "system": HCODE_SYSTEM, "value": content.unit.code }],
                    "name": content.unit.name_th,
                    "alias": [content.unit.name_en],
                    "address": [{ "text": content.unit.address_th }],
                },
            },
        ],
    });
    serde_json::to_vec(&bundle).map_err(Error::Attachment)
}

/// The national ID on the form is the applicant's; it is the patient's only if they are one.
fn patient(name: &str, applicant: &str, cid: &str) -> Value {
    let mut patient = json!({ "resourceType": "Patient", "name": [{ "use": "official", "text": name }] });
    if name == applicant
        && !cid.is_empty()
        && let Some(patient) = patient.as_object_mut()
    {
        patient.insert("identifier".into(), json!([{ "system": CID_SYSTEM, "value": cid }]));
    }
    patient
}

/// The fields of one group as a table in XHTML, as FHIR narratives are.
fn section(occasion: &Occasion<'_>, group: &str, title: &str) -> Value {
    let rows: String = occasion
        .definition
        .group_fields(group)
        .filter_map(|field| {
            let value = occasion.content.fields.get(&field.id)?;
            let value = match field.kind {
                FieldType::Choice => field.printed_choice(value),
                FieldType::NoneOrText if value.is_empty() => "ไม่มี",
                FieldType::NormalOrText if value.is_empty() => "ปกติ",
                FieldType::Confirmation => "ยืนยันแล้ว",
                _ => value,
            };
            Some(format!("<tr><th>{}</th><td>{}</td></tr>", escaped(&field.label_th), escaped(value)))
        })
        .collect();
    json!({
        "title": title,
        "text": {
            "status": "generated",
            "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><table>{rows}</table></div>"),
        },
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
