//! Certificates that end: the doctor renews their own, officers see what ends in their units.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use people::Role;
use signer::protocol::CertificateRecord;

use super::{go_to_signer, listing, page, page_with_errors};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::rfc3339;
use crate::pages::{ExpiryList, ExpiryRow, RenewForm, Text, Values};
use crate::problem::Problem;
use crate::units::{Office, Units};
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::check_licence::fault_words;
use crate::workflow::renew_certificate::{propose_renewal, renewable};
use crate::workflow::state_identity::NotTaken;

async fn due(app: &App, who: &SignedIn, serial: &str) -> Result<CertificateRecord, Problem> {
    let own = app.signer().certificates(who.id()).await?;
    renewable(app, &own).filter(|certificate| certificate.serial == serial).ok_or_else(Problem::out_of_step)
}

fn form(who: &SignedIn, certificate: CertificateRecord, fault: Option<Text>) -> RenewForm {
    RenewForm {
        layout: who.layout(),
        name: format!("{}{}", certificate.title_th, certificate.name_th),
        licence: certificate.licence,
        serial: certificate.serial,
        not_after: certificate.not_after,
        fault,
    }
}

/// The page of a renewal.
pub(crate) async fn renew_page(
    State(app): State<App>,
    Path(serial): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let certificate = due(&app, &who, &serial).await?;
    page(&form(&who, certificate, None))
}

/// Asks the council, then on to the signer's page.
pub(crate) async fn renew_posted(
    State(app): State<App>,
    Path(serial): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let who = &posted.who;
    match propose_renewal(&app, who.id(), &serial).await {
        Ok(url) => Ok(go_to_signer(&who.manner, &url)),
        Err(NotTaken::Problem(problem)) => Err(problem),
        Err(NotTaken::Licence(fault)) => {
            let certificate = due(&app, who, &serial).await?;
            page_with_errors(&form(who, certificate, Some(fault_words(&fault))))
        }
    }
}

/// What ends soon in this officer's units.
pub(super) async fn ending(app: &App, office: &Office, units: &Units) -> Result<Vec<ExpiryRow>, Problem> {
    let mut rows = Vec::new();
    for code in office.within(units, Role::RaOfficer) {
        let mut tx = app.portal().begin().await?;
        let notices = tx.expiry_notices_of_unit(&code, app.now()).await?;
        drop(tx);
        for notice in notices.into_iter().filter(|notice| !notice.person_id.is_empty()) {
            // Renewed or ended since?
            let own = app.signer().certificates(&notice.person_id).await?;
            let Some(certificate) = renewable(app, &own) else { continue };
            if certificate.serial == notice.certificate_serial {
                rows.push(ExpiryRow {
                    name: format!("{}{}", certificate.title_th, certificate.name_th),
                    licence: certificate.licence,
                    serial: certificate.serial,
                    not_after: rfc3339(notice.not_after),
                    told: notice.days,
                });
            }
        }
    }
    rows.sort_by(|one, other| one.not_after.cmp(&other.not_after));
    Ok(rows)
}

/// The officers' list.
pub(crate) async fn list(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let office = Office::load(&app, who.id()).await?;
    let units = Units::load(&app).await?;
    let rows = ending(&app, &office, &units).await?;
    record_read(&app, who.id(), "expiring", "certificates").await?;
    let layout = who.layout();
    match listing("/console/expiring", rows, &query, &layout) {
        Ok(listing) => page(&ExpiryList { layout, listing }),
        Err(file) => Ok(*file),
    }
}
