//! Why a PDF was not appended to.

/// Why a PDF was not appended to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file does not begin with `%PDF-`.
    #[error("not a PDF file")]
    NotPdf,
    /// The file breaks the syntax of ISO 32000-1, or ends too early.
    #[error("malformed PDF: {what}")]
    Malformed {
        /// What was being read.
        what: &'static str,
    },
    /// The file needs something that is not done here.
    #[error("unsupported in a PDF to be appended to: {what}")]
    Unsupported {
        /// The feature.
        what: &'static str,
    },
    /// The file is encrypted (and so cannot be PDF/A either).
    #[error("the PDF is encrypted")]
    Encrypted,
    /// The file nests or links deeper than any file of ours.
    #[error("the PDF exceeds a limit: {what}")]
    TooComplex {
        /// The limit.
        what: &'static str,
    },
    /// A reference leads nowhere.
    #[error("object {number} is missing")]
    MissingObject {
        /// Object number.
        number: u32,
    },
    /// The document has no such page.
    #[error("there is no page with index {index}")]
    NoSuchPage {
        /// Index asked for, from 0.
        index: usize,
    },
    /// The document carries a signature already; a second would leave the first indeterminate.
    #[error("the PDF is signed already")]
    AlreadySigned,
    /// The document carries no signature: there is nothing to prove the time of, or to add to.
    #[error("the PDF is not signed")]
    NotSigned,
    /// A form field of that name exists.
    #[error("a field of that name exists already")]
    FieldNameTaken,
    /// A property of the signature field cannot be written.
    #[error("signature field: {what}")]
    InvalidField {
        /// The property and the rule.
        what: &'static str,
    },
    /// The CMS structure is larger than the place reserved for it.
    #[error("the signature needs {needed} bytes, {capacity} are reserved")]
    ContentsOverflow {
        /// Bytes of DER.
        needed: usize,
        /// Bytes reserved.
        capacity: usize,
    },
}
