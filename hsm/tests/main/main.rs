//! The token crate against real tokens of two makes, a fresh token folder per test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a test says what it skips")]
#![allow(clippy::disallowed_methods, reason = "the token's own tests sign whatever they like")]

mod attacks;
mod backup;
mod epochs;
mod failures;
mod life;
mod place;
