//! NIST's PKITS: the paths whose file names say how they must end, and those of §4.8 that depend on what is asked.
//! The data come with the Python package `cryptography_vectors`.

use std::path::{Path, PathBuf};
use std::process::Command;

use pades::path::{Indication, Question, Strictness, Verdict, validate};

/// Where we answer otherwise, and why.
const LEDGER: &[(&str, &str)] = &[
    ("ValidDSASignaturesTest4EE", DSA),
    ("ValidDSAParameterInheritanceTest5EE", DSA),
    ("ValidIDPwithindirectCRLTest22EE", INDIRECT),
    ("ValidIDPwithindirectCRLTest24EE", INDIRECT),
    ("ValidIDPwithindirectCRLTest25EE", INDIRECT),
    ("ValidcRLIssuerTest28EE", INDIRECT),
    ("ValidcRLIssuerTest29EE", INDIRECT),
    ("ValidcRLIssuerTest30EE", INDIRECT),
    ("ValidcRLIssuerTest33EE", INDIRECT),
    ("InvaliddeltaCRLTest4EE", DELTA),
    ("ValiddeltaCRLTest5EE", DELTA),
    ("ValiddistributionPointTest4EE", RELATIVE),
    ("ValiddistributionPointTest5EE", RELATIVE),
    ("ValiddistributionPointTest7EE", RELATIVE),
    ("ValidonlySomeReasonsTest18EE", REASONS),
    ("ValidonlySomeReasonsTest19EE", REASONS),
];

const DSA: &str = "DSA is not accepted: cannot be checked";
const INDIRECT: &str = "indirect CRLs are not processed: cannot be checked";
const DELTA: &str = "delta CRLs are not processed: the complete CRL decides, as RFC 5280 §5.2.4 allows";
const RELATIVE: &str = "names relative to the CRL issuer are not processed: cannot be checked";
const REASONS: &str = "CRLs for some reasons only are not put together: cannot be checked";

const AT: time::OffsetDateTime = time::macros::datetime!(2026-11-21 21:00 UTC);

/// The folder of the data, if the package is there.
#[allow(clippy::disallowed_methods, reason = "where the judges are is the environment's business")]
fn data() -> Option<PathBuf> {
    let python = std::env::var("RABRONG_JUDGES").map_or_else(|_| "python3".into(), |j| Path::new(&j).join("python3"));
    let code = "import cryptography_vectors as v; print(v.__path__[0])";
    let output = Command::new(python).args(["-c", code]).output().ok()?;
    let folder = Path::new(String::from_utf8(output.stdout).ok()?.trim()).join("x509/PKITS_data");
    if !folder.is_dir() {
        eprintln!("skipped: the Python package cryptography_vectors is not installed");
        return None;
    }
    Some(folder)
}

struct Suite {
    anchors: Vec<Vec<u8>>,
    authorities: Vec<Vec<u8>>,
    crls: Vec<Vec<u8>>,
    folder: PathBuf,
}

impl Suite {
    fn read(folder: PathBuf) -> Self {
        let files = |part: &str| {
            let mut files: Vec<PathBuf> =
                std::fs::read_dir(folder.join(part)).unwrap().map(|f| f.unwrap().path()).collect();
            files.sort();
            files
        };
        let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        let certificates = files("certs");
        let anchors = certificates.iter().filter(|p| name(p).starts_with("TrustAnchorRoot"));
        let authorities = certificates.iter().filter(|p| !name(p).contains("EE.crt"));
        Self {
            anchors: anchors.map(|p| std::fs::read(p).unwrap()).collect(),
            authorities: authorities.map(|p| std::fs::read(p).unwrap()).collect(),
            crls: files("crls").iter().map(|p| std::fs::read(p).unwrap()).collect(),
            folder,
        }
    }

    fn leaves(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.join("certs")).unwrap();
        let mut names: Vec<String> = files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names.retain(|n| n.contains("Test") && (n.starts_with("Valid") || n.starts_with("Invalid")));
        names
    }

    fn ask(&self, leaf: &str, change: impl FnOnce(&mut Question<'_>)) -> Verdict {
        let leaf = std::fs::read(self.folder.join("certs").join(leaf)).unwrap();
        let mut question = Question {
            anchors: &self.anchors,
            untrusted: &self.authorities,
            crls: &self.crls,
            strictness: Strictness::Path,
            ..Question::new(AT)
        };
        change(&mut question);
        validate(&leaf, &question)
    }
}

