//! Every certificate: recorded before it is signed, completed afterwards.

use sqlx::FromRow;

use super::{Recorded, Tx};
use crate::error::Error;

/// A certificate to record for signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCertificate {
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// `root`, `issuing`, `tsa_ca`, `ocsp`, `tsa`, `doctor` or `api_client`.
    pub kind: String,
    /// Its issuer's name: `root`, `issuing-<generation>` or `tsa-ca`.
    pub issuer: String,
    /// The CRL shard it names.
    pub shard: Option<i64>,
    /// The request it is issued for: at most one certificate each.
    pub request_id: Option<String>,
    /// SHA-256 of that request's canonical form, hexadecimal.
    pub request_sha256: Option<String>,
    /// The portal's id of the subject.
    pub person_id: Option<String>,
    /// The unit it speaks of.
    pub unit_code: Option<String>,
    /// The doctor's key.
    pub key_id: Option<String>,
    /// SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
    pub spki_sha256: String,
    /// SHA-256 of the subject's DER, hexadecimal: with the key, certified once.
    pub subject_sha256: Option<String>,
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
    /// `root`, `issuing`, `tsa_ca`, `ocsp`, `tsa`, `doctor` or `api_client`.
    pub kind: String,
    /// Its issuer's name: `root`, `issuing-<generation>` or `tsa-ca`.
    pub issuer: String,
    /// The CRL shard it names.
    pub shard: Option<i64>,
    /// The request it is issued for.
    pub request_id: Option<String>,
    /// SHA-256 of that request's canonical form, hexadecimal.
    pub request_sha256: Option<String>,
    /// The portal's id of the subject.
    pub person_id: Option<String>,
    /// The unit it speaks of.
    pub unit_code: Option<String>,
    /// The doctor's key.
    pub key_id: Option<String>,
    /// SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
    pub spki_sha256: String,
    /// SHA-256 of the subject's DER, hexadecimal: with the key, certified once.
    pub subject_sha256: Option<String>,
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
            "select serial, kind, issuer, shard, request_id, request_sha256, person_id, unit_code, \
             key_id, spki_sha256, subject_sha256, tbs, der, sha256, profile_version, details, \
             not_before, not_after, state, recorded_at, issued_at from certificate ",
            $rest
        )
    };
}

/// The beginning of a query for certificates.
pub(super) const COLUMNS: &str = select!("");

impl Tx {
    /// Records a certificate before it is signed. Commit, then sign.
    ///
    /// One request has one certificate: a repeat of the same request returns the one that was
    /// recorded first, whose TBS (and serial) is then the one to sign.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the request said something else before, if the serial, the person's
    /// key or the subject's key is taken, or (table `blocked_key`) if the key is blocked.
    pub async fn record_certificate(&mut self, new: &NewCertificate) -> Result<Recorded<Certificate>, Error> {
        let done = sqlx::query(
            "insert into certificate (serial, kind, issuer, shard, request_id, request_sha256, \
             person_id, unit_code, key_id, spki_sha256, subject_sha256, tbs, profile_version, \
             details, not_before, not_after, recorded_at, state) select $1, $2, $3, \
             cast($4 as bigint), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, cast($15 as bigint), \
             cast($16 as bigint), cast($17 as bigint), 'recorded' where not exists \
             (select 1 from blocked_key where spki_sha256 = $10) on conflict do nothing",
        )
        .bind(&new.serial)
        .bind(&new.kind)
        .bind(&new.issuer)
        .bind(new.shard)
        .bind(&new.request_id)
        .bind(&new.request_sha256)
        .bind(&new.person_id)
        .bind(&new.unit_code)
        .bind(&new.key_id)
        .bind(&new.spki_sha256)
        .bind(&new.subject_sha256)
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
            _ if self.is_blocked(&new.spki_sha256).await? => Err(Error::Conflict { table: "blocked_key" }),
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
    #[cfg(feature = "testing")]
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

    /// The certificates of a key, newest first, by the SHA-256 of its `SubjectPublicKeyInfo` in
    /// hexadecimal.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn certificates_by_key(&mut self, spki_sha256: &str) -> Result<Vec<Certificate>, Error> {
        let rows = sqlx::query_as(select!("where spki_sha256 = $1 order by recorded_at desc, serial desc"))
            .bind(spki_sha256)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }

    /// The instant of the newest thing recorded: nothing may be issued with an earlier one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn newest_entry_at(&mut self) -> Result<Option<i64>, Error> {
        let (entry, certificate): (Option<i64>, Option<i64>) =
            sqlx::query_as("select (select max(at) from ledger_entry), (select max(recorded_at) from certificate)")
                .fetch_one(self.connection())
                .await?;
        Ok(entry.max(certificate))
    }

    /// The certificates of a kind, newest first: `root`, `issuing`, `ocsp`. Not for doctors',
    /// of whom there are many.
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
