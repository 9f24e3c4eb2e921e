//! A doctor may sign digests that a program of their unit made, if an officer allowed that unit
//! to; an RA officer over the unit may allow it, and take it back.

use std::collections::BTreeSet;

use ca::{Curve, PublicKey};
use der::{Decode as _, Encode as _};
use store::journal::{Certificate, Tx};

use super::{Reach, invalid};
use crate::core::{Core, journal_refusal};
use crate::protocol::{DigestSigning, DigestSwitch, LabelledDigest, Refusal, is_line};
use crate::records::CertificateDetails;
use crate::tickets::MAX_DOCUMENTS;

/// Longest name of a program, in characters.
const MAX_NAME: usize = 80;

impl Core {
    pub(super) async fn may_sign_digests(
        &self,
        tx: &mut Tx,
        actor: &str,
        signing: &DigestSigning,
    ) -> Result<String, Refusal> {
        well_formed(signing)?;
        let certificate = self.digests_may_be_signed(tx, signing).await?;
        if !self.is_holder(tx, actor, &certificate).await? {
            return Err(Refusal::NotYourPasskey);
        }
        Ok(signing.certificate_serial.clone())
    }

    /// The certificate, if it is in force and its unit still allowed to.
    /// Asked again before anything is recorded, and before the key is asked.
    pub(crate) async fn digests_may_be_signed(
        &self,
        tx: &mut Tx,
        signing: &DigestSigning,
    ) -> Result<Certificate, Refusal> {
        let certificate = self.usable_certificate(tx, &signing.certificate_serial).await?;
        if CertificateDetails::of(&certificate)?.unit_code != signing.unit_code {
            return Err(invalid("unit_code"));
        }
        if !is_p256(certificate.der.as_deref().unwrap_or_default()) {
            return Err(Refusal::KeySignsNoDigests);
        }
        if !self.digests_allowed(tx, &signing.unit_code).await? {
            return Err(Refusal::DigestsNotAllowed);
        }
        Ok(certificate)
    }

    pub(super) async fn may_switch_digests(
        &self,
        tx: &mut Tx,
        actor: &str,
        switch: &DigestSwitch,
    ) -> Result<String, Refusal> {
        let by = self.officer_over(tx, actor, &switch.unit_code, "ra_officer", Reach::UnitAndBelow).await?;
        if self.digests_allowed(tx, &switch.unit_code).await? == switch.allow {
            return Err(Refusal::AlreadyDone);
        }
        Ok(by.appointment_id)
    }

    /// Whether a unit's doctors may sign digests now. What cannot be read does not allow it.
    pub(crate) async fn digests_allowed(&self, tx: &mut Tx, unit_code: &str) -> Result<bool, Refusal> {
        let newest = tx.newest_digest_permission(unit_code).await.map_err(|error| journal_refusal(&error))?;
        Ok(newest.is_some_and(|row| self.vouches_for_digests(&row)))
    }
}

fn well_formed(signing: &DigestSigning) -> Result<(), Refusal> {
    if signing.digests.is_empty() || signing.digests.len() > MAX_DOCUMENTS {
        return Err(Refusal::Malformed { detail: format!("digests: 1 to {MAX_DOCUMENTS}") });
    }
    if signing.client.trim().is_empty() || !is_line(&signing.client, MAX_NAME) {
        return Err(invalid("client"));
    }
    if !signing.digests.iter().all(LabelledDigest::is_plain) {
        return Err(invalid("label"));
    }
    if !signing.digests.iter().all(is_sha256) {
        return Err(invalid("sha256"));
    }
    let different: BTreeSet<&str> = signing.digests.iter().map(|digest| digest.sha256.as_str()).collect();
    if different.len() < signing.digests.len() {
        return Err(invalid("digests: each once"));
    }
    Ok(())
}

/// Whether SHA-256 is the digest that the certificate's key signs.
fn is_p256(certificate: &[u8]) -> bool {
    let Ok(certificate) = x509_cert::Certificate::from_der(certificate) else { return false };
    let spki = certificate.tbs_certificate().subject_public_key_info().to_der();
    let key = spki.ok().and_then(|spki| PublicKey::from_spki_der(&spki).ok());
    key.is_some_and(|key| key.curve() == Curve::P256)
}

fn is_sha256(digest: &LabelledDigest) -> bool {
    digest.sha256.len() == 64 && digest.sha256.bytes().all(|byte| b"0123456789abcdef".contains(&byte))
}
