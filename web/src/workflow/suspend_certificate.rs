//! Suspending a certificate at once: on a doctor's or an officer's word, or on a call to the
//! hotline. Nobody's passkey is asked for: to deny is urgent, and officers can restore.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use signer::protocol::SuspensionSource;
use store::portal::suspension::SuspensionReport;

use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::instants::rfc3339;
use crate::problem::Problem;

use super::certificate_care::Care;

/// The longest name or telephone number kept, in characters.
pub(crate) const LONGEST_LINE: usize = 200;

/// The longest account kept, in characters.
pub(crate) const LONGEST_WORDS: usize = 2_000;

/// Who said what. Personal data: sealed at rest, never in the ledger.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Report {
    /// Who called; empty if nobody did.
    pub(crate) caller: String,
    /// Where they can be called back.
    pub(crate) call_back: String,
    /// What was said.
    pub(crate) words: String,
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Report([personal data elided])")
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    /// Random: the digest leaves the portal, and must not confirm a guess of what was said.
    salt: String,
    serial: String,
    at: String,
    report: Report,
}

fn place(id: &str) -> String {
    format!("suspension_report.record:{id}")
}

/// Writes the report down, then has the signer suspend the certificate. The caller checked
/// [`Acts::suspend`](super::certificate_care::Acts).
pub(crate) async fn suspend(app: &App, actor: &str, care: &Care, report: Report) -> Result<(), Problem> {
    let now = app.now();
    let id = app.randomness().uuid(now);
    let serial = &care.certificate.serial;
    let channel = if report.caller.is_empty() { "person" } else { "call" };
    let salt: [u8; 16] = app.randomness().bytes();
    let kept = Kept { salt: hex::encode(salt), serial: serial.clone(), at: rfc3339(now), report };
    let kept = serde_json::to_vec(&kept).map_err(|_| Error::Stored("suspension_report.record"))?;
    let sha256 = hex::encode(Sha256::digest(&kept));
    let row = SuspensionReport {
        certificate_serial: serial.clone(),
        channel: channel.to_owned(),
        record_sealed: app.cipher().seal(&place(&id), &kept, app.randomness())?,
        record_sha256: sha256.clone(),
        reported_by: actor.to_owned(),
        reported_at: now,
        id,
    };
    let mut tx = app.portal().begin_write().await?;
    tx.add_suspension_report(&row).await?;
    let facts = json!({ "channel": channel, "sha256": sha256, "report": row.id });
    record(app, &mut tx, Event::new("certificate.reported", serial, actor).with(facts)).await?;
    tx.commit().await?;
    Ok(app.signer().suspend(serial, SuspensionSource::Hotline, &sha256).await?)
}

/// A certificate's reports, opened, oldest first. The caller writes down that they were read.
pub(crate) async fn reports(app: &App, serial: &str) -> Result<Vec<(SuspensionReport, Report)>, Problem> {
    let mut tx = app.portal().begin().await?;
    let rows = tx.suspension_reports(serial).await?;
    drop(tx);
    let mut opened = Vec::with_capacity(rows.len());
    for row in rows {
        let kept = app.cipher().open(&place(&row.id), &row.record_sealed)?;
        let kept: Kept = serde_json::from_slice(&kept).map_err(|_| Error::Stored("suspension_report.record"))?;
        opened.push((row, kept.report));
    }
    Ok(opened)
}
