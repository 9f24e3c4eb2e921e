//! `rabrong bench`: how fast the pieces are, beside the raw rates of the same token in the
//! same run.
//!
//! ```text
//! installation  a token, a small PKI and signed documents of this run's own
//! task          what is measured: signing, drawing, judging
//! issuing       certificates; lists  CRL shards
//! meter         counts, the wall's clock and the processor's, in interleaved rounds
//! report        the lines
//! pyhanko       the same signature by pyHanko, where it is installed
//! stage         an installation whose ceremony is held, and issuing with the record
//! documents     signing on it, from drawn pages or from answers; crowd  many at once
//! services      OCSP and time-stamps by the running programs; load  who asks; requests  what
//! openssl       the same by OpenSSL
//! scale         a journal of a million certificates beside one of a thousand
//! ```
//!
//! The measuring is done by a child of this process: `SoftHSM` reads `SOFTHSM2_CONF` when it
//! is loaded, and a process must not change its own environment.

#[cfg(not(feature = "measuring"))]
mod basic;
#[cfg(feature = "measuring")]
mod crowd;
#[cfg(feature = "measuring")]
mod documents;
mod installation;
mod issuing;
mod lists;
#[cfg(feature = "measuring")]
mod load;
mod meter;
#[cfg(feature = "measuring")]
mod openssl;
mod pyhanko;
mod report;
#[cfg(feature = "measuring")]
mod requests;
#[cfg(feature = "measuring")]
mod scale;
#[cfg(feature = "measuring")]
mod services;
#[cfg(feature = "measuring")]
mod slowest;
#[cfg(feature = "measuring")]
mod stage;
mod task;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use tokio::runtime::Runtime;

use crate::processors::{self, Processors};
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
    /// Only this name of it, to be looked at with a profiler
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// The most processors that the measuring process runs on, as `signer.processors`; not for `scale`,
    /// nor for the programs that answer `ocsp` and `tsa`
    #[arg(long, value_name = "N", default_value_t = processors::ONE)]
    processors: NonZeroUsize,
    /// The child's own folder
    #[arg(long, hide = true, value_name = "DIR")]
    inside: Option<PathBuf>,
    /// With `scale`: on PostgreSQL, the child's own
    #[arg(long, hide = true)]
    postgres: bool,
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
    /// Issuing certificates, with the record and without
    Issue,
    /// All CRL shards with a hundred thousand revoked certificates
    Crl,
    /// OCSP over HTTP, beside OpenSSL
    Ocsp,
    /// Time-stamps over HTTP, beside OpenSSL
    Tsa,
    /// A million certificates beside a thousand; only when asked for
    Scale,
}

impl Subset {
    const fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Verify => "verify",
            Self::Render => "render",
            Self::Issue => "issue",
            Self::Crl => "crl",
            Self::Ocsp => "ocsp",
            Self::Tsa => "tsa",
            Self::Scale => "scale",
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
    in_folder(&arguments).await?;
    if arguments.subset == Some(Subset::Scale) {
        in_folder(&Arguments { postgres: true, ..arguments }).await?;
    }
    Ok(())
}

