//! Each level by each algorithm, at once and after renewals, judged by programs that are not ours.

use crate::common::authority::{Authority, Unit, openssl_options};
use crate::common::drawn::{PAGES, certificate};
use crate::common::pki::openssl;
use crate::common::{Folder, said};
use pades::Error;
use pades::augment::{ValidationMaterial, append_material, next_field_name, prepare_archive};
use pades::cms::SignatureAlgorithm;
use pades::sign::{Signed, prepare};
use pades::verify::{Indication, Level, SubIndication, Trust, Verdict, verify};
use pdf::append::{Error as PdfError, SignatureField};
use std::time::Duration;
use time::OffsetDateTime;

/// Room for a token of these tests.
const ROOM: usize = 6_000;
const YEAR: Duration = Duration::from_secs(365 * 86_400);

#[allow(clippy::disallowed_methods, reason = "the judges take the machine's own time")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn field(at: OffsetDateTime) -> SignatureField {
    SignatureField {
        page: 1,
        rect: [72.0, 600.0, 300.0, 680.0],
        field_name: "Signature1".to_owned(),
        tooltip: "ลายเซ็นดิจิทัลของแพทย์".to_owned(),
        signing_time: at,
        name: Some("แพทย์หญิง สมหญิง ใจดี".to_owned()),
        reason: None,
        location: None,
        contact_info: None,
    }
}

struct Desk {
    folder: Folder,
    authority: Authority,
    algorithm: SignatureAlgorithm,
    /// When things are signed.
    at: OffsetDateTime,
}

impl Desk {
    /// The PKI is an hour older than what it signs.
    fn new(name: &str, algorithm: SignatureAlgorithm, at: OffsetDateTime) -> Self {
        let folder = Folder::new(&format!("levels-{name}-{algorithm:?}"));
        let at = at.replace_nanosecond(0).unwrap();
        let authority = Authority::new(&folder, algorithm, at - Duration::from_secs(3600));
        Self { folder, authority, algorithm, at }
    }

    fn unit(&mut self, name: &str) -> Unit {
        self.authority.unit(&self.folder, name, self.at - Duration::from_secs(1800))
    }

    /// Level B-B, with room for a time-stamp or none.
    fn signed(&self, room: usize) -> Signed {
        let chain = self.authority.chain(self.algorithm);
        let prepared = prepare(&certificate(), &field(self.at), &chain, room).unwrap();
        let record = prepared.record_digest();
        let recorded = prepared.assert_recorded(record).unwrap();
        self.folder.write("digest", &recorded.to_be_signed());
        let (_, options) = openssl_options(self.algorithm);
        openssl(&self.folder, &format!("pkeyutl -sign -inkey doctor.key -in digest -out signature {options}"));
        let signature = std::fs::read(self.folder.path("signature")).unwrap();
        recorded.complete(&signature).unwrap()
    }

    /// Level B-T.
    fn stamped(&mut self, unit: &Unit) -> Signed {
        let signed = self.signed(ROOM);
        let digest = sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(signed.signature_value()));
        let token = self.authority.stamp(unit, &digest, self.at);
        signed.with_signature_timestamp(&token).unwrap()
    }

    /// One round more.
    fn archived(&mut self, pdf: &[u8], material: &ValidationMaterial, unit: &Unit, at: OffsetDateTime) -> Vec<u8> {
        let name = next_field_name(pdf).unwrap();
        let prepared = prepare_archive(pdf, material, &name, ROOM).unwrap();
        let token = self.authority.stamp(unit, &prepared.digest(), at);
        let archived = prepared.complete(&token).unwrap();
        assert!(archived.starts_with(pdf), "only appended to");
        archived
    }

    fn trust(&self) -> Trust<'static> {
        Trust { anchors: vec![self.authority.root.der.clone()], ..Trust::default() }
    }

    fn verdict(&self, pdf: &[u8], at: OffsetDateTime) -> Verdict {
        verify(pdf, &self.trust(), at)
    }
}

