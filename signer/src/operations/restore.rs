//! Ending a suspension. The hold stays in the certificate's history.

use store::journal::{Activation, NewRevocationEvent, RevocationKind, RevocationSource};

use crate::core::{Core, journal_refusal};
use crate::protocol::{Outcome, Refusal, Restoration};

use super::suspend::HOLD;

/// Records that the hold is lifted.
pub(crate) async fn carry_out(
    core: &Core,
    restoration: &Restoration,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let event = NewRevocationEvent {
        serial: restoration.serial.clone(),
        kind: RevocationKind::Lift,
        at: activation.at,
        reason: HOLD.to_owned(),
        invalid_since: None,
        activation_id: Some(activation.activation_id.clone()),
        source: RevocationSource::Activation,
    };
    let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
    let recorded = tx.record_revocation(&event).await.map_err(|error| journal_refusal(&error))?;
    if recorded.is_new() {
        let details = serde_json::json!({ "activation": activation.activation_id });
        core.log(&mut tx, "certificate.restored", &event.serial, &details).await?;
    }
    let certificate = core.certificate_with_status(&mut tx, &event.serial).await?;
    tx.commit().await.map_err(|error| journal_refusal(&error))?;
    Ok(Outcome::CertificateRestored { certificate, restored_by: activation.person_id.clone() })
}
