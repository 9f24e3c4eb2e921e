//! OCSP answers.

use std::time::Duration;

use ca::ocsp::{Answer, Responder, Status, Times, malformed, parse_request, prepare_response, request_for};
use ca::{Error, Issuer, IssuerName, RevocationReason};

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
    let responder = Responder::from_certificate(&pki.responder.der, &pki.issuer()).unwrap();
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
    let responder = Responder::from_certificate(&pki.responder.der, &pki.issuer()).unwrap();
    let times = Times { produced_at: NOW, this_update: NOW, next_update: NOW, archive_cutoff: None };
    let prepared = prepare_response(&request, |_| Answer::UNKNOWN, &responder, &times).unwrap();
    let foreign = pki.issuing_key.sign(&prepared.digest());
    assert_eq!(prepared.complete(&foreign), Err(Error::Signature));
    assert!(Responder::from_certificate(&pki.issuing.der, &pki.issuer()).is_err(), "not for OCSP signing");
}

/// DER of one value.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = match length {
        [0, short @ 0..=0x7f] => vec![tag, short],
        [0, middle] => vec![tag, 0x81, middle],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [header, content].concat()
}

/// A `Request` for one certificate, out of what `request_for` writes.
fn single_of(request: &[u8]) -> Vec<u8> {
    request[6..].to_vec()
}

/// A request for these certificates with the content of requestExtensions, if any.
fn request_with(singles: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = if extensions.is_empty() { Vec::new() } else { tlv(0xa2, &[&tlv(0x30, &[&extensions.concat()])]) };
    tlv(0x30, &[&tlv(0x30, &[&tlv(0x30, &[&singles.concat()]), &extensions])])
}

const NONCE: [u8; 11] = [6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];
const UNKNOWN_EXTENSION: [u8; 5] = [6, 3, 0x2a, 3, 4];
const CRITICAL: [u8; 3] = [1, 1, 0xff];

#[test]
fn nonces_have_one_to_128_octets() {
    let pki = Pki::new(URL, false);
    let singles = [single_of(&request_for(pki.doctor.serial, &pki.issuer()))];
    let nonce = |length: usize, critical: &[u8]| {
        let value = tlv(4, &[&vec![7; length]]);
        tlv(0x30, &[&NONCE, critical, &tlv(4, &[&value])])
    };
    for length in [1, 32, 128] {
        let request = parse_request(&request_with(&singles, &[nonce(length, &[])])).unwrap();
        assert_eq!(request.nonce, Some(vec![7; length]));
        assert!(parse_request(&request_with(&singles, &[nonce(length, &CRITICAL)])).is_ok());
    }
    // RFC 9654 §2.1; not wrapped; twice.
    let bare = tlv(0x30, &[&NONCE, &tlv(4, &[&[7; 32]])]);
    for extensions in [vec![nonce(0, &[])], vec![nonce(129, &[])], vec![bare], vec![nonce(8, &[]), nonce(8, &[])]] {
        let refused = parse_request(&request_with(&singles, &extensions));
        assert_eq!(refused, Err(Error::Malformed { what: "OCSP nonce" }));
    }
}

#[test]
fn an_unknown_critical_extension_is_not_passed_over() {
    let pki = Pki::new(URL, false);
    let single = single_of(&request_for(pki.doctor.serial, &pki.issuer()));
    let extension = |critical: &[u8]| tlv(0x30, &[&UNKNOWN_EXTENSION, critical, &[4, 0]]);
    // In the Request, [0] after the CertID.
    let inside = |critical: &[u8]| tlv(0x30, &[&single[2..], &tlv(0xa0, &[&tlv(0x30, &[&extension(critical)])])]);
    for (extensions, singles) in [(vec![extension(&[])], single.clone()), (Vec::new(), inside(&[]))] {
        assert!(parse_request(&request_with(&[singles], &extensions)).is_ok());
    }
    for (extensions, singles) in [(vec![extension(&CRITICAL)], single.clone()), (Vec::new(), inside(&CRITICAL))] {
        assert!(matches!(parse_request(&request_with(&[singles], &extensions)), Err(Error::Malformed { .. })));
    }
}

