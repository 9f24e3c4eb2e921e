//! Suspended certificates that wait for an officer's decision, and doctors whose licence could
//! not be confirmed.

use askama::Template;

use super::listing::columns;
use super::{CertificateState, Column, Layout, ListQuery, Listing, Row, Text};

/// What the council last said of the licence behind a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LicenceNews {
    /// Active when it last answered (RFC 3339).
    Active(String),
    /// Not active, in every answer since (RFC 3339).
    NotActive(String),
    /// An answer that fits no active licence of this person (RFC 3339).
    Unclear(String),
    /// It could not be asked; when it last answered (RFC 3339), if it ever did.
    Silent(Option<String>),
    /// The doctor no longer consents to asking.
    NotPermitted,
    /// Never asked since the certificate was issued.
    NotAsked,
}

impl LicenceNews {
    /// In both languages.
    pub fn words(&self) -> Text {
        let both = |th: &str, en: &str, at: &str| {
            let (thai, english) = (super::Lang::Th, super::Lang::En);
            Text::new(
                format!("{th} {}", super::words::instant(thai, at)),
                format!("{en} {}", super::words::instant(english, at)),
            )
        };
        match self {
            Self::Active(at) => both("แพทยสภายืนยันว่าใบอนุญาตมีผล เมื่อ", "The Council confirmed the licence as active,", at),
            Self::NotActive(at) => {
                both("แพทยสภาแจ้งว่าใบอนุญาตไม่มีผล ตั้งแต่", "The Council says that the licence is not active, since", at)
            }
            Self::Unclear(at) => both(
                "คำตอบของแพทยสภาไม่ตรงกับแพทย์รายนี้ โปรดตรวจ เมื่อ",
                "The Council's answer does not fit this doctor; please look into it:",
                at,
            ),
            Self::Silent(Some(at)) => both("ตรวจใบอนุญาตไม่ได้ตั้งแต่", "The licence could not be checked since", at),
            Self::Silent(None) => Text::new("ยังตรวจใบอนุญาตซ้ำไม่ได้", "The licence could not be checked again yet"),
            Self::NotPermitted => Text::new(
                "แพทย์ถอนความยินยอม จึงไม่ได้ตรวจใบอนุญาตซ้ำ",
                "The doctor withdrew consent: the licence is not checked again",
            ),
            Self::NotAsked => Text::new("ยังไม่ถึงรอบตรวจใบอนุญาตซ้ำ", "The licence is not due to be checked again yet"),
        }
    }

    /// Whether it calls for an officer.
    pub const fn calls_for_a_look(&self) -> bool {
        matches!(self, Self::NotActive(_) | Self::Unclear(_) | Self::Silent(_) | Self::NotPermitted)
    }

    /// As the tests and pictures want it.
    pub fn sample() -> Self {
        Self::NotActive("2026-08-13T02:00:00Z".into())
    }
}

/// Certificates that wait for a decision.
#[derive(Debug, Clone, Template)]
#[template(path = "suspension_queue.html")]
pub struct SuspensionQueue {
    /// What every page has.
    pub layout: Layout,
    /// The rows.
    pub listing: Listing<SuspensionRow>,
}

/// A certificate that waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuspensionRow {
    /// Name, in Thai.
    pub name: String,
    /// Licence number, digits.
    pub licence: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// How it stands.
    pub state: CertificateState,
    /// Suspended since (RFC 3339); empty if it is not.
    pub since: String,
    /// What the council last said.
    pub news: LicenceNews,
    /// May this officer restore it?
    pub may_restore: bool,
}

impl Row for SuspensionRow {
    fn columns() -> Vec<Column> {
        columns([
            ("name", "ชื่อ", "Name"),
            ("licence", "เลขที่ ว.", "Licence"),
            ("state", "สถานะ", "State"),
            ("since", "ระงับตั้งแต่", "Suspended since"),
            ("news", "ใบอนุญาต", "The licence"),
        ])
    }

    fn cell(&self, column: &str) -> String {
        match column {
            "name" => self.name.clone(),
            "licence" => self.licence.clone(),
            "state" => self.state.words(&Layout::default()).to_owned(),
            "since" => self.since.clone(),
            "news" => self.news.words().th,
            _ => String::new(),
        }
    }
}

impl SuspensionQueue {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let row = |name: &str, serial: &str, state: CertificateState, news| SuspensionRow {
            name: name.into(),
            licence: "12345".into(),
            serial: serial.into(),
            state,
            since: if state == CertificateState::Suspended { "2026-08-13T02:00:00Z".into() } else { String::new() },
            news,
            may_restore: state == CertificateState::Suspended,
        };
        let rows = vec![
            row(
                "แพทย์หญิงกานดา ใจดี",
                "01a4f09c7d5b3e21886fcd1047a9be32c1",
                CertificateState::Suspended,
                LicenceNews::sample(),
            ),
            row(
                "นายแพทย์อนุชา ประเสริฐสุวรรณรัตน์",
                "0144d2083aa1b7c95e60f31d2297840ce5",
                CertificateState::Good,
                LicenceNews::Silent(Some("2026-08-10T02:00:00Z".into())),
            ),
        ];
        Self {
            layout: Layout { path: "/console/suspensions".into(), ..layout },
            listing: Listing::over("/console/suspensions", rows, ListQuery::default()),
        }
    }
}