/// What a time-stamp or signature of a file covers, and what lies in its place.
struct Cut {
    data: Vec<u8>,
    contents: Vec<u8>,
}

/// Cuts out every signature in the order of the file, by what the file itself says.
fn cut(pdf: &[u8]) -> Vec<Cut> {
    const KEY: &[u8] = b"/ByteRange [";
    let at = (0..pdf.len()).filter(|at| pdf[*at..].starts_with(KEY));
    at.map(|at| {
        let range = &pdf[at + KEY.len()..];
        let range = std::str::from_utf8(&range[..range.iter().position(|byte| *byte == b']').unwrap()]).unwrap();
        let range: Vec<usize> = range.split_whitespace().map(|part| part.parse().unwrap()).collect();
        let &[0, before, after, length] = range.as_slice() else { panic!("four numbers") };
        let hex = std::str::from_utf8(&pdf[before + 1..after - 1]).unwrap();
        let padded: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let end = 4 + usize::from(u16::from_be_bytes([padded[2], padded[3]]));
        assert!(padded[end..].iter().all(|byte| *byte == 0), "zeros behind the structure");
        Cut { data: [&pdf[..before], &pdf[after..after + length]].concat(), contents: padded[..end].to_vec() }
    })
    .collect()
}

/// The token in the unsigned attribute, found by its object identifier.
fn stamp_in(cms: &[u8]) -> &[u8] {
    const ID: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e\x31\x82";
    let at = cms.windows(ID.len()).rposition(|window| window == ID).unwrap() + ID.len() + 2;
    &cms[at..]
}

/// Every judge at hand about one file with its first signature and any number of document time-stamps.
fn judge(desk: &Desk, name: &str, pdf: &[u8], signature_value: Option<&[u8]>, stamps: &[OffsetDateTime]) {
    let folder = &desk.folder;
    folder.write("file.pdf", pdf);
    let cuts = cut(pdf);
    assert_eq!(cuts.len(), 1 + stamps.len(), "{name}");
    folder.write("signed.data", &cuts[0].data);
    folder.write("signed.cms", &cuts[0].contents);
    let moment = desk.at.unix_timestamp() + 1;
    let verify = format!(
        "cms -verify -inform DER -in signed.cms -content signed.data -binary -cades -CAfile root.pem \
         -attime {moment} -purpose any -out verified"
    );
    let openssl = folder.judge("openssl", &verify).unwrap();
    assert!(openssl.contains("CAdES Verification successful"), "{name}: {openssl}");
    let stamp = |data: &[u8], token: &[u8], at: OffsetDateTime| {
        folder.write("stamp.data", data);
        folder.write("stamp.der", token);
        let moment = at.unix_timestamp() + 1;
        let verify = format!(
            "ts -verify -in stamp.der -token_in -data stamp.data -CAfile root.pem -untrusted tsa-ca.pem -attime {moment}"
        );
        let said = folder.judge("openssl", &verify).unwrap();
        assert!(said.contains("Verification: OK"), "{name}: {said}");
        // The same over one byte more is refused.
        folder.write("stamp.data", &[data, b"x"].concat());
        assert!(!folder.run("openssl", &verify).unwrap().status.success(), "{name}");
    };
    if let Some(value) = signature_value {
        stamp(value, stamp_in(&cuts[0].contents), desk.at);
    }
    for (cut, at) in cuts[1..].iter().zip(stamps) {
        stamp(&cut.data, &cut.contents, *at);
    }
    if folder.path("cert9.db").exists() || folder.judge("certutil", "-N -d sql:. --empty-password").is_some() {
        folder.run("certutil", "-A -d sql:. -n root -t CT,C,C -i root.pem");
        let pdfsig = folder.judge("pdfsig", "-nssdir sql:. -no-ocsp file.pdf").unwrap();
        assert!(pdfsig.contains("Signature Validation: Signature is Valid."), "{name}: {pdfsig}");
        assert!(!pdfsig.contains("Invalid") && !pdfsig.contains("Mismatch"), "{name}: {pdfsig}");
    }
    if let Some(qpdf) = folder.judge("qpdf", "--check file.pdf") {
        assert!(qpdf.contains("No syntax or stream encoding errors found"), "{name}: {qpdf}");
    }
    let others = "--other-certs issuing.pem --other-certs tsa-ca.pem";
    let validate = format!(
        "sign validate --pretty-print --trust root.pem --trust-replace {others} --no-revocation-check file.pdf"
    );
    let recent = now() - desk.at < YEAR;
    if recent && let Some(pyhanko) = folder.judge("pyhanko", &validate) {
        assert!(pyhanko.contains("The signature is judged VALID."), "{name}: {pyhanko}");
        assert!(!pyhanko.contains("INVALID"), "{name}: {pyhanko}");
    }
}

