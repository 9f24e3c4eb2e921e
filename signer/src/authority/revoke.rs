//! An RA officer over the unit, or the doctor, may end a certificate; an officer may restore a
//! suspended one, unless it is their own.

use store::ids::{instant, micros};
use store::journal::{Certificate, RevocationEvent, RevocationKind, Tx};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::{Reach, invalid};
use crate::core::{Core, journal_refusal};
use crate::protocol::{Refusal, Restoration, Revocation};
use crate::records::CertificateDetails;

/// How far back a doctor's own word reaches that somebody else may have used the key: what was
/// signed before that, only an officer may call in question.
pub(crate) const OWN_WORD: Duration = Duration::days(3);

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
        let certificate = self.revocable(tx, &revocation.serial).await?;
        let since = self.checked_end(&revocation.reason, revocation.invalid_since.as_deref())?;
        let own = certificate.person_id.as_deref() == Some(actor);
        if own && since.is_some_and(|since| since < self.now() - OWN_WORD) {
            return Err(invalid("invalid_since: further back only an officer may say"));
        }
        if since.is_some_and(|since| since < instant(certificate.not_before)) {
            return Err(invalid("invalid_since: outside the certificate's life"));
        }
        let now = tx.revocation(&revocation.serial).await.map_err(|error| journal_refusal(&error))?;
        if now.is_some_and(|now| !is_more(&now, &revocation.reason, since)) {
            return Err(Refusal::AlreadyDone);
        }
        if own {
            return Ok(revocation.serial.clone());
        }
        let unit = unit_of(&certificate)?;
        Ok(self.officer_over(tx, actor, &unit, "ra_officer", Reach::UnitAndBelow).await?.appointment_id)
    }

    pub(super) async fn may_restore(
        &self,
        tx: &mut Tx,
        actor: &str,
        restoration: &Restoration,
    ) -> Result<String, Refusal> {
        let certificate = self.revocable(tx, &restoration.serial).await?;
        let by = self.officer_over(tx, actor, &unit_of(&certificate)?, "ra_officer", Reach::UnitAndBelow).await?;
        let own_identity = CertificateDetails::of(&certificate).ok().map(|details| details.identity_digest);
        if certificate.person_id.as_deref() == Some(actor) || own_identity.as_ref() == Some(&by.identity_digest) {
            return Err(Refusal::SelfApproval);
        }
        let now = tx.revocation(&restoration.serial).await.map_err(|error| journal_refusal(&error))?;
        match now {
            None => Err(Refusal::AlreadyDone),
            Some(event) if event.kind == RevocationKind::Hold && event.sequence == restoration.hold => {
                Ok(by.appointment_id)
            }
            Some(event) if event.kind == RevocationKind::Hold => Err(Refusal::Conflict),
            // Revocation is for good.
            Some(_) => Err(Refusal::CertificateRevoked),
        }
    }

    /// An end entity's certificate that was issued.
    pub(crate) async fn revocable(&self, tx: &mut Tx, serial: &str) -> Result<Certificate, Refusal> {
        let certificate = tx.certificate(serial).await.map_err(|error| journal_refusal(&error))?;
        let end_entity = |row: &Certificate| ["doctor", "api_client"].contains(&row.kind.as_str());
        certificate.filter(|row| end_entity(row) && row.state == "issued").ok_or(Refusal::NoCertificate)
    }

    /// A reason a person may give, and an instant that has passed.
    pub(super) fn checked_end(
        &self,
        reason: &str,
        invalid_since: Option<&str>,
    ) -> Result<Option<OffsetDateTime>, Refusal> {
        if !REASONS.contains(&reason) {
            return Err(invalid("reason"));
        }
        let Some(text) = invalid_since else { return Ok(None) };
        let since = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| invalid("invalid_since"))?;
        if since > self.now() || since < self.authorities.root().validity().not_before {
            return Err(invalid("invalid_since: lies ahead, or before there was a CA"));
        }
        Ok(Some(since))
    }
}

/// Whether a revocation adds to what is recorded: a hold becomes final; a final one may only
/// become a key compromise or reach further back (what a relying party trusted on the old word
/// must never look better afterwards).
fn is_more(now: &RevocationEvent, reason: &str, since: Option<OffsetDateTime>) -> bool {
    if now.kind == RevocationKind::Hold {
        return true;
    }
    let before = now.invalid_since.unwrap_or(now.revoked_at);
    let reaches = since.map(micros);
    let stricter = reason == "key_compromise" && now.reason != reason;
    let further = reaches.is_some_and(|since| since < before) && (reason == now.reason || stricter);
    further || (stricter && reaches.is_none_or(|since| since <= before))
}

pub(super) fn unit_of(certificate: &Certificate) -> Result<String, Refusal> {
    match &certificate.unit_code {
        Some(code) => Ok(code.clone()),
        None => Ok(CertificateDetails::of(certificate)?.unit_code),
    }
}
