//! Beside the API: programs are told what became of their documents, and drafts that nobody signed
//! end. One node of several does it, by lease.

use std::time::Duration;

use store::portal::api_notice::ApiNotice;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::sending::send;
use crate::app::App;
use crate::error::Error;
use crate::problem::chain;
use crate::workflow::end_submission;

/// Name of the lease.
const LEASE: &str = "api-notices";

/// How long it holds: what is under way may go on after it, each message is taken by one only.
const LEASE_LIFE: time::Duration = time::Duration::seconds(15);

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Messages under way at once.
const AT_ONCE: u32 = 32;

/// Looks between two at what has ended.
const LOOKS_PER_END: u32 = 30;

/// Seconds until a message is tried again, by how often it was tried; afterwards it is given up.
const WAITS: [i64; 9] = [5, 30, 120, 600, 3_600, 10_800, 28_800, 86_400, 86_400];

/// Runs for ever.
pub(crate) async fn run(app: App) {
    let holder = app.randomness().token();
    let mut failing = false;
    for look in 1_u32.. {
        tokio::time::sleep(PAUSE).await;
        match step(&app, &holder, look).await {
            Ok(()) => failing = false,
            // Said once, not each second.
            Err(error) if !failing => {
                tracing::warn!(error = %chain(&error), "programs are not told of their documents now");
                failing = true;
            }
            Err(_) => {}
        }
    }
}

async fn step(app: &App, holder: &str, look: u32) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.portal().begin_write().await.map_err(Error::Portal)?;
    let mine = tx.take_lease(LEASE, holder, now, LEASE_LIFE).await.map_err(Error::Portal)?;
    tx.commit().await.map_err(Error::Portal)?;
    if !mine {
        return Ok(());
    }
    if look.is_multiple_of(LOOKS_PER_END) {
        end(app, now).await?;
    }
    let mut tx = app.portal().begin().await.map_err(Error::Portal)?;
    let due = tx.api_notices_due(now, AT_ONCE).await.map_err(Error::Portal)?;
    drop(tx);
    let mut under_way = JoinSet::new();
    for notice in due {
        let app = app.clone();
        under_way.spawn(async move {
            if let Err(error) = attempt(&app, &notice).await {
                tracing::warn!(error = %chain(&error), "a message to a program was not sent");
            }
        });
    }
    while under_way.join_next().await.is_some() {}
    Ok(())
}

/// One try: written down before it is made, so that a crash only makes it later.
async fn attempt(app: &App, notice: &ApiNotice) -> Result<(), Error> {
    let wait = usize::try_from(notice.tries).ok().and_then(|tries| WAITS.get(tries));
    let next = app.now() + time::Duration::seconds(wait.copied().unwrap_or(86_400));
    let mut tx = app.portal().begin_write().await.map_err(Error::Portal)?;
    let mine = tx.try_api_notice(notice, next).await.map_err(Error::Portal)?;
    let client = tx.api_client(&notice.client_id).await.map_err(Error::Portal)?;
    let submission = tx.submission(&notice.document_id).await.map_err(Error::Portal)?;
    tx.commit().await.map_err(Error::Portal)?;
    let (true, Some(client), Some(submission)) = (mine, client, submission) else { return Ok(()) };
    let (result, settled) = match send(app, &client, notice, &submission.external_id).await {
        Ok(result) => (result, "delivered"),
        Err(result) if wait.is_none() => (result, "given_up"),
        Err(result) => (result, ""),
    };
    let mut tx = app.portal().begin_write().await.map_err(Error::Portal)?;
    tx.api_notice_tried(&notice.id, &result, settled, app.now()).await.map_err(Error::Portal)?;
    tx.commit().await.map_err(Error::Portal)
}

/// Ends drafts that nobody signed in time.
async fn end(app: &App, now: OffsetDateTime) -> Result<(), Error> {
    let mut tx = app.portal().begin().await.map_err(Error::Portal)?;
    let over = tx.submissions_over(now, 200).await.map_err(Error::Portal)?;
    drop(tx);
    for id in over {
        if let Err(problem) = end_submission::expire(app, &id).await {
            tracing::warn!(status = problem.status().as_u16(), "a draft could not be ended");
            return Ok(());
        }
    }
    Ok(())
}
