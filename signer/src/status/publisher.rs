//! Publishing CRLs: on a timer even when nothing changed, and soon after a revocation. Each is
//! compared with the one before it; what would bring a certificate back without a lifting record
//! is not published.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ca::crl::{self, EncodedEntry, Parameters, Scope};
use store::ids::micros;
use store::journal::Crl;
use time::{Duration, OffsetDateTime};

use super::index::List;
use super::lists::PublishedList;
use crate::authorities::Authority;
use crate::core::{Core, journal_refusal};
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
            let failed = published.is_err();
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
        // The last of a CA that ended stands for ever (RFC 5280 §4.1.2.5: no well-defined end).
        if published.next_update.year() == 9999 {
            return false;
        }
        now - published.this_update >= AGE || !self.is_covered(list, &published)
    }

    /// Whether a published list says what the journal says now.
    pub(crate) fn is_covered(&self, list: List, published: &PublishedList) -> bool {
        let changed = self.status.index.state().list(list).map_or(0, |state| state.sequence);
        if let Some(covers) = published.covers {
            return covers >= changed;
        }
        let Some((content, same)) = crl::parse(&published.der).ok().and_then(|view| {
            let listed: Vec<_> = view.entries.iter().map(EncodedEntry::new).collect::<Result<_, _>>().ok()?;
            let content = self.content(list);
            let same = content.entries == listed;
            Some((content, same))
        }) else {
            return false;
        };
        if same {
            self.status.lists.confirm(list, published.number, content.sequence);
        }
        same
    }

    fn content(&self, list: List) -> Content {
        let state = self.status.index.state();
        let entries = state.list(list).map(|state| state.entries.values().cloned().collect()).unwrap_or_default();
        Content { entries, sequence: state.sequence, as_of: state.as_of }
    }

    async fn publish_list(&self, list: List, authority: &Authority) -> Result<(), Refusal> {
        let name = list.to_string();
        let content = self.content(list);
        // Reserved and committed before anything is signed under it: numbers only grow.
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let number = tx.next_crl_number(&name).await.map_err(|error| journal_refusal(&error))?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        let this_update = content.as_of.replace_nanosecond(0).map_err(|_| Refusal::Internal)?;
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
        if let Some(previous) = self.status.lists.newest(list) {
            let lifted = |serial| self.status.index.state().list(list).is_some_and(|on| on.lifted.contains(&serial));
            if let Err(error) = crl::compare(&previous.der, authority.issuer(), &parameters, lifted) {
                return Err(self.withhold(list, previous.number, &error).await);
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
        tx.insert_crl(&row).await.map_err(|error| journal_refusal(&error))?;
        let details = serde_json::json!({ "number": number, "entries": content.entries.len() });
        self.log(&mut tx, "crl.published", &row.shard, &details).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        let published = PublishedList {
            der: Arc::new(der),
            number,
            this_update,
            next_update: parameters.next_update,
            covers: Some(content.sequence),
        };
        self.status.lists.publish(list, published);
        Ok(())
    }

    /// The alarm: the list published last stays, and the ledger says once why.
    async fn withhold(&self, list: List, number: i64, error: &ca::Error) -> Refusal {
        tracing::error!(list = %list, last = number, error = %error, "ALARM: a CRL is withheld, the last one stays");
        let on_record = self.status.attempts.last(list).is_some_and(|attempt| attempt.withheld);
        if !on_record && self.record_withheld(list, number, error).await.is_ok() {
            self.status.attempts.note(list, Attempt { at: self.now(), failed: true, withheld: true });
        }
        Refusal::Internal
    }

    async fn record_withheld(&self, list: List, number: i64, error: &ca::Error) -> Result<(), Refusal> {
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let details = serde_json::json!({ "last": number, "why": error.to_string() });
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
