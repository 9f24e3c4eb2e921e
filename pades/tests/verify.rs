//! The verdict: public attack files, and our own signature with one thing wrong at a time.

use std::time::{Duration, Instant};

use crate::common::drawn::certificate;
use crate::common::pki::{Pki, openssl, sign_digest};
use crate::common::{Folder, corpus, from_pem};
use pades::cms::{SignatureAlgorithm, SigningChain};
use pades::sign::prepare;
use pades::verify::{CertificateStatus, Indication, KnownStatus, SubIndication, Trust, embedded_roots, verify};
use pdf::append::SignatureField;
use time::OffsetDateTime;

/// File and expectation of each row; the first comma-separated columns have no quotes.
fn manifest(folder: &std::path::Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder.join("manifest.csv")).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let columns: Vec<&str> = line.split(',').collect();
        (columns[0].to_owned(), columns[6].to_owned())
    });
    rows.collect()
}

fn now() -> OffsetDateTime {
    time::macros::datetime!(2026-11-21 21:00 UTC)
}

#[test]
fn no_file_of_the_corpus_that_must_be_rejected_passes() {
    let Some(folder) = corpus() else { return };
    let mut judged = 0;
    for (name, expected) in manifest(&folder) {
        let file = std::fs::read(folder.join(&name)).unwrap();
        let started = Instant::now();
        let plain = verify(&file, &Trust::default(), now());
        let trust = Trust { anchors: embedded_roots(&file), ..Trust::default() };
        let trusted = verify(&file, &trust, now());
        let took = started.elapsed();
        assert!(took < Duration::from_secs(20), "{name} took {took:?}");
        assert_ne!(plain.indication, Indication::TotalPassed, "{name} passed without any trust");
        if expected.starts_with("REJECT") {
            assert_ne!(trusted.indication, Indication::TotalPassed, "{name} must be rejected");
        }
        judged += 1;
    }
    assert!(judged > 60, "the manifest lists only {judged} files");
}

/// The trust that the generated half of the corpus was made under.
fn generated_trust(folder: &std::path::Path) -> Trust<'static> {
    let der = |name: &str| {
        let bytes = std::fs::read(folder.join("generated/pki").join(name)).unwrap();
        if bytes.first() == Some(&0x30) { bytes } else { from_pem(&String::from_utf8(bytes).unwrap()) }
    };
    Trust {
        anchors: vec![der("root.crt")],
        untrusted: vec![der("ca.crt")],
        crls: vec![der("root.crl"), der("ca.crl")],
        ..Trust::default()
    }
}

#[test]
fn the_generated_controls_pass_under_their_own_root_and_the_others_do_not() {
    let Some(folder) = corpus() else { return };
    let trust = generated_trust(&folder);
    for (name, expected) in manifest(&folder).into_iter().filter(|(n, _)| n.starts_with("generated/")) {
        let verdict = verify(&std::fs::read(folder.join(&name)).unwrap(), &trust, now());
        let texts: Vec<String> = verdict.reasons.iter().map(pades::verify::Reason::english).collect();
        match expected.as_str() {
            "ACCEPT" => assert_eq!(verdict.indication, Indication::TotalPassed, "{name}: {texts:?}"),
            // The changed certificate of this one is not needed: the same one is given beside the file.
            _ if name.ends_with("43_tamper_cms_certbag.pdf") => {}
            _ if expected.starts_with("REJECT") || expected.starts_with("INDETERMINATE") => {
                assert_ne!(verdict.indication, Indication::TotalPassed, "{name} [{expected}]");
            }
            _ => {}
        }
    }
}

/// A freshly signed document with everything a verifier needs.
pub(crate) struct Fixture {
    pub(crate) folder: Folder,
    pki: Pki,
    pub(crate) signed: Vec<u8>,
    pub(crate) at: OffsetDateTime,
}

fn fixture(name: &str) -> Fixture {
    fixture_with_room(name, 0)
}

