//! Enrolling a signing passkey at the signer's own origin.

use askama::Template;

use super::{Layout, Text};

/// The page on which a person creates their signing passkey. The script creates it from
/// `options`, posts `{"credential": …}` to `finish_url` and follows `redirect` of the answer,
/// or shows `problem_th`/`problem_en`.
#[derive(Debug, Clone, Template)]
#[template(path = "enrol_credential.html")]
pub(crate) struct EnrolCredential {
    /// What every page has.
    pub(crate) layout: Layout,
    /// `PublicKeyCredentialCreationOptionsJSON`, as text.
    pub(crate) options: String,
    /// Where the passkey is posted: `/e/<ticket>/finish`.
    pub(crate) finish_url: String,
    /// Where the person goes if they do not want to (absolute).
    pub(crate) return_url: String,
    /// Until when the page waits (RFC 3339).
    pub(crate) expires_at: String,
}

/// The page after that, for the code of the new passkey, large, to tell the officer. The script asks the
/// passkey by `options`, posts `{"credential": …}` to `finish_url` and shows `shown` of the answer.
#[derive(Debug, Clone, Template)]
#[template(path = "enrolled.html")]
pub(crate) struct Enrolled {
    /// What every page has.
    pub(crate) layout: Layout,
    /// `PublicKeyCredentialRequestOptionsJSON` for this passkey alone, as text.
    pub(crate) options: String,
    /// Where its answer is posted: `/e/<ticket>/code`.
    pub(crate) finish_url: String,
    /// Where the person goes on (absolute).
    pub(crate) return_url: String,
}

impl EnrolCredential {
    /// The last moment in words.
    pub(crate) fn until(&self) -> Text {
        Text::instant(&self.expires_at)
    }

    #[cfg(test)]
    pub(super) fn sample(layout: Layout) -> Self {
        Self {
            layout,
            options: r#"{"challenge":"AAAA","rp":{"id":"sign.localhost","name":"รับรอง"},"pubKeyCredParams":[{"type":"public-key","alg":-7}]}"#.to_owned(),
            finish_url: "/e/4Q7TRX1MZ0K8WB5N2HDC6YFGJA/finish".to_owned(),
            return_url: "http://localhost:8080/tasks".to_owned(),
            expires_at: "2026-08-14T04:05:00Z".to_owned(),
        }
    }
}

#[cfg(test)]
impl Enrolled {
    pub(super) fn sample(layout: Layout) -> Self {
        Self {
            layout,
            options:
                r#"{"challenge":"AAAA","rpId":"sign.localhost","allowCredentials":[{"type":"public-key","id":"AAAA"}]}"#
                    .to_owned(),
            finish_url: "/e/4Q7TRX1MZ0K8WB5N2HDC6YFGJA/code".to_owned(),
            return_url: "http://localhost:8080/tasks".to_owned(),
        }
    }
}
