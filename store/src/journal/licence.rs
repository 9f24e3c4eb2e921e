//! Whose a licence is: certified for one natural person, never for another.

use super::Tx;
use crate::error::Error;

impl Tx {
    /// The keyed identity digest of the person a licence was first certified for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn licence_holder(&mut self, profession: &str, licence: &str) -> Result<Option<String>, Error> {
        let row: Option<(String,)> =
            sqlx::query_as("select identity_digest from licence_holder where profession = $1 and licence = $2")
                .bind(profession)
                .bind(licence)
                .fetch_optional(self.connection())
                .await?;
        Ok(row.map(|(identity_digest,)| identity_digest))
    }

    /// Notes that a licence is this person's, once.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is another's.
    pub async fn hold_licence(
        &mut self,
        profession: &str,
        licence: &str,
        identity_digest: &str,
        at: i64,
    ) -> Result<(), Error> {
        sqlx::query(
            "insert into licence_holder (profession, licence, identity_digest, at) values ($1, $2, $3, $4) \
             on conflict do nothing",
        )
        .bind(profession)
        .bind(licence)
        .bind(identity_digest)
        .bind(at)
        .execute(self.connection())
        .await?;
        match self.licence_holder(profession, licence).await? {
            Some(holder) if holder == identity_digest => Ok(()),
            _ => Err(Error::Conflict { table: "licence_holder" }),
        }
    }
}
