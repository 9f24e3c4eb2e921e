//! The console's evidence: whose is missing, and the form on which an officer records it.

use askama::Template;

use super::listing::columns;
use super::{
    Choice, Column, Field, FieldErrors, FieldGroup, FieldKind, Layout, ListQuery, Listing, Row, Text, Values, form,
};

/// Doctors whose evidence waits to be recorded.
#[derive(Debug, Clone, Template)]
#[template(path = "evidence_queue.html")]
pub struct EvidenceQueue {
    /// What every page has.
    pub layout: Layout,
    /// The rows.
    pub listing: Listing<EvidenceRow>,
}

/// A doctor whose evidence waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRow {
    /// Name, in Thai.
    pub name: String,
    /// Licence number, digits.
    pub licence: String,
    /// Unit.
    pub unit: String,
    /// What is missing, in a few words.
    pub missing: Text,
    /// Waiting since (RFC 3339).
    pub since: String,
    /// Where evidence is recorded.
    pub url: String,
}

impl Row for EvidenceRow {
    fn columns() -> Vec<Column> {
        columns([
            ("name", "ชื่อ", "Name"),
            ("licence", "เลขที่ ว.", "Licence"),
            ("unit", "หน่วยบริการ", "Unit"),
            ("missing", "ยังขาด", "Missing"),
            ("since", "รอตั้งแต่", "Waiting since"),
        ])
    }

    fn cell(&self, column: &str) -> String {
        match column {
            "name" => self.name.clone(),
            "licence" => self.licence.clone(),
            "unit" => self.unit.clone(),
            "missing" => self.missing.th.clone(),
            "since" => self.since.clone(),
            _ => String::new(),
        }
    }
}

impl EvidenceQueue {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let rows = vec![
            EvidenceRow {
                name: "พญ. กานดา ใจดี".into(),
                licence: "12345".into(),
                unit: "โรงพยาบาลสาธิต".into(),
                missing: Text::new("เอกสารที่เห็นต่อหน้า ผลตรวจใบอนุญาต", "Documents seen, licence check"),
                since: "2026-08-10T02:14:00Z".into(),
                url: "/console/evidence/1".into(),
            },
            EvidenceRow {
                name: "นพ. อนุชา ประเสริฐสุวรรณรัตน์".into(),
                licence: "54321".into(),
                unit: "โรงพยาบาลสาธิต".into(),
                missing: Text::new("ผลตรวจใบอนุญาต", "Licence check"),
                since: "2026-08-11T04:00:00Z".into(),
                url: "/console/evidence/2".into(),
            },
        ];
        let listing =
            Listing::over("/console/evidence", rows, ListQuery { sort: "since".into(), ..ListQuery::default() });
        Self { layout: Layout { path: "/console/evidence".into(), ..layout }, listing }
    }
}

/// An officer records what they saw of one doctor. Posted back to the page's own address.
#[derive(Debug, Clone, Template)]
#[template(path = "evidence_form.html")]
pub struct EvidenceForm {
    /// What every page has.
    pub layout: Layout,
    /// What the doctor said of themselves: label, value.
    pub claims: Vec<(Text, String)>,
    /// Evidence recorded already.
    pub recorded: Vec<EvidenceItem>,
    /// The fields, from [`EvidenceForm::groups`].
    pub groups: Vec<FieldGroup>,
}

/// One item of evidence as an officer reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceItem {
    /// What was seen or asked.
    pub kind: Text,
    /// What came of it.
    pub outcome: Text,
    /// Name of who recorded it; none for the system's own check.
    pub recorded_by: Option<String>,
    /// When (RFC 3339).
    pub recorded_at: String,
    /// First eight characters of its digest, to compare.
    pub digest_start: String,
}

