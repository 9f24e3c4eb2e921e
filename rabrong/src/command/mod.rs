//! One file per sub-command.

pub mod audit;
pub mod check;
pub mod council;
pub mod init;
pub mod officer;
pub mod serve;
pub mod signer;
pub mod verify;
