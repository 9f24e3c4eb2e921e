//! Ending many certificates at once: which, how many, how far, done.

use askama::Template;

use super::certificate_end::batch_end_group;
use super::{Choice, Field, FieldErrors, FieldGroup, FieldKind, Layout, Text, Values, form};

/// Which certificates. Sent to the page of the dry run (GET).
#[derive(Debug, Clone, Template)]
#[template(path = "batch_choice.html")]
pub struct BatchChoice {
    /// What every page has.
    pub layout: Layout,
    /// The fields, from [`BatchChoice::groups`].
    pub groups: Vec<FieldGroup>,
}

impl BatchChoice {
    /// The fields: `unit` (code), `from` and `to` (days of issue; both empty for all).
    pub fn groups(units: &[(String, Text)], values: &Values, errors: &FieldErrors) -> Vec<FieldGroup> {
        let choices = units.iter().map(|(code, name)| Choice::new(code, name.clone())).collect();
        let unit = Field::new("unit", Text::new("ของหน่วย", "Of the unit"), FieldKind::Select(choices))
            .hint("รวมทุกหน่วยที่อยู่ใต้หน่วยนี้", "With every unit below it");
        let from = Field::new("from", Text::new("ออกตั้งแต่วันที่", "Issued from"), FieldKind::Date)
            .hint("เว้นว่างทั้งสองช่องถ้าหมายถึงทุกใบ เช่น เมื่อหน่วยปิด", "Leave both empty for all, as when the unit closes");
        let to = Field::new("to", Text::new("ถึงวันที่", "To and on"), FieldKind::Date);
        vec![FieldGroup {
            title: Text::new("ใบใดบ้าง", "Which ones"),
            lead: None,
            fields: [unit, from, to].map(|field| field.filled(values, errors)).into(),
        }]
    }

    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        form::summary(&self.groups, self.layout.lang)
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let units = [
            ("50".to_owned(), Text::new("สำนักงานสาธารณสุขจังหวัดเชียงใหม่", "Chiang Mai Provincial Health Office")),
            ("10713".to_owned(), Text::new("โรงพยาบาลนครพิงค์", "Nakornping Hospital")),
        ];
        Self {
            layout: Layout { path: "/console/revocations".into(), ..layout },
            groups: Self::groups(&units, &Values::new(), &FieldErrors::new()),
        }
    }
}

/// What a dry run found, and why they shall end. Posted to `/console/revocations`; goes on to the
/// signing page.
#[derive(Debug, Clone, Template)]
#[template(path = "batch_check.html")]
pub struct BatchCheck {
    /// What every page has.
    pub layout: Layout,
    /// The set is not the one that was looked at before.
    pub changed: bool,
    /// What was chosen, in words.
    pub chosen: Text,
    /// How many.
    pub count: u64,
    /// Fingerprint of the list, hexadecimal: the signing page shows its first 16 digits.
    pub fingerprint: String,
    /// The first of them: (name, licence, serial).
    pub first: Vec<(String, String, String)>,
    /// What is posted back unchanged.
    pub hidden: Vec<(String, String)>,
    /// The fields, from [`BatchCheck::groups`].
    pub groups: Vec<FieldGroup>,
}

impl BatchCheck {
    /// The fields: `reason` and `invalid_since`.
    pub fn groups(values: &Values, errors: &FieldErrors) -> Vec<FieldGroup> {
        vec![batch_end_group(values, errors)]
    }

    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        form::summary(&self.groups, self.layout.lang)
    }

    /// As much of the fingerprint as the signing page shows.
    pub fn shown_fingerprint(&self) -> &str {
        self.fingerprint.get(..16).unwrap_or(&self.fingerprint)
    }

    /// How many are not shown.
    pub fn more(&self) -> u64 {
        self.count.saturating_sub(u64::try_from(self.first.len()).unwrap_or(u64::MAX))
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let row = |name: &str, licence: &str, serial: &str| (name.to_owned(), licence.to_owned(), serial.to_owned());
        Self {
            layout: Layout { path: "/console/revocations/check?by=unit&unit=10713".into(), ..layout },
            changed: false,
            chosen: Text::new(
                "ทุกใบของ โรงพยาบาลนครพิงค์ และหน่วยใต้สังกัด",
                "All of Nakornping Hospital and the units below it",
            ),
            count: 137,
            fingerprint: "9f2c41d07be83a5566c1f0e29d874b3aa1c05e7f92d3486b70e1c5a4b8d2f613".into(),
            first: vec![
                row("แพทย์หญิงกานดา ใจดี", "12345", "01a4f09c7d5b3e21886fcd1047a9be32c1"),
                row("นายแพทย์อนุชา ประเสริฐสุวรรณรัตน์", "23456", "0144d2083aa1b7c95e60f31d2297840ce5"),
            ],
            hidden: vec![("by".into(), "unit".into()), ("unit".into(), "10713".into())],
            groups: Self::groups(&Values::new(), &FieldErrors::new()),
        }
    }
}

/// How far it is. Loads itself again until it is done.
#[derive(Debug, Clone, Template)]
#[template(path = "batch_progress.html")]
pub struct BatchProgress {
    /// What every page has.
    pub layout: Layout,
    /// How many are revoked.
    pub done: u64,
    /// Of how many; zero while that is not known.
    pub total: u64,
}

impl BatchProgress {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self { layout: Layout { path: "/return?ticket=a".into(), ..layout }, done: 60, total: 137 }
    }
}

/// It is done.
#[derive(Debug, Clone, Template)]
#[template(path = "batch_done.html")]
pub struct BatchDone {
    /// What every page has.
    pub layout: Layout,
    /// How many were revoked.
    pub count: u64,
}

impl BatchDone {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self { layout: Layout { path: "/return?ticket=a".into(), ..layout }, count: 137 }
    }
}
