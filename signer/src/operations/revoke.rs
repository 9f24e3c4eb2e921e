//! Ending a certificate. Nothing is signed: from the commit on, OCSP says so.

use store::ids::micros;
use store::journal::{Activation, Certificate, NewRevocationEvent, RevocationKind, RevocationSource, Tx};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::authority::OWN_WORD;
use crate::core::{Core, journal_refusal};
use crate::protocol::{Outcome, Refusal, Revocation};

/// The reason after which a key is never certified again.
const KEY_COMPROMISE: &str = "key_compromise";

/// Records the revocation.
pub(crate) async fn carry_out(
    core: &Core,
    revocation: &Revocation,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let end = End::of(&revocation.reason, revocation.invalid_since.as_deref(), activation)?;
    let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
    end.record(core, &mut tx, &revocation.serial, activation.at).await?;
    let certificate = core.certificate_with_status(&mut tx, &revocation.serial).await?;
    tx.commit().await.map_err(|error| journal_refusal(&error))?;
    Ok(Outcome::CertificateRevoked { certificate, revoked_by: activation.person_id.clone() })
}

/// Why and since when, by whose touch.
#[derive(Debug)]
pub(super) struct End<'a> {
    reason: &'a str,
    invalid_since: Option<i64>,
    activation: &'a Activation,
}

impl<'a> End<'a> {
    pub(super) fn of(
        reason: &'a str,
        invalid_since: Option<&str>,
        activation: &'a Activation,
    ) -> Result<Self, Refusal> {
        let invalid_since = match invalid_since {
            Some(text) => Some(micros(OffsetDateTime::parse(text, &Rfc3339).map_err(|_| Refusal::Internal)?)),
            None => None,
        };
        Ok(Self { reason, invalid_since, activation })
    }

    /// Records the end of one certificate in the caller's transaction: a revocation, or more
    /// about one. Of a compromised key, no certificate is issued again.
    pub(super) async fn record(&self, core: &Core, tx: &mut Tx, serial: &str, at: i64) -> Result<(), Refusal> {
        // What is read here stays so until this transaction ends.
        tx.lock_revocations().await.map_err(|error| journal_refusal(&error))?;
        let row = tx.certificate(serial).await.map_err(|error| journal_refusal(&error))?;
        let row = row.ok_or(Refusal::NoCertificate)?;
        let before = tx.revocation(serial).await.map_err(|error| journal_refusal(&error))?;
        let before_since = before.as_ref().and_then(|event| event.invalid_since);
        let is_final = |kind| matches!(kind, RevocationKind::Revoke | RevocationKind::Amend);
        let revoked = before.is_some_and(|event| is_final(event.kind));
        let event = NewRevocationEvent {
            serial: serial.to_owned(),
            kind: if revoked { RevocationKind::Amend } else { RevocationKind::Revoke },
            at,
            reason: self.reason.to_owned(),
            invalid_since: self.since(&row, before_since, at),
            activation_id: Some(self.activation.activation_id.clone()),
            source: RevocationSource::Activation,
        };
        // Carried out again after a crash, it says what is so already.
        if !tx.record_revocation(&event).await.map_err(|error| journal_refusal(&error))?.is_new() {
            return Ok(());
        }
        let name = if revoked { "certificate.revocation_amended" } else { "certificate.revoked" };
        let activation = &self.activation.activation_id;
        core.log(tx, name, serial, &serde_json::json!({ "reason": self.reason, "activation": activation })).await?;
        if self.reason == KEY_COMPROMISE {
            block_key(core, tx, &row.spki_sha256, at, activation).await?;
        }
        Ok(())
    }

    /// Since when: within the certificate's life. A doctor who does not know since when their key
    /// may be in other hands has said it of as many days as their own word reaches.
    fn since(&self, row: &Certificate, before: Option<i64>, at: i64) -> Option<i64> {
        let own = row.person_id.as_deref() == Some(self.activation.person_id.as_str());
        let reach = || (own && self.reason == KEY_COMPROMISE && before.is_none()).then(|| at - micros_of(OWN_WORD));
        self.invalid_since.or_else(reach).map(|since| since.max(row.not_before))
    }
}

/// Sees to it that a key is never certified again.
pub(super) async fn block_key(
    core: &Core,
    tx: &mut Tx,
    spki_sha256: &str,
    at: i64,
    activation: &str,
) -> Result<(), Refusal> {
    if tx.is_blocked(spki_sha256).await.map_err(|error| journal_refusal(&error))? {
        return Ok(());
    }
    tx.block_key(spki_sha256, at, KEY_COMPROMISE, Some(activation)).await.map_err(|error| journal_refusal(&error))?;
    core.log(tx, "key.blocked", spki_sha256, &serde_json::json!({ "activation": activation })).await
}

fn micros_of(duration: time::Duration) -> i64 {
    i64::try_from(duration.whole_microseconds()).unwrap_or(i64::MAX)
}
