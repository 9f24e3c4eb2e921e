//! Rows: the only crate that speaks SQL.
//!
//! One SQL text runs on SQLite and on PostgreSQL. There are two databases that must not be
//! mixed: [`portal`] (the public service's) and [`journal`] (the signer's, the truth of the
//! PKI). A change and its [`ledger`] entry are one transaction:
//!
//! ```text
//! let mut tx = journal.begin_write().await?;
//! tx.revoke(&revocation).await?;
//! tx.append(&entry).await?;
//! tx.commit().await?;          // dropped instead: rolled back
//! ```
//!
//! On SQLite writers take turns, and those begun by `begin_sharing` share a commit: `turn`.
//!
//! Instants are Unix microseconds, ids are UUIDv7 text, JSON is text.

mod connections;
pub mod database;
pub mod error;
pub mod ids;
pub mod journal;
pub mod ledger;
pub mod portal;
mod statements;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transaction;
mod turn;

pub use database::{Database, Engine, Role};
pub use error::Error;
pub use journal::Journal;
pub use portal::Portal;
pub use transaction::Transaction;