#[allow(clippy::disallowed_methods, reason = "the openssl command takes its own time for certificates and lists")]
pub(crate) fn fixture_with_room(name: &str, time_stamp: usize) -> Fixture {
    let folder = Folder::new(name);
    let pki = Pki::new(&folder);
    let at = OffsetDateTime::now_utc() + Duration::from_secs(5);
    let chain = SigningChain::from_der(&[&pki.signer, &pki.issuing], SignatureAlgorithm::EcdsaP256Sha256).unwrap();
    let field = SignatureField {
        page: 1,
        rect: [72.0, 600.0, 300.0, 680.0],
        field_name: "Signature1".to_owned(),
        tooltip: "ลายเซ็นดิจิทัลของแพทย์".to_owned(),
        signing_time: at,
        name: None,
        reason: None,
        location: None,
        contact_info: None,
    };
    let prepared = prepare(&certificate(), &field, &chain, time_stamp).unwrap();
    let record = prepared.record_digest();
    let recorded = prepared.assert_recorded(record).unwrap();
    let signature = sign_digest(&folder, "signer", &recorded.to_be_signed());
    let signed = recorded.complete(&signature).unwrap().bytes;
    for (ca, subject) in [("root", "issuing"), ("issuing", "signer")] {
        let configuration = format!(
            "[ca]\ndefault_ca=c\n[c]\ndatabase={ca}.index\ndefault_md=sha256\nserial={ca}.serial\n\
             default_crl_days=30\npolicy=p\n[p]\ncommonName=supplied\n"
        );
        folder.write(&format!("{ca}.cnf"), configuration.as_bytes());
        folder.write(&format!("{ca}.index"), b"");
        openssl(&folder, &format!("ca -config {ca}.cnf -keyfile {ca}.key -cert {ca}.pem -valid {subject}.pem"));
    }
    Fixture { folder, pki, signed, at }
}

impl Fixture {
    fn crl(&self, ca: &str) -> Vec<u8> {
        openssl(&self.folder, &format!("ca -config {ca}.cnf -keyfile {ca}.key -cert {ca}.pem -gencrl -out {ca}.crl"));
        openssl(&self.folder, &format!("crl -in {ca}.crl -outform DER -out {ca}.crl.der"));
        std::fs::read(self.folder.path(&format!("{ca}.crl.der"))).unwrap()
    }

    fn ocsp(&self) -> Vec<u8> {
        self.ocsp_of("signer")
    }

    pub(crate) fn ocsp_of(&self, subject: &str) -> Vec<u8> {
        let arguments =
            "ocsp -index issuing.index -CA issuing.pem -rsigner issuing.pem -rkey issuing.key -issuer issuing.pem";
        openssl(&self.folder, &format!("{arguments} -cert {subject}.pem -ndays 1 -respout ocsp.der"));
        std::fs::read(self.folder.path("ocsp.der")).unwrap()
    }

    fn revoke(&self, reason: &str) {
        let arguments = "ca -config issuing.cnf -keyfile issuing.key -cert issuing.pem -revoke signer.pem -crl_reason";
        openssl(&self.folder, &format!("{arguments} {reason}"));
    }

    pub(crate) fn trust(&self) -> Trust<'static> {
        Trust {
            anchors: vec![self.pki.root.clone()],
            crls: vec![self.crl("root"), self.crl("issuing")],
            ..Trust::default()
        }
    }

    pub(crate) fn judge(&self, file: &[u8], trust: &Trust<'_>) -> (Indication, Option<SubIndication>) {
        let verdict = verify(file, trust, self.at);
        (verdict.indication, verdict.sub_indication)
    }
}

pub(crate) const PASSED: (Indication, Option<SubIndication>) = (Indication::TotalPassed, None);

