//! Bytes: draw a form, append to a PDF, read its revisions. Pure; no cryptography.

pub mod form;
