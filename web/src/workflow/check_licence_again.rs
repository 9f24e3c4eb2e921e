//! Asking the council again about the licence behind a certificate in force, day by day and when its
//! doctor goes to sign; who is no longer licensed is suspended, and an officer decides what becomes of it.

use std::time::Duration;

use people::{EvidenceKind, Outcome, Purpose};
use serde_json::json;
use signer::client::ClientError;
use signer::protocol::{Refusal, SuspensionSource};
use store::portal::doctor_request::DoctorRequest;
use store::portal::licence_check::{LicenceCheck, LicenceResult};
use time::OffsetDateTime;

use crate::app::App;
use crate::audit::{Event, record};
use crate::council::{ClaimedNames, Licence, LicenceFault, PATIENCE, judge};
use crate::error::Error;
use crate::instants::bangkok_day;
use crate::pages::CertificateState;
use crate::problem::Problem;

use super::certificate_care::state_of;
use super::give_consent;
use super::state_identity::{Claims, Observation, new_evidence};

/// How long a doctor who goes to sign waits for the register.
const WHILE_A_DOCTOR_WAITS: Duration = Duration::from_secs(2);

/// A register that was silent is not waited for again by those who sign so soon after.
const SILENCE: Duration = Duration::from_secs(60);

/// Whether a doctor who goes to sign with a certificate may: asks about them, unless the register was asked a
/// moment ago ([`LicenceFeed`](crate::config::LicenceFeed)). Silence keeps nobody from signing.
pub(crate) async fn may_sign(app: &App, serial: &str) -> Result<bool, Problem> {
    let mut tx = app.portal().begin().await?;
    let request = tx.request_of_certificate(serial).await?;
    let last = tx.licence_check(serial).await?;
    drop(tx);
    let enough = Duration::from_secs(app.config().licence_feed.before_signing_seconds);
    let asked = last.is_some_and(|last| is_recent(&last, enough, app.now()));
    match request.filter(|_| !asked) {
        Some(request) => Ok(ask_again(app, &request, WHILE_A_DOCTOR_WAITS).await? != LicenceResult::NotActive),
        None => Ok(true),
    }
}

fn is_recent(last: &LicenceCheck, enough: Duration, now: OffsetDateTime) -> bool {
    match last.result {
        LicenceResult::Unreachable => now - last.asked_at < enough.max(SILENCE),
        LicenceResult::NotActive => false,
        _ => now - last.asked_at < enough,
    }
}

/// The same at the pace of [`licence_feed`](crate::licence_feed), with as long as the register may take.
pub(crate) async fn when_due(app: &App, request: &DoctorRequest) -> Result<LicenceResult, Problem> {
    ask_again(app, request, PATIENCE).await
}

/// Asks about the doctor of an issued request, writes down the answer, and suspends the
/// certificate if the council says that the licence is not active. Silence suspends nobody.
async fn ask_again(app: &App, request: &DoctorRequest, patience: Duration) -> Result<LicenceResult, Problem> {
    let serial = &request.certificate_serial;
    let certificates = app.signer().certificates(&request.person_id).await?;
    let certificate = certificates.iter().find(|certificate| certificate.serial == *serial);
    let state = certificate.map(|certificate| state_of(certificate, app.now()));
    let result = match state {
        Some(CertificateState::Good | CertificateState::Suspended) => ask(app, request, patience).await?,
        _ => (LicenceResult::Over, None),
    };
    let (result, answer) = result;
    if let (LicenceResult::NotActive, Some(licence), Some(CertificateState::Good)) = (result, answer, state) {
        suspend(app, request, &licence).await?;
    }
    // Last: what was not carried out is asked again.
    let mut tx = app.portal().begin_write().await?;
    let before = tx.licence_check(serial).await?.map(|check| check.result);
    tx.record_licence_check(serial, result, app.now()).await?;
    if before != Some(result) {
        let facts = json!({ "result": result.as_str() });
        record(app, &mut tx, Event::new("licence.asked_again", serial, "").with(facts)).await?;
    }
    tx.commit().await?;
    Ok(result)
}

async fn ask(
    app: &App,
    request: &DoctorRequest,
    patience: Duration,
) -> Result<(LicenceResult, Option<Licence>), Problem> {
    let mut tx = app.portal().begin().await?;
    let consent = tx.consent_of(&request.person_id).await?;
    drop(tx);
    let permitted = match &consent {
        Some(consent) => give_consent::read(consent)?.covers(Purpose::LicenceInquiry, app.now()),
        None => false,
    };
    if !permitted {
        return Ok((LicenceResult::NotPermitted, None));
    }
    let claims = Claims::open(app, request)?;
    let answer = tokio::time::timeout(patience, app.register().ask(&claims.licence)).await;
    let answer = match answer.unwrap_or(Err(LicenceFault::Unreachable)) {
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

async fn suspend(app: &App, request: &DoctorRequest, licence: &Licence) -> Result<(), Problem> {
    let details = serde_json::to_value(licence).map_err(|_| Error::Stored("licence"))?;
    let observation = Observation {
        kind: EvidenceKind::LicenceCheck,
        outcome: Outcome::Contradicted,
        source: "tmc_register",
        recorded_by: None,
        details,
    };
    let evidence = new_evidence(app, &request.person_id, &request.id, observation)?;
    let serial = &request.certificate_serial;
    let mut tx = app.portal().begin_write().await?;
    tx.add_evidence(&evidence).await?;
    let facts = json!({ "evidence": evidence.record_sha256, "status": licence.status });
    record(app, &mut tx, Event::new("licence.not_active", serial, "").with(facts)).await?;
    tx.commit().await?;
    tracing::warn!(certificate.serial = %serial, status = %licence.status, "the council says that the licence is not active");
    match app.signer().suspend(serial, SuspensionSource::LicenceFeed, &evidence.record_sha256).await {
        // Somebody was quicker.
        Err(Error::Signer(ClientError::Refused(Refusal::AlreadyDone))) => Ok(()),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn who_was_asked_about_a_moment_ago_is_not_asked_about_again() {
        let now = datetime!(2026-11-23 03:00 UTC);
        let recent = |result, seconds: i64, enough| {
            let asked_at = now - time::Duration::seconds(seconds);
            let last = LicenceCheck { result, asked_at, answered_at: None, not_active_since: None };
            is_recent(&last, Duration::from_secs(enough), now)
        };
        assert!(!recent(LicenceResult::Active, 0, 0), "each time");
        assert!(recent(LicenceResult::Active, 9, 10) && !recent(LicenceResult::Active, 10, 10));
        assert!(recent(LicenceResult::Unreachable, 59, 0) && !recent(LicenceResult::Unreachable, 60, 0));
        assert!(recent(LicenceResult::Unreachable, 99, 100));
        assert!(!recent(LicenceResult::NotActive, 0, 100));
    }

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
