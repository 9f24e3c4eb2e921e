//! Epochs and the end of the CA.

use hsm::Purpose;
use signer::ceremony::{CeremonyError, Epochs, Remaining, Termination};
use signer::protocol::{Outcome, Refusal};
use signer::step::{Step, Steps};

use crate::ceremonies::root_acts;
use crate::contents::{self, document, sign};
use crate::crashes::{killed_at, recover};
use crate::judges::Court;
use crate::place::{on_both_engines, token};
use crate::service::{configuration, randomness};
use crate::world::World;

on_both_engines!(an_ended_epochs_key_is_gone, the_end_of_the_ca, what_was_recorded_before_the_end_is_not_signed_after);

async fn an_ended_epochs_key_is_gone(mut world: World) {
    let mut staff = world.staff().await;
    let mut old = world.doctor(&mut staff).await;
    let online = tokio::task::spawn_blocking(|| token("online")).await.unwrap();
    let epochs = Epochs {
        journal: world.journal.clone(),
        token: online.clone(),
        clock: world.clock(),
        randomness: randomness(),
    };
    assert!(matches!(epochs.end(1).await, Err(CeremonyError::EpochInUse(1))), "new keys go under it");
    assert!(matches!(epochs.begin(3, None).await, Err(CeremonyError::EpochNumber(1))));
    epochs.begin(2, None).await.unwrap();
    epochs.begin(2, None).await.unwrap();
    assert!(matches!(epochs.end(1).await, Err(CeremonyError::EpochInUse(1))), "a certificate under it is valid");
    assert!(online.exists(Purpose::DoctorWrap(1)).unwrap());

    // Without a restart the next doctor's key is of the new epoch; the old one still signs.
    let mut new = world.doctor(&mut staff).await;
    let key = |serial: String| {
        let journal = world.journal.clone();
        async move { journal.begin().await.unwrap().doctor_key_of_certificate(&serial).await.unwrap().unwrap() }
    };
    assert_eq!(key(old.certificate.serial.clone()).await.epoch, 1);
    assert_eq!(key(new.certificate.serial.clone()).await.epoch, 2);
    for doctor in [&mut old, &mut new] {
        let content = document(&world, doctor);
        let outcome = world.activate(&mut doctor.person, sign(&[content])).await;
        assert!(matches!(outcome, Outcome::DocumentsSigned { .. }), "{outcome:?}");
    }

    world.later(time::Duration::days(366));
    epochs.end(1).await.unwrap();
    epochs.end(1).await.unwrap();
    assert!(!online.exists(Purpose::DoctorWrap(1)).unwrap() && online.exists(Purpose::DoctorWrap(2)).unwrap());
    let blob = key(old.certificate.serial.clone()).await.wrapped.unwrap();
    assert!(
        online.sign_with_wrapped(1, &blob, hsm::SignatureScheme::EcdsaP256, vec![vec![0; 32]]).is_err(),
        "no copy of it opens any more"
    );
    let listed = epochs.list().await.unwrap();
    assert!(listed[0].ended.is_some() && listed[1].current, "{listed:?}");
    let tally = world.tally().await;
    assert_eq!((tally["epoch.begun"], tally["epoch.ended"]), (1, 1), "{tally:?}");
}

