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

/// One signature of a PDF: the bytes it covers, and its CMS structure.
#[derive(Debug)]
pub struct Cut {
    /// What it is made over.
    pub data: Vec<u8>,
    /// DER, without the zeros behind it.
    pub cms: Vec<u8>,
    /// Where in the file what it covers ends.
    end: usize,
}

/// The signatures of a PDF in the order they were made, cut out by what the file itself says: the
/// doctor's, and the document time-stamps behind it.
///
/// # Panics
/// If the file carries none, or the last does not cover the whole file.
#[must_use]
pub fn cuts(pdf: &[u8]) -> Vec<Cut> {
    const KEY: &[u8] = b"/ByteRange [";
    let places = pdf.windows(KEY.len()).enumerate().filter(|(_, window)| *window == KEY);
    let mut cuts: Vec<Cut> = places.map(|(place, _)| cut_at(pdf, place + KEY.len())).collect();
    cuts.sort_by_key(|cut| cut.end);
    assert_eq!(cuts.last().expect("a signature").end, pdf.len(), "the whole file is covered");
    cuts
}

fn cut_at(pdf: &[u8], place: usize) -> Cut {
    let range = &pdf[place..];
    let range = &range[..range.iter().position(|byte| *byte == b']').expect("an end")];
    let range: Vec<usize> =
        String::from_utf8_lossy(range).split_whitespace().map(|part| part.parse().expect("a number")).collect();
    let &[start, before, after, length] = range.as_slice() else { panic!("four numbers") };
    assert_eq!(start, 0);
    let padded = hex::decode(&pdf[before + 1..after - 1]).expect("hexadecimal");
    assert_eq!(padded[..2], [0x30, 0x82], "a SEQUENCE with two bytes of length");
    let end = 4 + usize::from(u16::from_be_bytes([padded[2], padded[3]]));
    assert!(padded[end..].iter().all(|byte| *byte == 0), "zeros behind the structure");
    let data = [&pdf[..before], &pdf[after..after + length]].concat();
    Cut { data, cms: padded[..end].to_vec(), end: after + length }
}

/// The value of a signature, by ECDSA or by RSA with 3072 bits, and the time-stamp token over it (RFC 3161
/// appendix A), cut out of its CMS structure by the token attribute's object identifier.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn signature_time_stamp(cms: &[u8]) -> (Vec<u8>, Vec<u8>) {
    // id-aa-timeStampToken, 1.2.840.113549.1.9.16.2.14
    const ATTRIBUTE: [u8; 13] = [6, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 14];
    let place = cms.windows(ATTRIBUTE.len()).position(|window| window == ATTRIBUTE).expect("a time-stamp");
    let set = &cms[place + ATTRIBUTE.len()..];
    assert_eq!(set[..2], [0x31, 0x82]);
    let token = set[4..4 + usize::from(u16::from_be_bytes([set[2], set[3]]))].to_vec();
    // Before it: [1] of two octets of length, the attribute's SEQUENCE of two; before those the OCTET STRING.
    let end = place - 8;
    assert_eq!((cms[end], cms[end + 4]), (0xa1, 0x30));
    let value = (60..110_usize).map(|length| (&cms[end - length - 2..end - length], &cms[end - length..end]));
    let mut value =
        value.filter(|(head, value)| *head == [4, u8::try_from(value.len()).expect("short")] && value[0] == 0x30);
    let value = value.next_back().map_or_else(
        || {
            let (head, value) = cms[end - 388..end].split_at(4);
            assert_eq!(head, [4, 0x82, 1, 0x80], "a signature value");
            value
        },
        |(_, value)| value,
    );
    (value.to_vec(), token)
}