#[test]
fn our_own_signature_passes_and_each_missing_piece_is_named() {
    let fixture = fixture("verdict-trust");
    let trust = fixture.trust();
    let verdict = verify(&fixture.signed, &trust, fixture.at);
    assert_eq!(verdict.indication, Indication::TotalPassed, "{verdict:?}");
    let report = &verdict.signatures[0];
    assert_eq!(report.field, "Signature1");
    assert!(report.covers_whole_document);
    assert_eq!(report.subject.as_deref(), Some("C=TH, CN=signer"));

    let indeterminate = |sub| (Indication::Indeterminate, Some(sub));
    let none = Trust { crls: Vec::new(), ..trust.clone() };
    assert_eq!(fixture.judge(&fixture.signed, &none), indeterminate(SubIndication::TryLater));
    let ocsp = Trust { crls: vec![trust.crls[0].clone()], ocsps: vec![fixture.ocsp()], ..trust.clone() };
    assert_eq!(fixture.judge(&fixture.signed, &ocsp), PASSED);
    let untrusted = Trust { anchors: Vec::new(), ..trust.clone() };
    assert_eq!(fixture.judge(&fixture.signed, &untrusted), indeterminate(SubIndication::NoCertificateChainFound));
    let other_folder = Folder::new("verdict-other-root");
    let other = Trust { anchors: vec![Pki::new(&other_folder).root], ..trust.clone() };
    assert_eq!(fixture.judge(&fixture.signed, &other), indeterminate(SubIndication::NoCertificateChainFound));
    let late = verify(&fixture.signed, &trust, fixture.at + Duration::from_secs(400 * 86_400));
    assert_eq!(late.sub_indication, Some(SubIndication::OutOfBoundsNoPoe));
    let stale = verify(&fixture.signed, &trust, fixture.at + Duration::from_secs(60 * 86_400));
    assert_eq!((stale.indication, stale.sub_indication), indeterminate(SubIndication::TryLater));
}

#[test]
fn a_revoked_certificate_does_not_pass_by_crl_nor_by_ocsp() {
    let fixture = fixture("verdict-revoked");
    let good = fixture.ocsp();
    fixture.revoke("keyCompromise");
    let trust = fixture.trust();
    let revoked = (Indication::Indeterminate, Some(SubIndication::RevokedNoPoe));
    assert_eq!(fixture.judge(&fixture.signed, &trust), revoked);
    // An older "good" does not undo it.
    let both = Trust { ocsps: vec![good], ..trust.clone() };
    assert_eq!(fixture.judge(&fixture.signed, &both), revoked);
    let ocsp = Trust { crls: vec![trust.crls[0].clone()], ocsps: vec![fixture.ocsp()], ..trust };
    assert_eq!(fixture.judge(&fixture.signed, &ocsp), revoked);
}

#[test]
fn own_statuses_are_asked_first() {
    #[derive(Debug)]
    struct Own(KnownStatus);
    impl CertificateStatus for Own {
        fn status(&self, _issuer: &[u8], _serial: &[u8], _certificate: &[u8]) -> KnownStatus {
            self.0
        }
    }
    let fixture = fixture("verdict-own");
    let judge = |status: KnownStatus| {
        let own = Own(status);
        let trust = Trust { crls: Vec::new(), status: Some(&own), ..fixture.trust() };
        fixture.judge(&fixture.signed, &trust)
    };
    assert_eq!(judge(KnownStatus::Good), PASSED);
    let hold = KnownStatus::Revoked { at: fixture.at - Duration::from_secs(60), reason: Some(6), invalid_since: None };
    assert_eq!(judge(hold), (Indication::Indeterminate, Some(SubIndication::TryLater)));

    // A list names what was revoked, not what was issued; records that do not answer leave that open.
    let listed = |status: KnownStatus| {
        let own = Own(status);
        fixture.judge(&fixture.signed, &Trust { status: Some(&own), ..fixture.trust() })
    };
    assert_eq!(listed(KnownStatus::Unknown), PASSED);
    assert_eq!(listed(KnownStatus::NotIssued), (Indication::TotalFailed, Some(SubIndication::Revoked)));
    assert_eq!(listed(KnownStatus::NoAnswer), (Indication::Indeterminate, Some(SubIndication::TryLater)));
    fixture.revoke("keyCompromise");
    assert_eq!(listed(KnownStatus::NoAnswer), (Indication::Indeterminate, Some(SubIndication::RevokedNoPoe)));
}

