//! Every CRL signed.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// A signed CRL.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Crl {
    /// Shard number as text, or `root`.
    pub shard: String,
    /// CRL number.
    pub number: i64,
    /// DER.
    pub der: Vec<u8>,
    /// thisUpdate.
    pub this_update: i64,
    /// nextUpdate.
    pub next_update: i64,
}

impl Tx {
    /// Stores a signed CRL.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the shard's number is taken.
    pub async fn insert_crl(&mut self, crl: &Crl) -> Result<(), Error> {
        let done = sqlx::query(
            "insert into crl (shard, number, der, this_update, next_update) \
             values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(&crl.shard)
        .bind(crl.number)
        .bind(&crl.der)
        .bind(crl.this_update)
        .bind(crl.next_update)
        .execute(self.connection())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::Conflict { table: "crl" }),
        }
    }

    /// The CRL of the highest number of a shard.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn newest_crl(&mut self, shard: &str) -> Result<Option<Crl>, Error> {
        let row = sqlx::query_as(
            "select shard, number, der, this_update, next_update from crl \
             where shard = $1 order by number desc limit 1",
        )
        .bind(shard)
        .fetch_optional(self.connection())
        .await?;
        Ok(row)
    }

    /// The next CRL number of a shard, from 1: reserved even if the CRL is never stored
    /// (RFC 5280 §5.2.3: numbers only grow).
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn next_crl_number(&mut self, shard: &str) -> Result<i64, Error> {
        self.count_up(&format!("crl-{shard}")).await
    }
}
