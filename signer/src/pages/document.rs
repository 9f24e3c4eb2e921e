//! One document of a batch: every line, and its pages as pictures.

use askama::Template;

use super::{Layout, ShownDocument};

/// A document that waits to be signed with others.
#[derive(Debug, Clone, Template)]
#[template(path = "document.html")]
pub(crate) struct DocumentPage {
    /// What every page has.
    pub(crate) layout: Layout,
    /// What it says.
    pub(crate) document: ShownDocument,
    /// Its place in the batch, from 1.
    pub(crate) place: usize,
    /// How many there are.
    pub(crate) of: usize,
    /// Its pages, drawn by the signer.
    pub(crate) pictures: Vec<String>,
    /// The one before.
    pub(crate) before: Option<String>,
    /// The one after.
    pub(crate) after: Option<String>,
    /// Back to all of them, and to the passkey.
    pub(crate) list_url: String,
}

impl DocumentPage {
    #[cfg(test)]
    pub(super) fn sample(layout: Layout) -> Self {
        let papers = "/a/4Q7TRX1MZ0K8WB5N2HDC6YFGJA";
        Self {
            layout,
            document: ShownDocument::of(&super::samples::sample_document(), papers, 1),
            place: 2,
            of: 3,
            pictures: vec![format!("{papers}/1-0.svg"), format!("{papers}/1-1.svg")],
            before: Some(format!("{papers}/document/0")),
            after: Some(format!("{papers}/document/2")),
            list_url: papers.to_owned(),
        }
    }
}
