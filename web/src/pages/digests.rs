//! Signing digests of contents that are not seen here: the console's switch, the programs that may
//! ask, and the page where a doctor is asked.

use askama::Template;

use super::listing::columns;
use super::{Column, Field, FieldErrors, FieldGroup, FieldKind, Layout, ListQuery, Listing, Row, Text, Values, form};

/// An officer's units.
#[derive(Debug, Clone, Template)]
#[template(path = "digest_units.html")]
pub struct DigestUnits {
    /// What every page has.
    pub layout: Layout,
    /// The rows.
    pub listing: Listing<DigestUnitRow>,
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestUnitRow {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether its doctors may sign digests.
    pub allowed: bool,
}

impl Row for DigestUnitRow {
    fn columns() -> Vec<Column> {
        columns([("name", "หน่วย", "Unit"), ("allowed", "สถานะ", "State")])
    }

    fn cell(&self, column: &str) -> String {
        match column {
            "name" => self.name.clone(),
            "allowed" => if self.allowed { "on" } else { "off" }.to_owned(),
            _ => String::new(),
        }
    }
}

impl DigestUnits {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let row = |code: &str, name: &str, allowed| DigestUnitRow { code: code.into(), name: name.into(), allowed };
        let rows = vec![row("10670", "โรงพยาบาลสาธิต (10670)", true), row("10671", "โรงพยาบาลส่วนหน้า (10671)", false)];
        Self {
            layout: Layout { path: "/console/digests".into(), ..layout },
            listing: Listing::over("/console/digests", rows, ListQuery::default()),
        }
    }
}

/// One unit: posts `act` = `allow`, `disallow` or `register` to its own address.
#[derive(Debug, Clone, Template)]
#[template(path = "digest_unit.html")]
pub struct DigestUnit {
    /// What every page has.
    pub layout: Layout,
    /// Name of the unit.
    pub unit: Text,
    /// Whether its doctors may sign digests.
    pub allowed: bool,
    /// Programs that may ask.
    pub programs: Vec<SigningProgram>,
    /// The fields of a registration, from [`DigestUnit::groups`].
    pub groups: Vec<FieldGroup>,
}

/// A program that may ask for signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningProgram {
    /// What it is called.
    pub name: String,
    /// Its `client_id`.
    pub client_id: String,
    /// Switched off.
    pub disabled: bool,
}

impl DigestUnit {
    /// The fields: `name`, `redirect_uri`.
    pub fn groups(values: &Values, errors: &FieldErrors) -> Vec<FieldGroup> {
        let name = Field::new("name", Text::new("ชื่อโปรแกรม", "Name of the program"), FieldKind::Text)
            .hint("แพทย์จะเห็นชื่อนี้ก่อนลงนาม", "Doctors read it before they sign");
        let address = Field::new("redirect_uri", Text::new("ที่อยู่กลับ (redirect URI)", "Redirect URI"), FieldKind::Text)
            .hint("ผู้ดูแลโปรแกรมเป็นผู้ให้ ขึ้นต้นด้วย https://", "From the program's administrator; begins with https://");
        vec![FieldGroup {
            title: Text::new("ลงทะเบียนโปรแกรม", "Register a program"),
            lead: None,
            fields: [name, address].map(|field| field.filled(values, errors)).into(),
        }]
    }

    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        form::summary(&self.groups, self.layout.lang)
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout, allowed: bool) -> Self {
        Self {
            layout: Layout { path: "/console/digests/10670".into(), ..layout },
            unit: Text::new("โรงพยาบาลสาธิต (10670)", "Demonstration Hospital (10670)"),
            allowed,
            programs: vec![SigningProgram {
                name: "ระบบส่งตัวผู้ป่วย".into(),
                client_id: "019a0c5e-6f0a-7c1e-9a53-0f4f6c1c2d3e".into(),
                disabled: false,
            }],
            groups: Self::groups(&Values::new(), &FieldErrors::new()),
        }
    }
}

/// A program's secret just made: shown this once.
#[derive(Clone, Template)]
#[template(path = "signing_program_secret.html")]
pub struct SigningProgramSecret {
    /// What every page has.
    pub layout: Layout,
    /// What it is called.
    pub name: String,
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Base address of the service.
    pub service_url: String,
}

impl std::fmt::Debug for SigningProgramSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningProgramSecret").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl SigningProgramSecret {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/console/digests/10670".into(), ..layout },
            name: "ระบบส่งตัวผู้ป่วย".into(),
            client_id: "019a0c5e-6f0a-7c1e-9a53-0f4f6c1c2d3e".into(),
            client_secret: "q7VtX0oT3mC1bZk8sYw2Jr5nHd9gLfPaEiUuQxKvM6A".into(),
            service_url: "https://certificate.example.go.th".into(),
        }
    }
}

/// What a program asks a doctor for. Posts `decision` = `allow` or `decline` to its own address.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize_program.html")]
pub struct AuthorizeProgram {
    /// What every page has.
    pub layout: Layout,
    /// The program.
    pub program: String,
    /// The unit it is registered for.
    pub unit: Text,
    /// Digests to be signed; none if it only asks to see the certificates.
    pub count: usize,
    /// Serial number of the certificate to sign with; empty if none.
    pub serial: String,
}

impl AuthorizeProgram {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout, count: usize) -> Self {
        Self {
            layout: Layout { path: "/oauth2/authorize/q7VtX0oT3mC1bZk8sYw2Jr5nHd9gLfPaEiUuQxKvM6A".into(), ..layout },
            program: "ระบบส่งตัวผู้ป่วย".into(),
            unit: Text::new("โรงพยาบาลสาธิต (10670)", "Demonstration Hospital (10670)"),
            count,
            serial: if count > 0 { "01a4f09c7d5b3e21886fcd1047a9be32c1".into() } else { String::new() },
        }
    }
}

/// The way back to a program.
#[derive(Debug, Clone, Template)]
#[template(path = "back_to_program.html")]
pub struct BackToProgram {
    /// What every page has.
    pub layout: Layout,
    /// The program.
    pub program: String,
    /// Where it waits.
    pub url: String,
    /// Nothing was allowed.
    pub denied: bool,
}

impl BackToProgram {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/oauth2/authorize/q7VtX0oT3mC1bZk8sYw2Jr5nHd9gLfPaEiUuQxKvM6A".into(), ..layout },
            program: "ระบบส่งตัวผู้ป่วย".into(),
            url: "/back?error=access_denied".into(),
            denied: true,
        }
    }
}

/// The signer is at work; the page looks again by itself.
#[derive(Debug, Clone, Template)]
#[template(path = "authorization_waits.html")]
pub struct AuthorizationWaits {
    /// What every page has.
    pub layout: Layout,
}
