//! The steps from a signature to its level, for documents of one signer at once: one OCSP answer
//! serves them all.

use std::collections::BTreeSet;

use ca::Serial;
use pades::augment::{self, PreparedTimestamp, ValidationMaterial};
use pades::sign::Signed;
use sha2::{Digest, Sha256};
use store::journal::Document;
use time::OffsetDateTime;

use super::material::Obstacle;
use super::{Fate, Kept, SignedFile, Unfinished};
use crate::core::Core;
use crate::protocol::{Refusal, WaitingFor};
use crate::signature_profile::Level;
use crate::step::Step;
use crate::time_stamping::Stamps;

/// A document with its time-stamped file.
type Stamped = (Document, Vec<u8>);

/// A file with what it is checked with later.
#[derive(Debug)]
enum Prepared {
    /// That is all.
    LongTerm(Vec<u8>),
    /// With room for the time-stamp over it.
    Archival(Box<PreparedTimestamp>),
}

impl Core {
    /// Lifts signed documents of one signer as far as can be done now. What stands in the way is
    /// said in what becomes of them.
    pub(crate) async fn lift(&self, documents: Vec<Unfinished>) -> Vec<Kept> {
        let mut kept = Vec::with_capacity(documents.len());
        let (mut basic, mut stamped) = (Vec::new(), Vec::new());
        // Another unit may have taken over while a document waited.
        let mut units = BTreeSet::new();
        for Unfinished { row, file } in documents {
            match (file, wanted(&row)) {
                (SignedFile::Basic(file), Level::Basic) => kept.push(finished(row, file.bytes, Level::Basic, None)),
                (SignedFile::Basic(file), _) => basic.push((row, *file)),
                (SignedFile::TimeStamped { file, unit }, _) => {
                    units.extend(unit);
                    stamped.push((row, file));
                }
            }
        }
        let mut since = self.now();
        if !basic.is_empty() {
            match self.stamp_signatures(basic, &mut kept).await {
                Ok((stamps, more)) => {
                    since = since.min(stamps.gen_time);
                    units.extend(stamps.unit.serial());
                    stamped.extend(more);
                }
                Err(rest) => kept.extend(rest),
            }
            self.steps.reach(Step::Stamped);
        }
        let mut archived = Vec::new();
        for (row, file) in stamped {
            match wanted(&row) {
                Level::Basic | Level::TimeStamped => kept.push(finished(row, file, Level::TimeStamped, None)),
                Level::LongTerm | Level::Archival => archived.push((row, file)),
            }
        }
        kept.extend(self.archive(archived, &units, since).await);
        kept
    }

    /// Puts time-stamps over the signatures: B-T.
    async fn stamp_signatures(
        &self,
        basic: Vec<(Document, Signed)>,
        kept: &mut Vec<Kept>,
    ) -> Result<(Stamps, Vec<Stamped>), Vec<Kept>> {
        // RFC 3161 appendix A: over the value of the signature.
        let digests: Vec<[u8; 32]> =
            basic.iter().map(|(_, file)| Sha256::digest(file.signature_value()).into()).collect();
        let stamps = match self.stamp_all(&digests).await {
            Ok(stamps) => stamps,
            Err(refusal) => {
                let waiting = waiting_for(refusal);
                return Err(basic
                    .into_iter()
                    .map(|(row, file)| wait(row, file.bytes, Level::Basic, waiting))
                    .collect());
            }
        };
        let mut stamped = Vec::with_capacity(basic.len());
        for ((row, file), token) in basic.into_iter().zip(&stamps.tokens) {
            match file.clone().with_signature_timestamp(token) {
                Ok(signed) => stamped.push((row, signed.bytes)),
                Err(error) => {
                    tracing::error!(alarm = "time-stamp", document.id = %row.document_id, error = %error, "a time-stamp does not fit the signature");
                    kept.push(wait(row, file.bytes, Level::Basic, WaitingFor::TimeStamp));
                }
            }
        }
        Ok((stamps, stamped))
    }

