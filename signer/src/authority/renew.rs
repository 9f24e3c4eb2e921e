//! A doctor may have their own certificate followed by the next, near its end and while the
//! approval it rests on is not too old.

use store::journal::Tx;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::evidence::evidence_is_whole;
use super::invalid;
use crate::core::{Core, journal_refusal};
use crate::operations::renew::{self, Ending};
use crate::protocol::{CertificateRenewal, EvidenceOutcome, Refusal};

/// How long before its end a certificate may be renewed.
const WINDOW: Duration = Duration::days(60);

/// For how long officers' approval carries renewals: three years.
const APPROVAL: Duration = Duration::days(3 * 365);

/// How old the council's word on the licence may be.
const FRESH: Duration = Duration::days(1);

/// How far the portal's clock may be ahead of the signer's.
const SKEW: Duration = Duration::minutes(15);

impl Core {
    pub(super) async fn may_renew(
        &self,
        tx: &mut Tx,
        actor: &str,
        renewal: &CertificateRenewal,
    ) -> Result<String, Refusal> {
        let row = tx.certificate(&renewal.serial).await.map_err(|error| journal_refusal(&error))?;
        let row = row.filter(|row| row.kind == "doctor" && row.state == "issued").ok_or(Refusal::NoCertificate)?;
        if !self.is_holder(tx, actor, &row).await? {
            return Err(Refusal::NotYourPasskey);
        }
        let followed = tx.certificate_of_request(&renew::request_id(&renewal.serial)).await;
        if followed.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::AlreadyDone);
        }
        renew::still_in_force(tx, &renewal.serial).await?;
        let ending = Ending::read(self, row)?;
        let now = self.now();
        if now > ending.not_after() {
            return Err(Refusal::CertificateExpired);
        }
        if ending.not_after() - now > WINDOW {
            return Err(Refusal::NotRenewable { detail: "more than 60 days are left".to_owned() });
        }
        if now - ending.approved_at() > APPROVAL {
            return Err(Refusal::NotRenewable { detail: "it was approved more than three years ago".to_owned() });
        }
        licence_is_fresh(renewal, now)?;
        Ok(renewal.serial.clone())
    }
}

/// The look-up is the portal's word: what can be checked is that there is a record of one, of today.
fn licence_is_fresh(renewal: &CertificateRenewal, now: OffsetDateTime) -> Result<(), Refusal> {
    let evidence = &renewal.evidence;
    evidence_is_whole(std::slice::from_ref(evidence))?;
    if evidence.kind != "licence_check" || evidence.outcome != Some(EvidenceOutcome::Confirmed) {
        return Err(invalid("licence: not checked"));
    }
    for text in [&renewal.licence_checked_at, &evidence.recorded_at] {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| invalid("licence: no time of the check"))?;
        if at > now + SKEW || now - at > FRESH {
            return Err(invalid("licence: not checked within a day"));
        }
    }
    let end = crate::operations::licence_end(renewal.licence_valid_until.as_deref())?;
    if end.is_some_and(|end| end <= now) {
        return Err(invalid("licence: ended"));
    }
    Ok(())
}
