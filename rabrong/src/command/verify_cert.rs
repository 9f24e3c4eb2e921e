//! `rabrong verify-cert`: whether a certificate is valid, by RFC 5280 §6 and with what §4 asks of its issuer. Beside an
//! installation, its own CA certificates and CRLs are the default; anywhere else, what the command line names.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pades::path::{CertificateStatus, Indication, Published, Question, RevocationCheck, Verdict, validate};
use serde::Serialize;
use signer::protocol::Request;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use web::IssuedCertificates;

use super::own_trust::OwnTrust;
use crate::verify::{FAILED, INDETERMINATE, PASSED, USAGE, UsageError, printable, structures};

/// Checks a certificate.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Arguments {
    /// The certificate, PEM or DER; further ones in the file may help to build a path
    #[arg(value_name = "LEAF")]
    pub leaf: PathBuf,
    /// Certificates to trust, PEM or DER, in place of this installation's own
    #[arg(long, value_name = "PEM")]
    pub trust: Vec<PathBuf>,
    /// Certificates that may help to build a path, PEM or DER
    #[arg(long, value_name = "PEM")]
    pub untrusted: Vec<PathBuf>,
    /// Certificate revocation lists, PEM or DER; with none, revocation is not asked about
    #[arg(long, value_name = "F")]
    pub crl: Vec<PathBuf>,
    /// The time to judge at instead of now
    #[arg(long, value_name = "RFC3339")]
    pub at: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// What the path is built of, in DER.
#[derive(Debug, Default)]
struct Material {
    anchors: Vec<Vec<u8>>,
    untrusted: Vec<Vec<u8>>,
    crls: Vec<Vec<u8>>,
    issued: Option<IssuedCertificates>,
}

#[derive(Serialize)]
struct Line<'a> {
    file: String,
    at: String,
    #[serde(flatten)]
    verdict: &'a Verdict,
}

/// Judges the certificate.
pub async fn run(arguments: Arguments, configuration: &Path, now: OffsetDateTime) -> ExitCode {
    let judged = match certificates(&arguments.leaf) {
        Ok(leaf) => {
            let own =
                if arguments.trust.is_empty() { installation(&leaf, configuration).await } else { Material::default() };
            judge(&arguments, &leaf, own, now, &mut std::io::stdout())
        }
        Err(error) => Err(error),
    };
    ExitCode::from(judged.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "rabrong verify-cert: {error}");
        USAGE
    }))
}

/// The certificates in the file. What is neither PEM nor DER is a malformed certificate, not a wrong command.
fn certificates(leaf: &Path) -> Result<Vec<Vec<u8>>, UsageError> {
    match structures(&[leaf.to_owned()]) {
        Err(UsageError::Encoding(_)) => Ok(vec![Vec::new()]),
        other => other,
    }
}

/// Judges the first of `leaf` and writes to `out`; answers the exit code.
fn judge(
    arguments: &Arguments,
    leaf: &[Vec<u8>],
    own: Material,
    now: OffsetDateTime,
    out: &mut dyn Write,
) -> Result<u8, UsageError> {
    let at = match &arguments.at {
        Some(text) => OffsetDateTime::parse(text, &Rfc3339).map_err(|_| UsageError::Time)?,
        None => now,
    };
    let (leaf, beside) = leaf.split_first().ok_or(UsageError::NoFile)?;
    let Material { mut anchors, mut untrusted, mut crls, issued } = own;
    let status = issued.as_ref().map(|issued| issued as &dyn CertificateStatus);
    anchors.extend(structures(&arguments.trust)?);
    untrusted.extend(beside.iter().cloned());
    untrusted.extend(structures(&arguments.untrusted)?);
    crls.extend(structures(&arguments.crl)?);
    let question = Question { anchors: &anchors, untrusted: &untrusted, crls: &crls, status, ..Question::new(at) };
    let verdict = validate(leaf, &question);
    // A closed pipe changes nothing about the certificate.
    let _ = if arguments.json { as_json(arguments, &verdict, at, out) } else { as_text(arguments, &verdict, out) };
    Ok(match verdict.indication {
        Indication::Valid => PASSED,
        Indication::Invalid => FAILED,
        Indication::CannotBeChecked => INDETERMINATE,
    })
}

fn as_json(arguments: &Arguments, verdict: &Verdict, at: OffsetDateTime, out: &mut dyn Write) -> std::io::Result<()> {
    let at = at.format(&Rfc3339).map_err(std::io::Error::other)?;
    let line = Line { file: arguments.leaf.display().to_string(), at, verdict };
    writeln!(out, "{}", serde_json::to_string(&line).map_err(std::io::Error::other)?)
}

