//! The program under test: `rabrong`, as it was just built.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What a program said.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its exit code; -1 if a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// Standard output, if the program succeeded.
    ///
    /// # Panics
    /// If it did not.
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self.out
    }
}

/// Runs a program to its end.
///
/// # Panics
/// If it cannot be started.
pub fn run(command: &mut Command) -> Said {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Where `rabrong` is. `RABRONG_PROGRAM` names a ready one; otherwise it is built, once, in
/// the profile and the target folder of this test.
///
/// # Panics
/// If it cannot be built.
pub fn path() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match std::env::var_os("RABRONG_PROGRAM") {
        Some(path) => PathBuf::from(path),
        None => build(),
    })
}

fn build() -> PathBuf {
    // target/<profile>/deps/stories-<hash>
    let test = std::env::current_exe().expect("this test has a path");
    let profile = test.ancestors().nth(2).expect("a profile's folder");
    let target = profile.parent().expect("a target folder");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--package", "rabrong", "--target-dir"]).arg(target);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    run(cargo.current_dir(env!("CARGO_MANIFEST_DIR"))).ok();
    profile.join("rabrong")
}

/// How many processors each thread of a process may run on; `self` is this one.
///
/// # Panics
/// If it does not run.
#[must_use]
pub fn processors_of(process: &str) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).expect("its threads");
    // One that ends meanwhile has none.
    let texts = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("status")).ok());
    let of = |text: String| {
        let mask = text.lines().find_map(|line| line.strip_prefix("Cpus_allowed:"))?;
        Some(mask.chars().filter_map(|digit| digit.to_digit(16)).map(u32::count_ones).sum())
    };
    texts.filter_map(of).collect()
}
