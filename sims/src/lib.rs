//! Real servers for what lies outside: the Medical Council, an S3 service; and a software authenticator.

pub mod authenticator;
#[cfg(feature = "bucket")]
pub mod bucket;
pub mod council;
