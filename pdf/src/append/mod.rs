//! Appends to a PDF: the bytes that were there stay a prefix of the result.
//!
//! [`prepare_signature`] writes the revision that carries a signature, with an empty place
//! for it; [`Unsigned::complete`] fills the place. Below, `revision` writes any incremental
//! update and `base` finds the objects it replaces.

mod base;
mod error;
mod revision;
mod signature;
mod structure;
mod syntax;
mod text;

pub use error::Error;
pub use signature::{SignatureField, Unsigned, prepare_signature};
