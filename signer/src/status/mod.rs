//! The status of certificates: OCSP answers and CRLs, from the journal alone.
//!
//! ```text
//! journal ─ revocation events ─► index ─┬─ ocsp ◄─ issued, responder
//!                                       └─ publisher ─► lists
//! ```

mod in_force;
mod index;
mod issued;
mod lists;
mod ocsp;
mod own_answer;
mod publication;
mod publisher;
mod responder;
mod service_certificate;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use crate::core::Core;
use crate::edge::Randomness;
use crate::protocol::{Refusal, Response};

pub(crate) use in_force::serial_of;
pub(crate) use own_answer::OwnAnswer;
pub use publisher::root_crl_is_due;
pub(crate) use service_certificate::refused;

/// How often the journal is asked for new revocations.
const FOLLOW: Duration = Duration::from_millis(200);

/// How often CRLs are looked at.
const PUBLISH: Duration = Duration::from_secs(1);

/// How often certificates of our own are looked at.
const RENEW: Duration = Duration::from_secs(60);

/// Answers and time-stamps that are with the token at once for anybody who asks: what doctors sign
/// always finds room beside them.
const ANONYMOUS: usize = 64;

/// What the status services keep in memory.
#[derive(Debug)]
pub(crate) struct StatusServices {
    pub(crate) index: index::StatusIndex,
    issued: issued::IssuedCertificates,
    responders: responder::Responders,
    lists: lists::Lists,
    attempts: publisher::Attempts,
    /// Room at the token for who need not say who they are.
    anonymous: Semaphore,
    /// How leases name this process.
    pub(crate) holder: String,
}

impl StatusServices {
    pub(crate) fn new(randomness: &Randomness) -> Self {
        Self {
            index: index::StatusIndex::new(),
            issued: issued::IssuedCertificates::new(),
            responders: responder::Responders::default(),
            lists: lists::Lists::default(),
            attempts: publisher::Attempts::default(),
            anonymous: Semaphore::new(ANONYMOUS),
            holder: format!("signer-{}", hex::encode(randomness.bytes::<8>())),
        }
    }
}

impl Core {
    /// Room at the token for one signature that anybody may ask for.
    ///
    /// # Errors
    /// [`Refusal::TokenUnavailable`] if there is none now.
    pub(crate) fn room_for_anybody(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        self.status.anonymous.try_acquire().map_err(|_| Refusal::TokenUnavailable)
    }

    /// What a node that keeps answers must know: the sequence of revocations, how old that word
    /// is, and the number of publications.
    pub(crate) async fn revocation_sequence(&self) -> Result<Response, Refusal> {
        self.status.index.freshen(&self.journal, &self.clock).await?;
        let age = self.status.index.age().ok_or(Refusal::JournalUnavailable)?;
        let sequence = self.status.index.state().sequence;
        let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        Ok(Response::RevocationSequence { sequence, age_ms, publication: self.status.lists.publication() })
    }
}

/// Does once what [`run`] does over and over: reads the revocations, publishes what is due, makes
/// responders and a time-stamping unit where there are none. What fails now is tried again there.
pub async fn begin(core: &Core) {
    if let Err(refusal) = core.status.index.read(&core.journal, &core.clock).await {
        tracing::warn!(refusal = %refusal, "the revocations cannot be read yet");
    }
    publish(core).await;
    renew(core).await;
}

/// Keeps the status services going until the task is dropped: follows the journal's revocations,
/// publishes CRLs, renews responders and time-stamping units.
pub async fn run(core: Arc<Core>) {
    tokio::join!(keep_following(&core), keep_publishing(&core), keep_renewing(&core));
}

async fn keep_following(core: &Core) {
    let mut ticks = ticks(FOLLOW);
    loop {
        ticks.tick().await;
        // What keeps it is in the log already; answers are refused meanwhile.
        if core.status.index.read(&core.journal, &core.clock).await.is_err() {
            sleep(PUBLISH).await;
        }
    }
}

async fn keep_publishing(core: &Core) {
    let mut ticks = ticks(PUBLISH);
    loop {
        ticks.tick().await;
        publish(core).await;
    }
}

async fn keep_renewing(core: &Core) {
    let mut ticks = ticks(RENEW);
    loop {
        ticks.tick().await;
        renew(core).await;
    }
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn publish(core: &Core) {
    if let Err(refusal) = core.publish_lists().await {
        tracing::warn!(refusal = %refusal, "the CRLs wait");
    }
}

async fn renew(core: &Core) {
    core.renew_responders().await;
    if let Err(refusal) = core.renew_time_stamping_unit().await {
        tracing::warn!(refusal = %refusal, "the next time-stamping unit waits");
    }
    core.warn_of_root_crl();
}
