//! Which passkeys may do what, and when one is locked.

use store::ids::{instant, micros};
use store::journal::{FailedAssertion, PasskeyLock, Tx};
use time::{Duration, OffsetDateTime};

use crate::core::{Core, journal_refusal, rfc3339};
use crate::protocol::{ActivationFault, Operation, Refusal};
use crate::tickets::Ticket;
use crate::webauthn::assertion::AssertionParts;

/// Assertions of one passkey refused within [`WINDOW`] before it is locked.
pub(crate) const FAILURES: i64 = 5;

/// How long a refused assertion counts, and how long the first lock is; each that follows
/// without a good touch between is twice as long.
pub(crate) const WINDOW: Duration = Duration::minutes(15);

/// No lock is longer.
pub(crate) const LONGEST: Duration = Duration::hours(24);

/// Which passkeys are accepted from whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeyPolicy {
    /// From doctors, for their own documents and certificates.
    pub doctors: Accepted,
    /// From officers.
    pub officers: Accepted,
    /// What a passkey that cannot be copied (BE = 0) is taken for. Its make is not attested.
    pub device_bound: Assurance,
}

impl Default for PasskeyPolicy {
    fn default() -> Self {
        Self { doctors: Accepted::Any, officers: Accepted::DeviceBound, device_bound: Assurance::L22 }
    }
}

/// Which passkeys are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// Those that are copied between a person's devices too.
    Any,
    /// Only those that cannot leave their device (flag BE not set).
    DeviceBound,
}

/// Authenticator assurance level of a touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assurance {
    /// 2.2: two factors, one of them a cryptographic key.
    L22,
    /// 3: that key is in hardware and does not leave it.
    L3,
}

impl Assurance {
    /// As written: `2.2`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::L22 => "2.2",
            Self::L3 => "3",
        }
    }
}

/// As whom a person acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Doctor,
    Officer,
}

impl Role {
    /// As whom `operation` is activated; `authority` is what the actor acts as.
    pub(crate) fn of(operation: &Operation, authority: &str, actor: &str) -> Self {
        match operation {
            Operation::SignDocuments { .. } | Operation::SignDigests { .. } | Operation::RenewCertificate { .. } => {
                Self::Doctor
            }
            Operation::RevokeCertificate { revocation } if revocation.serial == authority => Self::Doctor,
            // Of their own passkeys everybody decides with those they have.
            Operation::BindCredential { .. } | Operation::StopReplacement { .. } => Self::Doctor,
            Operation::EndCredential { ending } if ending.person_id == actor => Self::Doctor,
            Operation::IssueCertificate { .. }
            | Operation::IssueApiClient { .. }
            | Operation::SwitchDigests { .. }
            | Operation::AppointOfficer { .. }
            | Operation::EndAppointment { .. }
            | Operation::EndCredential { .. }
            | Operation::ReplaceCredential { .. }
            | Operation::RecordEvidence { .. }
            | Operation::RevokeCertificate { .. }
            | Operation::RestoreCertificate { .. }
            | Operation::RevokeCertificates { .. } => Self::Officer,
        }
    }
}

impl PasskeyPolicy {
    /// # Errors
    /// [`Refusal::PasskeyNotAllowed`] for a passkey that can be copied where none may be.
    pub(crate) const fn admit(&self, role: Role, backup_eligible: bool) -> Result<(), Refusal> {
        let accepted = match role {
            Role::Doctor => self.doctors,
            Role::Officer => self.officers,
        };
        match accepted {
            Accepted::DeviceBound if backup_eligible => Err(Refusal::PasskeyNotAllowed),
            Accepted::Any | Accepted::DeviceBound => Ok(()),
        }
    }

    /// The level of a touch.
    pub(crate) const fn assurance(&self, backup_eligible: bool) -> Assurance {
        if backup_eligible { Assurance::L22 } else { self.device_bound }
    }
}

impl Core {
    /// Whether a person in this role may be given this passkey.
    ///
    /// # Errors
    /// [`Refusal::PasskeyNotAllowed`].
    pub(crate) async fn passkey_suits(&self, tx: &mut Tx, credential_id: &str, role: Role) -> Result<(), Refusal> {
        let row = tx.credential(credential_id).await.map_err(|error| journal_refusal(&error))?;
        row.map_or(Ok(()), |row| self.configuration.passkeys.admit(role, row.backup_eligible == 1))
    }

    /// Until when a passkey is locked, if it is.
    pub(crate) async fn locked_until(
        &self,
        tx: &mut Tx,
        credential_id: &str,
    ) -> Result<Option<OffsetDateTime>, Refusal> {
        let newest = tx.newest_passkey_lock(credential_id).await.map_err(|error| journal_refusal(&error))?;
        Ok(newest.map(|lock| instant(lock.until)).filter(|until| *until > self.now()))
    }

