//! Programs by others that judge what was made here.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory of its own, removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rabrong-ca-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Writes DER and, beside it, PEM; gives the path of the PEM.
    pub(crate) fn write_pem(&self, name: &str, kind: &str, der: &[u8]) -> String {
        let input = self.write(&format!("{name}.der"), der);
        let output = self.0.join(format!("{name}.pem")).to_str().unwrap().to_owned();
        openssl(&[kind, "-inform", "DER", "-in", &input, "-out", &output]);
        output
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn run(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{}: {error}", program.display()))
}

/// What OpenSSL says; it must not fail.
pub(crate) fn openssl(arguments: &[&str]) -> String {
    let output = run(Path::new("openssl"), arguments);
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {}: {text}", arguments.join(" "));
    text
}

/// What OpenSSL says when it must refuse.
pub(crate) fn openssl_refuses(arguments: &[&str]) -> String {
    let output = run(Path::new("openssl"), arguments);
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "openssl {} accepts: {text}", arguments.join(" "));
    text
}

/// A program of the Python judges, where they are installed.
pub(crate) fn python_judge(name: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests find their judges by the environment")]
    let folder = std::env::var("RABRONG_JUDGES").ok();
    let found = folder.map(|folder| Path::new(&folder).join(name)).filter(|path| path.exists());
    if found.is_none() {
        println!("skipped: {name} (set RABRONG_JUDGES)");
    }
    found
}

/// pkilint: no finding at WARNING or above.
pub(crate) fn pkilint(program: &str, arguments: &[&str]) {
    let Some(path) = python_judge(program) else { return };
    let output = run(&path, arguments);
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {}:\n{text}", arguments.join(" "));
}

/// pkilint: one finding at WARNING or above, and this one.
pub(crate) fn pkilint_says_only(program: &str, arguments: &[&str], code: &str) {
    let Some(path) = python_judge(program) else { return };
    let output = run(&path, arguments);
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{program} {}:\n{text}", arguments.join(" "));
    assert!(text.contains(code), "{program} {}:\n{text}", arguments.join(" "));
}
