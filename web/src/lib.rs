//! Edge: the portal, the console, the public pages and the API, as one axum application.
//!
//! Put together with [`App::new`], run with [`serve`]. Each act of a person is one file under
//! [`workflow`]; handlers read the request, call it, and fill a page of [`pages`].

mod api;
mod app;
mod audit;
mod config;
mod council;
mod csc;
mod document_care;
mod error;
mod expiry_notices;
mod field_cipher;
mod file_renewals;
mod handlers;
mod instants;
mod issued_certificates;
mod licence_feed;
mod names;
mod oauth;
mod objects;
pub mod pages;
mod problem;
mod publications;
mod randomness;
mod router;
mod security;
mod sequencer;
mod serve;
mod session;
mod signer_desk;
mod units;
mod visitor;
pub mod workflow;

pub use app::{App, Clock, Parts};
pub use config::{ApiSettings, Config, FileRenewals, LicenceFeed, MedicalCouncil, ObjectStoreConfig, S3};
pub use council::{ClaimedNames, Licence, LicenceFault, judge as judge_licence};
pub use error::Error;
pub use field_cipher::{FieldCipher, KEY_LENGTH};
pub use issued_certificates::IssuedCertificates;
pub use names::Names;
pub use problem::Problem;
pub use publications::PublishedCrl;
pub use randomness::{Randomness, read_verification_code};
pub use router::router;
pub use serve::serve;
pub use signer_desk::{DataKey, SignerDesk, Ticket};
