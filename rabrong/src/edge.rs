//! The edge: the one clock, the one source of randomness, the environment.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use signer::edge::{Clock, Randomness};

use crate::configuration::Configuration;

/// The system's clock.
#[must_use]
pub fn clock() -> Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the edge where the clock is made")]
    Clock::new(time::OffsetDateTime::now_utc)
}

/// The operating system's randomness.
#[must_use]
pub fn randomness() -> Randomness {
    let source = SystemRandom::new();
    Randomness::new(move |buffer| {
        if source.fill(buffer).is_err() {
            // Without randomness nothing here is safe to go on with.
            std::process::abort();
        }
    })
}

/// The environment, for overrides of the configuration.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// `SoftHSM` finds its store by a variable of the environment. Where the configuration names
/// its file and the variable does not, the program begins anew with it set: setting it in
/// place is unsound once there are threads.
///
/// # Errors
/// If the program cannot be started again.
pub fn with_softhsm(configuration: &Configuration) -> anyhow::Result<()> {
    const VARIABLE: &str = "SOFTHSM2_CONF";
    let Some(file) = &configuration.signer.softhsm_configuration else { return Ok(()) };
    if std::env::var_os(VARIABLE).is_some_and(|value| value == file.as_os_str()) {
        return Ok(());
    }
    let failed = Command::new(std::env::current_exe()?).args(std::env::args_os().skip(1)).env(VARIABLE, file).exec();
    Err(failed.into())
}

/// The folder a file stands in.
#[must_use]
pub fn folder(file: &Path) -> PathBuf {
    file.parent().map_or_else(|| PathBuf::from("."), Path::to_owned)
}
