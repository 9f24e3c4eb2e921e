//! The same signature by pyHanko, with a key in software, where pyHanko is installed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use pdf::draw::Drawn;
use serde::Deserialize;

use super::meter::Amount;

const SCRIPT: &str = include_str!("sign_with_pyhanko.py");

/// Where `make test` puts the judges.
const JUDGES: &str = "target/judges/bin";

/// A Python process that signs when asked, and times itself.
pub(super) struct Signer {
    child: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A level of PAdES (ETSI EN 319 142-1 §6).
#[derive(Debug, Clone, Copy)]
pub(super) enum Level {
    B,
    Lta,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::B => "b-b",
            Self::Lta => "b-lta",
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    count: u32,
    wall: f64,
    cpu: f64,
}

impl Signer {
    /// Starts pyHanko on the drawn file; none if it is not installed.
    ///
    /// # Errors
    /// It is installed and does not start.
    pub(super) fn start(folder: &Path, drawn: &Drawn) -> anyhow::Result<Option<Self>> {
        let Some(python) = interpreter() else { return Ok(None) };
        let (script, file) = (folder.join("sign.py"), folder.join("drawn.pdf"));
        std::fs::write(&script, SCRIPT)?;
        std::fs::write(&file, &drawn.pdf)?;
        let [left, bottom, right, top] = drawn.signature_rect;
        let place = [left, bottom, right, top].map(|points| points.round().to_string());
        let mut child = Command::new(&python)
            .arg(script)
            .arg(file)
            .arg(drawn.signature_page.to_string())
            .args(place)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| python.display().to_string())?;
        let asked = child.stdin.take().context("stdin")?;
        let answers = BufReader::new(child.stdout.take().context("stdout")?);
        let mut signer = Self { child, asked, answers };
        // Its first signatures show whether it works at all.
        for level in [Level::B, Level::Lta] {
            signer.sign_for(level, Duration::ZERO)?;
        }
        Ok(Some(signer))
    }

    /// Has it sign at this level for at least `slice`.
    pub(super) fn sign_for(&mut self, level: Level, slice: Duration) -> anyhow::Result<Amount> {
        writeln!(self.asked, "{} {}", level.name(), slice.as_secs_f64()).context("pyHanko has ended")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let answer: Answer = serde_json::from_str(&line).context("pyHanko gave no count")?;
        Ok(Amount { count: f64::from(answer.count), wall: answer.wall, cpu: answer.cpu })
    }
}

impl Drop for Signer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Python that pyHanko's command runs under.
fn interpreter() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from(JUDGES)]);
    let command = folders.map(|folder| folder.join("pyhanko")).find(|file| file.is_file())?;
    let text = std::fs::read_to_string(&command).ok()?;
    let named = text.lines().next()?.strip_prefix("#!").map(|line| PathBuf::from(line.trim()));
    // A virtual environment moved elsewhere still has its own interpreter beside the command.
    named.filter(|python| python.is_file()).or_else(|| Some(command.with_file_name("python"))).filter(|p| p.is_file())
}
