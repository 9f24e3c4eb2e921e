//! sims

pub mod authenticator;
pub mod council;
