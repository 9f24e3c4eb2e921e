//! The console's hospital systems: which programs may bring drafts in, and their secrets.

use askama::Template;

use super::listing::columns;
use super::{
    Choice, Column, Field, FieldErrors, FieldGroup, FieldKind, Layout, ListQuery, Listing, Row, Text, Values, form,
};

/// The programs of an officer's units. Posts `act` = `rotate` or `disable` to a row's `url`.
#[derive(Debug, Clone, Template)]
#[template(path = "api_client_list.html")]
pub struct ApiClientList {
    /// What every page has.
    pub layout: Layout,
    /// The rows.
    pub listing: Listing<ApiClientRow>,
}

/// A program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiClientRow {
    /// What it is called.
    pub name: String,
    /// Its `client_id`.
    pub client_id: String,
    /// Unit.
    pub unit: String,
    /// What it may do.
    pub scopes: String,
    /// Where it is told; empty if nowhere.
    pub webhook_url: String,
    /// How the newest message to it stands; none if there was none.
    pub told: Option<Text>,
    /// Since (RFC 3339).
    pub since: String,
    /// Switched off.
    pub disabled: bool,
    /// Where it is changed (POST).
    pub url: String,
}

impl Row for ApiClientRow {
    fn columns() -> Vec<Column> {
        columns([
            ("name", "ระบบ", "System"),
            ("unit", "หน่วย", "Unit"),
            ("scopes", "ทำอะไรได้", "May do"),
            ("told", "แจ้งผลล่าสุด", "Told last"),
            ("since", "ตั้งแต่", "Since"),
        ])
    }

    fn cell(&self, column: &str) -> String {
        match column {
            "name" => self.name.clone(),
            "unit" => self.unit.clone(),
            "scopes" => self.scopes.clone(),
            "told" => self.told.as_ref().map(|text| text.th.clone()).unwrap_or_default(),
            "since" => self.since.clone(),
            _ => String::new(),
        }
    }
}

impl ApiClientList {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let row = |name: &str, disabled| ApiClientRow {
            name: name.into(),
            client_id: "019a0c5e-6f0a-7c1e-9a53-0f4f6c1c2d3e".into(),
            unit: "โรงพยาบาลสาธิตส่วนหน้า".into(),
            scopes: "documents:write documents:read".into(),
            webhook_url: "https://his.example.go.th/rabrong".into(),
            told: Some(Text::new("รับแล้ว", "Taken")),
            since: "2026-08-09T03:00:00Z".into(),
            disabled,
            url: "/console/systems/019a0c5e-6f0a-7c1e-9a53-0f4f6c1c2d3e".into(),
        };
        let rows = vec![row("HOSxP ห้องตรวจผู้ป่วยนอก", false), row("ระบบตรวจสุขภาพ", true)];
        Self {
            layout: Layout { path: "/console/systems".into(), ..layout },
            listing: Listing::over("/console/systems", rows, ListQuery::default()),
        }
    }
}

/// The form of a registration. Posted to `/console/systems`.
#[derive(Debug, Clone, Template)]
#[template(path = "api_client_form.html")]
pub struct ApiClientForm {
    /// What every page has.
    pub layout: Layout,
    /// The fields, from [`ApiClientForm::groups`].
    pub groups: Vec<FieldGroup>,
}

impl ApiClientForm {
    /// The fields: `name`, `unit`, `scopes`, `webhook_url`.
    pub fn groups(units: &[(String, Text)], values: &Values, errors: &FieldErrors) -> Vec<FieldGroup> {
        let units = units.iter().map(|(code, name)| Choice::new(code, name.clone())).collect();
        let scopes = vec![
            Choice::new(
                "documents:write documents:read",
                Text::new("ส่งร่างเอกสาร และรับผลกับไฟล์", "Bring drafts in, and fetch results and files"),
            ),
            Choice::new("documents:write", Text::new("ส่งร่างเอกสารอย่างเดียว", "Only bring drafts in")),
            Choice::new("documents:read", Text::new("รับผลกับไฟล์อย่างเดียว", "Only fetch results and files")),
        ];
        let name = Field::new("name", Text::new("ชื่อระบบ", "Name of the system"), FieldKind::Text)
            .hint("แพทย์จะเห็นชื่อนี้ที่ร่างซึ่งระบบส่งมา", "Doctors see it on the drafts it brings in");
        let unit = Field::new("unit", Text::new("ของหน่วย", "Of the unit"), FieldKind::Select(units));
        let scopes = Field::new("scopes", Text::new("ทำอะไรได้", "What it may do"), FieldKind::Choice(scopes));
        let webhook = Field::new("webhook_url", Text::new("ที่อยู่สำหรับแจ้งผล (webhook)", "Webhook"), FieldKind::Text).hint(
            "เว้นว่างได้ ขึ้นต้นด้วย https:// ข้อความแจ้งไม่มีข้อมูลของผู้ป่วย",
            "May be empty. Begins with https://. The messages carry no patient data.",
        );
        vec![FieldGroup {
            title: Text::new("ระบบใด", "Which system"),
            lead: None,
            fields: [name, unit, scopes, webhook].map(|field| field.filled(values, errors)).into(),
        }]
    }

    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        form::summary(&self.groups, self.layout.lang)
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let units = [("10670".to_owned(), Text::new("โรงพยาบาลขอนแก่น", "Khon Kaen Hospital"))];
        Self {
            layout: Layout { path: "/console/systems/new".into(), ..layout },
            groups: Self::groups(&units, &Values::new(), &FieldErrors::new()),
        }
    }
}

/// Secrets just made: shown this once.
#[derive(Clone, Template)]
#[template(path = "api_client_secret.html")]
pub struct ApiClientSecret {
    /// What every page has.
    pub layout: Layout,
    /// What it is called.
    pub name: String,
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The key of its webhook's messages, if one was made.
    pub webhook_secret: Option<String>,
}

impl std::fmt::Debug for ApiClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiClientSecret").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl ApiClientSecret {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/console/systems".into(), ..layout },
            name: "HOSxP ห้องตรวจผู้ป่วยนอก".into(),
            client_id: "019a0c5e-6f0a-7c1e-9a53-0f4f6c1c2d3e".into(),
            client_secret: "q7VtX0oT3mC1bZk8sYw2Jr5nHd9gLfPaEiUuQxKvM6A".into(),
            webhook_secret: Some("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDAcm1JDZBVmY=".into()),
        }
    }
}