fn as_text(arguments: &Arguments, verdict: &Verdict, out: &mut dyn Write) -> std::io::Result<()> {
    let file = printable(&arguments.leaf.display().to_string());
    let (thai, english) = match verdict.indication {
        Indication::Valid => ("ใบรับรองใช้ได้", "PASSED: the certificate is valid"),
        Indication::CannotBeChecked => ("ยังสรุปไม่ได้", "INDETERMINATE: this could not be decided"),
        Indication::Invalid => ("ใบรับรองใช้ไม่ได้", "FAILED: the certificate must not be relied on"),
    };
    writeln!(out, "{file}: {thai}")?;
    writeln!(out, "{file}: {english}")?;
    for finding in &verdict.reasons {
        let subject = verdict.path.get(finding.depth).map(|c| printable(&c.subject)).unwrap_or_default();
        writeln!(out, "  - {} · {}", finding.reason.thai(), finding.reason.english())?;
        writeln!(out, "    {subject} ({})", finding.reason.clause())?;
    }
    for certificate in &verdict.path {
        writeln!(out, "  ^ {} [{}]", printable(&certificate.subject), certificate.serial)?;
    }
    if verdict.revocation == RevocationCheck::NotAsked {
        writeln!(out, "  ! ไม่ได้ตรวจการเพิกถอน เพราะไม่ได้ระบุ CRL · revocation was not checked: no CRL was given")?;
    }
    Ok(())
}

/// What the installation vouches for: its root, and what the certificates on the way there name. Empty where there is
/// no installation, or it does not answer.
async fn installation(leaf: &[Vec<u8>], configuration: &Path) -> Material {
    let mut material = Material::default();
    let Some(own) = OwnTrust::beside(configuration).await else { return material };
    material.anchors.push(own.root.clone());
    let mut next = leaf.first().cloned();
    // Leaf, issuing CA, root: a longer way is not made here.
    for _ in 0..3 {
        let Some(certificate) = next.take() else { break };
        let published = Published::of(&certificate);
        if let Some(shard) = published.crls.first().and_then(|url| name_in(url, ".crl")) {
            material.crls.extend(own.der(Request::Crl { shard }).await);
        }
        if let Some(name) = published.issuers.first().and_then(|url| name_in(url, ".cer")) {
            next = own.der(Request::CaCertificate { name }).await;
            material.untrusted.extend(next.clone());
        }
    }
    material.issued = Some(own.issued());
    material
}

