//! The words for digests that others made.

use super::Text;
use super::meaning::{Line, ShownGroup, line, unit};
use crate::protocol::{DigestSigning, DigestSwitch, UnitNode};

/// Who asks, and for how many; whose certificate it is comes from the journal.
pub(super) fn signing(signing: &DigestSigning, units: &[UnitNode]) -> Vec<ShownGroup> {
    let count = signing.digests.len();
    let asked = vec![
        line("โปรแกรมที่ขอ", "Program that asks", Text::same(&signing.client)),
        line("ของหน่วย", "Of the unit", unit(&signing.unit_code, units)),
        line("หมายเลขใบรับรอง", "Serial number", Text::same(&signing.certificate_serial)),
        line("จำนวน", "How many", Text::new(format!("{count} รายการ"), format!("{count}"))),
    ];
    let digests = signing
        .digests
        .iter()
        .enumerate()
        .map(|(n, digest)| {
            let n = n + 1;
            let label = if digest.label.is_empty() {
                Text::new(format!("{n}. (ไม่มีชื่อ)"), format!("{n}. (no name)"))
            } else {
                // The program's own word: said to be that.
                Text::new(
                    format!("{n}. โปรแกรมเรียกว่า “{}”", digest.label),
                    format!("{n}. the program calls it “{}”", digest.label),
                )
            };
            Line { label, value: Text::same(grouped(&digest.sha256)) }
        })
        .collect();
    vec![
        ShownGroup { title: Text::new("คำขอ", "The request"), lines: asked },
        ShownGroup {
            title: Text::new("ค่าแฮชที่จะลงนาม (SHA-256)", "Digests to be signed (SHA-256)"), lines: digests
        },
    ]
}

/// What a unit's doctors may do from now on.
pub(super) fn switch(switch: &DigestSwitch, units: &[UnitNode]) -> Vec<ShownGroup> {
    let now = if switch.allow {
        Text::new("แพทย์ของหน่วยลงนามค่าแฮชจากโปรแกรมภายนอกได้", "The unit's doctors may sign digests of other programs")
    } else {
        Text::new("ไม่อนุญาตอีก มีผลทันที", "No longer allowed, at once")
    };
    vec![ShownGroup {
        title: Text::new("สิ่งที่เปลี่ยน", "What changes"),
        lines: vec![line("หน่วย", "Unit", unit(&switch.unit_code, units)), line("ตั้งแต่นี้ไป", "From now on", now)],
    }]
}

/// In groups of eight, to be compared by eye.
fn grouped(digest: &str) -> String {
    let characters: Vec<char> = digest.chars().collect();
    characters.chunks(8).map(String::from_iter).collect::<Vec<_>>().join(" ")
}