/// pyHanko, with what stands in the file and nothing else.
const OFFLINE: &[u8] = include_bytes!("../../tests/judges/pyhanko_offline.py");
const INDICATION: &[u8] = include_bytes!("../../tests/judges/pyhanko_indication.py");

/// pyHanko's validation by EN 319 102-1: level B-LTA must come out passed.
fn judge_ades(desk: &Desk, name: &str, pdf: &[u8], passes: bool) {
    desk.folder.write("file.pdf", pdf);
    desk.folder.write("offline.py", OFFLINE);
    desk.folder.write("pyhanko_indication.py", INDICATION);
    let others = "--other-certs issuing.pem --other-certs tsa-ca.pem";
    let arguments =
        format!("offline.py sign adesverify --pretty-print --trust root.pem --trust-replace {others} file.pdf");
    if !judges_have("pyhanko") {
        eprintln!("skipped: pyhanko is not installed");
        return;
    }
    let Some(output) = desk.folder.run("python", &arguments) else { return };
    let pyhanko = said(&output);
    let valid = pyhanko.contains("The signature is judged VALID.") && pyhanko.contains("indication: AdESPassed.OK");
    let passed = output.status.success() && valid;
    assert_eq!(passed, passes, "{name}: {pyhanko}");
}

#[allow(clippy::disallowed_methods, reason = "where the judges are is the environment's business")]
fn judges_have(tool: &str) -> bool {
    std::env::var_os("RABRONG_JUDGES").is_some_and(|folder| std::path::Path::new(&folder).join(tool).exists())
}

/// What the file shows is what was drawn, and it is still tagged.
fn looks_as_drawn(desk: &Desk, pdf: &[u8]) {
    desk.folder.write("file.pdf", pdf);
    if desk.folder.judge("pdftotext", "file.pdf text").is_some() {
        let text = std::fs::read_to_string(desk.folder.path("text")).unwrap();
        assert!(text.contains(PAGES[0]) && text.contains(PAGES[2]), "{text}");
    }
    if let Some(info) = desk.folder.judge("pdfinfo", "file.pdf") {
        assert!(info.contains("Tagged:          yes"), "{info}");
    }
}

