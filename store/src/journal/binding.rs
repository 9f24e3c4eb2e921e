//! Who acts with which passkeys. The highest version of a person counts.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// A statement, signed by the binding key, of all that a person acts with.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Binding {
    /// UUID of the binding.
    pub binding_id: String,
    /// The portal's id of the person.
    pub person_id: String,
    /// The passkey this version is about (credential id, base64url without padding).
    pub credential_id: String,
    /// 1 and upwards, per person.
    pub version: i64,
    /// 1 if that passkey is not in force after it.
    pub ended: i64,
    /// The statement that is signed, JSON.
    pub statement: String,
    /// Signature by the binding key.
    pub signature: Vec<u8>,
    /// When.
    pub at: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select binding_id, person_id, credential_id, version, ended, statement, signature, \
             at from binding ",
            $rest
        )
    };
}

impl Tx {
    /// Stores a binding.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id or the person's version is taken.
    pub async fn insert_binding(&mut self, binding: &Binding) -> Result<(), Error> {
        let done = sqlx::query(
            "insert into binding (binding_id, person_id, credential_id, version, ended, \
             statement, signature, at) values ($1, $2, $3, $4, $5, $6, $7, $8) \
             on conflict do nothing",
        )
        .bind(&binding.binding_id)
        .bind(&binding.person_id)
        .bind(&binding.credential_id)
        .bind(binding.version)
        .bind(binding.ended)
        .bind(&binding.statement)
        .bind(&binding.signature)
        .bind(binding.at)
        .execute(self.connection())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::Conflict { table: "binding" }),
        }
    }

    /// A statement by its row's id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn binding_of_id(&mut self, binding_id: &str) -> Result<Option<Binding>, Error> {
        let row =
            sqlx::query_as(select!("where binding_id = $1")).bind(binding_id).fetch_optional(self.connection()).await?;
        Ok(row)
    }

    /// A person's statement of the highest version.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn newest_binding(&mut self, person_id: &str) -> Result<Option<Binding>, Error> {
        let row = sqlx::query_as(select!("where person_id = $1 order by version desc limit 1"))
            .bind(person_id)
            .fetch_optional(self.connection())
            .await?;
        Ok(row)
    }

    /// A person's statement of one version.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn binding(&mut self, person_id: &str, version: i64) -> Result<Option<Binding>, Error> {
        let row = sqlx::query_as(select!("where person_id = $1 and version = $2"))
            .bind(person_id)
            .bind(version)
            .fetch_optional(self.connection())
            .await?;
        Ok(row)
    }
}
