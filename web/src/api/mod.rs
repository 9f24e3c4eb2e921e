//! The API for hospital systems: they bring drafts in, ask how these stand, fetch what was signed,
//! and are told at a webhook. There is nothing here that signs, prepares or approves.

mod address;
mod asking;
mod documents;
mod draft;
mod notices;
mod openapi;
mod problem;
mod sending;
mod standing;

pub(crate) use address::{Refusal, webhook_address};
pub(crate) use asking::Asking;
pub(crate) use documents::{LARGEST_BODY, delete, file, list, one, submit};
pub(crate) use draft::{Doctor, Draft};
pub(crate) use notices::run as run_notices;
pub(crate) use openapi::openapi;
pub(crate) use problem::{ApiProblem, Fault};
pub(crate) use standing::tell;
