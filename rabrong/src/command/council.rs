//! `rabrong council`: the Medical Council's stand-in, for demonstrations only.

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::configuration::{Configuration, secret};

/// Runs until the process is ended.
///
/// # Errors
/// Outside a demonstration, or when the port is taken.
pub async fn run(configuration: &Configuration) -> anyhow::Result<()> {
    anyhow::ensure!(configuration.demo, "the stand-in of the Medical Council runs in demonstrations only");
    let address = configuration.medical_council.url.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind(&address).await.with_context(|| format!("medical_council.url {address}"))?;
    let key = secret(&configuration.medical_council.key_file)?;
    let clock = crate::edge::clock();
    let council = sims::council::Council::demo(&key, std::sync::Arc::new(move || clock.now()));
    sims::council::serve(listener, council).await.context("the stand-in of the Medical Council")
}
