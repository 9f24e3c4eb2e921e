//! Ending a certificate. Nothing is signed: from the commit on, OCSP says so.

use store::ids::micros;
use store::journal::{Activation, NewRevocationEvent, RevocationKind, RevocationSource};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::core::{Core, journal_refusal};
use crate::protocol::{Outcome, Refusal, Revocation};

/// Records the revocation.
pub(crate) async fn carry_out(
    core: &Core,
    revocation: &Revocation,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let invalid_since = match &revocation.invalid_since {
        Some(text) => Some(micros(OffsetDateTime::parse(text, &Rfc3339).map_err(|_| Refusal::Internal)?)),
        None => None,
    };
    let row = NewRevocationEvent {
        serial: revocation.serial.clone(),
        kind: RevocationKind::Revoke,
        at: activation.at,
        reason: revocation.reason.clone(),
        invalid_since,
        activation_id: Some(activation.activation_id.clone()),
        source: RevocationSource::Activation,
    };
    let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
    let recorded = tx.record_revocation(&row).await.map_err(|error| journal_refusal(&error))?;
    if recorded.is_new() {
        let details = serde_json::json!({ "reason": row.reason, "activation": activation.activation_id });
        core.log(&mut tx, "certificate.revoked", &row.serial, &details).await?;
    }
    let certificate = core.certificate_with_status(&mut tx, &row.serial).await?;
    tx.commit().await.map_err(|error| journal_refusal(&error))?;
    Ok(Outcome::CertificateRevoked { certificate, revoked_by: activation.person_id.clone() })
}