async fn in_folder(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("rabrong-bench-{}", hex::encode(edge::randomness().bytes::<8>())));
    let done = in_child(&folder, arguments).await;
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
    child.args(["--processors", &arguments.processors.to_string()]);
    child
        .args(arguments.json.then_some("--json"))
        .args(arguments.postgres.then_some("--postgres"))
        .args(arguments.only.iter().flat_map(|name| ["--only", name]))
        .arg("--inside")
        .arg(folder);
    if arguments.subset == Some(Subset::Scale) {
        // Every suspension is worth a warning; hundreds of them are not worth reading.
        child.env("RUST_LOG", "error");
    }
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
    let randomness = edge::randomness();
    if arguments.subset == Some(Subset::Scale) {
        return scale(folder, arguments);
    }
    // As `rabrong signer` does; the threads of the runtime are started from here.
    let others = processors::keep_to(arguments.processors).context("--processors")?;
    let runtime = Runtime::new().context("no threads")?;
    let _within = runtime.enter();
    let wants = |subset| arguments.subset.is_none_or(|only| only == subset);
    let installation = installation::Installation::new(edge::clock().now(), &mut edge::randomness())?;
    let mut tasks = Vec::new();
    if arguments.subset.is_none_or(|only| !matches!(only, Subset::Verify | Subset::Render)) {
        tasks.push(task::raw(&installation));
    }
    if wants(Subset::Sign) {
        tasks.push(task::raw_unwrap(&installation));
        #[cfg(not(feature = "measuring"))]
        tasks.extend(basic::signing(&installation)?);
        match pyhanko::Signer::start(folder, &installation.drawn) {
            Ok(Some(signer)) => tasks.extend(task::by_pyhanko(signer)),
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
    if wants(Subset::Issue) {
        tasks.push(issuing::unrecorded(&installation, &randomness));
    }
    if wants(Subset::Crl) {
        tasks.push(lists::shards(&installation, &randomness)?);
    }
    let measured = with_services(folder, arguments, &installation, tasks, others)?;
    report::print(&measured, arguments.json)
}

/// Measures these, and what runs on an installation whose ceremony is held.
#[cfg(feature = "measuring")]
fn with_services(
    folder: &Path,
    arguments: &Arguments,
    installation: &installation::Installation,
    tasks: Vec<task::Task<'_>>,
    others: Processors,
) -> anyhow::Result<Vec<meter::Measured>> {
    let seconds = f64::from(arguments.seconds);
    let wants = |subset| arguments.subset.is_none_or(|only| only == subset);
    let needs = |subset| matches!(subset, Subset::Sign | Subset::Issue | Subset::Ocsp | Subset::Tsa);
    if arguments.subset.is_some_and(|only| !needs(only)) {
        return meter::measure(chosen(tasks, arguments)?, seconds, ROUNDS);
    }
    let stage = stage::Stage::set(folder)?;
    let mut tasks: Vec<task::Task<'_>> = tasks;
    if wants(Subset::Issue) {
        tasks.push(stage::recorded(&stage)?);
    }
    let desk = if wants(Subset::Sign) { Some(documents::Desk::set(&stage, installation)?) } else { None };
    tasks.extend(desk.iter().flat_map(documents::Desk::tasks));
    let mut measured = meter::measure(chosen(tasks, arguments)?, seconds, ROUNDS)?;
    let whole = measured.iter().find(|one| one.name == documents::WHOLE).and_then(|one| one.amount.per_second());
    if let (Some(desk), Some(per_second)) = (desk, whole) {
        let slowest = desk.slowest_at_half_load(per_second, seconds)?;
        slowest::print(documents::WHOLE, slowest, arguments.json)?;
    }
    if wants(Subset::Ocsp) || wants(Subset::Tsa) {
        // The programs settle it for themselves, and who asks is beside them.
        others.allow()?;
        let services = services::Services::start(&stage, folder)?;
        let tasks = services.tasks(wants)?;
        measured.extend(meter::measure(chosen(tasks, arguments)?, seconds, ROUNDS)?);
        services.stop(&stage);
    }
    Ok(measured)
}

#[cfg(not(feature = "measuring"))]
fn with_services(
    _: &Path,
    arguments: &Arguments,
    _: &installation::Installation,
    tasks: Vec<task::Task<'_>>,
    _: Processors,
) -> anyhow::Result<Vec<meter::Measured>> {
    let wants = |subset| arguments.subset.is_none_or(|only| only == subset);
    if wants(Subset::Ocsp) || wants(Subset::Tsa) || wants(Subset::Issue) {
        output::complaint("skipped: this program was built without the feature `measuring` (see `make bench`)");
    }
    ensure!(!matches!(arguments.subset, Some(Subset::Ocsp | Subset::Tsa)), "nothing left to measure");
    meter::measure(chosen(tasks, arguments)?, f64::from(arguments.seconds), ROUNDS)
}

/// What was asked for of these.
fn chosen<'a>(mut tasks: Vec<task::Task<'a>>, arguments: &Arguments) -> anyhow::Result<Vec<task::Task<'a>>> {
    if let Some(only) = &arguments.only {
        tasks.retain(|task| task.name == only);
        ensure!(!tasks.is_empty(), "nothing of that name is measured here");
    }
    Ok(tasks)
}

#[cfg(feature = "measuring")]
fn scale(folder: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let engine = if arguments.postgres { store::database::Engine::Postgres } else { store::database::Engine::Sqlite };
    scale::measure(folder, engine, arguments.json)
}

#[cfg(not(feature = "measuring"))]
fn scale(_: &Path, _: &Arguments) -> anyhow::Result<()> {
    anyhow::bail!("this program was built without the feature `measuring` (see `make bench-scale`)")
}
