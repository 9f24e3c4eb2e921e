//! Tells holders 60, 30 and 7 days ahead that their certificate ends: once each, on their task
//! list and on that of the officers over their unit.

use std::time::Duration;

use serde_json::json;
use signer::protocol::CertificateRecord;
use store::portal::expiry_notice::ExpiryNotice;
use time::OffsetDateTime;

use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::instants::parse;
use crate::problem::Problem;

/// How many days ahead.
pub(crate) const DAYS: [i64; 3] = [60, 30, 7];

/// Name of the lease: one node looks, the others look on.
const LEASE: &str = "expiry-notices";

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(600);

/// Before the first look, and after one in vain.
const SOON: Duration = Duration::from_secs(10);

/// Runs for ever.
pub(crate) async fn run(app: App) {
    let holder = app.randomness().token();
    let mut pause = SOON;
    loop {
        tokio::time::sleep(pause).await;
        pause = match step(&app, &holder).await {
            Ok(()) => PAUSE,
            Err(error) => {
                let status = Problem::from(error).status().as_u16();
                tracing::warn!(status, "notices of certificates that end wait");
                SOON.saturating_mul(6)
            }
        };
    }
}

async fn step(app: &App, holder: &str) -> Result<(), Error> {
    let mut tx = app.portal().begin_write().await.map_err(Error::Portal)?;
    let mine = tx.take_lease(LEASE, holder, app.now(), time::Duration::minutes(20)).await.map_err(Error::Portal)?;
    tx.commit().await.map_err(Error::Portal)?;
    if !mine {
        return Ok(());
    }
    let mut after = None;
    loop {
        let page = app.signer().expiring(60, after).await?;
        for certificate in &page.certificates {
            notice(app, certificate).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn notice(app: &App, certificate: &CertificateRecord) -> Result<(), Error> {
    let now = app.now();
    let Some(end) = parse(&certificate.not_after) else { return Ok(()) };
    let Some(days) = reached(end, now) else { return Ok(()) };
    let notice = ExpiryNotice {
        certificate_serial: certificate.serial.clone(),
        days,
        person_id: certificate.person_id.clone(),
        unit_code: certificate.unit_code.clone(),
        not_after: end,
        made_at: now,
    };
    let mut tx = app.portal().begin_write().await.map_err(Error::Portal)?;
    if tx.add_expiry_notice(&notice).await.map_err(Error::Portal)? {
        let facts = json!({ "days": days });
        record(app, &mut tx, Event::new("certificate.expiry_noticed", &certificate.serial, "").with(facts)).await?;
        tx.commit().await.map_err(Error::Portal)?;
    }
    Ok(())
}

/// The nearest of the notices that is due; none while the end is far, or past.
pub(crate) fn reached(end: OffsetDateTime, now: OffsetDateTime) -> Option<i64> {
    let left = end - now;
    DAYS.into_iter().rev().find(|days| !left.is_negative() && left <= time::Duration::days(*days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notice_has_its_day() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let left = |days: i64| reached(now + time::Duration::days(days), now);
        assert_eq!(
            [-1, 0, 7, 8, 30, 31, 60, 61].map(left),
            [None, Some(7), Some(7), Some(30), Some(30), Some(60), Some(60), None]
        );
    }
}
