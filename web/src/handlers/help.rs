//! Help for whoever receives a file.

use axum::extract::State;
use axum::response::Response;
use sha2::{Digest, Sha256};

use super::page;
use super::publications::common_name;
use crate::app::App;
use crate::pages::{AcrobatHelp, grouped_digits};
use crate::problem::Problem;
use crate::visitor::Visitor;

/// Why Adobe Acrobat shows the signer as unknown.
pub(crate) async fn acrobat(State(app): State<App>, visitor: Visitor) -> Result<Response, Problem> {
    // The words are of use also while the signer is away; the page then says that it cannot compare.
    let root = app.signer().ca_certificate("root").await.unwrap_or_default();
    let sha256 = if root.is_empty() { String::new() } else { hex::encode_upper(Sha256::digest(&root)) };
    page(&AcrobatHelp {
        layout: visitor.layout(),
        root_name: if root.is_empty() { String::new() } else { common_name(&root) },
        root_sha256: grouped_digits(&sha256),
        origin: app.origin().to_owned(),
    })
}
