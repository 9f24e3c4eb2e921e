//! The revocation state in memory, so that OCSP answers and CRLs need no search of the journal.
//!
//! It follows the journal's revocation events by their sequence, which is the order in which
//! they were committed, and so is right with several signers on one journal. It is asked again
//! several times a second; what it says is used for one second and never after that.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use ca::crl::{EncodedEntry, Entry};
use ca::ocsp::Status;
use ca::{RevocationReason, Serial};
use store::Journal;
use store::ids::instant;
use store::journal::{RevocationEvent, RevocationKind};
use time::OffsetDateTime;

use crate::core::journal_refusal;
use crate::edge::Clock;
use crate::protocol::Refusal;

/// How long the state may be used after it was read.
pub(crate) const LIFE: Duration = Duration::from_secs(1);

/// How long reading may take: an answer that waits longer is of no use.
const PATIENCE: Duration = Duration::from_millis(900);

/// Events read at once.
const BATCH: i64 = 5_000;

/// A CRL: what it is called below `/crl/` and in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum List {
    /// A shard of an issuing CA, by its global number.
    Shard(u16),
    /// Everything the time-stamping CA issued.
    TimeStamping,
    /// Everything the root issued.
    Root,
}

impl List {
    /// The list that names a certificate of this issuer and shard.
    pub(crate) fn of(issuer: &str, shard: Option<i64>) -> Option<Self> {
        match (issuer, shard) {
            ("root", _) => Some(Self::Root),
            ("tsa-ca", _) => Some(Self::TimeStamping),
            (_, shard) => u16::try_from(shard?).ok().map(Self::Shard),
        }
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shard(number) => write!(f, "{number}"),
            Self::TimeStamping => f.write_str("tsa"),
            Self::Root => f.write_str("root"),
        }
    }
}

impl FromStr for List {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let list = match text {
            "root" => Self::Root,
            "tsa" => Self::TimeStamping,
            number => Self::Shard(number.parse().map_err(|_| Refusal::NotFound)?),
        };
        // One spelling of each.
        if list.to_string() == text { Ok(list) } else { Err(Refusal::NotFound) }
    }
}

/// The revoked certificates of one list.
#[derive(Debug, Default)]
pub(crate) struct ListState {
    /// Sequence of the newest event that concerns it.
    pub(crate) sequence: i64,
    /// What it lists.
    pub(crate) entries: BTreeMap<Serial, EncodedEntry>,
    /// What it listed once and a lifting record took off.
    pub(crate) lifted: HashSet<Serial>,
}

/// What the journal said when it was read last.
#[derive(Debug)]
pub(crate) struct State {
    /// Sequence of the newest event.
    pub(crate) sequence: i64,
    /// The clock's time when reading began: the state is known to be right then.
    pub(crate) as_of: OffsetDateTime,
    revoked: HashMap<Serial, Status>,
    lists: HashMap<List, ListState>,
    read: Option<Instant>,
    /// The wishes for a newer state that this one fulfils.
    fulfils: u64,
}

impl State {
    /// Whether a certificate that was issued is good or revoked.
    pub(crate) fn status(&self, serial: Serial) -> Status {
        self.revoked.get(&serial).copied().unwrap_or(Status::Good)
    }

    /// What is known of a list; none if nothing on it was ever revoked.
    pub(crate) fn list(&self, list: List) -> Option<&ListState> {
        self.lists.get(&list)
    }

    fn take(&mut self, event: &RevocationEvent) -> Result<(), Refusal> {
        let broken = |what: &str| {
            tracing::error!(certificate.serial = %event.serial, what, "a revocation in the journal cannot be read");
            Refusal::Internal
        };
        let serial: Serial = event.serial.parse().map_err(|_| broken("serial"))?;
        let reason: RevocationReason = event.reason.parse().map_err(|_| broken("reason"))?;
        let list = List::of(&event.issuer, event.shard).ok_or_else(|| broken("shard"))?;
        let second = |micros: i64| instant(micros).replace_nanosecond(0).map_err(|_| broken("time"));
        let at = second(event.revoked_at)?;
        let invalid_since = event.invalid_since.map(second).transpose()?;
        let entry = EncodedEntry::new(&Entry { serial, at, reason, invalid_since }).map_err(|_| broken("time"))?;
        let state = self.lists.entry(list).or_default();
        state.sequence = event.sequence;
        if event.kind == RevocationKind::Lift {
            self.revoked.remove(&serial);
            state.entries.remove(&serial);
            state.lifted.insert(serial);
        } else {
            self.revoked.insert(serial, Status::Revoked { at, reason, invalid_since });
            state.entries.insert(serial, entry);
            state.lifted.remove(&serial);
        }
        self.sequence = event.sequence;
        Ok(())
    }
}

/// The state, and how fresh it is.
#[derive(Debug)]
pub(crate) struct StatusIndex {
    state: RwLock<State>,
    /// Grows with each wish for a newer state.
    wishes: AtomicU64,
    reading: tokio::sync::Mutex<()>,
}

