//! Certificates that end: the doctor's renewal, the officers' list.

use askama::Template;

use super::listing::columns;
use super::{Column, Layout, ListQuery, Listing, Row, Text};

/// A doctor renews. Posted back to the page's own address; goes on to the signing page.
#[derive(Debug, Clone, Template)]
#[template(path = "renew_form.html")]
pub struct RenewForm {
    /// What every page has.
    pub layout: Layout,
    /// Whose certificate.
    pub name: String,
    /// Licence number, digits.
    pub licence: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Its end (RFC 3339).
    pub not_after: String,
    /// Why the licence will not do, if the council was asked just now.
    pub fault: Option<Text>,
}

impl RenewForm {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/certificates/01a4f09c7d5b3e21886fcd1047a9be32c1/renew".into(), ..layout },
            name: "แพทย์หญิงกานดา ใจดี".into(),
            licence: "12345".into(),
            serial: "01a4f09c7d5b3e21886fcd1047a9be32c1".into(),
            not_after: "2027-08-11T03:00:00Z".into(),
            fault: None,
        }
    }
}

/// Certificates in an officer's care that end soon.
#[derive(Debug, Clone, Template)]
#[template(path = "expiry_list.html")]
pub struct ExpiryList {
    /// What every page has.
    pub layout: Layout,
    /// The rows.
    pub listing: Listing<ExpiryRow>,
}

/// A certificate that ends soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryRow {
    /// Name, in Thai.
    pub name: String,
    /// Licence number, digits; empty for a program.
    pub licence: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Its end (RFC 3339).
    pub not_after: String,
    /// At how many days the holder was told last.
    pub told: i64,
}

impl Row for ExpiryRow {
    fn columns() -> Vec<Column> {
        columns([
            ("name", "ชื่อ", "Name"),
            ("licence", "เลขที่ ว.", "Licence"),
            ("not_after", "หมดอายุ", "Expires"),
            ("told", "แจ้งล่าสุด (วันก่อนหมดอายุ)", "Told last (days ahead)"),
        ])
    }

    fn cell(&self, column: &str) -> String {
        match column {
            "name" => self.name.clone(),
            "licence" => self.licence.clone(),
            "not_after" => self.not_after.clone(),
            "told" => self.told.to_string(),
            _ => String::new(),
        }
    }
}

impl ExpiryList {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let row = |name: &str, serial: &str, told| ExpiryRow {
            name: name.into(),
            licence: "12345".into(),
            serial: serial.into(),
            not_after: "2026-09-11T03:00:00Z".into(),
            told,
        };
        let rows = vec![
            row("แพทย์หญิงกานดา ใจดี", "01a4f09c7d5b3e21886fcd1047a9be32c1", 30),
            row("นายแพทย์อนุชา ประเสริฐสุวรรณรัตน์", "0144d2083aa1b7c95e60f31d2297840ce5", 60),
        ];
        Self {
            layout: Layout { path: "/console/expiring".into(), ..layout },
            listing: Listing::over("/console/expiring", rows, ListQuery::default()),
        }
    }
}
