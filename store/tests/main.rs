//! The store on SQLite and on a throw-away PostgreSQL: the same suite on both.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may stop, and says what it skips")]
mod authorization_rows;
mod crl_rows;
mod digest_rows;
mod fixtures;
mod foundation;
mod history_moves;
mod journal_rows;
mod ledger_rows;
mod licence_rows;
mod mass;
mod revocation_rows;
mod schema;
mod selection_rows;
mod submission_rows;
mod support;
mod turns;
