//! Persons: whoever an invitation brought in.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// A person as the portal knows them. What is personal is sealed before it comes here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// UUID.
    pub id: String,
    /// What the invitation was for: `doctor`, `ra_officer`, `evidence_officer`, `central`.
    /// Not a right: rights come from the signer's journal.
    pub invited_as: String,
    /// Code of the unit the invitation named.
    pub unit_code: String,
    /// The names, sealed.
    pub names_sealed: Vec<u8>,
    /// Keyed digest of the national ID; empty until it is known.
    pub identity_digest: String,
    /// The national ID, sealed.
    pub national_id_sealed: Option<Vec<u8>>,
    /// Reference of the signing passkey as JSON.
    pub signing_credential: Option<String>,
    /// When the person came in.
    pub created_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    invited_as: String,
    unit_code: String,
    names_sealed: Vec<u8>,
    identity_digest: String,
    national_id_sealed: Option<Vec<u8>>,
    signing_credential: Option<String>,
    created_at: i64,
}

impl From<Row> for Person {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            invited_as: row.invited_as,
            unit_code: row.unit_code,
            names_sealed: row.names_sealed,
            identity_digest: row.identity_digest,
            national_id_sealed: row.national_id_sealed,
            signing_credential: row.signing_credential,
            created_at: instant(row.created_at),
        }
    }
}

impl Tx {
    /// Adds a person.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id is taken.
    pub async fn add_person(&mut self, person: &Person) -> Result<(), Error> {
        let added = sqlx::query(
            "insert into person (id, invited_as, unit_code, names_sealed, identity_digest, national_id_sealed, \
             signing_credential, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $8) \
             on conflict do nothing",
        )
        .bind(&person.id)
        .bind(&person.invited_as)
        .bind(&person.unit_code)
        .bind(&person.names_sealed)
        .bind(&person.identity_digest)
        .bind(person.national_id_sealed.clone())
        .bind(person.signing_credential.clone())
        .bind(micros(person.created_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "person")
    }

    /// The person of this id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn person(&mut self, id: &str) -> Result<Option<Person>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select id, invited_as, unit_code, names_sealed, identity_digest, national_id_sealed, \
             signing_credential, created_at from person where id = $1",
        )
        .bind(id)
        .fetch_optional(self.connection())
        .await?;
        Ok(row.map(Person::from))
    }

    /// Persons invited as officers to this unit who have enrolled a signing passkey,
    /// oldest first, at most 200.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn enrolled_officers(&mut self, unit_code: &str) -> Result<Vec<Person>, Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, invited_as, unit_code, names_sealed, identity_digest, national_id_sealed, \
             signing_credential, created_at from person where unit_code = $1 \
             and invited_as in ('ra_officer', 'evidence_officer') and signing_credential is not null \
             order by created_at limit 200",
        )
        .bind(unit_code)
        .fetch_all(self.connection())
        .await?;
        Ok(rows.into_iter().map(Person::from).collect())
    }

    /// Writes down who the person says they are.
    ///
    /// # Errors
    /// [`Error::Conflict`] if there is no such person.
    pub async fn set_identity(
        &mut self,
        id: &str,
        names_sealed: &[u8],
        identity_digest: &str,
        national_id_sealed: &[u8],
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let changed = sqlx::query(
            "update person set names_sealed = $2, identity_digest = $3, national_id_sealed = $4, updated_at = $5 \
             where id = $1",
        )
        .bind(id)
        .bind(names_sealed.to_vec())
        .bind(identity_digest)
        .bind(national_id_sealed.to_vec())
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(changed, "person")
    }

    /// Writes down the signing passkey, once: a later one replaces it only by the signer's own way.
    ///
    /// # Errors
    /// [`Error::Conflict`] if there is one already, another than this.
    pub async fn set_signing_credential(&mut self, id: &str, json: &str, now: OffsetDateTime) -> Result<(), Error> {
        let changed = sqlx::query(
            "update person set signing_credential = $2, updated_at = $3 \
             where id = $1 and (signing_credential is null or signing_credential = $2)",
        )
        .bind(id)
        .bind(json)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(changed, "person")
    }
}
