//! Programs that ask through the API, each registered for one unit.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// A registered program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiClient {
    /// The `client_id` of RFC 6749: a UUID.
    pub id: String,
    /// Code of the unit it is registered for.
    pub unit_code: String,
    /// What the officer calls it.
    pub name: String,
    /// Grant types, separated by spaces.
    pub grants: String,
    /// Scopes, separated by spaces.
    pub scopes: String,
    /// Addresses a browser may be sent back to: JSON array.
    pub redirect_uris: String,
    /// SHA-256 of the secret, hexadecimal.
    pub secret_sha256: String,
    /// When the secret was made.
    pub secret_changed_at: OffsetDateTime,
    /// Where it wants to be told; empty if nowhere.
    pub webhook_url: String,
    /// The key of those messages, sealed.
    pub webhook_secret_sealed: Option<Vec<u8>>,
    /// Person who registered it.
    pub created_by: String,
    /// When.
    pub created_at: OffsetDateTime,
    /// When it was switched off, if so.
    pub disabled_at: Option<OffsetDateTime>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    unit_code: String,
    name: String,
    grants: String,
    scopes: String,
    redirect_uris: String,
    secret_sha256: String,
    secret_changed_at: i64,
    webhook_url: String,
    webhook_secret_sealed: Option<Vec<u8>>,
    created_by: String,
    created_at: i64,
    disabled_at: Option<i64>,
}

impl From<Row> for ApiClient {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            unit_code: row.unit_code,
            name: row.name,
            grants: row.grants,
            scopes: row.scopes,
            redirect_uris: row.redirect_uris,
            secret_sha256: row.secret_sha256,
            secret_changed_at: instant(row.secret_changed_at),
            webhook_url: row.webhook_url,
            webhook_secret_sealed: row.webhook_secret_sealed,
            created_by: row.created_by,
            created_at: instant(row.created_at),
            disabled_at: row.disabled_at.map(instant),
        }
    }
}

impl Tx {
    /// Registers a program.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id is taken.
    pub async fn add_api_client(&mut self, client: &ApiClient) -> Result<(), Error> {
        let added = sqlx::query(
            "insert into api_client (id, unit_code, name, grants, scopes, redirect_uris, secret_sha256, \
             secret_changed_at, webhook_url, webhook_secret_sealed, created_by, created_at, disabled_by, disabled_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $8, '', null) on conflict do nothing",
        )
        .bind(&client.id)
        .bind(&client.unit_code)
        .bind(&client.name)
        .bind(&client.grants)
        .bind(&client.scopes)
        .bind(&client.redirect_uris)
        .bind(&client.secret_sha256)
        .bind(micros(client.created_at))
        .bind(&client.webhook_url)
        .bind(client.webhook_secret_sealed.clone())
        .bind(&client.created_by)
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "api_client")
    }

    /// The program of this id, switched off or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn api_client(&mut self, id: &str) -> Result<Option<ApiClient>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select id, unit_code, name, grants, scopes, redirect_uris, secret_sha256, secret_changed_at, \
             webhook_url, webhook_secret_sealed, created_by, created_at, disabled_at from api_client where id = $1",
        )
        .bind(id)
        .fetch_optional(self.connection())
        .await?;
        Ok(row.map(ApiClient::from))
    }

    /// A unit's programs, oldest first, at most 200.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn api_clients_of_unit(&mut self, unit_code: &str) -> Result<Vec<ApiClient>, Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, unit_code, name, grants, scopes, redirect_uris, secret_sha256, secret_changed_at, \
             webhook_url, webhook_secret_sealed, created_by, created_at, disabled_at from api_client \
             where unit_code = $1 order by created_at, id limit 200",
        )
        .bind(unit_code)
        .fetch_all(self.connection())
        .await?;
        Ok(rows.into_iter().map(ApiClient::from).collect())
    }

    /// Gives a program another secret. `false` if there is none such, or it is switched off.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn change_api_secret(
        &mut self,
        id: &str,
        secret_sha256: &str,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update api_client set secret_sha256 = $2, secret_changed_at = $3 where id = $1 and disabled_at is null",
        )
        .bind(id)
        .bind(secret_sha256)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Switches a program off for good. `false` if it was off before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn disable_api_client(&mut self, id: &str, by: &str, now: OffsetDateTime) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update api_client set disabled_at = $3, disabled_by = $2 where id = $1 and disabled_at is null",
        )
        .bind(id)
        .bind(by)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }
}