/// All four levels of one algorithm, then two renewals.
fn every_level(algorithm: SignatureAlgorithm) {
    let mut desk = Desk::new("each", algorithm, now() - Duration::from_secs(30));
    let unit = desk.unit("unit-1");
    let at = desk.at;

    let basic = desk.signed(0);
    judge(&desk, "B-B", &basic.bytes, None, &[]);
    // Alone it says nothing of revocation: with fresh lists it passes.
    let (ocsp, _) = desk.authority.doctor_ocsp(at);
    let fresh = Trust { crls: vec![desk.authority.root_crl(at)], ocsps: vec![ocsp], ..desk.trust() };
    let later = at + Duration::from_secs(2);
    let verdict = verify(&basic.bytes, &fresh, later);
    assert_eq!(verdict.indication, Indication::TotalPassed, "B-B: {:?}", verdict.reasons);
    assert_eq!(verdict.signatures[0].level, Some(Level::BB));
    let alone = desk.verdict(&basic.bytes, later);
    assert_eq!((alone.indication, alone.sub_indication), (Indication::Indeterminate, Some(SubIndication::TryLater)));

    let stamped = desk.stamped(&unit);
    let value = stamped.signature_value().to_vec();
    judge(&desk, "B-T", &stamped.bytes, Some(&value), &[]);
    if algorithm == SignatureAlgorithm::EcdsaP256Sha256 {
        // The judge can say no as well.
        judge_ades(&desk, "B-T", &stamped.bytes, false);
    }
    let (stamp, _) = desk.authority.unit_ocsp(&unit, at);
    let fresh = Trust { ocsps: [fresh.ocsps.clone(), vec![stamp]].concat(), ..fresh };
    let verdict = verify(&stamped.bytes, &fresh, later);
    assert_eq!(verdict.indication, Indication::TotalPassed, "B-T: {:?}", verdict.reasons);
    assert_eq!(verdict.signatures[0].proven_time, Some(at), "B-T");
    assert_eq!(verdict.signatures[0].level, Some(Level::BT));

    let material = desk.authority.material(&unit, at);
    let long_term = append_material(&stamped.bytes, &material).unwrap();
    assert!(long_term.starts_with(&stamped.bytes), "only appended to");
    assert_eq!(append_material(&long_term, &material).unwrap(), long_term);
    judge(&desk, "B-LT", &long_term, Some(&value), &[]);
    let verdict = desk.verdict(&long_term, later);
    assert_eq!(verdict.indication, Indication::TotalPassed, "B-LT: {:?}", verdict.reasons);
    assert_eq!(verdict.signatures[0].level, Some(Level::BLt));

    let mut moments = vec![at + Duration::from_secs(1)];
    let archived = desk.archived(&stamped.bytes, &material, &unit, moments[0]);
    judge(&desk, "B-LTA", &archived, Some(&value), &moments);
    judge_ades(&desk, "B-LTA", &archived, true);
    looks_as_drawn(&desk, &archived);
    let verdict = desk.verdict(&archived, later);
    assert_eq!(verdict.indication, Indication::TotalPassed, "B-LTA: {:?}", verdict.reasons);
    assert_eq!(verdict.signatures.len(), 2);
    assert_eq!((verdict.signatures[0].level, verdict.signatures[1].level), (Some(Level::BLta), None));

    let mut renewed = archived;
    for round in 2..=3_u32 {
        let moment = at + Duration::from_secs(5) * round;
        let material = desk.authority.renewal_material(&[&unit], moment);
        moments.push(moment + Duration::from_secs(1));
        renewed = desk.archived(&renewed, &material, &unit, moment + Duration::from_secs(1));
        if round == 3 {
            judge(&desk, "renewed", &renewed, Some(&value), &moments);
        }
        judge_ades(&desk, "renewed", &renewed, true);
        let verdict = desk.verdict(&renewed, moment + Duration::from_secs(2));
        assert_eq!(verdict.indication, Indication::TotalPassed, "{round}: {:?}", verdict.reasons);
        assert_eq!(verdict.signatures.len(), moments.len() + 1);
    }
    looks_as_drawn(&desk, &renewed);
    let fields = verdict_fields(&desk.verdict(&renewed, at + Duration::from_secs(30)));
    assert_eq!(fields, ["Signature1", "Timestamp1", "Timestamp2", "Timestamp3"]);
}

fn verdict_fields(verdict: &Verdict) -> Vec<String> {
    verdict.signatures.iter().map(|report| report.field.clone()).collect()
}

#[test]
fn every_level_by_p256() {
    every_level(SignatureAlgorithm::EcdsaP256Sha256);
}

#[test]
fn every_level_by_p384() {
    every_level(SignatureAlgorithm::EcdsaP384Sha384);
}

#[test]
fn every_level_by_rsa_pkcs1() {
    every_level(SignatureAlgorithm::RsaPkcs1Sha256);
}

