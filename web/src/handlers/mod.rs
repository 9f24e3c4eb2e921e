//! Handlers, one file per group of pages: they read the request, call a workflow, fill a page.

pub(crate) mod appointments;
pub(crate) mod assets;
pub(crate) mod authorizations;
pub(crate) mod certificates;
pub(crate) mod coming_in;
pub(crate) mod digests;
pub(crate) mod doctor;
pub(crate) mod documents;
pub(crate) mod erasures;
pub(crate) mod evidence;
pub(crate) mod health;
pub(crate) mod help;
pub(crate) mod mass_revocation;
pub(crate) mod practice;
pub(crate) mod public;
pub(crate) mod publications;
pub(crate) mod renewals;
pub(crate) mod requests;
pub(crate) mod revocations;
pub(crate) mod signing_batches;
pub(crate) mod suspensions;
pub(crate) mod systems;
pub(crate) mod tasks;
pub(crate) mod verification;

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::pages::{Lang, Layout, ListQuery, Listing, Row, Values};
use crate::problem::Problem;
use crate::visitor::Manner;

/// A page, rendered.
pub(crate) fn page(template: &impl Template) -> Result<Response, Problem> {
    Ok(Html(template.render()?).into_response())
}

/// A page that shows what is wrong with a form.
pub(crate) fn page_with_errors(template: &impl Template) -> Result<Response, Problem> {
    let html = Html(template.render()?);
    Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, html).into_response())
}

/// On to another page after a form.
pub(crate) fn go(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// On to a page of the signer, in the language spoken here: its origin has cookies of its own.
pub(crate) fn go_to_signer(manner: &Manner, url: &str) -> Response {
    match manner.lang {
        Lang::Th => go(url),
        Lang::En => go(&format!("{url}?lang=en")),
    }
}

/// A PDF to look at or to keep.
pub(crate) fn pdf(bytes: Vec<u8>, disposition: &str) -> Result<Response, Problem> {
    let disposition = HeaderValue::from_str(disposition).map_err(|_| Problem::internal())?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/pdf")),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, bytes).into_response())
}

/// A table, or its rows as a file if the address asks for that.
pub(crate) fn listing<R: Row>(
    path: &str,
    rows: Vec<R>,
    query: &Values,
    layout: &Layout,
) -> Result<Listing<R>, Box<Response>> {
    let asked = ListQuery::parse(query);
    if query.get("format").map(String::as_str) == Some("csv") {
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"list.csv\""),
        ];
        return Err(Box::new((headers, Listing::csv(rows, &asked, layout)).into_response()));
    }
    Ok(Listing::over(path, rows, asked))
}
