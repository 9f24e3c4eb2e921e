//! From a signature to its level (ETSI EN 319 142-1 §6): time-stamp over the signature, then word
//! that the certificate was good, then a time-stamp over all of it.
//!
//! What cannot be done now is done when it can be: a document waits in the journal at the level
//! it has, says what for, and is not handed out.
//!
//! ```text
//! Unfinished ─ steps ─► Kept ─ keep ─► journal ─ run ─► Unfinished ─ …
//! ```

mod keep;
mod material;
mod renewal;
mod run;
mod steps;

use ca::Serial;
use pades::sign::Signed;
use store::journal::Document;
use time::OffsetDateTime;

pub(crate) use keep::file_name;
pub(crate) use material::Memory;
pub use run::run;

use crate::protocol::{Refusal, WaitingFor};
use crate::signature_profile::Level;

/// The digest that document time-stamps are over, as the journal names it.
pub(crate) const PROOF_ALGORITHM: &str = "sha256";

/// Octets kept free for a document time-stamp: tokens here have some 2000.
const TOKEN_BOUND: usize = 6144;

/// A signed document on its way to its level.
#[derive(Debug)]
pub(crate) struct Unfinished {
    pub(crate) row: Document,
    file: SignedFile,
}

/// How far it is.
#[derive(Debug)]
enum SignedFile {
    /// B-B: the room for the time-stamp is still empty.
    Basic(Box<Signed>),
    /// B-T, with the serial number of the unit that stamped it.
    TimeStamped { file: Vec<u8>, unit: Option<Serial> },
}

impl Unfinished {
    /// One that has just been signed.
    pub(crate) fn signed(row: Document, file: Signed) -> Self {
        Self { row, file: SignedFile::Basic(Box::new(file)) }
    }
}

/// What became of a document, to be written down.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) row: Document,
    pub(crate) fate: Fate,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Fate {
    /// At the level wanted; until when its last time-stamp proves it, if it is to be renewed.
    Finished { file: Vec<u8>, level: Level, proof_ends: Option<OffsetDateTime> },
    /// Signed, at this level, and waiting.
    Waiting { file: Vec<u8>, level: Level, waiting: WaitingFor },
    /// Never to be finished.
    Refused(Refusal),
}

impl Kept {
    /// One that can never be signed, or lifted.
    pub(crate) fn refused(row: Document, refusal: Refusal) -> Self {
        Self { row, fate: Fate::Refused(refusal) }
    }
}
