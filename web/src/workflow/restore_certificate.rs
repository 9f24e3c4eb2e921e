//! Ending a suspension, on the signer's page: by an RA officer over the unit, never one's own.

use signer::protocol::{Operation, Restoration};

use crate::app::App;
use crate::problem::Problem;

use super::certificate_care::Care;
use super::propose::{kind, propose};

/// Proposes the restoration; returns the signer's page.
pub(crate) async fn propose_restoration(app: &App, actor: &str, care: &Care) -> Result<String, Problem> {
    if !care.acts.restore {
        return Err(Problem::out_of_step());
    }
    let serial = care.certificate.serial.clone();
    let hold = care.certificate.revoked.as_ref().map(|now| now.sequence).ok_or_else(Problem::out_of_step)?;
    let operation = Operation::RestoreCertificate { restoration: Restoration { serial: serial.clone(), hold } };
    Ok(propose(app, actor, kind::RESTORE, &serial, operation).await?)
}
