//! The console: queues of evidence, requests and appointments; certificates and their end.

use askama::Template;

use super::{
    Choice, Column, Field, FieldErrors, FieldGroup, FieldKind, Layout, ListQuery, Listing, RequestState, Row, Text,
    Values, form,
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
        let listing = Listing::over("/console/evidence", rows, ListQuery { sort: "since".into(), ..ListQuery::default() });
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
    /// `yes`/`no`), `licence_status` (choice `active`/`not_active`/`not_found`),
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
                ],
            },
            FieldGroup {
                title: Text::new("ใบอนุญาต (ตรวจที่ checkmd.tmc.or.th)", "Licence (looked up at checkmd.tmc.or.th)"),
                lead: Some(Text::new(
                    "แพทยสภายังไม่มีช่องทางเชื่อมต่ออัตโนมัติ ท่านต้องค้นเองแล้วบันทึกสิ่งที่เห็น",
                    "The Medical Council offers no automatic connection: look it up and record what you see.",
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
                    field("licence_valid_until", "ใบอนุญาตหมดอายุวันที่ (ถ้ามี)", "Licence ends on (if it does)", FieldKind::Date),
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

/// Certificate requests that wait for an approver.
#[derive(Debug, Clone, Template)]
#[template(path = "request_queue.html")]
pub struct RequestQueue {
    /// What every page has.
    pub layout: Layout,
    /// The rows.
    pub listing: Listing<RequestRow>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Name, in Thai.
    pub name: String,
    /// Licence number, digits.
    pub licence: String,
    /// Unit.
    pub unit: String,
    /// Where it stands.
    pub state: RequestState,
    /// Since (RFC 3339).
    pub since: String,
    /// Where it is reviewed.
    pub url: String,
}

impl Row for RequestRow {
    fn columns() -> Vec<Column> {
        columns([
            ("name", "ชื่อ", "Name"),
            ("licence", "เลขที่ ว.", "Licence"),
            ("unit", "หน่วยบริการ", "Unit"),
            ("state", "สถานะ", "State"),
            ("since", "ตั้งแต่", "Since"),
        ])
    }

    fn cell(&self, column: &str) -> String {
        match column {
            "name" => self.name.clone(),
            "licence" => self.licence.clone(),
            "unit" => self.unit.clone(),
            "state" => self.state.words(&Layout::default()).to_owned(),
            "since" => self.since.clone(),
            _ => String::new(),
        }
    }
}

impl RequestQueue {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let row = |name: &str, licence: &str, state| RequestRow {
            name: name.into(),
            licence: licence.into(),
            unit: "โรงพยาบาลสาธิต".into(),
            state,
            since: "2026-08-11T03:00:00Z".into(),
            url: "/console/requests/1".into(),
        };
        let rows = vec![
            row("พญ. กานดา ใจดี", "12345", RequestState::Submitted),
            row("นพ. อนุชา ประเสริฐสุวรรณรัตน์", "54321", RequestState::Returned),
        ];
        Self {
            layout: Layout { path: "/console/requests".into(), ..layout },
            listing: Listing::over("/console/requests", rows, ListQuery::default()),
        }
    }
}

/// One request with all its evidence, what is missing first. Posts `decision` = `approve`
/// (goes on to the signing page), `return` or `reject`, with `note`.
#[derive(Debug, Clone, Template)]
#[template(path = "request_review.html")]
pub struct RequestReview {
    /// What every page has.
    pub layout: Layout,
    /// Name of the doctor, in Thai.
    pub name: String,
    /// Where it stands.
    pub state: RequestState,
    /// What is missing or speaks against approval; empty if nothing.
    pub missing: Vec<Text>,
    /// What the certificate will say: label, value.
    pub certificate: Vec<(Text, String)>,
    /// The evidence.
    pub evidence: Vec<EvidenceItem>,
    /// Version of the notice consented to, and when (RFC 3339).
    pub consent: Option<(String, String)>,
    /// Code of the signing passkey, to compare with what the doctor sees.
    pub key_code: Option<String>,
    /// Whether this officer may decide.
    pub may_decide: bool,
    /// Why they may not, if so.
    pub why_not: Option<Text>,
    /// What is wrong with what was posted.
    pub error: Option<Text>,
}

impl RequestReview {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/console/requests/1".into(), ..layout },
            name: "แพทย์หญิงกานดา ใจดี".into(),
            state: RequestState::Submitted,
            missing: vec![Text::new(
                "ผลตรวจใบอนุญาตเก่ากว่า 30 วัน",
                "The licence was last checked more than 30 days ago",
            )],
            certificate: sample_claims(),
            evidence: sample_evidence(),
            consent: Some(("1.0".into(), "2026-08-10T02:12:00Z".into())),
            key_code: Some("K7QX-2MRD".into()),
            may_decide: true,
            why_not: None,
            error: None,
        }
    }
}

