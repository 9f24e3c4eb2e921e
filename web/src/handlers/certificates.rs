//! Signing certificates: the doctor's own, or those in an officer's care; one of them, as a page
//! or as data.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use signer::protocol::RevocationState;
use store::portal::licence_check::{LicenceCheck, LicenceResult};

use super::{listing, page};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::rfc3339;
use crate::names::Names;
use crate::pages::{
    CertificateList, CertificatePage, CertificateRow, HistoryLine, LicenceNews, Published, ReportLine, Technical, Text,
    Values, identity_level,
};
use crate::problem::Problem;
use crate::visitor::SignedIn;
use crate::workflow::certificate_care::{Care, Carer};
use crate::workflow::certificate_policy::policy_of;
use crate::workflow::suspend_certificate::reports;

/// The list.
pub(crate) async fn list(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let found = Carer::load(&app, &who.session.person).await?.all().await?;
    record_read(&app, who.id(), "certificates", "certificates").await?;
    let layout = who.layout();
    let rows = found.into_iter().map(row).collect();
    match listing("/certificates", rows, &query, &layout) {
        Ok(listing) => page(&CertificateList { layout, listing }),
        Err(file) => Ok(*file),
    }
}

fn row(care: Care) -> CertificateRow {
    CertificateRow {
        name: care.name(),
        revoke_url: care.acts.revoke.then(|| format!("/certificates/{}/revoke", care.certificate.serial)),
        licence: care.certificate.licence,
        serial: care.certificate.serial,
        not_before: care.certificate.not_before,
        not_after: care.certificate.not_after,
        state: care.state,
    }
}

/// One certificate.
pub(crate) async fn one(
    State(app): State<App>,
    Path(serial): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let carer = Carer::load(&app, &who.session.person).await?;
    let care = carer.open(&serial).await?;
    let state = app.signer().revocation_state(&serial).await?;
    record_read(&app, who.id(), "certificate", &serial).await?;
    let reports = if care.as_officer { report_lines(&app, &who, &serial).await? } else { Vec::new() };
    let layout = who.layout();
    let certificate = &care.certificate;
    let unit = carer.units().name(&certificate.unit_code);
    let fact = |th: &str, en: &str, value: &str| (Text::new(th, en), value.to_owned());
    let facts = vec![
        fact("ชื่อภาษาอังกฤษ", "Name in English", &certificate.name_en),
        fact("เลขที่ใบอนุญาต", "Licence", &format!("ว.{}", certificate.licence)),
        fact("หน่วยบริการ", "Service unit", layout.text(&unit)),
        fact("ระดับการพิสูจน์ตัวตน", "Identity assurance", layout.text(&identity_level(&certificate.ial))),
        fact("ใช้ได้ตั้งแต่", "Valid from", &layout.instant(&certificate.not_before)),
        fact("ใช้ได้ถึง", "Valid until", &layout.instant(&certificate.not_after)),
        fact("หมายเลขใบรับรอง", "Serial number", &certificate.serial),
    ];
    let policy = hex::decode(&certificate.der).ok().and_then(|der| policy_of(&der));
    let line = |th: &str, en: &str, value: &str| Technical { label: Text::new(th, en), value: value.to_owned() };
    let mut technical = vec![line("ค่าแฮชของใบรับรอง (SHA-256)", "Certificate hash (SHA-256)", &certificate.sha256)];
    if let Some(policy) = &policy {
        technical.push(line("นโยบายของใบรับรอง", "Certificate policy", &policy.identifier));
    }
    if let Some(crl) = &state.crl {
        technical.push(line("CRL", "CRL", &format!("/crl/{}.crl", crl.list)));
    }
    page(&CertificatePage {
        name: care.name(),
        state: care.state,
        policy,
        facts,
        news: licence_news(&app, &serial).await?,
        history: history(&state),
        published: published(&state),
        reports,
        acts: acts(&care),
        technical,
        layout,
    })
}

async fn report_lines(app: &App, who: &SignedIn, serial: &str) -> Result<Vec<ReportLine>, Problem> {
    let found = reports(app, serial).await?;
    if !found.is_empty() {
        record_read(app, who.id(), "suspension_reports", serial).await?;
    }
    let mut lines = Vec::with_capacity(found.len());
    for (row, report) in found {
        let mut tx = app.portal().begin().await?;
        let writer = tx.person(&row.reported_by).await?;
        drop(tx);
        let written_by = match writer {
            Some(person) => Names::open(app.cipher(), &person.id, &person.names_sealed)?.shown(who.manner.lang),
            None => String::new(),
        };
        lines.push(ReportLine {
            at: rfc3339(row.reported_at),
            caller: (!report.caller.is_empty()).then_some((report.caller, report.call_back)),
            words: report.words,
            written_by,
        });
    }
    Ok(lines)
}

