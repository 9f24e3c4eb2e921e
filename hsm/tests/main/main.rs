//! The token crate against a real SoftHSM, one fresh token directory per test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod attacks;
mod failures;
mod life;
mod softhsm;
