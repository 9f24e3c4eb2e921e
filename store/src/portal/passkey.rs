//! Login passkeys, and the state of a ceremony between its start and its finish.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// A login passkey.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LoginPasskey {
    /// base64url without padding.
    pub credential_id: String,
    /// Whose it is.
    pub person_id: String,
    /// The credential as JSON.
    pub passkey: String,
}

/// A ceremony begun and not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyCeremony {
    /// Random id.
    pub id: String,
    /// `enrol` or `login`.
    pub kind: String,
    /// The invitation of an enrolment; empty for a login.
    pub subject_id: String,
    /// Its state as JSON.
    pub state: String,
    /// From when it is no longer good.
    pub expires_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    subject_id: String,
    state: String,
    expires_at: i64,
}

impl Tx {
    /// Adds a login passkey.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the credential is registered already, to whomever.
    pub async fn add_login_passkey(&mut self, passkey: &LoginPasskey, now: OffsetDateTime) -> Result<(), Error> {
        let added = sqlx::query(
            "insert into login_passkey (credential_id, person_id, passkey, created_at, last_used_at) \
             values ($1, $2, $3, $4, null) on conflict do nothing",
        )
        .bind(&passkey.credential_id)
        .bind(&passkey.person_id)
        .bind(&passkey.passkey)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "login_passkey")
    }

    /// The login passkey with this credential id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn login_passkey(&mut self, credential_id: &str) -> Result<Option<LoginPasskey>, Error> {
        Ok(sqlx::query_as("select credential_id, person_id, passkey from login_passkey where credential_id = $1")
            .bind(credential_id)
            .fetch_optional(self.connection())
            .await?)
    }

    /// Writes down that a login passkey was used, with its new counter.
    ///
    /// # Errors
    /// [`Error::Conflict`] if there is no such passkey.
    pub async fn touch_login_passkey(
        &mut self,
        credential_id: &str,
        passkey: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let changed = sqlx::query("update login_passkey set passkey = $2, last_used_at = $3 where credential_id = $1")
            .bind(credential_id)
            .bind(passkey)
            .bind(micros(now))
            .execute(self.connection())
            .await?
            .rows_affected();
        super::one(changed, "login_passkey")
    }

    /// Keeps a ceremony's state, and forgets those that are over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn add_ceremony(&mut self, ceremony: &PasskeyCeremony, now: OffsetDateTime) -> Result<(), Error> {
        sqlx::query("delete from passkey_ceremony where expires_at <= $1")
            .bind(micros(now))
            .execute(self.connection())
            .await?;
        let added = sqlx::query(
            "insert into passkey_ceremony (id, kind, subject_id, state, expires_at) values ($1, $2, $3, $4, $5) \
             on conflict do nothing",
        )
        .bind(&ceremony.id)
        .bind(&ceremony.kind)
        .bind(&ceremony.subject_id)
        .bind(&ceremony.state)
        .bind(micros(ceremony.expires_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "passkey_ceremony")
    }

    /// Takes a ceremony's state out: a challenge is answered at most once.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn take_ceremony(
        &mut self,
        id: &str,
        kind: &str,
        now: OffsetDateTime,
    ) -> Result<Option<PasskeyCeremony>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select id, kind, subject_id, state, expires_at from passkey_ceremony \
             where id = $1 and kind = $2 and expires_at > $3",
        )
        .bind(id)
        .bind(kind)
        .bind(micros(now))
        .fetch_optional(self.connection())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let taken = sqlx::query("delete from passkey_ceremony where id = $1")
            .bind(id)
            .execute(self.connection())
            .await?
            .rows_affected();
        Ok((taken == 1).then(|| PasskeyCeremony {
            id: row.id,
            kind: row.kind,
            subject_id: row.subject_id,
            state: row.state,
            expires_at: instant(row.expires_at),
        }))
    }
}
