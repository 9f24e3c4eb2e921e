//! One file per sub-command.

pub mod approve;
pub mod audit;
pub mod backup;
pub mod check;
pub mod council;
pub mod epoch;
pub mod init;
pub mod officer;
mod own_trust;
pub mod restore;
pub mod rollover;
pub mod root_crl;
pub mod serve;
pub mod signer;
pub mod terminate;
pub mod verify;
pub mod verify_cert;
