//! The store on SQLite and on a throw-away PostgreSQL: the same suite on both.

mod foundation;
mod ledger_rows;
mod schema;
mod support;
