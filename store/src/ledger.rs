//! The ledger's rows, in both databases.
//!
//! An entry is appended in the transaction of the change it tells of, without a place; the
//! leased sequencer gives places afterwards, so writers never queue for the next number.

use ledger::{Entry, Hash, SequencedEntry, Tree};
use sqlx::FromRow;
use time::OffsetDateTime;

use crate::error::Error;
use crate::ids::micros;
use crate::transaction::Transaction;

/// Name of the sequencer's lease.
const SEQUENCER: &str = "ledger-sequencer";

/// Leaves read into a tree in one step.
const PAGE: i64 = 10_000;

/// The number of entries that have a place.
const LENGTH: &str = "select coalesce(max(sequence), -1) + 1 from ledger_entry where sequence is not null";

/// How far a tree has come along the log ([`Transaction::grow`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// There are more leaves to read.
    Part,
    /// It holds the whole log; no checkpoint covers that yet.
    Unsigned,
    /// It holds the whole log, which the newest checkpoint covers.
    Signed,
}

/// A signed checkpoint as stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CheckpointRow {
    /// Number of entries.
    pub size: i64,
    /// Merkle root.
    pub root: Vec<u8>,
    /// The signed note.
    pub note: String,
    /// When it was signed.
    pub at: i64,
}

#[derive(FromRow)]
struct EntryRow {
    id: String,
    at: i64,
    kind: String,
    subject: String,
    payload: Option<String>,
    salt: Option<Vec<u8>>,
    leaf: Vec<u8>,
    sequence: i64,
}

impl TryFrom<EntryRow> for SequencedEntry {
    type Error = Error;

    fn try_from(row: EntryRow) -> Result<Self, Error> {
        let inconsistent = |column| Error::Inconsistent { table: "ledger_entry", column, id: row.id.clone() };
        let leaf = Hash::try_from(row.leaf.as_slice()).map_err(|_| inconsistent("leaf"))?;
        let sequence = u64::try_from(row.sequence).map_err(|_| inconsistent("sequence"))?;
        let content = match (row.payload, row.salt) {
            (Some(payload), Some(salt)) => {
                let (id, at) = (row.id.clone(), row.at);
                Some((Entry { id, at, kind: row.kind, subject: row.subject, payload }, salt))
            }
            _ => None,
        };
        Ok(Self { sequence, id: row.id, leaf, content })
    }
}

