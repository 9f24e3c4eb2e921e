//! Certificates for programs: from their own requests, for a unit, on an officer's word.

use signer::protocol::{ApiClientRequest, CertificateRecord, Operation, Outcome, Refusal, Request};
use signer::step::{Step, Steps};

use crate::contents::{FAR_HOSPITAL, HOSPITAL, revoke};
use crate::crashes::{killed_at, recover};
use crate::issuance::row;
use crate::judges::Court;
use crate::place::on_both_engines;
use crate::world::{Staff, World};

on_both_engines!(
    a_program_gets_a_certificate_for_its_own_key,
    what_a_program_may_not_ask,
    killed_while_issuing_to_a_program_it_issues_once
);

const P256: &str = "ec -pkeyopt ec_paramgen_curve:P-256";

/// A PKCS#10 request by OpenSSL, PEM.
fn request_of(court: &Court, key: &str) -> String {
    court.openssl(&format!("req -new -newkey {key} -nodes -keyout client.key -out client.csr -subj /CN=anything"));
    String::from_utf8(court.read("client.csr")).unwrap()
}

fn asked(world: &World, name: &str, csr: &str) -> ApiClientRequest {
    ApiClientRequest {
        request_id: world.uuid(),
        unit_code: HOSPITAL.to_owned(),
        name: name.to_owned(),
        csr: csr.to_owned(),
    }
}

fn program(request: &ApiClientRequest) -> Operation {
    Operation::IssueApiClient { request: request.clone() }
}

async fn issued(world: &World, staff: &mut Staff, request: &ApiClientRequest) -> CertificateRecord {
    match world.activate(&mut staff.ra, program(request)).await {
        Outcome::CertificateIssued { certificate, .. } => certificate,
        other => panic!("{other:?}"),
    }
}

async fn a_program_gets_a_certificate_for_its_own_key(mut world: World) {
    let mut staff = world.staff().await;
    let court = Court::at(&world.place.folder);
    let request = asked(&world, "ระบบเวชระเบียน HIS", &request_of(&court, P256));
    let waiting = world.propose(&staff.ra, program(&request)).await.unwrap();
    let shown = world.browser.open(&waiting.url).await;
    let certificate = issued(&world, &mut staff, &request).await;
    let row = row(&world, &certificate.serial).await;
    assert!(shown.html.contains(&request.name) && shown.html.contains(&row.spki_sha256), "{}", shown.html);
    assert_eq!((row.kind.as_str(), row.unit_code.as_deref()), ("api_client", Some(HOSPITAL)));
    assert_eq!(row.profile_version, ca::profile::Kind::ApiClient.document().identifier());

    for name in ["root", "issuing"] {
        court.write(&format!("{name}.der"), &world.der(Request::CaCertificate { name: name.to_owned() }).await);
        court.openssl(&format!("x509 -inform DER -in {name}.der -out {name}.pem"));
    }
    court.write("client.der", &hex::decode(&certificate.der).unwrap());
    court.openssl("x509 -inform DER -in client.der -out client.pem");
    court.openssl("verify -x509_strict -CAfile root.pem -untrusted issuing.pem -purpose sslclient client.pem");
    let key = court.openssl("pkey -in client.key -pubout");
    assert_eq!(court.openssl("x509 -in client.pem -noout -pubkey"), key);
    let subject = court.openssl("x509 -in client.pem -noout -subject -nameopt utf8,sep_multiline");
    assert!(subject.contains("CN=ระบบเวชระเบียน HIS") && !subject.contains("anything"), "{subject}");

    // A repeat is the same; the same key again is not.
    assert_eq!(world.propose(&staff.ra, program(&request)).await.unwrap_err(), Refusal::AlreadyDone);
    let again = ApiClientRequest {
        request_id: world.uuid(), name: "อีกโปรแกรม".to_owned(), ..request.clone()
    };
    assert!(matches!(world.propose(&staff.ra, program(&again)).await, Err(Refusal::KeyRefused { .. })));

    // It ends as any other, and its key with it.
    let page = world.propose(&staff.ra, revoke(&certificate.serial, "key_compromise")).await.unwrap();
    assert!(world.browser.open(&page.url).await.html.contains(&request.name));
    let outcome = world.activate(&mut staff.ra, revoke(&certificate.serial, "key_compromise")).await;
    assert!(matches!(outcome, Outcome::CertificateRevoked { .. }), "{outcome:?}");
    let refused = world.propose(&staff.ra, program(&again)).await;
    assert!(matches!(&refused, Err(Refusal::KeyRefused { detail }) if detail == "blocked"), "{refused:?}");
}

