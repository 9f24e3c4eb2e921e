//! Certificate revocation lists.

use ca::crl::{Entry, Parameters, Scope, prepare};
use ca::{Error, Issuer, RevocationReason};
use std::time::Duration;
use time::OffsetDateTime;

use crate::judges::{Folder, openssl, openssl_refuses, pkilint};
use crate::pki::{NOW, Pki};

const URL: &str = "http://rabrong.example.th";

fn later(seconds: u64) -> OffsetDateTime {
    NOW + Duration::from_secs(seconds)
}

fn shard_crl(pki: &Pki, number: u64, entries: &[Entry]) -> Vec<u8> {
    let issuer = pki.issuer();
    let url = pki.installation.urls.crl_shard(pki.shard);
    let prepared = prepare(
        &issuer,
        &Parameters {
            number,
            this_update: later(3600),
            next_update: later(3600 * 25),
            scope: Scope::Shard { url: &url },
            expired_kept_since: Some(issuer.validity().not_before),
            entries,
        },
    );
    let prepared = prepared.unwrap();
    let signature = pki.issuing_key.sign(&prepared.digest());
    prepared.complete(&signature).unwrap()
}

fn root_crl(pki: &Pki) -> Vec<u8> {
    let issuer = Issuer::from_certificate(&pki.root.der).unwrap();
    let parameters = Parameters {
        number: 1,
        this_update: later(60),
        next_update: later(365 * 86_400),
        scope: Scope::Everything,
        expired_kept_since: None,
        entries: &[],
    };
    let prepared = prepare(&issuer, &parameters).unwrap();
    let signature = pki.root_key.sign(&prepared.digest());
    prepared.complete(&signature).unwrap()
}

fn revoked(pki: &Pki, reason: RevocationReason) -> Entry {
    Entry { serial: pki.doctor.serial, at: later(1800), reason, invalid_since: Some(later(600)) }
}

#[test]
fn openssl_finds_the_revoked_certificate_and_no_other() {
    let folder = Folder::new("crl");
    let pki = Pki::new(URL, false);
    let root = folder.write_pem("root", "x509", &pki.root.der);
    let issuing = folder.write_pem("issuing", "x509", &pki.issuing.der);
    let doctor = folder.write_pem("doctor", "x509", &pki.doctor.der);
    let root_crl = folder.write_pem("root-crl", "crl", &root_crl(&pki));
    let at = later(7200).unix_timestamp().to_string();
    let arguments = |shard: &str| {
        ["verify", "-crl_check_all", "-attime", &at, "-CAfile", &root, "-untrusted", &issuing, "-CRLfile", &root_crl]
            .into_iter()
            .chain(["-CRLfile", shard, &doctor])
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let empty = folder.write_pem("empty", "crl", &shard_crl(&pki, 1, &[]));
    let given = arguments(&empty);
    assert!(openssl(&given.iter().map(String::as_str).collect::<Vec<_>>()).contains("OK"));

    let full =
        folder.write_pem("full", "crl", &shard_crl(&pki, 2, &[revoked(&pki, RevocationReason::PrivilegeWithdrawn)]));
    let given = arguments(&full);
    assert!(openssl_refuses(&given.iter().map(String::as_str).collect::<Vec<_>>()).contains("certificate revoked"));

    let text = openssl(&["crl", "-in", &full, "-noout", "-text"]);
    for expected in [
        "Privilege Withdrawn",
        "Invalidity Date",
        "X509v3 Issuing Distribution Point: critical",
        "Only User Certificates",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert!(openssl(&["crl", "-in", &full, "-noout", "-CAfile", &issuing]).contains("verify OK"));
}

#[test]
fn pkilint_has_nothing_to_say() {
    let folder = Folder::new("crl-pkilint");
    let pki = Pki::new(URL, false);
    let lists = [
        ("root", root_crl(&pki)),
        ("empty", shard_crl(&pki, 1, &[])),
        ("hold", shard_crl(&pki, 2, &[revoked(&pki, RevocationReason::CertificateHold)])),
        (
            "bare",
            shard_crl(&pki, u64::MAX, &[Entry { invalid_since: None, ..revoked(&pki, RevocationReason::Unspecified) }]),
        ),
    ];
    for (name, der) in lists {
        let path = folder.write_pem(name, "crl", &der);
        pkilint("lint_crl", &["lint", "-t", "CRL", "-p", "PKIX", "-s", "WARNING", &path]);
    }
}

#[test]
fn impossible_lists_are_refused() {
    let pki = Pki::new(URL, false);
    let issuer = pki.issuer();
    let entry = revoked(&pki, RevocationReason::KeyCompromise);
    let parameters = Parameters {
        number: 1,
        this_update: later(3600),
        next_update: later(7200),
        scope: Scope::Everything,
        expired_kept_since: None,
        entries: &[],
    };
    let twice = [entry, Entry { at: later(1900), ..entry }];
    let early = [Entry { at: later(3601), ..entry }];
    for entries in [&twice[..], &early[..]] {
        assert!(matches!(prepare(&issuer, &Parameters { entries, ..parameters }), Err(Error::Value { .. })));
    }
    let backwards = Parameters { next_update: later(3600), ..parameters };
    assert!(matches!(prepare(&issuer, &backwards), Err(Error::Time { .. })));
    let prepared = prepare(&issuer, &parameters).unwrap();
    let foreign = pki.doctor_key.sign(&prepared.digest());
    assert_eq!(prepared.complete(&foreign), Err(Error::Signature));
}
