//! Many documents under one touch: what waits, a look at each, what came of it.

use askama::Template;

use super::{Layout, Text};

/// What waits for the doctor's signature. The chosen ones are posted to `/documents/waiting/sign`.
#[derive(Debug, Clone, Template)]
#[template(path = "waiting_list.html")]
pub struct WaitingList {
    /// What every page has.
    pub layout: Layout,
    /// The documents, the oldest first.
    pub rows: Vec<WaitingRow>,
    /// Why nothing can be signed now, if so.
    pub obstacle: Option<Text>,
    /// What came of the batch before, if there was one.
    pub newest_batch: Option<String>,
    /// What is wrong with the choice.
    pub error: Option<Text>,
}

/// A document that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRow {
    /// Its id.
    pub id: String,
    /// Whether it is ticked.
    pub chosen: bool,
    /// Patient's name.
    pub patient: String,
    /// Title of the form.
    pub kind: Text,
    /// Day of the examination (ISO); empty if it is not answered.
    pub exam_date: String,
    /// Last changed (RFC 3339).
    pub at: String,
    /// The program that brought it in, if one did.
    pub system: Option<String>,
    /// What is missing; none if it can be signed.
    pub missing: Option<Text>,
    /// Where it is opened.
    pub url: String,
    /// A look at the paper.
    pub preview_url: String,
}

impl WaitingList {
    /// How many can be signed.
    pub fn complete(&self) -> usize {
        self.rows.iter().filter(|row| row.missing.is_none()).count()
    }

    /// Whether every complete one is ticked.
    pub fn all_chosen(&self) -> bool {
        self.rows.iter().all(|row| row.chosen || row.missing.is_some())
    }

    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        let line = |error: &Text| ("waiting".to_owned(), self.layout.text(error).to_owned());
        self.error.iter().map(line).collect()
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let row = |id: &str, patient: &str, missing| WaitingRow {
            id: id.into(),
            chosen: id == "1",
            patient: patient.into(),
            kind: Text::new("ใบรับรองแพทย์ (แบบ 2 ส่วน)", "Medical certificate (two-part)"),
            exam_date: "2026-08-12".into(),
            at: "2026-08-14T03:20:00Z".into(),
            missing,
            system: (id == "2").then(|| "HOSxP หอผู้ป่วยนอก".to_owned()),
            url: format!("/documents/{id}"),
            preview_url: format!("/documents/waiting/{id}"),
        };
        let missing = Text::new("ความเห็นของแพทย์, ชีพจร และอีก 2 ข้อ", "Doctor's opinion, Pulse and 2 more");
        Self {
            layout: Layout { path: "/documents/waiting".into(), ..layout },
            rows: vec![
                row("1", "นายสมชาย ใจดี", None),
                row("2", "นางสาวปิยะธิดา วงศ์สุวรรณกุลประเสริฐรัตนโกสินทร์", None),
                row("3", "นายประยูร ศรีสุข", Some(missing)),
            ],
            obstacle: None,
            newest_batch: Some("/documents/batches/1".into()),
            error: None,
        }
    }
}

/// One of them as it will be.
#[derive(Debug, Clone, Template)]
#[template(path = "document_preview.html")]
pub struct DocumentPreview {
    /// What every page has.
    pub layout: Layout,
    /// Title of the form.
    pub title: Text,
    /// Patient's name.
    pub patient: String,
    /// Which one, from 1.
    pub position: usize,
    /// Of how many.
    pub total: usize,
    /// The one before.
    pub previous: Option<String>,
    /// The one after.
    pub next: Option<String>,
    /// Draft of the paper as PDF.
    pub preview_url: String,
    /// Where the form is changed, if it still can be.
    pub edit_url: Option<String>,
    /// What is missing.
    pub missing: Option<Text>,
}

impl DocumentPreview {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/documents/waiting/2".into(), ..layout },
            title: Text::new("ใบรับรองแพทย์ (แบบ 2 ส่วน)", "Medical certificate (two-part)"),
            patient: "นางสาวปิยะธิดา วงศ์สุวรรณกุล".into(),
            position: 2,
            total: 3,
            previous: Some("/documents/waiting/1".into()),
            next: Some("/documents/waiting/3".into()),
            preview_url: "/documents/2/preview.pdf".into(),
            edit_url: Some("/documents/2".into()),
            missing: None,
        }
    }
}