#[test]
fn each_kind_of_tampering_fails() {
    let fixture = fixture("verdict-tamper");
    let trust = fixture.trust();
    let signed = &fixture.signed;
    assert_eq!(fixture.judge(signed, &trust), PASSED);
    let text = String::from_utf8_lossy(signed);
    let failed = |what: &str, file: &[u8]| {
        let verdict = verify(file, &trust, fixture.at);
        assert_eq!(verdict.indication, Indication::TotalFailed, "{what}: {:?}", verdict.reasons);
    };
    let mut flipped = signed.clone();
    flipped[20] ^= 1;
    assert_ne!(fixture.judge(&flipped, &trust).0, Indication::TotalPassed);
    failed("truncated", &signed[..signed.len() - 10]);
    failed("appended", &[signed, &b"junk\n"[..]].concat());
    failed("an object without a section", &[signed, &b"4 0 obj\nnull\nendobj\n%%EOF\n"[..]].concat());
    let startxref = text.rfind("startxref").map(|at| text[at + 9..].split_whitespace().next().unwrap().to_owned());
    let prev = startxref.unwrap();
    let root = text.rfind("/Root ").map(|at| text[at + 6..].split(" 0 R").next().unwrap().to_owned()).unwrap();
    // A well-formed update that replaces the catalog.
    let at = signed.len();
    let object = format!("{root} 0 obj\n<</Type/Catalog/Pages 1 0 R>>\nendobj\n");
    let section = at + object.len();
    let update = format!(
        "{object}xref\n{root} 1\n{at:010} 00000 n \ntrailer\n<</Root {root} 0 R/Size 9999/Prev {prev}>>\nstartxref\n{section}\n%%EOF\n"
    );
    failed("another catalog", &[signed, update.as_bytes()].concat());
    let range = text.rfind("/ByteRange [").unwrap() + 12;
    let mut swapped = signed.clone();
    let digit = (range..).find(|i| swapped[*i] != b' ' && swapped[*i] != b'0').unwrap();
    swapped[digit] = if swapped[digit] == b'9' { b'8' } else { swapped[digit] + 1 };
    failed("another range", &swapped);
}

#[test]
fn random_mutations_never_pass() {
    let fixture = fixture("verdict-mutation");
    let trust = fixture.trust();
    let signed = &fixture.signed;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        // xorshift: the same mutations on every run.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    // The structure is at the end; half of the mutations go there.
    let tail = signed.len() - 8_000;
    for round in 0..400 {
        let mut file = signed.clone();
        let at = if round % 2 == 0 { random(file.len()) } else { tail + random(file.len() - tail) };
        match random(5) {
            0 => file[at] ^= 1 << random(8),
            1 => file.truncate(at),
            2 => file.insert(at, u8::try_from(random(256)).unwrap()),
            3 => {
                file.remove(at);
            }
            _ => {
                let end = (at + 1 + random(200)).min(file.len());
                let piece = file[at..end].to_vec();
                let to = random(file.len());
                file.splice(to..to, piece);
            }
        }
        let verdict = verify(&file, &trust, fixture.at);
        // Bytes between the angle brackets are not signed: case of digits and zeros may differ, meaning may not.
        let same_meaning = file.len() == signed.len() && file.eq_ignore_ascii_case(signed);
        let passed = verdict.indication == Indication::TotalPassed;
        assert!(!passed || same_meaning, "round {round} at {at} passed");
    }
}

#[test]
fn the_fuzz_bodies_take_any_bytes() {
    let fixture = fixture("verdict-fuzz");
    for cut in (0..fixture.signed.len()).step_by(997) {
        pdf::read::exercise(&fixture.signed[..cut]);
        pades::verify::exercise(&fixture.signed[cut..]);
    }
    let nested = [b"%PDF-1.7\n1 0 obj\n".as_slice(), &b"[".repeat(100_000), b"\nstartxref\n9\n%%EOF"].concat();
    let looped = b"%PDF-1.7\nxref\n0 0\ntrailer\n<</Prev 9>>\nstartxref\n9\n%%EOF";
    for file in [nested.as_slice(), looped] {
        pdf::read::exercise(file);
        pades::verify::exercise(file);
    }
}

#[test]
fn white_space_after_the_end_changes_nothing_and_anything_else_does() {
    let fixture = fixture("verdict-newline");
    let trust = fixture.trust();
    let followed_by = |tail: &[u8]| fixture.judge(&[fixture.signed.as_slice(), tail].concat(), &trust);
    for tail in [b"\n".as_slice(), b"\r\n", b"\n\n", b" \t\r\n"] {
        assert_eq!(followed_by(tail), PASSED, "{tail:?}");
    }
    for tail in [b"\0".as_slice(), b"\n\0", b"%", b"\n%\n", b"\n%%EOF", b"\n%%EOF\n", &[b' '; 65]] {
        assert_eq!(followed_by(tail).0, Indication::TotalFailed, "{tail:?}");
    }
}
