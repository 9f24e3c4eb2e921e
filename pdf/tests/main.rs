//! The crate against programs that are not ours.

mod draw;