    /// Counts an assertion that a bound passkey made and that was refused; until when the passkey
    /// is locked, if this one was one too many. The same assertion counts once, and one that was
    /// accepted before not at all: who got hold of it cannot lock anybody out by sending it again.
    pub(crate) async fn count_failure(
        &self,
        ticket: &Ticket,
        credential_id: &str,
        parts: AssertionParts<'_>,
        fault: ActivationFault,
    ) -> Result<Option<OffsetDateTime>, Refusal> {
        let refusal = |error: store::Error| journal_refusal(&error);
        let now = self.now();
        let failure = FailedAssertion {
            failure_id: store::ids::uuid(now, &mut self.randomness.clone()),
            credential_id: credential_id.to_owned(),
            ticket_hash: ticket.hash.clone(),
            signed_sha256: hex::encode(parts.signed_sha256()),
            fault: fault.name().to_owned(),
            at: micros(now),
        };
        let mut tx = self.journal.begin_write().await.map_err(refusal)?;
        tx.hold_credential(credential_id).await.map_err(refusal)?;
        if !tx.count_failure(&failure, parts.authenticator_data, parts.client_data_json).await.map_err(refusal)? {
            return Ok(None);
        }
        let details = serde_json::json!({ "fault": failure.fault, "signed": failure.signed_sha256 });
        self.log(&mut tx, "passkey.refused", credential_id, &details).await?;
        if fault == ActivationFault::Counter {
            tracing::error!(alarm = "cloned_authenticator", failure.id = %failure.failure_id, "a passkey's counter did not grow");
        }
        let newest = tx.newest_passkey_lock(credential_id).await.map_err(refusal)?;
        let since = newest.as_ref().map_or(i64::MIN, |lock| lock.at).max(micros(now - WINDOW));
        let failures = tx.failures_since(credential_id, since).await.map_err(refusal)?;
        let mut locked = None;
        if failures >= FAILURES {
            let before = tx.locks_in_a_row(credential_id).await.map_err(refusal)?;
            let until = now + lock_length(before);
            let lock = PasskeyLock {
                lock_id: store::ids::uuid(now, &mut self.randomness.clone()),
                credential_id: credential_id.to_owned(),
                number: newest.map_or(0, |lock| lock.number) + 1,
                at: micros(now),
                until: micros(until),
            };
            tx.insert_passkey_lock(&lock).await.map_err(refusal)?;
            let details = serde_json::json!({ "credential": credential_id, "until": rfc3339(until) });
            self.log(&mut tx, "passkey.locked", &lock.lock_id, &details).await?;
            tracing::warn!(alarm = "passkey_locked", lock.id = %lock.lock_id, until = %until, "a passkey is locked");
            locked = Some(until);
        }
        tx.commit().await.map_err(refusal)?;
        Ok(locked)
    }
}

/// How long the next lock is after so many in a row.
fn lock_length(before: i64) -> Duration {
    let doublings = u32::try_from(before.clamp(0, 16)).unwrap_or(0);
    (WINDOW * 2_i32.saturating_pow(doublings)).min(LONGEST)
}

/// The refusal for a passkey that is locked.
pub(crate) fn locked(until: OffsetDateTime) -> Refusal {
    // Rounded up: at the minute that is said, it is over.
    let whole = until + Duration::seconds(59);
    let minute = whole.replace_second(0).unwrap_or(whole);
    Refusal::PasskeyLocked { until: rfc3339(minute) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_grow_and_have_an_end() {
        assert_eq!(lock_length(0), Duration::minutes(15));
        assert_eq!(lock_length(1), Duration::minutes(30));
        assert_eq!(lock_length(5), Duration::hours(8));
        assert_eq!(lock_length(6), Duration::hours(16));
        assert_eq!((lock_length(7), lock_length(400)), (LONGEST, LONGEST));
    }

    #[test]
    fn the_policy_is_a_table_of_role_and_kind() {
        let policy = PasskeyPolicy::default();
        for (role, copied, admitted) in [
            (Role::Doctor, false, true),
            (Role::Doctor, true, true),
            (Role::Officer, false, true),
            (Role::Officer, true, false),
        ] {
            assert_eq!(policy.admit(role, copied).is_ok(), admitted, "{role:?} {copied}");
        }
        let strict = PasskeyPolicy { doctors: Accepted::DeviceBound, device_bound: Assurance::L3, ..policy };
        assert!(strict.admit(Role::Doctor, true).is_err());
        assert_eq!((strict.assurance(true), strict.assurance(false)), (Assurance::L22, Assurance::L3));
    }
}
