//! What came of an activation while it is not (or will never be) done: then the portal shows
//! what was brought about. And pages that went wrong.

use askama::Template;

use super::{Layout, Text, refusal_words};
use crate::protocol::Refusal;

/// What came of an activation.
#[derive(Debug, Clone, Template)]
#[template(path = "outcome.html")]
pub(crate) struct Outcome {
    /// What every page has.
    pub(crate) layout: Layout,
    /// How it stands.
    pub(crate) state: OutcomeState,
    /// Where the person goes on (absolute).
    pub(crate) return_url: String,
}

/// How an activation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OutcomeState {
    /// The work goes on.
    Working,
    /// A batch is being signed.
    Signing {
        /// How many are.
        done: u64,
        /// Of how many.
        total: u64,
    },
    /// A batch is being revoked.
    Revoking {
        /// How many are.
        done: u64,
        /// Of how many.
        total: u64,
    },
    /// Activated, and kept from being done by what passes.
    Kept(Refusal),
    /// The person declined, or the page waited too long.
    Ended,
    /// Done; the portal waits on another screen.
    DoneOnPhone,
    /// Refused.
    Refused(Refusal),
}

impl Outcome {
    /// Whether the portal goes on here, and not on another screen.
    #[must_use]
    pub(crate) const fn goes_on_here(&self) -> bool {
        !matches!(self.state, OutcomeState::DoneOnPhone)
    }

    /// Whether the page looks again by itself.
    #[must_use]
    pub(crate) const fn is_underway(&self) -> bool {
        matches!(
            self.state,
            OutcomeState::Working
                | OutcomeState::Signing { .. }
                | OutcomeState::Revoking { .. }
                | OutcomeState::Kept(_)
        )
    }

    /// Heading, sentence and colour.
    #[must_use]
    pub(crate) fn words(&self) -> (Text, Text, &'static str) {
        match &self.state {
            OutcomeState::Working => (
                Text::new("กำลังดำเนินการ", "Working"),
                Text::new(
                    "ระบบได้รับการยืนยันของท่านแล้ว ใช้เวลาไม่กี่วินาที",
                    "Your confirmation was received. This takes a few seconds.",
                ),
                "grey",
            ),
            OutcomeState::Signing { done, total } => (
                Text::new("กำลังลงนาม", "Signing"),
                Text::new(
                    format!("ลงนามแล้ว {done} จาก {total} ฉบับ ปิดหน้านี้ได้ งานจะทำต่อจนเสร็จ"),
                    format!("{done} of {total} are signed. You may close this page; the work goes on."),
                ),
                "grey",
            ),
            OutcomeState::Revoking { done, total } => (
                Text::new("กำลังเพิกถอน", "Revoking"),
                Text::new(
                    format!("เพิกถอนแล้ว {done} จาก {total} ใบ ปิดหน้านี้ได้ งานจะทำต่อจนเสร็จ"),
                    format!("{done} of {total} are revoked. You may close this page; the work goes on."),
                ),
                "grey",
            ),
            OutcomeState::Kept(refusal) => {
                let (title, detail) = refusal_words(refusal);
                let detail = match refusal {
                    Refusal::CertificateSuspended => detail,
                    _ => Text::new(
                        "บันทึกการยืนยันของท่านไว้แล้ว ระบบจะทำต่อเองเมื่อใช้ได้ ไม่ต้องยืนยันซ้ำ ปิดหน้านี้ได้ ถ้าเกินครึ่งชั่วโมงโปรดแจ้งผู้ดูแลระบบ",
                        "Your confirmation is kept. The work goes on by itself as soon as it can: you need not confirm again, and may close this page. If it takes more than half an hour, tell the operators.",
                    ),
                };
                (title, detail, "grey")
            }
            OutcomeState::Ended => (
                Text::new("ไม่ได้ทำอะไร", "Nothing was done"),
                Text::new(
                    "ท่านไม่ยืนยัน หรือหมดเวลา 5 นาที ไม่มีอะไรถูกลงนาม",
                    "You did not confirm, or five minutes passed. Nothing was signed.",
                ),
                "grey",
            ),
            OutcomeState::DoneOnPhone => (
                Text::new("ยืนยันเรียบร้อยแล้ว", "Confirmed"),
                Text::new(
                    "กลับไปที่หน้าจอคอมพิวเตอร์ได้ ระบบจะไปต่อเองที่นั่น ปิดหน้านี้ในโทรศัพท์ได้",
                    "Go back to the computer: it goes on there by itself. You may close this page on the phone.",
                ),
                "green",
            ),
            OutcomeState::Refused(refusal) => {
                let (title, detail) = refusal_words(refusal);
                (title, detail, "red")
            }
        }
    }

    #[cfg(test)]
    pub(super) fn samples(layout: &Layout) -> Vec<(&'static str, Self)> {
        let page = |state| Self {
            layout: layout.clone(),
            state,
            return_url: "http://localhost:8080/documents/1/done".to_owned(),
        };
        vec![
            ("sign_ended", page(OutcomeState::Ended)),
            ("sign_working", page(OutcomeState::Working)),
            ("sign_signing", page(OutcomeState::Signing { done: 120, total: 500 })),
            ("sign_revoking", page(OutcomeState::Revoking { done: 1_200, total: 5_000 })),
            ("sign_kept", page(OutcomeState::Kept(Refusal::TokenUnavailable))),
            ("sign_done_on_phone", page(OutcomeState::DoneOnPhone)),
            ("sign_refused", page(OutcomeState::Refused(Refusal::NotYourPasskey))),
        ]
    }
}

/// Something went wrong before anything could be activated.
#[derive(Debug, Clone, Template)]
#[template(path = "problem.html")]
pub(crate) struct Problem {
    /// What every page has.
    pub(crate) layout: Layout,
    /// HTTP status.
    pub(crate) status: u16,
    /// What happened.
    pub(crate) title: Text,
    /// What to do.
    pub(crate) detail: Text,
    /// Where the person can go on (absolute), if that is known.
    pub(crate) return_url: Option<String>,
}

impl Problem {
    /// The page for a refusal.
    #[must_use]
    pub(crate) fn refused(layout: Layout, status: u16, refusal: &Refusal, return_url: Option<String>) -> Self {
        let (title, detail) = refusal_words(refusal);
        Self { layout, status, title, detail, return_url }
    }

    #[cfg(test)]
    pub(super) fn sample(layout: Layout) -> Self {
        Self::refused(layout, 410, &Refusal::TicketOver, None)
    }
}
