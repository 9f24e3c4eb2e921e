//! The program behind a request, its token checked for one scope.

use axum::http::HeaderMap;
use store::portal::api_client::ApiClient;

use super::ApiProblem;
use crate::app::App;
use crate::oauth::{Scope, bearer};

/// A program that may ask this.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub(crate) client: ApiClient,
}

impl Asking {
    /// Checks the token of a request.
    ///
    /// # Errors
    /// [`ApiProblem::NoToken`], [`ApiProblem::Scope`], [`ApiProblem::TooMany`].
    pub(crate) async fn with(app: &App, headers: &HeaderMap, scope: Scope) -> Result<Self, ApiProblem> {
        let grant = bearer(app, headers, scope).await?;
        Ok(Self { client: grant.client })
    }
}
