//! Programs that are not ours, each at work in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{Said, run};
use crate::world::empty_folder;

/// Runs pkilint's programs one after the other and prints what each finds.
const LINT: &str = r#"
import contextlib, importlib, io, re, sys
jobs = open(sys.argv[1]).read().splitlines()
for job in jobs:
    program, *arguments = job.split()
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = importlib.import_module("pkilint.bin." + program).main(arguments)
        except SystemExit as end:
            code = end.code
    found = re.findall(r"^\s+(\S+) \((?:WARNING|ERROR|FATAL)\)", said.getvalue(), re.M)
    if code and not found:
        found = [said.getvalue().replace("\n", " ")]
    for finding in found:
        print(job, finding, sep="\t")
print(len(jobs), "jobs done")
"#;

/// A folder in which other people's tools look at what we made.
#[derive(Debug)]
pub struct Court(PathBuf);

impl Court {
    /// An empty one.
    #[must_use]
    pub fn sits() -> Self {
        Self(empty_folder("court"))
    }

    /// Where a file of it lies.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Puts a file before it.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn exhibits(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.file(name), bytes).expect("a file");
    }

    /// Asks a program that stands on the PATH; `arguments` are parted by spaces.
    ///
    /// # Panics
    /// If it is not installed.
    #[must_use]
    pub fn asks(&self, program: &str, arguments: &str) -> Said {
        self.calls(Path::new(program), arguments)
    }

    /// Asks a program that must succeed, and answers all that it said.
    ///
    /// # Panics
    /// If it does not.
    pub fn hears(&self, program: &str, arguments: &str) -> String {
        let said = self.asks(program, arguments);
        let all = format!("{}{}", said.out, said.err);
        assert_eq!(said.code, 0, "{program} {arguments}\n{all}");
        all
    }

    /// Asks a Python judge from the folder that `RABRONG_JUDGES` names; none, with a printed
    /// line, if there is no such judge.
    #[must_use]
    pub fn may_hear(&self, program: &str, arguments: &str) -> Option<String> {
        let judge = std::env::var_os("RABRONG_JUDGES").map(|folder| Path::new(&folder).join(program));
        let Some(judge) = judge.filter(|judge| judge.exists()) else {
            let _ = std::io::Write::write_all(&mut std::io::stdout(), format!("skipped: {program}\n").as_bytes());
            return None;
        };
        let said = self.calls(&judge, arguments);
        let all = format!("{}{}", said.out, said.err);
        assert_eq!(said.code, 0, "{program} {arguments}\n{all}");
        Some(all)
    }

    /// What pkilint finds at WARNING or above in files of the court: for each finding the job it
    /// was found in and its code. One process for all jobs, a line each: the program and its
    /// arguments. None, with a printed line, if pkilint is not installed.
    ///
    /// # Panics
    /// If it cannot be run.
    #[must_use]
    pub fn lints(&self, jobs: &[String]) -> Option<Vec<(String, String)>> {
        self.exhibits("lint.py", LINT.as_bytes());
        self.exhibits("lint.jobs", jobs.join("\n").as_bytes());
        let said = self.may_hear("python", "lint.py lint.jobs")?;
        assert!(said.contains(&format!("{} jobs done", jobs.len())), "{said}");
        let findings = said.lines().filter_map(|line| line.split_once('\t'));
        Some(findings.map(|(job, code)| (job.to_owned(), code.to_owned())).collect())
    }

    fn calls(&self, program: &Path, arguments: &str) -> Said {
        run(Command::new(program).args(arguments.split_whitespace()).current_dir(&self.0))
    }
}

impl Drop for Court {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The bytes a PDF's first signature covers and its CMS structure, cut out by what the file itself says.
///
/// # Panics
/// If the file carries no signature.
#[must_use]
pub fn cut(pdf: &[u8]) -> (Vec<u8>, Vec<u8>) {
    const KEY: &[u8] = b"/ByteRange [";
    let at = pdf.windows(KEY.len()).position(|window| window == KEY).expect("a byte range") + KEY.len();
    let range = &pdf[at..];
    let range = &range[..range.iter().position(|byte| *byte == b']').expect("an end")];
    let range: Vec<usize> =
        String::from_utf8_lossy(range).split_whitespace().map(|part| part.parse().expect("a number")).collect();
    let &[start, before, after, length] = range.as_slice() else { panic!("four numbers") };
    // A document time-stamp may follow, and covers the rest.
    assert!(start == 0 && after + length <= pdf.len());
    let padded = hex::decode(&pdf[before + 1..after - 1]).expect("hexadecimal");
    assert_eq!(padded[..2], [0x30, 0x82], "a SEQUENCE with two bytes of length");
    let end = 4 + usize::from(u16::from_be_bytes([padded[2], padded[3]]));
    ([&pdf[..before], &pdf[after..after + length]].concat(), padded[..end].to_vec())
}
