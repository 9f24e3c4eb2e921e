//! The words for ends and suspensions of certificates.

use super::Text;
use super::meaning::{ShownGroup, line, unit};
use crate::protocol::{BatchRevocation, CertificateRecord, Revocation, RevocationSelection, UnitNode};

/// The end of one certificate.
pub(super) fn revocation(revocation: &Revocation) -> ShownGroup {
    let mut lines = vec![
        line("หมายเลขใบรับรอง", "Serial number", Text::same(&revocation.serial)),
        line("เหตุผล", "Reason", reason(&revocation.reason)),
    ];
    if let Some(since) = &revocation.invalid_since {
        lines.push(line("เกิดเหตุตั้งแต่", "Since", Text::instant(since)));
    }
    ShownGroup { title: Text::new("การเพิกถอน", "The revocation"), lines }
}

/// The end of many.
pub(super) fn batch(batch: &BatchRevocation, units: &[UnitNode]) -> ShownGroup {
    let mut lines = match &batch.selection {
        RevocationSelection::Key { spki_sha256 } => {
            vec![line("ทุกใบของกุญแจ", "All of the key", Text::same(spki_sha256))]
        }
        RevocationSelection::Unit { code } => {
            vec![line("ทุกใบของหน่วยและหน่วยย่อย", "All of the unit and those below", unit(code, units))]
        }
        RevocationSelection::Window { from, to, unit: code } => {
            let mut lines = vec![
                line("ออกตั้งแต่", "Issued from", Text::instant(from)),
                line("จนถึงก่อน", "until before", Text::instant(to)),
            ];
            if let Some(code) = code {
                lines.push(line("ของหน่วยและหน่วยย่อย", "Of the unit and those below", unit(code, units)));
            }
            lines
        }
        RevocationSelection::Person { person_id } => {
            vec![line("ทุกใบของบุคคล", "All of the person", Text::same(person_id))]
        }
    };
    lines.push(line("จำนวน", "How many", Text::same(batch.count.to_string())));
    lines.push(line("เหตุผล", "Reason", reason(&batch.reason)));
    if let Some(since) = &batch.invalid_since {
        lines.push(line("เกิดเหตุตั้งแต่", "Since", Text::instant(since)));
    }
    // To be compared with the dry run's page.
    let digest: String = batch.serials_sha256.chars().take(16).collect();
    lines.push(line("ลายพิมพ์ของรายการ", "Fingerprint of the list", Text::same(digest)));
    ShownGroup { title: Text::new("การเพิกถอน", "The revocation"), lines }
}

/// Whose certificate it is, as the journal has it.
pub(crate) fn holder(certificate: &CertificateRecord, units: &[UnitNode]) -> ShownGroup {
    let name = Text::new(format!("{}{}", certificate.title_th, certificate.name_th), &certificate.name_en);
    let mut lines = vec![line("ชื่อ", "Name", name)];
    // A program has none.
    if !certificate.licence.is_empty() {
        lines.push(line("เลขที่ใบอนุญาต", "Licence number", Text::same(format!("ว.{}", certificate.licence))));
    }
    lines.extend([
        line("หน่วยบริการ", "Service unit", unit(&certificate.unit_code, units)),
        line("ใช้ได้ถึง", "Valid until", Text::instant(&certificate.not_after)),
    ]);
    if let Some(now) = &certificate.revoked {
        let at = Text::instant(&now.at);
        let why = reason(&now.reason);
        lines.push(line(
            "สถานะขณะนี้",
            "State now",
            Text::new(format!("{} {}", why.th, at.th), format!("{}, {}", why.en, at.en)),
        ));
    }
    ShownGroup { title: Text::new("ใบรับรองของ", "The certificate of"), lines }
}

fn reason(name: &str) -> Text {
    match name {
        "key_compromise" => {
            Text::new("กุญแจหรือเครื่องหาย ถูกขโมย หรืออาจมีผู้อื่นใช้", "Key or device lost, stolen, or perhaps used by another")
        }
        "affiliation_changed" => Text::new("ย้ายหรือพ้นจากหน่วยบริการ", "Left or moved from the service unit"),
        "superseded" => Text::new("ออกใบใหม่แทน", "Replaced by a new certificate"),
        "cessation_of_operation" => Text::new("เลิกใช้", "No longer needed"),
        "privilege_withdrawn" => Text::new("ใบอนุญาตถูกพักใช้หรือเพิกถอน", "Licence suspended or withdrawn"),
        "certificate_hold" => Text::new("ระงับไว้ชั่วคราว", "Suspended"),
        other => Text::same(other),
    }
}
