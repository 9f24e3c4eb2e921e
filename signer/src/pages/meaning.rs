//! What an operation means, in words for the person who is to bring it about. Everything
//! that goes into the challenge and means something to a person is shown.

use pdf::form::{Definition, DocumentContent, Field, FieldType, definition, format_national_id};

use super::evidence::item;
use super::standing::{self, Change};
use super::{Text, certificates, digests, ends};
use crate::protocol::{Appointment, CertificateRequest, Operation, UnitNode};

/// One line: what, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// What.
    pub(crate) label: Text,
    /// The value.
    pub(crate) value: Text,
}

/// Lines that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownGroup {
    /// Heading.
    pub(crate) title: Text,
    /// The lines.
    pub(crate) lines: Vec<Line>,
}

/// One document to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownDocument {
    /// Title of the form.
    pub(crate) title: Text,
    /// `เล่มที่ … เลขที่ …`.
    pub(crate) number: Text,
    /// Whom it is about, to tell the documents of a batch apart.
    pub(crate) subject: String,
    /// Every field, grouped as on the paper.
    pub(crate) groups: Vec<ShownGroup>,
    /// What a doctor tells the documents of a day apart by.
    pub(crate) facts: Vec<Line>,
    /// The paper as drawn by the signer (PDF).
    pub(crate) paper_url: String,
    /// Its first page as a picture.
    pub(crate) picture_url: String,
    /// Its page with every line and every picture.
    pub(crate) page_url: String,
}

/// What a person is asked to bring about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Documents are signed in the doctor's name.
    Documents(Vec<ShownDocument>),
    /// Digests of contents that nobody here sees are signed in the doctor's name.
    Digests {
        /// How many.
        count: usize,
        /// Whose certificate, who asks, each digest.
        groups: Vec<ShownGroup>,
    },
    /// A unit's doctors may sign such digests from now on, or no longer.
    DigestSwitch {
        /// On or off.
        allow: bool,
        /// Of which unit.
        groups: Vec<ShownGroup>,
    },
    /// A doctor's certificate is issued.
    Certificate {
        /// Everything it will say, and what it rests on.
        groups: Vec<ShownGroup>,
        /// Code of the passkey to be bound, to compare with the doctor.
        key_code: String,
    },
    /// A doctor's certificate is followed by the next.
    Renewal {
        /// Whose it is, what it rests on.
        groups: Vec<ShownGroup>,
    },
    /// A program's certificate is issued.
    Program {
        /// Everything it will say.
        groups: Vec<ShownGroup>,
    },
    /// An officer is appointed.
    Appointment {
        /// The appointment.
        groups: Vec<ShownGroup>,
        /// Code of the passkey to be bound, to compare with the officer.
        key_code: String,
    },
    /// Something that people act with or as changes.
    Standing(Box<Change>),
    /// A certificate is revoked.
    Revocation {
        /// The revocation.
        groups: Vec<ShownGroup>,
    },
    /// A suspended certificate is restored.
    Restoration {
        /// Whose it is, and why it is suspended.
        groups: Vec<ShownGroup>,
    },
    /// Many certificates are revoked at once.
    BatchRevocation {
        /// How many.
        count: u64,
        /// Which, and why.
        groups: Vec<ShownGroup>,
    },
}

/// Names of officers by person id, from their appointments in the journal.
pub(crate) type Officers = std::collections::BTreeMap<String, Text>;

impl Meaning {
    /// The words for an operation. `units` are the ceremony's units; `papers` is the path
    /// under which the signer draws documents.
    /// `officers` are the names of those the portal says recorded evidence.
    #[must_use]
    pub(crate) fn of(operation: &Operation, units: &[UnitNode], officers: &Officers, papers: &str) -> Self {
        match operation {
            Operation::SignDocuments { documents } => Self::Documents(
                documents
                    .iter()
                    .enumerate()
                    .map(|(place, content)| ShownDocument::of(content, papers, place))
                    .collect(),
            ),
            // Whose certificate it is comes from the journal.
            Operation::SignDigests { signing } => {
                Self::Digests { count: signing.digests.len(), groups: digests::signing(signing, units) }
            }
            Operation::SwitchDigests { switch } => {
                Self::DigestSwitch { allow: switch.allow, groups: digests::switch(switch, units) }
            }
            Operation::IssueCertificate { request } => Self::Certificate {
                groups: certificate(request, units, officers),
                key_code: request.credential.key_code.clone(),
            },
            // Whose certificate it is comes from the journal.
            Operation::RenewCertificate { renewal } => Self::Renewal { groups: certificates::renewal(renewal) },
            Operation::IssueApiClient { request } => {
                let key = crate::operations::api_client::key_fingerprint(&request.csr);
                Self::Program { groups: certificates::program(request, units, &key) }
            }
            Operation::AppointOfficer { appointment } => Self::Appointment {
                groups: vec![officer(appointment, units)],
                key_code: appointment.credential.key_code.clone(),
            },
            Operation::EndAppointment { .. }
            | Operation::BindCredential { .. }
            | Operation::EndCredential { .. }
            | Operation::ReplaceCredential { .. }
            | Operation::StopReplacement { .. }
            | Operation::RecordEvidence { .. } => Self::Standing(Box::new(standing::change(operation, units))),
            Operation::RevokeCertificate { revocation } => {
                Self::Revocation { groups: vec![ends::revocation(revocation)] }
            }
            // Whose certificate it is comes from the journal.
            Operation::RestoreCertificate { .. } => Self::Restoration { groups: Vec::new() },
            Operation::RevokeCertificates { batch } => {
                Self::BatchRevocation { count: batch.count, groups: vec![ends::batch(batch, units)] }
            }
        }
    }
}

