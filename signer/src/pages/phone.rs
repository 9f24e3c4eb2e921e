//! The computer's page while the person goes on with their phone.

use askama::Template;

use super::{Layout, Text};

/// The address as a QR code. The page looks again by itself and goes on when the phone is done.
#[derive(Debug, Clone, Template)]
#[template(path = "phone.html")]
pub(crate) struct PhonePage {
    /// What every page has.
    pub(crate) layout: Layout,
    /// The address in the code, to compare.
    pub(crate) address: String,
    /// What every address of this service begins with.
    pub(crate) host: String,
    /// The code.
    pub(crate) picture_url: String,
    /// The same page on this computer.
    pub(crate) here_url: String,
    /// Where the person goes if they decline (absolute).
    pub(crate) return_url: String,
    /// Until when the page waits (RFC 3339).
    pub(crate) expires_at: String,
}

impl PhonePage {
    /// The last moment in words.
    #[must_use]
    pub(crate) fn until(&self) -> Text {
        Text::instant(&self.expires_at)
    }

    #[cfg(test)]
    pub(super) fn sample(layout: Layout) -> Self {
        Self {
            layout,
            address: "http://sign.localhost:8081/a/4Q7TRX1MZ0K8WB5N2HDC6YFGJA?on=phone".to_owned(),
            host: "http://sign.localhost:8081".to_owned(),
            picture_url: "/a/4Q7TRX1MZ0K8WB5N2HDC6YFGJA/phone.svg".to_owned(),
            here_url: "/a/4Q7TRX1MZ0K8WB5N2HDC6YFGJA".to_owned(),
            return_url: "http://localhost:8080/documents".to_owned(),
            expires_at: "2026-08-14T04:05:00Z".to_owned(),
        }
    }
}
