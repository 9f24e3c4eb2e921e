//! What the reader says of updates after a signed revision.

mod updates;
mod written;
