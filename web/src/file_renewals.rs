//! Gives signed files fresh proof before the time-stamp that proves them ends: the signer says
//! which, one node at a time has them renewed.

use std::time::Duration;

use crate::app::App;
use crate::error::Error;
use crate::problem::{Problem, chain};
use crate::workflow::renew_file::{self, Renewed};

/// Name of the lease: one node renews, the others look on.
const LEASE: &str = "file-renewals";

/// How long another node waits for one that is gone; taken anew before each file.
const LEASE_LIFE: time::Duration = time::Duration::seconds(15);

/// Before the first round.
const SOON: Duration = Duration::from_secs(10);

/// After so many failures in a row a round ends: the signer or the object store is away.
const GIVE_UP: u32 = 5;

/// Runs for ever.
pub(crate) async fn run(app: App) {
    let holder = app.randomness().token();
    let pause = Duration::from_secs(app.config().file_renewals.interval_seconds);
    tokio::time::sleep(pause.min(SOON)).await;
    loop {
        if let Err(error) = round(&app, &holder).await {
            tracing::warn!(error = %chain(&error), "the renewal of files waits");
        }
        tokio::time::sleep(pause).await;
    }
}

/// One look at everything that is due. What fails is due again in the next round.
async fn round(app: &App, holder: &str) -> Result<(), Error> {
    let days = app.config().file_renewals.days_ahead;
    let (mut renewed, mut failed, mut in_a_row) = (0u64, 0u64, 0u32);
    let mut after = None;
    'pages: loop {
        if !is_mine(app, holder).await? {
            return Ok(());
        }
        let page = app.signer().renewals_due(days, after).await?;
        for due in &page.documents {
            if !is_mine(app, holder).await? {
                break 'pages;
            }
            match renew_file::renew(app, due).await {
                Ok(outcome) => {
                    in_a_row = 0;
                    renewed += u64::from(outcome == Renewed::Done);
                }
                // One that cannot be renewed does not keep the others waiting.
                Err(problem) => {
                    warn(&due.document_id, &due.proof_ends, &problem);
                    (failed, in_a_row) = (failed + 1, in_a_row + 1);
                }
            }
            if in_a_row == GIVE_UP {
                break 'pages;
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if renewed + failed > 0 {
        tracing::info!(renewed, failed, "files were given fresh proof");
    }
    Ok(())
}

async fn is_mine(app: &App, holder: &str) -> Result<bool, Error> {
    let mut tx = app.portal().begin_write().await.map_err(Error::Portal)?;
    let mine = tx.take_lease(LEASE, holder, app.now(), LEASE_LIFE).await.map_err(Error::Portal)?;
    tx.commit().await.map_err(Error::Portal)?;
    Ok(mine)
}

fn warn(document_id: &str, proof_ends: &str, problem: &Problem) {
    let status = problem.status().as_u16();
    tracing::warn!(document.id = %document_id, proof.ends = %proof_ends, status, "a file waits for fresh proof");
}
