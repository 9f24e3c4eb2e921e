//! A doctor's own renewal: the same again under a new key, near the end, on an approval that is
//! not too old.

use signer::protocol::{
    CertificateRecord, CertificateRenewal, EvidenceOutcome, EvidenceReference, Operation, Outcome, Refusal, Request,
    Response, SuspensionSource,
};
use signer::step::{Step, Steps};
use time::Duration;
use time::format_description::well_known::Rfc3339;

use crate::contents::{document, revoke, sign};
use crate::crashes::{certificates, killed_at, recover};
use crate::issuance::row;
use crate::place::on_both_engines;
use crate::world::{Doctor, World};

on_both_engines!(
    a_doctor_renews_near_the_end_and_only_the_same,
    what_may_not_be_renewed,
    an_approval_carries_three_years,
    killed_while_renewing_it_renews_once,
    what_was_revoked_meanwhile_is_not_renewed
);

pub(crate) fn renewal(world: &World, serial: &str) -> CertificateRenewal {
    let now = world.now().replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap();
    CertificateRenewal {
        serial: serial.to_owned(),
        licence_checked_at: now.clone(),
        licence_valid_until: None,
        evidence: EvidenceReference {
            kind: "licence_check".to_owned(),
            outcome: Some(EvidenceOutcome::Confirmed),
            sha256: "9f2c41d0".repeat(8),
            recorded_by: None,
            recorded_at: now,
        },
    }
}

fn renew(renewal: &CertificateRenewal) -> Operation {
    Operation::RenewCertificate { renewal: renewal.clone() }
}

async fn renewed(world: &World, doctor: &mut Doctor) -> CertificateRecord {
    let operation = renew(&renewal(world, &doctor.certificate.serial));
    match world.activate(&mut doctor.person, operation).await {
        Outcome::CertificateIssued { certificate, .. } => certificate,
        other => panic!("{other:?}"),
    }
}

async fn ending(world: &World) -> Vec<String> {
    match world.ask(Request::Expiring { within_days: 60, after: None }).await.unwrap() {
        Response::Expiring { expiring } => expiring.certificates.into_iter().map(|one| one.serial).collect(),
        other => panic!("{other:?}"),
    }
}

async fn a_doctor_renews_near_the_end_and_only_the_same(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let old = doctor.certificate.clone();
    assert!(ending(&world).await.is_empty());
    world.later(Duration::days(320));
    assert_eq!(ending(&world).await, std::slice::from_ref(&old.serial));
    let last_day = pdf::date::iso((world.now() + Duration::days(100)).date());
    let asked = CertificateRenewal { licence_valid_until: Some(last_day.clone()), ..renewal(&world, &old.serial) };
    let waiting = world.propose(&doctor.person, renew(&asked)).await.unwrap();
    let shown = world.browser.open(&waiting.url).await;
    assert!(shown.html.contains(&old.name_th) && shown.html.contains("ต่ออายุ"), "{}", shown.html);
    assert!(world.touch(&mut doctor.person, &waiting).await.redirect().is_some());
    let Outcome::CertificateIssued { certificate: new, approved_by } = world.outcome(&waiting).await else {
        panic!("renewed")
    };
    assert_eq!(approved_by, staff.ra.id, "the approval it rests on");
    let same = |one: &CertificateRecord| {
        (one.person_id.clone(), one.title_th.clone(), one.name_th.clone(), one.name_en.clone())
    };
    assert_eq!(same(&new), same(&old));
    let (before, after) = (row(&world, &old.serial).await, row(&world, &new.serial).await);
    assert_eq!(before.subject_sha256, after.subject_sha256);
    assert_ne!(before.spki_sha256, after.spki_sha256);
    let views = [&before, &after].map(|row| ca::parse(row.der.as_ref().unwrap()).unwrap());
    assert_eq!((&views[0].policies, &views[0].licence), (&views[1].policies, &views[1].licence));
    // Not beyond the licence: the last second of that day in Thailand.
    assert_eq!(new.not_after, format!("{last_day}T16:59:59Z"));
    assert!(ending(&world).await.is_empty(), "it has been renewed");

    // Both sign; none is renewed twice.
    for certificate in [old.clone(), new] {
        doctor.certificate = certificate;
        let content = document(&world, &doctor);
        let outcome = world.activate(&mut doctor.person, sign(&[content])).await;
        assert!(matches!(outcome, Outcome::DocumentsSigned { .. }), "{outcome:?}");
    }
    let again = world.propose(&doctor.person, renew(&renewal(&world, &old.serial))).await;
    assert_eq!(again.unwrap_err(), Refusal::AlreadyDone);
}

