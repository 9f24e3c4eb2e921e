//! Signing passkeys, enrolled at the signer's origin.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// A signing passkey.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Credential {
    /// Credential id, base64url without padding.
    pub credential_id: String,
    /// The portal's id of the person.
    pub person_id: String,
    /// COSE public key.
    pub cose_key: Vec<u8>,
    /// Random bytes drawn after the key arrived; with the key they give the key code.
    pub key_salt: Vec<u8>,
    /// The newest signature counter.
    pub sign_count: i64,
    /// 1 if it may be backed up.
    pub backup_eligible: i64,
    /// 1 if it is backed up.
    pub backup_state: i64,
    /// `pending`, `bound` or `ended`.
    pub state: String,
    /// When it was enrolled.
    pub enrolled_at: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select credential_id, person_id, cose_key, key_salt, sign_count, backup_eligible, \
             backup_state, state, enrolled_at from credential ",
            $rest
        )
    };
}

impl Tx {
    /// Stores an enrolled passkey.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the credential id is known.
    pub async fn insert_credential(&mut self, credential: &Credential) -> Result<(), Error> {
        let done = sqlx::query(
            "insert into credential (credential_id, person_id, cose_key, key_salt, sign_count, \
             backup_eligible, backup_state, state, enrolled_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
        )
        .bind(&credential.credential_id)
        .bind(&credential.person_id)
        .bind(&credential.cose_key)
        .bind(&credential.key_salt)
        .bind(credential.sign_count)
        .bind(credential.backup_eligible)
        .bind(credential.backup_state)
        .bind(&credential.state)
        .bind(credential.enrolled_at)
        .execute(self.connection())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::Conflict { table: "credential" }),
        }
    }

    /// A passkey by its credential id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn credential(&mut self, id: &str) -> Result<Option<Credential>, Error> {
        let row =
            sqlx::query_as(select!("where credential_id = $1")).bind(id).fetch_optional(self.connection()).await?;
        Ok(row)
    }

    /// A person's passkeys, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn credentials_of(&mut self, person_id: &str) -> Result<Vec<Credential>, Error> {
        let rows = sqlx::query_as(select!("where person_id = $1 order by enrolled_at desc"))
            .bind(person_id)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }

    /// Moves a passkey from one state to another; `false` if it was not in the first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn move_credential(&mut self, id: &str, from: &str, to: &str) -> Result<bool, Error> {
        let done = sqlx::query("update credential set state = $1 where credential_id = $2 and state = $3")
            .bind(to)
            .bind(id)
            .bind(from)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Stores what an assertion told; `false` if the counter is no longer `seen_count`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn update_credential(
        &mut self,
        id: &str,
        seen_count: i64,
        sign_count: i64,
        backup_state: i64,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "update credential set sign_count = $1, backup_state = $2 \
             where credential_id = $3 and sign_count = $4",
        )
        .bind(sign_count)
        .bind(backup_state)
        .bind(id)
        .bind(seen_count)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
