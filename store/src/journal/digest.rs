//! Digests that others made: which units' doctors may sign them, and what was signed.

use sqlx::FromRow;

use super::{Recorded, Tx};
use crate::error::Error;

/// Whether a unit's doctors may sign digests, signed by the binding key.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DigestPermission {
    /// Unit code.
    pub unit_code: String,
    /// From 1; the highest counts.
    pub version: i64,
    /// 1 if they may.
    pub allowed: i64,
    /// The statement that is signed, JSON.
    pub statement: String,
    /// Signature by the binding key.
    pub signature: Vec<u8>,
    /// When.
    pub at: i64,
}

/// A digest to record for signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDigestSignature {
    /// The signer's certificate.
    pub certificate_serial: String,
    /// The digest, hexadecimal.
    pub digest: String,
    /// The activation that wills it.
    pub activation_id: String,
    /// Name of the program that asked for it.
    pub client: String,
    /// When it is recorded.
    pub recorded_at: i64,
}

/// A digest as stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DigestSignature {
    /// The signer's certificate.
    pub certificate_serial: String,
    /// The digest, hexadecimal.
    pub digest: String,
    /// The activation that willed it first.
    pub activation_id: String,
    /// Name of the program that asked for it.
    pub client: String,
    /// `recorded` or `signed`.
    pub state: String,
    /// The signature, once there is one.
    pub signature: Option<Vec<u8>>,
    /// When it was recorded.
    pub recorded_at: i64,
    /// When it was signed.
    pub signed_at: Option<i64>,
}

impl Tx {
    /// Stores a permission; `false` if the unit has one of this version.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Refused`] for an unknown unit.
    pub async fn insert_digest_permission(&mut self, row: &DigestPermission) -> Result<bool, Error> {
        let done = sqlx::query(
            "insert into digest_permission (unit_code, version, allowed, statement, signature, at) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(&row.unit_code)
        .bind(row.version)
        .bind(row.allowed)
        .bind(&row.statement)
        .bind(&row.signature)
        .bind(row.at)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// A unit's permission of the highest version.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn newest_digest_permission(&mut self, unit_code: &str) -> Result<Option<DigestPermission>, Error> {
        let row = sqlx::query_as(
            "select unit_code, version, allowed, statement, signature, at from digest_permission \
             where unit_code = $1 order by version desc limit 1",
        )
        .bind(unit_code)
        .fetch_optional(self.connection())
        .await?;
        Ok(row)
    }

    /// Records a digest before it is signed. Commit, then sign. One that this certificate's key
    /// signs or signed for another activation is [`Recorded::Already`].
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Refused`] for an unknown certificate or activation.
    pub async fn record_digest(&mut self, new: &NewDigestSignature) -> Result<Recorded<DigestSignature>, Error> {
        let done = sqlx::query(
            "insert into digest_signature (certificate_serial, digest, activation_id, client, state, recorded_at) \
             values ($1, $2, $3, $4, 'recorded', $5) on conflict do nothing",
        )
        .bind(&new.certificate_serial)
        .bind(&new.digest)
        .bind(&new.activation_id)
        .bind(&new.client)
        .bind(new.recorded_at)
        .execute(self.connection())
        .await?;
        match self.digest_signature(&new.certificate_serial, &new.digest).await? {
            Some(row) if done.rows_affected() == 1 => Ok(Recorded::New(row)),
            Some(row) => Ok(Recorded::Already(row)),
            None => Err(Error::Conflict { table: "digest_signature" }),
        }
    }

    /// Stores the signature of a recorded digest. Returns what is stored: the one made first, if
    /// two were made at once.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was never recorded.
    pub async fn complete_digest(
        &mut self,
        serial: &str,
        digest: &str,
        signature: &[u8],
        at: i64,
    ) -> Result<Recorded<DigestSignature>, Error> {
        let done = sqlx::query(
            "update digest_signature set state = 'signed', signature = $1, signed_at = $2 \
             where certificate_serial = $3 and digest = $4 and state = 'recorded'",
        )
        .bind(signature)
        .bind(at)
        .bind(serial)
        .bind(digest)
        .execute(self.connection())
        .await?;
        match self.digest_signature(serial, digest).await? {
            Some(row) if done.rows_affected() == 1 => Ok(Recorded::New(row)),
            Some(row) => Ok(Recorded::Already(row)),
            None => Err(Error::Conflict { table: "digest_signature" }),
        }
    }

    /// What a certificate's key signed, or is to sign, of a digest.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn digest_signature(&mut self, serial: &str, digest: &str) -> Result<Option<DigestSignature>, Error> {
        let row = sqlx::query_as(
            "select certificate_serial, digest, activation_id, client, state, signature, recorded_at, signed_at \
             from digest_signature where certificate_serial = $1 and digest = $2",
        )
        .bind(serial)
        .bind(digest)
        .fetch_optional(self.connection())
        .await?;
        Ok(row)
    }
}
