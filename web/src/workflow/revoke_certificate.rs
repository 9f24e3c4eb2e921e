//! Ending a certificate, on the signer's page: by an RA officer over the unit, or the doctor.

use signer::protocol::{CertificateRecord, Operation, Revocation};

use crate::app::App;
use crate::problem::Problem;

use super::propose::{kind, propose};

/// Proposes the revocation; returns the signer's page. The caller checked who asks.
pub(crate) async fn propose_revocation(
    app: &App,
    actor: &str,
    certificate: &CertificateRecord,
    reason: &str,
    invalid_since: Option<String>,
) -> Result<String, Problem> {
    if certificate.revoked.is_some() {
        return Err(Problem::out_of_step());
    }
    let revocation = Revocation { serial: certificate.serial.clone(), reason: reason.to_owned(), invalid_since };
    let operation = Operation::RevokeCertificate { revocation };
    Ok(propose(app, actor, kind::REVOKE, &certificate.serial, operation).await?)
}
