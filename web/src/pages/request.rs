//! The console's requests: the queue, and one request with all it rests on.

use askama::Template;

use super::evidence::{sample_claims, sample_evidence};
use super::listing::columns;
use super::{Column, EvidenceItem, Layout, ListQuery, Listing, RequestState, Row, Text};

/// Certificate requests that wait for an approver.
#[derive(Debug, Clone, Template)]
#[template(path = "request_queue.html")]
pub struct RequestQueue {
    /// What every page has.
    pub layout: Layout,
    /// The rows.
    pub listing: Listing<RequestRow>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Name, in Thai.
    pub name: String,
    /// Licence number, digits.
    pub licence: String,
    /// Unit.
    pub unit: String,
    /// Where it stands.
    pub state: RequestState,
    /// Since (RFC 3339).
    pub since: String,
    /// Where it is reviewed.
    pub url: String,
}

impl Row for RequestRow {
    fn columns() -> Vec<Column> {
        columns([
            ("name", "ชื่อ", "Name"),
            ("licence", "เลขที่ ว.", "Licence"),
            ("unit", "หน่วยบริการ", "Unit"),
            ("state", "สถานะ", "State"),
            ("since", "ตั้งแต่", "Since"),
        ])
    }

    fn cell(&self, column: &str) -> String {
        match column {
            "name" => self.name.clone(),
            "licence" => self.licence.clone(),
            "unit" => self.unit.clone(),
            "state" => self.state.words(&Layout::default()).to_owned(),
            "since" => self.since.clone(),
            _ => String::new(),
        }
    }
}

impl RequestQueue {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let row = |name: &str, licence: &str, state| RequestRow {
            name: name.into(),
            licence: licence.into(),
            unit: "โรงพยาบาลสาธิต".into(),
            state,
            since: "2026-08-11T03:00:00Z".into(),
            url: "/console/requests/1".into(),
        };
        let rows = vec![
            row("พญ. กานดา ใจดี", "12345", RequestState::Submitted),
            row("นพ. อนุชา ประเสริฐสุวรรณรัตน์", "54321", RequestState::Returned),
        ];
        Self {
            layout: Layout { path: "/console/requests".into(), ..layout },
            listing: Listing::over("/console/requests", rows, ListQuery::default()),
        }
    }
}

/// One request with all its evidence, what is missing first. Posts `decision` = `approve`
/// (goes on to the signing page), `return` or `reject`, with `note`.
#[derive(Debug, Clone, Template)]
#[template(path = "request_review.html")]
pub struct RequestReview {
    /// What every page has.
    pub layout: Layout,
    /// Name of the doctor, in Thai.
    pub name: String,
    /// Where it stands.
    pub state: RequestState,
    /// What is missing or speaks against approval; empty if nothing.
    pub missing: Vec<Text>,
    /// What the certificate will say: label, value.
    pub certificate: Vec<(Text, String)>,
    /// The evidence.
    pub evidence: Vec<EvidenceItem>,
    /// Version of the notice consented to, and when (RFC 3339).
    pub consent: Option<(String, String)>,
    /// Code of the signing passkey, to compare with what the doctor sees.
    pub key_code: Option<String>,
    /// Whether this officer may decide.
    pub may_decide: bool,
    /// Why they may not, if so.
    pub why_not: Option<Text>,
    /// What is wrong with what was posted.
    pub error: Option<Text>,
}

impl RequestReview {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/console/requests/1".into(), ..layout },
            name: "แพทย์หญิงกานดา ใจดี".into(),
            state: RequestState::Submitted,
            missing: vec![Text::new("ผลตรวจใบอนุญาตเก่ากว่า 30 วัน", "The licence was last checked more than 30 days ago")],
            certificate: sample_claims(),
            evidence: sample_evidence(),
            consent: Some(("1.0".into(), "2026-08-10T02:12:00Z".into())),
            key_code: Some("K7QX-2MRD".into()),
            may_decide: true,
            why_not: None,
            error: None,
        }
    }
}
