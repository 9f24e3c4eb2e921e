//! The words for certificates beside a doctor's first: renewals, and programs'.

use super::Text;
use super::meaning::{ShownGroup, line, unit};
use crate::protocol::{ApiClientRequest, CertificateRenewal, UnitNode};

/// What a renewal rests on; whose it is comes from the journal.
pub(super) fn renewal(renewal: &CertificateRenewal) -> Vec<ShownGroup> {
    let mut rests = vec![line("ตรวจใบอนุญาตเมื่อ", "Licence checked", Text::instant(&renewal.licence_checked_at))];
    if let Some(until) = &renewal.licence_valid_until {
        rests.push(line("ใบอนุญาตหมดอายุ", "Licence ends", Text::date(until)));
    }
    let digest: String = renewal.evidence.sha256.chars().take(8).collect();
    rests.push(line("หลักฐานการตรวจ", "Record of the check", Text::same(digest)));
    let next = vec![
        line("ข้อความในใบรับรอง", "What it says", Text::new("เหมือนใบเดิมทุกประการ", "The same as the present one")),
        line("กุญแจ", "Key", Text::new("สร้างใหม่", "A new one")),
        line("อายุ", "Validity", Text::new("หนึ่งปี และไม่เกินวันหมดอายุใบอนุญาต", "One year, and never beyond the licence")),
    ];
    vec![
        ShownGroup {
            title: Text::new("ใบรับรองใบใหม่", "The next certificate"), lines: next
        },
        ShownGroup { title: Text::new("โดยอาศัย", "It rests on"), lines: rests },
    ]
}

/// What a program's certificate will say.
pub(super) fn program(request: &ApiClientRequest, units: &[UnitNode], key_sha256: &str) -> Vec<ShownGroup> {
    vec![ShownGroup {
        title: Text::new("ใบรับรองจะบอกว่า", "The certificate will say"),
        lines: vec![
            line("ชื่อโปรแกรม", "Name of the program", Text::same(&request.name)),
            line("ทำงานให้หน่วย", "Works for the unit", unit(&request.unit_code, units)),
            line(
                "ใช้ได้กับ",
                "Good for",
                Text::new("เข้าใช้ API เท่านั้น ลงนามเอกสารไม่ได้", "Logging in to the API; it signs no document"),
            ),
            // To be compared with what the program's operator reads out.
            line("ลายพิมพ์กุญแจ (SHA-256)", "Fingerprint of the key (SHA-256)", Text::same(key_sha256)),
        ],
    }]
}
