//! The policy and the practice statement (RFC 3647), as pages made from the files in `docs/`.

mod document;
mod markdown;

pub use document::{CP, CPS, DISCLOSURE, Document, Header};
pub use markdown::{Body, Heading};

use askama::Template;

use super::{Lang, Layout, Text};

/// The certificate policy, or the practice statement with the disclosure statement in front.
#[derive(Debug, Clone, Template)]
#[template(path = "practice.html")]
pub struct Practice {
    /// What every page has.
    pub layout: Layout,
    /// What it is called.
    pub title: Text,
    /// Version, date, language.
    pub header: Header,
    /// Who runs this installation: name, address, how to reach the data protection officer.
    pub operator: [String; 3],
    /// The disclosure statement in the page's language (EN 319 411-1 annex A); none on the policy's page.
    pub disclosure: Option<Body>,
    /// The document.
    pub body: Body,
    /// The other document: its name and address.
    pub other: (Text, &'static str),
    /// Where the text is fetched as it was written.
    pub downloads: Vec<&'static str>,
}

impl Practice {
    /// The page of the practice statement. Certificates point to it (RFC 5280 §4.2.1.4) and so does the
    /// `QcPDS` statement (EN 319 412-5 §4.3.4): the disclosure statement comes first, in the language asked for.
    pub fn statement(layout: Layout, operator: [String; 3]) -> Self {
        let part = match layout.lang {
            Lang::Th => 0,
            Lang::En => 1,
        };
        Self {
            title: Text::new("แนวปฏิบัติในการออกใบรับรอง", "Certification practice statement"),
            header: CPS.header(),
            operator,
            disclosure: DISCLOSURE.parts().get(part).map(|text| Body::of(text, "pds-")),
            body: Body::of(CPS.body(), ""),
            other: (Text::new("แนวนโยบายใบรับรอง (CP)", "Certificate policy (CP)"), "/cp"),
            downloads: vec!["/cps.md", "/pds.md"],
            layout,
        }
    }

    /// The page of the certificate policy.
    pub fn policy(layout: Layout, operator: [String; 3]) -> Self {
        Self {
            title: Text::new("แนวนโยบายใบรับรอง", "Certificate policy"),
            header: CP.header(),
            operator,
            disclosure: None,
            body: Body::of(CP.body(), ""),
            other: (Text::new("แนวปฏิบัติในการออกใบรับรอง (CPS)", "Certification practice statement (CPS)"), "/cps"),
            downloads: vec!["/cp.md"],
            layout,
        }
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout, path: &str) -> Self {
        let layout = Layout { path: path.into(), signed_in_as: None, ..layout };
        let operator = ["กระทรวงสาธิต", "ถนนสาธิต กรุงเทพมหานคร 10000", "dpo@example.go.th"].map(str::to_owned);
        if path == "/cp" { Self::policy(layout, operator) } else { Self::statement(layout, operator) }
    }
}
