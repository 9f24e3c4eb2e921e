//! sims

pub mod authenticator;