#[test]
fn every_level_by_rsa_pss() {
    every_level(SignatureAlgorithm::RsaPssSha256);
}

/// Ten years later the doctor's certificate, the responders' and the first unit's are long expired. What was
/// renewed in time still passes. (pyHanko 0.38 does not find its way: it begins with the oldest time-stamp.)
#[test]
fn ten_years_later_what_was_renewed_passes() {
    let ten_years = YEAR * 10 + Duration::from_secs(60 * 86_400);
    let mut desk = Desk::new("ten-years", SignatureAlgorithm::EcdsaP256Sha256, now() - ten_years);
    let at = desk.at;
    let first = desk.unit("unit-1");
    let stamped = desk.stamped(&first);
    let value = stamped.signature_value().to_vec();
    let material = desk.authority.material(&first, at);
    let mut moments = vec![at + Duration::from_secs(1)];
    let archived = desk.archived(&stamped.bytes, &material, &first, moments[0]);

    // Not renewed: nobody can say any more that the first unit was in force.
    let today = at + ten_years + Duration::from_secs(10);
    let lapsed = desk.verdict(&archived, today);
    assert_eq!(lapsed.indication, Indication::Indeterminate, "{:?}", lapsed.reasons);

    let renewal = at + YEAR * 8;
    let second = desk.authority.unit(&desk.folder, "unit-2", renewal - Duration::from_secs(1800));
    let material = desk.authority.renewal_material(&[&first, &second], renewal);
    moments.push(renewal + Duration::from_secs(1));
    let renewed = desk.archived(&archived, &material, &second, moments[1]);
    let verdict = desk.verdict(&renewed, renewal + Duration::from_secs(2));
    assert_eq!(verdict.indication, Indication::TotalPassed, "{:?}", verdict.reasons);

    let again = at + ten_years;
    let third = desk.authority.unit(&desk.folder, "unit-3", again - Duration::from_secs(1800));
    let material = desk.authority.renewal_material(&[&second, &third], again);
    moments.push(again + Duration::from_secs(1));
    let renewed = desk.archived(&renewed, &material, &third, moments[2]);
    let verdict = desk.verdict(&renewed, today);
    assert_eq!(verdict.indication, Indication::TotalPassed, "{:?}", verdict.reasons);
    assert_eq!(verdict.signatures[0].proven_time, Some(at));
    judge(&desk, "ten years", &renewed, Some(&value), &moments);
    // The chain of time-stamps is only as good as each link: without what was known of the first unit when the
    // second stamped, the rest proves nothing.
    let material = desk.authority.renewal_material(&[&second], renewal);
    let broken = desk.archived(&archived, &material, &second, moments[1]);
    let material = desk.authority.renewal_material(&[&second, &third], again);
    let broken = desk.archived(&broken, &material, &third, moments[2]);
    let verdict = desk.verdict(&broken, today);
    assert_eq!(verdict.indication, Indication::Indeterminate, "{:?}", verdict.reasons);
}

#[test]
fn a_time_stamp_over_something_else_is_refused() {
    let mut desk = Desk::new("other", SignatureAlgorithm::EcdsaP256Sha256, now() - Duration::from_secs(30));
    let unit = desk.unit("unit-1");
    let at = desk.at;
    let token = desk.authority.stamp(&unit, &[7; 32], at);
    let signed = desk.signed(ROOM);
    assert_eq!(signed.clone().with_signature_timestamp(&token).unwrap_err(), Error::OtherTimeStamp);
    assert_eq!(signed.clone().with_signature_timestamp(b"no token").unwrap_err(), Error::MalformedTimeStamp);
    let archive = prepare_archive(&signed.bytes, &ValidationMaterial::default(), "Timestamp1", ROOM).unwrap();
    assert_eq!(archive.complete(&token).unwrap_err(), Error::OtherTimeStamp);
    let small = prepare_archive(&signed.bytes, &ValidationMaterial::default(), "Timestamp1", 100).unwrap();
    let token = desk.authority.stamp(&unit, &small.digest(), at);
    assert!(matches!(small.complete(&token), Err(Error::Pdf(PdfError::ContentsOverflow { capacity: 100, .. }))));
    let taken = prepare_archive(&signed.bytes, &ValidationMaterial::default(), "Signature1", ROOM);
    assert_eq!(taken.unwrap_err(), Error::Pdf(PdfError::FieldNameTaken));
    let unsigned = prepare_archive(&certificate(), &ValidationMaterial::default(), "Timestamp1", ROOM);
    assert_eq!(unsigned.unwrap_err(), Error::Pdf(PdfError::NotSigned));
}

