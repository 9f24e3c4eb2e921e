//! Receiving a file: why other programs do not know the signer, and what to do.

use askama::Template;

use super::Layout;

/// Why Adobe Acrobat shows the signer as unknown.
#[derive(Debug, Clone, Template)]
#[template(path = "help_acrobat.html")]
pub struct AcrobatHelp {
    /// What every page has.
    pub layout: Layout,
    /// Name of the root certificate; empty while it cannot be asked for.
    pub root_name: String,
    /// SHA-256 of the root certificate in groups of four; empty while it cannot be asked for.
    pub root_sha256: String,
    /// The address of this service, to compare with the browser's.
    pub origin: String,
}

impl AcrobatHelp {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/help/acrobat".into(), signed_in_as: None, ..layout },
            root_name: "Rabrong Root CA".into(),
            root_sha256: grouped(&"9F86D081884C7D65".repeat(4)),
            origin: "https://certificate.example.go.th".into(),
        }
    }
}

/// Hexadecimal digits in groups of four, to be compared by eye.
pub fn grouped(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