async fn what_a_program_may_not_ask(mut world: World) {
    let staff = world.staff().await;
    let court = Court::at(&world.place.folder);
    let before = world.tally().await;
    let good = request_of(&court, P256);
    let fine = asked(&world, "HIS", &good);
    for person in [&staff.evidence, &world.person()] {
        assert_eq!(world.propose(person, program(&fine)).await.unwrap_err(), Refusal::NoAuthority);
    }
    let far = ApiClientRequest { unit_code: FAR_HOSPITAL.to_owned(), ..fine.clone() };
    assert_eq!(world.propose(&staff.ra, program(&far)).await.unwrap_err(), Refusal::NoAuthority);

    let der = court.openssl("req -in client.csr -outform DER -out client.csr.der");
    assert!(der.is_empty() || !der.contains("error"), "{der}");
    let der = court.read("client.csr.der");
    assert!(world.propose(&staff.ra, program(&asked(&world, "HIS", &hex::encode(&der)))).await.is_ok(), "DER is fine");
    let mut other_signature = der.clone();
    *other_signature.last_mut().unwrap() ^= 1;
    let keys = [
        ("RSA", request_of(&court, "rsa:1024")),
        ("another curve", request_of(&court, "ec -pkeyopt ec_paramgen_curve:secp256k1")),
        ("not held", hex::encode(&other_signature)),
    ];
    for (what, csr) in keys {
        let refused = world.propose(&staff.ra, program(&asked(&world, "HIS", &csr))).await;
        assert!(matches!(refused, Err(Refusal::KeyRefused { .. })), "{what}: {refused:?}");
    }
    let broken = [
        ("empty", String::new()),
        ("text", "please".to_owned()),
        ("cut", hex::encode(&der[..der.len() - 3])),
        ("more", format!("{}00", hex::encode(&der))),
        ("half a PEM", good[..good.len() / 2].to_owned()),
        ("huge", "00".repeat(20_000)),
    ];
    for (what, csr) in broken {
        let refused = world.propose(&staff.ra, program(&asked(&world, "HIS", &csr))).await;
        assert!(matches!(refused, Err(Refusal::ContentInvalid { .. })), "{what}: {refused:?}");
    }
    for name in ["", " HIS", "HI\u{0}S", "HIS\u{202e}", "HIS שלום", &"ก".repeat(65), "1101700230708"] {
        let refused = world.propose(&staff.ra, program(&asked(&world, name, &good))).await;
        assert!(matches!(refused, Err(Refusal::LintFailed { .. })), "{name:?}: {refused:?}");
    }
    assert_eq!(world.tally().await, before);
}

async fn killed_while_issuing_to_a_program_it_issues_once(mut world: World) {
    let mut staff = world.staff().await;
    let court = Court::at(&world.place.folder);
    let before = world.tally().await["certificate.issued"];
    for (number, step) in Step::ALL.into_iter().enumerate() {
        world.start(killed_at(step, 1)).await;
        let request = asked(&world, "HIS", &request_of(&court, P256));
        let waiting = world.propose(&staff.ra, program(&request)).await.unwrap();
        world.touch(&mut staff.ra, &waiting).await;
        assert_eq!(world.outcome(&waiting).await, Outcome::Working, "{step:?}");
        let recorded = world.journal.begin().await.unwrap().certificate_of_request(&request.request_id).await.unwrap();
        assert_eq!(recorded.is_some(), step != Step::Recorded);
        world.start(Steps::default()).await;
        assert_eq!(recover(&world).await, 1, "{step:?}");
        let Outcome::CertificateIssued { certificate, .. } = world.outcome(&waiting).await else { panic!("{step:?}") };
        assert!(recorded.is_none_or(|row| row.serial == certificate.serial), "{step:?}");
        assert_eq!(recover(&world).await, 0);
        let tally = world.tally().await;
        assert_eq!(
            (tally["certificate.recorded"], tally["certificate.issued"]),
            (before + number + 1, before + number + 1)
        );
    }
    // Who owns the database may write a row; the CA signs only what was recorded for the request.
    world.start(killed_at(Step::Sealed, 1)).await;
    let request = asked(&world, "HIS", &request_of(&court, P256));
    let waiting = world.propose(&staff.ra, program(&request)).await.unwrap();
    world.touch(&mut staff.ra, &waiting).await;
    world.unlock("certificate").await;
    let changed = "update certificate set tbs = (select tbs from certificate where state = 'issued' and kind = \
                   'api_client' order by serial limit 1) where state = 'recorded'";
    assert_eq!(world.sql(changed).await, 1);
    world.start(Steps::default()).await;
    recover(&world).await;
    assert_eq!(world.outcome(&waiting).await, Outcome::Refused { refusal: Refusal::Conflict });
}
