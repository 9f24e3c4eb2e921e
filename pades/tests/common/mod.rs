//! A small PKI, a PDF to sign, and the way to other people's tools.

pub(crate) mod authority;
pub(crate) mod drawn;
pub(crate) mod pki;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of this test alone, removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rabrong-pades-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs a tool in this folder; none if it is not installed.
    pub(crate) fn run(&self, tool: &str, arguments: &str) -> Option<Output> {
        let judges = std::env::var_os("RABRONG_JUDGES").map(|folder| Path::new(&folder).join(tool));
        let program = judges.filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from(tool));
        match Command::new(program).args(arguments.split_whitespace()).current_dir(&self.0).output() {
            Ok(output) => Some(output),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                eprintln!("skipped: {tool} is not installed");
                None
            }
            Err(error) => panic!("{tool}: {error}"),
        }
    }

    /// Runs a tool that must succeed, and answers what it said.
    pub(crate) fn judge(&self, tool: &str, arguments: &str) -> Option<String> {
        let output = self.run(tool, arguments)?;
        let said = said(&output);
        assert!(output.status.success(), "{tool} {arguments}: {said}");
        Some(said)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }
}

/// Both outputs of a tool.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The corpus folder, if this machine has it. The edge of the tests reads the environment, as the binary does.
#[allow(clippy::disallowed_methods, reason = "where the corpus lies is the environment's business")]
pub(crate) fn corpus() -> Option<PathBuf> {
    let folder = std::env::var("RABRONG_CORPUS").ok().map(PathBuf::from).filter(|p| p.join("manifest.csv").exists());
    if folder.is_none() {
        eprintln!("skipped: RABRONG_CORPUS names no corpus");
    }
    folder
}

/// The first PEM block of a text.
pub(crate) fn from_pem(text: &str) -> Vec<u8> {
    let lines = text.lines().skip_while(|l| !l.starts_with("-----BEGIN ")).skip(1);
    base64(&lines.take_while(|l| !l.starts_with("-----END ")).collect::<String>())
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = text.bytes().filter_map(|c| ALPHABET.iter().position(|a| *a == c));
    let (mut out, mut held, mut count) = (Vec::new(), 0usize, 0);
    for six in bits {
        held = (held << 6 | six) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((held >> count & 0xff) as u8);
        }
    }
    out
}
