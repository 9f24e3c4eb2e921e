//! The trust core from outside: the ceremony, then only what the portal may ask over the
//! socket and what people do on the signer's own pages. Real SoftHSM, SQLite and PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod ceremonies;
mod contents;
mod judges;
mod people;
mod place;
mod service;
mod signed_files;
mod world;

mod algorithms;
mod api_clients;
mod approvals;
mod at_rest;
mod audits;
mod ceremony_acts;
mod ceremony_end;
mod ceremony_held;
mod changes;
mod checkpoints;
mod crashes;
mod digests;
mod erasures;
mod evidence;
mod issuance;
mod journal;
mod killed_changes;
mod lifting;
mod long_batches;
mod many_papers;
mod operator;
mod passkeys;
mod proof_renewals;
mod refusals;
mod renewals;
mod replacements;
mod revocations;
mod slow_clients;
mod standing;
mod standing_attacks;
mod status;
mod time_stamps;
mod touches;
mod walls;
mod whole_path;
