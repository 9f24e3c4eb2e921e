//! The words for what people act with and as: passkeys added, ended and replaced, appointments
//! ended, evidence vouched for.

use store::journal::Appointment;

use super::Text;
use super::evidence::item;
use super::meaning::{Line, ShownGroup, line, profession, role, unit};
use crate::authority::{speaks_against, speaks_for};
use crate::protocol::{CertificateRecord, EvidenceRecord, EvidenceReference, Operation, UnitNode};

/// A change, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// What it is.
    pub(crate) title: Text,
    /// What it brings about.
    pub(crate) lead: Text,
    /// About whom, and on what; whom it is about is put first from the journal.
    pub(crate) groups: Vec<ShownGroup>,
    /// Code of a passkey that somebody should compare.
    pub(crate) key_code: Option<String>,
    /// What the button says.
    pub(crate) button: Text,
    /// Whether it takes something away.
    pub(crate) takes_away: bool,
}

/// The words for one of these operations.
pub(super) fn change(operation: &Operation, units: &[UnitNode]) -> Change {
    match operation {
        Operation::EndAppointment { .. } => Change {
            title: Text::new("สิ้นสุดการแต่งตั้ง", "End an appointment"),
            lead: Text::new(
                "มีผลทันที สิ่งที่ทำไว้ก่อนนี้ยังอยู่ คำอนุมัติที่ยังไม่มีผลไม่นับอีก",
                "At once. What was done before stays; approvals that have not taken effect no longer count.",
            ),
            button: Text::new("สิ้นสุดด้วยพาสคีย์", "End with your passkey"),
            ..Change::taking()
        },
        Operation::BindCredential { binding } => Change {
            title: Text::new("เพิ่มพาสคีย์สำหรับลงนาม", "Add a signing passkey"),
            lead: match &binding.removes {
                Some(_) => Text::new(
                    "พาสคีย์ใหม่จะลงนามแทนท่านได้เหมือนพาสคีย์เดิม และพาสคีย์เดิมหนึ่งอันจะถูกเอาออก",
                    "The new passkey signs in your name as the present one does, and one present one is removed.",
                ),
                None => Text::new(
                    "พาสคีย์ใหม่จะลงนามแทนท่านได้เหมือนพาสคีย์เดิม ถ้าท่านไม่ได้สร้างพาสคีย์นี้ อย่ายืนยัน",
                    "The new passkey signs in your name as the present one does. If you did not make it, do not confirm.",
                ),
            },
            groups: named(&[binding.removes.as_deref()]),
            key_code: Some(binding.credential.key_code.clone()),
            button: Text::new("เพิ่มด้วยพาสคีย์", "Add with your passkey"),
            takes_away: false,
        },
        Operation::EndCredential { ending } => Change {
            title: Text::new("เอาพาสคีย์ออก", "Remove a signing passkey"),
            lead: Text::new(
                "พาสคีย์นี้จะใช้ลงนามไม่ได้อีก และนำกลับมาไม่ได้",
                "This passkey signs nothing any more, and does not come back.",
            ),
            groups: named(&[Some(&ending.credential_id)]),
            button: Text::new("เอาออกด้วยพาสคีย์", "Remove with your passkey"),
            ..Change::taking()
        },
        Operation::ReplaceCredential { replacement } => Change {
            title: Text::new("อนุมัติพาสคีย์ใหม่แทนที่หาย", "Approve a new passkey for a lost one"),
            lead: Text::new(
                "ท่านรับผิดชอบว่าเป็นบุคคลนี้จริงและพาสคีย์ใหม่เป็นของเขา ต้องมีเจ้าหน้าที่สองคนอนุมัติ แล้วรอครบเวลาจึงมีผล พาสคีย์เดิมทั้งหมดจะถูกเอาออก",
                "You answer for it being this person, and the new passkey theirs. Two officers must approve; it takes effect after a delay, and all their other passkeys are removed.",
            ),
            groups: vec![ShownGroup {
                title: Text::new("โดยอาศัย", "It rests on"),
                lines: vec![item(&replacement.evidence)],
            }],
            key_code: Some(replacement.credential.key_code.clone()),
            button: Text::new("อนุมัติด้วยพาสคีย์", "Approve with your passkey"),
            takes_away: false,
        },
        Operation::StopReplacement { .. } => Change {
            title: Text::new("หยุดการเปลี่ยนพาสคีย์ของท่าน", "Stop the replacement of your passkeys"),
            lead: Text::new(
                "คำขอเปลี่ยนพาสคีย์จะสิ้นสุด คำอนุมัติที่ให้ไว้ใช้ไม่ได้อีก",
                "The request ends, and the approvals given for it are worth nothing.",
            ),
            button: Text::new("หยุดด้วยพาสคีย์", "Stop it with your passkey"),
            ..Change::taking()
        },
        Operation::RecordEvidence { record } => Change {
            title: Text::new("รับรองว่าท่านเห็นบุคคลและหลักฐานนี้", "Vouch for whom and what you saw"),
            lead: if speaks_for(&record.evidence) {
                Text::new(
                    "นายทะเบียนจะออกใบรับรองโดยอาศัยคำรับรองนี้ ถ้าผลบรรทัดใดไม่ใช่ที่ท่านพบ อย่ารับรอง โปรดเทียบรหัสพาสคีย์กับรหัสที่บุคคลนั้นเห็นในหน้าลงนามหลังใช้พาสคีย์ของตน ไม่ใช่รหัสจากหน้าอื่น",
                    "A certificate will be issued on this word. If any result is not what you found, do not vouch. Compare the passkey code with the one the person saw on the signing page after using the passkey, not one from any other page.",
                )
            } else if speaks_against(&record.evidence) {
                Text::new(
                    "ผลข้างล่างไม่ตรงกับบุคคลหรือใบอนุญาต จึงออกใบรับรองไม่ได้ จนกว่าเจ้าหน้าที่จะตรวจใหม่แล้วได้ผลอื่น ถ้าผลบรรทัดใดไม่ใช่ที่ท่านพบ อย่ารับรอง",
                    "The results below speak against the person or the licence. On your word no certificate is issued until an officer looks again and finds otherwise. If any result is not what you found, do not vouch.",
                )
            } else {
                Text::new(
                    "ผลข้างล่างยังไม่ครบ ใบรับรองจะออกได้โดยอาศัยคำรับรองนี้เมื่อได้ผลส่วนที่เหลือ ถ้าผลบรรทัดใดไม่ใช่ที่ท่านพบ อย่ารับรอง โปรดเทียบรหัสพาสคีย์กับรหัสที่บุคคลนั้นเห็นในหน้าลงนามหลังใช้พาสคีย์ของตน ไม่ใช่รหัสจากหน้าอื่น",
                    "The results below are not complete. A certificate can be issued on this word once the rest is there. If any result is not what you found, do not vouch. Compare the passkey code with the one the person saw on the signing page after using the passkey, not one from any other page.",
                )
            },
            groups: evidence(record, units),
            key_code: Some(record.credential.key_code.clone()),
            button: Text::new("รับรองด้วยพาสคีย์", "Vouch with your passkey"),
            takes_away: false,
        },
        // Others have words of their own.
        _ => Change::taking(),
    }
}