/// Found again on disk, a signature is stamped as if it had never been put down.
#[test]
fn a_stored_signature_is_stamped_later() {
    let mut desk = Desk::new("later", SignatureAlgorithm::EcdsaP384Sha384, now() - Duration::from_secs(30));
    let unit = desk.unit("unit-1");
    let signed = desk.signed(ROOM);
    let reopened = Signed::reopen(signed.bytes.clone()).unwrap();
    assert_eq!(reopened, signed);
    let digest = sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(signed.signature_value()));
    let at = desk.at;
    let token = desk.authority.stamp(&unit, &digest, at);
    let stamped = reopened.with_signature_timestamp(&token).unwrap();
    assert_eq!(stamped, signed.with_signature_timestamp(&token).unwrap());
    // One is enough, and after a revision was appended the place is closed.
    let again = Signed::reopen(stamped.bytes.clone()).unwrap();
    assert_eq!(again.with_signature_timestamp(&token).unwrap_err(), Error::TimeStamped);
    let archived = desk.archived(&stamped.bytes, &ValidationMaterial::default(), &unit, at);
    assert_eq!(Signed::reopen(archived).unwrap_err(), Error::Pdf(PdfError::NotSigned));
    assert_eq!(Signed::reopen(certificate()).unwrap_err(), Error::Pdf(PdfError::NotSigned));
    // Without room for it, the token does not fit.
    let tight = desk.signed(0);
    let digest = sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(tight.signature_value()));
    let token = desk.authority.stamp(&unit, &digest, at);
    assert!(matches!(tight.with_signature_timestamp(&token), Err(Error::Pdf(PdfError::ContentsOverflow { .. }))));
}

/// What the file holds already is not written again.
#[test]
fn the_store_only_grows_by_what_is_new() {
    let mut desk = Desk::new("store", SignatureAlgorithm::EcdsaP256Sha256, now() - Duration::from_secs(30));
    let unit = desk.unit("unit-1");
    let at = desk.at;
    let material = desk.authority.material(&unit, at);
    let stamped = desk.stamped(&unit).bytes;
    let once = desk.archived(&stamped, &material, &unit, at);
    let twice = desk.archived(&once, &material, &unit, at);
    let held = |pdf: &[u8]| pdf::read::Document::open(pdf).unwrap().current().validation_material().unwrap();
    assert_eq!(held(&once), material);
    assert_eq!(held(&twice), material);
    assert!(twice.len() - once.len() < 2 * ROOM + 2_000, "only a time-stamp was added");
    let more = ValidationMaterial { crls: vec![b"endobj inside".to_vec()], ..ValidationMaterial::default() };
    let thrice = desk.archived(&twice, &more, &unit, at);
    assert_eq!(held(&thrice).crls, [material.crls, more.crls].concat());
    assert_eq!(desk.verdict(&thrice, at + Duration::from_secs(2)).indication, Indication::TotalPassed);
    let flood = ValidationMaterial { crls: (0..300_u32).map(|n| n.to_be_bytes().to_vec()).collect(), ..more };
    let refused = prepare_archive(&thrice, &flood, "Timestamp9", ROOM);
    assert!(matches!(refused, Err(Error::Pdf(PdfError::TooComplex { .. }))));
}