/// How far a batch has come, and what came of each document.
#[derive(Debug, Clone, Template)]
#[template(path = "signing_batch.html")]
pub struct SigningBatch {
    /// What every page has.
    pub layout: Layout,
    /// The documents, in the order they were shown to the doctor.
    pub rows: Vec<BatchRow>,
    /// The signer is at work: the page renews itself.
    pub working: bool,
}

/// A document of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    /// Its id.
    pub id: String,
    /// Book and number.
    pub number: String,
    /// Patient's name.
    pub patient: String,
    /// What came of it.
    pub state: BatchState,
    /// Why, and what to do.
    pub note: Option<Text>,
    /// Where it is opened.
    pub url: String,
}

/// What came of a document of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchState {
    /// Signed at the configured level, and stored.
    Signed,
    /// The signer has it in hand.
    Signing,
    /// Recorded under the touch, and not signed yet: it waits by itself.
    Held,
    /// Signed, but not at the configured level yet: it waits by itself.
    Waiting,
    /// The signer refused it for good.
    Refused,
    /// Nobody put a passkey to it.
    NotSigned,
    /// Erased at somebody's request since.
    Erased,
}

impl BatchState {
    /// In a page's language.
    pub const fn words(self, layout: &Layout) -> &'static str {
        match self {
            Self::Signed => layout.t("ลงนามแล้ว", "Signed"),
            Self::Signing => layout.t("กำลังลงนาม", "Being signed"),
            Self::Held => layout.t("ยืนยันแล้ว ยังไม่ได้ลงนาม", "Confirmed, not signed yet"),
            Self::Waiting => layout.t("ลงนามแล้ว ยังไม่เสร็จสิ้น", "Signed, not finished yet"),
            Self::Refused => layout.t("ลงนามไม่ได้", "Refused"),
            Self::NotSigned => layout.t("ยังไม่ได้ลงนาม", "Not signed"),
            Self::Erased => layout.t("ลบตามคำขอ", "Erased at request"),
        }
    }

    /// The colour of the tag.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Signed => "green",
            Self::Signing => "blue",
            Self::Held | Self::Waiting | Self::NotSigned => "amber",
            Self::Refused => "red",
            Self::Erased => "grey",
        }
    }
}

impl SigningBatch {
    /// How many are signed and stored.
    pub fn done(&self) -> usize {
        self.count(BatchState::Signed)
    }

    /// How many there are in this state.
    pub fn count(&self, state: BatchState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }

    /// Those that can be put before the signer again.
    pub fn rest(&self) -> Vec<&BatchRow> {
        self.rows.iter().filter(|row| row.state == BatchState::NotSigned).collect()
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout, working: bool) -> Self {
        let row = |id: &str, patient: &str, state, note| BatchRow {
            id: id.into(),
            number: format!("10670/2569 เลขที่ 00012{id}"),
            patient: patient.into(),
            state,
            note,
            url: format!("/documents/{id}/done"),
        };
        let rest = if working { BatchState::Signing } else { BatchState::NotSigned };
        let mut rows = vec![
            row("1", "นายสมชาย ใจดี", BatchState::Signed, None),
            row("2", "นางสาวปิยะธิดา วงศ์สุวรรณกุลประเสริฐรัตนโกสินทร์", BatchState::Signed, None),
            row("3", "นายประยูร ศรีสุข", rest, None),
        ];
        if !working {
            let waits = Text::new("รอตราประทับเวลา ระบบทำต่อเอง", "It waits for a time-stamp and goes on by itself");
            rows.push(row("4", "นางมาลี แสงทอง", BatchState::Waiting, Some(waits)));
            let held = Text::new("ใบรับรองของท่านถูกระงับชั่วคราว", "Your certificate is suspended");
            rows.push(row("6", "นางสาวอรทัย บุญมี", BatchState::Held, Some(held)));
            let refused = Text::new("ข้อมูลบางส่วนไม่เป็นไปตามข้อกำหนด", "Some of the data breaks a rule");
            rows.push(row("5", "นายวิชัย มั่นคง", BatchState::Refused, Some(refused)));
        }
        Self { layout: Layout { path: "/documents/batches/1".into(), ..layout }, rows, working }
    }
}
