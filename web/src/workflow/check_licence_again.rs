//! Asking the council again about the licence behind a certificate in force; who is no longer
//! licensed is suspended, and an officer decides what becomes of it.

use people::{EvidenceKind, Outcome, Purpose};
use serde_json::json;
use signer::client::ClientError;
use signer::protocol::{CertificateRecord, Refusal, SuspensionSource};
use store::portal::doctor_request::DoctorRequest;
use store::portal::licence_check::LicenceResult;

use crate::app::App;
use crate::audit::{Event, record};
use crate::council::{ClaimedNames, Licence, LicenceFault, judge};
use crate::error::Error;
use crate::instants::bangkok_day;
use crate::pages::CertificateState;
use crate::problem::Problem;

use super::certificate_care::state_of;
use super::give_consent;
use super::state_identity::{Claims, Observation, new_evidence};

/// Asks about the doctor of an issued request, and writes down what came of it.
pub(crate) async fn ask_again(app: &App, request: &DoctorRequest) -> Result<LicenceResult, Problem> {
    let result = ask_and_suspend(app, request).await?;
    // Last: what was not carried out is asked again.
    write_down(app, &request.certificate_serial, result).await?;
    Ok(result)
}

/// Asks about the doctor of an issued request. If the council says that the licence is not active, every
/// certificate in force on it is suspended. Silence suspends nobody.
pub(super) async fn ask_and_suspend(app: &App, request: &DoctorRequest) -> Result<LicenceResult, Problem> {
    let certificates = app.signer().certificates(&request.person_id).await?;
    let state = |certificate: &CertificateRecord| state_of(certificate, app.now());
    let own = certificates.iter().find(|certificate| certificate.serial == request.certificate_serial);
    let Some(own) = own.filter(|own| matches!(state(own), CertificateState::Good | CertificateState::Suspended)) else {
        return Ok(LicenceResult::Over);
    };
    let (result, answer) = ask(app, request).await?;
    if let (LicenceResult::NotActive, Some(licence)) = (result, answer) {
        // After a renewal there are two, and the older one signs as well.
        let in_force = |one: &&CertificateRecord| one.licence == own.licence && state(one) == CertificateState::Good;
        let serials: Vec<&str> = certificates.iter().filter(in_force).map(|one| one.serial.as_str()).collect();
        if !serials.is_empty() {
            suspend(app, request, &licence, &serials).await?;
        }
    }
    Ok(result)
}

/// Writes down what came of asking about the licence behind a certificate.
pub(super) async fn write_down(app: &App, serial: &str, result: LicenceResult) -> Result<(), Problem> {
    let mut tx = app.portal().begin_write().await?;
    let before = tx.licence_check(serial).await?.map(|check| check.result);
    tx.record_licence_check(serial, result, app.now()).await?;
    if before != Some(result) {
        let facts = json!({ "result": result.as_str() });
        record(app, &mut tx, Event::new("licence.asked_again", serial, "").with(facts)).await?;
    }
    Ok(tx.commit().await?)
}

/// Whether a doctor consents to their licence's being asked about.
pub(super) async fn is_permitted(app: &App, person_id: &str) -> Result<bool, Problem> {
    let mut tx = app.portal().begin().await?;
    let consent = tx.consent_of(person_id).await?;
    drop(tx);
    match &consent {
        Some(consent) => Ok(give_consent::read(consent)?.covers(Purpose::LicenceInquiry, app.now())),
        None => Ok(false),
    }
}

async fn ask(app: &App, request: &DoctorRequest) -> Result<(LicenceResult, Option<Licence>), Problem> {
    if !is_permitted(app, &request.person_id).await? {
        return Ok((LicenceResult::NotPermitted, None));
    }
    let claims = Claims::open(app, request)?;
    let answer = match app.register().ask(&claims.licence).await {
        Ok(answer) => answer,
        Err(LicenceFault::Unreachable) => return Ok((LicenceResult::Unreachable, None)),
        // That a register suddenly knows nothing of a doctor it knew is for a person to judge:
        // a register that lost its data must not suspend a nation's doctors.
        Err(_) => return Ok((LicenceResult::Unclear, None)),
    };
    let claimed = ClaimedNames {
        given_name_th: &claims.given_name_th,
        surname_th: &claims.surname_th,
        given_name_en: &claims.given_name_en,
        surname_en: &claims.surname_en,
    };
    let said = judge(&answer, &claims.licence, claimed, bangkok_day(app.now()));
    Ok((result_of(&said), Some(answer)))
}

fn result_of(said: &Result<(), LicenceFault>) -> LicenceResult {
    match said {
        Ok(()) => LicenceResult::Active,
        Err(LicenceFault::Suspended | LicenceFault::Revoked | LicenceFault::Ended) => LicenceResult::NotActive,
        Err(LicenceFault::Unreachable) => LicenceResult::Unreachable,
        Err(LicenceFault::Unknown | LicenceFault::OtherProfession | LicenceFault::OtherName) => LicenceResult::Unclear,
    }
}

/// Keeps the answer as evidence, and suspends the certificates of these serial numbers on it.
async fn suspend(app: &App, request: &DoctorRequest, licence: &Licence, serials: &[&str]) -> Result<(), Problem> {
    let details = serde_json::to_value(licence).map_err(|_| Error::Stored("licence"))?;
    let observation = Observation {
        kind: EvidenceKind::LicenceCheck,
        outcome: Outcome::Contradicted,
        source: "tmc_register",
        recorded_by: None,
        details,
    };
    let evidence = new_evidence(app, &request.person_id, &request.id, observation)?;
    let mut tx = app.portal().begin_write().await?;
    tx.add_evidence(&evidence).await?;
    let facts = json!({ "evidence": evidence.record_sha256, "status": licence.status });
    for serial in serials {
        record(app, &mut tx, Event::new("licence.not_active", serial, "").with(facts.clone())).await?;
    }
    tx.commit().await?;
    for serial in serials {
        tracing::warn!(certificate.serial = %serial, status = %licence.status, "the council says that the licence is not active");
        match app.signer().suspend(serial, SuspensionSource::LicenceFeed, &evidence.record_sha256).await {
            // Somebody was quicker.
            Err(Error::Signer(ClientError::Refused(Refusal::AlreadyDone))) => {}
            other => other?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_councils_clear_word_suspends() {
        for fault in [LicenceFault::Suspended, LicenceFault::Revoked, LicenceFault::Ended] {
            assert_eq!(result_of(&Err(fault)), LicenceResult::NotActive);
        }
        for fault in [LicenceFault::Unknown, LicenceFault::OtherName, LicenceFault::OtherProfession] {
            assert_eq!(result_of(&Err(fault)), LicenceResult::Unclear);
        }
        assert_eq!(result_of(&Err(LicenceFault::Unreachable)), LicenceResult::Unreachable);
        assert_eq!(result_of(&Ok(())), LicenceResult::Active);
    }
}
