//! Pages that wait for a person: each is used once.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// A new ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTicket {
    /// SHA-256 of the ticket, hexadecimal: the ticket itself is not stored.
    pub ticket_hash: String,
    /// What it is for: the operation's name, or `enrol_credential`.
    pub kind: String,
    /// Who must act, if that is known beforehand.
    pub person_id: Option<String>,
    /// The operation, sealed by the token.
    pub sealed: Vec<u8>,
    /// Where the browser goes afterwards.
    pub return_path: String,
    /// The nonce of the challenge: used once.
    pub nonce: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
    /// When it ends unused.
    pub expires_at: i64,
}

/// A ticket as stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Ticket {
    /// SHA-256 of the ticket, hexadecimal.
    pub ticket_hash: String,
    /// What it is for.
    pub kind: String,
    /// Who must act, if that is known.
    pub person_id: Option<String>,
    /// The operation, sealed by the token; forgotten when the ticket is over.
    pub sealed: Option<Vec<u8>>,
    /// Where the browser goes afterwards.
    pub return_path: String,
    /// The nonce of the challenge.
    pub nonce: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
    /// When it ends unused.
    pub expires_at: i64,
    /// `open`, `activated`, `done`, `refused` or `ended`.
    pub state: String,
    /// What came of it, JSON.
    pub outcome: Option<String>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select ticket_hash, kind, person_id, sealed, return_path, nonce, created_at, \
             expires_at, state, outcome from ticket ",
            $rest
        )
    };
}

impl Tx {
    /// Stores an open ticket.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the ticket or the nonce was used.
    pub async fn insert_ticket(&mut self, ticket: &NewTicket) -> Result<(), Error> {
        let done = sqlx::query(
            "insert into ticket (ticket_hash, kind, person_id, sealed, return_path, nonce, \
             created_at, expires_at, state) values ($1, $2, $3, $4, $5, $6, $7, $8, 'open') \
             on conflict do nothing",
        )
        .bind(&ticket.ticket_hash)
        .bind(&ticket.kind)
        .bind(&ticket.person_id)
        .bind(&ticket.sealed)
        .bind(&ticket.return_path)
        .bind(&ticket.nonce)
        .bind(ticket.created_at)
        .bind(ticket.expires_at)
        .execute(self.connection())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::Conflict { table: "ticket" }),
        }
    }

    /// A ticket by its hash.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ticket(&mut self, ticket_hash: &str) -> Result<Option<Ticket>, Error> {
        let row = sqlx::query_as(select!("where ticket_hash = $1"))
            .bind(ticket_hash)
            .fetch_optional(self.connection())
            .await?;
        Ok(row)
    }

    /// Moves an open ticket to `activated`: of any number of callers one gets `true`, and none
    /// after its time.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn consume_ticket(&mut self, ticket_hash: &str, now: i64) -> Result<bool, Error> {
        let done = sqlx::query(
            "update ticket set state = 'activated' \
             where ticket_hash = $1 and state = 'open' and expires_at > $2",
        )
        .bind(ticket_hash)
        .bind(now)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Moves a ticket from `from` to its last state (`done`, `refused` or `ended`) with what
    /// came of it, and forgets the operation; `false` if it was not in `from`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn finish_ticket(
        &mut self,
        ticket_hash: &str,
        from: &str,
        to: &str,
        outcome: Option<&str>,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "update ticket set state = $1, outcome = $2, sealed = null \
             where ticket_hash = $3 and state = $4",
        )
        .bind(to)
        .bind(outcome)
        .bind(ticket_hash)
        .bind(from)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends the open tickets whose time is over and forgets their operations.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end_tickets(&mut self, now: i64) -> Result<u64, Error> {
        let done = sqlx::query(
            "update ticket set state = 'ended', sealed = null \
             where state = 'open' and expires_at <= $1",
        )
        .bind(now)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected())
    }

    /// Whether a person activated something that is not finished.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn has_activated_ticket(&mut self, person_id: &str) -> Result<bool, Error> {
        let (count,): (i64,) =
            sqlx::query_as("select count(*) from ticket where state = 'activated' and person_id = $1")
                .bind(person_id)
                .fetch_one(self.connection())
                .await?;
        Ok(count > 0)
    }

    /// Tickets that were activated and not finished, oldest first: recovery goes on with them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn activated_tickets(&mut self) -> Result<Vec<Ticket>, Error> {
        let rows = sqlx::query_as(select!("where state = 'activated' order by created_at"))
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }
}
