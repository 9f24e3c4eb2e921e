//! The ledger's rows, in both databases.
//!
//! An entry is appended in the transaction of the change it tells of, without a place; the
//! leased sequencer gives places afterwards, so writers never queue for the next number.

use ledger::{Entry, Hash, SequencedEntry};
use sqlx::FromRow;
use time::OffsetDateTime;

use crate::error::Error;
use crate::ids::micros;
use crate::transaction::Transaction;

/// Name of the sequencer's lease.
const SEQUENCER: &str = "ledger-sequencer";

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
    /// Returns how many; none if another `holder` has the lease. Begin with `begin_write`,
    /// commit, call again each second.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sequence_next(&mut self, holder: &str, now: OffsetDateTime, limit: i64) -> Result<u64, Error> {
        let lease = time::Duration::seconds(10);
        if !self.take_lease(SEQUENCER, holder, now, lease).await? {
            return Ok(0);
        }
        let (mut next,): (i64,) = sqlx::query_as("select coalesce(max(sequence), -1) + 1 from ledger_entry")
            .fetch_one(self.connection())
            .await?;
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
        Ok(given)
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

    /// The leaves with a place, in order: what a checkpoint is computed from.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for a row this program did not write.
    pub async fn leaves(&mut self) -> Result<Vec<Hash>, Error> {
        let rows: Vec<(String, Vec<u8>)> =
            sqlx::query_as("select id, leaf from ledger_entry where sequence is not null order by sequence")
                .fetch_all(self.connection())
                .await?;
        rows.into_iter()
            .map(|(id, leaf)| {
                Hash::try_from(leaf).map_err(|_| Error::Inconsistent { table: "ledger_entry", column: "leaf", id })
            })
            .collect()
    }

    /// Erases what the entries about a subject said; their leaves stay in the tree.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn erase_entries(&mut self, subject: &str) -> Result<u64, Error> {
        let done = sqlx::query("update ledger_entry set payload = null, salt = null where subject = $1")
            .bind(subject)
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
