//! The demonstration's own page: which doors there are, and who may walk through them.

use askama::Template;

use super::{Layout, Text};

/// Links for visitors of a demonstration. Mounted in a demonstration and nowhere else.
#[derive(Debug, Clone, Template)]
#[template(path = "demonstration.html")]
pub struct Demonstration {
    /// What every page has.
    pub layout: Layout,
    /// The page of a certificate that was just signed.
    pub verify_url: String,
    /// One-time links: as whom, and where.
    pub invitations: Vec<(Text, String)>,
    /// The demo persons whose passkeys the banner's script lends.
    pub persons: Vec<Text>,
}

impl Demonstration {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/demo".into(), signed_in_as: None, demo: true, ..layout },
            verify_url: "/v/4Q7TRX1MZ0K8WB5N2HDC6YFGJA".into(),
            invitations: vec![(Text::new("แพทย์", "A doctor"), "/enrol/abc".into())],
            persons: vec![Text::new("แพทย์หญิงดารา ตัวอย่าง · แพทย์", "Dara Tuayang · Doctor")],
        }
    }
}
