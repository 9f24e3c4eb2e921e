//! Writing a medical certificate: the form, the check before signing, the list, the end.

use askama::Template;
use pdf::form::{FieldError, Problem, definition};

use super::listing::columns;
use super::{
    Column, FieldGroup, FieldKind, Layout, ListQuery, Listing, Row, Text, Values, Verdict, document_groups, form,
};

/// The form of a document, grouped as on the paper. Posted back to the page's own address;
/// the autosave script posts the same fields to `autosave_url` and expects status 204.
#[derive(Debug, Clone, Template)]
#[template(path = "document_form.html")]
pub struct DocumentForm {
    /// What every page has.
    pub layout: Layout,
    /// Title of the form.
    pub title: Text,
    /// The fields, from [`document_groups`].
    pub groups: Vec<FieldGroup>,
    /// Where half-filled answers are kept; none to switch that off.
    pub autosave_url: Option<String>,
    /// Preview of the paper as PDF, if it can be drawn already.
    pub preview_url: Option<String>,
    /// When the draft was last kept (RFC 3339).
    pub saved_at: Option<String>,
    /// The program that brought it in, if one did.
    pub brought_in: Option<BroughtIn>,
}

/// A program brought the draft in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroughtIn {
    /// What the program is called.
    pub system: String,
    /// Where it is sent back (POST `reason`); none if it is past that.
    pub reject_url: Option<String>,
}

impl DocumentForm {
    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        form::summary(&self.groups, self.layout.lang)
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/documents/1".into(), ..layout },
            title: Text::new("ใบรับรองแพทย์ (แบบ 2 ส่วน)", "Medical certificate (two-part)"),
            groups: sample_groups(),
            autosave_url: Some("/documents/1/draft".into()),
            preview_url: Some("/documents/1/preview.pdf".into()),
            saved_at: Some("2026-08-14T03:20:00Z".into()),
            brought_in: Some(BroughtIn {
                system: "HOSxP ห้องตรวจผู้ป่วยนอก".into(),
                reject_url: Some("/documents/1/reject".into()),
            }),
        }
    }
}

/// The answers before signing, and the paper as it will be. Posts to `sign_url`, which
/// proposes the signature and sends the browser to the signing page.
#[derive(Debug, Clone, Template)]
#[template(path = "document_check.html")]
pub struct DocumentCheck {
    /// What every page has.
    pub layout: Layout,
    /// Title of the form.
    pub title: Text,
    /// The answers, grouped as on the paper.
    pub groups: Vec<AnswerGroup>,
    /// Draft of the paper as PDF.
    pub preview_url: String,
    /// Where the form is changed.
    pub edit_url: String,
    /// Where signing starts (POST).
    pub sign_url: String,
    /// Last day of use (ISO), if the form has such a rule.
    pub valid_until: Option<String>,
    /// Why it cannot be signed now, if so.
    pub obstacle: Option<Text>,
    /// The program that brought it in, if one did.
    pub brought_in: Option<BroughtIn>,
    /// How a document that has its number already is not signed after all.
    pub release: Option<Release>,
}

/// A prepared document that the doctor does not want to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The signer's page may still be open until then (RFC 3339); none once that is over.
    pub waits_until: Option<String>,
    /// Where it becomes a draft again (POST).
    pub take_back_url: String,
    /// Where it is given up (POST); none if a program brought it in.
    pub abandon_url: Option<String>,
}

/// Answers that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerGroup {
    /// Heading.
    pub title: Text,
    /// The answers.
    pub answers: Vec<Answer>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Id of the field, to change it.
    pub id: String,
    /// Label.
    pub label: Text,
    /// The answer as it is read.
    pub value: String,
}

impl AnswerGroup {
    /// The answers of filled fields, as they are read.
    pub fn of(groups: &[FieldGroup], layout: &Layout) -> Vec<Self> {
        groups
            .iter()
            .map(|group| Self {
                title: group.title.clone(),
                answers: group
                    .fields
                    .iter()
                    .map(|field| Answer { id: field.anchor(), label: field.label.clone(), value: field.shown(layout) })
                    .collect(),
            })
            .collect()
    }
}

