//! Certificates.

mod requests;

use ca::{AssuranceLevel, Error, Issuer, IssuerName, Profession, Recorded, Serial, parse};

use crate::judges::{Folder, openssl, openssl_refuses, pkilint, pkilint_says_only, python_judge, run};
use crate::pki::{ISSUING, Key, NOW, Numbers, Pki, subject_of};

const URL: &str = "https://rabrong.example.th";

#[test]
fn the_chain_is_good_to_openssl() {
    let folder = Folder::new("chain");
    let pki = Pki::new(URL, false);
    let root = folder.write_pem("root", "x509", &pki.root.der);
    let issuing = folder.write_pem("issuing", "x509", &pki.issuing.der);
    let at = (NOW.unix_timestamp() + 60).to_string();
    let tsa_ca = folder.write_pem("tsa-ca", "x509", &pki.tsa_ca.der);
    for (name, certificate, issuer, purpose) in [
        ("responder", &pki.responder, &issuing, "ocsphelper"),
        ("doctor", &pki.doctor, &issuing, "any"),
        ("client-p256", &pki.api_clients[0], &issuing, "sslclient"),
        ("client-p384", &pki.api_clients[1], &issuing, "sslclient"),
        ("tsa", &pki.tsa, &tsa_ca, "timestampsign"),
        ("tsa-responder", &pki.tsa_responder, &tsa_ca, "ocsphelper"),
    ] {
        let leaf = folder.write_pem(name, "x509", &certificate.der);
        let verify = ["verify", "-x509_strict", "-attime", &at, "-CAfile", &root, "-untrusted", issuer];
        assert!(openssl(&[&verify[..], &["-purpose", purpose, &leaf]].concat()).contains("OK"));
        if name == "doctor" || name == "tsa" {
            let refused = openssl_refuses(&[&verify[..], &["-purpose", "sslclient", &leaf]].concat());
            assert!(refused.contains("purpose"), "{refused}");
        }
    }
}

