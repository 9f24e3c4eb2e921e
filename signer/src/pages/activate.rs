//! The page on which a person puts a passkey to what they see.

use askama::Template;

use super::{Layout, Meaning, ShownDocument, Text};

/// What a person is about to bring about. The script asks for a passkey with `options`, posts
/// `{"credential": …}` to `activate_url` and follows `redirect` of the answer, or shows
/// `problem_th`/`problem_en`.
#[derive(Debug, Clone, Template)]
#[template(path = "activate.html")]
pub(crate) struct Activate {
    /// What every page has.
    pub(crate) layout: Layout,
    /// What it means.
    pub(crate) meaning: Meaning,
    /// `PublicKeyCredentialRequestOptionsJSON`, as text.
    pub(crate) options: String,
    /// Where the assertion is posted: `/a/<ticket>/activate`.
    pub(crate) activate_url: String,
    /// Where the person goes if they decline (absolute).
    pub(crate) return_url: String,
    /// Where the address is shown for a phone; none on the phone itself.
    pub(crate) phone_url: Option<String>,
    /// Until when the page waits (RFC 3339).
    pub(crate) expires_at: String,
    /// If officers are about to replace the person's passkeys: when, and how it is stopped.
    pub(crate) replacement: Option<PendingReplacement>,
    /// If the person's passkey is locked: that, and what to do.
    pub(crate) locked: Option<(Text, Text)>,
}

/// A replacement of the person's passkeys that officers approved.
#[derive(Debug, Clone)]
pub(crate) struct PendingReplacement {
    /// Where the page is asked for that stops it (POST).
    pub(crate) stop_url: String,
    /// When it takes effect (RFC 3339), once it has its approvals.
    pub(crate) due_at: Option<String>,
}

impl PendingReplacement {
    /// What is about to happen.
    #[must_use]
    pub(crate) fn words(&self) -> Text {
        match &self.due_at {
            Some(at) => {
                let at = Text::instant(at);
                Text::new(
                    format!("พาสคีย์ทั้งหมดของท่านจะถูกแทนที่ด้วยพาสคีย์อื่นเมื่อ {}", at.th),
                    format!("All your passkeys will be replaced by another one on {}.", at.en),
                )
            }
            None => Text::new(
                "เจ้าหน้าที่คนหนึ่งอนุมัติให้แทนที่พาสคีย์ทั้งหมดของท่านด้วยพาสคีย์อื่นแล้ว",
                "An officer approved that all your passkeys are replaced by another one.",
            ),
        }
    }
}

/// Up to so many documents, every line of each stands folded in the page; beyond, on a page of its own.
const FOLDED: usize = 50;

impl Activate {
    /// What the button says: what it will bring about.
    #[must_use]
    pub(crate) fn button(&self) -> Text {
        match &self.meaning {
            Meaning::Documents(documents) if documents.len() == 1 => {
                Text::new("ลงนามด้วยพาสคีย์", "Sign with your passkey")
            }
            Meaning::Documents(documents) => Text::new(
                format!("ลงนามทั้ง {} ฉบับด้วยพาสคีย์", documents.len()),
                format!("Sign all {} with your passkey", documents.len()),
            ),
            Meaning::Digests { count, .. } => Text::new(
                format!("ลงนามค่าแฮช {count} รายการด้วยพาสคีย์"),
                format!("Sign {count} unseen with your passkey"),
            ),
            Meaning::DigestSwitch { allow: true, .. } => Text::new("อนุญาตด้วยพาสคีย์", "Allow with your passkey"),
            Meaning::DigestSwitch { .. } => Text::new("เลิกอนุญาตด้วยพาสคีย์", "Disallow with your passkey"),
            Meaning::Certificate { .. } => Text::new("อนุมัติด้วยพาสคีย์", "Approve with your passkey"),
            Meaning::Renewal { .. } => Text::new("ต่ออายุด้วยพาสคีย์", "Renew with your passkey"),
            Meaning::Program { .. } => Text::new("อนุมัติด้วยพาสคีย์", "Approve with your passkey"),
            Meaning::Appointment { .. } => Text::new("แต่งตั้งด้วยพาสคีย์", "Appoint with your passkey"),
            Meaning::Standing(change) => change.button.clone(),
            Meaning::Revocation { .. } => Text::new("เพิกถอนด้วยพาสคีย์", "Revoke with your passkey"),
            Meaning::Restoration { .. } => Text::new("คืนสถานะด้วยพาสคีย์", "Restore with your passkey"),
            Meaning::BatchRevocation { count, .. } => {
                Text::new(format!("เพิกถอนทั้ง {count} ใบด้วยพาสคีย์"), format!("Revoke all {count} with your passkey"))
            }
        }
    }

    /// Whether the lines of each document stand in the page.
    #[must_use]
    pub(crate) const fn folds(documents: &[ShownDocument]) -> bool {
        documents.len() <= FOLDED
    }

    /// How many there are of each kind, in the order of their first.
    #[must_use]
    pub(crate) fn kinds(documents: &[ShownDocument]) -> Vec<(Text, usize)> {
        let mut kinds: Vec<(Text, usize)> = Vec::new();
        for document in documents {
            match kinds.iter_mut().find(|(title, _)| *title == document.title) {
                Some((_, count)) => *count += 1,
                None => kinds.push((document.title.clone(), 1)),
            }
        }
        kinds
    }

    /// Whether the act takes something away.
    #[must_use]
    pub(crate) fn is_revocation(&self) -> bool {
        match &self.meaning {
            Meaning::Standing(change) => change.takes_away,
            meaning => matches!(meaning, Meaning::Revocation { .. } | Meaning::BatchRevocation { .. }),
        }
    }

    /// The last moment in words.
    #[must_use]
    pub(crate) fn until(&self) -> Text {
        Text::instant(&self.expires_at)
    }
}