async fn what_may_not_be_renewed(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let other = world.doctor(&mut staff).await;
    let serial = doctor.certificate.serial.clone();
    world.later(Duration::days(300));
    let early = world.propose(&doctor.person, renew(&renewal(&world, &serial))).await;
    assert!(matches!(early, Err(Refusal::NotRenewable { .. })), "{early:?}");
    world.later(Duration::days(20));
    // Nobody else's passkey, be it an officer's.
    for person in [&other.person, &staff.ra] {
        let refused = world.propose(person, renew(&renewal(&world, &serial))).await;
        assert_eq!(refused.unwrap_err(), Refusal::NotYourPasskey);
    }
    let good = renewal(&world, &serial);
    let old = (world.now() - Duration::hours(25)).replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap();
    let bent: [(&str, CertificateRenewal); 5] = [
        ("old", CertificateRenewal { licence_checked_at: old.clone(), ..good.clone() }),
        ("ahead", CertificateRenewal { licence_checked_at: "2099-01-01T00:00:00Z".to_owned(), ..good.clone() }),
        ("ended", CertificateRenewal { licence_valid_until: Some("2020-01-31".to_owned()), ..good.clone() }),
        (
            "another kind",
            CertificateRenewal {
                evidence: EvidenceReference { kind: "document_seen".to_owned(), ..good.evidence.clone() },
                ..good.clone()
            },
        ),
        (
            "no digest",
            CertificateRenewal {
                evidence: EvidenceReference { sha256: "9f".to_owned(), ..good.evidence.clone() },
                ..good.clone()
            },
        ),
    ];
    for (what, bent) in bent {
        let refused = world.propose(&doctor.person, renew(&bent)).await;
        assert!(matches!(refused, Err(Refusal::ContentInvalid { .. })), "{what}: {refused:?}");
    }
    let absent = world.propose(&doctor.person, renew(&renewal(&world, &"01".repeat(17)))).await;
    assert_eq!(absent.unwrap_err(), Refusal::NoCertificate);

    let hold = Request::Suspend {
        serial: serial.clone(),
        source: SuspensionSource::LicenceFeed,
        evidence_sha256: "ab".repeat(32),
    };
    world.ask(hold).await.unwrap();
    assert_eq!(world.propose(&doctor.person, renew(&good)).await.unwrap_err(), Refusal::CertificateRevoked);
    let restore = crate::revocations::restore(&world, &serial).await;
    world.activate(&mut staff.ra, restore).await;
    // A database's owner who puts somebody else's certificate into the row gets nothing signed.
    world.unlock("certificate").await;
    let theirs = &other.certificate;
    world
        .sql(&format!(
            "update certificate set der = (select der from certificate where serial = '{}'), sha256 = 'x' where serial = '{serial}'",
            theirs.serial
        ))
        .await;
    assert_eq!(world.propose(&doctor.person, renew(&good)).await.unwrap_err(), Refusal::NotYourPasskey);
    let late = renewal(&world, &theirs.serial);
    world.later(Duration::days(60));
    assert_eq!(world.propose(&other.person, renew(&late)).await.unwrap_err(), Refusal::CertificateExpired);
}

async fn an_approval_carries_three_years(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let first = row(&world, &doctor.certificate.serial).await;
    for _ in 0..3 {
        world.later(Duration::days(345));
        let next = renewed(&world, &mut doctor).await;
        let details = row(&world, &next.serial).await.details;
        assert!(details.contains(first.request_id.as_ref().unwrap()), "the request that was approved: {details}");
        doctor.certificate = next;
    }
    world.later(Duration::days(345));
    let refused = world.propose(&doctor.person, renew(&renewal(&world, &doctor.certificate.serial))).await;
    assert!(matches!(refused, Err(Refusal::NotRenewable { .. })), "{refused:?}");
}

async fn killed_while_renewing_it_renews_once(mut world: World) {
    let mut staff = world.staff().await;
    for (number, step) in Step::ALL.into_iter().enumerate() {
        let mut doctor = world.doctor(&mut staff).await;
        world.later(Duration::days(320));
        world.start(killed_at(step, 1)).await;
        let asked = renew(&renewal(&world, &doctor.certificate.serial));
        let waiting = world.propose(&doctor.person, asked).await.unwrap();
        world.touch(&mut doctor.person, &waiting).await;
        assert_eq!(world.outcome(&waiting).await, Outcome::Working, "{step:?}");
        world.start(Steps::default()).await;
        assert_eq!(recover(&world).await, 1, "{step:?}");
        let Outcome::CertificateIssued { certificate, .. } = world.outcome(&waiting).await else { panic!("{step:?}") };
        assert_eq!(certificates(&world, &doctor.person.id).await, [certificate, doctor.certificate]);
        assert_eq!(recover(&world).await, 0);
        let of_doctors = world.journal.begin().await.unwrap().certificates_of_kind("doctor").await.unwrap();
        assert_eq!(of_doctors.len(), 2 * (number + 1), "{step:?}");
    }
}

async fn what_was_revoked_meanwhile_is_not_renewed(mut world: World) {
    let mut staff = world.staff().await;
    for step in [Step::Recorded, Step::Sealed] {
        let mut doctor = world.doctor(&mut staff).await;
        world.later(Duration::days(320));
        world.start(killed_at(step, 1)).await;
        let asked = renew(&renewal(&world, &doctor.certificate.serial));
        let waiting = world.propose(&doctor.person, asked).await.unwrap();
        world.touch(&mut doctor.person, &waiting).await;
        world.start(Steps::default()).await;
        world.activate(&mut staff.ra, revoke(&doctor.certificate.serial, "privilege_withdrawn")).await;
        recover(&world).await;
        assert_eq!(world.outcome(&waiting).await, Outcome::Refused { refusal: Refusal::CertificateRevoked });
        assert_eq!(certificates(&world, &doctor.person.id).await.len(), 1, "{step:?}");
    }
}
