//! Ending a certificate, saying more about its end, or ending its suspension: each goes on to the
//! signer's page.

use axum::extract::{Path, State};
use axum::response::Response;
use signer::protocol::CertificateRecord;

use super::certificates::licence_news;
use super::{go_to_signer, page, page_with_errors};
use crate::app::App;
use crate::instants::parse;
use crate::pages::{FieldErrors, RestoreForm, RevokeForm, Text, Values};
use crate::problem::Problem;
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::certificate_care::{Care, Carer};
use crate::workflow::restore_certificate::propose_restoration;
use crate::workflow::revoke_certificate::propose_revocation;

/// The names of the signer's protocol for what a person may choose.
const REASONS: [&str; 4] = ["key_compromise", "affiliation_changed", "superseded", "cessation_of_operation"];

async fn open(app: &App, who: &SignedIn, serial: &str) -> Result<Care, Problem> {
    Carer::load(app, &who.session.person).await?.open(serial).await
}

fn form(who: &SignedIn, care: &Care, values: &Values, errors: &FieldErrors) -> RevokeForm {
    let amends = care.acts.amend;
    RevokeForm {
        layout: who.layout(),
        name: care.name(),
        licence: care.certificate.licence.clone(),
        serial: care.certificate.serial.clone(),
        amends,
        groups: match amends {
            true => RevokeForm::amend_groups(values, errors),
            false => RevokeForm::groups(care.as_officer, values, errors),
        },
    }
}

/// The form of a revocation.
pub(crate) async fn revoke_page(
    State(app): State<App>,
    Path(serial): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let care = open(&app, &who, &serial).await?;
    if !care.acts.revoke {
        return Err(Problem::out_of_step());
    }
    page(&form(&who, &care, &Values::new(), &FieldErrors::new()))
}

/// Revokes: on to the signer's page.
pub(crate) async fn revoke_posted(
    State(app): State<App>,
    Path(serial): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let care = open(&app, &posted.who, &serial).await?;
    if !care.acts.revoke {
        return Err(Problem::out_of_step());
    }
    let reason = posted.value("reason").to_owned();
    let known = REASONS.contains(&reason.as_str()) || (care.as_officer && reason == "privilege_withdrawn");
    go_on(&app, &posted, &care, known.then_some(reason)).await
}

/// The form of a stricter revocation.
pub(crate) async fn amend_page(
    State(app): State<App>,
    Path(serial): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let care = open(&app, &who, &serial).await?;
    if !care.acts.amend {
        return Err(Problem::out_of_step());
    }
    page(&form(&who, &care, &Values::new(), &FieldErrors::new()))
}

/// Makes a revocation stricter: on to the signer's page, which refuses what is not.
pub(crate) async fn amend_posted(
    State(app): State<App>,
    Path(serial): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let care = open(&app, &posted.who, &serial).await?;
    let recorded = care.certificate.revoked.as_ref().filter(|_| care.acts.amend);
    let recorded = recorded.ok_or_else(Problem::out_of_step)?;
    let reason = match posted.value("reason") {
        "same" => Some(recorded.reason.clone()),
        "key_compromise" => Some("key_compromise".to_owned()),
        _ => None,
    };
    go_on(&app, &posted, &care, reason).await
}

async fn go_on(app: &App, posted: &SignedForm, care: &Care, reason: Option<String>) -> Result<Response, Problem> {
    let mut errors = FieldErrors::new();
    if reason.is_none() {
        errors.insert("reason".to_owned(), Text::new("โปรดเลือกเหตุผล", "Choose a reason"));
    }
    let invalid_since = read_since(app, posted, Some(&care.certificate), &mut errors);
    match reason.filter(|_| errors.is_empty()) {
        Some(reason) => {
            let url = propose_revocation(app, posted.who.id(), care, &reason, invalid_since).await?;
            Ok(go_to_signer(&posted.who.manner, &url))
        }
        None => page_with_errors(&form(&posted.who, care, &posted.values(), &errors)),
    }
}

/// Since when it is believed invalid: the first instant of a day in Bangkok at which the
/// certificate, if it is one, was valid; RFC 3339.
pub(super) fn read_since(
    app: &App,
    posted: &SignedForm,
    certificate: Option<&CertificateRecord>,
    errors: &mut FieldErrors,
) -> Option<String> {
    let typed = posted.value("invalid_since");
    if typed.is_empty() {
        return None;
    }
    let since = since(app, certificate, typed);
    if since.is_none() {
        let words = Text::new(
            "อ่านวันที่ไม่ได้ เป็นวันในอนาคต หรือก่อนวันที่ออกใบรับรอง โปรดพิมพ์ เช่น 21/11/2569",
            "This is no date, lies ahead, or lies before the certificate was issued. Type it like 21/11/2569.",
        );
        errors.insert("invalid_since".to_owned(), words);
    }
    since
}

fn since(app: &App, certificate: Option<&CertificateRecord>, typed: &str) -> Option<String> {
    let day = pdf::date::parse_user_date(typed).ok()?;
    let bangkok = time::UtcOffset::from_hms(7, 0, 0).ok()?;
    let midnight = day.midnight().assume_offset(bangkok);
    let instant = match certificate {
        None => midnight,
        Some(certificate) => {
            let begins = parse(&certificate.not_before)?;
            let instant = if begins.to_offset(bangkok).date() == day { begins.max(midnight) } else { midnight };
            if instant < begins {
                return None;
            }
            instant
        }
    };
    (instant <= app.now()).then(|| crate::instants::rfc3339(instant))
}

/// The page of a restoration.
pub(crate) async fn restore_page(
    State(app): State<App>,
    Path(serial): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let care = open(&app, &who, &serial).await?;
    if !care.acts.restore {
        return Err(Problem::out_of_step());
    }
    let news = licence_news(&app, &serial).await?;
    page(&RestoreForm {
        layout: who.layout(),
        name: care.name(),
        since: care.certificate.revoked.as_ref().map(|hold| hold.at.clone()).unwrap_or_default(),
        licence: care.certificate.licence,
        serial: care.certificate.serial,
        warning: news.calls_for_a_look().then(|| news.words()),
    })
}

/// Restores: on to the signer's page.
pub(crate) async fn restore_posted(
    State(app): State<App>,
    Path(serial): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let care = open(&app, &posted.who, &serial).await?;
    let url = propose_restoration(&app, posted.who.id(), &care).await?;
    Ok(go_to_signer(&posted.who.manner, &url))
}
