//! Documents to draw: an ordinary one and the longest that the form allows.

use std::collections::BTreeMap;

use pdf::draw::QrLink;
use pdf::form::{DocumentContent, FieldType, SignerIdentity, Unit, definition};

pub(crate) fn link() -> QrLink {
    let token = "A".repeat(250);
    QrLink { url: format!("https://rabrong.example.go.th/v/{CODE}#{token}") }
}

pub(crate) const CODE: &str = "7N4Q2C8KX0ZJ5T3M9RWB6HVEDY";

pub(crate) fn ordinary() -> DocumentContent {
    let fields = [
        ("applicant_title", "miss"),
        ("applicant_name", "กตัญญู ฟื้นฟูสุข"),
        ("contact_address", "99/12 หมู่ 4 ถนนน้ำใส ตำบลญี่ปุ่น อำเภอเมือง จังหวัดนครราชสีมา 30000"),
        ("cid", "0101700230700"),
        ("hx_underlying", ""),
        ("hx_accident_surgery", "ผ่าตัดไส้ติ่ง พ.ศ. 2560"),
        ("hx_admission", ""),
        ("hx_other", ""),
        ("applicant_confirmed", "yes"),
        ("applicant_sign_date", "2026-11-21"),
        ("exam_place", "แผนกผู้ป่วยนอก โรงพยาบาลมหาราชนครราชสีมา"),
        ("exam_date", "2026-11-21"),
        ("patient_title", "miss"),
        ("patient_name", "กตัญญู ฟื้นฟูสุข"),
        ("examined_on", "2026-11-21"),
        ("weight_kg", "52.5"),
        ("height_cm", "161"),
        ("blood_pressure_mmhg", "118/76"),
        ("pulse_per_min", "72"),
        ("general_condition", ""),
        ("opinion", "ร่างกายสมบูรณ์แข็งแรงดี สามารถปฏิบัติงานได้ตามปกติ ไม่พบข้อห้ามในการทำงาน"),
    ];
    DocumentContent {
        document_id: "0193a0c1-7c1e-7d5f-9a53-3f0d7a6f2b11".into(),
        form: "two_part_general".into(),
        form_version: 1,
        book: "10666/2569".into(),
        number: "000123".into(),
        code: CODE.into(),
        fields: fields.map(|(id, value)| (id.to_owned(), value.to_owned())).into(),
        unit: Unit {
            code: "10666".into(),
            name_th: "โรงพยาบาลมหาราชนครราชสีมา".into(),
            name_en: "Maharat Nakhon Ratchasima Hospital".into(),
            address_th: "49 ถนนช้างเผือก ตำบลในเมือง อำเภอเมืองนครราชสีมา จังหวัดนครราชสีมา 30000".into(),
        },
        signer: SignerIdentity {
            certificate_serial: "0a5f3c9e1b7d2468ace013579bdf024681".into(),
            certificate_sha256: "ab".repeat(32),
            title_th: "แพทย์หญิง".into(),
            name_th: "ฐิติรัตน์ ปู่ทองคำ".into(),
            name_en: "Thitirat Puthongkham".into(),
            licence: "12345".into(),
        },
        prepared_at: "2026-11-21T03:05:00Z".into(),
        valid_until: Some("2026-12-21".into()),
    }
}

/// Every text as long as the form allows, of stacked marks and of words longer than a line.
pub(crate) fn longest() -> DocumentContent {
    let mut content = ordinary();
    let form = definition("two_part_general").unwrap();
    let texts: BTreeMap<String, String> = form
        .asked_fields()
        .filter(|field| {
            matches!(
                field.kind,
                FieldType::Text | FieldType::LongText | FieldType::NoneOrText | FieldType::NormalOrText
            )
        })
        .map(|field| {
            let words =
                "ที่ ปู่ น้ำ ผู้ป่วยฟื้นฟูกตัญญูญี่ปุ่นฐานะ WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW ".repeat(20);
            let mut text: String = words.chars().take(field.max_length).collect();
            while text.ends_with(' ') {
                text.pop();
            }
            (field.id.clone(), text)
        })
        .collect();
    content.fields.extend(texts);
    content
}
