//! Access tokens of programs: known only by the digest of their value.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// An access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// SHA-256 of the token, hexadecimal.
    pub token_sha256: String,
    /// The program it was given to.
    pub client_id: String,
    /// On whose behalf; empty if on the program's own.
    pub person_id: String,
    /// Scopes, separated by spaces.
    pub scopes: String,
    /// What the grant binds it to, JSON; empty if nothing.
    pub bound_to: String,
    /// When it was given.
    pub issued_at: OffsetDateTime,
    /// Its end.
    pub expires_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Row {
    token_sha256: String,
    client_id: String,
    person_id: String,
    scopes: String,
    bound_to: String,
    issued_at: i64,
    expires_at: i64,
}

impl Tx {
    /// Adds a token, and forgets those that ended a day ago.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the digest is taken.
    pub async fn add_api_token(&mut self, token: &ApiToken) -> Result<(), Error> {
        sqlx::query("delete from api_token where expires_at <= $1")
            .bind(micros(token.issued_at - time::Duration::DAY))
            .execute(self.connection())
            .await?;
        let added = sqlx::query(
            "insert into api_token (token_sha256, client_id, person_id, scopes, bound_to, issued_at, expires_at, \
             revoked_at) values ($1, $2, $3, $4, $5, $6, $7, null) on conflict do nothing",
        )
        .bind(&token.token_sha256)
        .bind(&token.client_id)
        .bind(&token.person_id)
        .bind(&token.scopes)
        .bind(&token.bound_to)
        .bind(micros(token.issued_at))
        .bind(micros(token.expires_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "api_token")
    }

    /// The token of this digest, unless it ended, was revoked, or its program is switched off.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn api_token(&mut self, token_sha256: &str, now: OffsetDateTime) -> Result<Option<ApiToken>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select t.token_sha256, t.client_id, t.person_id, t.scopes, t.bound_to, t.issued_at, t.expires_at \
             from api_token t join api_client c on c.id = t.client_id where t.token_sha256 = $1 \
             and t.expires_at > $2 and t.revoked_at is null and c.disabled_at is null",
        )
        .bind(token_sha256)
        .bind(micros(now))
        .fetch_optional(self.connection())
        .await?;
        Ok(row.map(|row| ApiToken {
            token_sha256: row.token_sha256,
            client_id: row.client_id,
            person_id: row.person_id,
            scopes: row.scopes,
            bound_to: row.bound_to,
            issued_at: instant(row.issued_at),
            expires_at: instant(row.expires_at),
        }))
    }

    /// Ends a token. `false` if it was over before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revoke_api_token(&mut self, token_sha256: &str, now: OffsetDateTime) -> Result<bool, Error> {
        let changed =
            sqlx::query("update api_token set revoked_at = $2 where token_sha256 = $1 and revoked_at is null")
                .bind(token_sha256)
                .bind(micros(now))
                .execute(self.connection())
                .await?
                .rows_affected();
        Ok(changed == 1)
    }

    /// Ends every token of a program.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revoke_api_tokens_of(&mut self, client_id: &str, now: OffsetDateTime) -> Result<u64, Error> {
        Ok(sqlx::query("update api_token set revoked_at = $2 where client_id = $1 and revoked_at is null")
            .bind(client_id)
            .bind(micros(now))
            .execute(self.connection())
            .await?
            .rows_affected())
    }
}
