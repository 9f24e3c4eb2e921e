//! Certificate revocation lists (RFC 5280 §5): shards of the issuing CAs, and the whole lists of the root and of the
//! time-stamping CA. No delta CRLs.
//!
//! ```text
//! Entry → EncodedEntry ─┐
//! previous ── compare ──┴─ prepare → PreparedCrl ─ complete(signature) → DER ── parse → CrlView
//! ```

mod build;
mod compare;
mod entry;
mod view;

pub use build::{Parameters, PreparedCrl, Scope, prepare};
pub use compare::compare;
pub use entry::{EncodedEntry, Entry};
pub use view::{CrlView, MAX_CRL, parse};

/// The most entries of one CRL; more shards are due long before.
pub const MAX_ENTRIES: usize = 200_000;
