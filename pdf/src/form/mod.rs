//! What a medical certificate says: form kinds as data, and one document's content.

mod content;

pub use content::{DocumentContent, SignerIdentity, Unit};
