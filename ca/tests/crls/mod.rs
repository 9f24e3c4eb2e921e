//! Certificate revocation lists.

use ca::crl::{EncodedEntry, Entry, Parameters, Scope, compare, parse, prepare};
use ca::{Error, Issuer, RevocationReason, Serial};
use std::num::NonZeroU8;
use std::time::Duration;
use time::OffsetDateTime;

use crate::judges::{Folder, openssl, openssl_refuses, pkilint};
use crate::pki::{NOW, Numbers, Pki};

const URL: &str = "http://rabrong.example.th";

fn later(seconds: u64) -> OffsetDateTime {
    NOW + Duration::from_secs(seconds)
}

fn encoded(entries: &[Entry]) -> Vec<EncodedEntry> {
    entries.iter().map(|entry| EncodedEntry::new(entry).unwrap()).collect()
}

fn shard_crl(pki: &Pki, number: u64, entries: &[Entry]) -> Vec<u8> {
    let issuer = pki.issuer();
    let entries = encoded(entries);
    let url = pki.installation.urls.crl_shard(pki.shard);
    let prepared = prepare(
        &issuer,
        &Parameters {
            number,
            this_update: later(3600),
            next_update: later(3600 * 25),
            scope: Scope::Shard { url: &url },
            expired_kept_since: Some(issuer.validity().not_before),
            entries: &entries,
        },
    );
    let prepared = prepared.unwrap();
    let signature = pki.issuing_key.sign(&prepared.digest());
    prepared.complete(&signature).unwrap()
}

fn root_crl(pki: &Pki) -> Vec<u8> {
    let issuer = Issuer::from_certificate(&pki.root.der, ca::IssuerName::Root).unwrap();
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
    for entries in [encoded(&twice), encoded(&early)] {
        assert!(matches!(prepare(&issuer, &Parameters { entries: &entries, ..parameters }), Err(Error::Value { .. })));
    }
    let backwards = Parameters { next_update: later(3600), ..parameters };
    assert!(matches!(prepare(&issuer, &backwards), Err(Error::Time { .. })));
    let prepared = prepare(&issuer, &parameters).unwrap();
    let foreign = pki.doctor_key.sign(&prepared.digest());
    assert_eq!(prepared.signer(), issuer.public_key());
    assert_eq!(prepared.complete(&foreign), Err(Error::Signature));
}

/// Revoked certificates of every form an entry has.
fn assorted(pki: &Pki) -> Vec<Entry> {
    let mut numbers = Numbers(77);
    let mut entries = vec![revoked(pki, RevocationReason::KeyCompromise)];
    for (position, reason) in (0..).zip(RevocationReason::ALL) {
        entries.push(Entry {
            serial: Serial::generate(NonZeroU8::new(if position % 2 == 0 { 1 } else { 200 }).unwrap(), &mut numbers),
            at: later(position),
            reason,
            invalid_since: (position % 3 == 0).then(|| later(0)),
        });
    }
    entries.sort_by_key(|entry| entry.serial);
    entries
}

