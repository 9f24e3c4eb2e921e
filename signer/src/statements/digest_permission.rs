//! Whether a unit's doctors may sign digests: statements signed by the binding key. A row of the
//! journal alone allows nothing.

use sha2::{Digest, Sha256};
use store::ids::micros;
use store::journal::DigestPermission;
use time::OffsetDateTime;

use crate::core::{Core, journal_refusal, rfc3339};
use crate::protocol::{DigestSwitch, Refusal};

use super::Statement;

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
        // Above what was put back, too.
        let seen = self.statements.newest_version(&name_of(&switch.unit_code));
        let version = newest.map_or(0, |row| row.version).max(seen) + 1;
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
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        self.newest_seen(&row);
        Ok(())
    }

    /// Whether a row allows its unit, by a statement of the binding key.
    pub(crate) fn vouches_for_digests(&self, row: &DigestPermission) -> bool {
        let Some(Statement::DigestPermission { unit_code, allowed, version, .. }) =
            self.read(&row.statement, &row.signature)
        else {
            return false;
        };
        if unit_code != row.unit_code || version != row.version {
            return false;
        }
        if !self.newest_seen(row) {
            tracing::error!(alarm = "journal", unit.code = %unit_code, version, "an older permission was put back");
            return false;
        }
        allowed
    }

    /// Notes a permission; `false` if this process has seen a newer one, or another of this version.
    fn newest_seen(&self, row: &DigestPermission) -> bool {
        self.statements.follows(&name_of(&row.unit_code), row.version, Sha256::digest(&row.statement).into())
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

/// What the memory calls a unit's permission: no person has such an id.
fn name_of(unit_code: &str) -> String {
    format!("digests/{unit_code}")
}