impl ShownDocument {
    /// The words for one document; the signer draws the paper of place n (from 0) under `papers`.
    pub(crate) fn of(content: &DocumentContent, papers: &str, place: usize) -> Self {
        let form = definition(&content.form);
        let mut groups: Vec<ShownGroup> = form.map_or_else(Vec::new, |form| filled_groups(form, content));
        // What no definition names is shown all the same: it is part of what is signed.
        let unnamed: Vec<Line> = content
            .fields
            .iter()
            .filter(|(id, _)| !form.is_some_and(|form| form.asked_fields().any(|field| field.id == **id)))
            .map(|(id, value)| Line { label: Text::same(id), value: Text::same(value) })
            .collect();
        if !unnamed.is_empty() {
            groups.push(ShownGroup { title: Text::new("อื่น ๆ", "Other"), lines: unnamed });
        }
        groups
            .push(ShownGroup {
                title: Text::new("ผู้ลงนามและสถานพยาบาล", "Signer and facility"), lines: frame(content)
            });
        Self {
            title: form.map_or_else(|| Text::same(&content.form), |form| Text::new(&form.title_th, &form.title_en)),
            number: Text::new(
                format!("เล่มที่ {} เลขที่ {}", content.book, content.number),
                format!("Book {} number {}", content.book, content.number),
            ),
            subject: ["patient_name", "applicant_name"]
                .iter()
                .find_map(|id| content.fields.get(*id))
                .cloned()
                .unwrap_or_default(),
            groups,
            facts: form.map_or_else(Vec::new, |form| facts(form, content)),
            paper_url: format!("{papers}/{place}.pdf"),
            picture_url: format!("{papers}/{place}.svg"),
            page_url: format!("{papers}/document/{place}"),
        }
    }
}

fn facts(form: &Definition, content: &DocumentContent) -> Vec<Line> {
    let named = |id: &str| form.asked_fields().find(|field| field.id == id);
    let mut facts: Vec<Line> = ["exam_date", "opinion"]
        .into_iter()
        .filter_map(named)
        .map(|field| Line {
            label: Text::new(&field.label_th, &field.label_en),
            value: shown(field, content.fields.get(&field.id).map_or("", String::as_str)),
        })
        .collect();
    if let Some(until) = &content.valid_until {
        facts.push(line("ใช้ได้ถึง", "Valid until", Text::date(until)));
    }
    facts
}

fn filled_groups(form: &Definition, content: &DocumentContent) -> Vec<ShownGroup> {
    form.groups
        .iter()
        .map(|group| ShownGroup {
            title: Text::new(&group.title_th, &group.title_en),
            lines: form
                .group_fields(&group.id)
                .map(|field| Line {
                    label: Text::new(&field.label_th, &field.label_en),
                    value: shown(field, content.fields.get(&field.id).map_or("", String::as_str)),
                })
                .collect(),
        })
        .collect()
}

fn shown(field: &Field, value: &str) -> Text {
    match (field.kind, value) {
        (FieldType::NoneOrText, "") => Text::new("ไม่มี", "None"),
        (FieldType::NormalOrText, "") => Text::new("ปกติ", "Normal"),
        (FieldType::Confirmation, "yes") => Text::new("ยืนยันแล้ว", "Confirmed"),
        (_, "") => Text::same("–"),
        (FieldType::DateBe, iso) => Text::date(iso),
        (FieldType::Cid13, digits) => Text::same(format_national_id(digits)),
        (FieldType::Choice, id) => field
            .choices
            .iter()
            .find(|choice| choice.id == id)
            .map_or_else(|| Text::same(id), |choice| Text::new(&choice.label_th, &choice.label_en)),
        (_, value) => Text::same(value),
    }
}

