//! A doctor who goes to sign is asked about at the council's register: one question for each certificate at a
//! time, none within moments of the last, and none by this process for a while after a silence. Whatever a
//! late answer says still counts: a certificate that is suspended meanwhile signs nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _, Shared};
use signer::protocol::CertificateRecord;
use store::portal::doctor_request::DoctorRequest;
use store::portal::licence_check::{LicenceCheck, LicenceResult};
use time::OffsetDateTime;

use crate::app::App;
use crate::problem::Problem;

use super::check_licence_again::{ask_and_suspend, is_permitted, write_down};
use super::renew_certificate::follow_journal;

/// How long a doctor waits for the register. The question goes on without them.
const WHILE_A_DOCTOR_WAITS: Duration = Duration::from_secs(2);

/// So long nobody is asked about after a question that was not answered.
const SILENCE: time::Duration = time::Duration::seconds(60);

type Asking = Shared<BoxFuture<'static, Result<LicenceResult, Problem>>>;

/// The questions that doctors wait for, of one process.
#[derive(Default)]
pub(crate) struct LicenceQuestions(Mutex<Open>);

#[derive(Default)]
struct Open {
    /// By serial number.
    asking: HashMap<String, Asking>,
    silent_until: Option<OffsetDateTime>,
}

impl LicenceQuestions {
    fn is_silent(&self, now: OffsetDateTime) -> bool {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Longer than a silence lasts: the clock was set back.
        open.silent_until.is_some_and(|until| now < until && until - now <= SILENCE)
    }

    /// Asks, unless somebody waits for the same answer already.
    fn ask(&self, app: &App, request: DoctorRequest) -> Asking {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let serial = request.certificate_serial.clone();
        // One that broke off is over without having been answered.
        if let Some(asking) = open.asking.get(&serial).filter(|asking| asking.peek().is_none()) {
            return asking.clone();
        }
        let (app, own) = (app.clone(), serial.clone());
        let question = tokio::spawn(async move {
            let mut result = ask_and_suspend(&app, &request).await;
            // Silence at a desk is no news of a doctor: the daily question goes on as it would.
            if let Ok(answer) = result
                && answer != LicenceResult::Unreachable
            {
                result = write_down(&app, &own, answer).await.map(|()| answer);
            }
            app.licence_questions().answered(&own, &result, app.now());
            result
        });
        let asking = async move { question.await.unwrap_or_else(|_| Err(Problem::internal())) }.boxed().shared();
        open.asking.insert(serial, asking.clone());
        asking
    }

    fn answered(&self, serial: &str, result: &Result<LicenceResult, Problem>, now: OffsetDateTime) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.asking.remove(serial);
        if matches!(result, Ok(LicenceResult::Unreachable)) {
            open.silent_until = Some(now + SILENCE);
        }
    }
}

/// Lets a doctor go on to sign with a certificate. Silence of the register keeps nobody from it.
///
/// # Errors
/// [`Problem::licence_lost`] if the council says that the licence is not active: the certificate is suspended
/// then. [`Problem::licence_not_to_be_asked_about`] if the doctor withdrew their consent to the question.
pub(crate) async fn still_licensed(app: &App, certificate: &CertificateRecord) -> Result<(), Problem> {
    if !is_permitted(app, &certificate.person_id).await? {
        return Err(Problem::licence_not_to_be_asked_about());
    }
    let Some(request) = request_of(app, certificate).await? else {
        tracing::error!(certificate.serial = %certificate.serial, "no request is known, and nobody is asked");
        return Ok(());
    };
    let mut tx = app.portal().begin().await?;
    let last = tx.licence_check(&certificate.serial).await?;
    drop(tx);
    let (enough, now) = (app.config().licence_feed.before_signing_seconds, app.now());
    if last.is_some_and(|last| is_recent(&last, enough, now)) || app.licence_questions().is_silent(now) {
        return Ok(());
    }
    let asking = app.licence_questions().ask(app, request);
    match tokio::time::timeout(WHILE_A_DOCTOR_WAITS, asking).await {
        Ok(Ok(LicenceResult::NotActive)) => Err(Problem::licence_lost()),
        Ok(result) => result.map(drop),
        Err(_elapsed) => {
            tracing::warn!("the licence register is slow: a doctor goes on without its answer");
            Ok(())
        }
    }
}

/// The request behind a certificate. A renewal is written down when its doctor comes back to the portal's list
/// of tasks; who goes straight to sign has not been there.
async fn request_of(app: &App, certificate: &CertificateRecord) -> Result<Option<DoctorRequest>, Problem> {
    for is_followed in [false, true] {
        if is_followed {
            follow_journal(app, &app.signer().certificates(&certificate.person_id).await?).await?;
        }
        let mut tx = app.portal().begin().await?;
        if let Some(request) = tx.request_of_certificate(&certificate.serial).await? {
            return Ok(Some(request));
        }
    }
    Ok(None)
}

/// An answer that speaks against the doctor is never recent enough: who was restored meanwhile is asked about.
fn is_recent(last: &LicenceCheck, enough_seconds: u64, now: OffsetDateTime) -> bool {
    let age = now - last.asked_at;
    // Of another node's clock, which is ahead, nothing is known.
    last.result != LicenceResult::NotActive && !age.is_negative() && age.whole_seconds().unsigned_abs() < enough_seconds
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-23 03:00 UTC);

    #[test]
    fn who_was_asked_about_a_moment_ago_is_not_asked_about_again() {
        let recent = |result, seconds: i64| {
            let asked_at = NOW - time::Duration::seconds(seconds);
            is_recent(&LicenceCheck { result, asked_at, answered_at: None, not_active_since: None }, 3, NOW)
        };
        assert!(recent(LicenceResult::Active, 0) && recent(LicenceResult::Active, 2));
        assert!(!recent(LicenceResult::Active, 3) && !recent(LicenceResult::Active, 86_400));
        assert!(!recent(LicenceResult::NotActive, 0), "restored, and asked about again");
        assert!(!recent(LicenceResult::Active, -1), "a clock that was ahead");
    }

    #[test]
    fn after_a_silence_nobody_is_asked_about_for_a_minute() {
        let questions = LicenceQuestions::default();
        questions.answered("01ab", &Ok(LicenceResult::Active), NOW);
        assert!(!questions.is_silent(NOW));
        questions.answered("01ab", &Ok(LicenceResult::Unreachable), NOW);
        assert!(questions.is_silent(NOW) && questions.is_silent(NOW + time::Duration::seconds(59)));
        assert!(!questions.is_silent(NOW + SILENCE) && !questions.is_silent(NOW - time::Duration::DAY));
    }
}
