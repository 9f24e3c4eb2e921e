//! A token folder of each test's own, with each PKCS#11 module there is.
//!
//! Modules read their configuration when they are loaded, and a process loads them once: so each
//! test runs as a child of itself, once for each module, with the module's variable set.

use hsm::{Config, Token};
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub(crate) const PIN: &str = "246810";
const SO_PIN: &str = "13579111";
const INSIDE: &str = "RABRONG_TEST_INSIDE";
const MODULE: &str = "RABRONG_TEST_MODULE";
const FOLDER: &str = "RABRONG_TEST_FOLDER";

/// Where distributions put SoftHSM's library.
const SOFTHSM: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// Where `scripts/kryoptic` leaves its library; `RABRONG_KRYOPTIC` names another place.
const KRYOPTIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/kryoptic/debug/libkryoptic_pkcs11.so");

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Make {
    SoftHsm,
    Kryoptic,
}

impl Make {
    /// The module's library, if it is installed. SoftHSM always is.
    pub(crate) fn module_file(self) -> Option<PathBuf> {
        match self {
            Self::SoftHsm => {
                let found = SOFTHSM.iter().map(Path::new).find(|path| path.exists());
                let missing = "libsofthsm2.so is missing: install the package softhsm2 (`make test` does)";
                Some(found.expect(missing).to_owned())
            }
            Self::Kryoptic => {
                let path = std::env::var_os("RABRONG_KRYOPTIC").map_or_else(|| KRYOPTIC.into(), PathBuf::from);
                path.exists().then_some(path)
            }
        }
    }

    /// The variable the module finds its configuration by.
    fn variable(self) -> &'static str {
        match self {
            Self::SoftHsm => "SOFTHSM2_CONF",
            Self::Kryoptic => "KRYOPTIC_CONF",
        }
    }

    fn configuration(self, tokens: &Path) -> String {
        match self {
            Self::SoftHsm => {
                format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display())
            }
            Self::Kryoptic => (0..4)
                .map(|slot| {
                    let file = tokens.join(format!("{slot}.sql"));
                    format!("[[slots]]\nslot = {slot}\ndbtype = \"sqlite\"\ndbargs = \"{}\"\n", file.display())
                })
                .collect(),
        }
    }
}

/// The make of the module a story runs with.
pub(crate) fn make() -> Make {
    let softhsm = std::env::var_os(MODULE).is_none_or(|name| name == "SoftHsm");
    if softhsm { Make::SoftHsm } else { Make::Kryoptic }
}

/// The library of the module a story runs with.
pub(crate) fn module() -> PathBuf {
    make().module_file().expect("the story runs with a module that is there")
}

/// Runs `story` with each module there is. `test` is the test's full name.
pub(crate) fn with_each_token(test: &str, story: impl FnOnce()) {
    with_tokens(test, &[Make::SoftHsm, Make::Kryoptic], story);
}

/// Runs `story` with SoftHSM only: it is about SoftHSM's own ways.
pub(crate) fn with_softhsm(test: &str, story: impl FnOnce()) {
    with_tokens(test, &[Make::SoftHsm], story);
}

fn with_tokens(test: &str, makes: &[Make], story: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some_and(|inside| inside == test) {
        return story();
    }
    for make in makes {
        if make.module_file().is_none() {
            println!("skipped: {test} with {make:?}, which is not built (scripts/kryoptic builds it)");
            continue;
        }
        let name = format!("rabrong-hsm-{}-{}-{make:?}", std::process::id(), test.replace("::", "-"));
        let dir = std::env::temp_dir().join(name);
        let tokens = dir.join("tokens");
        std::fs::create_dir_all(&tokens).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args([test, "--exact", "--nocapture", "--test-threads=1"]);
        child.env(INSIDE, test).env(MODULE, format!("{make:?}")).env(FOLDER, &tokens);
        // Both are configured: a story may carry something from one make to the other.
        for (number, make) in [Make::SoftHsm, Make::Kryoptic].into_iter().enumerate() {
            let conf = dir.join(format!("{number}.conf"));
            std::fs::write(&conf, make.configuration(&tokens)).unwrap();
            child.env(make.variable(), &conf);
        }
        let output = child.output().unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && stdout.contains(" 1 passed"),
            "{test} with {make:?}:\n{stdout}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The folder the module keeps its tokens in; only inside a story.
pub(crate) fn token_folder() -> PathBuf {
    PathBuf::from(std::env::var_os(FOLDER).unwrap())
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

/// A token in a module of another make than the story's, if that is there.
pub(crate) fn fresh_token_of_the_other_make(label: &str) -> Option<Token> {
    let other = if make() == Make::SoftHsm { Make::Kryoptic } else { Make::SoftHsm };
    let module = other.module_file()?;
    hsm::initialise(&module, label, &SecretString::from(SO_PIN), &SecretString::from(PIN)).unwrap();
    Some(Token::open(&Config { module, ..config(label) }).unwrap())
}