fn frame(content: &DocumentContent) -> Vec<Line> {
    let mut lines = vec![
        line(
            "แพทย์ผู้ลงนาม",
            "Signing doctor",
            Text::new(
                format!("{}{} (ว.{})", content.signer.title_th, content.signer.name_th, content.signer.licence),
                format!("{}, M.D. (licence {})", content.signer.name_en, content.signer.licence),
            ),
        ),
        line(
            "สถานพยาบาล",
            "Facility",
            Text::new(
                format!("{} ({})", content.unit.name_th, content.unit.code),
                format!("{} ({})", content.unit.name_en, content.unit.code),
            ),
        ),
        line("ที่อยู่สถานพยาบาล", "Address of the facility", Text::same(&content.unit.address_th)),
        line("วันเวลาบนเอกสาร", "Date and time on the paper", Text::instant(&content.prepared_at)),
    ];
    if let Some(until) = &content.valid_until {
        lines.push(line("ใช้ได้ถึง", "May be used until", Text::date(until)));
    }
    lines.push(line("รหัสตรวจสอบ", "Verification code", Text::same(&content.code)));
    lines
}

fn certificate(request: &CertificateRequest, units: &[UnitNode], officers: &Officers) -> Vec<ShownGroup> {
    let subject = vec![
        line("ชื่อ", "Name", Text::same(format!("{}{} {}", request.title_th, request.given_name_th, request.surname_th))),
        line("ชื่อ (อังกฤษ)", "Name in English", Text::same(format!("{} {}", request.given_name_en, request.surname_en))),
        line("วิชาชีพ", "Profession", profession(&request.profession)),
        line("เลขที่ใบอนุญาต", "Licence number", Text::same(format!("ว.{}", request.licence))),
        line("หน่วยบริการ", "Service unit", unit(&request.unit_code, units)),
        line("ระดับความเชื่อมั่นของตัวตน", "Identity assurance level", level(&request.ial)),
    ];
    let mut rests = vec![line("ตรวจใบอนุญาตเมื่อ", "Licence checked", Text::instant(&request.licence_checked_at))];
    if let Some(until) = &request.licence_valid_until {
        rests.push(line("ใบอนุญาตหมดอายุ", "Licence ends", Text::date(until)));
    }
    for evidence in &request.evidence {
        // Of one officer all of it was touched for; who else recorded what is the portal's word, and called that.
        let by = match &evidence.recorded_by {
            Some(id) => {
                let name = officers.get(id).cloned().unwrap_or_else(|| Text::same("?"));
                Text::new(
                    format!("ระบบแจ้งว่า {} บันทึก", name.th),
                    format!("according to the portal recorded by {}", name.en),
                )
            }
            None => Text::new("ระบบแจ้งว่าตรวจ", "according to the portal checked"),
        };
        let shown = item(evidence);
        rests.push(Line {
            label: shown.label,
            value: Text::new(format!("{} {}", shown.value.th, by.th), format!("{}, {}", shown.value.en, by.en)),
        });
    }
    let consent_at = Text::instant(&request.consent.given_at);
    let version = &request.consent.notice_version;
    rests.push(line(
        "ความยินยอม",
        "Consent",
        Text::new(
            format!("ประกาศฉบับ {version} {}", consent_at.th),
            format!("notice version {version}, {}", consent_at.en),
        ),
    ));
    vec![
        ShownGroup {
            title: Text::new("ใบรับรองจะบอกว่า", "The certificate will say"), lines: subject
        },
        ShownGroup { title: Text::new("โดยอาศัย", "It rests on"), lines: rests },
    ]
}

fn officer(appointment: &Appointment, units: &[UnitNode]) -> ShownGroup {
    ShownGroup {
        title: Text::new("การแต่งตั้ง", "The appointment"),
        lines: vec![
            line("ชื่อ", "Name", Text::new(&appointment.name_th, &appointment.name_en)),
            line("หน้าที่", "Role", role(&appointment.role)),
            line("หน่วย", "Unit", unit(&appointment.unit_code, units)),
        ],
    }
}

pub(super) fn role(code: &str) -> Text {
    match code {
        "ra_officer" => Text::new("นายทะเบียน (อนุมัติและเพิกถอน)", "Registration officer (approves and revokes)"),
        "evidence_officer" => Text::new("เจ้าหน้าที่บันทึกหลักฐาน", "Evidence officer (records evidence)"),
        other => Text::same(other),
    }
}

pub(super) fn unit(code: &str, units: &[UnitNode]) -> Text {
    units.iter().find(|unit| unit.code == code).map_or_else(
        || Text::same(code),
        |unit| Text::new(format!("{} ({code})", unit.name_th), format!("{} ({code})", unit.name_en)),
    )
}

pub(super) fn profession(code: &str) -> Text {
    match code.parse::<ca::Profession>() {
        Ok(profession) => Text::new(profession.title_th(), profession.title_en()),
        Err(_) => Text::same(code),
    }
}

/// The level, and that one below 2.3 is accepted for the time being only.
fn level(ial: &str) -> Text {
    if ["2.1", "2.2"].contains(&ial) {
        Text::new(format!("IAL {ial} (ยอมรับชั่วคราว)"), format!("IAL {ial} (accepted provisionally)"))
    } else {
        Text::same(format!("IAL {ial}"))
    }
}

pub(super) fn line(th: &str, en: &str, value: Text) -> Line {
    Line { label: Text::new(th, en), value }
}
