//! What OCSP and CRLs ask by the thousand: little of a row, by its key alone.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// What is asked of a certificate once it is issued; none of it changes.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct IssuedCertificate {
    /// `root`, `issuing`, `tsa_ca`, `ocsp`, `tsa`, `doctor` or `api_client`.
    pub kind: String,
    /// Its issuer's name: `root`, `issuing-<generation>` or `tsa-ca`.
    pub issuer: String,
    /// The CRL shard it names.
    pub shard: Option<i64>,
    /// SHA-256 of the DER, hexadecimal.
    pub sha256: String,
}

impl Tx {
    /// A certificate by its serial number, if it is issued: not one that is recorded only.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn issued_certificate(&mut self, serial: &str) -> Result<Option<IssuedCertificate>, Error> {
        let row = sqlx::query_as(
            "select kind, issuer, shard, sha256 from certificate where serial = $1 and state = 'issued'",
        )
        .bind(serial)
        .fetch_optional(self.connection())
        .await?;
        Ok(row)
    }

    /// The number of the newest CRL of each shard.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn newest_crl_numbers(&mut self) -> Result<Vec<(String, i64)>, Error> {
        let rows = sqlx::query_as("select shard, max(number) from crl where der is not null group by shard")
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }
}
