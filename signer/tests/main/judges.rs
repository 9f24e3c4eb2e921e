//! Programs that are not ours.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// pyHanko, with what stands in the file and nothing else.
const OFFLINE: &[u8] = include_bytes!("../../../tests/judges/pyhanko_offline.py");
/// How `java` starts PDFBox preflight.
const PREFLIGHT: &[u8] = include_bytes!("../../../tests/judges/preflight.args");
const INDICATION: &[u8] = include_bytes!("../../../tests/judges/pyhanko_indication.py");

/// A folder in which other people's tools look at what we made.
pub(crate) struct Court(PathBuf);

impl Court {
    pub(crate) fn at(folder: &Path) -> Self {
        let path = folder.join("court");
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.join(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }

    /// Runs a tool; none if it is not installed.
    pub(crate) fn run(&self, tool: &str, arguments: &str) -> Option<Output> {
        let judges = std::env::var_os("RABRONG_JUDGES").map(|folder| Path::new(&folder).join(tool));
        let program = judges.filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from(tool));
        match Command::new(program)
            .args(arguments.split_whitespace())
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .output()
        {
            Ok(output) => Some(output),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                println!("skipped: {tool} is not installed");
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

    /// ETSI EN 319 102-1 as pyHanko does it, with nothing but `file` and the CAs that the court has; what
    /// it said if it passed, none if pyHanko is not installed.
    pub(crate) fn validates_offline(&self, file: &str) -> Option<Result<String, String>> {
        self.run("pyhanko", "--version")?;
        self.write("offline.py", OFFLINE);
        self.write("pyhanko_indication.py", INDICATION);
        let output = self.run(
            "python",
            &format!(
                "offline.py sign adesverify --pretty-print --trust root.pem --trust-replace \
                 --other-certs issuing.pem --other-certs tsa-ca.pem {file}"
            ),
        )?;
        let said = said(&output);
        let valid = said.contains("The signature is judged VALID.") && said.contains("indication: AdESPassed.OK");
        let passed = output.status.success() && valid;
        Some(if passed { Ok(said) } else { Err(said) })
    }

    /// What PDFBox preflight has against `file` as a PDF/A-1b, each objection once and without numbers of pages
    /// and objects; none if it is not installed.
    pub(crate) fn objections_to(&self, file: &str) -> Option<BTreeSet<String>> {
        if !Path::new("/usr/share/java/preflight.jar").exists() {
            println!("skipped: PDFBox preflight is not installed");
            return None;
        }
        self.write("preflight.args", PREFLIGHT);
        let output = self.run("java", &format!("@preflight.args {file}"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let about = "is not a valid PDF/A-1b file, error(s) :";
        let (_, objections) = said.split_once(about).unwrap_or_else(|| panic!("{said}"));
        let plain =
            |line: &str| line.split(" on page ").next().and_then(|line| line.split('{').next().map(str::to_owned));
        Some(objections.lines().filter(|line| !line.is_empty()).filter_map(plain).collect())
    }

    /// Whether there is a certificate store of NSS that trusts `root.pem`; made when asked first.
    pub(crate) fn trusts_root(&self) -> bool {
        if self.0.join("cert9.db").exists() {
            return true;
        }
        self.judge("certutil", "-N -d sql:. --empty-password").is_some()
            && self.judge("certutil", "-A -d sql:. -n root -t CT,C,C -i root.pem").is_some()
    }

    pub(crate) fn openssl(&self, arguments: &str) -> String {
        self.judge("openssl", arguments).expect("openssl is installed")
    }
}

/// Both outputs of a tool.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
