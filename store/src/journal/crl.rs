//! Every CRL signed: the newest two of a shard whole, of older ones the digest.

use sha2::{Digest, Sha256};
use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// A signed CRL.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Crl {
    /// Shard number as text, `root` or `tsa`.
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

/// What is kept of each CRL ever signed.
#[cfg(feature = "testing")]
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PastCrl {
    /// Shard number as text, `root` or `tsa`.
    pub shard: String,
    /// CRL number.
    pub number: i64,
    /// SHA-256 of the DER, hexadecimal; none of those from before digests were kept, whose DER
    /// is still there.
    pub sha256: Option<String>,
    /// thisUpdate.
    pub this_update: i64,
    /// nextUpdate.
    pub next_update: i64,
}

impl Tx {
    /// Stores a signed CRL and forgets the bytes of the shard's before the one it follows.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the shard's number is taken.
    pub async fn insert_crl(&mut self, crl: &Crl) -> Result<(), Error> {
        let done = sqlx::query(
            "insert into crl (shard, number, der, sha256, this_update, next_update) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(&crl.shard)
        .bind(crl.number)
        .bind(&crl.der)
        .bind(hex(&crl.der))
        .bind(crl.this_update)
        .bind(crl.next_update)
        .execute(self.connection())
        .await?;
        match done.rows_affected() {
            1 => self.forget_old_crls(&crl.shard).await,
            _ => Err(Error::Conflict { table: "crl" }),
        }
    }

    async fn forget_old_crls(&mut self, shard: &str) -> Result<(), Error> {
        let old: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "select number, der from crl where shard = $1 and der is not null \
             order by number desc limit 100 offset 2",
        )
        .bind(shard)
        .fetch_all(self.connection())
        .await?;
        for (number, der) in old {
            sqlx::query("update crl set der = null, sha256 = $1 where shard = $2 and number = $3")
                .bind(hex(&der))
                .bind(shard)
                .bind(number)
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }

    /// The CRL of the highest number of a shard.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn newest_crl(&mut self, shard: &str) -> Result<Option<Crl>, Error> {
        let row = sqlx::query_as(
            "select shard, number, der, this_update, next_update from crl \
             where shard = $1 and der is not null order by number desc limit 1",
        )
        .bind(shard)
        .fetch_optional(self.connection())
        .await?;
        Ok(row)
    }

    /// The number of the newest CRL stored of a shard, whatever is left of it. Who else asks this waits
    /// until the transaction ends: what is stored in it follows that one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn lock_newest_crl(&mut self, shard: &str) -> Result<Option<i64>, Error> {
        self.lock_counter(&format!("crl-{shard}")).await?;
        let (number,): (Option<i64>,) = sqlx::query_as("select max(number) from crl where shard = $1")
            .bind(shard)
            .fetch_one(self.connection())
            .await?;
        Ok(number)
    }

    /// At most `limit` CRLs of a shard, the newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[cfg(feature = "testing")]
    pub async fn past_crls(&mut self, shard: &str, limit: i64) -> Result<Vec<PastCrl>, Error> {
        let rows = sqlx::query_as(
            "select shard, number, sha256, this_update, next_update from crl \
             where shard = $1 order by number desc limit $2",
        )
        .bind(shard)
        .bind(limit)
        .fetch_all(self.connection())
        .await?;
        Ok(rows)
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

fn hex(der: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(der).into();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
