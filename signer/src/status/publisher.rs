//! Publishing CRLs: on a timer even when nothing changed, and soon after a revocation. Each is
//! compared with the one before it; what would bring a certificate back without a lifting record
//! is not published.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use ca::crl::{self, EncodedEntry, Parameters, Scope};
use store::ids::micros;
use store::journal::Crl;
use time::{Duration, OffsetDateTime};

use super::index::List;
use super::lists::{Coverage, PublishedList};
use crate::authorities::Authority;
use crate::core::{CLOCK_TOLERANCE, Core, journal_refusal};
use crate::protocol::Refusal;

/// How long a CRL may be believed (EN 319 411-1 §6.3.9: one each 24 hours at least).
const LIFE: Duration = Duration::hours(24);

/// At what age the next is made though nothing changed: three that fail in a row are survived.
const AGE: Duration = Duration::hours(6);

/// A list is made anew for a revocation this long after the last time at the earliest, so that a
/// thousand revocations do not make a thousand CRLs.
const PAUSE: Duration = Duration::seconds(5);

/// After a CRL that could not be published.
const AFTER_FAILURE: Duration = Duration::seconds(60);

/// Within how much of its end the root's CRL is warned of.
pub(crate) const ROOT_WARNING: Duration = Duration::days(60);

/// Whether the root's CRL that ends then needs its successor soon.
#[must_use]
pub fn root_crl_is_due(next_update: OffsetDateTime, now: OffsetDateTime) -> bool {
    next_update - now < ROOT_WARNING
}

/// What the publisher remembers of its own attempts.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<List, Attempt>>);

#[derive(Debug, Clone, Copy)]
struct Attempt {
    at: OffsetDateTime,
    failed: bool,
    /// That entries had disappeared is on record already.
    withheld: bool,
}

impl Attempts {
    fn last(&self, list: List) -> Option<Attempt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&list).copied()
    }

    fn note(&self, list: List, attempt: Attempt) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(list, attempt);
    }

    fn allows(&self, list: List, now: OffsetDateTime) -> bool {
        let pause = |attempt: Attempt| if attempt.failed { AFTER_FAILURE } else { PAUSE };
        self.last(list).is_none_or(|attempt| (now - attempt.at).abs() >= pause(attempt))
    }
}

/// What a list is to say, taken from the index at one moment.
struct Content {
    entries: Vec<EncodedEntry>,
    sequence: i64,
    as_of: OffsetDateTime,
    newest: Option<OffsetDateTime>,
}

impl Content {
    /// When it was so: when it was read, or by another signer's clock a little later, for a list
    /// says nothing that happened after it.
    ///
    /// # Errors
    /// [`Refusal::ClockBehind`] if the other clock is further ahead than clocks may be apart.
    fn this_update(&self, previous: Option<&PublishedList>) -> Result<OffsetDateTime, Refusal> {
        let as_of = self.as_of.replace_nanosecond(0).map_err(|_| Refusal::Internal)?;
        let latest = self.newest.max(previous.map(|previous| previous.this_update));
        match latest {
            Some(latest) if latest - as_of > CLOCK_TOLERANCE => Err(Refusal::ClockBehind),
            Some(latest) => Ok(as_of.max(latest)),
            None => Ok(as_of),
        }
    }
}

