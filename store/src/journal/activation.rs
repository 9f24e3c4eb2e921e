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
    /// The ordered content digests, hexadecimal, one behind the other.
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
    /// The operation's name inside the challenge.
    pub operation: String,
    /// What the person acted as: serial of a certificate or id of an appointment.
    pub authority: String,
    /// The nonce inside the challenge.
    pub nonce: Vec<u8>,
    /// When the page would have ended: inside the challenge too.
    pub expires_at: i64,
    /// The binding that made the passkey this person's.
    pub binding_id: Option<String>,
    /// 1 if the passkey may be backed up.
    pub backup_eligible: i64,
    /// 1 if it was when it was used.
    pub backup_state: i64,
    /// Authenticator assurance level reached.
    pub assurance: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select activation_id, ticket_hash, person_id, credential_id, operation_digest, \
             challenge, client_data, authenticator_data, signature, at, operation, authority, nonce, \
             expires_at, binding_id, backup_eligible, backup_state, assurance from activation ",
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
             operation_digest, challenge, client_data, authenticator_data, signature, at, operation, \
             authority, nonce, expires_at, binding_id, backup_eligible, backup_state, assurance) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
             on conflict do nothing",
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
        .bind(&row.operation)
        .bind(&row.authority)
        .bind(&row.nonce)
        .bind(row.expires_at)
        .bind(&row.binding_id)
        .bind(row.backup_eligible)
        .bind(row.backup_state)
        .bind(&row.assurance)
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
