//! OCSP answers.

use std::time::Duration;

use ca::ocsp::{Answer, Responder, Status, Times, malformed, parse_request, prepare_response};
use ca::{Error, RevocationReason};

use crate::judges::{Folder, openssl, pkilint};
use crate::pki::{NOW, Pki};

const URL: &str = "http://rabrong.example.th";

/// A request by OpenSSL.
fn ask(folder: &Folder, issuing: &str, certificate: &str, more: &[&str]) -> Vec<u8> {
    let output = folder.path().join("request.der").to_str().unwrap().to_owned();
    let arguments = [&["ocsp", "-issuer", issuing], more, &["-cert", certificate, "-reqout", &output]].concat();
    openssl(&arguments);
    std::fs::read(&output).unwrap()
}

fn answer(pki: &Pki, request: &[u8], status: Status) -> Vec<u8> {
    let issuer = pki.issuer();
    let responder = Responder::from_certificate(&pki.responder.der).unwrap();
    let times = Times {
        produced_at: NOW + Duration::from_secs(60),
        this_update: NOW + Duration::from_secs(60),
        next_update: NOW + Duration::from_secs(61),
        archive_cutoff: Some(issuer.validity().not_before),
    };
    let request = parse_request(request).unwrap();
    let status_of = |id: &ca::ocsp::CertId| {
        if id.names(&issuer) && id.serial() == Some(pki.doctor.serial) {
            Answer { status, certificate_sha256: Some(pki.doctor.sha256) }
        } else {
            Answer::UNKNOWN
        }
    };
    let prepared = prepare_response(&request, status_of, &responder, &times).unwrap();
    let signature = pki.responder_key.sign(&prepared.digest());
    prepared.complete(&signature).unwrap()
}

#[test]
fn openssl_believes_the_answers() {
    let folder = Folder::new("ocsp");
    let pki = Pki::new(URL, false);
    let root = folder.write_pem("root", "x509", &pki.root.der);
    let issuing = folder.write_pem("issuing", "x509", &pki.issuing.der);
    let doctor = folder.write_pem("doctor", "x509", &pki.doctor.der);
    let responder = folder.write_pem("responder", "x509", &pki.responder.der);
    let at = (NOW.unix_timestamp() + 60).to_string();
    let revoked = Status::Revoked {
        at: NOW + Duration::from_secs(30),
        reason: RevocationReason::PrivilegeWithdrawn,
        invalid_since: Some(NOW),
    };
    let cases = [
        ("sha1", &doctor, Status::Good, "doctor.pem: good"),
        ("sha256", &doctor, Status::Good, "doctor.pem: good"),
        ("sha1", &doctor, revoked, "doctor.pem: revoked"),
        ("sha256", &responder, Status::Good, "responder.pem: unknown"),
        // RFC 6960 §2.2: another digest names no issuer we know.
        ("sha384", &doctor, Status::Good, "doctor.pem: unknown"),
    ];
    for (digest, certificate, status, expected) in cases {
        let request = ask(&folder, &issuing, certificate, &[&format!("-{digest}")]);
        let response = folder.write("response.der", &answer(&pki, &request, status));
        let request_path = folder.path().join("request.der").to_str().unwrap().to_owned();
        // The answer is good for a second; OpenSSL's own clock is told to be generous.
        let common = ["ocsp", "-respin", &response, "-CAfile", &root, "-attime", &at, "-validity_period", "3000000000"];
        let text =
            openssl(&[&common[..], &["-verify_other", &issuing, "-reqin", &request_path, "-resp_text"]].concat());
        assert!(text.contains("Response verify OK") && text.contains("OCSP Nonce"), "{text}");
        assert!(!text.contains("WARNING"), "{text}");
        let one = ["-no_nonce", "-issuer", &issuing, &format!("-{digest}"), "-cert", certificate];
        let word = openssl(&[&common[..], &one].concat());
        assert!(word.contains(expected), "{digest}, {expected}:\n{word}");
        if status == revoked {
            assert!(text.contains("(0x9)") && text.contains("Invalidity Date"), "{text}");
        }
        pkilint("lint_ocsp_response", &["lint", "-s", "WARNING", &response]);
    }
}

#[test]
fn what_is_no_request_is_malformed() {
    let folder = Folder::new("ocsp-malformed");
    let response = folder.write("response.der", &malformed());
    let text = crate::judges::openssl_refuses(&["ocsp", "-respin", &response, "-text"]);
    assert!(text.contains("malformedrequest"), "{text}");
    for bytes in [&b""[..], b"GET / HTTP/1.1", &[0x30, 0x80], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]] {
        assert!(matches!(parse_request(bytes), Err(Error::Malformed { .. })), "{bytes:?}");
    }
    assert!(matches!(parse_request(&[0x30; 5000]), Err(Error::TooLarge { .. })));
}

#[test]
fn requests_have_their_limits() {
    let folder = Folder::new("ocsp-limits");
    let pki = Pki::new(URL, false);
    let issuing = folder.write_pem("issuing", "x509", &pki.issuing.der);
    let doctor = folder.write_pem("doctor", "x509", &pki.doctor.der);
    let request = parse_request(&ask(&folder, &issuing, &doctor, &[])).unwrap();
    assert_eq!(request.certificates.len(), 1);
    assert!(request.nonce.is_some_and(|nonce| nonce.len() == 16));
    let mut many = Vec::new();
    for _ in 0..16 {
        many.extend(["-cert", doctor.as_str()]);
    }
    let seventeen = ask(&folder, &issuing, &doctor, &many);
    assert_eq!(parse_request(&seventeen), Err(Error::TooLarge { what: "OCSP request" }));
    assert!(parse_request(&ask(&folder, &issuing, &doctor, &many[2..])).is_ok());
}

#[test]
fn mutated_requests_never_panic() {
    let folder = Folder::new("ocsp-mutated");
    let pki = Pki::new(URL, false);
    let issuing = folder.write_pem("issuing", "x509", &pki.issuing.der);
    let doctor = folder.write_pem("doctor", "x509", &pki.doctor.der);
    let request = ask(&folder, &issuing, &doctor, &[]);
    let mut read = 0;
    for position in 0..request.len() {
        for value in 0..=u8::MAX {
            let mut mutated = request.clone();
            mutated[position] = value;
            if parse_request(&mutated).is_ok() {
                // What is read can be answered.
                read += 1;
                if value % 64 == 0 {
                    let _ = answer(&pki, &mutated, Status::Good);
                }
            }
        }
        assert!(parse_request(&request[..position]).is_err());
        let mut longer = request.clone();
        longer.insert(position, 0);
        let _ = parse_request(&longer);
    }
    assert!(read > 0);
}

#[test]
fn a_signature_by_another_key_completes_nothing() {
    let folder = Folder::new("ocsp-key");
    let pki = Pki::new(URL, false);
    let issuing = folder.write_pem("issuing", "x509", &pki.issuing.der);
    let doctor = folder.write_pem("doctor", "x509", &pki.doctor.der);
    let request = parse_request(&ask(&folder, &issuing, &doctor, &[])).unwrap();
    let responder = Responder::from_certificate(&pki.responder.der).unwrap();
    let times = Times { produced_at: NOW, this_update: NOW, next_update: NOW, archive_cutoff: None };
    let prepared = prepare_response(&request, |_| Answer::UNKNOWN, &responder, &times).unwrap();
    let foreign = pki.issuing_key.sign(&prepared.digest());
    assert_eq!(prepared.complete(&foreign), Err(Error::Signature));
    assert!(Responder::from_certificate(&pki.issuing.der).is_err(), "not for OCSP signing");
}
