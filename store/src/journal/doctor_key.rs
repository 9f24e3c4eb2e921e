//! Doctors' keys, wrapped by the token.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// A doctor's wrapped key.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DoctorKey {
    /// UUID of the key.
    pub key_id: String,
    /// The portal's id of the doctor.
    pub person_id: String,
    /// The wrapping key's epoch.
    pub epoch: i64,
    /// The wrapped private key; none once erased.
    pub wrapped: Option<Vec<u8>>,
    /// SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
    /// The certificate it serves.
    pub certificate_serial: Option<String>,
    /// `p-256`, `p-384` or `rsa-3072`.
    pub algorithm: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select key_id, person_id, epoch, wrapped, spki, created_at, certificate_serial, algorithm \
             from doctor_key ",
            $rest
        )
    };
}

impl Tx {
    /// Stores a key.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id or the public key is known.
    pub async fn insert_doctor_key(&mut self, key: &DoctorKey) -> Result<(), Error> {
        let done = sqlx::query(
            "insert into doctor_key (key_id, person_id, epoch, wrapped, spki, created_at, \
             certificate_serial, algorithm) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
        )
        .bind(&key.key_id)
        .bind(&key.person_id)
        .bind(key.epoch)
        .bind(&key.wrapped)
        .bind(&key.spki)
        .bind(key.created_at)
        .bind(&key.certificate_serial)
        .bind(&key.algorithm)
        .execute(self.connection())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::Conflict { table: "doctor_key" }),
        }
    }

    /// The key a certificate is for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn doctor_key_of_certificate(&mut self, serial: &str) -> Result<Option<DoctorKey>, Error> {
        let row = sqlx::query_as(select!("where certificate_serial = $1"))
            .bind(serial)
            .fetch_optional(self.connection())
            .await?;
        Ok(row)
    }

    /// Gives a key its certificate; `false` if it has one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn assign_doctor_key(&mut self, key_id: &str, serial: &str) -> Result<bool, Error> {
        let done = sqlx::query(
            "update doctor_key set certificate_serial = $1 \
             where key_id = $2 and certificate_serial is null",
        )
        .bind(serial)
        .bind(key_id)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// When the last certificate of an epoch's keys ends; none if there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn last_end_of_epoch(&mut self, epoch: i64) -> Result<Option<i64>, Error> {
        let (end,): (Option<i64>,) = sqlx::query_as(
            "select max(c.not_after) from doctor_key k join certificate c on c.serial = k.certificate_serial \
             where k.epoch = $1",
        )
        .bind(epoch)
        .fetch_one(self.connection())
        .await?;
        Ok(end)
    }

    /// Erases the wrapped private key of a certificate that is over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn erase_doctor_key(&mut self, serial: &str) -> Result<bool, Error> {
        let done = sqlx::query(
            "update doctor_key set wrapped = null \
             where certificate_serial = $1 and wrapped is not null",
        )
        .bind(serial)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
