//! PAdES signatures, judged by programs that are not ours.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, say what they skip, and have no journal"
)]

mod common;
mod damaged;
mod invalidity;
mod levels;
mod limbo;
mod pkits;
mod sign;
mod verify;
mod work;