#[test]
fn openssl_reads_what_was_meant() {
    let folder = Folder::new("text");
    let pki = Pki::new(URL, false);
    let doctor = folder.write_pem("doctor", "x509", &pki.doctor.der);
    let text = openssl(&["x509", "-in", &doctor, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus_space"]);
    for expected in [
        "registrationNumber: 12345",
        "The Medical Council of Thailand",
        "serialNumber=MD:TH-12345",
        "CN=แพทย์หญิง สมหญิง ใจดี",
        "X509v3 Key Usage: critical\n                Non Repudiation\n",
        &format!("{}.0.23", ca::DEFAULT_ARC),
        "CPS: http://rabrong.example.th/cps",
        "OCSP - URI:http://rabrong.example.th/ocsp",
        "CA Issuers - URI:http://rabrong.example.th/ca/issuing-1.cer",
        &format!("URI:http://rabrong.example.th/crl/{}.crl", pki.shard),
        "1.3.6.1.5.5.7.3.36",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}

#[test]
fn pkilint_has_nothing_to_say() {
    let folder = Folder::new("pkilint");
    for (url, production) in [(URL, true), (URL, false), ("http://localhost:8080", false)] {
        let pki = Pki::new(url, production);
        let root = folder.write_pem("root", "x509", &pki.root.der);
        let issuing = folder.write_pem("issuing", "x509", &pki.issuing.der);
        let responder = folder.write_pem("responder", "x509", &pki.responder.der);
        let doctor = folder.write_pem("doctor", "x509", &pki.doctor.der);
        let tsa_ca = folder.write_pem("tsa-ca", "x509", &pki.tsa_ca.der);
        let tsa = folder.write_pem("tsa", "x509", &pki.tsa.der);
        let tsa_responder = folder.write_pem("tsa-responder", "x509", &pki.tsa_responder.der);
        let client = folder.write_pem("client-p256", "x509", &pki.api_clients[0].der);
        let other_client = folder.write_pem("client-p384", "x509", &pki.api_clients[1].der);
        let all = [&root, &issuing, &responder, &doctor, &tsa_ca, &tsa, &tsa_responder, &client, &other_client];
        for certificate in all {
            pkilint("lint_pkix_cert", &["lint", "-s", "WARNING", certificate]);
        }
        // An installation that only this machine can reach is what EN 319 412 forbids; it says so, rightly.
        if !url.contains("localhost") {
            pkilint("lint_etsi_cert", &["lint", "-t", "NCP-NATURAL-PERSON-CERTIFICATE", "-s", "WARNING", &doctor]);
            // RFC 3161 §2.3 wants the purpose critical, EN 319 412-2 §4.3.10 wants none so; for a time-stamping unit
            // EN 319 422 goes by the former.
            pkilint_says_only(
                "lint_etsi_cert",
                &["lint", "-t", "NCP-LEGAL-PERSON-CERTIFICATE", "-s", "WARNING", &tsa],
                "etsi.en_319_412_2.gen-4.3.10-1.eku_extension_is_critical",
            );
        }
        // The same pairs whatever the policies and addresses.
        let pairs = [
            (&root, &issuing),
            (&root, &tsa_ca),
            (&issuing, &responder),
            (&issuing, &doctor),
            (&issuing, &client),
            (&tsa_ca, &tsa),
            (&tsa_ca, &tsa_responder),
        ];
        for (issuer, subject) in pairs.into_iter().filter(|_| production) {
            pkilint("lint_pkix_signer_signee_cert_chain", &["lint", "-s", "WARNING", issuer, subject]);
        }
    }
}

/// Every profession of the table gets a certificate that says which, and no judge objects.
#[test]
fn pkilint_accepts_every_profession() {
    let folder = Folder::new("professions");
    let pki = Pki::new(URL, true);
    let mut numbers = Numbers(500);
    for profession in Profession::all() {
        let serial = Serial::generate(ISSUING.serial_octet(), &mut numbers);
        let certificate = pki.member(&subject_of(profession), serial);
        let view = parse(&certificate.der).unwrap();
        assert_eq!(view.profession, Some(profession.item()));
        assert_eq!(view.profession_oid, Some(pki.installation.policies.profession(profession)));
        assert_eq!(view.policies, [pki.installation.policies.doctor(AssuranceLevel::Ial2_3)]);
        let pem = folder.write_pem(profession.code(), "x509", &certificate.der);
        pkilint("lint_etsi_cert", &["lint", "-t", "NCP-NATURAL-PERSON-CERTIFICATE", "-s", "WARNING", &pem]);
    }
}

/// A second reader of the Admission extension and of the large policy arc.
#[test]
fn pyca_reads_the_admission() {
    let Some(python) = python_judge("python") else { return };
    let folder = Folder::new("pyca");
    let pki = Pki::new(URL, true);
    let script = r#"
import sys
from cryptography import x509
certificate = x509.load_der_x509_certificate(open(sys.argv[1], "rb").read())
admissions = certificate.extensions.get_extension_for_class(x509.Admissions).value
naming = admissions[0].naming_authority
info = admissions[0].profession_infos[0]
print(info.registration_number, info.profession_oids[0].dotted_string, admissions.authority.value.rfc4514_string())
print(naming.url, naming.text, info.profession_items[0], sep="|")
print(certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value[0].policy_identifier.dotted_string)
"#;
    let arc = ca::DEFAULT_ARC;
    for (code, number, council, naming, item) in [
        (
            "physician",
            1,
            "The Medical Council of Thailand",
            "https://www.tmc.or.th/|แพทยสภา",
            "ผู้ประกอบวิชาชีพเวชกรรม (Physician)",
        ),
        ("dentist", 4, "Dental Council", "https://dentalcouncil.or.th/|ทันตแพทยสภา", "ผู้ประกอบวิชาชีพทันตกรรม (Dentist)"),
    ] {
        let serial = Serial::generate(ISSUING.serial_octet(), &mut Numbers(600 + number));
        let certificate = pki.member(&subject_of(code.parse().unwrap()), serial);
        let path = folder.write(code, &certificate.der);
        let output = run(&python, &["-c", script, &path]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let expected = format!("12345 {arc}.2.{number} O={council},C=TH\n{naming}|{item}\n{arc}.1.23\n");
        assert_eq!(text, expected, "{code}");
    }
}

#[test]
fn the_view_shows_what_the_certificate_says() {
    let pki = Pki::new(URL, false);
    let view = parse(&pki.doctor.der).unwrap();
    assert_eq!(view.serial(), Some(pki.doctor.serial));
    assert_eq!(view.sha256, pki.doctor.sha256);
    assert_eq!(view.common_name.as_deref(), Some("แพทย์หญิง สมหญิง ใจดี"));
    assert_eq!(view.surname.as_deref(), Some("ใจดี"));
    assert_eq!(view.given_name.as_deref(), Some("สมหญิง"));
    assert_eq!(view.title.as_deref(), Some("แพทย์หญิง"));
    assert_eq!(view.organization.as_deref(), Some("โรงพยาบาลมหาราชนครเชียงใหม่"));
    assert_eq!(view.licence.as_deref(), Some("12345"));
    assert_eq!(view.serial_number_attribute.as_deref(), Some("MD:TH-12345"));
    assert_eq!(view.key_usage, ["nonRepudiation"]);
    assert_eq!(view.issuer_common_name.as_deref(), Some("Rabrong Test Issuing CA"));
    assert_eq!(view.authority_key_identifier.as_deref(), Some(&pki.issuing_key.public().identifier()[..]));
    assert_eq!(view.subject_key_identifier.as_deref(), Some(&pki.doctor_key.public().identifier()[..]));
    assert_eq!(view.validity.not_before, NOW);
    assert_eq!(view.ocsp_url.as_deref(), Some("http://rabrong.example.th/ocsp"));
    assert!(!view.is_ca);
    assert!(matches!(view.policies.as_slice(), [policy] if pki.installation.policies.is_test(policy)));
    assert!(parse(&pki.root.der).unwrap().is_ca);
}

#[test]
fn a_signature_by_another_key_completes_nothing() {
    let pki = Pki::new(URL, false);
    let tbs = tbs_of(&pki.doctor.der);
    let again = || Recorded::from_journal(&tbs, &pki.issuing_key.public()).unwrap();
    for key in [&Key::p256("another"), &pki.tsa_ca_key] {
        let foreign = key.sign(&again().digest());
        assert_eq!(again().complete(&foreign), Err(Error::Signature));
    }
    let mut broken = pki.issuing_key.sign(&again().digest());
    *broken.last_mut().unwrap() ^= 1;
    assert_eq!(again().complete(&broken), Err(Error::Signature));
    assert_eq!(again().complete(&[]), Err(Error::Signature));
}

/// What the journal recorded before a crash becomes the very certificate it was to be.
#[test]
fn recovery_gives_the_same_certificate() {
    let pki = Pki::new(URL, false);
    let issuer = pki.issuer();
    let recorded = Recorded::from_journal(&tbs_of(&pki.doctor.der), issuer.public_key()).unwrap();
    assert_eq!(recorded.serial(), pki.doctor.serial);
    let signature = pki.issuing_key.sign(&recorded.digest());
    assert_eq!(recorded.complete(&signature).unwrap(), pki.doctor);
    // A record of what another CA was to sign is not taken up.
    assert!(Recorded::from_journal(&tbs_of(&pki.issuing.der), issuer.public_key()).is_err());
    assert!(Recorded::from_journal(b"", issuer.public_key()).is_err());
}

#[test]
fn broken_certificates_are_refused_without_panic() {
    let pki = Pki::new(URL, false);
    let der = &pki.doctor.der;
    for position in 0..der.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut broken = der.clone();
            broken[position] ^= change;
            let _ = parse(&broken);
            let _ = Issuer::from_certificate(&broken, IssuerName::Root);
        }
        assert!(parse(&der[..position]).is_err());
    }
    assert_eq!(parse(&vec![0x30; 20_000]), Err(Error::TooLarge { what: "certificate" }));
}

/// The first element of the outer SEQUENCE.
fn tbs_of(certificate: &[u8]) -> Vec<u8> {
    let length = usize::from(u16::from_be_bytes([certificate[6], certificate[7]]));
    assert_eq!((certificate[0], certificate[1], certificate[4], certificate[5]), (0x30, 0x82, 0x30, 0x82));
    certificate[4..8 + length].to_vec()
}