/// Officers who wait to be appointed, and those in office. Posts `decision` = `appoint` with
/// `person_id` to a row's `url`.
#[derive(Debug, Clone, Template)]
#[template(path = "appointment_queue.html")]
pub struct AppointmentQueue {
    /// What every page has.
    pub layout: Layout,
    /// The rows.
    pub listing: Listing<AppointmentRow>,
}

/// An officer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppointmentRow {
    /// Name, in Thai.
    pub name: String,
    /// Role.
    pub role: Text,
    /// Unit.
    pub unit: String,
    /// Code of the signing passkey to compare; none while there is none.
    pub key_code: Option<String>,
    /// In office already.
    pub in_office: bool,
    /// Since (RFC 3339).
    pub since: String,
    /// Where the appointment is proposed (POST); none if nothing can be done.
    pub url: Option<String>,
}

impl Row for AppointmentRow {
    fn columns() -> Vec<Column> {
        columns([
            ("name", "ชื่อ", "Name"),
            ("role", "หน้าที่", "Role"),
            ("unit", "หน่วย", "Unit"),
            ("key_code", "รหัสพาสคีย์", "Passkey code"),
            ("since", "ตั้งแต่", "Since"),
        ])
    }

    fn cell(&self, column: &str) -> String {
        match column {
            "name" => self.name.clone(),
            "role" => self.role.th.clone(),
            "unit" => self.unit.clone(),
            "key_code" => self.key_code.clone().unwrap_or_default(),
            "since" => self.since.clone(),
            _ => String::new(),
        }
    }
}

impl AppointmentQueue {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let row = |name: &str, code: Option<&str>, in_office: bool| AppointmentRow {
            name: name.into(),
            role: Text::new("นายทะเบียน", "Registration officer"),
            unit: "สำนักงานสาธารณสุขจังหวัดสาธิต".into(),
            key_code: code.map(str::to_owned),
            in_office,
            since: "2026-08-09T03:00:00Z".into(),
            url: (code.is_some() && !in_office).then(|| "/console/appointments/1".to_owned()),
        };
        let rows = vec![
            row("นางสาวมาลี รุ่งเรือง", Some("9TQM-44XA"), false),
            row("นายวิชัย แสงทอง", None, false),
            row("นางอรุณี ศรีสุข", Some("M3KD-ZZ71"), true),
        ];
        Self {
            layout: Layout { path: "/console/appointments".into(), ..layout },
            listing: Listing::over("/console/appointments", rows, ListQuery::default()),
        }
    }
}

/// Certificates issued: the officer's list, or the doctor's own.
#[derive(Debug, Clone, Template)]
#[template(path = "certificate_list.html")]
pub struct CertificateList {
    /// What every page has.
    pub layout: Layout,
    /// The rows.
    pub listing: Listing<CertificateRow>,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRow {
    /// Name, in Thai.
    pub name: String,
    /// Licence number, digits.
    pub licence: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Start of validity (RFC 3339).
    pub not_before: String,
    /// End of validity (RFC 3339).
    pub not_after: String,
    /// How it stands.
    pub state: CertificateState,
    /// Where it is revoked; none if this person cannot.
    pub revoke_url: Option<String>,
}

/// How a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateState {
    /// In force.
    Good,
    /// Revoked.
    Revoked,
    /// Over.
    Expired,
}

impl CertificateState {
    /// In a page's language.
    pub const fn words(self, layout: &Layout) -> &'static str {
        match self {
            Self::Good => layout.t("ใช้ได้", "In force"),
            Self::Revoked => layout.t("เพิกถอนแล้ว", "Revoked"),
            Self::Expired => layout.t("หมดอายุ", "Expired"),
        }
    }

    /// The colour of the tag.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Good => "green",
            Self::Revoked => "red",
            Self::Expired => "grey",
        }
    }
}

impl Row for CertificateRow {
    fn columns() -> Vec<Column> {
        columns([
            ("name", "ชื่อ", "Name"),
            ("licence", "เลขที่ ว.", "Licence"),
            ("state", "สถานะ", "State"),
            ("not_before", "ออกเมื่อ", "Issued"),
            ("not_after", "หมดอายุ", "Expires"),
            ("serial", "หมายเลขใบรับรอง", "Serial number"),
        ])
    }

    fn cell(&self, column: &str) -> String {
        match column {
            "name" => self.name.clone(),
            "licence" => self.licence.clone(),
            "state" => self.state.words(&Layout::default()).to_owned(),
            "not_before" => self.not_before.clone(),
            "not_after" => self.not_after.clone(),
            "serial" => self.serial.clone(),
            _ => String::new(),
        }
    }
}

