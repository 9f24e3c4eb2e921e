//! The words for evidence: what was seen or asked, what came of it, when, and by which record.

use super::Text;
use super::meaning::Line;
use crate::protocol::{EvidenceOutcome, EvidenceReference};

/// An item: what it is, and what came of it.
pub(super) fn item(evidence: &EvidenceReference) -> Line {
    let at = Text::instant(&evidence.recorded_at);
    let digest: String = evidence.sha256.chars().take(8).collect();
    let result = result(evidence);
    Line {
        label: kind(&evidence.kind),
        value: Text::new(
            format!("{} · {} ({digest})", result.th, at.th),
            format!("{} · {} ({digest})", result.en, at.en),
        ),
    }
}

fn kind(kind: &str) -> Text {
    match kind {
        "document_seen" => Text::new("เอกสารตัวจริงที่เห็น", "Original document seen"),
        "officer_comparison" => Text::new("เจ้าหน้าที่เทียบหน้ากับเอกสาร", "Face compared with the document by an officer"),
        "face_comparison" => Text::new("ระบบเทียบใบหน้า", "Face compared by the system"),
        "chip_read" => Text::new("อ่านชิปบัตรประชาชน", "ID card's chip read"),
        "dopa_data" => Text::new("ตรวจข้อมูลบัตรกับกรมการปกครอง", "Card data checked with DOPA"),
        "dopa_status" => Text::new("ตรวจสถานะบัตรกับกรมการปกครอง", "Card status checked with DOPA"),
        "licence_look_up" => Text::new("เจ้าหน้าที่ค้นใบอนุญาต", "Licence looked up by an officer"),
        "licence_check" => Text::new("ผลตรวจใบอนุญาต", "Licence check"),
        other => Text::same(other),
    }
}

/// What came of it, in words that leave no doubt whether it speaks for the person or against.
fn result(evidence: &EvidenceReference) -> Text {
    let (kind, outcome) = (evidence.kind.as_str(), evidence.outcome);
    match (kind, outcome) {
        (_, None) => Text::new("ไม่บอกผล", "No result told"),
        (_, Some(EvidenceOutcome::Unavailable)) => Text::new("แหล่งข้อมูลไม่ตอบ", "No answer from the source"),
        ("officer_comparison" | "face_comparison", Some(EvidenceOutcome::Confirmed)) => {
            Text::new("ใบหน้าตรงกัน", "The face matches")
        }
        ("officer_comparison" | "face_comparison", Some(EvidenceOutcome::Contradicted)) => {
            Text::new("ใบหน้าไม่ตรง", "THE FACE DOES NOT MATCH")
        }
        ("licence_check" | "licence_look_up", Some(EvidenceOutcome::Confirmed)) => {
            Text::new("ใบอนุญาตใช้ได้", "The licence is active")
        }
        ("licence_check" | "licence_look_up", Some(EvidenceOutcome::Contradicted)) => {
            Text::new("ใบอนุญาตใช้ไม่ได้หรือไม่พบ", "THE LICENCE IS NOT ACTIVE, OR NOT FOUND")
        }
        ("document_seen" | "chip_read", Some(EvidenceOutcome::Confirmed)) => {
            Text::new("เห็นตัวจริง ข้อมูลตรง", "Original seen, and it matches")
        }
        (_, Some(EvidenceOutcome::Confirmed)) => Text::new("ตรงกัน", "It matches"),
        (_, Some(EvidenceOutcome::Contradicted)) => Text::new("ไม่ตรง", "IT DOES NOT MATCH"),
    }
}
