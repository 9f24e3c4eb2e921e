//! Certificates, lists and answers that somebody made so that checking them takes long.

use std::time::Duration;

use pades::path::{self, Question, Strictness, validate};
use pades::verify::{Indication, Reason, SubIndication, Trust, verify};
use time::OffsetDateTime;

use crate::common::pki::{Pki, openssl};
use crate::common::{Folder, from_pem};
use crate::verify::{PASSED, fixture_with_room};

/// Authorities that have all certified each other: some fourteen thousand ways, none of which leads to an anchor.
const AUTHORITIES: usize = 8;

#[test]
fn a_maze_of_certificates_is_left_after_so_many_steps() {
    let folder = Folder::new("maze");
    let pki = Pki::new(&folder);
    let read = |name: &str| from_pem(&std::fs::read_to_string(folder.path(name)).unwrap());
    for name in (0..AUTHORITIES).map(|i| format!("c{i}")) {
        openssl(&folder, &format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
        let request = format!("-new -key {name}.key -subj /C=TH/CN={name} -config x509.cnf");
        openssl(&folder, &format!("req -x509 {request} -days 365 -extensions root -out {name}.pem"));
        openssl(&folder, &format!("req {request} -out {name}.csr"));
    }
    let certify = |request: &str, above: &str, section: &str, out: &str| {
        let ca = format!("-CA {above}.pem -CAkey {above}.key -CAcreateserial -days 365");
        openssl(
            &folder,
            &format!("x509 -req -in {request}.csr {ca} -extfile x509.cnf -extensions {section} -out {out}.pem"),
        );
        read(&format!("{out}.pem"))
    };
    let pairs = (0..AUTHORITIES).flat_map(|above| (0..AUTHORITIES).map(move |below| (above, below)));
    let maze: Vec<Vec<u8>> = pairs
        .filter(|(above, below)| above != below)
        .map(|(above, below)| certify(&format!("c{below}"), &format!("c{above}"), "ca", "crossed"))
        .collect();
    let leaf = certify("signer", "c0", "signer", "leaf");
    let now = OffsetDateTime::now_utc();

    let anchors = [pki.root];
    let question = Question { anchors: &anchors, untrusted: &maze, ..Question::new(now) };
    let verdict = validate(&leaf, &question);
    assert_eq!(verdict.indication, path::Indication::CannotBeChecked);
    assert!(verdict.reasons.iter().any(|finding| finding.reason == path::Reason::Budget), "{verdict:?}");

    // An anchor is looked at first.
    let anchors = [read("c0.pem")];
    let question = Question { anchors: &anchors, ..question };
    assert_eq!(validate(&leaf, &question).indication, path::Indication::Valid);
}

/// Certificates on a list of more than half a megabyte.
const LISTED: usize = 24_000;

/// What the openssl command keeps of so many revoked certificates.
fn index(revoked: usize) -> String {
    let row = |i| format!("R\t361231000000Z\t261101000000Z\t10{i:06X}\tunknown\t/CN={i}\n");
    (1..=revoked).map(row).collect()
}

/// A list that was not read may be the one that revokes.
#[test]
fn more_lists_than_can_be_read_leave_it_open() {
    let folder = Folder::new("lists");
    let pki = Pki::new(&folder);
    let list = |ca: &str, revoked: usize| {
        let configuration = format!(
            "[ca]\ndefault_ca=c\n[c]\ndatabase={ca}.index\ndefault_md=sha256\ndefault_crl_days=30\npolicy=p\n[p]\n\
             commonName=supplied\n"
        );
        folder.write(&format!("{ca}.cnf"), configuration.as_bytes());
        folder.write(&format!("{ca}.index"), index(revoked).as_bytes());
        openssl(&folder, &format!("ca -config {ca}.cnf -keyfile {ca}.key -cert {ca}.pem -gencrl -out {ca}.crl"));
        openssl(&folder, &format!("crl -in {ca}.crl -outform DER -out {ca}.crl.der"));
        std::fs::read(folder.path(&format!("{ca}.crl.der"))).unwrap()
    };
    // The issuer's list, which is the last to be asked for, is the long one.
    let (of_root, of_issuing) = (list("root", LISTED), list("issuing", 0));
    let (anchors, untrusted) = ([pki.root], [pki.issuing]);
    let strictness = Strictness::Path;
    let judged = |crls: &[Vec<u8>]| {
        let now = OffsetDateTime::now_utc() + Duration::from_secs(5);
        validate(
            &pki.signer,
            &Question { anchors: &anchors, untrusted: &untrusted, crls, strictness, ..Question::new(now) },
        )
    };
    assert_eq!(judged(&[of_root.clone(), of_issuing.clone()]).indication, path::Indication::Valid);
    let many: Vec<Vec<u8>> = std::iter::once(of_issuing).chain(vec![of_root; 255]).collect();
    let verdict = judged(&many);
    assert_eq!(verdict.indication, path::Indication::CannotBeChecked, "{verdict:?}");
    assert_eq!(verdict.reasons.iter().map(|finding| finding.reason).collect::<Vec<_>>(), [path::Reason::Budget]);
}

#[test]
fn nor_does_a_document_pass_beside_lists_and_answers_that_were_not_read() {
    let fixture = fixture_with_room("unread", 0);
    fixture.folder.write("root.index", index(LISTED).as_bytes());
    let trust = fixture.trust();
    assert_eq!(fixture.judge(&fixture.signed, &trust), PASSED);

    let open = (Indication::Indeterminate, Some(SubIndication::FormatFailure));
    let damaged = (0..=253u8).map(|i| {
        let mut list = trust.crls[0].clone();
        *list.last_mut().unwrap() ^= i;
        list
    });
    let crls: Vec<Vec<u8>> = trust.crls.iter().rev().cloned().chain(damaged).collect();
    assert_eq!(fixture.judge(&fixture.signed, &Trust { crls, ..trust.clone() }), open);

    let ocsps = vec![vec![0; 550_000]; 256];
    // The answers come first, so the lists go unread.
    let unread = (Indication::Indeterminate, Some(SubIndication::TryLater));
    assert_eq!(fixture.judge(&fixture.signed, &Trust { ocsps, ..trust }), unread);
}

/// Who had to stop reading has found nothing that was added or that differs.
#[test]
fn an_update_that_takes_too_long_to_read_is_not_called_an_alteration() {
    let fixture = fixture_with_room("long", 0);
    let text = String::from_utf8_lossy(&fixture.signed).into_owned();
    let value =
        |key: &str| text.rsplit(key).next().and_then(|rest| rest.split(['/', '\n', '>']).next()).unwrap().to_owned();
    let (previous, root) = (value("startxref\n"), value("/Root "));
    let mut file = fixture.signed.clone();
    let object = file.len();
    file.extend_from_slice(format!("9000 0 obj\n[{}]\nendobj\n", "1 ".repeat(1_200_000)).as_bytes());
    let table = file.len();
    let end = format!(
        "xref\n9000 1\n{object:010} 00000 n \ntrailer\n<</Size 9001/Root {root}/Prev {previous}>>\nstartxref\n{table}\n%%EOF\n"
    );
    file.extend_from_slice(end.as_bytes());
    let verdict = verify(&file, &fixture.trust(), fixture.at);
    let codes: Vec<&str> = verdict.reasons.iter().map(Reason::code).collect();
    assert_eq!((verdict.indication, codes), (Indication::Indeterminate, vec!["unreadable"]));
}
