//! Whether a unit's doctors may sign digests: statements signed by the binding key. A row of the
//! journal alone allows nothing.

use store::ids::micros;
use store::journal::DigestPermission;
use time::OffsetDateTime;

use crate::core::{Core, journal_refusal, rfc3339};
use crate::protocol::{DigestSwitch, Refusal};
use crate::statements::Statement;

impl Core {
    /// States what an officer decided, once; `by` is the activation that wills it, recorded before.
    pub(crate) async fn permit_digests(
        &self,
        switch: &DigestSwitch,
        by: &str,
        at: OffsetDateTime,
    ) -> Result<(), Refusal> {
        let newest = self.newest_digest_permission(&switch.unit_code).await?;
        if newest.as_ref().is_some_and(|row| self.willed_by(row, by)) {
            return Ok(());
        }
        let version = newest.map_or(0, |row| row.version) + 1;
        let statement = Statement::DigestPermission {
            unit_code: switch.unit_code.clone(),
            allowed: switch.allow,
            version,
            by: by.to_owned(),
            at: rfc3339(at),
        };
        let (text, signature) = self.sign_statement(&statement).await?;
        let row = DigestPermission {
            unit_code: switch.unit_code.clone(),
            version,
            allowed: i64::from(switch.allow),
            statement: text,
            signature,
            at: micros(at),
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        if !tx.insert_digest_permission(&row).await.map_err(|error| journal_refusal(&error))? {
            drop(tx);
            // Another signer that recovers, or another officer, took this version.
            let newest = self.newest_digest_permission(&switch.unit_code).await?;
            return match newest {
                Some(row) if self.willed_by(&row, by) => Ok(()),
                _ => Err(Refusal::Conflict),
            };
        }
        let details = serde_json::json!({ "allowed": switch.allow, "version": version, "by": by });
        self.log(&mut tx, "digests.switched", &switch.unit_code, &details).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))
    }

    /// Whether a row allows its unit, by a statement of the binding key.
    pub(crate) fn vouches_for_digests(&self, row: &DigestPermission) -> bool {
        matches!(
            self.read(&row.statement, &row.signature),
            Some(Statement::DigestPermission { unit_code, allowed: true, version, .. })
                if unit_code == row.unit_code && version == row.version
        )
    }

    fn willed_by(&self, row: &DigestPermission, activation: &str) -> bool {
        matches!(
            self.read(&row.statement, &row.signature),
            Some(Statement::DigestPermission { by, .. }) if by == activation
        )
    }

    async fn newest_digest_permission(&self, unit_code: &str) -> Result<Option<DigestPermission>, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        tx.newest_digest_permission(unit_code).await.map_err(|error| journal_refusal(&error))
    }
}
