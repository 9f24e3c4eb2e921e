//! Certificates, and ending one: for officers, and for doctors their own.

use askama::Template;

use super::listing::columns;
use super::{
    Choice, Column, Field, FieldErrors, FieldGroup, FieldKind, Layout, ListQuery, Listing, Row, Text, Values, form,
};

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
            choice(
                "key_compromise",
                "พาสคีย์หรือเครื่องหาย ถูกขโมย หรืออาจมีผู้อื่นใช้",
                "Passkey or device lost, stolen, or perhaps used by another",
            ),
            choice("affiliation_changed", "ย้ายหรือพ้นจากหน่วยบริการ", "Left or moved from the service unit"),
            choice("superseded", "ออกใบใหม่แทน", "Replaced by a new certificate"),
            choice("cessation_of_operation", "เลิกใช้", "No longer needed"),
        ];
        if officer {
            reasons.push(choice("privilege_withdrawn", "ใบอนุญาตถูกพักใช้หรือเพิกถอน", "Licence suspended or withdrawn"));
        }
        let fields = vec![
            Field::new("reason", Text::new("เหตุผล", "Reason"), FieldKind::Choice(reasons)).filled(values, errors),
            Field::new("invalid_since", Text::new("เกิดเหตุตั้งแต่วันที่ (ถ้าทราบ)", "Since when (if known)"), FieldKind::Date)
                .hint(
                    "เอกสารที่ลงนามหลังวันนี้จะถูกเตือนแก่ผู้ตรวจสอบ",
                    "Whoever verifies a document signed after this day is warned",
                )
                .filled(values, errors),
        ];
        vec![FieldGroup {
            title: Text::new("เหตุที่เพิกถอน", "Why it ends"), lead: None, fields
        }]
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
