//! Every certificate: recorded before it is signed, completed afterwards.

use sqlx::FromRow;

use super::{Recorded, Tx};
use crate::error::Error;

/// A certificate to record for signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCertificate {
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// `root`, `issuing`, `ocsp`, `tsa_ca`, `tsa` or `doctor`.
    pub kind: String,
    /// The request it is issued for: at most one certificate each.
    pub request_id: Option<String>,
    /// SHA-256 of that request's canonical form, hexadecimal.
    pub request_sha256: Option<String>,
    /// The portal's id of the subject.
    pub person_id: Option<String>,
    /// The doctor's key.
    pub key_id: Option<String>,
    /// SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
    pub spki_sha256: String,
    /// The `TBSCertificate` that will be signed, DER.
    pub tbs: Vec<u8>,
    /// Version of the profile it follows.
    pub profile_version: String,
    /// Names, licence, unit, assurance level: JSON.
    pub details: String,
    /// Start of validity.
    pub not_before: i64,
    /// End of validity.
    pub not_after: i64,
    /// When it is recorded.
    pub recorded_at: i64,
}

/// A certificate as stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Certificate {
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// `root`, `issuing`, `ocsp`, `tsa_ca`, `tsa` or `doctor`.
    pub kind: String,
    /// The request it is issued for.
    pub request_id: Option<String>,
    /// SHA-256 of that request's canonical form, hexadecimal.
    pub request_sha256: Option<String>,
    /// The portal's id of the subject.
    pub person_id: Option<String>,
    /// The doctor's key.
    pub key_id: Option<String>,
    /// SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
    pub spki_sha256: String,
    /// The `TBSCertificate`, DER.
    pub tbs: Vec<u8>,
    /// The certificate, DER, once issued.
    pub der: Option<Vec<u8>>,
    /// SHA-256 of the DER, hexadecimal, once issued.
    pub sha256: Option<String>,
    /// Version of the profile it follows.
    pub profile_version: String,
    /// Names, licence, unit, assurance level: JSON.
    pub details: String,
    /// Start of validity.
    pub not_before: i64,
    /// End of validity.
    pub not_after: i64,
    /// `recorded` or `issued`.
    pub state: String,
    /// When it was recorded.
    pub recorded_at: i64,
    /// When it was issued.
    pub issued_at: Option<i64>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select serial, kind, request_id, request_sha256, person_id, key_id, spki_sha256, \
             tbs, der, sha256, profile_version, details, not_before, not_after, state, \
             recorded_at, issued_at from certificate ",
            $rest
        )
    };
}

impl Tx {
    /// Records a certificate before it is signed. Commit, then sign.
    ///
    /// One request has one certificate: a repeat of the same request returns the one that was
    /// recorded first, whose TBS (and serial) is then the one to sign.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the request said something else before, or if the serial or the
    /// person's key is taken.
    pub async fn record_certificate(&mut self, new: &NewCertificate) -> Result<Recorded<Certificate>, Error> {
        let done = sqlx::query(
            "insert into certificate (serial, kind, request_id, request_sha256, person_id, \
             key_id, spki_sha256, tbs, profile_version, details, not_before, not_after, state, \
             recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'recorded', \
             $13) on conflict do nothing",
        )
        .bind(&new.serial)
        .bind(&new.kind)
        .bind(&new.request_id)
        .bind(&new.request_sha256)
        .bind(&new.person_id)
        .bind(&new.key_id)
        .bind(&new.spki_sha256)
        .bind(&new.tbs)
        .bind(&new.profile_version)
        .bind(&new.details)
        .bind(new.not_before)
        .bind(new.not_after)
        .bind(new.recorded_at)
        .execute(self.connection())
        .await?;
        let stored = match &new.request_id {
            Some(request_id) => self.certificate_of_request(request_id).await?,
            None => self.certificate(&new.serial).await?,
        };
        match stored {
            Some(row) if done.rows_affected() == 1 => Ok(Recorded::New(row)),
            Some(row) if new.request_id.is_some() && row.request_sha256 == new.request_sha256 => {
                Ok(Recorded::Already(row))
            }
            Some(row) if new.request_id.is_none() && row.tbs == new.tbs => Ok(Recorded::Already(row)),
            _ => Err(Error::Conflict { table: "certificate" }),
        }
    }

    /// Stores the signed certificate. Returns what is stored: the one signed first, if two
    /// signed at once.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was never recorded.
    pub async fn complete_certificate(
        &mut self,
        serial: &str,
        der: &[u8],
        sha256: &str,
        at: i64,
    ) -> Result<Recorded<Certificate>, Error> {
        let done = sqlx::query(
            "update certificate set der = $1, sha256 = $2, issued_at = $3, state = 'issued' \
             where serial = $4 and state = 'recorded'",
        )
        .bind(der)
        .bind(sha256)
        .bind(at)
        .bind(serial)
        .execute(self.connection())
        .await?;
        match self.certificate(serial).await? {
            Some(row) if done.rows_affected() == 1 => Ok(Recorded::New(row)),
            Some(row) => Ok(Recorded::Already(row)),
            None => Err(Error::Conflict { table: "certificate" }),
        }
    }

    /// Certificates recorded and not yet issued, oldest first: recovery signs them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unfinished_certificates(&mut self) -> Result<Vec<Certificate>, Error> {
        let rows = sqlx::query_as(select!("where state = 'recorded' order by recorded_at, serial"))
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }

    /// A certificate by its serial number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn certificate(&mut self, serial: &str) -> Result<Option<Certificate>, Error> {
        let row = sqlx::query_as(select!("where serial = $1")).bind(serial).fetch_optional(self.connection()).await?;
        Ok(row)
    }

    /// The certificate of a request.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn certificate_of_request(&mut self, request_id: &str) -> Result<Option<Certificate>, Error> {
        let row =
            sqlx::query_as(select!("where request_id = $1")).bind(request_id).fetch_optional(self.connection()).await?;
        Ok(row)
    }

    /// A person's certificates, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn certificates_of(&mut self, person_id: &str) -> Result<Vec<Certificate>, Error> {
        let rows = sqlx::query_as(select!("where person_id = $1 order by recorded_at desc, serial desc"))
            .bind(person_id)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }

    /// The certificates of a kind, newest first: `root`, `issuing`, `ocsp`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn certificates_of_kind(&mut self, kind: &str) -> Result<Vec<Certificate>, Error> {
        let rows = sqlx::query_as(select!("where kind = $1 order by recorded_at desc, serial desc"))
            .bind(kind)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }
}