/// The name at the end of a URL.
fn name_in(url: &str, ending: &str) -> Option<String> {
    url.rsplit('/').next()?.strip_suffix(ending).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::*;
    use crate::edge;

    const CONFIGURATION: &str = "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n\
        [root]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n\
        [issuing]\nbasicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n\
        subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
        [leaf]\nkeyUsage=critical,nonRepudiation\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
        [ca]\ndefault_ca=c\n[c]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=30\n\
        crl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n";

    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }

    impl Folder {
        /// root, issuing, leaf and stranger, each with its certificate; false if there is no openssl.
        fn fill(&self) -> bool {
            if Command::new("openssl").arg("version").output().is_err() {
                crate::output::complaint("skipped: openssl is not installed");
                return false;
            }
            std::fs::create_dir_all(&self.0).unwrap();
            std::fs::write(self.path("c.cnf"), CONFIGURATION).unwrap();
            for name in ["root", "issuing", "leaf", "stranger"] {
                self.openssl(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
            }
            for name in ["root", "stranger"] {
                let subject = format!("-subj /C=TH/O=R/CN={name} -days 3650 -config c.cnf -extensions root");
                self.openssl(&format!("req -x509 -new -key {name}.key {subject} -out {name}.pem"));
            }
            for (name, above) in [("issuing", "root"), ("leaf", "issuing")] {
                self.openssl(&format!(
                    "req -new -key {name}.key -subj /C=TH/O=R/CN={name} -config c.cnf -out {name}.csr"
                ));
                let signed = format!("-CA {above}.pem -CAkey {above}.key -CAcreateserial -days 365 -extfile c.cnf");
                self.openssl(&format!("x509 -req -in {name}.csr {signed} -extensions {name} -out {name}.pem"));
            }
            self.openssl("x509 -in leaf.pem -outform DER -out leaf.der");
            true
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }

        fn openssl(&self, arguments: &str) {
            let mut command = Command::new("openssl");
            let output = command.args(arguments.split_whitespace()).current_dir(&self.0).output().unwrap();
            assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        }

        fn crl(&self, ca: &str) {
            std::fs::write(self.path("number"), "01\n").unwrap();
            let key = format!("-config c.cnf -keyfile {ca}.key -cert {ca}.pem");
            self.openssl(&format!("ca {key} -gencrl -out {ca}.crl"));
        }

        /// Judges with files of this folder.
        fn said(&self, leaf: &str, trust: &[&str], untrusted: &[&str], crl: &[&str]) -> (u8, String) {
            let paths = |names: &[&str]| names.iter().map(|n| self.path(n)).collect();
            let (trust, untrusted, crl) = (paths(trust), paths(untrusted), paths(crl));
            let arguments = Arguments { leaf: self.path(leaf), trust, untrusted, crl, at: None, json: true };
            self.judged(&arguments)
        }

        fn judged(&self, arguments: &Arguments) -> (u8, String) {
            let mut out = Vec::new();
            let now = edge::clock().now() + Duration::from_secs(5);
            let leaf = certificates(&arguments.leaf).unwrap();
            let code = judge(arguments, &leaf, Material::default(), now, &mut out).unwrap_or(USAGE);
            (code, String::from_utf8(out).unwrap())
        }
    }

    #[test]
    fn each_answer_has_its_exit_code_and_its_reason() {
        let name = format!("rabrong-verify-cert-{}", std::process::id());
        let folder = Folder(std::env::temp_dir().join(name));
        if !folder.fill() {
            return;
        }
        std::fs::write(folder.path("index"), "").unwrap();
        folder.crl("root");
        folder.crl("issuing");
        let crls = ["root.crl", "issuing.crl"];
        for leaf in ["leaf.pem", "leaf.der"] {
            let (code, said) = folder.said(leaf, &["root.pem"], &["issuing.pem"], &crls);
            assert_eq!(code, PASSED, "{said}");
            assert!(said.contains(r#""indication":"PASSED""#) && said.contains(r#""revocation":"crls""#), "{said}");
        }
        let (code, said) = folder.said("leaf.pem", &["root.pem"], &["issuing.pem"], &[]);
        assert!(code == PASSED && said.contains(r#""revocation":"not_asked""#), "{said}");
        let (code, said) = folder.said("issuing.pem", &["root.pem"], &[], &["root.crl"]);
        assert_eq!(code, PASSED, "a CA certificate: {said}");
        for (trust, untrusted, reason) in
            [("root.pem", "stranger.pem", "no_path"), ("stranger.pem", "issuing.pem", "no_path")]
        {
            let (code, said) = folder.said("leaf.pem", &[trust], &[untrusted], &[]);
            assert!(code == INDETERMINATE && said.contains(reason), "{said}");
        }
        let (code, said) = folder.said("leaf.pem", &["root.pem"], &["issuing.pem"], &["root.crl"]);
        assert!(code == INDETERMINATE && said.contains("no_revocation_data"), "{said}");
        let (code, said) = folder.said("c.cnf", &["root.pem"], &[], &[]);
        assert!(code == FAILED && said.contains("malformed"), "{said}");

        let mut changed = std::fs::read(folder.path("leaf.der")).unwrap();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        std::fs::write(folder.path("changed.der"), &changed).unwrap();
        let (code, said) = folder.said("changed.der", &["root.pem"], &["issuing.pem"], &[]);
        assert!(code == FAILED && said.contains("signature_wrong"), "{said}");

        let mut arguments = Arguments {
            leaf: folder.path("leaf.pem"),
            trust: vec![folder.path("root.pem")],
            untrusted: vec![folder.path("issuing.pem")],
            at: Some("2001-01-01T00:00:00Z".to_owned()),
            json: true,
            ..Arguments::default()
        };
        let (code, said) = folder.judged(&arguments);
        assert!(code == FAILED && said.contains("not_yet_valid"), "{said}");
        arguments.at = Some("yesterday".to_owned());
        assert_eq!(folder.judged(&arguments).0, USAGE);
        arguments.trust.push(folder.path("absent.pem"));
        arguments.at = None;
        assert_eq!(folder.judged(&arguments).0, USAGE);

        folder.openssl("ca -config c.cnf -keyfile issuing.key -cert issuing.pem -revoke leaf.pem");
        folder.crl("issuing");
        let (code, said) = folder.said("leaf.pem", &["root.pem"], &["issuing.pem"], &crls);
        assert!(code == FAILED && said.contains(r#""code":"revoked""#), "{said}");
        arguments.trust.pop();
        arguments.crl = crls.map(|c| folder.path(c)).to_vec();
        arguments.json = false;
        let (_, said) = folder.judged(&arguments);
        assert!(said.contains("ใบรับรองถูกเพิกถอนแล้ว · The certificate is revoked."), "{said}");
    }
}
