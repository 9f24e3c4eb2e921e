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
    /// The latest time in any of its events, to the second: what the list says was not so before.
    pub(crate) newest: Option<OffsetDateTime>,
}

/// What the journal said when it was read last.
#[derive(Debug)]
pub(crate) struct State {
    /// Sequence of the newest event.
    pub(crate) sequence: i64,
    /// The clock's time when reading began: the state is known to be right then.
    pub(crate) as_of: OffsetDateTime,
    /// The latest time on record.
    pub(crate) newest_entry: Option<OffsetDateTime>,
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

    /// Takes an event in. What cannot be read in it is left out with an alarm, never the revocation.
    fn take(&mut self, event: &RevocationEvent) {
        self.sequence = event.sequence;
        let alarm = |what: &str| {
            tracing::error!(alarm = "revocation", certificate.serial = %event.serial, what, "a revocation in the journal is not as it was written");
        };
        // Nobody asks about what is no serial number, and no list could name it.
        let Ok(serial) = event.serial.parse::<Serial>() else { return alarm("serial") };
        let reason = event.reason.parse().unwrap_or_else(|_| {
            alarm("reason");
            RevocationReason::Unspecified
        });
        let list = List::of(&event.issuer, event.shard);
        if list.is_none() {
            alarm("shard");
        }
        let time = |micros: i64| whole_second(instant(micros)).filter(|at| *at > OffsetDateTime::UNIX_EPOCH);
        let at = time(event.revoked_at).or_else(|| time(event.at)).unwrap_or_else(|| {
            alarm("time");
            OffsetDateTime::UNIX_EPOCH
        });
        let invalid_since = event.invalid_since.and_then(|since| {
            let since = time(since);
            if since.is_none() {
                alarm("invalid_since");
            }
            since
        });
        let before = self.status(serial);
        let held = matches!(before, Status::Revoked { reason: RevocationReason::CertificateHold, .. });
        let is_final = !held && before != Status::Good;
        let lifts = event.kind == RevocationKind::Lift;
        // What ended for good neither becomes a suspension nor is lifted.
        let follows = match (lifts, reason) {
            (true, _) => held,
            (false, RevocationReason::CertificateHold) => !is_final,
            (false, _) => true,
        };
        if !follows {
            alarm("order");
        }
        if let Some(list) = list {
            let state = self.lists.entry(list).or_default();
            state.sequence = event.sequence;
            state.newest = state.newest.max(Some(at)).max(time(event.at));
        }
        match (follows, lifts) {
            (false, _) => {}
            (true, true) => {
                self.revoked.remove(&serial);
                if let Some(state) = list.and_then(|list| self.lists.get_mut(&list)) {
                    state.entries.remove(&serial);
                    state.lifted.insert(serial);
                }
            }
            (true, false) => self.insert(list, Entry { serial, at, reason, invalid_since }),
        }
    }

    fn insert(&mut self, list: Option<List>, entry: Entry) {
        let Entry { serial, at, reason, invalid_since } = entry;
        self.revoked.insert(serial, Status::Revoked { at, reason, invalid_since });
        let Some(list) = list else { return };
        // An entry without its invalidityDate says less, but it stands in the list.
        let encoded = EncodedEntry::new(&entry).or_else(|_| EncodedEntry::new(&Entry { invalid_since: None, ..entry }));
        let state = self.lists.entry(list).or_default();
        state.lifted.remove(&serial);
        state.newest = state.newest.max(Some(at));
        match encoded {
            Ok(encoded) => drop(state.entries.insert(serial, encoded)),
            Err(error) => {
                tracing::error!(alarm = "revocation", certificate.serial = %serial, error = %error, "no list can say this revocation");
            }
        }
    }

    /// Whether a certificate that a list named has neither an event now nor one that lifted it.
    fn lacks(&self, list: List, serial: Serial) -> bool {
        !self.revoked.contains_key(&serial) && self.list(list).is_none_or(|state| !state.lifted.contains(&serial))
    }
}

fn whole_second(at: OffsetDateTime) -> Option<OffsetDateTime> {
    at.replace_nanosecond(0).ok()
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
            newest_entry: None,
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

    /// Keeps revoked what a list signed by the CA names and the journal knows nothing of, neither a
    /// revocation nor a lifting: a row that was taken away makes no certificate good. The serial
    /// numbers that were kept so. The index must have been read after the list.
    pub(crate) fn keep_listed(&self, list: List, listed: &[Entry]) -> Vec<Serial> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let mut kept = Vec::new();
        for entry in listed {
            if state.lacks(list, entry.serial) {
                state.insert(Some(list), *entry);
                kept.push(entry.serial);
            }
        }
        kept
    }

    /// Whether the journal lacks anything that this list names.
    pub(crate) fn lacks_any(&self, list: List, listed: &[Entry]) -> bool {
        let state = self.state();
        listed.iter().any(|entry| state.lacks(list, entry.serial))
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
            let (events, newest) = tokio::time::timeout(patience, events(journal, after))
                .await
                .map_err(|_| Refusal::JournalUnavailable)?
                .map_err(|error| {
                    // Whatever it is: without the journal's word there is no answer.
                    journal_refusal(&error);
                    Refusal::JournalUnavailable
                })?;
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            for event in &events {
                state.take(event);
            }
            state.newest_entry = newest.map(instant).max(state.newest_entry);
            if i64::try_from(events.len()).unwrap_or(i64::MAX) < BATCH {
                state.as_of = as_of;
                state.read = Some(begun);
                state.fulfils = wishes;
                return Ok(());
            }
        }
    }
}

