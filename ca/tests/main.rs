//! The certificates, CRLs and OCSP answers made here, judged by others.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skipped"
)]

mod certificates;
mod crls;
mod judges;
mod mutations;
mod ocsp;
mod pki;
mod time_stamps;
