//! What came of recording something that may be recorded once.

/// The stored row, and whether this call stored it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded<T> {
    /// Stored now: write its ledger entry in the same transaction.
    New(T),
    /// Stored before, with the same content.
    Already(T),
}

impl<T> Recorded<T> {
    /// Whether this call stored it.
    pub fn is_new(&self) -> bool {
        matches!(self, Self::New(_))
    }

    /// The stored row.
    pub fn into_inner(self) -> T {
        match self {
            Self::New(row) | Self::Already(row) => row,
        }
    }
}
