//! The console's officers: who waits to be appointed, and who is in office.

use askama::Template;

use super::listing::columns;
use super::{Column, Layout, ListQuery, Listing, Row, Text};

/// Officers who wait to be appointed, and those in office. Posts `decision` = `appoint` with
/// `person_id` to a row's `url`.
#[derive(Debug, Clone, Template)]
#[template(path = "appointment_queue.html")]
pub struct AppointmentQueue {
    /// What every page has.
    pub layout: Layout,
    /// The rows.
    pub listing: Listing<AppointmentRow>,
}

/// An officer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppointmentRow {
    /// Name, in Thai.
    pub name: String,
    /// Role.
    pub role: Text,
    /// Unit.
    pub unit: String,
    /// Code of the signing passkey to compare; none while there is none.
    pub key_code: Option<String>,
    /// In office already.
    pub in_office: bool,
    /// Since (RFC 3339).
    pub since: String,
    /// Where the appointment is proposed (POST); none if nothing can be done.
    pub url: Option<String>,
}

impl Row for AppointmentRow {
    fn columns() -> Vec<Column> {
        columns([
            ("name", "ชื่อ", "Name"),
            ("role", "หน้าที่", "Role"),
            ("unit", "หน่วย", "Unit"),
            ("key_code", "รหัสพาสคีย์", "Passkey code"),
            ("since", "ตั้งแต่", "Since"),
        ])
    }

    fn cell(&self, column: &str) -> String {
        match column {
            "name" => self.name.clone(),
            "role" => self.role.th.clone(),
            "unit" => self.unit.clone(),
            "key_code" => self.key_code.clone().unwrap_or_default(),
            "since" => self.since.clone(),
            _ => String::new(),
        }
    }
}

impl AppointmentQueue {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let row = |name: &str, code: Option<&str>, in_office: bool| AppointmentRow {
            name: name.into(),
            role: Text::new("นายทะเบียน", "Registration officer"),
            unit: "สำนักงานสาธารณสุขจังหวัดสาธิต".into(),
            key_code: code.map(str::to_owned),
            in_office,
            since: "2026-08-09T03:00:00Z".into(),
            url: (code.is_some() && !in_office).then(|| "/console/appointments/1".to_owned()),
        };
        let rows = vec![
            row("นางสาวมาลี รุ่งเรือง", Some("9TQM-44XA"), false),
            row("นายวิชัย แสงทอง", None, false),
            row("นางอรุณี ศรีสุข", Some("M3KD-ZZ71"), true),
        ];
        Self {
            layout: Layout { path: "/console/appointments".into(), ..layout },
            listing: Listing::over("/console/appointments", rows, ListQuery::default()),
        }
    }
}
