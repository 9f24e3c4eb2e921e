//! Appends to a PDF: the bytes that were there stay a prefix of the result.
//!
//! [`prepare_signature`] writes the revision that carries a signature, [`prepare_timestamp`] one with
//! validation material and a document time-stamp, each with an empty place that [`Unsigned::complete`]
//! fills. Below, `revision` writes any incremental update and `base` finds the objects it replaces.

pub(crate) mod base;
mod error;
mod form;
mod place;
mod revision;
mod signature;
mod structure;
pub(crate) mod syntax;
mod text;
mod timestamp;
mod validation;

pub use error::Error;
pub use place::{Place, Unsigned};
pub use signature::{SignatureField, prepare_signature};
pub use timestamp::{append_validation, free_timestamp_name, prepare_timestamp};