    /// Puts in what the signature is checked with later: B-LT; and, if it is wanted, a time-stamp over the
    /// whole file: B-LTA. `units` stamped the signatures.
    async fn archive(&self, stamped: Vec<Stamped>, units: &BTreeSet<Serial>, since: OffsetDateTime) -> Vec<Kept> {
        let Some((first, _)) = stamped.first() else { return Vec::new() };
        let gathered = match self.unit_in_use().await {
            Ok(unit) => self.material(&first.certificate_serial, &unit, units, since).await,
            Err(refusal) => Err(refusal.into()),
        };
        let material = match gathered {
            Ok(material) => material,
            Err(obstacle) => return stamped.into_iter().map(|(row, file)| stopped(row, file, &obstacle)).collect(),
        };
        let prepared = self.compute(move || {
            let prepare = |(row, file): Stamped| {
                let prepared = match wanted(&row) {
                    Level::LongTerm => augment::append_material(&file, &material).map(Prepared::LongTerm),
                    _ => prepare(&file, &material).map(|prepared| Prepared::Archival(Box::new(prepared))),
                };
                (row, file, prepared)
            };
            stamped.into_iter().map(prepare).collect::<Vec<_>>()
        });
        let Ok(prepared) = prepared.await else { return Vec::new() };
        let mut kept = Vec::with_capacity(prepared.len());
        let mut ready = Vec::with_capacity(prepared.len());
        for (row, file, prepared) in prepared {
            match prepared {
                Ok(Prepared::LongTerm(checkable)) => kept.push(finished(row, checkable, Level::LongTerm, None)),
                Ok(Prepared::Archival(prepared)) => ready.push((row, file, *prepared)),
                Err(error) => {
                    tracing::error!(alarm = "lifting", document.id = %row.document_id, error = %error, "a file cannot be lifted");
                    kept.push(wait(row, file, Level::TimeStamped, WaitingFor::RevocationStatus));
                }
            }
        }
        if ready.is_empty() {
            return kept;
        }
        let digests: Vec<[u8; 32]> = ready.iter().map(|(_, _, prepared)| prepared.digest()).collect();
        let stamps = match self.stamp_all(&digests).await {
            Ok(stamps) => stamps,
            Err(refusal) => {
                let waiting = waiting_for(refusal);
                kept.extend(ready.into_iter().map(|(row, file, _)| wait(row, file, Level::TimeStamped, waiting)));
                return kept;
            }
        };
        for ((row, file, prepared), token) in ready.into_iter().zip(&stamps.tokens) {
            kept.push(match prepared.complete(token) {
                Ok(archived) => finished(row, archived, Level::Archival, Some(stamps.unit.not_after)),
                Err(error) => {
                    tracing::error!(alarm = "time-stamp", document.id = %row.document_id, error = %error, "a time-stamp does not fit the file");
                    wait(row, file, Level::TimeStamped, WaitingFor::TimeStamp)
                }
            });
        }
        kept
    }
}

/// Appends the material and the place of the time-stamp.
pub(super) fn prepare(file: &[u8], material: &ValidationMaterial) -> Result<PreparedTimestamp, pades::Error> {
    let room = crate::lifting::TOKEN_BOUND;
    augment::prepare_archive(file, material, &augment::next_field_name(file)?, room)
}

fn wanted(row: &Document) -> Level {
    row.wanted_level.parse().unwrap_or_default()
}

fn waiting_for(refusal: Refusal) -> WaitingFor {
    match refusal {
        Refusal::TokenUnavailable => WaitingFor::Token,
        _ => WaitingFor::TimeStamp,
    }
}

fn finished(row: Document, file: Vec<u8>, level: Level, proof_ends: Option<OffsetDateTime>) -> Kept {
    Kept { row, fate: Fate::Finished { file, level, proof_ends } }
}

fn wait(row: Document, file: Vec<u8>, level: Level, waiting: WaitingFor) -> Kept {
    Kept { row, fate: Fate::Waiting { file, level, waiting } }
}

fn stopped(row: Document, file: Vec<u8>, obstacle: &Obstacle) -> Kept {
    match obstacle {
        Obstacle::Wait(waiting) => wait(row, file, Level::TimeStamped, *waiting),
        Obstacle::Never(refusal) => Kept::refused(row, refusal.clone()),
    }
}