#[test]
fn every_path_ends_as_its_name_says() {
    let Some(suite) = data().map(Suite::read) else { return };
    let (mut surprises, mut agreed) = (Vec::new(), 0);
    for leaf in suite.leaves() {
        let verdict = suite.ask(&leaf, |_| {});
        let agree = leaf.starts_with("Valid") == (verdict.indication == Indication::Valid);
        let listed = LEDGER.iter().find(|(name, _)| *name == leaf.trim_end_matches(".crt")).map(|(_, why)| *why);
        let codes: Vec<_> = verdict.reasons.iter().map(|f| (f.reason.code(), f.depth)).collect();
        match (agree, listed) {
            (true, None) => agreed += 1,
            // Where it is for want of processing, the answer is "cannot be checked", never "valid".
            (false, Some(DELTA)) => {}
            (false, Some(_)) if verdict.indication == Indication::CannotBeChecked => {}
            (true, Some(_)) => surprises.push(format!("{leaf}: the ledger has it, but we agree by now")),
            (false, _) => surprises.push(format!("{leaf}: {codes:?}")),
        }
    }
    assert!(surprises.is_empty(), "agreed on {agreed}\n{}", surprises.join("\n"));
    assert!(agreed >= 187, "agreed on {agreed} only");
}

/// §4.8 and §4.12.3: the same path, asked about with different policies.
#[test]
fn policies_hold_for_what_is_asked() {
    const ONE: &[u8] = b"\x60\x86\x48\x01\x65\x03\x02\x01\x30\x01";
    const TWO: &[u8] = b"\x60\x86\x48\x01\x65\x03\x02\x01\x30\x02";
    const THREE: &[u8] = b"\x60\x86\x48\x01\x65\x03\x02\x01\x30\x03";
    // Leaf, explicit policy wanted, policies wanted, whether it holds.
    let cases: &[(&str, bool, &[&[u8]], bool)] = &[
        ("ValidCertificatePathTest1EE", true, &[], true),
        ("ValidCertificatePathTest1EE", true, &[ONE], true),
        ("ValidCertificatePathTest1EE", true, &[TWO], false),
        ("ValidCertificatePathTest1EE", true, &[ONE, TWO], true),
        ("AllCertificatesNoPoliciesTest2EE", false, &[], true),
        ("AllCertificatesNoPoliciesTest2EE", true, &[], false),
        ("DifferentPoliciesTest3EE", false, &[], true),
        ("DifferentPoliciesTest3EE", true, &[], false),
        ("DifferentPoliciesTest3EE", true, &[ONE, TWO], false),
        ("DifferentPoliciesTest4EE", false, &[], false),
        ("DifferentPoliciesTest5EE", false, &[], false),
        ("OverlappingPoliciesTest6EE", false, &[], true),
        ("OverlappingPoliciesTest6EE", false, &[ONE], true),
        ("OverlappingPoliciesTest6EE", false, &[TWO], false),
        ("DifferentPoliciesTest7EE", false, &[], false),
        ("DifferentPoliciesTest8EE", false, &[], false),
        ("DifferentPoliciesTest9EE", false, &[], false),
        ("AllCertificatesSamePoliciesTest10EE", false, &[], true),
        ("AllCertificatesSamePoliciesTest10EE", false, &[ONE], true),
        ("AllCertificatesSamePoliciesTest10EE", false, &[TWO], true),
        ("AllCertificatesanyPolicyTest11EE", false, &[], true),
        ("AllCertificatesanyPolicyTest11EE", false, &[ONE], true),
        ("DifferentPoliciesTest12EE", false, &[], false),
        ("AllCertificatesSamePoliciesTest13EE", false, &[ONE], true),
        ("AllCertificatesSamePoliciesTest13EE", false, &[TWO], true),
        ("AllCertificatesSamePoliciesTest13EE", false, &[THREE], true),
        ("AnyPolicyTest14EE", false, &[ONE], true),
        ("AnyPolicyTest14EE", false, &[TWO], false),
        ("UserNoticeQualifierTest15EE", true, &[], true),
        ("CPSPointerQualifierTest20EE", true, &[], true),
    ];
    let Some(suite) = data().map(Suite::read) else { return };
    for (leaf, explicit, wanted, holds) in cases {
        let verdict = suite.ask(&format!("{leaf}.crt"), |question| {
            question.explicit_policy = *explicit;
            question.policies = wanted;
        });
        let valid = verdict.indication == Indication::Valid;
        assert_eq!(valid, *holds, "{leaf}, explicit {explicit}, {wanted:?}: {:?}", verdict.reasons);
    }
    for (inhibit, holds) in [(false, true), (true, false)] {
        let verdict = suite.ask("inhibitAnyPolicyTest3EE.crt", |question| question.inhibit_any = inhibit);
        assert_eq!(verdict.indication == Indication::Valid, holds, "inhibit {inhibit}");
    }
}
