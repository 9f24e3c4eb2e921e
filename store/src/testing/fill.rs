//! A journal of a nation's size, for measuring.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;

use crate::connections::CACHE_SIZE;
use crate::database::Engine;
use crate::error::Error;
use crate::journal::Journal;
use crate::transaction::Transaction;

/// `profile_version` of the rows made here.
const MADE_HERE: &str = "filled";

/// When the first row was recorded, Unix microseconds; the others a second apart.
const BEGINNING: i64 = 1_700_000_000_000_000;

/// Their life: four years.
const LIFE: i64 = 4 * 365 * 86_400_000_000;

/// When the revoked ones were.
const REVOKED_AT: i64 = BEGINNING + 31 * 86_400_000_000;

/// Rows in a statement: SQLite takes a megabyte of text.
const STATEMENT: u64 = 1000;

/// From this many on, the indexes are made anew afterwards.
const MANY: u64 = 20_000;

/// Units that the certificates are spread over.
const UNITS: u64 = 1000;

/// Serial number of the filled certificate `number` (from 0), as issuing CA 1 writes them.
#[must_use]
pub fn filled_serial(number: u64) -> String {
    let mut serial = "01".to_owned();
    serial.push_str(&hex(&digest("serial", number)[..16]));
    serial
}

/// Adds issued doctors' certificates until there are `certificates` made here, and revokes them
/// from the first on until `revocations` are (privilege withdrawn, by the licence feed). Unit codes
/// are `filled-0` to `filled-999`; shards follow the setting `shards`.
///
/// The rows have indexes and shard as in the field, but a few bytes in place of DER: they
/// are looked up, not parsed. Ledger entries are not written.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn fill_journal(journal: &Journal, certificates: u64, revocations: u64) -> Result<(), Error> {
    let mut tx = journal.begin().await?;
    let shards = tx.setting("shards").await?.and_then(|text| text.parse::<u16>().ok()).unwrap_or(1).max(1);
    drop(tx);
    let engine = journal.database().engine();
    let made = count(journal, "select count(*) from certificate where profile_version = 'filled'").await?;
    if made < certificates {
        let mut tx = begin(journal).await?;
        let indexes = if certificates - made < MANY { Vec::new() } else { indexes(&mut tx, engine).await? };
        for (name, _) in &indexes {
            statement(&mut tx, format!("drop index {name}")).await?;
        }
        for first in (made..certificates).step_by(usize::try_from(STATEMENT).unwrap_or(1)) {
            let text = certificate_rows(first..certificates.min(first + STATEMENT), shards, engine);
            statement(&mut tx, text).await?;
        }
        for (_, sql) in indexes {
            statement(&mut tx, sql).await?;
        }
        tx.commit().await?;
    }
    let ended = count(journal, &format!("select count(*) from revocation_event where at = {REVOKED_AT}")).await?;
    if ended < revocations.min(certificates) {
        let mut tx = begin(journal).await?;
        revoke(&mut tx, ended..revocations.min(certificates)).await?;
        tx.commit().await?;
    }
    settle(journal).await
}

/// A write transaction with room for the pages that random serial numbers touch.
async fn begin(journal: &Journal) -> Result<Transaction, Error> {
    let database = journal.database();
    let mut tx = database.begin_write().await?;
    if database.engine() == Engine::Sqlite {
        sqlx::raw_sql("pragma cache_size = -800000").execute(tx.connection()).await?;
    }
    Ok(tx)
}

/// Name and definition of the certificates' indexes that no constraint stands on.
async fn indexes(tx: &mut Transaction, engine: Engine) -> Result<Vec<(String, String)>, Error> {
    let sql = match engine {
        Engine::Sqlite => {
            "select name, sql from sqlite_master where type = 'index' and tbl_name = 'certificate' and sql is not null"
        }
        Engine::Postgres => {
            "select indexname::text, indexdef::text from pg_indexes where tablename = 'certificate' \
             and indexname not in (select conname from pg_constraint)"
        }
    };
    Ok(sqlx::query_as(sql).fetch_all(tx.connection()).await?)
}