/// What the council last said of the licence behind a certificate.
pub(super) async fn licence_news(app: &App, serial: &str) -> Result<LicenceNews, Problem> {
    let mut tx = app.portal().begin().await?;
    Ok(news_of(tx.licence_check(serial).await?.as_ref()))
}

fn news_of(check: Option<&LicenceCheck>) -> LicenceNews {
    let Some(check) = check else { return LicenceNews::NotAsked };
    let asked = rfc3339(check.asked_at);
    match check.result {
        LicenceResult::Active => LicenceNews::Active(asked),
        LicenceResult::NotActive => LicenceNews::NotActive(check.not_active_since.map_or(asked, rfc3339)),
        LicenceResult::Unclear => LicenceNews::Unclear(asked),
        LicenceResult::Unreachable => LicenceNews::Silent(check.answered_at.map(rfc3339)),
        LicenceResult::NotPermitted => LicenceNews::NotPermitted,
        LicenceResult::Over => LicenceNews::NotAsked,
    }
}

fn history(state: &RevocationState) -> Vec<HistoryLine> {
    let line = |step: &signer::protocol::RevocationStep| {
        HistoryLine::new(&step.at, &step.kind, &step.reason, &step.source, step.invalid_since.clone())
    };
    state.history.iter().map(line).collect()
}

fn published(state: &RevocationState) -> Option<Published> {
    if state.history.is_empty() {
        return None;
    }
    let crl = state.crl.as_ref();
    Some(Published {
        decided_at: state.history.last().map(|step| step.at.clone()),
        answers_since: state.ocsp_since.clone(),
        list: crl.and_then(|crl| Some((crl.number?, crl.this_update.clone()?))),
        list_due_by: crl.and_then(|crl| crl.due_by.clone()),
        list_url: crl.map(|crl| format!("/crl/{}.crl", crl.list)),
    })
}

/// What the policy lets this person do, as links.
fn acts(care: &Care) -> Vec<(String, Text)> {
    let serial = &care.certificate.serial;
    let own = |path: &str| format!("/certificates/{serial}/{path}");
    let many = |by: &str| format!("/console/revocations/check?by={by}&serial={serial}");
    let may = care.acts;
    [
        (may.restore, own("restore"), "คืนใบรับรอง", "Restore it"),
        (may.suspend, own("suspend"), "ระงับชั่วคราวทันที", "Suspend it at once"),
        (may.revoke, own("revoke"), "เพิกถอน", "Revoke it"),
        (may.amend, own("amend"), "บันทึกการเพิกถอนให้เข้มขึ้น", "Make the revocation stricter"),
        (may.revoke_many, many("person"), "เพิกถอนทุกใบของแพทย์ผู้นี้", "Revoke all of this doctor"),
        (may.revoke_many, many("key"), "เพิกถอนทุกใบของกุญแจนี้ และห้ามใช้กุญแจนี้อีก", "Revoke all of this key and bar it"),
    ]
    .into_iter()
    .filter(|(may, ..)| *may)
    .map(|(_, url, th, en)| (url, Text::new(th, en)))
    .collect()
}

/// `GET /api/v1/certificates/{serial}`: the state, what became of it, where that can be seen, and
/// what this person may do.
pub(crate) async fn api_one(
    State(app): State<App>,
    Path(serial): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let care = Carer::load(&app, &who.session.person).await?.open(&serial).await?;
    let state = app.signer().revocation_state(&serial).await?;
    record_read(&app, who.id(), "certificate", &serial).await?;
    let answer = json!({
        "serial": serial,
        "state": care.state.name(),
        "not_before": care.certificate.not_before,
        "not_after": care.certificate.not_after,
        "revocation": state,
        "may": care.acts,
    });
    Ok(Json(answer).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn silence_is_told_since_the_last_answer() {
        let check = LicenceCheck {
            result: LicenceResult::Unreachable,
            asked_at: datetime!(2026-11-21 05:00 UTC),
            answered_at: Some(datetime!(2026-11-19 05:00 UTC)),
            not_active_since: None,
        };
        assert_eq!(news_of(Some(&check)), LicenceNews::Silent(Some("2026-11-19T05:00:00Z".into())));
        let never = LicenceCheck { answered_at: None, ..check };
        assert_eq!(news_of(Some(&never)), LicenceNews::Silent(None));
        assert_eq!(news_of(None), LicenceNews::NotAsked);
    }
}
