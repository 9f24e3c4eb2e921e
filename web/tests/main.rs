//! The portal on both engines, without a signer: what must hold while it is away.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod coming_in;
mod description;
mod practice;
mod programs;
mod rows;
mod section28;
mod without_signer;
mod world;
