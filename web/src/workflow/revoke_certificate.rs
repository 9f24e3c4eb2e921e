//! Ending a certificate, or saying more about its end, on the signer's page: by an RA officer
//! over the unit, or the doctor.

use signer::protocol::{Operation, Revocation};

use crate::app::App;
use crate::problem::Problem;

use super::certificate_care::Care;
use super::propose::{kind, propose};

/// Proposes the revocation; returns the signer's page.
pub(crate) async fn propose_revocation(
    app: &App,
    actor: &str,
    care: &Care,
    reason: &str,
    invalid_since: Option<String>,
) -> Result<String, Problem> {
    if !care.acts.revoke && !care.acts.amend {
        return Err(Problem::out_of_step());
    }
    let serial = care.certificate.serial.clone();
    let revocation = Revocation { serial: serial.clone(), reason: reason.to_owned(), invalid_since };
    Ok(propose(app, actor, kind::REVOKE, &serial, Operation::RevokeCertificate { revocation }).await?)
}