impl StatusIndex {
    /// An index that has read nothing.
    pub(crate) fn new() -> Self {
        let state = State {
            sequence: 0,
            as_of: OffsetDateTime::UNIX_EPOCH,
            revoked: HashMap::new(),
            lists: HashMap::new(),
            read: None,
            fulfils: 0,
        };
        Self { state: RwLock::new(state), wishes: AtomicU64::new(0), reading: tokio::sync::Mutex::const_new(()) }
    }

    /// What was read is out of date: this process has just committed a revocation.
    pub(crate) fn outdate(&self) {
        self.wishes.fetch_add(1, Ordering::SeqCst);
    }

    /// The state, whatever its age.
    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How old the state is; none if it may not be used.
    pub(crate) fn age(&self) -> Option<Duration> {
        let state = self.state();
        let age = state.read?.elapsed();
        (age < LIFE && state.fulfils == self.wishes.load(Ordering::SeqCst)).then_some(age)
    }

    /// Sees to it that the state may be used.
    ///
    /// # Errors
    /// [`Refusal::JournalUnavailable`] if it is too old and the journal does not answer now.
    pub(crate) async fn freshen(&self, journal: &Journal, clock: &Clock) -> Result<(), Refusal> {
        match self.age() {
            Some(_) => Ok(()),
            None => self.read(journal, clock).await,
        }
    }

    /// Reads what is new in the journal.
    ///
    /// # Errors
    /// [`Refusal::JournalUnavailable`]; the state stays as it was.
    pub(crate) async fn read(&self, journal: &Journal, clock: &Clock) -> Result<(), Refusal> {
        let asked = Instant::now();
        let _reading = self.reading.lock().await;
        // Somebody read while this one waited: that is new enough.
        if self.age().is_some_and(|age| age < asked.elapsed()) {
            return Ok(());
        }
        let first = self.state().read.is_none();
        loop {
            let (begun, as_of) = (Instant::now(), clock.now());
            let wishes = self.wishes.load(Ordering::SeqCst);
            let after = self.state().sequence;
            // The first time there may be a hundred thousand of them.
            let patience = if first { PATIENCE.saturating_mul(30) } else { PATIENCE };
            let events = tokio::time::timeout(patience, events(journal, after))
                .await
                .map_err(|_| Refusal::JournalUnavailable)?
                .map_err(|error| {
                    // Whatever it is: without the journal's word there is no answer.
                    journal_refusal(&error);
                    Refusal::JournalUnavailable
                })?;
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            for event in &events {
                state.take(event)?;
            }
            if i64::try_from(events.len()).unwrap_or(i64::MAX) < BATCH {
                state.as_of = as_of;
                state.read = Some(begun);
                state.fulfils = wishes;
                return Ok(());
            }
        }
    }
}

async fn events(journal: &Journal, after: i64) -> Result<Vec<RevocationEvent>, store::Error> {
    let mut tx = journal.begin().await?;
    tx.revocation_events_since(after, BATCH).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::journal::RevocationSource;

    fn event(sequence: i64, kind: RevocationKind, reason: &str) -> RevocationEvent {
        RevocationEvent {
            sequence,
            serial: "0101010101010101010101010101010101".to_owned(),
            kind,
            at: sequence * 1_000_000,
            reason: reason.to_owned(),
            invalid_since: None,
            revoked_at: 1_000_000,
            activation_id: None,
            source: RevocationSource::Hotline,
            issuer: "issuing-1".to_owned(),
            shard: Some(3),
        }
    }

    #[test]
    fn the_last_event_of_a_certificate_counts() {
        let index = StatusIndex::new();
        let mut state = index.state.write().unwrap();
        let serial: Serial = "0101010101010101010101010101010101".parse().unwrap();
        let hold = event(1, RevocationKind::Hold, "certificate_hold");
        state.take(&hold).unwrap();
        assert!(matches!(state.status(serial), Status::Revoked { reason: RevocationReason::CertificateHold, .. }));
        assert_eq!(state.list(List::Shard(3)).unwrap().entries.len(), 1);
        state.take(&event(2, RevocationKind::Lift, "certificate_hold")).unwrap();
        assert_eq!(state.status(serial), Status::Good);
        let list = state.list(List::Shard(3)).unwrap();
        assert!(list.entries.is_empty() && list.lifted.contains(&serial) && list.sequence == 2);
        state.take(&event(3, RevocationKind::Revoke, "key_compromise")).unwrap();
        assert!(!state.list(List::Shard(3)).unwrap().lifted.contains(&serial), "an entry again");
        assert!(state.list(List::Shard(4)).is_none());
        // What cannot be read stops the index: it must not be passed over as if nothing were revoked.
        assert!(state.take(&RevocationEvent { reason: "surprise".to_owned(), ..hold }).is_err());
    }

    #[test]
    fn a_list_has_one_spelling() {
        for text in ["0", "65535", "root", "tsa"] {
            assert_eq!(text.parse::<List>().unwrap().to_string(), text);
        }
        for text in ["", "00", "+1", "65536", "../root", "Root"] {
            assert_eq!(text.parse::<List>(), Err(Refusal::NotFound), "{text}");
        }
    }
}
