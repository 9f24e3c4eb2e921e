//! `rabrong signer`: the trust core, on its socket and its own pages.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use clap::builder::PossibleValuesParser;
use signer::core::Core;
use signer::listening::Limits;
use signer::step::{Step, Steps};
use tokio::net::TcpListener;

use crate::clock_deviation;
use crate::configuration::Configuration;
use crate::demo;
use crate::edge;
use crate::wiring;

/// How often the ledger's sequencer and the recovery look for work.
const TICK: Duration = Duration::from_secs(1);

/// An operation this old and still not carried out has lost its request.
const PATIENCE: time::Duration = time::Duration::seconds(60);

/// Arguments of `rabrong signer`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Demonstrations only: end the process hard at this step, to show the recovery
    #[arg(long, value_parser = PossibleValuesParser::new(Step::OF_DOCUMENTS.map(Step::name)))]
    stop_at: Option<String>,
}

/// Runs until the process is ended.
///
/// # Errors
/// What keeps it from starting.
pub async fn run(
    configuration: &Configuration,
    arguments: Arguments,
    demo_folder: &std::path::Path,
) -> anyhow::Result<()> {
    let steps = match arguments.stop_at {
        None => Steps::default(),
        Some(_) if !configuration.demo => anyhow::bail!("--stop-at is for demonstrations only"),
        Some(name) => Steps::watched(move |step: Step| {
            if step.name() == name {
                tracing::warn!(step = step.name(), "stopped here as asked");
                std::process::abort();
            }
        }),
    };
    let journal = wiring::journal(configuration).await?;
    let token = wiring::token(configuration)?;
    let told = wiring::signer_configuration(configuration);
    let clock = clock_deviation::known(edge::clock(), configuration)?;
    let core =
        Core::open(told, journal, token, clock, edge::randomness(), steps).await.context("the signer cannot start")?;
    // First, so that there is word on certificates and time for what an earlier stop left.
    signer::status::begin(&core).await;
    let found = core.recover(time::Duration::ZERO).await?;
    if found > 0 {
        tracing::warn!(operations = found, "went on with operations that an earlier stop left");
    }

    let socket = signer::socket::listen(&configuration.signer.socket)
        .await
        .with_context(|| format!("signer.socket {}", configuration.signer.socket.display()))?;
    let pages = TcpListener::bind(&configuration.signer.listen)
        .await
        .with_context(|| format!("signer.listen {}", configuration.signer.listen))?;
    tracing::info!(url = %configuration.signer_url, "the signer is ready");

    let ticking = std::sync::Arc::clone(&core);
    tokio::spawn(async move {
        // Two machines may give two signers the same process number.
        let holder = format!("signer-{}", hex::encode(edge::randomness().bytes::<8>()));
        let mut seconds = 0_u64;
        loop {
            tokio::time::sleep(TICK).await;
            if let Err(refusal) = ticking.sequence(&holder).await {
                tracing::warn!(refusal = %refusal, "the ledger waits");
            }
            if let Err(refusal) = ticking.settle_replacements().await {
                tracing::warn!(refusal = %refusal, "replacements of passkeys wait");
            }
            seconds += 1;
            if seconds.is_multiple_of(10)
                && let Err(refusal) = ticking.recover(PATIENCE).await
            {
                tracing::warn!(refusal = %refusal, "recovery waits");
            }
        }
    });
    let following = tokio::spawn(signer::status::run(std::sync::Arc::clone(&core)));
    let lifting = tokio::spawn(signer::lifting::run(std::sync::Arc::clone(&core)));
    let answering = tokio::spawn(signer::socket::serve(socket, std::sync::Arc::clone(&core)));
    let demo = configuration.demo.then(|| demo::passkeys::router(demo_folder));
    let pages_of = signer::web::router(core, demo);
    signer::listening::serve(pages, pages_of, Limits::default()).await.context("the signer's pages")?;
    answering.abort();
    following.abort();
    lifting.abort();
    Ok(())
}
