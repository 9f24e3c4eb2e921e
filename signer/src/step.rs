//! Points between *recorded* and *done* where a story may stop the process, to show that recovery by the
//! normal path yields one signature, one certificate, one change.

use std::fmt;
use std::sync::Arc;

/// A point on the way from recorded to done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Activation and content are recorded and committed; nothing is signed.
    Recorded,
    /// The QR code's seal is signed and recorded; the file is not.
    Sealed,
    /// The token gave the signature; it is not stored.
    Signed,
    /// The signature is time-stamped; nothing of it is stored.
    Stamped,
    /// The file has its level; it is not stored.
    Lifted,
    /// The result is stored; the touch is not closed.
    Stored,
    /// All that was touched for is done; the touch is not closed, and nobody was told.
    Done,
}

impl Step {
    /// Those of everything that is signed, in order.
    pub const ALL: [Self; 5] = [Self::Recorded, Self::Sealed, Self::Signed, Self::Stored, Self::Done];

    /// Those of documents, which go on to their level.
    pub const OF_DOCUMENTS: [Self; 7] =
        [Self::Recorded, Self::Sealed, Self::Signed, Self::Stamped, Self::Lifted, Self::Stored, Self::Done];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Sealed => "sealed",
            Self::Signed => "signed",
            Self::Stamped => "stamped",
            Self::Lifted => "lifted",
            Self::Stored => "stored",
            Self::Done => "done",
        }
    }
}

/// Who watches the steps: nobody, outside of tests.
#[derive(Clone, Default)]
pub struct Steps(Option<Arc<dyn Fn(Step) + Send + Sync>>);

impl Steps {
    /// Calls `watch` at each step.
    pub fn watched(watch: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(watch)))
    }

    pub(crate) fn reach(&self, step: Step) {
        if let Some(watch) = &self.0 {
            watch(step);
        }
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Steps")
    }
}
