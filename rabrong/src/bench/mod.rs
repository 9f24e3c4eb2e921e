//! `rabrong bench`: how fast the pieces are, beside the raw rates of the same token in the
//! same run.
//!
//! ```text
//! installation  a token, a small PKI and signed documents of this run's own
//! task          what is measured
//! meter         counts, the wall's clock and the processor's, in interleaved rounds
//! report        the lines
//! pyhanko       the same signature by pyHanko, where it is installed
//! ```
//!
//! The measuring is done by a child of this process: `SoftHSM` reads `SOFTHSM2_CONF` when it
//! is loaded, and a process must not change its own environment.

mod installation;
mod meter;
mod pyhanko;
mod report;
mod task;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};

use crate::{edge, output};

/// Rounds of one run. Each measures every name once, so that a ratio between two names does
/// not depend on when each was measured.
const ROUNDS: u32 = 10;

/// Arguments of `rabrong bench`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only this part
    subset: Option<Subset>,
    /// How long each name is measured, in seconds
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
    /// The child's own folder
    #[arg(long, hide = true, value_name = "DIR")]
    inside: Option<PathBuf>,
}

/// A part of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Subset {
    /// Signing, and the raw rates of the token
    Sign,
    /// The verdict on a signed file
    Verify,
    /// Drawing a form
    Render,
}

impl Subset {
    const fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Verify => "verify",
            Self::Render => "render",
        }
    }
}

/// Measures and says what it found.
///
/// # Errors
/// `SoftHSM` is not installed, or a measured operation failed.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Some(folder) = arguments.inside.clone() {
        return tokio::task::spawn_blocking(move || measure(&folder, &arguments)).await?;
    }
    let folder = std::env::temp_dir().join(format!("rabrong-bench-{}", hex::encode(edge::randomness().bytes::<8>())));
    let done = in_child(&folder, &arguments).await;
    if let Err(error) = std::fs::remove_dir_all(&folder)
        && folder.exists()
    {
        output::complaint(&format!("{} could not be removed: {error}", folder.display()));
    }
    done
}

/// Runs this command again in a process whose `SoftHSM` keeps its tokens in `folder`.
async fn in_child(folder: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let configuration = installation::prepare_folder(folder)?;
    let mut child = tokio::process::Command::new(std::env::current_exe().context("this program's own file")?);
    child.arg("bench").args(arguments.subset.map(Subset::name)).args(["--seconds", &arguments.seconds.to_string()]);
    child.args(arguments.json.then_some("--json")).arg("--inside").arg(folder);
    let status = child
        .env("SOFTHSM2_CONF", configuration)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .context("the measuring process")?;
    ensure!(status.success(), "the measurement failed");
    Ok(())
}

fn measure(folder: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let wants = |subset| arguments.subset.is_none_or(|only| only == subset);
    let installation = installation::Installation::new(edge::clock().now(), &mut edge::randomness())?;
    let mut tasks = Vec::new();
    if wants(Subset::Sign) {
        tasks.extend(task::signing(&installation)?);
        match pyhanko::Signer::start(folder, &installation.drawn) {
            Ok(Some(signer)) => tasks.push(task::by_pyhanko(signer)),
            Ok(None) => output::complaint("skipped: pyHanko is not installed"),
            Err(error) => output::complaint(&format!("skipped: pyHanko: {error:#}")),
        }
    }
    if wants(Subset::Render) {
        tasks.push(task::drawing(&installation));
    }
    if wants(Subset::Verify) {
        tasks.push(task::judging(&installation)?);
    }
    let measured = meter::measure(tasks, f64::from(arguments.seconds), ROUNDS)?;
    report::print(&measured, arguments.json)
}
