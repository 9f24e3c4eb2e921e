//! A SoftHSM of each test's own.
//!
//! SoftHSM reads `SOFTHSM2_CONF` when it is loaded, and a process loads it once: so each test
//! runs as a child of itself with that variable set.

use hsm::{Config, Token};
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub(crate) const PIN: &str = "246810";
const SO_PIN: &str = "13579111";
const INSIDE: &str = "RABRONG_TEST_INSIDE";

/// Where distributions put SoftHSM's library.
const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

pub(crate) fn module() -> PathBuf {
    let found = MODULES.iter().map(Path::new).find(|path| path.exists());
    found.expect("libsofthsm2.so is missing: install the package softhsm2 (`make test` does)").to_owned()
}

/// Runs `story` in a child process with a token directory of its own. `test` is the test's full name.
pub(crate) fn with_softhsm(test: &str, story: impl FnOnce()) {
    module();
    if std::env::var_os(INSIDE).is_some_and(|inside| inside == test) {
        return story();
    }
    let dir = std::env::temp_dir().join(format!("rabrong-hsm-{}-{}", std::process::id(), test.replace("::", "-")));
    let tokens = dir.join("tokens");
    std::fs::create_dir_all(&tokens).unwrap();
    let conf = dir.join("softhsm2.conf");
    std::fs::write(&conf, format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display()))
        .unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env("SOFTHSM2_CONF", &conf)
        .env(INSIDE, test)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains(" 1 passed"),
        "{test} inside its SoftHSM:\n{stdout}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The folder SoftHSM keeps its tokens in; only inside a story.
pub(crate) fn token_folder() -> PathBuf {
    Path::new(&std::env::var_os("SOFTHSM2_CONF").unwrap()).parent().unwrap().join("tokens")
}

pub(crate) fn initialise(label: &str) -> Result<(), hsm::Error> {
    hsm::initialise(&module(), label, &SecretString::from(SO_PIN), &SecretString::from(PIN))
}

pub(crate) fn config(label: &str) -> Config {
    Config {
        module: module(),
        token_label: label.into(),
        pin: SecretString::from(PIN),
        sessions: 2,
        deadline: Duration::from_secs(20),
        key_wrap: None,
    }
}

pub(crate) fn fresh_token(label: &str) -> Token {
    initialise(label).unwrap();
    Token::open(&config(label)).unwrap()
}