/// One request about certificates of two issuers: the answer is by the responder of one, and knows nothing of the
/// other's certificates even where the caller does.
#[test]
fn a_responder_answers_for_its_own_issuer_only() {
    let folder = Folder::new("ocsp-issuers");
    let pki = Pki::new(URL, false);
    let issuing = pki.issuer();
    let tsa_ca = Issuer::from_certificate(&pki.tsa_ca.der, IssuerName::TsaCa).unwrap();
    let of_doctor = single_of(&request_for(pki.doctor.serial, &issuing));
    let of_unit = single_of(&request_for(pki.tsa.serial, &tsa_ca));
    let issuers = [&issuing, &tsa_ca];
    let root = folder.write_pem("root", "x509", &pki.root.der);
    let tsa_pem = folder.write_pem("tsa-ca", "x509", &pki.tsa_ca.der);
    let doctor = folder.write_pem("doctor", "x509", &pki.doctor.der);
    let unit = folder.write_pem("tsa", "x509", &pki.tsa.der);
    let issuing_pem = folder.write_pem("issuing", "x509", &pki.issuing.der);

    let request = parse_request(&request_with(&[of_unit.clone(), of_doctor.clone()], &[])).unwrap();
    assert_eq!(request.issuer_among(issuers), Some(1));
    assert_eq!(request.issuer_among([&issuing]), Some(0));
    let other = parse_request(&request_with(&[of_doctor], &[])).unwrap();
    assert_eq!((other.issuer_among(issuers), other.issuer_among([&tsa_ca])), (Some(0), None));

    let responder = Responder::from_certificate(&pki.tsa_responder.der, &tsa_ca).unwrap();
    let responder_pem = folder.write_pem("responder", "x509", &pki.tsa_responder.der);
    assert!(Responder::from_certificate(&pki.tsa_responder.der, &issuing).is_err(), "issued by the other CA");
    let at = NOW + Duration::from_secs(60);
    let times =
        Times { produced_at: at, this_update: at, next_update: at + Duration::from_secs(1), archive_cutoff: None };
    let good = Answer { status: Status::Good, certificate_sha256: Some([1; 32]) };
    let prepared = prepare_response(&request, |_| good, &responder, &times).unwrap();
    assert_eq!(prepared.signer(), responder.public_key());
    let signature = pki.responder_key.sign(&prepared.digest());
    let response = folder.write("response.der", &prepared.complete(&signature).unwrap());
    let attime = (NOW.unix_timestamp() + 60).to_string();
    let common = ["ocsp", "-respin", &response, "-CAfile", &root, "-attime", &attime, "-validity_period", "3000000000"];
    let text = openssl(
        &[
            &common[..],
            // Where certificates of several issuers are named, OpenSSL wants to be told whose word the answer is.
            &["-VAfile", &responder_pem, "-no_nonce", "-issuer", &tsa_pem, "-cert", &unit],
            &["-issuer", &issuing_pem, "-cert", &doctor],
        ]
        .concat(),
    );
    assert!(text.contains("Response verify OK"), "{text}");
    assert!(text.contains("tsa.pem: good") && text.contains("doctor.pem: unknown"), "{text}");
    pkilint("lint_ocsp_response", &["lint", "-s", "WARNING", &response]);

    // Of one issuer alone, the chain says it.
    let request = parse_request(&request_with(&[of_unit], &[])).unwrap();
    let prepared = prepare_response(&request, |_| good, &responder, &times).unwrap();
    let signature = pki.responder_key.sign(&prepared.digest());
    let response = folder.write("response.der", &prepared.complete(&signature).unwrap());
    let one = ["-verify_other", &tsa_pem, "-no_nonce", "-issuer", &tsa_pem, "-cert", &unit];
    assert_eq!(response, common[2]);
    let text = openssl(&[&common[..], &one].concat());
    assert!(text.contains("Response verify OK") && text.contains("tsa.pem: good"), "{text}");
}

/// A signature of the requestor changes nothing (RFC 6960 §4.1.2).
#[test]
fn a_signed_request_is_read() {
    let pki = Pki::new(URL, false);
    let plain = request_for(pki.doctor.serial, &pki.issuer());
    let signature = tlv(0xa0, &[&tlv(0x30, &[&tlv(0x30, &[&UNKNOWN_EXTENSION]), &[3, 2, 0, 1]])]);
    let signed = parse_request(&tlv(0x30, &[&plain[2..], &signature])).unwrap();
    assert_eq!(signed, parse_request(&plain).unwrap());
}
