//! What persons let programs do: asked at the authorization endpoint, granted with a code that
//! works once.

use time::{Duration, OffsetDateTime};

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// What a program asks a person for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuthorization {
    /// SHA-256 of the value in the page's address, hexadecimal.
    pub id: String,
    /// The program.
    pub client_id: String,
    /// What it is to be allowed.
    pub scope: String,
    /// Where the browser goes back to.
    pub redirect_uri: String,
    /// The program's own word.
    pub client_state: String,
    /// RFC 7636 §4.2, S256.
    pub code_challenge: String,
    /// What exactly, JSON; empty if the scope says it all.
    pub asked: String,
    /// When it is asked.
    pub created_at: OffsetDateTime,
    /// Until when a person may act on it.
    pub expires_at: OffsetDateTime,
}

/// The same as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// SHA-256 of the value in the page's address, hexadecimal.
    pub id: String,
    /// The program.
    pub client_id: String,
    /// What it is to be allowed.
    pub scope: String,
    /// Where the browser goes back to.
    pub redirect_uri: String,
    /// The program's own word.
    pub client_state: String,
    /// RFC 7636 §4.2, S256.
    pub code_challenge: String,
    /// What exactly, JSON; empty if the scope says it all.
    pub asked: String,
    /// Who acts; empty until somebody does.
    pub person_id: String,
    /// `asked`, `proposed`, `granted`, `redeemed`, `denied`.
    pub state: String,
    /// What the signer gave, JSON; empty before.
    pub given: String,
    /// Until when the code works, once there is one.
    pub code_expires_at: Option<OffsetDateTime>,
    /// SHA-256 of the token that the code was redeemed for; empty before.
    pub token_sha256: String,
    /// Until when a person may act on it.
    pub expires_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    scope: String,
    redirect_uri: String,
    client_state: String,
    code_challenge: String,
    asked: String,
    person_id: String,
    state: String,
    given: String,
    code_expires_at: Option<i64>,
    token_sha256: String,
    expires_at: i64,
}

impl From<Row> for Authorization {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            client_id: row.client_id,
            scope: row.scope,
            redirect_uri: row.redirect_uri,
            client_state: row.client_state,
            code_challenge: row.code_challenge,
            asked: row.asked,
            person_id: row.person_id,
            state: row.state,
            given: row.given,
            code_expires_at: row.code_expires_at.map(instant),
            token_sha256: row.token_sha256,
            expires_at: instant(row.expires_at),
        }
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, client_id, scope, redirect_uri, client_state, code_challenge, asked, person_id, state, given, \
             code_expires_at, token_sha256, expires_at from oauth_authorization ",
            $rest
        )
    };
}

impl Tx {
    /// Adds what is asked, and forgets what ended a day ago. `false` if `most` of this program's
    /// wait for somebody already.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id is taken.
    pub async fn add_authorization(&mut self, new: &NewAuthorization, most: i64) -> Result<bool, Error> {
        // What nobody ever acted on goes at once: anybody can bring a browser here.
        let over = "delete from oauth_authorization where expires_at <= $1 or (state = 'asked' and expires_at <= $2)";
        sqlx::query(over)
            .bind(micros(new.created_at - Duration::DAY))
            .bind(micros(new.created_at))
            .execute(self.connection())
            .await?;
        let (waiting,): (i64,) = sqlx::query_as(
            "select count(*) from oauth_authorization where client_id = $1 and state = 'asked' and expires_at > $2",
        )
        .bind(&new.client_id)
        .bind(micros(new.created_at))
        .fetch_one(self.connection())
        .await?;
        if waiting >= most {
            return Ok(false);
        }
        let added = sqlx::query(
            "insert into oauth_authorization (id, client_id, scope, redirect_uri, client_state, code_challenge, asked, \
             person_id, ticket_digest, state, given, code_sha256, code_expires_at, token_sha256, created_at, \
             expires_at) values ($1, $2, $3, $4, $5, $6, $7, '', '', 'asked', '', '', null, '', $8, $9) \
             on conflict do nothing",
        )
        .bind(&new.id)
        .bind(&new.client_id)
        .bind(&new.scope)
        .bind(&new.redirect_uri)
        .bind(&new.client_state)
        .bind(&new.code_challenge)
        .bind(&new.asked)
        .bind(micros(new.created_at))
        .bind(micros(new.expires_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "oauth_authorization").map(|()| true)
    }

    /// What was asked under this id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn authorization(&mut self, id: &str) -> Result<Option<Authorization>, Error> {
        let row: Option<Row> =
            sqlx::query_as(select!("where id = $1")).bind(id).fetch_optional(self.connection()).await?;
        Ok(row.map(Authorization::from))
    }

    /// What a ticket of the signer was opened for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn authorization_of_ticket(&mut self, ticket_digest: &str) -> Result<Option<Authorization>, Error> {
        if ticket_digest.is_empty() {
            return Ok(None);
        }
        let row: Option<Row> = sqlx::query_as(select!("where ticket_digest = $1"))
            .bind(ticket_digest)
            .fetch_optional(self.connection())
            .await?;
        Ok(row.map(Authorization::from))
    }

    /// What a code was given for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn authorization_of_code(&mut self, code_sha256: &str) -> Result<Option<Authorization>, Error> {
        if code_sha256.is_empty() {
            return Ok(None);
        }
        let row: Option<Row> = sqlx::query_as(select!("where code_sha256 = $1"))
            .bind(code_sha256)
            .fetch_optional(self.connection())
            .await?;
        Ok(row.map(Authorization::from))
    }

    /// Writes down who acts, and the signer's ticket for it. `false` if it is over, or another's.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn propose_authorization(
        &mut self,
        id: &str,
        person_id: &str,
        ticket_digest: &str,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update oauth_authorization set state = 'proposed', person_id = $2, ticket_digest = $3 where id = $1 \
             and state in ('asked', 'proposed') and person_id in ('', $2) and expires_at > $4",
        )
        .bind(id)
        .bind(person_id)
        .bind(ticket_digest)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Grants it with a code. `false` if it is granted or denied already, or another's.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn grant_authorization(
        &mut self,
        id: &str,
        person_id: &str,
        given: &str,
        code_sha256: &str,
        code_expires_at: OffsetDateTime,
    ) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update oauth_authorization set state = 'granted', person_id = $2, given = $3, code_sha256 = $4, \
             code_expires_at = $5 where id = $1 and state in ('asked', 'proposed') and person_id in ('', $2)",
        )
        .bind(id)
        .bind(person_id)
        .bind(given)
        .bind(code_sha256)
        .bind(micros(code_expires_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Denies it. `false` if it is granted or denied already, or another's.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn deny_authorization(&mut self, id: &str, person_id: &str) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update oauth_authorization set state = 'denied', person_id = $2 where id = $1 \
             and state in ('asked', 'proposed') and person_id in ('', $2)",
        )
        .bind(id)
        .bind(person_id)
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Uses its code up. `false` if that was done before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn redeem_authorization(&mut self, id: &str, token_sha256: &str) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update oauth_authorization set state = 'redeemed', token_sha256 = $2 where id = $1 and state = 'granted'",
        )
        .bind(id)
        .bind(token_sha256)
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }
}