impl Core {
    /// Publishes what is due, if this signer is the one to do it.
    pub(crate) async fn publish_lists(&self) -> Result<(), Refusal> {
        self.follow_lists().await?;
        self.status.index.freshen(&self.journal, &self.clock).await?;
        let now = self.now();
        let due: Vec<(List, &Authority)> =
            self.authorities.lists().filter(|(list, ca)| ca.key().is_ok() && self.is_due(*list, now)).collect();
        if due.is_empty() || !self.may_make("crl-publisher").await? {
            return Ok(());
        }
        self.now_for_record().await?;
        // What the one before this publisher did last.
        self.follow_lists().await?;
        for (list, authority) in due {
            if !self.is_due(list, now) {
                continue;
            }
            let published = self.publish_list(list, authority).await;
            let withheld = self.status.attempts.last(list).is_some_and(|attempt| attempt.withheld);
            // Clocks that meet again, or the CRL of another signer to follow on: both are a matter of seconds.
            let failed =
                published.as_ref().is_err_and(|refusal| !matches!(refusal, Refusal::ClockBehind | Refusal::Conflict));
            self.status.attempts.note(list, Attempt { at: now, failed, withheld: withheld && failed });
            match published {
                Err(Refusal::Internal) | Ok(()) => {}
                Err(refusal) => tracing::warn!(list = %list, refusal = %refusal, "a CRL waits"),
            }
            // It lasts while lists are being made, however many there are.
            if !self.may_make("crl-publisher").await? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn is_due(&self, list: List, now: OffsetDateTime) -> bool {
        if !self.status.attempts.allows(list, now) {
            return false;
        }
        let Some(published) = self.status.lists.newest(list) else { return true };
        if published.is_last() {
            return false;
        }
        now - published.this_update >= AGE || !self.is_covered(list, &published)
    }

    /// Whether a published list says what the journal says now.
    pub(crate) fn is_covered(&self, list: List, published: &PublishedList) -> bool {
        let state = self.status.index.state();
        let on = state.list(list);
        let listed = match &published.coverage {
            Coverage::UpTo(sequence) => return *sequence >= on.map_or(0, |on| on.sequence),
            Coverage::Entries(listed) => listed,
        };
        let none = BTreeMap::new();
        let wanted = on.map_or(&none, |on| &on.entries);
        let same =
            wanted.len() == listed.len() && wanted.iter().all(|(serial, entry)| listed.get(serial) == Some(entry));
        if same {
            self.status.lists.confirm(list, published.number, state.sequence);
        }
        same
    }

    fn content(&self, list: List) -> Content {
        let state = self.status.index.state();
        let on = state.list(list);
        Content {
            entries: on.map(|on| on.entries.values().cloned().collect()).unwrap_or_default(),
            sequence: state.sequence,
            as_of: state.as_of,
            newest: on.and_then(|on| on.newest),
        }
    }

    async fn publish_list(&self, list: List, authority: &Authority) -> Result<(), Refusal> {
        let name = list.to_string();
        let previous = self.status.lists.newest(list);
        if previous.as_ref().is_some_and(PublishedList::is_last) {
            return Ok(());
        }
        // Reserved and committed before anything is signed under it: numbers only grow.
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let newest = tx.lock_newest_crl(&name).await.map_err(|error| journal_refusal(&error))?;
        let number = tx.next_crl_number(&name).await.map_err(|error| journal_refusal(&error))?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        if let (None, Some(newest)) = (&previous, newest) {
            return Err(self.withhold(list, newest, "none of the CRLs before it can be verified").await);
        }
        // After the number: a greater number never says less.
        let content = self.content(list);
        let this_update = content.this_update(previous.as_ref())?;
        let urls = &self.authorities.installation().urls;
        let url = match list {
            List::Shard(shard) => Some(urls.crl_shard(shard)),
            List::TimeStamping | List::Root => None,
        };
        let parameters = Parameters {
            number: u64::try_from(number).map_err(|_| Refusal::Internal)?,
            this_update,
            next_update: this_update + LIFE,
            scope: url.as_deref().map_or(Scope::Everything, |url| Scope::Shard { url }),
            expired_kept_since: Some(authority.issuer().validity().not_before),
            entries: &content.entries,
        };
        if let Some(previous) = &previous {
            let lifted = |serial| self.status.index.state().list(list).is_some_and(|on| on.lifted.contains(&serial));
            if let Err(error) = crl::compare(&previous.der, authority.issuer(), &parameters, lifted) {
                return Err(self.withhold(list, previous.number, &error.to_string()).await);
            }
        }
        let prepared = crl::prepare(authority.issuer(), &parameters).map_err(|error| {
            tracing::error!(list = %list, error = %error, "a CRL cannot be built");
            Refusal::Internal
        })?;
        let der = authority.key()?.sign_crl(prepared).await?;
        let row = Crl {
            shard: name,
            number,
            der: der.clone(),
            this_update: micros(this_update),
            next_update: micros(parameters.next_update),
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let newest = tx.lock_newest_crl(&row.shard).await.map_err(|error| journal_refusal(&error))?;
        if newest != previous.as_ref().map(|previous| previous.number) {
            tracing::info!(list = %list, number, "another CRL came before this one, which is not published");
            return Err(Refusal::Conflict);
        }
        tx.insert_crl(&row).await.map_err(|error| journal_refusal(&error))?;
        let details = serde_json::json!({ "number": number, "entries": content.entries.len() });
        self.log(&mut tx, "crl.published", &row.shard, &details).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        let published = PublishedList {
            der: Arc::new(der),
            number,
            this_update,
            next_update: parameters.next_update,
            coverage: Coverage::UpTo(content.sequence),
        };
        self.status.lists.publish(list, published);
        Ok(())
    }

    /// The alarm: the list published last stays, and the ledger says once why.
    async fn withhold(&self, list: List, number: i64, why: &str) -> Refusal {
        tracing::error!(list = %list, last = number, why, "ALARM: a CRL is withheld, the last one stays");
        let on_record = self.status.attempts.last(list).is_some_and(|attempt| attempt.withheld);
        if !on_record && self.record_withheld(list, number, why).await.is_ok() {
            self.status.attempts.note(list, Attempt { at: self.now(), failed: true, withheld: true });
        }
        Refusal::Internal
    }

    async fn record_withheld(&self, list: List, number: i64, why: &str) -> Result<(), Refusal> {
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let details = serde_json::json!({ "last": number, "why": why });
        self.log(&mut tx, "crl.withheld", &list.to_string(), &details).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }

    /// Says well ahead when the root's CRL needs its successor, which only a ceremony can make.
    pub(crate) fn warn_of_root_crl(&self) {
        if let Some(root) = self.status.lists.newest(List::Root)
            && root_crl_is_due(root.next_update, self.now())
        {
            tracing::warn!(next_update = %root.next_update, "the root's CRL ends soon: hold `rabrong root-crl`");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_list_says_nothing_that_happened_after_it() {
        let as_of = datetime!(2026-03-02 12:00:00.9 UTC);
        let noon = datetime!(2026-03-02 12:00 UTC);
        let content = |ahead| {
            let newest = Some(noon + Duration::seconds(ahead));
            Content { entries: Vec::new(), sequence: 1, as_of, newest }
        };
        for (ahead, said) in [(-60, Ok(0)), (0, Ok(0)), (1, Ok(1)), (2, Ok(2)), (3, Err(Refusal::ClockBehind))] {
            assert_eq!(
                content(ahead).this_update(None),
                said.map(|seconds| noon + Duration::seconds(seconds)),
                "{ahead}"
            );
        }
        // Nor goes it back before the one it follows.
        let previous = |ahead| {
            let this_update = noon + Duration::seconds(ahead);
            PublishedList {
                der: Arc::default(),
                number: 1,
                this_update,
                next_update: this_update + LIFE,
                coverage: Coverage::UpTo(0),
            }
        };
        assert_eq!(content(0).this_update(Some(&previous(2))), Ok(noon + Duration::seconds(2)));
        assert_eq!(content(0).this_update(Some(&previous(3))), Err(Refusal::ClockBehind));
    }
}
