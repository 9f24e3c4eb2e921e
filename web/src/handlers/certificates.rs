//! Signing certificates: the doctor's own, or those in an officer's care; and their end.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use people::Role;
use signer::protocol::CertificateRecord;
use store::portal::doctor_request::RequestState;

use super::{go_to_signer, listing, page, page_with_errors};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::parse;
use crate::pages::{CertificateList, CertificateRow, CertificateState, FieldErrors, RevokeForm, Text, Values};
use crate::problem::Problem;
use crate::units::{Office, Units};
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::revoke_certificate;

/// Certificates this person may see: (the certificate, seen as an officer).
async fn visible(app: &App, who: &SignedIn) -> Result<Vec<(CertificateRecord, bool)>, Problem> {
    let own = app.signer().certificates(who.id()).await?;
    let mut found: Vec<(CertificateRecord, bool)> = own.into_iter().map(|certificate| (certificate, false)).collect();
    let office = Office::load(app, who.id()).await?;
    if !office.holds(Role::RaOfficer) {
        return Ok(found);
    }
    let units = Units::load(app).await?;
    let mut doctors = Vec::new();
    for code in office.within(&units, Role::RaOfficer) {
        let mut tx = app.portal().begin().await?;
        let issued = tx.requests_of_unit(&code, RequestState::Issued).await?;
        doctors.extend(issued.into_iter().map(|request| request.person_id));
    }
    doctors.sort();
    doctors.dedup();
    for doctor in doctors.iter().filter(|doctor| *doctor != who.id()) {
        let certificates = app.signer().certificates(doctor).await?;
        found.extend(certificates.into_iter().map(|certificate| (certificate, true)));
    }
    Ok(found)
}

fn state_of(app: &App, certificate: &CertificateRecord) -> CertificateState {
    if certificate.revoked.is_some() {
        CertificateState::Revoked
    } else if parse(&certificate.not_after).is_some_and(|end| end < app.now()) {
        CertificateState::Expired
    } else {
        CertificateState::Good
    }
}

/// The list.
pub(crate) async fn list(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let found = visible(&app, &who).await?;
    record_read(&app, who.id(), "certificates", "certificates").await?;
    let layout = who.layout();
    let rows = found
        .into_iter()
        .map(|(certificate, _)| {
            let state = state_of(&app, &certificate);
            CertificateRow {
                name: format!("{}{}", certificate.title_th, certificate.name_th),
                revoke_url: (state == CertificateState::Good)
                    .then(|| format!("/certificates/{}/revoke", certificate.serial)),
                licence: certificate.licence,
                serial: certificate.serial,
                not_before: certificate.not_before,
                not_after: certificate.not_after,
                state,
            }
        })
        .collect();
    match listing("/certificates", rows, &query, &layout) {
        Ok(listing) => page(&CertificateList { layout, listing }),
        Err(file) => Ok(*file),
    }
}

async fn open(app: &App, who: &SignedIn, serial: &str) -> Result<(CertificateRecord, bool), Problem> {
    let found = visible(app, who).await?;
    found.into_iter().find(|(certificate, _)| certificate.serial == serial).ok_or_else(Problem::not_found)
}

fn form(
    who: &SignedIn,
    certificate: &CertificateRecord,
    officer: bool,
    values: &Values,
    errors: &FieldErrors,
) -> RevokeForm {
    RevokeForm {
        layout: who.layout(),
        name: format!("{}{}", certificate.title_th, certificate.name_th),
        licence: certificate.licence.clone(),
        serial: certificate.serial.clone(),
        groups: RevokeForm::groups(officer, values, errors),
    }
}

/// The form.
pub(crate) async fn revoke_page(
    State(app): State<App>,
    Path(serial): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let (certificate, officer) = open(&app, &who, &serial).await?;
    if certificate.revoked.is_some() {
        return Err(Problem::out_of_step());
    }
    page(&form(&who, &certificate, officer, &Values::new(), &FieldErrors::new()))
}

/// Revokes: on to the signer's page.
pub(crate) async fn revoke_posted(
    State(app): State<App>,
    Path(serial): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let who = &posted.who;
    let (certificate, officer) = open(&app, who, &serial).await?;
    let mut errors = FieldErrors::new();
    let mut known = vec!["key_compromise", "affiliation_changed", "superseded", "cessation_of_operation"];
    if officer {
        known.push("privilege_withdrawn");
    }
    let reason = posted.value("reason");
    if !known.contains(&reason) {
        errors.insert("reason".to_owned(), Text::new("โปรดเลือกเหตุผล", "Choose a reason"));
    }
    let invalid_since = match posted.value("invalid_since") {
        "" => None,
        typed => match since(&app, &certificate, typed) {
            Some(instant) => Some(instant),
            None => {
                let words = Text::new(
                    "อ่านวันที่ไม่ได้ เป็นวันในอนาคต หรือก่อนวันที่ออกใบรับรอง โปรดพิมพ์ เช่น 21/11/2569",
                    "This is no date, lies ahead, or lies before the certificate was issued. Type it like 21/11/2569.",
                );
                errors.insert("invalid_since".to_owned(), words);
                None
            }
        },
    };
    if !errors.is_empty() {
        return page_with_errors(&form(who, &certificate, officer, &posted.values(), &errors));
    }
    let url = revoke_certificate::propose_revocation(&app, who.id(), &certificate, reason, invalid_since).await?;
    Ok(go_to_signer(&who.manner, &url))
}

/// The first instant of a day in Bangkok at which the certificate was valid, as RFC 3339.
fn since(app: &App, certificate: &CertificateRecord, typed: &str) -> Option<String> {
    let day = pdf::date::parse_user_date(typed).ok()?;
    let bangkok = time::UtcOffset::from_hms(7, 0, 0).ok()?;
    let begins = parse(&certificate.not_before)?;
    let instant = match day.midnight().assume_offset(bangkok) {
        midnight if begins.to_offset(bangkok).date() == day => begins.max(midnight),
        midnight => midnight,
    };
    (begins <= instant && instant <= app.now()).then(|| crate::instants::rfc3339(instant))
}
