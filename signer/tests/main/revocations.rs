//! Ends and suspensions: by whom, how far, in what order, and many at once.

use signer::protocol::{
    BatchRevocation, Operation, Outcome, Refusal, Request, Response, Restoration, Revocation, RevocationPreview,
    RevocationSelection, SuspensionSource,
};
use signer::step::Steps;
use store::journal::RevocationKind;
use time::Duration;

use crate::contents::{document, issue, request, revoke, sign};
use crate::crashes::recover;
use crate::people::Person;
use crate::place::on_both_engines;
use crate::world::{Doctor, World};

on_both_engines!(
    anybody_suspends_and_only_an_officer_restores,
    an_end_only_grows_stricter,
    many_end_as_the_dry_run_said,
    a_batch_goes_on_after_a_kill,
    a_lost_key_is_never_certified_again,
    a_date_that_no_list_can_say_is_refused
);

/// Ends the suspension there is now; none is as good as any other number.
pub(crate) async fn restore(world: &World, serial: &str) -> Operation {
    let mut tx = world.journal.begin().await.unwrap();
    let hold = tx.revocation(serial).await.unwrap().map_or(0, |event| event.sequence);
    Operation::RestoreCertificate { restoration: Restoration { serial: serial.to_owned(), hold } }
}

pub(crate) fn hold(serial: &str) -> Request {
    Request::Suspend { serial: serial.to_owned(), source: SuspensionSource::Hotline, evidence_sha256: "ab".repeat(32) }
}

fn batch(selection: &RevocationSelection, found: &RevocationPreview, reason: &str) -> Operation {
    Operation::RevokeCertificates {
        batch: BatchRevocation {
            selection: selection.clone(),
            reason: reason.to_owned(),
            invalid_since: None,
            count: found.count,
            serials_sha256: found.serials_sha256.clone(),
        },
    }
}

async fn look(world: &World, actor: &Person, selection: &RevocationSelection) -> Result<RevocationPreview, Refusal> {
    let asked = Request::PreviewRevocation { actor: actor.id.clone(), selection: selection.clone() };
    match world.ask(asked).await? {
        Response::RevocationPreview { preview } => Ok(preview),
        other => panic!("{other:?}"),
    }
}

async fn state(world: &World, serial: &str) -> Option<(RevocationKind, String)> {
    let mut tx = world.journal.begin().await.unwrap();
    tx.revocation(serial).await.unwrap().map(|event| (event.kind, event.reason))
}