/// Runs a text used once: not kept among the prepared ones.
async fn statement(tx: &mut Transaction, text: String) -> Result<(), Error> {
    sqlx::raw_sql(AssertSqlSafe(text)).execute(tx.connection()).await?;
    Ok(())
}

/// Back to the usual cache, and the planner told what there is.
async fn settle(journal: &Journal) -> Result<(), Error> {
    match journal.database().engine() {
        Engine::Sqlite => {
            journal.database().execute_raw(CACHE_SIZE).await?;
            journal.database().execute_raw("pragma wal_checkpoint(truncate)").await?;
        }
        Engine::Postgres => {
            journal.database().execute_raw("vacuum analyze certificate").await?;
            journal.database().execute_raw("vacuum analyze revocation_event").await?;
        }
    }
    Ok(())
}

async fn count(journal: &Journal, sql: &str) -> Result<u64, Error> {
    let mut tx = journal.database().begin().await?;
    let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(sql.to_owned())).fetch_one(tx.connection()).await?;
    Ok(count.unsigned_abs())
}

fn certificate_rows(numbers: std::ops::Range<u64>, shards: u16, engine: Engine) -> String {
    let mut text = "insert into certificate (serial, kind, issuer, shard, request_id, request_sha256, person_id, \
         unit_code, key_id, spki_sha256, subject_sha256, tbs, der, sha256, profile_version, details, not_before, \
         not_after, state, recorded_at, issued_at) values "
        .to_owned();
    for number in numbers.clone() {
        let serial = filled_serial(number);
        let shard = u16::from_str_radix(serial.get(30..).unwrap_or("0"), 16).unwrap_or(0) % shards;
        let (key, subject) = (hex(&digest("key", number)), hex(&digest("subject", number)));
        let (tbs, der) = (hex(&digest("tbs", number)), hex(&digest("der", number)));
        let sha256 = hex(&Sha256::digest(digest("der", number)));
        let (open, close) = if engine == Engine::Sqlite { ("x'", "'") } else { ("'\\x", "'") };
        let at = BEGINNING + i64::try_from(number).unwrap_or(0) * 1_000_000;
        let comma = if number == numbers.start { "" } else { "," };
        let (unit, end) = (number % UNITS, at + LIFE);
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{comma}('{serial}','doctor','issuing-1',{shard},'filled-{number:09}','{subject}','filled-{number:09}','filled-{unit}',\
             null,'{key}','{subject}',{open}{tbs}{close},{open}{der}{close},'{sha256}','{MADE_HERE}','{{}}',{at},{end},\
             'issued',{at},{at})"
        );
    }
    text
}

async fn revoke(tx: &mut Transaction, numbers: std::ops::Range<u64>) -> Result<(), Error> {
    // The counter's row is the lock that every writer of events takes.
    sqlx::raw_sql("insert into counter (name, value) values ('revocation', 0) on conflict do nothing")
        .execute(tx.connection())
        .await?;
    let (mut sequence,): (i64,) =
        sqlx::query_as("update counter set value = value where name = 'revocation' returning value")
            .fetch_one(tx.connection())
            .await?;
    for first in numbers.clone().step_by(usize::try_from(STATEMENT).unwrap_or(1)) {
        let mut text =
            "insert into revocation_event (sequence, serial, kind, at, reason, revoked_at, source) values ".to_owned();
        for number in first..numbers.end.min(first + STATEMENT) {
            sequence += 1;
            let comma = if number == first { "" } else { "," };
            let _ = write!(
                text,
                "{comma}({sequence},'{}','revoke',{REVOKED_AT},'privilege_withdrawn',{REVOKED_AT},'licence_feed')",
                filled_serial(number)
            );
        }
        statement(tx, text).await?;
    }
    sqlx::query("update counter set value = $1 where name = 'revocation'")
        .bind(sequence)
        .execute(tx.connection())
        .await?;
    Ok(())
}

fn digest(of: &str, number: u64) -> [u8; 32] {
    Sha256::new().chain_update(of).chain_update(number.to_be_bytes()).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(*DIGITS.get(usize::from(nibble)).unwrap_or(&b'0'));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