/// The events after this one, and the latest time on record.
async fn events(journal: &Journal, after: i64) -> Result<(Vec<RevocationEvent>, Option<i64>), store::Error> {
    let mut tx = journal.begin().await?;
    let newest = tx.newest_entry_at().await?;
    Ok((tx.revocation_events_since(after, BATCH).await?, newest))
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

    fn serial() -> Serial {
        "0101010101010101010101010101010101".parse().unwrap()
    }

    fn reason_of(state: &State) -> Option<RevocationReason> {
        match state.status(serial()) {
            Status::Revoked { reason, .. } => Some(reason),
            _ => None,
        }
    }

    #[test]
    fn the_last_event_of_a_certificate_counts() {
        let index = StatusIndex::new();
        let mut state = index.state.write().unwrap();
        state.take(&event(1, RevocationKind::Hold, "certificate_hold"));
        assert_eq!(reason_of(&state), Some(RevocationReason::CertificateHold));
        assert_eq!(state.list(List::Shard(3)).unwrap().entries.len(), 1);
        state.take(&event(2, RevocationKind::Lift, "certificate_hold"));
        assert_eq!(state.status(serial()), Status::Good);
        let list = state.list(List::Shard(3)).unwrap();
        assert!(list.entries.is_empty() && list.lifted.contains(&serial()) && list.sequence == 2);
        assert_eq!(list.newest.map(OffsetDateTime::unix_timestamp), Some(2));
        state.take(&event(3, RevocationKind::Revoke, "key_compromise"));
        assert!(!state.list(List::Shard(3)).unwrap().lifted.contains(&serial()), "an entry again");
        assert!(state.list(List::Shard(4)).is_none());
    }

    #[test]
    fn what_ended_for_good_is_not_lifted() {
        let index = StatusIndex::new();
        let mut state = index.state.write().unwrap();
        state.take(&event(1, RevocationKind::Lift, "certificate_hold"));
        assert!(!state.list(List::Shard(3)).unwrap().lifted.contains(&serial()), "nothing was on hold");
        state.take(&event(2, RevocationKind::Revoke, "key_compromise"));
        // Neither at once nor by way of a suspension.
        for (sequence, kind) in [(3, RevocationKind::Lift), (4, RevocationKind::Hold), (5, RevocationKind::Lift)] {
            state.take(&event(sequence, kind, "certificate_hold"));
            assert_eq!(reason_of(&state), Some(RevocationReason::KeyCompromise), "{kind:?}");
            let list = state.list(List::Shard(3)).unwrap();
            assert!(list.entries.contains_key(&serial()) && list.lifted.is_empty() && list.sequence == sequence);
        }
    }

    #[test]
    fn what_cannot_be_read_is_revoked_all_the_same() {
        let revoked = event(1, RevocationKind::Revoke, "superseded");
        let since = |micros| RevocationEvent { invalid_since: Some(micros), ..revoked.clone() };
        let broken = [
            since(-1),
            since(i64::MIN),
            since(i64::MAX),
            RevocationEvent { reason: "surprise".to_owned(), ..revoked.clone() },
            RevocationEvent { revoked_at: -1, at: i64::MIN, ..revoked.clone() },
        ];
        for event in broken {
            let index = StatusIndex::new();
            let mut state = index.state.write().unwrap();
            state.take(&event);
            assert!(reason_of(&state).is_some() && state.sequence == 1, "{event:?}");
            assert!(state.list(List::Shard(3)).unwrap().entries.contains_key(&serial()), "{event:?}");
        }
        let index = StatusIndex::new();
        let mut state = index.state.write().unwrap();
        state.take(&RevocationEvent { shard: None, ..revoked.clone() });
        assert!(reason_of(&state).is_some(), "whatever list it belongs to");
        // One that nobody can ask about holds up nothing that follows.
        state.take(&RevocationEvent { sequence: 2, serial: "?".to_owned(), ..revoked });
        assert_eq!(state.sequence, 2);
    }

    #[test]
    fn what_a_list_named_stays_revoked_without_its_row() {
        let index = StatusIndex::new();
        let list = List::Shard(3);
        let at = OffsetDateTime::from_unix_timestamp(5).unwrap();
        let reason = RevocationReason::KeyCompromise;
        let listed = [Entry { serial: serial(), at, reason, invalid_since: None }];
        assert!(index.lacks_any(list, &listed));
        assert_eq!(index.keep_listed(list, &listed), [serial()]);
        assert_eq!(reason_of(&index.state()), Some(reason));
        assert!(!index.lacks_any(list, &listed) && index.keep_listed(list, &listed).is_empty());
        // A suspension that was lifted is no row that was taken away.
        let index = StatusIndex::new();
        let mut state = index.state.write().unwrap();
        state.take(&event(1, RevocationKind::Hold, "certificate_hold"));
        state.take(&event(2, RevocationKind::Lift, "certificate_hold"));
        drop(state);
        assert!(index.keep_listed(list, &listed).is_empty());
        assert_eq!(reason_of(&index.state()), None);
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
