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
    tx.lock_revocations().await.map_err(|error| journal_refusal(&error))?;
    let history = tx.revocation_history(&event.serial).await.map_err(|error| journal_refusal(&error))?;
    match history.last() {
        Some(last) if last.kind == RevocationKind::Hold && last.sequence == restoration.hold => {
            tx.record_revocation(&event).await.map_err(|error| journal_refusal(&error))?;
            let details = serde_json::json!({ "activation": activation.activation_id, "hold": restoration.hold });
            core.log(&mut tx, "certificate.restored", &event.serial, &details).await?;
        }
        // Carried out before a crash: it is this very touch that lifted it.
        Some(last) if last.kind == RevocationKind::Lift && last.activation_id == event.activation_id => {}
        // What was touched for is over; a later suspension has reasons of its own.
        _ => return Err(Refusal::Conflict),
    }
    let certificate = core.certificate_with_status(&mut tx, &event.serial).await?;
    tx.commit().await.map_err(|error| journal_refusal(&error))?;
    Ok(Outcome::CertificateRestored { certificate, restored_by: activation.person_id.clone() })
}