#[test]
fn what_is_written_is_read_again() {
    let pki = Pki::new(URL, false);
    let entries = assorted(&pki);
    let der = shard_crl(&pki, u64::MAX, &entries);
    let view = parse(&der).unwrap();
    assert_eq!(view.entries, entries);
    assert_eq!((view.number, view.this_update, view.next_update), (u64::MAX, later(3600), later(3600 * 25)));
    assert_eq!(view.url, Some(pki.installation.urls.crl_shard(pki.shard)));
    assert_eq!(view.expired_kept_since, Some(pki.issuer().validity().not_before));
    assert_eq!(view.verify(&pki.issuer()), Ok(()));
    let precise: Vec<Entry> =
        entries.iter().map(|entry| Entry { at: entry.at + Duration::from_millis(700), ..*entry }).collect();
    assert_eq!(encoded(&precise), encoded(&view.entries), "to the second");
    let folder = Folder::new("crl-read");
    let pem = folder.write_pem("assorted", "crl", &der);
    let text = openssl(&["crl", "-in", &pem, "-noout", "-text"]);
    for entry in &entries {
        let serial = format!("Serial Number: {}", entry.serial.to_string().to_uppercase());
        assert!(text.contains(&serial), "{serial} is not in\n{text}");
    }
    assert_eq!(text.matches("Revocation Date").count(), entries.len());
    pkilint("lint_crl", &["lint", "-t", "CRL", "-p", "PKIX", "-s", "WARNING", &pem]);

    let root = parse(&root_crl(&pki)).unwrap();
    assert_eq!((root.url, root.entries.len()), (None, 0));
    // One bit of the signed part.
    let mut other = der;
    other[60] ^= 1;
    assert!(parse(&other).is_err() || parse(&other).unwrap().verify(&pki.issuer()) == Err(Error::Signature));
}

#[test]
fn an_entry_leaves_only_by_a_record_that_lifts_it() {
    let pki = Pki::new(URL, false);
    let issuer = pki.issuer();
    let entries = assorted(&pki);
    let previous = shard_crl(&pki, 7, &entries);
    let url = pki.installation.urls.crl_shard(pki.shard);
    let whole = encoded(&entries);
    let parameters = Parameters {
        number: 8,
        this_update: later(3700),
        next_update: later(3600 * 25),
        scope: Scope::Shard { url: &url },
        expired_kept_since: None,
        entries: &whole,
    };
    let none = |_| false;
    assert_eq!(compare(&previous, &issuer, &parameters, none), Ok(()));
    let (gone, fewer) = (whole[3].serial(), [&whole[..3], &whole[4..]].concat());
    let next = Parameters { entries: &fewer, ..parameters };
    let disappeared = |count| Err(Error::Disappeared { serial: gone, count });
    assert_eq!(compare(&previous, &issuer, &next, none), disappeared(1));
    assert_eq!(compare(&previous, &issuer, &next, |serial| serial == gone), Ok(()));
    let next = Parameters { entries: &whole[..3], ..parameters };
    assert_eq!(compare(&previous, &issuer, &next, none), disappeared(whole.len() - 3));

    // What does not follow the last one.
    let other = pki.installation.urls.crl_shard(pki.shard + 1);
    for (name, next) in [
        ("number", Parameters { number: 7, ..parameters }),
        ("thisUpdate", Parameters { this_update: later(3599), ..parameters }),
        ("shard", Parameters { scope: Scope::Shard { url: &other }, ..parameters }),
        ("everything", Parameters { scope: Scope::Everything, ..parameters }),
    ] {
        assert!(matches!(compare(&previous, &issuer, &next, none), Err(Error::Value { .. })), "{name}");
    }
    let foreign = Parameters { scope: Scope::Everything, ..parameters };
    assert_eq!(compare(&root_crl(&pki), &issuer, &foreign, none), Err(Error::Signature));
}

#[test]
fn a_hundred_thousand_entries_are_read_again() {
    let pki = Pki::new(URL, false);
    let mut numbers = Numbers(5);
    let number = NonZeroU8::new(1).unwrap();
    let entries: Vec<Entry> = (0..100_000)
        .map(|_| Entry {
            serial: Serial::generate(number, &mut numbers),
            ..revoked(&pki, RevocationReason::Superseded)
        })
        .collect();
    let der = shard_crl(&pki, 1, &entries);
    assert!(der.len() < ca::crl::MAX_CRL / 2);
    assert_eq!(parse(&der).unwrap().entries.len(), entries.len());
    let folder = Folder::new("crl-large");
    let pem = folder.write_pem("large", "crl", &der);
    let issuing = folder.write_pem("issuing", "x509", &pki.issuing.der);
    assert!(openssl(&["crl", "-in", &pem, "-noout", "-CAfile", &issuing]).contains("verify OK"));
}
