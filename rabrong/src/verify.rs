//! `rabrong verify`: the verdict on files, one JSON object or two lines of text for each.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pades::verify::{Indication, Trust, Verdict, verify};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Largest file taken from disk, in bytes: one more than the reader accepts, so that it is the one to refuse.
const LARGEST: u64 = pdf::read::Limits::FILE as u64 + 1;

/// All files passed.
pub const PASSED: u8 = 0;
/// A file failed, or could not be read.
pub const FAILED: u8 = 1;
/// No file failed, at least one could not be decided.
pub const INDETERMINATE: u8 = 2;
/// The command itself is wrong.
pub const USAGE: u8 = 3;

/// Checks signed PDF files.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Args {
    /// Files to check.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Certificates to trust, PEM or DER, in place of this installation's own.
    #[arg(long, value_name = "PEM")]
    pub trust: Vec<PathBuf>,
    /// Certificates that may help to build a chain, PEM or DER.
    #[arg(long, value_name = "PEM")]
    pub untrusted: Vec<PathBuf>,
    /// Certificate revocation lists, PEM or DER.
    #[arg(long, value_name = "F")]
    pub crl: Vec<PathBuf>,
    /// OCSP answers, DER.
    #[arg(long, value_name = "F")]
    pub ocsp: Vec<PathBuf>,
    /// The time to judge at instead of now.
    #[arg(long, value_name = "RFC3339")]
    pub at: Option<String>,
    /// One JSON object per file and line.
    #[arg(long)]
    pub json: bool,
}

/// Why the command cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// A file of trust or revocation data cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file holds neither PEM nor DER.
    #[error("{}: neither PEM nor DER", .0.display())]
    Encoding(PathBuf),
    /// `--at` is no RFC 3339 time.
    #[error("--at: not an RFC 3339 time")]
    Time,
    /// No file named.
    #[error("no file named")]
    NoFile,
}

#[derive(Serialize)]
struct Line<'a> {
    file: String,
    #[serde(flatten)]
    verdict: &'a Verdict,
}

/// Judges all files and writes to `out`. `default_trust` is this installation's own; `--trust` replaces its anchors
/// and its statuses. Answers the exit code: [`PASSED`], [`FAILED`], [`INDETERMINATE`], [`USAGE`].
pub fn run(args: &Args, default_trust: Trust<'_>, now: OffsetDateTime, out: &mut dyn Write) -> u8 {
    let (trust, at) = match prepare(args, default_trust, now) {
        Ok(ready) => ready,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "rabrong verify: {error}");
            return USAGE;
        }
    };
    let mut worst = Indication::TotalPassed;
    for path in &args.files {
        let (indication, written) = match read(path) {
            Ok(bytes) => {
                let verdict = verify(&bytes, &trust, at);
                (verdict.indication, report(path, &verdict, args.json, out))
            }
            Err(error) => (Indication::TotalFailed, unreadable(path, &error, args.json, out)),
        };
        worst = worst.max(indication);
        // Nobody reads on; what was said so far stands.
        if written.is_err() {
            break;
        }
    }
    match worst {
        Indication::TotalPassed => PASSED,
        Indication::TotalFailed => FAILED,
        Indication::Indeterminate => INDETERMINATE,
    }
}

fn prepare<'t>(
    args: &Args,
    default_trust: Trust<'t>,
    now: OffsetDateTime,
) -> Result<(Trust<'t>, OffsetDateTime), UsageError> {
    if args.files.is_empty() {
        return Err(UsageError::NoFile);
    }
    let at = match &args.at {
        Some(text) => OffsetDateTime::parse(text, &Rfc3339).map_err(|_| UsageError::Time)?,
        None => now,
    };
    let mut trust = default_trust;
    if !args.trust.is_empty() {
        trust.anchors = structures(&args.trust)?;
        trust.status = None;
    }
    trust.untrusted.extend(structures(&args.untrusted)?);
    trust.crls.extend(structures(&args.crl)?);
    trust.ocsps.extend(structures(&args.ocsp)?);
    Ok((trust, at))
}

