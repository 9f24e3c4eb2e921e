//! Suspending a certificate at once, on anybody's word: who owns the portal may deny, and can
//! restore nothing.

use store::ids::micros;
use store::journal::{NewRevocationEvent, RevocationKind, RevocationSource};

use crate::core::{Core, journal_refusal};
use crate::protocol::{Refusal, Response, SuspensionSource};

/// The CRL reason of a suspension (RFC 5280 §5.3.1).
pub(super) const HOLD: &str = "certificate_hold";

impl Core {
    pub(crate) async fn suspend(
        &self,
        serial: &str,
        source: SuspensionSource,
        evidence_sha256: &str,
    ) -> Result<Response, Refusal> {
        let digest = hex::decode(evidence_sha256).ok().filter(|bytes| bytes.len() == 32);
        if digest.is_none() {
            return Err(Refusal::Malformed { detail: "evidence_sha256: 32 bytes in hexadecimal".to_owned() });
        }
        let event = NewRevocationEvent {
            serial: serial.to_owned(),
            kind: RevocationKind::Hold,
            at: micros(self.now()),
            reason: HOLD.to_owned(),
            invalid_since: None,
            activation_id: None,
            source: match source {
                SuspensionSource::Hotline => RevocationSource::Hotline,
                SuspensionSource::LicenceFeed => RevocationSource::LicenceFeed,
            },
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        self.revocable(&mut tx, serial).await?;
        if tx.revocation(serial).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::AlreadyDone);
        }
        tx.record_revocation(&event).await.map_err(|error| journal_refusal(&error))?;
        let details = serde_json::json!({ "source": event.source.as_str(), "evidence": evidence_sha256 });
        self.log(&mut tx, "certificate.suspended", serial, &details).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        tracing::warn!(certificate.serial = %serial, source = event.source.as_str(), "suspended");
        Ok(Response::Done)
    }
}
