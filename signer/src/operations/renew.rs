//! A doctor's next certificate. Nobody approves it: it may say only what the ending one says,
//! which this CA signed, and on the approval that one rests on.

use ca::CertificateView;
use ca::profile::doctor;
use store::ids::{instant, micros};
use store::journal::{Activation, Certificate, Tx};
use time::OffsetDateTime;

use super::certify::{self, Recording};
use super::doctor_certificate::{DoctorCertificate, licence_end};
use crate::core::{Core, journal_refusal};
use crate::meaning;
use crate::protocol::{CertificateRenewal, Outcome, Refusal};
use crate::records::CertificateDetails;
use crate::statements::HeldCertificate;
use crate::step::Step;

/// What a renewal is recorded for: there is one for each certificate.
pub(crate) fn request_id(serial: &str) -> String {
    format!("renewal/{serial}")
}

/// A certificate that is to be renewed, and what it rests on.
#[derive(Debug)]
pub(crate) struct Ending {
    row: Certificate,
    view: CertificateView,
    details: CertificateDetails,
}

impl Ending {
    /// Reads it, and believes it only if this CA signed it.
    pub(crate) fn read(core: &Core, row: Certificate) -> Result<Self, Refusal> {
        let issuer = core.authorities.named(&row.issuer).ok_or(Refusal::NoCertificate)?.issuer();
        let der = row.der.as_deref().ok_or(Refusal::NoCertificate)?;
        let view = ca::parse_issued_by(der, issuer).ok().filter(|view| view.serial == row.serial);
        let Some(view) = view else {
            tracing::error!(certificate.serial = %row.serial, "the journal holds a certificate that the CA did not sign");
            return Err(Refusal::NoCertificate);
        };
        let details = CertificateDetails::of(&row)?;
        Ok(Self { row, view, details })
    }

    /// Last second.
    pub(crate) const fn not_after(&self) -> OffsetDateTime {
        self.view.validity.not_after
    }

    /// When officers approved what it says; never later than the certificate itself says.
    pub(crate) fn approved_at(&self) -> OffsetDateTime {
        let noted = instant(self.details.approved_at.unwrap_or(self.row.recorded_at));
        noted.min(instant(self.row.recorded_at))
    }

    /// The certificate that may follow it.
    fn next(&self, core: &Core, renewal: &CertificateRenewal) -> Result<DoctorCertificate, Refusal> {
        let differs = |what: &str| Refusal::NotRenewable { detail: what.to_owned() };
        let of = |field: &Option<String>| field.clone().ok_or_else(|| differs("of another form"));
        let view = &self.view;
        let policies = &core.authorities.installation().policies;
        let level = view.policies.iter().find_map(|policy| policies.level(policy)).ok_or_else(|| differs("level"))?;
        // An installation that went into production renews nothing that was a test.
        if !view.policies.contains(&policies.doctor(level)) {
            return Err(differs("policy"));
        }
        let approved = self.details.approved_request.clone().or_else(|| self.row.request_id.clone());
        Ok(DoctorCertificate {
            request_id: request_id(&self.row.serial),
            request_sha256: meaning::content_digest(renewal).map(hex::encode).map_err(|_| Refusal::Internal)?,
            person_id: self.row.person_id.clone().ok_or(Refusal::NoCertificate)?,
            subject: doctor::Subject {
                organization: of(&view.organization)?,
                organization_identifier: view.organization_identifier.clone(),
                surname: of(&view.surname)?,
                given_name: of(&view.given_name)?,
                title: of(&view.title)?,
                common_name: of(&view.common_name)?,
                profession: self.details.profession.parse().map_err(|_| differs("profession"))?,
                licence: of(&view.licence)?,
            },
            level,
            licence_end: licence_end(renewal.licence_valid_until.as_deref())?,
            details: CertificateDetails {
                approved_at: Some(micros(self.approved_at())),
                approved_request: approved,
                renews: Some(self.row.serial.clone()),
                ..self.details.clone()
            },
            same_subject: Some(view.subject_sha256),
        })
    }
}

/// Issues the next certificate, or goes on where a crash stopped.
pub(crate) async fn carry_out(
    core: &Core,
    renewal: &CertificateRenewal,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let row = tx.certificate(&renewal.serial).await.map_err(|error| journal_refusal(&error))?;
    let known = tx.certificate_of_request(&request_id(&renewal.serial)).await;
    let known = known.map_err(|error| journal_refusal(&error))?;
    let issued = known.as_ref().is_some_and(|row| row.state == "issued");
    if !issued {
        // Recovery may come long after the touch: what ended meanwhile is not renewed.
        still_in_force(&mut tx, &renewal.serial).await?;
    }
    drop(tx);
    let ending = Ending::read(core, row.ok_or(Refusal::NoCertificate)?)?;
    let wanted = ending.next(core, renewal)?;
    let recording = Recording::of(known.as_ref());
    let row = match known {
        Some(row) if row.request_sha256.as_ref() == Some(&wanted.request_sha256) => {
            wanted.recorded_here(core, &row).await?;
            row
        }
        Some(_) => return Err(Refusal::AlreadyDone),
        None => wanted.record(core, activation).await?,
    };
    core.steps.reach(Step::Sealed);
    let (held, at) = (HeldCertificate::of(&row), instant(activation.at));
    core.hold_certificate(&wanted.person_id, &held, &activation.credential_id, &activation.activation_id, at).await?;
    certify::finish(core, &row, recording).await?;
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let certificate = core.certificate_with_status(&mut tx, &row.serial).await?;
    Ok(Outcome::CertificateIssued { certificate, approved_by: ending.details.approved_by })
}

/// Neither revoked nor on hold.
pub(crate) async fn still_in_force(tx: &mut Tx, serial: &str) -> Result<(), Refusal> {
    match tx.revocation(serial).await.map_err(|error| journal_refusal(&error))? {
        Some(_) => Err(Refusal::CertificateRevoked),
        None => Ok(()),
    }
}
