//! Asks the council again and again about the licences behind certificates in force, so that a
//! doctor who loses theirs does not go on signing.

use std::time::Duration;

use store::portal::licence_check::LicenceResult;

use crate::app::App;
use crate::error::Error;
use crate::problem::{Problem, chain};
use crate::workflow::check_licence_again::ask_again;

/// Name of the lease: one node asks, the others look on.
const LEASE: &str = "licence-feed";

/// Doctors looked up in one step.
const STEP: i64 = 10;

/// A question without an answer is asked again after this part of the interval.
const IN_VAIN: i32 = 24;

/// The longest wait between two looks at what is due.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Runs for ever.
pub(crate) async fn run(app: App) {
    let holder = app.randomness().token();
    let interval = Duration::from_secs(app.config().licence_feed.interval_seconds.max(1));
    let pause = (interval / 10).min(LONGEST_PAUSE);
    let mut failing = false;
    loop {
        tokio::time::sleep(pause).await;
        match step(&app, &holder, interval, pause).await {
            Ok(()) => failing = false,
            // Said once, not each time.
            Err(status) if !failing => {
                tracing::warn!(status, "licences are not asked for again now");
                failing = true;
            }
            Err(_) => {}
        }
    }
}

async fn step(app: &App, holder: &str, interval: Duration, pause: Duration) -> Result<(), u16> {
    let between = Duration::from_secs(60) / app.config().licence_feed.asks_per_minute.max(1);
    // Long enough for the step and the pause after it, each question at its slowest.
    let lease = pause + (between + Duration::from_secs(30)) * u32::try_from(STEP).unwrap_or(1);
    let due = due(app, holder, interval, lease).await.map_err(|error| {
        tracing::debug!(error = %chain(&error), "what is due cannot be read");
        Problem::from(error).status().as_u16()
    })?;
    for request in due {
        let result = ask_again(app, &request).await.map_err(|problem| problem.status().as_u16())?;
        if result == LicenceResult::Unreachable {
            // The others would be asked in vain as well; they are due at the next step.
            return Ok(());
        }
        tokio::time::sleep(between).await;
    }
    Ok(())
}

async fn due(
    app: &App,
    holder: &str,
    interval: Duration,
    lease: Duration,
) -> Result<Vec<store::portal::doctor_request::DoctorRequest>, Error> {
    let span = |duration: Duration| time::Duration::try_from(duration).unwrap_or(time::Duration::DAY);
    let now = app.now();
    let mut tx = app.portal().begin_write().await.map_err(Error::Portal)?;
    let mine = tx.take_lease(LEASE, holder, now, span(lease)).await.map_err(Error::Portal)?;
    let due = match mine {
        true => {
            let interval = span(interval);
            tx.requests_to_ask_again(now - interval, now - interval / IN_VAIN, STEP).await.map_err(Error::Portal)?
        }
        false => Vec::new(),
    };
    tx.commit().await.map_err(Error::Portal)?;
    Ok(due)
}
