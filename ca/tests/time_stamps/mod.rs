//! Time-stamps.

use std::path::Path;
use std::time::Duration;

use ca::tsp::{
    Accuracy, HashAlgorithm, Rejection, TimeStampRequest, TimeStampingUnit, TokenParameters, granted, parse_request,
    prepare_token, rejected,
};
use ca::{Error, Issuer, IssuerName, Oid};
use sha2::{Digest, Sha256};

use crate::judges::{Folder, openssl, openssl_refuses, run};
use crate::pki::{Key, NOW, Pki};

const URL: &str = "http://rabrong.example.th";
const DATA: &[u8] = "ใบรับรองแพทย์".as_bytes();

fn tsa_ca(pki: &Pki) -> Issuer {
    Issuer::from_certificate(&pki.tsa_ca.der, IssuerName::TsaCa).unwrap()
}

/// A unit, and the files OpenSSL judges it by.
struct Judged {
    folder: Folder,
    root: String,
    /// The unit's certificate and its CA's.
    chain: String,
    pki: Pki,
    unit: TimeStampingUnit,
    policy: Oid,
}

impl Judged {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let pki = Pki::new(URL, false);
        let root = folder.write_pem("root", "x509", &pki.root.der);
        let authority = folder.write_pem("authority", "x509", &pki.tsa_ca.der);
        let unit_pem = folder.write_pem("unit", "x509", &pki.tsa.der);
        folder.write("data", DATA);
        let chain = [authority, unit_pem].map(|path| std::fs::read(path).unwrap()).concat();
        let chain = folder.write("chain.pem", &chain);
        let unit = TimeStampingUnit::from_certificate(&pki.tsa.der, &tsa_ca(&pki)).unwrap();
        let policy = pki.installation.policies.time_stamp();
        Self { folder, root, chain, pki, unit, policy }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// A request by OpenSSL.
    fn ask(&self, arguments: &[&str]) -> Vec<u8> {
        let (data, query) = (self.path("data"), self.path("query"));
        openssl(&[&["ts", "-query", "-data", &data, "-out", &query], arguments].concat());
        std::fs::read(query).unwrap()
    }

    fn answer(&self, request: &TimeStampRequest) -> Result<Vec<u8>, Rejection> {
        let prepared = prepare_token(request, &self.unit, &self.parameters())?;
        let signature = self.pki.tsa_key.sign(&prepared.digest());
        Ok(granted(&prepared.complete(&signature).unwrap()))
    }

