//! What people put their passkeys to. Never changed.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// An activation: the WebAuthn assertion and the digest of what it is about.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Activation {
    /// UUID of the activation.
    pub activation_id: String,
    /// The ticket it used up.
    pub ticket_hash: String,
    /// The portal's id of the person.
    pub person_id: String,
    /// Credential id, base64url without padding.
    pub credential_id: String,
    /// SHA-256 of the operation, hexadecimal.
    pub operation_digest: String,
    /// The challenge.
    pub challenge: Vec<u8>,
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// The assertion's signature.
    pub signature: Vec<u8>,
    /// When.
    pub at: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select activation_id, ticket_hash, person_id, credential_id, operation_digest, \
             challenge, client_data, authenticator_data, signature, at from activation ",
            $rest
        )
    };
}

impl Tx {
    /// Stores an activation.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id or the ticket was used.
    pub async fn insert_activation(&mut self, row: &Activation) -> Result<(), Error> {
        let done = sqlx::query(
            "insert into activation (activation_id, ticket_hash, person_id, credential_id, \
             operation_digest, challenge, client_data, authenticator_data, signature, at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing",
        )
        .bind(&row.activation_id)
        .bind(&row.ticket_hash)
        .bind(&row.person_id)
        .bind(&row.credential_id)
        .bind(&row.operation_digest)
        .bind(&row.challenge)
        .bind(&row.client_data)
        .bind(&row.authenticator_data)
        .bind(&row.signature)
        .bind(row.at)
        .execute(self.connection())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::Conflict { table: "activation" }),
        }
    }

    /// An activation by its id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn activation(&mut self, id: &str) -> Result<Option<Activation>, Error> {
        let row =
            sqlx::query_as(select!("where activation_id = $1")).bind(id).fetch_optional(self.connection()).await?;
        Ok(row)
    }

    /// The activation that used up a ticket.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn activation_of_ticket(&mut self, ticket_hash: &str) -> Result<Option<Activation>, Error> {
        let row = sqlx::query_as(select!("where ticket_hash = $1"))
            .bind(ticket_hash)
            .fetch_optional(self.connection())
            .await?;
        Ok(row)
    }
}
