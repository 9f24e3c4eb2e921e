//! What the stories need: an installation of real processes on either engine, persons at a
//! browser, and judges that are not ours.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

pub mod acts;
pub mod chromium;
pub mod judges;
pub mod misbehaving_module;
pub mod paper;
pub mod persons;
pub mod program;
pub mod receiver;
pub mod relying;
pub mod rows;
pub mod small_disk;
pub mod tally;
pub mod two_signers;
pub mod visitor;
pub mod world;

pub use chromium::Chromium;
pub use misbehaving_module::MisbehavingModule;
pub use relying::Relying;
pub use small_disk::SmallDisk;
pub use two_signers::SecondSigner;
pub use visitor::{Answer, Visitor};
pub use world::{Engine, World};