async fn anybody_suspends_and_only_an_officer_restores(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let serial = doctor.certificate.serial.clone();
    assert_eq!(world.propose(&staff.ra, restore(&world, &serial).await).await.unwrap_err(), Refusal::AlreadyDone);
    let bent = Request::Suspend {
        serial: serial.clone(),
        source: SuspensionSource::LicenceFeed,
        evidence_sha256: "x".to_owned(),
    };
    assert!(matches!(world.ask(bent).await, Err(Refusal::Malformed { .. })));
    assert_eq!(world.ask(hold(&"01".repeat(17))).await.unwrap_err(), Refusal::NoCertificate);
    let waiting = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    world.ask(hold(&serial)).await.unwrap();
    assert_eq!(world.ask(hold(&serial)).await.unwrap_err(), Refusal::AlreadyDone);
    assert_eq!(state(&world, &serial).await.unwrap().0, RevocationKind::Hold);
    let touched = world.touch(&mut doctor.person, &waiting).await;
    assert!(touched.redirect().is_none(), "nothing is signed under a hold");
    let words = touched.body["problem_th"].as_str().unwrap_or_default();
    assert!(words.contains("ใบรับรองถูกระงับชั่วคราว"), "{words}");
    let said = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await;
    assert_eq!(said.unwrap_err(), Refusal::CertificateSuspended);

    // Nobody lifts their own, and nobody without authority.
    assert_eq!(world.propose(&doctor.person, restore(&world, &serial).await).await.unwrap_err(), Refusal::NoAuthority);
    assert_eq!(world.propose(&staff.evidence, restore(&world, &serial).await).await.unwrap_err(), Refusal::NoAuthority);
    let page = world.propose(&staff.ra, restore(&world, &serial).await).await.unwrap();
    let shown = world.browser.open(&page.url).await;
    assert!(shown.html.contains(&doctor.certificate.name_th) && shown.html.contains("ระงับไว้ชั่วคราว"));
    let outcome = world.activate(&mut staff.ra, restore(&world, &serial).await).await;
    let Outcome::CertificateRestored { certificate, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(certificate.revoked, None);
    let again = document(&world, &doctor);
    let outcome = world.activate(&mut doctor.person, sign(&[again])).await;
    assert!(matches!(outcome, Outcome::DocumentsSigned { .. }), "{outcome:?}");

    // What was touched for one suspension does not end another.
    world.ask(hold(&serial)).await.unwrap();
    let for_this_one = restore(&world, &serial).await;
    let late = world.propose(&staff.ra, for_this_one.clone()).await.unwrap();
    world.activate(&mut staff.province, for_this_one.clone()).await;
    world.ask(hold(&serial)).await.unwrap();
    assert!(world.touch(&mut staff.ra, &late).await.redirect().is_none());
    assert_eq!(world.propose(&staff.ra, for_this_one).await.unwrap_err(), Refusal::Conflict);
    assert_eq!(state(&world, &serial).await.unwrap().0, RevocationKind::Hold);
    let now = restore(&world, &serial).await;
    world.activate(&mut staff.ra, now).await;

    // The history stays; a final end is not lifted.
    world.ask(hold(&serial)).await.unwrap();
    let outcome = world.activate(&mut staff.ra, revoke(&serial, "privilege_withdrawn")).await;
    assert!(matches!(outcome, Outcome::CertificateRevoked { .. }), "{outcome:?}");
    assert_eq!(
        world.propose(&staff.ra, restore(&world, &serial).await).await.unwrap_err(),
        Refusal::CertificateRevoked
    );
    let mut tx = world.journal.begin().await.unwrap();
    let kinds: Vec<_> = tx.revocation_history(&serial).await.unwrap().into_iter().map(|event| event.kind).collect();
    let (hold, lift) = (RevocationKind::Hold, RevocationKind::Lift);
    assert_eq!(kinds, [hold, lift, hold, lift, hold, lift, hold, RevocationKind::Revoke]);
    let tally = world.tally().await;
    assert_eq!(
        (tally["certificate.suspended"], tally["certificate.restored"], tally["certificate.revoked"]),
        (4, 3, 1)
    );
}

async fn an_end_only_grows_stricter(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let serial = doctor.certificate.serial.clone();
    world.later(Duration::hours(2));
    world.activate(&mut staff.ra, revoke(&serial, "superseded")).await;
    for weaker in ["superseded", "cessation_of_operation", "privilege_withdrawn"] {
        assert_eq!(world.propose(&staff.ra, revoke(&serial, weaker)).await.unwrap_err(), Refusal::AlreadyDone);
    }
    let since = signer_instant(&world, Duration::hours(-1));
    let compromised = Operation::RevokeCertificate {
        revocation: Revocation {
            serial: serial.clone(),
            reason: "key_compromise".to_owned(),
            invalid_since: Some(since.clone()),
        },
    };
    let outcome = world.activate(&mut doctor.person, compromised.clone()).await;
    let Outcome::CertificateRevoked { certificate, .. } = outcome else { panic!("{outcome:?}") };
    let end = certificate.revoked.unwrap();
    assert_eq!((end.reason.as_str(), end.invalid_since), ("key_compromise", Some(since)));
    assert_eq!(world.propose(&doctor.person, compromised).await.unwrap_err(), Refusal::AlreadyDone);
    assert_eq!(world.tally().await["certificate.revocation_amended"], 1);
}

async fn a_date_that_no_list_can_say_is_refused(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let hospital = RevocationSelection::Unit { code: crate::contents::HOSPITAL.to_owned() };
    let found = look(&world, &staff.ra, &hospital).await.unwrap();
    for since in ["1960-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"] {
        let mut asked = batch(&hospital, &found, "key_compromise");
        let Operation::RevokeCertificates { batch } = &mut asked else { panic!() };
        batch.invalid_since = Some(since.to_owned());
        let said = world.propose(&staff.ra, asked).await;
        assert!(matches!(said, Err(Refusal::ContentInvalid { .. })), "{since}: {said:?}");
    }
    // The doctor's own word reaches three days back and no further.
    world.later(Duration::days(10));
    let own = |since: Option<String>| Operation::RevokeCertificate {
        revocation: Revocation {
            serial: doctor.certificate.serial.clone(),
            reason: "key_compromise".to_owned(),
            invalid_since: since,
        },
    };
    let too_far = own(Some(signer_instant(&world, Duration::days(-4))));
    let said = world.propose(&doctor.person, too_far).await;
    assert!(matches!(said, Err(Refusal::ContentInvalid { .. })), "{said:?}");
    let asked = own(None);
    let outcome = world.activate(&mut doctor.person, asked).await;
    let Outcome::CertificateRevoked { certificate, .. } = outcome else { panic!("{outcome:?}") };
    let end = certificate.revoked.unwrap();
    let instant =
        |text: &str| time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap();
    let reach = instant(&end.at) - instant(&end.invalid_since.unwrap());
    assert_eq!(reach.whole_seconds(), Duration::days(3).whole_seconds());
}

async fn many_end_as_the_dry_run_said(mut world: World) {
    let mut staff = world.staff().await;
    let doctors = [world.doctor(&mut staff).await, world.doctor(&mut staff).await];
    let hospital = RevocationSelection::Unit { code: crate::contents::HOSPITAL.to_owned() };
    let window = |unit: Option<&str>| RevocationSelection::Window {
        from: signer_instant(&world, Duration::hours(-1)),
        to: signer_instant(&world, Duration::hours(1)),
        unit: unit.map(str::to_owned),
    };
    for selection in [&hospital, &window(None)] {
        assert_eq!(look(&world, &staff.evidence, selection).await.unwrap_err(), Refusal::NoAuthority);
    }
    assert_eq!(look(&world, &staff.ra, &window(None)).await.unwrap_err(), Refusal::NoAuthority);
    let of_the_country = look(&world, &staff.central[0], &window(None)).await.unwrap();
    let found = look(&world, &staff.ra, &hospital).await.unwrap();
    assert_eq!((found.count, found.first.len()), (2, 2));
    assert_eq!(of_the_country, found);
    assert_eq!(look(&world, &staff.ra, &window(Some(crate::contents::HOSPITAL))).await.unwrap(), found);

    // A third doctor came meanwhile: the list that was looked at is no more.
    let third = world.doctor(&mut staff).await;
    let outcome = world.activate(&mut staff.ra, batch(&hospital, &found, "cessation_of_operation")).await;
    assert_eq!(outcome, Outcome::Refused { refusal: Refusal::Conflict });
    assert_eq!(state(&world, &third.certificate.serial).await, None);

    // One is on hold already, and ends with the others.
    world.ask(hold(&third.certificate.serial)).await.unwrap();
    let found = look(&world, &staff.ra, &hospital).await.unwrap();
    assert_eq!(found.count, 3);
    let page = world.propose(&staff.ra, batch(&hospital, &found, "cessation_of_operation")).await.unwrap();
    let shown = world.browser.open(&page.url).await;
    assert!(shown.html.contains(&found.serials_sha256[..16]), "{}", shown.html);
    let outcome = world.activate(&mut staff.ra, batch(&hospital, &found, "cessation_of_operation")).await;
    assert_eq!(outcome, Outcome::CertificatesRevoked { count: 3, revoked_by: staff.ra.id.clone() });
    for doctor in doctors.iter().chain([&third]) {
        let (kind, reason) = state(&world, &doctor.certificate.serial).await.unwrap();
        assert_eq!((kind, reason.as_str()), (RevocationKind::Revoke, "cessation_of_operation"));
    }
    assert_eq!(look(&world, &staff.ra, &hospital).await.unwrap().count, 0);
}

async fn a_batch_goes_on_after_a_kill(mut world: World) {
    let mut staff = world.staff().await;
    for _ in 0..3 {
        world.doctor(&mut staff).await;
    }
    let hospital = RevocationSelection::Unit { code: crate::contents::HOSPITAL.to_owned() };
    let found = look(&world, &staff.ra, &hospital).await.unwrap();
    // Killed as soon as the touch is on record.
    world.start(crate::crashes::killed_at(signer::step::Step::Recorded, 1)).await;
    let waiting = world.propose(&staff.ra, batch(&hospital, &found, "cessation_of_operation")).await.unwrap();
    world.touch(&mut staff.ra, &waiting).await;
    assert_eq!(world.outcome(&waiting).await, Outcome::Working);
    world.start(Steps::default()).await;
    recover(&world).await;
    assert_eq!(
        world.outcome(&waiting).await,
        Outcome::CertificatesRevoked { count: 3, revoked_by: staff.ra.id.clone() }
    );
    assert_eq!(world.tally().await["certificate.revoked"], 3);
    assert_eq!(recover(&world).await, 0);
}

async fn a_lost_key_is_never_certified_again(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let spki = key_of(&world, &doctor).await;
    let selection = RevocationSelection::Key { spki_sha256: spki.clone() };
    let found = look(&world, &staff.ra, &selection).await.unwrap();
    assert_eq!(found.count, 1);
    let nobodys = RevocationSelection::Key { spki_sha256: "00".repeat(32) };
    assert_eq!(look(&world, &staff.ra, &nobodys).await.unwrap_err(), Refusal::NoCertificate);
    let outcome = world.activate(&mut staff.ra, batch(&selection, &found, "key_compromise")).await;
    assert_eq!(outcome, Outcome::CertificatesRevoked { count: 1, revoked_by: staff.ra.id.clone() });
    let mut tx = world.journal.begin().await.unwrap();
    assert!(tx.is_blocked(&spki).await.unwrap());
    drop(tx);
    assert_eq!(world.tally().await["key.blocked"], 1);
    let mut person = world.person();
    world.enrol(&mut person).await;
    let asked = request(&world, &person, &mut staff.evidence).await;
    let outcome = world.activate(&mut staff.ra, issue(&asked)).await;
    assert!(matches!(outcome, Outcome::CertificateIssued { .. }), "another key is another matter: {outcome:?}");
}

async fn key_of(world: &World, doctor: &Doctor) -> String {
    let mut tx = world.journal.begin().await.unwrap();
    tx.certificate(&doctor.certificate.serial).await.unwrap().unwrap().spki_sha256
}

fn signer_instant(world: &World, by: Duration) -> String {
    let at = (world.now() + by).replace_nanosecond(0).unwrap();
    at.format(&time::format_description::well_known::Rfc3339).unwrap()
}
