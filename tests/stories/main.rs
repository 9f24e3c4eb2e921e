//! The running product seen from outside: real processes, both databases, a real browser, and
//! judges that are not ours.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod every_judge_agrees;
mod the_whole_path_in_a_browser;
