//! A reader for PDF files that may be hostile: their revisions, their signatures, and what came after.
//!
//! Nothing is repaired. A file that another reader would have to guess at is refused with a [`ReadError`],
//! because two readers may guess differently (ISO 32000-2 §7.5; the incremental-saving, wrapping and
//! shadow attacks all live on that).

mod agree;
mod budget;
mod change;
mod change_dss;
mod comparison;
mod comparison_form;
mod comparison_metadata;
mod document;
mod error;
mod filter;
mod lexer;
mod object;
mod references;
mod signature;
mod structure;
mod update;
mod xref;

pub use agree::{Disagreement, Outline};
pub use budget::{Budget, Limits};
pub use change::{Change, Severity};
pub use change_dss::ValidationMaterial;
pub use document::{Document, View};
pub use error::ReadError;
pub use object::{Dictionary, Object, Reference, Stream};
pub use signature::{SignatureDefect, SignatureEntry, SignedRange};
pub use structure::{Field, text_string};
pub use xref::{Entry, Section};

/// Reads everything there is to read of a file and drops it: the body of a fuzz target.
pub fn exercise(bytes: &[u8]) {
    let Ok(document) = Document::open(bytes) else { return };
    let entries = document.signatures().unwrap_or_default();
    let _ = document.stray_signatures(&entries);
    for range in entries.iter().filter_map(|e| e.range.as_ref().ok()) {
        let _ = document.account(range.end, range.section);
        let _ = document.updates(range.section);
    }
    let _ = document.current().validation_material();
    let _ = document.agree();
}