impl Change {
    fn taking() -> Self {
        Self {
            title: Text::default(),
            lead: Text::default(),
            groups: Vec::new(),
            key_code: None,
            button: Text::default(),
            takes_away: true,
        }
    }
}

/// Whom it is about, as the journal has them: by certificate, by appointment.
pub(crate) fn person(
    certificates: &[CertificateRecord],
    appointments: &[Appointment],
    units: &[UnitNode],
) -> ShownGroup {
    let mut lines = Vec::new();
    for held in certificates {
        lines.push(line(
            "แพทย์",
            "Doctor",
            Text::new(
                format!("{}{} (ว.{})", held.title_th, held.name_th, held.licence),
                format!("{} (licence {})", held.name_en, held.licence),
            ),
        ));
        lines.push(line("หน่วยบริการ", "Service unit", unit(&held.unit_code, units)));
    }
    for held in appointments {
        lines.extend(officer(held, units));
    }
    ShownGroup { title: Text::new("บุคคล", "The person"), lines }
}

/// The appointment that is to end, as the journal has it.
pub(crate) fn appointed(row: &Appointment, units: &[UnitNode]) -> ShownGroup {
    ShownGroup { title: Text::new("การแต่งตั้ง", "The appointment"), lines: officer(row, units) }
}

fn officer(row: &Appointment, units: &[UnitNode]) -> Vec<Line> {
    vec![
        line("เจ้าหน้าที่", "Officer", Text::new(&row.name_th, &row.name_en)),
        line("หน้าที่", "Role", role(&row.role)),
        line("หน่วย", "Unit", unit(&row.unit_code, units)),
    ]
}

/// A passkey has no name but its id: the first characters, as the portal's list shows them.
fn named(ids: &[Option<&str>]) -> Vec<ShownGroup> {
    let lines: Vec<Line> = ids
        .iter()
        .flatten()
        .map(|id| {
            let short: String = id.chars().take(8).collect();
            line("พาสคีย์ที่จะถูกเอาออก", "The passkey that is removed", Text::same(short))
        })
        .collect();
    if lines.is_empty() {
        Vec::new()
    } else {
        vec![ShownGroup { title: Text::new("พาสคีย์", "Passkey"), lines }]
    }
}

fn evidence(record: &EvidenceRecord, units: &[UnitNode]) -> Vec<ShownGroup> {
    let seen = vec![
        line("ชื่อ", "Name", Text::new(&record.name_th, &record.name_en)),
        line("วิชาชีพ", "Profession", profession(&record.profession)),
        line("เลขที่ใบอนุญาต", "Licence number", Text::same(format!("ว.{}", record.licence))),
        line("หน่วยบริการ", "Service unit", unit(&record.unit_code, units)),
    ];
    vec![
        ShownGroup { title: Text::new("บุคคล", "The person"), lines: seen },
        ShownGroup {
            title: Text::new("หลักฐาน", "The evidence"), lines: record.evidence.iter().map(told).collect()
        },
    ]
}

/// An item; what no officer recorded is the portal's word, and is called that.
fn told(evidence: &EvidenceReference) -> Line {
    let shown = item(evidence);
    match evidence.recorded_by {
        Some(_) => shown,
        None => Line {
            label: shown.label,
            value: Text::new(
                format!("ระบบแจ้งว่า {}", shown.value.th),
                format!("According to the portal: {}", shown.value.en),
            ),
        },
    }
}