/// The DER structures of all files, PEM or DER.
pub(crate) fn structures(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, UsageError> {
    let mut found = Vec::new();
    for path in paths {
        let bytes = read(path).map_err(|source| UsageError::Read { path: path.clone(), source })?;
        found.extend(encoded(&bytes).ok_or_else(|| UsageError::Encoding(path.clone()))?);
    }
    Ok(found)
}

/// The DER structures of a file: itself, or each PEM block in it.
fn encoded(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    if bytes.first() == Some(&0x30) {
        return Some(vec![bytes.to_vec()]);
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with("-----BEGIN ") {
            block = Some(String::new());
        } else if line.starts_with("-----END ") {
            blocks.push(STANDARD.decode(block.take()?).ok()?);
        } else if let Some(block) = &mut block {
            block.push_str(line);
        }
    }
    (!blocks.is_empty()).then_some(blocks)
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn report(path: &Path, verdict: &Verdict, as_json: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let file = path.display().to_string();
    if as_json {
        let line = serde_json::to_string(&Line { file, verdict }).map_err(std::io::Error::other)?;
        return writeln!(out, "{line}");
    }
    let (thai, english) = match verdict.indication {
        Indication::TotalPassed => {
            ("ถูกต้อง ลายเซ็นเชื่อถือได้และเอกสารไม่ถูกแก้ไข", "PASSED: the signature holds and nothing was changed")
        }
        Indication::Indeterminate => ("ยังสรุปไม่ได้", "INDETERMINATE: this could not be decided"),
        Indication::TotalFailed => ("ไม่ผ่านการตรวจสอบ", "FAILED: this must not be relied on"),
    };
    let file = printable(&file);
    let reason_thai: Vec<&str> = verdict.reasons.iter().map(pades::verify::Reason::thai).collect();
    let reason_english: Vec<String> = verdict.reasons.iter().map(|r| printable(&r.english())).collect();
    let join = |lead: &str, rest: String| if rest.is_empty() { lead.to_owned() } else { format!("{lead} — {rest}") };
    writeln!(out, "{file}: {}", join(thai, unique(&reason_thai).join(" · ")))?;
    writeln!(out, "{file}: {}", join(english, reason_english.join(" ")))
}

fn unique<'t>(texts: &[&'t str]) -> Vec<&'t str> {
    let mut kept: Vec<&str> = Vec::new();
    for text in texts {
        if !kept.contains(text) {
            kept.push(text);
        }
    }
    kept
}

/// Text from a hostile file must not steer a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn unreadable(path: &Path, error: &std::io::Error, as_json: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let file = path.display().to_string();
    if as_json {
        let reason = json!({"code": "unreadable_file", "en": format!("The file cannot be opened: {error}."), "th": "เปิดไฟล์ไม่ได้"});
        let line: Value = json!({
            "file": file, "indication": "FAILED", "sub_indication": "FORMAT_FAILURE",
            "reasons": [reason], "signatures": [],
        });
        return writeln!(out, "{line}");
    }
    let file = printable(&file);
    writeln!(out, "{file}: เปิดไฟล์ไม่ได้")?;
    writeln!(out, "{file}: FAILED: the file cannot be opened: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(args: &Args) -> (u8, String) {
        let mut out = Vec::new();
        let code = run(args, Trust::default(), OffsetDateTime::UNIX_EPOCH, &mut out);
        (code, String::from_utf8(out).unwrap())
    }

    fn file(name: &str, bytes: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("rabrong-verify-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn each_file_has_its_line_even_if_it_is_no_pdf_or_not_there() {
        let text = file("text", b"hello");
        let args = Args { files: vec![text.clone(), "/nonexistent/x.pdf".into()], json: true, ..Args::default() };
        let (code, out) = said(&args);
        std::fs::remove_file(text).ok();
        assert_eq!(code, FAILED);
        let lines: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        for (line, code) in lines.iter().zip(["not_pdf", "unreadable_file"]) {
            assert_eq!(line["indication"], "FAILED");
            assert_eq!(line["sub_indication"], "FORMAT_FAILURE");
            assert_eq!(line["reasons"][0]["code"], code);
            assert!(line["signatures"].as_array().unwrap().is_empty());
        }
    }

    #[test]
    fn a_wrong_command_is_told_apart_from_a_failed_file() {
        let args = Args { files: vec!["x.pdf".into()], at: Some("yesterday".to_owned()), ..Args::default() };
        assert_eq!(said(&args).0, USAGE);
        let args = Args { files: vec!["x.pdf".into()], trust: vec!["/nonexistent".into()], ..Args::default() };
        assert_eq!(said(&args).0, USAGE);
        assert_eq!(said(&Args::default()).0, USAGE);
    }

    #[test]
    fn pem_gives_every_block() {
        let pem = b"x\n-----BEGIN A-----\nMAA=\n-----END A-----\n-----BEGIN A-----\nMAA=\n-----END A-----\n";
        assert_eq!(encoded(pem).unwrap(), vec![vec![0x30, 0], vec![0x30, 0]]);
        assert!(encoded(b"nothing").is_none());
    }
}
