//! All CRL shards of an issuing CA with a hundred thousand revoked certificates: put together
//! from encoded entries, compared with the ones before, signed, checked.

use std::time::Duration;

use anyhow::Context as _;
use ca::crl::{self, EncodedEntry, Entry, Parameters, Scope};
use ca::{Generation, IssuerName, RevocationReason, Serial};
use hsm::{Purpose, Token};
use signer::edge::Randomness;
use time::OffsetDateTime;

use super::installation::{Installation, sign_list};
use super::task::Task;

/// Revoked certificates over all shards.
const REVOKED: u32 = 100_000;
/// Shards: what a ceremony for a nation sets.
const SHARDS: u16 = 64;

/// One shard: its address, what it lists, and how it was published last.
struct Shard {
    url: String,
    entries: Vec<EncodedEntry>,
    number: u64,
    last: Vec<u8>,
}

/// One operation is all shards.
pub(super) fn shards<'a>(installation: &'a Installation, randomness: &Randomness) -> anyhow::Result<Task<'a>> {
    let room = &installation.issuing_room;
    let (token, issuer) = (&installation.token, &room.issuer);
    let mut shards = Vec::with_capacity(usize::from(SHARDS));
    for number in 0..SHARDS {
        let url = room.installation.urls.crl_shard(number);
        shards.push(Shard { url, entries: Vec::new(), number: 1, last: Vec::new() });
    }
    let mut randomness = randomness.clone();
    let at = installation.now - Duration::from_secs(3600);
    for _ in 0..REVOKED {
        let serial = Serial::generate(IssuerName::Issuing(Generation::FIRST).serial_octet(), &mut randomness);
        let entry = Entry { serial, at, reason: RevocationReason::KeyCompromise, invalid_since: None };
        let number = serial.shard(std::num::NonZeroU16::new(SHARDS).context("shards")?);
        shards.get_mut(usize::from(number)).context("a shard")?.entries.push(EncodedEntry::new(&entry)?);
    }
    for shard in &mut shards {
        shard.last = shard.publish(token, issuer, installation.now)?;
    }
    Ok(Task::here("crl-shards-100000", None, move || {
        for shard in &mut shards {
            shard.number += 1;
            let next = shard.parameters(installation.now);
            crl::compare(&shard.last, issuer, &next, |_| false)?;
            shard.last = shard.publish(token, issuer, installation.now)?;
        }
        Ok(1)
    }))
}

impl Shard {
    fn parameters(&self, now: OffsetDateTime) -> Parameters<'_> {
        Parameters {
            number: self.number,
            this_update: now,
            next_update: now + Duration::from_secs(86_400),
            scope: Scope::Shard { url: &self.url },
            expired_kept_since: Some(now - Duration::from_secs(86_400)),
            entries: &self.entries,
        }
    }

    fn publish(&self, token: &Token, issuer: &ca::Issuer, now: OffsetDateTime) -> anyhow::Result<Vec<u8>> {
        sign_list(token, Purpose::Issuing(1), crl::prepare(issuer, &self.parameters(now))?)
    }
}
