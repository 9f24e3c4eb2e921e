//! The CRLs as they are handed out: the newest of each list, in memory. None is signed because
//! somebody asks for it.

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use ca::Serial;
use ca::crl::{self, EncodedEntry, Entry};
use store::journal::Crl;
use time::OffsetDateTime;

use super::index::List;
use crate::authorities::{Authorities, Authority};
use crate::core::{Core, journal_refusal, rfc3339};
use crate::protocol::{Refusal, Response};

/// How many certificates a ledger entry names.
const NAMED: usize = 20;

/// A CRL that is published.
#[derive(Debug, Clone)]
pub(crate) struct PublishedList {
    /// Its DER.
    pub(crate) der: Arc<Vec<u8>>,
    /// `CRLNumber`.
    pub(crate) number: i64,
    /// When its state was taken.
    pub(crate) this_update: OffsetDateTime,
    /// By when there is to be another.
    pub(crate) next_update: OffsetDateTime,
    /// What of the journal it is known to list.
    pub(crate) coverage: Coverage,
}

/// What of the journal's revocations a published list says.
#[derive(Debug, Clone)]
pub(crate) enum Coverage {
    /// All events up to this sequence.
    UpTo(i64),
    /// These entries, of which it is not known what sequence they are of: another signer made the list, or it
    /// was made before this one started.
    Entries(Arc<HashMap<Serial, EncodedEntry>>),
}

impl PublishedList {
    /// Whether it is the last of a CA that ended, which stands for ever (RFC 5280 §4.1.2.5: no
    /// well-defined end).
    pub(crate) fn is_last(&self) -> bool {
        self.next_update.year() == 9999
    }
}

/// The newest CRL of each list.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    published: RwLock<HashMap<List, PublishedList>>,
    /// Changes whenever one of them does.
    publication: AtomicI64,
}

impl Lists {
    /// The newest one known.
    pub(crate) fn newest(&self, list: List) -> Option<PublishedList> {
        self.published.read().unwrap_or_else(PoisonError::into_inner).get(&list).cloned()
    }

    /// Takes one up, if it is newer.
    pub(crate) fn publish(&self, list: List, published: PublishedList) {
        let mut all = self.published.write().unwrap_or_else(PoisonError::into_inner);
        if all.get(&list).is_none_or(|before| before.number < published.number) {
            all.insert(list, published);
            self.publication.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Notes that a list is known to say what the journal says up to this sequence.
    pub(crate) fn confirm(&self, list: List, number: i64, sequence: i64) {
        let mut all = self.published.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(published) = all.get_mut(&list).filter(|published| published.number == number) {
            published.coverage = Coverage::UpTo(sequence);
        }
    }

    /// A number that changes with each publication.
    pub(crate) fn publication(&self) -> i64 {
        self.publication.load(Ordering::SeqCst)
    }
}

impl Authorities {
    /// The lists this signer publishes, and whose they are.
    pub(crate) fn lists(&self) -> impl Iterator<Item = (List, &Authority)> {
        let shards: NonZeroU16 = self.shards();
        let of = move |authority| {
            let numbers: Range<u16> = Authority::shards(authority, shards);
            numbers.map(move |number| (List::Shard(number), authority))
        };
        let time_stamping = self.time_stamping().map(|authority| (List::TimeStamping, authority));
        self.generations().flat_map(of).chain(time_stamping)
    }
}

impl Core {
    /// The newest CRL of a shard, of the time-stamping CA or of the root.
    pub(crate) async fn crl(&self, name: &str) -> Result<Response, Refusal> {
        let list: List = name.parse()?;
        if list != List::Root && self.authorities.lists().all(|(known, _)| known != list) {
            return Err(Refusal::NotFound);
        }
        let published = match self.status.lists.newest(list) {
            Some(published) => published,
            None => self.take_up(list).await?.ok_or(Refusal::NotFound)?,
        };
        Ok(Response::Crl {
            bytes: hex::encode(published.der.as_slice()),
            number: published.number,
            this_update: rfc3339(published.this_update),
            next_update: rfc3339(published.next_update),
        })
    }

    /// Takes up what another signer, or the ceremony, published.
    pub(crate) async fn follow_lists(&self) -> Result<(), Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let newest = tx.newest_crl_numbers().await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        for (name, number) in newest {
            let Ok(list) = name.parse::<List>() else { continue };
            if self.status.lists.newest(list).is_none_or(|known| known.number < number) {
                // One that cannot be read keeps none of the others.
                if let Err(refusal) = self.take_up(list).await {
                    tracing::warn!(list = %list, refusal = %refusal, "a CRL of the journal is passed over");
                }
            }
        }
        Ok(())
    }

    async fn take_up(&self, list: List) -> Result<Option<PublishedList>, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let row = tx.newest_crl(&list.to_string()).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        let Some(row) = row else { return Ok(None) };
        let (published, entries) = self.read_list(list, row)?;
        self.keep_listed(list, published.number, &entries).await?;
        self.status.lists.publish(list, published.clone());
        Ok(Some(published))
    }

    /// What the CA signed stays revoked, whatever became of the journal's rows.
    async fn keep_listed(&self, list: List, number: i64, entries: &[Entry]) -> Result<(), Refusal> {
        if !self.status.index.lacks_any(list, entries) {
            return Ok(());
        }
        // An event is committed before a list names it: what is not there now is there no more.
        self.status.index.outdate();
        self.status.index.freshen(&self.journal, &self.clock).await?;
        let kept = self.status.index.keep_listed(list, entries);
        for serial in &kept {
            tracing::error!(alarm = "revocation", list = %list, number, certificate.serial = %serial,
                "ALARM: a certificate that a CRL lists is not revoked in the journal; it stays revoked");
        }
        if !kept.is_empty()
            && let Err(refusal) = self.record_missing(list, number, &kept).await
        {
            tracing::warn!(refusal = %refusal, "the alarm is not in the ledger");
        }
        Ok(())
    }

    async fn record_missing(&self, list: List, number: i64, kept: &[Serial]) -> Result<(), Refusal> {
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let first: Vec<String> = kept.iter().take(NAMED).map(Serial::to_string).collect();
        let details = serde_json::json!({ "crl": number, "count": kept.len(), "first": first });
        self.log(&mut tx, "revocation.missing", &list.to_string(), &details).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }

    /// A row of the journal is handed out only if the CA signed it.
    fn read_list(&self, list: List, row: Crl) -> Result<(PublishedList, Vec<Entry>), Refusal> {
        let issuer = match list {
            List::Root => Some(self.authorities.root()),
            list => self.authorities.lists().find(|(known, _)| *known == list).map(|(_, ca)| ca.issuer()),
        };
        let view = issuer.and_then(|issuer| {
            let view = crl::parse(&row.der).ok()?;
            view.verify(issuer).ok()?;
            Some(view)
        });
        let Some(view) = view.filter(|view| i64::try_from(view.number) == Ok(row.number)) else {
            tracing::error!(list = %list, number = row.number, "the journal holds a CRL that the CA did not sign");
            return Err(Refusal::Internal);
        };
        let encoded: Result<_, _> =
            view.entries.iter().map(|entry| EncodedEntry::new(entry).map(|encoded| (entry.serial, encoded))).collect();
        let published = PublishedList {
            der: Arc::new(row.der),
            number: row.number,
            this_update: view.this_update,
            next_update: view.next_update,
            coverage: Coverage::Entries(Arc::new(encoded.map_err(|_| Refusal::Internal)?)),
        };
        Ok((published, view.entries))
    }
}
