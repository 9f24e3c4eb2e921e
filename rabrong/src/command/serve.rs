//! `rabrong serve`: the portal.

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::configuration::Configuration;
use crate::demo;
use crate::wiring;

/// Runs until the process is ended.
///
/// # Errors
/// What keeps it from starting.
pub async fn run(configuration: &Configuration, demo_folder: &std::path::Path) -> anyhow::Result<()> {
    let demo = configuration.demo.then(|| demo::passkeys::router(demo_folder));
    let app = wiring::portal_app(configuration, demo).await?;
    let listener = TcpListener::bind(&configuration.portal.listen)
        .await
        .with_context(|| format!("portal.listen {}", configuration.portal.listen))?;
    tracing::info!(url = %configuration.public_url, "the portal is ready");
    web::serve(listener, app).await.context("the portal")
}