impl EvidenceForm {
    /// The fields: `document_seen` (choice `thai_id_card`/`passport`), `face_matches` (choice
    /// `yes`/`no`), `key_code`, `licence_status` (choice `active`/`not_active`/`not_found`),
    /// `licence_valid_until` (date, may be empty), `note`.
    pub fn groups(values: &Values, errors: &FieldErrors) -> Vec<FieldGroup> {
        let choice = |id: &str, th: &str, en: &str| Choice::new(id, Text::new(th, en));
        let field = |id: &str, th: &str, en: &str, kind| Field::new(id, Text::new(th, en), kind).filled(values, errors);
        vec![
            FieldGroup {
                title: Text::new("ตัวตนต่อหน้า", "Identity in person"),
                lead: None,
                fields: vec![
                    field(
                        "document_seen",
                        "เอกสารตัวจริงที่เห็น",
                        "Original document seen",
                        FieldKind::Choice(vec![
                            choice("thai_id_card", "บัตรประจำตัวประชาชน", "Thai citizen ID card"),
                            choice("passport", "หนังสือเดินทาง", "Passport"),
                        ]),
                    ),
                    field(
                        "face_matches",
                        "ใบหน้าตรงกับรูปในเอกสารหรือไม่",
                        "Does the face match the photograph?",
                        FieldKind::Choice(vec![choice("yes", "ตรง", "Yes"), choice("no", "ไม่ตรง", "No")]),
                    ),
                    Field::new("key_code", Text::new("รหัสพาสคีย์ของแพทย์", "The doctor's passkey code"), FieldKind::Text)
                        .hint(
                            "ให้แพทย์เปิดหน้าคำขอของตน แล้วพิมพ์รหัสที่เห็นบนหน้าจอของแพทย์",
                            "Have the doctor open their request and type the code you see on their screen",
                        )
                        .filled(values, errors),
                ],
            },
            FieldGroup {
                title: Text::new(
                    "ใบอนุญาต (ค้นเองที่ checkmd.tmc.or.th ถ้าทำ)",
                    "Licence (if you looked it up at checkmd.tmc.or.th)",
                ),
                lead: Some(Text::new(
                    "ระบบตรวจกับทะเบียนแล้วตามหลักฐานด้านข้าง หากท่านค้นเองด้วยให้บันทึกสิ่งที่เห็น",
                    "The register was asked already, as the evidence shows. If you also looked it up, record what you saw.",
                )),
                fields: vec![
                    field(
                        "licence_status",
                        "สถานะใบอนุญาต",
                        "Licence status",
                        FieldKind::Choice(vec![
                            choice("active", "มีผลอยู่ ไม่มีประกาศพักใช้หรือเพิกถอน", "Active, no suspension or withdrawal"),
                            choice("not_active", "พักใช้ เพิกถอน หรือระงับ", "Suspended or withdrawn"),
                            choice("not_found", "ไม่พบ", "Not found"),
                        ]),
                    ),
                    field(
                        "licence_valid_until",
                        "ใบอนุญาตหมดอายุวันที่ (ถ้ามี)",
                        "Licence ends on (if it does)",
                        FieldKind::Date,
                    ),
                    field("note", "บันทึกเพิ่มเติม (ถ้ามี)", "Note (if any)", FieldKind::LongText),
                ],
            },
        ]
    }

    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        form::summary(&self.groups, self.layout.lang)
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/console/evidence/1".into(), ..layout },
            claims: sample_claims(),
            recorded: sample_evidence(),
            groups: Self::groups(&Values::new(), &FieldErrors::new()),
        }
    }
}

pub(super) fn sample_claims() -> Vec<(Text, String)> {
    vec![
        (Text::new("ชื่อ", "Name"), "แพทย์หญิงกานดา ใจดี".into()),
        (Text::new("ชื่อ (อังกฤษ)", "Name in English"), "Kanda Jaidee".into()),
        (Text::new("เลขที่ใบอนุญาต", "Licence number"), "ว.12345".into()),
        (Text::new("หน่วยบริการ", "Service unit"), "โรงพยาบาลสาธิต (10670)".into()),
        (Text::new("ระดับความเชื่อมั่นของตัวตน", "Identity assurance level"), "IAL 2.1".into()),
    ]
}

pub(super) fn sample_evidence() -> Vec<EvidenceItem> {
    vec![
        EvidenceItem {
            kind: Text::new("เอกสารตัวจริงที่เห็น", "Original document seen"),
            outcome: Text::new("บัตรประจำตัวประชาชน ใบหน้าตรง", "Citizen ID card, face matches"),
            recorded_by: Some("นางสาวมาลี รุ่งเรือง".into()),
            recorded_at: "2026-08-11T03:00:00Z".into(),
            digest_start: "9f2c41d0".into(),
        },
        EvidenceItem {
            kind: Text::new("ใบอนุญาต", "Licence"),
            outcome: Text::new("มีผลอยู่", "Active"),
            recorded_by: None,
            recorded_at: "2026-08-11T03:05:00Z".into(),
            digest_start: "77ab03e1".into(),
        },
    ]
}
