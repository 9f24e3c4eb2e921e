//! What the reader says of updates after a signed revision, and how they must be written.

mod syntax;
mod updates;
mod written;
