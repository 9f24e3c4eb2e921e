//! Why a form could not be drawn.

/// Why a form could not be drawn.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document names a form or version that the catalogue does not have.
    #[error("form {form} version {version} is not in the catalogue")]
    UnknownForm {
        /// Kind named.
        form: String,
        /// Version named.
        version: u32,
    },
    /// A part of the content is not of its form, e.g. a date.
    #[error("{0} of the document cannot be read")]
    Malformed(&'static str),
    /// The typeface has no glyph for a character.
    #[error("no glyph for the character {0:?}")]
    Unprintable(char),
    /// A typeface that ships with the program cannot be read.
    #[error("the form's typeface cannot be read")]
    Typeface,
    /// The link is too long for a code that survives printing.
    #[error("the verification link is too long for a readable QR code")]
    LinkTooLong,
    /// The document would have too many pages.
    #[error("the document would have more than {0} pages")]
    TooManyPages(usize),
    /// The PDF could not be written, or would not conform to PDF/A-3a and PDF/UA-1.
    #[error("the PDF could not be written: {0}")]
    Write(String),
    /// The attached data could not be written.
    #[error("the attached data could not be written")]
    Attachment(#[source] serde_json::Error),
}
