//! Coming in: enrolling a passkey from a one-time link, and signing in with it.

use askama::Template;

use super::{Layout, Text};

/// Enrolment from a one-time link. The script posts to `start_url` (empty JSON object),
/// creates a passkey from the options answered, posts `{"credential": …}` to `finish_url`
/// and follows `redirect` of the answer.
#[derive(Debug, Clone, Template)]
#[template(path = "enrol.html")]
pub struct Enrol {
    /// What every page has.
    pub layout: Layout,
    /// Name the invitation is for.
    pub name: String,
    /// As what they are invited.
    pub role: Text,
    /// Unit they are invited to.
    pub unit: Text,
    /// Last instant of the link (RFC 3339).
    pub expires_at: String,
    /// Where the script asks for passkey options.
    pub start_url: String,
    /// Where the script posts the passkey.
    pub finish_url: String,
}

impl Enrol {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/enrol/abc".into(), signed_in_as: None, ..layout },
            name: "กานดา ใจดี".into(),
            role: Text::new("แพทย์ผู้ลงนาม", "Signing doctor"),
            unit: Text::new("โรงพยาบาลสาธิต", "Demonstration Hospital"),
            expires_at: "2026-08-21T10:00:00Z".into(),
            start_url: "/enrol/abc/start".into(),
            finish_url: "/enrol/abc/finish".into(),
        }
    }
}

/// Signing in with a passkey; the same exchange as [`Enrol`].
#[derive(Debug, Clone, Template)]
#[template(path = "login.html")]
pub struct Login {
    /// What every page has.
    pub layout: Layout,
    /// Where the script asks for passkey options.
    pub start_url: String,
    /// Where the script posts the assertion.
    pub finish_url: String,
    /// Why the person is here, if they did not come by themselves (session over, signed out).
    pub notice: Option<Text>,
}

impl Login {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/login".into(), signed_in_as: None, ..layout },
            start_url: "/login/start".into(),
            finish_url: "/login/finish".into(),
            notice: Some(Text::new("ท่านออกจากระบบแล้ว", "You have signed out")),
        }
    }
}