impl Transaction {
    /// Appends an entry, without a place yet. `salt` is fresh randomness of
    /// [`ledger::entry::SALT_LENGTH`] bytes.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id was used.
    pub async fn append(&mut self, entry: &Entry, salt: &[u8]) -> Result<(), Error> {
        let leaf = entry.leaf(salt).map_err(|_| Error::Inconsistent {
            table: "ledger_entry",
            column: "payload",
            id: entry.id.clone(),
        })?;
        let done = sqlx::query(
            "insert into ledger_entry (id, at, kind, subject, payload, salt, leaf) \
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        )
        .bind(&entry.id)
        .bind(entry.at)
        .bind(&entry.kind)
        .bind(&entry.subject)
        .bind(&entry.payload)
        .bind(salt)
        .bind(leaf.as_slice())
        .execute(self.connection())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::Conflict { table: "ledger_entry" }),
        }
    }

    /// One step of the sequencer: gives places to at most `limit` entries that have none.
    ///
    /// Returns how many; `None` if another `holder` has the lease. Begin with `begin_write`,
    /// commit, call again each second.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sequence_next(&mut self, holder: &str, now: OffsetDateTime, limit: i64) -> Result<Option<u64>, Error> {
        let lease = time::Duration::seconds(10);
        if !self.take_lease(SEQUENCER, holder, now, lease).await? {
            return Ok(None);
        }
        let (mut next,): (i64,) = sqlx::query_as(LENGTH).fetch_one(self.connection()).await?;
        let waiting: Vec<(String,)> =
            sqlx::query_as("select id from ledger_entry where sequence is null order by id limit $1")
                .bind(limit)
                .fetch_all(self.connection())
                .await?;
        let mut given = 0;
        for (id,) in waiting {
            let done = sqlx::query("update ledger_entry set sequence = $1 where id = $2 and sequence is null")
                .bind(next)
                .bind(&id)
                .execute(self.connection())
                .await?;
            next += i64::from(done.rows_affected() == 1);
            given += done.rows_affected();
        }
        Ok(Some(given))
    }

    /// Takes or prolongs a named lease; `false` if another holder has it.
    ///
    /// The row stays locked until the transaction ends.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn take_lease(
        &mut self,
        name: &str,
        holder: &str,
        now: OffsetDateTime,
        duration: time::Duration,
    ) -> Result<bool, Error> {
        sqlx::query("insert into lease (name, holder, until) values ($1, $2, 0) on conflict do nothing")
            .bind(name)
            .bind(holder)
            .execute(self.connection())
            .await?;
        let done = sqlx::query(
            "update lease set holder = $1, until = $2 \
             where name = $3 and (holder = $1 or until < $4)",
        )
        .bind(holder)
        .bind(micros(now + duration))
        .bind(name)
        .bind(micros(now))
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// At most `limit` entries with a place, from place `from` on, in order.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for a row this program did not write.
    pub async fn entries(&mut self, from: u64, limit: i64) -> Result<Vec<SequencedEntry>, Error> {
        let rows: Vec<EntryRow> = sqlx::query_as(
            "select id, at, kind, subject, payload, salt, leaf, sequence from ledger_entry \
             where sequence >= $1 order by sequence limit $2",
        )
        .bind(i64::try_from(from).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(self.connection())
        .await?;
        rows.into_iter().map(SequencedEntry::try_from).collect()
    }

    /// At most `limit` leaves from place `from` on, in order: what a checkpoint is computed from.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for a row this program did not write, or a place left out.
    pub async fn leaves(&mut self, from: u64, limit: i64) -> Result<Vec<Hash>, Error> {
        let rows: Vec<(String, Vec<u8>, i64)> = sqlx::query_as(
            "select id, leaf, sequence from ledger_entry where sequence >= $1 order by sequence limit $2",
        )
        .bind(i64::try_from(from).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(self.connection())
        .await?;
        rows.into_iter()
            .zip(from..)
            .map(|((id, leaf, sequence), place)| {
                if u64::try_from(sequence) != Ok(place) {
                    return Err(Error::Inconsistent { table: "ledger_entry", column: "sequence", id });
                }
                Hash::try_from(leaf).map_err(|_| Error::Inconsistent { table: "ledger_entry", column: "leaf", id })
            })
            .collect()
    }

    /// Reads the log on into `tree`, which holds its beginning; call again while it is [`Reach::Part`].
    ///
    /// Never lets a log be signed that contradicts its newest checkpoint, or is shorter than that or `tree`.
    /// After an error `tree` is as before.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for such a log; as [`Self::leaves`].
    pub async fn grow(&mut self, tree: &mut Tree) -> Result<Reach, Error> {
        // In this order: entries never go, so those that the checkpoint covers are there.
        let newest: Option<(i64, Vec<u8>)> =
            sqlx::query_as("select size, root from checkpoint order by size desc limit 1")
                .fetch_optional(self.connection())
                .await?;
        let (length,): (i64,) = sqlx::query_as(LENGTH).fetch_one(self.connection()).await?;
        let inconsistent = |table, column, id: i64| Error::Inconsistent { table, column, id: id.to_string() };
        let (signed, root) = newest.unwrap_or_default();
        let covered = u64::try_from(signed).map_err(|_| inconsistent("checkpoint", "size", signed))?;
        let entries = u64::try_from(length).map_err(|_| inconsistent("ledger_entry", "sequence", length))?;
        if entries < covered.max(tree.size()) {
            return Err(inconsistent("ledger_entry", "sequence", length));
        }
        let mut grown = tree.clone();
        let mut leaves = self.leaves(grown.size(), PAGE).await?.into_iter();
        loop {
            if covered > 0 && grown.size() == covered && grown.root().as_slice() != root {
                return Err(inconsistent("checkpoint", "root", signed));
            }
            match leaves.next() {
                Some(leaf) => grown.push(leaf),
                None => break,
            }
        }
        *tree = grown;
        Ok(match tree.size() {
            size if size < entries => Reach::Part,
            size if size > covered => Reach::Unsigned,
            _ => Reach::Signed,
        })
    }

    /// Erases what the entries about a subject said whose kind begins with `kinds`; their leaves
    /// stay in the tree.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn erase_entries(&mut self, subject: &str, kinds: &str) -> Result<u64, Error> {
        let erase = "update ledger_entry set payload = null, salt = null \
                     where subject = $1 and substr(kind, 1, $3) = $2";
        let done = sqlx::query(erase)
            .bind(subject)
            .bind(kinds)
            .bind(i32::try_from(kinds.len()).unwrap_or(i32::MAX))
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected())
    }

    /// Stores a signed checkpoint; the same again is no change.
    ///
    /// # Errors
    /// [`Error::Conflict`] if another root was signed for that size.
    pub async fn add_checkpoint(&mut self, checkpoint: &CheckpointRow) -> Result<(), Error> {
        sqlx::query(
            "insert into checkpoint (size, root, note, at) values ($1, $2, $3, $4) \
             on conflict do nothing",
        )
        .bind(checkpoint.size)
        .bind(&checkpoint.root)
        .bind(&checkpoint.note)
        .bind(checkpoint.at)
        .execute(self.connection())
        .await?;
        let (root,): (Vec<u8>,) = sqlx::query_as("select root from checkpoint where size = $1")
            .bind(checkpoint.size)
            .fetch_one(self.connection())
            .await?;
        if root == checkpoint.root { Ok(()) } else { Err(Error::Conflict { table: "checkpoint" }) }
    }

    /// The checkpoint over the most entries.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn newest_checkpoint(&mut self) -> Result<Option<CheckpointRow>, Error> {
        let row = sqlx::query_as("select size, root, note, at from checkpoint order by size desc limit 1")
            .fetch_optional(self.connection())
            .await?;
        Ok(row)
    }

    /// All checkpoints, the smallest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn checkpoints(&mut self) -> Result<Vec<CheckpointRow>, Error> {
        let rows = sqlx::query_as("select size, root, note, at from checkpoint order by size")
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }
}
