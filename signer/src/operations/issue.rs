//! Issuing a doctor's certificate: key and TBS are recorded, the passkey is bound, then the
//! certificate is signed and stored.

use ca::profile::doctor;
use store::ids::instant;
use store::journal::Activation;

use super::certify::{self, Recording};
use super::doctor_certificate::{DoctorCertificate, licence_end};
use crate::core::{Core, journal_refusal};
use crate::meaning;
use crate::protocol::{CertificateRequest, Outcome, Refusal};
use crate::records::CertificateDetails;
use crate::statements::HeldCertificate;
use crate::step::Step;

/// Issues the certificate an officer approved, or goes on where a crash stopped.
pub(crate) async fn carry_out(
    core: &Core,
    request: &CertificateRequest,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let wanted = wanted(core, request, activation).await?;
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let known = tx.certificate_of_request(&request.request_id).await.map_err(|error| journal_refusal(&error))?;
    drop(tx);
    let recording = Recording::of(known.as_ref());
    let row = match known {
        Some(row) if row.request_sha256.as_ref() == Some(&wanted.request_sha256) => {
            wanted.recorded_here(core, &row).await?;
            row
        }
        Some(_) => return Err(Refusal::Conflict),
        None => wanted.record(core, activation).await?,
    };
    core.steps.reach(Step::Sealed);
    let at = instant(activation.at);
    // Whose it is, is signed before it is.
    let held = Some(HeldCertificate::of(&row));
    core.bind(&request.person_id, &request.credential, held, &activation.activation_id, at).await?;
    certify::finish(core, &row, recording).await?;
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let certificate = core.certificate_with_status(&mut tx, &row.serial).await?;
    Ok(Outcome::CertificateIssued { certificate, approved_by: activation.person_id.clone() })
}

async fn wanted(
    core: &Core,
    request: &CertificateRequest,
    activation: &Activation,
) -> Result<DoctorCertificate, Refusal> {
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let unit = tx.unit(&request.unit_code).await.map_err(|error| journal_refusal(&error))?;
    drop(tx);
    let invalid = |detail: &str| Refusal::ContentInvalid { detail: detail.to_owned() };
    let unit = unit.ok_or_else(|| invalid("unit"))?;
    let profession: ca::Profession = request.profession.parse().map_err(|_| invalid("profession"))?;
    Ok(DoctorCertificate {
        request_id: request.request_id.clone(),
        request_sha256: meaning::content_digest(request).map(hex::encode).map_err(|_| Refusal::Internal)?,
        person_id: request.person_id.clone(),
        subject: doctor::Subject {
            organization: unit.name_th,
            organization_identifier: None,
            surname: request.surname_th.clone(),
            given_name: request.given_name_th.clone(),
            title: request.title_th.clone(),
            common_name: format!("{}{} {}", request.title_th, request.given_name_th, request.surname_th),
            profession,
            licence: request.licence.clone(),
        },
        level: request.ial.parse().map_err(|_| invalid("ial"))?,
        licence_end: licence_end(request.licence_valid_until.as_deref())?,
        details: CertificateDetails {
            title_th: request.title_th.clone(),
            name_th: format!("{} {}", request.given_name_th, request.surname_th),
            name_en: format!("{} {}", request.given_name_en, request.surname_en),
            licence: request.licence.clone(),
            unit_code: request.unit_code.clone(),
            ial: request.ial.clone(),
            identity_digest: request.identity_digest.clone(),
            approved_by: activation.person_id.clone(),
            profession: profession.code().to_owned(),
            approved_at: Some(activation.at),
            approved_request: None,
            renews: None,
        },
        same_subject: None,
    })
}
