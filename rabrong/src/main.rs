//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rabrong::command::{
    self, audit, backup, check, council, epoch, init, officer, restore, rollover, root_crl, serve, signer, terminate,
    verify_cert,
};
use rabrong::configuration::Configuration;
use rabrong::{advice, bench, demo, edge, output, verify};
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
    /// Invite officers
    Officer(officer::Arguments),
    /// Check the ledgers
    Audit(audit::Arguments),
    /// Say what is wrong with a set-up, and what to do
    Check,
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
    /// Run the Medical Council's stand-in (demonstrations only)
    Council,
}

#[tokio::main]
async fn main() -> ExitCode {
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
    match run(cli).await {
        Ok(code) => code,
        Err(error) => {
            output::complaint(&format!("rabrong: {error:#}"));
            if let Some(advice) = advice::on(&error) {
                output::complaint(advice);
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Up(arguments) => demo::up(arguments).await?,
        Command::Demo(arguments) => demo::demo(arguments).await?,
        Command::Bench(arguments) => bench::run(arguments).await?,
        Command::Verify(arguments) => {
            return Ok(command::verify::run(arguments, &cli.config, edge::clock().now()).await);
        }
        Command::VerifyCert(arguments) => {
            return Ok(verify_cert::run(arguments, &cli.config, edge::clock().now()).await);
        }
        command => {
            let configuration = Configuration::read(&cli.config, edge::environment())?;
            if needs_token(&command) {
                edge::with_softhsm(&configuration)?;
            }
            match command {
                Command::Init(arguments) => init::run(&configuration, arguments).await?,
                Command::RootCrl(arguments) => root_crl::run(&configuration, arguments).await?,
                Command::Rollover(arguments) => rollover::run(&configuration, arguments).await?,
                Command::Backup(arguments) => backup::run(&configuration, &arguments).await?,
                Command::Restore(arguments) => restore::run(&configuration, &arguments)?,
                Command::Epoch(arguments) => epoch::run(&configuration, arguments).await?,
                Command::Terminate(arguments) => terminate::run(&configuration, arguments).await?,
                Command::Serve => serve::run(&configuration, &edge::folder(&cli.config)).await?,
                Command::Signer(arguments) => {
                    signer::run(&configuration, arguments, &edge::folder(&cli.config)).await?
                }
                Command::Officer(arguments) => officer::run(&configuration, arguments).await?,
                Command::Audit(arguments) => audit::run(&configuration, arguments).await?,
                Command::Check => check::run(&configuration).await?,
                Command::Council => council::run(&configuration).await?,
                Command::Up(_) | Command::Demo(_) | Command::Bench(_) | Command::Verify(_) | Command::VerifyCert(_) => {
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn needs_token(command: &Command) -> bool {
    matches!(
        command,
        Command::Init(_)
            | Command::RootCrl(_)
            | Command::Rollover(_)
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::Epoch(_)
            | Command::Terminate(_)
            | Command::Signer(_)
            | Command::Check
    ) || matches!(command, Command::Audit(arguments) if arguments.needs_token())
}
