//! The command line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rabrong::command::{
    self, approve, audit, backup, check, council, epoch, init, officer, restore, rollover, root_crl, serve, signer,
    terminate, verify_cert,
};
use rabrong::configuration::Configuration;
use rabrong::{advice, bench, demo, edge, output, processors, verify};
use tokio::runtime::Runtime;
use tracing_subscriber::EnvFilter;

/// Drawing a page allocates much.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// รับรอง: medical certificates that cannot be forged and are easy to check.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    /// The configuration file
    #[arg(long, global = true, default_value = "state/rabrong.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Configured(Configured),
    /// Check signed PDF files
    Verify(verify::Args),
    /// Check a certificate
    VerifyCert(verify_cert::Arguments),
    /// Measure
    Bench(bench::Arguments),
    /// Run the demonstration and stay: what `make run` does
    Up(demo::UpArguments),
    /// Run the whole story unattended and leave its files
    Demo(demo::DemoArguments),
}

/// What begins with the configuration file.
#[derive(Debug, Subcommand)]
enum Configured {
    /// Hold the ceremony: keys, CA certificates, the first two officers
    Init(init::Arguments),
    /// Sign the root's next CRL, with both operators
    RootCrl(root_crl::Arguments),
    /// Make the next generation of the issuing CA, with both operators
    Rollover(rollover::Arguments),
    /// Say which keys have a backup
    Backup(backup::Arguments),
    /// Put backed-up keys into another token, with both operators
    Restore(restore::Arguments),
    /// Begin, list and end the wrapping epochs of doctors' keys
    Epoch(epoch::Arguments),
    /// End the CA
    Terminate(terminate::Arguments),
    /// Run the portal
    Serve,
    /// Run the signer
    Signer(signer::Arguments),
    /// Approve a central officer's new passkey in the place of a second officer, with both operators
    Approve(approve::Arguments),
    /// Invite officers
    Officer(officer::Arguments),
    /// Check the ledgers
    Audit(audit::Arguments),
    /// Say what is wrong with a set-up, and what to do
    Check,
    /// Run the Medical Council's stand-in (demonstrations only)
    Council,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            // 1 and 2 are verdicts of `rabrong verify`: a wrong word on the command line is 3.
            return if error.use_stderr() { ExitCode::from(3) } else { ExitCode::SUCCESS };
        }
    };
    // Databases, documents and logs are their owner's alone; the signer's socket says otherwise itself.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,lopdf=error")),
        )
        .with_writer(std::io::stderr)
        .init();
    match cli.command {
        Command::Configured(command) => match prepared(&command, &cli.config) {
            Ok(configuration) => to_the_end(command.carry_out(&configuration, &cli.config)),
            Err(error) => failed(&error),
        },
        Command::Up(arguments) => to_the_end(demo::up(arguments)),
        Command::Demo(arguments) => to_the_end(demo::demo(arguments)),
        Command::Bench(arguments) => to_the_end(bench::run(arguments)),
        Command::Verify(arguments) => {
            runtime().block_on(command::verify::run(arguments, &cli.config, edge::clock().now()))
        }
        Command::VerifyCert(arguments) => {
            runtime().block_on(verify_cert::run(arguments, &cli.config, edge::clock().now()))
        }
    }
}

/// The configuration, and what holds for all threads settled before there are any.
fn prepared(command: &Configured, file: &Path) -> anyhow::Result<Configuration> {
    let configuration = Configuration::read(file, edge::environment())?;
    if command.needs_token() {
        edge::with_softhsm(&configuration)?;
    }
    if let Configured::Signer(_) = command
        && let Err(error) = processors::keep_to(configuration.signer.processors)
    {
        tracing::warn!(error = %error, "signer.processors: the threads run on any processor");
    }
    Ok(configuration)
}

#[expect(clippy::expect_used, reason = "nothing can be done without threads")]
fn runtime() -> Runtime {
    Runtime::new().expect("threads")
}

/// Says what it failed with before the threads are waited for that are still at work.
fn to_the_end(work: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    let done = async { work.await.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS) };
    runtime().block_on(done)
}

fn failed(error: &anyhow::Error) -> ExitCode {
    output::complaint(&format!("rabrong: {error:#}"));
    if let Some(advice) = advice::on(error) {
        output::complaint(advice);
    }
    ExitCode::FAILURE
}

impl Configured {
    async fn carry_out(self, configuration: &Configuration, file: &Path) -> anyhow::Result<()> {
        match self {
            Self::Init(arguments) => init::run(configuration, arguments).await,
            Self::RootCrl(arguments) => root_crl::run(configuration, arguments).await,
            Self::Rollover(arguments) => rollover::run(configuration, arguments).await,
            Self::Backup(arguments) => backup::run(configuration, &arguments).await,
            Self::Restore(arguments) => restore::run(configuration, &arguments),
            Self::Epoch(arguments) => epoch::run(configuration, arguments).await,
            Self::Terminate(arguments) => terminate::run(configuration, arguments).await,
            Self::Serve => serve::run(configuration, &edge::folder(file)).await,
            Self::Signer(arguments) => signer::run(configuration, arguments, &edge::folder(file)).await,
            Self::Approve(arguments) => approve::run(configuration, arguments).await,
            Self::Officer(arguments) => officer::run(configuration, arguments).await,
            Self::Audit(arguments) => audit::run(configuration, arguments).await,
            Self::Check => check::run(configuration).await,
            Self::Council => council::run(configuration).await,
        }
    }

    fn needs_token(&self) -> bool {
        match self {
            Self::Audit(arguments) => arguments.needs_token(),
            Self::Serve | Self::Officer(_) | Self::Council => false,
            _ => true,
        }
    }
}
