//! What is certified, and what is not: professions, licences, rules, clocks.

use std::collections::BTreeMap;

use signer::protocol::{CertificateRequest, Outcome, Refusal};
use signer::step::{Step, Steps};
use store::ids::micros;
use store::journal::Certificate;
use time::Duration;

use crate::ceremonies::root_acts;
use crate::contents::{document, issue, request, sign, vouch};
use crate::crashes::{killed_at, recover};
use crate::people::Person;
use crate::place::{on_both_engines, token};
use crate::world::{Doctor, Staff, World};

on_both_engines!(
    a_certificates_record_says_what_it_was_made_of,
    every_profession_signs_its_own_forms_only,
    a_licence_is_one_persons,
    what_breaks_a_rule_is_refused_recorded_and_not_signed,
    nothing_is_recorded_or_signed_behind_the_clock,
    what_an_older_generation_recorded_it_signs
);

/// What is put wrong in a request.
type Bend = fn(&mut CertificateRequest);

pub(crate) async fn row(world: &World, serial: &str) -> Certificate {
    world.journal.begin().await.unwrap().certificate(serial).await.unwrap().unwrap()
}

async fn enrolled(world: &World) -> Person {
    let mut person = world.person();
    world.enrol(&mut person).await;
    person
}

async fn issued(world: &World, staff: &mut Staff, request: &CertificateRequest) -> Outcome {
    world.activate(&mut staff.ra, issue(request)).await
}

async fn a_certificates_record_says_what_it_was_made_of(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let row = row(&world, &doctor.certificate.serial).await;
    assert_eq!((row.issuer.as_str(), row.shard), ("issuing-1", Some(0)));
    assert_eq!(row.unit_code.as_deref(), Some(crate::contents::HOSPITAL));
    assert_eq!(row.profile_version, ca::profile::Kind::Doctor.document().identifier());
    let view = ca::parse(&row.der.unwrap()).unwrap();
    assert_eq!(row.subject_sha256, Some(hex::encode(view.subject_sha256)));
    assert_eq!(view.crl_url.as_deref(), Some("http://127.0.0.1:8700/crl/0.crl"));
}

async fn every_profession_signs_its_own_forms_only(mut world: World) {
    let mut staff = world.staff().await;
    let person = enrolled(&world).await;
    let unknown = CertificateRequest {
        profession: "soothsayer".to_owned(),
        ..request(&world, &person, &mut staff.evidence).await
    };
    let refused = world.propose(&staff.ra, issue(&unknown)).await;
    assert!(matches!(&refused, Err(Refusal::ContentInvalid { detail }) if detail == "profession"), "{refused:?}");

    let asked =
        CertificateRequest { profession: "dentist".to_owned(), ..request(&world, &person, &mut staff.evidence).await };
    vouch(&world, &asked, &mut staff.evidence).await;
    let waiting = world.propose(&staff.ra, issue(&asked)).await.unwrap();
    assert!(world.browser.open(&waiting.url).await.html.contains("ผู้ประกอบวิชาชีพทันตกรรม"));
    let Outcome::CertificateIssued { certificate, .. } = issued(&world, &mut staff, &asked).await else {
        panic!("issued")
    };
    let view = ca::parse(&hex::decode(&certificate.der).unwrap()).unwrap();
    assert_eq!(view.serial_number_attribute, Some(format!("DD:TH-{}", asked.licence)));
    // A medical certificate is the physicians' to sign.
    let dentist = Doctor { person, certificate };
    let refused = world.propose(&dentist.person, sign(&[document(&world, &dentist)])).await;
    assert_eq!(refused.unwrap_err(), Refusal::NotForThisProfession);
}

async fn a_licence_is_one_persons(mut world: World) {
    let mut staff = world.staff().await;
    let (first, other) = (enrolled(&world).await, enrolled(&world).await);
    let mine = request(&world, &first, &mut staff.evidence).await;
    let theirs =
        CertificateRequest { licence: mine.licence.clone(), ..request(&world, &other, &mut staff.evidence).await };
    vouch(&world, &theirs, &mut staff.evidence).await;
    // Both pages are open before either is decided.
    let too_late = world.propose(&staff.ra, issue(&theirs)).await.unwrap();
    assert!(matches!(issued(&world, &mut staff, &mine).await, Outcome::CertificateIssued { .. }));
    let answer = world.touch(&mut staff.ra, &too_late).await;
    assert!(answer.redirect().is_none(), "{answer:?}");
    assert_eq!(world.propose(&staff.ra, issue(&theirs)).await.unwrap_err(), Refusal::LicenceTaken);

    // The same natural person at another account; and a licence of another council.
    let again = CertificateRequest { identity_digest: mine.identity_digest.clone(), ..theirs.clone() };
    vouch(&world, &again, &mut staff.evidence).await;
    assert!(matches!(issued(&world, &mut staff, &again).await, Outcome::CertificateIssued { .. }));
    let third = enrolled(&world).await;
    let dentist = CertificateRequest {
        licence: mine.licence.clone(),
        profession: "dentist".to_owned(),
        ..request(&world, &third, &mut staff.evidence).await
    };
    vouch(&world, &dentist, &mut staff.evidence).await;
    assert!(matches!(issued(&world, &mut staff, &dentist).await, Outcome::CertificateIssued { .. }));
}

