//! Issuing doctors' certificates: built, linted under a throw-away key, signed by the token,
//! checked. The record is measured beside it, with the signer's own code: see `recorded`.

use anyhow::Context as _;
use ca::profile::doctor;
use ca::{AssuranceLevel, Generation, IssuerName, Serial, SubjectKey, Validity};
use hsm::Purpose;
use signer::edge::Randomness;
use std::num::NonZeroU16;

use super::installation::{Installation, certify, subject_of_doctor};
use super::task::{RAW_SIGN, Task};

/// Lint, signature and its check; the doctor's key is at hand, nothing is recorded.
pub(super) fn unrecorded<'a>(installation: &'a Installation, randomness: &Randomness) -> Task<'a> {
    let mut randomness = randomness.clone();
    let subject = subject_of_doctor();
    let issuing = IssuerName::Issuing(Generation::FIRST);
    Task::here("issue", Some(RAW_SIGN), move || {
        let room = &installation.issuing_room;
        let serial = Serial::generate(issuing.serial_octet(), &mut randomness);
        let request = doctor::Request {
            subject: &subject,
            public_key: &SubjectKey::from_spki_der(&installation.doctor_key.spki)?,
            serial,
            validity: Validity::years(installation.now, doctor::MAX_YEARS)?,
            licence_end: None,
            level: AssuranceLevel::Ial2_3,
            shard: issuing.shard(serial, NonZeroU16::MIN)?,
        };
        let prepared = doctor::prepare(&request, &room.issuer, &room.installation, &room.throw_away)?;
        certify(&installation.token, Purpose::Issuing(1), prepared).context("a doctor's certificate")?;
        Ok(1)
    })
}
