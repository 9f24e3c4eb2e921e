//! All that says whether a doctor's key may sign, read at once.

use sqlx::FromRow;

use super::{RevocationKind, Tx};
use crate::error::Error;

/// A doctor's certificate as it stands, with its key.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SigningKey {
    /// The certificate's state; `issued` once it was signed.
    pub state: String,
    /// The issuer's name: `issuing-<generation>`.
    pub issuer: String,
    /// Start of validity.
    pub not_before: i64,
    /// End of validity.
    pub not_after: i64,
    /// What was decided of it last; [`RevocationKind::Lift`] also if nothing ever was.
    #[sqlx(try_from = "String")]
    pub decided: RevocationKind,
    /// The same of its issuer's certificate.
    #[sqlx(try_from = "String")]
    pub issuer_decided: RevocationKind,
    /// The wrapping key's epoch; none without a key.
    pub epoch: Option<i64>,
    /// The wrapped private key; none once erased.
    pub wrapped: Option<Vec<u8>>,
    newest_entry: Option<i64>,
    newest_certificate: Option<i64>,
}

impl SigningKey {
    /// What [`Tx::newest_entry_at`] says, read in the same question.
    pub fn newest_entry_at(&self) -> Option<i64> {
        self.newest_entry.max(self.newest_certificate)
    }
}

impl Tx {
    /// The certificate of that serial number, what was decided of it and of its issuer's, which has the
    /// serial number `issuer`, and its key.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn signing_key(&mut self, serial: &str, issuer: &str) -> Result<Option<SigningKey>, Error> {
        let row = sqlx::query_as(
            "select c.state, c.issuer, c.not_before, c.not_after, k.epoch, k.wrapped, \
             (select max(at) from ledger_entry) as newest_entry, \
             (select max(recorded_at) from certificate) as newest_certificate, \
             coalesce((select e.kind from revocation_event e where e.serial = c.serial \
             order by e.sequence desc limit 1), 'lift') as decided, \
             coalesce((select e.kind from revocation_event e where e.serial = $2 \
             order by e.sequence desc limit 1), 'lift') as issuer_decided \
             from certificate c left join doctor_key k on k.certificate_serial = c.serial where c.serial = $1",
        )
        .bind(serial)
        .bind(issuer)
        .fetch_optional(self.connection())
        .await?;
        Ok(row)
    }
}
