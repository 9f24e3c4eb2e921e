//! The front page.

use axum::response::Response;

use super::page;
use crate::pages::{Home, Text};
use crate::problem::Problem;
use crate::visitor::Visitor;

/// The front page.
pub(crate) async fn home(visitor: Visitor) -> Result<Response, Problem> {
    let controller = visitor.app.config().contacts.controller.clone();
    let demo_links = if visitor.app.config().demo && visitor.app.demo_pages().is_some() {
        vec![(Text::new("หน้าสาธิต", "Demonstration"), "/demo".to_owned())]
    } else {
        Vec::new()
    };
    page(&Home { layout: visitor.layout(), operator: Text::same(controller), demo_links })
}