async fn the_end_of_the_ca(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let acts = root_acts(&world).await;
    let termination = termination(&world).await;
    assert!(matches!(termination.last_crls(&acts).await, Err(CeremonyError::NotTerminated)));
    let begun = termination.begin(Remaining::LetExpire).await.unwrap();
    assert_eq!((begun.revoked, begun.in_force), (0, 1), "{begun:?}");
    assert!(begun.notice.contains("เลิกออกใบรับรอง") && begun.notice.contains("has issued no certificate since"));
    assert!(matches!(termination.last_crls(&acts).await, Err(CeremonyError::StillInForce(1))));

    // Nothing is issued any more.
    let mut person = world.person();
    world.enrol(&mut person).await;
    let request = contents::issue(&contents::request(&world, &person, &mut staff.evidence).await);
    match world.propose(&staff.ra, request).await {
        Err(refusal) => assert_eq!(refusal, Refusal::Terminated),
        Ok(waiting) => {
            world.touch(&mut staff.ra, &waiting).await;
            let outcome = world.outcome(&waiting).await;
            assert!(!matches!(outcome, Outcome::CertificateIssued { .. }), "{outcome:?}");
        }
    }

    let revoked = termination.begin(Remaining::Revoke).await.unwrap();
    assert_eq!((revoked.revoked, revoked.in_force, &revoked.since), (1, 0, &begun.since));
    world.service = None;
    tokio::task::spawn_blocking(crate::service::wait_for_the_killed).await.unwrap();
    // Not while a signer may publish.
    world.later(time::Duration::minutes(1));
    let hold = async |time: time::Duration| {
        let mut tx = world.journal.begin_write().await.unwrap();
        assert!(tx.take_lease("crl-publisher", "signer-of-another-host", world.now(), time).await.unwrap());
        tx.commit().await.unwrap();
    };
    hold(time::Duration::seconds(30)).await;
    assert!(matches!(termination.last_crls(&acts).await, Err(CeremonyError::SignerRuns)));
    hold(time::Duration::ZERO).await;
    let (last, root) = termination.last_crls(&acts).await.unwrap();
    let court = Court::at(&world.place.folder);
    court.write("root.crl", &root.der);
    let names: Vec<&str> = last.iter().map(|crl| crl.shard.as_str()).collect();
    assert_eq!(names, ["0", "tsa"]);
    for crl in &last {
        court.write(&format!("{}.crl", crl.shard), &crl.der);
    }
    for name in ["0", "tsa", "root"] {
        let text = court.openssl(&format!("crl -inform DER -in {name}.crl -noout -text"));
        assert!(text.contains("Next Update: Dec 31 23:59:59 9999 GMT"), "{text}");
        assert!(text.contains("Cessation Of Operation"), "{text}");
        court.judge("lint_crl", &format!("lint -t CRL -p PKIX -s WARNING {name}.crl"));
    }
    let text = court.openssl("crl -inform DER -in 0.crl -noout -text");
    assert!(text.contains(&doctor.certificate.serial.to_uppercase()), "{text}");
    // What is last stays so.
    let again = termination.last_crls(&acts).await.unwrap().0;
    assert_eq!(again, last);
}

async fn termination(world: &World) -> Termination {
    Termination {
        configuration: configuration(&world.place),
        token: tokio::task::spawn_blocking(|| token("online")).await.unwrap(),
        journal: world.journal.clone(),
        clock: world.clock(),
        randomness: randomness(),
    }
}

async fn what_was_recorded_before_the_end_is_not_signed_after(mut world: World) {
    let mut staff = world.staff().await;
    world.start(killed_at(Step::Sealed, 1)).await;
    let mut person = world.person();
    world.enrol(&mut person).await;
    let request = contents::issue(&contents::request(&world, &person, &mut staff.evidence).await);
    let waiting = world.propose(&staff.ra, request).await.unwrap();
    world.touch(&mut staff.ra, &waiting).await;
    world.start(Steps::default()).await;
    let issued = world.tally().await["certificate.issued"];

    let termination = termination(&world).await;
    let begun = termination.begin(Remaining::LetExpire).await.unwrap();
    assert_eq!((begun.revoked, begun.in_force), (0, 1), "what is recorded may be about to be signed");
    recover(&world).await;
    assert_eq!(world.tally().await["certificate.issued"], issued, "nothing is signed any more");
    let revoked = termination.begin(Remaining::Revoke).await.unwrap();
    assert_eq!((revoked.revoked, revoked.in_force), (1, 0));
    recover(&world).await;
    assert_eq!(world.tally().await["certificate.issued"], issued);
}