    fn parameters(&self) -> TokenParameters<'_> {
        TokenParameters {
            serial: 0xfedc_ba98_7654_3210_0123_4567_89ab_cdef,
            gen_time: NOW + Duration::from_millis(61_250),
            accuracy: Accuracy::from_milliseconds(500).unwrap(),
            policy: &self.policy,
        }
    }

    fn text(&self, response: &[u8]) -> String {
        let path = self.folder.write("response", response);
        let output = run(Path::new("openssl"), &["ts", "-reply", "-in", &path, "-text"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whether OpenSSL believes it, as the answer to the last request asked.
    fn verify(&self, response: &[u8], against: &[&str]) -> String {
        let path = self.folder.write("response", response);
        let at = (NOW.unix_timestamp() + 7200).to_string();
        let common = ["ts", "-verify", "-in", &path, "-CAfile", &self.root, "-attime", &at];
        openssl(&[&common[..], &["-untrusted", &self.chain], against].concat())
    }
}

#[test]
fn openssl_believes_the_time_stamps() {
    let judged = Judged::new("tsa");
    let query = judged.path("query");
    for digest in ["-sha256", "-sha384", "-sha512"] {
        for options in [&[][..], &["-no_nonce"], &["-cert"], &["-no_nonce", "-cert"]] {
            let request = parse_request(&judged.ask(&[&[digest], options].concat())).unwrap();
            assert_eq!(request.wants_certificates(), options.contains(&"-cert"));
            let response = judged.answer(&request).unwrap();
            // Against the request: digest, nonce and policy are compared.
            assert!(judged.verify(&response, &["-queryfile", &query]).contains("Verification: OK"));
            assert!(judged.verify(&response, &["-data", &judged.path("data")]).contains("Verification: OK"));
            let text = judged.text(&response);
            for expected in [
                "Status: Granted.",
                "Time stamp: Mar  2 09:01:01.25 2026 GMT",
                "Accuracy: unspecified seconds, 0x01F4 millis, unspecified micros",
                "Ordering: no",
                "Serial number: 0xFEDCBA98765432100123456789ABCDEF",
                &judged.policy.to_string(),
            ] {
                assert!(text.contains(expected), "{expected} is not in\n{text}");
            }
            assert_eq!(text.contains("Nonce: unspecified"), options.contains(&"-no_nonce"), "{text}");
            assert_eq!(contains(&response, &judged.pki.tsa.der), options.contains(&"-cert"));
            assert_eq!(contains(&response, &judged.pki.tsa_ca.der), options.contains(&"-cert"));
        }
    }
}

fn contains(whole: &[u8], part: &[u8]) -> bool {
    part.is_empty() || whole.windows(part.len()).any(|window| window == part)
}

#[test]
fn what_this_process_asks_itself_is_the_same() {
    let judged = Judged::new("tsa-inside");
    let digest = Sha256::digest(DATA);
    let request = TimeStampRequest::of_digest(HashAlgorithm::Sha256, &digest).unwrap();
    assert_eq!(request.hashed_message(), &digest[..]);
    let response = judged.answer(&request).unwrap();
    assert!(judged.verify(&response, &["-data", &judged.path("data")]).contains("Verification: OK"));
    assert_eq!(
        TimeStampRequest::of_digest(HashAlgorithm::Sha384, &digest),
        Err(Rejection::BadDataFormat),
        "a digest of another length"
    );
}

#[test]
fn openssl_refuses_a_time_stamp_of_something_else() {
    let judged = Judged::new("tsa-other");
    let response = judged.answer(&parse_request(&judged.ask(&["-sha256", "-cert"])).unwrap()).unwrap();
    let path = judged.folder.write("response", &response);
    let other = judged.folder.write("other", b"another certificate");
    let at = (NOW.unix_timestamp() + 7200).to_string();
    let common = ["ts", "-verify", "-in", &path, "-CAfile", &judged.root, "-attime", &at];
    assert!(openssl_refuses(&[&common[..], &["-data", &other]].concat()).contains("message imprint mismatch"));
    // Another question, another nonce.
    judged.ask(&["-sha256", "-cert"]);
    let query = judged.path("query");
    assert!(openssl_refuses(&[&common[..], &["-queryfile", &query]].concat()).contains("nonce mismatch"));
}

#[test]
fn every_refusal_is_read_by_openssl() {
    let judged = Judged::new("tsa-refusals");
    let words = [
        "unrecognized or unsupported algorithm identifier",
        "transaction not permitted or supported",
        "the data submitted has the wrong format",
        "the TSA's time source is not available",
        "the requested TSA policy is not supported",
        "the requested extension is not supported",
        "the request cannot be handled due to system failure",
    ];
    for (rejection, expected) in Rejection::ALL.into_iter().zip(words) {
        let text = judged.text(&rejected(rejection));
        assert!(text.contains("Status: Rejected.") && text.contains(expected), "{rejection}:\n{text}");
    }
}

/// Puts a value in the place of the bytes; both of the same length.
fn replaced(request: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = request.windows(from.len()).position(|window| window == from).unwrap();
    [&request[..at], to, &request[at + from.len()..]].concat()
}

/// A request of version 1 over SHA-256 with these fields after the imprint.
fn request_with(fields: &[u8]) -> Vec<u8> {
    let algorithm = [0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0];
    let content = [&[2, 1, 1, 0x30, 0x31][..], &algorithm, &[4, 0x20], &[7; 32], fields].concat();
    let length = u8::try_from(content.len()).unwrap();
    let header = if length < 0x80 { vec![0x30, length] } else { vec![0x30, 0x81, length] };
    [header, content].concat()
}

#[test]
fn broken_requests_are_refused_for_what_is_wrong_with_them() {
    let judged = Judged::new("tsa-broken");
    let request = judged.ask(&["-sha256"]);
    let sha1 = judged.ask(&["-sha1"]);
    let sha224 = judged.ask(&["-sha224"]);
    let sha256 = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
    let sha512 = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];
    let nonce = |length: u8| [&[2, length, 0x41][..], &vec![7; usize::from(length) - 1]].concat();
    let cases = [
        ("SHA-1", sha1, Rejection::BadAlgorithm),
        ("SHA-224", sha224, Rejection::BadAlgorithm),
        ("version 2", replaced(&request, &[2, 1, 1], &[2, 1, 2]), Rejection::BadRequest),
        ("SHA-512 of 32 octets", replaced(&request, &sha256, &sha512), Rejection::BadDataFormat),
        ("parameters", replaced(&request_with(&[]), &[4, 2, 1, 5, 0], &[4, 2, 1, 0x30, 0]), Rejection::BadAlgorithm),
        ("nothing", Vec::new(), Rejection::BadDataFormat),
        ("text", b"GET /tsa HTTP/1.1\r\n\r\n".to_vec(), Rejection::BadDataFormat),
        ("cut off", request[..request.len() - 1].to_vec(), Rejection::BadDataFormat),
        ("more after it", [&request[..], &[0]].concat(), Rejection::BadDataFormat),
        ("indefinite length", [&[0x30, 0x80][..], &request[2..], &[0, 0]].concat(), Rejection::BadDataFormat),
        ("too large", vec![0x30; 2049], Rejection::BadRequest),
        ("a nonce of 65 octets", request_with(&nonce(65)), Rejection::BadRequest),
        ("a nonce of no octets", request_with(&[2, 0]), Rejection::BadDataFormat),
        ("a nonce in too many octets", request_with(&[2, 2, 0, 1]), Rejection::BadDataFormat),
        // [0] { SEQUENCE { OID 1.2.3, OCTET STRING } }, not critical.
        ("an extension", request_with(&[0xa0, 8, 0x30, 6, 6, 2, 0x2a, 3, 4, 0]), Rejection::UnacceptedExtension),
        (
            "a critical extension",
            request_with(&[0xa0, 11, 0x30, 9, 6, 2, 0x2a, 3, 1, 1, 0xff, 4, 0]),
            Rejection::UnacceptedExtension,
        ),
        ("an unknown field", request_with(&[0xa1, 2, 5, 0]), Rejection::BadDataFormat),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(parse_request(&bytes), Err(expected), "{name}");
    }
    for fields in [&[][..], &nonce(64), &[2, 1, 0xff], &[1, 1, 0xff]] {
        let request = parse_request(&request_with(fields)).unwrap();
        let response = judged.answer(&request).unwrap();
        assert!(contains(&response, fields) && judged.text(&response).contains("Status: Granted."));
    }
}

#[test]
fn policies_and_times_are_checked() {
    let judged = Judged::new("tsa-policy");
    let own = judged.policy.to_string();
    let request = parse_request(&judged.ask(&["-sha256", "-tspolicy", &own])).unwrap();
    assert!(judged.answer(&request).is_ok());
    let other = parse_request(&judged.ask(&["-sha256", "-tspolicy", "1.2.3.4.1"])).unwrap();
    assert_eq!(judged.answer(&other), Err(Rejection::UnacceptedPolicy));
    let parameters = judged.parameters();
    for gen_time in [
        judged.unit.validity().not_before - Duration::from_secs(1),
        judged.unit.validity().not_after + Duration::from_secs(1),
    ] {
        let prepared = prepare_token(&request, &judged.unit, &TokenParameters { gen_time, ..parameters });
        assert_eq!(prepared.err(), Some(Rejection::TimeNotAvailable));
    }
    let prepared = prepare_token(&request, &judged.unit, &TokenParameters { serial: 0, ..parameters });
    assert_eq!(prepared.err(), Some(Rejection::SystemFailure));
    let prepared = prepare_token(&request, &judged.unit, &parameters).unwrap();
    assert_eq!(prepared.signer(), &judged.pki.tsa_key.public());
    let foreign = Key::p256("another").sign(&prepared.digest());
    assert_eq!(prepared.complete(&foreign), Err(Error::Signature));
}

#[test]
fn only_a_time_stamping_certificate_of_this_authority_makes_a_unit() {
    let pki = Pki::new(URL, false);
    let authority = tsa_ca(&pki);
    assert!(TimeStampingUnit::from_certificate(&pki.tsa.der, &authority).is_ok());
    assert!(TimeStampingUnit::from_certificate(&pki.tsa.der, &pki.issuer()).is_err(), "another issuer");
    assert!(TimeStampingUnit::from_certificate(&pki.doctor.der, &pki.issuer()).is_err(), "a doctor");
    assert!(TimeStampingUnit::from_certificate(&pki.responder.der, &pki.issuer()).is_err(), "a responder");
    assert!(TimeStampingUnit::from_certificate(&pki.tsa_ca.der, &authority).is_err(), "a CA");
}