impl CertificateList {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let row = |name: &str, serial: &str, state| CertificateRow {
            name: name.into(),
            licence: "12345".into(),
            serial: serial.into(),
            not_before: "2026-08-12T03:00:00Z".into(),
            not_after: "2027-08-11T03:00:00Z".into(),
            state,
            revoke_url: (state == CertificateState::Good).then(|| format!("/certificates/{serial}/revoke")),
        };
        let rows = vec![
            row("แพทย์หญิงกานดา ใจดี", "01a4f09c7d5b3e21886fcd1047a9be32c1", CertificateState::Good),
            row("นายแพทย์อนุชา ประเสริฐสุวรรณรัตน์", "0144d2083aa1b7c95e60f31d2297840ce5", CertificateState::Revoked),
        ];
        Self {
            layout: Layout { path: "/certificates".into(), ..layout },
            listing: Listing::over("/certificates", rows, ListQuery::default()),
        }
    }
}

/// Ending a certificate. Posted back to the page's own address; goes on to the signing page.
#[derive(Debug, Clone, Template)]
#[template(path = "revoke_form.html")]
pub struct RevokeForm {
    /// What every page has.
    pub layout: Layout,
    /// Whose certificate.
    pub name: String,
    /// Licence number, digits.
    pub licence: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// The fields, from [`RevokeForm::groups`].
    pub groups: Vec<FieldGroup>,
}

impl RevokeForm {
    /// The fields: `reason` (names of the signer's protocol) and `invalid_since` (date, may
    /// be empty). The doctor's own reasons leave out the withdrawal of a licence.
    pub fn groups(officer: bool, values: &Values, errors: &FieldErrors) -> Vec<FieldGroup> {
        let choice = |id: &str, th: &str, en: &str| Choice::new(id, Text::new(th, en));
        let mut reasons = vec![
            choice("key_compromise", "พาสคีย์หรือเครื่องหาย ถูกขโมย หรืออาจมีผู้อื่นใช้", "Passkey or device lost, stolen, or perhaps used by another"),
            choice("affiliation_changed", "ย้ายหรือพ้นจากหน่วยบริการ", "Left or moved from the service unit"),
            choice("superseded", "ออกใบใหม่แทน", "Replaced by a new certificate"),
            choice("cessation_of_operation", "เลิกใช้", "No longer needed"),
        ];
        if officer {
            reasons.push(choice("privilege_withdrawn", "ใบอนุญาตถูกพักใช้หรือเพิกถอน", "Licence suspended or withdrawn"));
        }
        let fields = vec![
            Field::new("reason", Text::new("เหตุผล", "Reason"), FieldKind::Choice(reasons)).filled(values, errors),
            Field::new(
                "invalid_since",
                Text::new("เกิดเหตุตั้งแต่วันที่ (ถ้าทราบ)", "Since when (if known)"),
                FieldKind::Date,
            )
            .hint(
                "เอกสารที่ลงนามหลังวันนี้จะถูกเตือนแก่ผู้ตรวจสอบ",
                "Whoever verifies a document signed after this day is warned",
            )
            .filled(values, errors),
        ];
        vec![FieldGroup { title: Text::new("เหตุที่เพิกถอน", "Why it ends"), lead: None, fields }]
    }

    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        form::summary(&self.groups, self.layout.lang)
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/certificates/01a4/revoke".into(), ..layout },
            name: "แพทย์หญิงกานดา ใจดี".into(),
            licence: "12345".into(),
            serial: "01a4f09c7d5b3e21886fcd1047a9be32c1".into(),
            groups: Self::groups(true, &Values::new(), &FieldErrors::new()),
        }
    }
}

fn columns<const N: usize>(names: [(&'static str, &str, &str); N]) -> Vec<Column> {
    names.into_iter().map(|(id, th, en)| Column { id, title: Text::new(th, en) }).collect()
}

fn sample_claims() -> Vec<(Text, String)> {
    vec![
        (Text::new("ชื่อ", "Name"), "แพทย์หญิงกานดา ใจดี".into()),
        (Text::new("ชื่อ (อังกฤษ)", "Name in English"), "Kanda Jaidee".into()),
        (Text::new("เลขที่ใบอนุญาต", "Licence number"), "ว.12345".into()),
        (Text::new("หน่วยบริการ", "Service unit"), "โรงพยาบาลสาธิต (10670)".into()),
        (Text::new("ระดับความเชื่อมั่นของตัวตน", "Identity assurance level"), "IAL 2.1".into()),
    ]
}

fn sample_evidence() -> Vec<EvidenceItem> {
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
