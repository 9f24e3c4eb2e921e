//! The same page on the person's phone: the ward's computer shows its address as a QR code, waits,
//! and goes on when the phone is done. The address alone is worth nothing without the passkey.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use fast_qr::{ECL, QRBuilder};

use crate::core::{Core, rfc3339};
use crate::pages::PhonePage;
use crate::web::{self, Asked};

/// `GET /a/<ticket>/phone`: the code, for as long as the page waits.
pub(crate) async fn page(State(core): State<Arc<Core>>, Path(ticket): Path<String>, asked: Query<Asked>) -> Response {
    let layout = web::layout(&core, &asked, format!("/a/{ticket}/phone"));
    let row = match core.ticket_row(&ticket).await {
        Ok(row) => row,
        Err(refusal) => return web::problem(&core, &layout, &ticket, &refusal).await,
    };
    let ends = store::ids::instant(row.expires_at);
    // Touched on the phone, or over: what came of it is said there.
    if row.state != "open" || core.now() >= ends {
        return Redirect::to(&format!("/a/{ticket}/done?lang={}", layout.lang.tag())).into_response();
    }
    let page = PhonePage {
        address: address(&core, &ticket),
        host: core.configuration.origin.clone(),
        picture_url: format!("/a/{ticket}/phone.svg"),
        here_url: format!("/a/{ticket}"),
        return_url: web::return_to(&core, &row.return_path, &ticket),
        expires_at: rfc3339(ends),
        layout: layout.clone(),
    };
    web::show(&layout, Ok(page))
}

/// `GET /a/<ticket>/phone.svg`
pub(crate) async fn code(State(core): State<Arc<Core>>, Path(ticket): Path<String>) -> Response {
    // Of pages there are only: nobody has the signer draw codes of their own.
    match core.ticket_row(&ticket).await.map(|row| (row, picture(&address(&core, &ticket)))) {
        Ok((_, Some(svg))) => ([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response(),
        Ok((_, None)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Err(refusal) => web::status(&refusal).into_response(),
    }
}

fn address(core: &Core, ticket: &str) -> String {
    format!("{}/a/{ticket}?on=phone", core.configuration.origin)
}

/// A QR code with its quiet zone of four modules (ISO/IEC 18004 §6.3.8), black on white.
fn picture(text: &str) -> Option<String> {
    const QUIET: usize = 4;
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let (width, side) = (code.size, code.size + 2 * QUIET);
    let mut path = String::new();
    for (at, module) in code.data.iter().take(width * width).enumerate() {
        if module.value() {
            let (x, y) = (at % width + QUIET, at / width + QUIET);
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}
