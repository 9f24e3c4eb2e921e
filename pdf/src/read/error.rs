//! Why a file could not be read.

/// A reason for which the reader gives a file up. Nothing read so far is to be trusted then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The file does not begin with `%PDF-` (ISO 32000-2 §7.5.2).
    #[error("not a PDF file")]
    NotPdf,
    /// The file is longer than [`super::Limits::FILE`].
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A budget against hostile input ran out.
    #[error("budget exhausted: {0}")]
    Budget(&'static str),
    /// The bytes at this offset are not what the syntax wants there.
    #[error("syntax error at byte {at}: expected {expected}")]
    Syntax {
        /// Offset in the file.
        at: usize,
        /// What should have been there.
        expected: &'static str,
    },
    /// A dictionary names one key twice: two readers may see two values.
    #[error("duplicate key /{key} in the dictionary at byte {at}")]
    DuplicateKey {
        /// The key, lossily as text.
        key: String,
        /// Offset of the dictionary.
        at: usize,
    },
    /// The cross-reference chain is broken.
    #[error("cross-reference chain: {0}")]
    Xref(&'static str),
    /// The object at the offset that the cross-reference gives is another one.
    #[error("object {number} is not where the cross-reference says")]
    Misplaced {
        /// Object number.
        number: u32,
    },
    /// Bytes of an update that belong to no object, cross-reference section or trailer.
    #[error("byte {at} is not accounted for: {why}")]
    Unaccounted {
        /// Offset in the file.
        at: usize,
        /// What is wrong there.
        why: &'static str,
    },
    /// A stream has a filter or parameters that the reader does not decode.
    #[error("stream cannot be decoded: {0}")]
    Filter(&'static str),
    /// The file is encrypted.
    #[error("the file is encrypted")]
    Encrypted,
    /// A part every PDF has is missing or of another type.
    #[error("missing or malformed: {0}")]
    Missing(&'static str),
}
