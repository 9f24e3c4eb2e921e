//! Persons: who somebody is, how surely that is known, and what they may therefore do.
//!
//! Pure: no I/O, no clock.

pub mod appointment;
pub mod consent;
pub mod error;
pub mod evidence;
pub mod level;
pub mod licence;
pub mod name;
pub mod national_id;
pub mod policy;
pub mod rules;
pub mod unit;

mod digits;

pub use appointment::{Appointment, Role};
pub use consent::{ConsentRecord, Contacts, Notice, Purpose};
pub use error::Error;
pub use evidence::{Evidence, EvidenceKind, Outcome, derive_level};
pub use level::{Aal, Ial};
pub use licence::Licence;
pub use national_id::NationalId;
pub use policy::{Actor, Decision, Reason, Subject, decide};
pub use rules::{Acceptance, Action, Requirement, required};
pub use unit::{Unit, UnitTree};
