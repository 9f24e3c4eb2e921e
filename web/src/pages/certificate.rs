//! Certificates: for officers, and for doctors their own.

use askama::Template;

use super::listing::columns;
use super::{Column, Layout, ListQuery, Listing, Row};

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
    /// Suspended until somebody decides.
    Suspended,
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
            Self::Suspended => layout.t("ระงับชั่วคราว", "Suspended"),
            Self::Revoked => layout.t("เพิกถอนแล้ว", "Revoked"),
            Self::Expired => layout.t("หมดอายุ", "Expired"),
        }
    }

    /// Name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }

    /// The colour of the tag.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Good => "green",
            Self::Suspended => "amber",
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