async fn what_breaks_a_rule_is_refused_recorded_and_not_signed(mut world: World) {
    let mut staff = world.staff().await;
    let person = enrolled(&world).await;
    let good = request(&world, &person, &mut staff.evidence).await;
    let before = world.tally().await;
    let bent: [(&str, Bend); 6] = [
        ("a control character", |asked| asked.given_name_th = "กาน\u{7}ดา".to_owned()),
        ("a direction mark", |asked| asked.surname_th = "ใจดี\u{202e}".to_owned()),
        ("two directions", |asked| asked.surname_th = "ใจดี שלום".to_owned()),
        ("too long", |asked| asked.surname_th = "ก".repeat(65)),
        ("a national ID", |asked| asked.title_th = "1101700230708".to_owned()),
        ("a licence that has ended", |asked| asked.licence_valid_until = Some("2020-01-31".to_owned())),
    ];
    for (number, (what, bend)) in bent.into_iter().enumerate() {
        let mut asked = CertificateRequest { request_id: world.uuid(), ..good.clone() };
        bend(&mut asked);
        vouch(&world, &asked, &mut staff.evidence).await;
        let outcome = issued(&world, &mut staff, &asked).await;
        assert!(matches!(outcome, Outcome::Refused { refusal: Refusal::LintFailed { .. } }), "{what}: {outcome:?}");
        let tally = world.tally().await;
        assert_eq!(tally["certificate.refused"], number + 1, "{what}");
        for kind in ["certificate.recorded", "binding.stated"] {
            assert_eq!(tally[kind], before[kind], "{what}: {kind}");
        }
        assert_eq!(recover(&world).await, 0);
    }
    assert!(matches!(issued(&world, &mut staff, &good).await, Outcome::CertificateIssued { .. }));
}

async fn nothing_is_recorded_or_signed_behind_the_clock(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let person = enrolled(&world).await;
    let asked = request(&world, &person, &mut staff.evidence).await;
    let issuing = world.propose(&staff.ra, issue(&asked)).await.unwrap();
    let signing = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    let made = |tally: &BTreeMap<String, usize>| {
        ["operation.activated", "certificate.recorded", "certificate.issued", "document.recorded", "document.signed"]
            .map(|kind| tally.get(kind).copied().unwrap_or(0))
    };
    let before = made(&world.tally().await);
    world.later(Duration::hours(-1));
    for (page, person) in [(&issuing, &mut staff.ra), (&signing, &mut doctor.person)] {
        let answer = world.touch(person, page).await;
        assert!(!answer.status.is_success(), "{answer:?}");
        assert_eq!(world.outcome(page).await, Outcome::Waiting);
    }
    assert_eq!(made(&world.tally().await), before);
    world.later(Duration::hours(1));
    for (page, person) in [(&issuing, &mut staff.ra), (&signing, &mut doctor.person)] {
        assert!(world.touch(person, page).await.redirect().is_some());
    }
    assert!(matches!(world.outcome(&issuing).await, Outcome::CertificateIssued { .. }));

    // Set back between the touch and the record: it waits, and goes on.
    let person = enrolled(&world).await;
    let asked = request(&world, &person, &mut staff.evidence).await;
    world.start(killed_at(Step::Recorded, 1)).await;
    let waiting = world.propose(&staff.ra, issue(&asked)).await.unwrap();
    world.touch(&mut staff.ra, &waiting).await;
    world.later(Duration::hours(-1));
    world.start(Steps::default()).await;
    recover(&world).await;
    assert_eq!(world.outcome(&waiting).await, Outcome::Working);
    assert!(crate::crashes::certificates(&world, &person.id).await.is_empty());
    world.later(Duration::hours(1));
    assert_eq!(recover(&world).await, 1);
    assert!(matches!(world.outcome(&waiting).await, Outcome::CertificateIssued { .. }));

    // A second behind another signer: nothing claims to be older than what is on record.
    let newest = world.journal.begin().await.unwrap().newest_entry_at().await.unwrap().unwrap();
    let ahead = store::ids::instant(newest) - world.now();
    world.later(Duration::seconds(ahead.whole_seconds() - 1));
    let person = enrolled(&world).await;
    let asked = request(&world, &person, &mut staff.evidence).await;
    let Outcome::CertificateIssued { certificate, .. } = issued(&world, &mut staff, &asked).await else {
        panic!("issued")
    };
    let recorded = row(&world, &certificate.serial).await.recorded_at;
    assert!(recorded >= newest, "{recorded} {newest} {}", micros(world.now()));
}

async fn what_an_older_generation_recorded_it_signs(mut world: World) {
    let mut staff = world.staff().await;
    let person = enrolled(&world).await;
    world.start(killed_at(Step::Sealed, 1)).await;
    let asked = request(&world, &person, &mut staff.evidence).await;
    let waiting = world.propose(&staff.ra, issue(&asked)).await.unwrap();
    world.touch(&mut staff.ra, &waiting).await;
    let acts = root_acts(&world).await;
    let online = tokio::task::spawn_blocking(|| token("online")).await.unwrap();
    let next = signer::ceremony::RollOver { generation: 2, name: "Rabrong Issuing CA 2".to_owned(), years: 12 };
    acts.roll_over(&next, &online, None).await.unwrap();

    world.start(Steps::default()).await;
    assert_eq!(recover(&world).await, 1);
    let Outcome::CertificateIssued { certificate, .. } = world.outcome(&waiting).await else { panic!("issued") };
    assert_eq!(row(&world, &certificate.serial).await.issuer, "issuing-1");
    assert!(certificate.serial.starts_with("01"));
    let new = world.doctor(&mut staff).await;
    assert_eq!(row(&world, &new.certificate.serial).await.issuer, "issuing-2");
}
