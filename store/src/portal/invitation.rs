//! Invitations: one link, one person, once.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// An invitation. The link's secret is not here, only its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// UUID.
    pub id: String,
    /// SHA-256 of the link's token, hexadecimal.
    pub token_digest: String,
    /// `doctor`, `ra_officer`, `evidence_officer` or `central`.
    pub role: String,
    /// Code of the unit.
    pub unit_code: String,
    /// The name the inviter gave, sealed.
    pub name_sealed: Vec<u8>,
    /// Person who invited; empty for the command line.
    pub invited_by: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// From when it is no longer good.
    pub expires_at: OffsetDateTime,
    /// When it was used.
    pub used_at: Option<OffsetDateTime>,
    /// The person it brought in; set in advance where the person's id is fixed elsewhere.
    pub person_id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    token_digest: String,
    role: String,
    unit_code: String,
    name_sealed: Vec<u8>,
    invited_by: String,
    created_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
    person_id: Option<String>,
}

impl From<Row> for Invitation {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            token_digest: row.token_digest,
            role: row.role,
            unit_code: row.unit_code,
            name_sealed: row.name_sealed,
            invited_by: row.invited_by,
            created_at: instant(row.created_at),
            expires_at: instant(row.expires_at),
            used_at: row.used_at.map(instant),
            person_id: row.person_id,
        }
    }
}

impl Tx {
    /// Adds an invitation.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id or the token is taken.
    pub async fn add_invitation(&mut self, invitation: &Invitation) -> Result<(), Error> {
        let added = sqlx::query(
            "insert into invitation (id, token_digest, role, unit_code, name_sealed, invited_by, created_at, \
             expires_at, used_at, person_id) values ($1, $2, $3, $4, $5, $6, $7, $8, null, $9) \
             on conflict do nothing",
        )
        .bind(&invitation.id)
        .bind(&invitation.token_digest)
        .bind(&invitation.role)
        .bind(&invitation.unit_code)
        .bind(&invitation.name_sealed)
        .bind(&invitation.invited_by)
        .bind(micros(invitation.created_at))
        .bind(micros(invitation.expires_at))
        .bind(invitation.person_id.clone())
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "invitation")
    }

    /// The invitation whose token has this digest.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn invitation(&mut self, token_digest: &str) -> Result<Option<Invitation>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select id, token_digest, role, unit_code, name_sealed, invited_by, created_at, expires_at, used_at, \
             person_id from invitation where token_digest = $1",
        )
        .bind(token_digest)
        .fetch_optional(self.connection())
        .await?;
        Ok(row.map(Invitation::from))
    }

    /// Uses an invitation up. `false` if it was used before or is over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn use_invitation(&mut self, id: &str, person_id: &str, now: OffsetDateTime) -> Result<bool, Error> {
        let used = sqlx::query(
            "update invitation set used_at = $2, person_id = $3 \
             where id = $1 and used_at is null and expires_at > $2 and (person_id is null or person_id = $3)",
        )
        .bind(id)
        .bind(micros(now))
        .bind(person_id)
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(used == 1)
    }
}
