//! An RA officer over the unit, or the doctor, may end a certificate.

use store::ids::instant;
use store::journal::Tx;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Reach, invalid};
use crate::core::{Core, journal_refusal};
use crate::protocol::{Refusal, Revocation};
use crate::records::CertificateDetails;

/// The CRL reasons (RFC 5280 §5.3.1) a person may give here.
const REASONS: [&str; 5] =
    ["key_compromise", "affiliation_changed", "superseded", "cessation_of_operation", "privilege_withdrawn"];

impl Core {
    pub(super) async fn may_revoke(
        &self,
        tx: &mut Tx,
        actor: &str,
        revocation: &Revocation,
    ) -> Result<String, Refusal> {
        let certificate = tx.certificate(&revocation.serial).await.map_err(|error| journal_refusal(&error))?;
        let certificate = certificate.filter(|row| row.kind == "doctor").ok_or(Refusal::NoCertificate)?;
        if !REASONS.contains(&revocation.reason.as_str()) {
            return Err(invalid("reason"));
        }
        if let Some(since) = &revocation.invalid_since {
            let since = OffsetDateTime::parse(since, &Rfc3339).map_err(|_| invalid("invalid_since"))?;
            if since > self.now() || since < instant(certificate.not_before) {
                return Err(invalid("invalid_since: outside the certificate's life"));
            }
        }
        if tx.revocation(&revocation.serial).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::AlreadyDone);
        }
        if certificate.person_id.as_deref() == Some(actor) {
            return Ok(revocation.serial.clone());
        }
        let details = CertificateDetails::of(&certificate)?;
        let by = self.officer_over(tx, actor, &details.unit_code, "ra_officer", Reach::UnitAndBelow).await?;
        Ok(by.appointment_id)
    }
}
