//! Bytes: draw a form, append to a PDF, read its revisions. Pure; no cryptography.

pub mod append;
pub mod date;
pub mod draw;
pub mod form;
pub mod read;