impl DocumentCheck {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            groups: AnswerGroup::of(&sample_groups(), &layout),
            layout: Layout { path: "/documents/1/check".into(), ..layout },
            title: Text::new("ใบรับรองแพทย์ (แบบ 2 ส่วน)", "Medical certificate (two-part)"),
            preview_url: "/documents/1/preview.pdf".into(),
            edit_url: "/documents/1".into(),
            sign_url: "/documents/1/sign".into(),
            valid_until: Some("2026-09-14".into()),
            obstacle: None,
            brought_in: None,
            release: Some(Release {
                waits_until: None,
                take_back_url: "/documents/1/take-back".into(),
                abandon_url: Some("/documents/1/abandon".into()),
            }),
        }
    }
}

/// A doctor's documents.
#[derive(Debug, Clone, Template)]
#[template(path = "document_list.html")]
pub struct DocumentList {
    /// What every page has.
    pub layout: Layout,
    /// The rows.
    pub listing: Listing<DocumentRow>,
    /// Where a new document begins (POST); none if this person cannot.
    pub new_url: Option<String>,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// Book and number; empty while a draft.
    pub number: String,
    /// Title of the form.
    pub kind: Text,
    /// Patient's name.
    pub patient: String,
    /// Changed, or signed, at (RFC 3339).
    pub at: String,
    /// How it stands.
    pub state: DocumentState,
    /// Where it is opened.
    pub url: String,
    /// What the program is called that brought it in, if one did.
    pub system: Option<String>,
}

/// How a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentState {
    /// Being written.
    Draft,
    /// Waits for the doctor's passkey.
    Ready,
    /// Being signed.
    Signing,
    /// Recorded under the doctor's touch, and not signed yet: it waits by itself.
    Held,
    /// Signed, but not at the configured level yet.
    Waiting,
    /// The signer refused it for good.
    Refused,
    /// Signed.
    Signed,
    /// Erased at somebody's request.
    Erased,
}

impl DocumentState {
    /// In a page's language.
    pub const fn words(self, layout: &Layout) -> &'static str {
        match self {
            Self::Draft => layout.t("ร่าง", "Draft"),
            Self::Ready => layout.t("รอลงนาม", "Ready to sign"),
            Self::Signing => layout.t("กำลังลงนาม", "Being signed"),
            Self::Held => layout.t("ยืนยันแล้ว ยังไม่ได้ลงนาม", "Confirmed, not signed yet"),
            Self::Waiting => layout.t("ลงนามแล้ว ยังไม่เสร็จสิ้น", "Signed, not finished yet"),
            Self::Refused => layout.t("ลงนามไม่ได้", "Refused"),
            Self::Signed => layout.t("ลงนามแล้ว", "Signed"),
            Self::Erased => layout.t("ลบตามคำขอ", "Erased at request"),
        }
    }

    /// The colour of the tag.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Draft | Self::Erased => "grey",
            Self::Ready | Self::Held | Self::Waiting => "amber",
            Self::Refused => "red",
            Self::Signing => "blue",
            Self::Signed => "green",
        }
    }
}

impl Row for DocumentRow {
    fn columns() -> Vec<Column> {
        columns([
            ("patient", "ผู้ขอรับใบรับรอง", "Applicant"),
            ("kind", "ชนิดเอกสาร", "Kind"),
            ("number", "เล่มที่ เลขที่", "Book and number"),
            ("state", "สถานะ", "State"),
            ("at", "เมื่อ", "When"),
        ])
    }

    fn cell(&self, column: &str) -> String {
        match column {
            "number" => self.number.clone(),
            "kind" => self.kind.th.clone(),
            "patient" => self.patient.clone(),
            "state" => self.state.words(&Layout::default()).to_owned(),
            "at" => self.at.clone(),
            _ => String::new(),
        }
    }
}

impl DocumentList {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let row = |number: &str, patient: &str, state| DocumentRow {
            number: number.into(),
            kind: Text::new("ใบรับรองแพทย์ (แบบ 2 ส่วน)", "Medical certificate (two-part)"),
            patient: patient.into(),
            at: "2026-08-14T03:20:00Z".into(),
            state,
            url: "/documents/1".into(),
            system: number.is_empty().then(|| "HOSxP".to_owned()),
        };
        let rows = vec![
            row("", "นายสมชาย ใจดี", DocumentState::Draft),
            row("", "นางสาวปิยะธิดา วงศ์สุวรรณกุล", DocumentState::Ready),
            row("10670/2569 เลขที่ 000123", "นายประยูร ศรีสุข", DocumentState::Signed),
        ];
        Self {
            layout: Layout { path: "/documents".into(), ..layout },
            listing: Listing::over("/documents", rows, ListQuery::default()),
            new_url: Some("/documents".into()),
        }
    }
}

