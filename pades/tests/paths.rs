//! Path building through certificates that somebody made so that it takes long.

use std::time::Duration;

use pades::path::{Indication, Question, Reason, Strictness, validate};
use time::OffsetDateTime;

use crate::common::pki::{Pki, openssl};
use crate::common::{Folder, from_pem};

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
    assert_eq!(verdict.indication, Indication::CannotBeChecked);
    assert!(verdict.reasons.iter().any(|finding| finding.reason == Reason::Budget), "{verdict:?}");

    // An anchor is looked at first.
    let anchors = [read("c0.pem")];
    let question = Question { anchors: &anchors, ..question };
    assert_eq!(validate(&leaf, &question).indication, Indication::Valid);
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
        let rows = (1..=revoked).map(|i| format!("R\t361231000000Z\t261101000000Z\t10{i:06X}\tunknown\t/CN={i}\n"));
        folder.write(&format!("{ca}.index"), rows.collect::<String>().as_bytes());
        openssl(&folder, &format!("ca -config {ca}.cnf -keyfile {ca}.key -cert {ca}.pem -gencrl -out {ca}.crl"));
        openssl(&folder, &format!("crl -in {ca}.crl -outform DER -out {ca}.crl.der"));
        std::fs::read(folder.path(&format!("{ca}.crl.der"))).unwrap()
    };
    let (of_root, of_issuing) = (list("root", 0), list("issuing", 24_000));
    assert!(of_issuing.len() > 500_000, "{}", of_issuing.len());
    let (anchors, untrusted) = ([pki.root], [pki.issuing]);
    let strictness = Strictness::Path;
    let judged = |crls: &[Vec<u8>]| {
        let now = OffsetDateTime::now_utc() + Duration::from_secs(5);
        validate(
            &pki.signer,
            &Question { anchors: &anchors, untrusted: &untrusted, crls, strictness, ..Question::new(now) },
        )
    };
    assert_eq!(judged(&[of_root.clone(), of_issuing.clone()]).indication, Indication::Valid);
    let many: Vec<Vec<u8>> = std::iter::once(of_root).chain(vec![of_issuing; 255]).collect();
    let verdict = judged(&many);
    assert_eq!(verdict.indication, Indication::CannotBeChecked, "{verdict:?}");
    assert_eq!(verdict.reasons.iter().map(|finding| finding.reason).collect::<Vec<_>>(), [Reason::Budget]);
}
