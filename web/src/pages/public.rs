//! Pages anyone may open: home, code entry, the practice statement, and what went wrong.

use askama::Template;

use super::{Layout, Text};

/// The front page.
#[derive(Debug, Clone, Template)]
#[template(path = "home.html")]
pub struct Home {
    /// What every page has.
    pub layout: Layout,
    /// Who is responsible for this installation.
    pub operator: Text,
    /// Demo only: enrolment links per role (what, where), to try the service.
    pub demo_links: Vec<(Text, String)>,
}

impl Home {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/".into(), signed_in_as: None, ..layout },
            operator: Text::new("โรงพยาบาลสาธิต", "Demonstration Hospital"),
            demo_links: vec![
                (Text::new("ลงทะเบียนแพทย์", "Enrol as a doctor"), "/enrol/demo-doctor".into()),
                (Text::new("ลงทะเบียนนายทะเบียน", "Enrol as a registration officer"), "/enrol/demo-officer".into()),
            ],
        }
    }
}

/// Where a verification code is typed or a file is handed in. `GET /v?code=` and
/// `POST /v` (multipart, field `file`).
#[derive(Debug, Clone, Template)]
#[template(path = "code_entry.html")]
pub struct CodeEntry {
    /// What every page has.
    pub layout: Layout,
    /// What was typed.
    pub code: String,
    /// What is wrong with it.
    pub error: Option<Text>,
}

impl CodeEntry {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/v".into(), signed_in_as: None, ..layout },
            code: "4Q7T-RX1".into(),
            error: Some(Text::new(
                "รหัสมี 26 ตัวอักษร ที่พิมพ์มามี 7 ตัว โปรดตรวจกับกระดาษอีกครั้ง",
                "A code has 26 characters and this has 7. Check it against the paper.",
            )),
        }
    }
}

/// Something went wrong: what happened, what to do, whom to call.
#[derive(Debug, Clone, Template)]
#[template(path = "problem.html")]
pub struct Problem {
    /// What every page has.
    pub layout: Layout,
    /// HTTP status.
    pub status: u16,
    /// What happened, in a few words.
    pub title: Text,
    /// What to do.
    pub detail: Text,
    /// Number to give on the telephone.
    pub request_id: String,
    /// Whom to call, if the installation says so.
    pub contact: Option<Text>,
}

impl Problem {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/documents/1".into(), ..layout },
            status: 404,
            title: Text::new("ไม่พบหน้านี้", "There is no such page"),
            detail: Text::new(
                "ที่อยู่อาจพิมพ์ผิด หรือหน้านี้ถูกย้ายไปแล้ว โปรดกลับไปหน้าแรกแล้วลองใหม่",
                "The address may be mistyped, or the page has moved. Go back to the start and try again.",
            ),
            request_id: "0198e6c1-7d1c-7aaa-9bcd-0f1e2d3c4b5a".into(),
            contact: Some(Text::new("ศูนย์ช่วยเหลือ โทร. 0 2000 0000 (ตัวอย่าง)", "Help desk, tel. 0 2000 0000 (example)")),
        }
    }
}