/// A document after signing: the file, the number, how others check it.
#[derive(Debug, Clone, Template)]
#[template(path = "document_done.html")]
pub struct DocumentDone {
    /// What every page has.
    pub layout: Layout,
    /// Title of the form.
    pub title: Text,
    /// How it stands: being signed (the page asks to look again), waiting, refused or signed.
    pub state: DocumentState,
    /// What it waits for, or why it was refused.
    pub note: Option<Text>,
    /// Where the same answers become a new draft (POST), if it was refused.
    pub again_url: Option<String>,
    /// Book.
    pub book: String,
    /// Number.
    pub number: String,
    /// When it was signed (RFC 3339).
    pub signed_at: Option<String>,
    /// The signed file.
    pub file_url: String,
    /// The verification page.
    pub verify_url: String,
    /// The verification code, grouped for reading.
    pub code: String,
}

impl DocumentDone {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout, state: DocumentState) -> Self {
        Self {
            layout: Layout { path: "/documents/1/done".into(), ..layout },
            title: Text::new("ใบรับรองแพทย์ (แบบ 2 ส่วน)", "Medical certificate (two-part)"),
            note: match state {
                DocumentState::Waiting => Some(Text::new(
                    "รอหลักฐานว่าใบรับรองยังใช้ได้ ระบบจะทำต่อเอง",
                    "It waits for proof and goes on by itself.",
                )),
                DocumentState::Held => Some(Text::new("ใบรับรองของท่านถูกระงับชั่วคราว", "Your certificate is suspended.")),
                DocumentState::Refused => Some(Text::new("ใบรับรองของท่านถูกเพิกถอนแล้ว", "Your certificate is revoked.")),
                _ => None,
            },
            again_url: (state == DocumentState::Refused).then(|| "/documents/1/again".into()),
            state,
            book: "10670/2569".into(),
            number: "000123".into(),
            signed_at: Some("2026-08-14T03:25:00Z".into()),
            file_url: "/documents/1/file.pdf".into(),
            verify_url: "/v/4Q7TRX1MZ0K8WB5N2HDC6YFGJA".into(),
            code: super::verify::grouped_code("4Q7TRX1MZ0K8WB5N2HDC6YFGJA"),
        }
    }

    /// What whoever opens the verification page will read.
    pub const fn verdict(&self) -> Verdict {
        match self.state {
            DocumentState::Signed => Verdict::Genuine,
            _ => Verdict::Prepared,
        }
    }
}

fn sample_groups() -> Vec<FieldGroup> {
    let values: Values = [
        ("applicant_title", "mr"),
        ("applicant_name", "สมชาย ใจดี"),
        ("contact_address", "99/1 หมู่ 4 ตำบลในเมือง อำเภอเมือง จังหวัดเชียงใหม่ 50000"),
        ("cid", "1234567890123"),
        ("hx_underlying", "เบาหวานชนิดที่ 2"),
        ("hx_accident_surgery", ""),
        ("hx_admission", ""),
        ("applicant_confirmed", "yes"),
        ("exam_place", "โรงพยาบาลสาธิตมหาราชนครเชียงใหม่"),
        ("exam_date", "2026-08-12"),
        ("weight_kg", "62.5"),
        ("height_cm", "170"),
        ("blood_pressure_mmhg", "120/80"),
        ("pulse_per_min", "72"),
        ("general_condition", ""),
        ("opinion", "สุขภาพแข็งแรง ปฏิบัติงานได้"),
    ]
    .map(|(id, value)| (id.to_owned(), value.to_owned()))
    .into();
    let error = |field: &str, problem| FieldError { field: field.to_owned(), problem };
    let errors = [error("cid", Problem::WrongChecksum), error("hx_other", Problem::Missing)];
    definition("two_part_general").map(|form| document_groups(form, &values, &errors)).unwrap_or_default()
}
