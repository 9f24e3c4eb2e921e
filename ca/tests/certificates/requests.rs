//! PKCS#10 requests, as OpenSSL makes them and as nobody should.

use ca::{Curve, Error, csr};

use crate::judges::{Folder, openssl};
use crate::pki::{Key, request_der};

fn openssl_request(folder: &Folder, name: &str, algorithm: &[&str], digest: &str) -> Vec<u8> {
    let path = |suffix: &str| folder.path().join(format!("{name}.{suffix}")).to_str().unwrap().to_owned();
    let (key, request) = (path("key"), path("csr"));
    openssl(&[&["genpkey", "-out", &key], algorithm].concat());
    let subject = ["-subj", "/C=TH/O=Hospital/CN=gateway", "-addext", "subjectAltName=DNS:example.th"];
    let rest = ["-new", "-key", &key, "-outform", "DER", "-out", &request, digest];
    openssl(&[&["req"], &rest[..], &subject[..]].concat());
    std::fs::read(request).unwrap()
}

#[test]
fn requests_by_openssl_are_read() {
    let folder = Folder::new("csr");
    for (name, curve, digest, expected) in [
        ("a", "ec_paramgen_curve:P-256", "-sha256", Curve::P256),
        ("b", "ec_paramgen_curve:P-384", "-sha256", Curve::P384),
        ("c", "ec_paramgen_curve:P-384", "-sha384", Curve::P384),
    ] {
        let der = openssl_request(&folder, name, &["-algorithm", "EC", "-pkeyopt", curve], digest);
        let request = csr::parse(&der).unwrap();
        assert_eq!(request.public_key.curve(), expected);
        assert_eq!(request.asked_subject, "CN=gateway,O=Hospital,C=TH");
    }
}

#[test]
fn keys_that_are_not_ours_are_refused() {
    let folder = Folder::new("csr-keys");
    let cases: [(&str, &[&str]); 4] = [
        ("rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
        ("p224", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"]),
        ("p521", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
        ("explicit", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"]),
    ];
    for (name, algorithm) in cases {
        let der = openssl_request(&folder, name, algorithm, "-sha256");
        assert!(matches!(csr::parse(&der), Err(Error::Key { .. })), "{name}");
    }
    let der =
        openssl_request(&folder, "sha512", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "-sha512");
    assert!(matches!(csr::parse(&der), Err(Error::Value { .. })));
    // The private key 1.
    let mut one = [0; 32];
    one[31] = 1;
    let weak = Key::P256(p256::ecdsa::SigningKey::from_slice(&one).unwrap());
    assert!(matches!(csr::parse(&request_der(&weak)), Err(Error::Key { .. })));
}

/// No octet of a request may be another: every one is covered by its proof of possession or its form.
#[test]
fn a_changed_request_is_refused() {
    let der = request_der(&Key::p256("changed"));
    csr::parse(&der).unwrap();
    for position in 0..der.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = der.clone();
            changed[position] ^= change;
            assert!(csr::parse(&changed).is_err(), "{position}");
        }
        assert!(csr::parse(&der[..position]).is_err());
    }
    assert!(csr::parse(&[&der[..], &[0]].concat()).is_err(), "trailing");
    assert_eq!(csr::parse(&vec![0x30; 9_000]), Err(Error::TooLarge { what: "certification request" }));
}
