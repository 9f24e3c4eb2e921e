//! The root's acts after the ceremony: its next CRL, a CA revoked, the next generation.

use ca::RevocationReason;
use signer::ceremony::{CeremonyError, RollOver};
use signer::edge::Clock;
use signer::protocol::{Outcome, Refusal, Request, Response};
use signer::step::Steps;

use crate::ceremonies::root_acts;
use crate::contents::{document, sign};
use crate::judges::Court;
use crate::place::{Engine, on_both_engines, token};
use crate::world::{Doctor, World};

on_both_engines!(
    the_roots_next_crl_follows_the_last,
    a_changed_journal_brings_no_ca_back,
    old_and_new_doctors_stand_under_two_generations,
);

async fn the_roots_next_crl_follows_the_last(world: World) {
    let court = Court::at(&world.place.folder);
    let root = world.der(Request::CaCertificate { name: "root".to_owned() }).await;
    court.write("root.der", &root);
    court.openssl("x509 -inform DER -in root.der -out root.pem");
    let acts = root_acts(&world).await;
    let next = acts.next_root_crl(365).await.unwrap();
    court.write("root.crl", &next.der);
    let text = court.openssl("crl -inform DER -in root.crl -noout -text -CAfile root.pem");
    assert!(text.contains("verify OK") && text.contains("No Revoked Certificates"), "{text}");
    let number = court.openssl("crl -inform DER -in root.crl -noout -crlnumber");
    assert!(number.contains("crlNumber=0x02") || number.trim().ends_with("02"), "{number}");
    assert!(next.transcript.transcript.text().contains("The root's next CRL"));

    let unknown = acts.revoke_authority("issuing-9", RevocationReason::CaCompromise, 365).await;
    assert!(matches!(unknown, Err(CeremonyError::NoSuchAuthority(_))));
    let next = acts.revoke_authority("issuing-1", RevocationReason::CaCompromise, 365).await.unwrap();
    court.write("root.crl", &next.der);
    let text = court.openssl("crl -inform DER -in root.crl -noout -text -CAfile root.pem");
    assert!(text.contains("verify OK") && text.contains("CA Compromise"), "{text}");
    let issuing = world.der(Request::CaCertificate { name: "issuing-1".to_owned() }).await;
    court.write("issuing.der", &issuing);
    court.openssl("x509 -inform DER -in issuing.der -out issuing.pem");
    court.openssl("crl -inform DER -in root.crl -out root.crl.pem");
    let refused = court.run("openssl", "verify -crl_check -CRLfile root.crl.pem -CAfile root.pem issuing.pem").unwrap();
    assert!(!refused.status.success(), "openssl believes the CRL");
}

async fn a_changed_journal_brings_no_ca_back(mut world: World) {
    world.service = None;
    tokio::task::spawn_blocking(crate::service::wait_for_the_killed).await.unwrap();
    // A journal that knows of no revocation: an old one, or one whose rows somebody took out.
    let forgetful = match world.place.engine {
        Engine::Sqlite => Some(copied(&world).await),
        Engine::Postgres => None,
    };
    let mut acts = root_acts(&world).await;
    let revoked = acts.revoke_authority("issuing-1", RevocationReason::CaCompromise, 365).await.unwrap();

    // What is signed now would be older than what is on record.
    let mut late = acts.clone();
    let now = world.now();
    late.clock = Clock::new(move || now - time::Duration::hours(1));
    let refused = late.next_root_crl(365).await.err();
    assert!(matches!(refused, Some(CeremonyError::Refused(Refusal::ClockBehind))), "{refused:?}");

    let Some(forgetful) = forgetful else { return };
    let true_journal = std::mem::replace(&mut acts.journal, forgetful.clone());
    acts.kept_crl = Some(revoked.der.clone());
    let refused = acts.next_root_crl(365).await.err();
    assert!(matches!(refused, Some(CeremonyError::NoSuccessor(ca::Error::Disappeared { .. }))), "{refused:?}");
    // The same where the CRL is in the journal and its reason is not.
    acts.kept_crl = None;
    let row = true_journal.begin().await.unwrap().newest_crl("root").await.unwrap().unwrap();
    let mut tx = forgetful.begin_write().await.unwrap();
    tx.insert_crl(&row).await.unwrap();
    tx.commit().await.unwrap();
    let refused = acts.next_root_crl(365).await.err();
    assert!(matches!(refused, Some(CeremonyError::NoSuccessor(ca::Error::Disappeared { .. }))), "{refused:?}");
    // Entered again, the next one follows, whatever the journal had counted.
    let next = acts.revoke_authority("issuing-1", RevocationReason::CaCompromise, 365).await.unwrap();
    let number = |der: &[u8]| ca::crl::parse(der).unwrap().number;
    assert!(number(&next.der) > number(&revoked.der));
    assert!(next.transcript.transcript.text().contains(&format!("number {}, SHA-256", row.number)));
    // A CRL of another number than its row's was put there by somebody else.
    let mut tx = forgetful.begin_write().await.unwrap();
    tx.insert_crl(&store::journal::Crl { number: 99, ..row }).await.unwrap();
    tx.commit().await.unwrap();
    let refused = acts.next_root_crl(365).await.err();
    assert!(matches!(refused, Some(CeremonyError::ForeignCrl(_))), "{refused:?}");
}

async fn copied(world: &World) -> store::Journal {
    let file = |name: &str| world.place.folder.join(name);
    for end in ["", "-wal"] {
        let from = file(&format!("journal.sqlite{end}"));
        if from.exists() {
            std::fs::copy(from, file(&format!("old.sqlite{end}"))).unwrap();
        }
    }
    store::Journal::connect(&format!("sqlite:{}", file("old.sqlite").display())).await.unwrap()
}

async fn old_and_new_doctors_stand_under_two_generations(mut world: World) {
    let mut staff = world.staff().await;
    let mut old = world.doctor(&mut staff).await;
    let acts = root_acts(&world).await;
    let online = tokio::task::spawn_blocking(|| token("online")).await.unwrap();
    let wanted = |generation| RollOver { generation, name: format!("Rabrong Issuing CA {generation}"), years: 12 };
    let far = acts.roll_over(&wanted(3), &online, None).await;
    assert!(matches!(far, Err(CeremonyError::Generation(1))), "one after the other");
    let next = acts.roll_over(&wanted(2), &online, None).await.unwrap();
    assert_eq!(next.name, "issuing-2");
    // Taken up again, it is the same certificate.
    assert_eq!(acts.roll_over(&wanted(2), &online, None).await.unwrap().der, next.der);
    world.start(Steps::default()).await;
    let mut new = world.doctor(&mut staff).await;

    let court = Court::at(&world.place.folder);
    for name in ["root", "issuing", "issuing-1", "issuing-2"] {
        court.write(&format!("{name}.der"), &world.der(Request::CaCertificate { name: name.to_owned() }).await);
        court.openssl(&format!("x509 -inform DER -in {name}.der -out {name}.pem"));
    }
    assert_eq!(court.read("issuing.der"), court.read("issuing-2.der"), "the newest");
    for (doctor, issuer) in [(&mut old, "issuing-1"), (&mut new, "issuing-2")] {
        the_doctor_stands_under(&world, &court, doctor, issuer).await;
        let content = document(&world, doctor);
        let outcome = world.activate(&mut doctor.person, sign(&[content])).await;
        assert!(matches!(outcome, Outcome::DocumentsSigned { .. }), "{outcome:?}");
    }
}

async fn the_doctor_stands_under(world: &World, court: &Court, doctor: &Doctor, issuer: &str) {
    court.write("doctor.der", &hex::decode(&doctor.certificate.der).unwrap());
    court.openssl("x509 -inform DER -in doctor.der -out doctor.pem");
    court.openssl(&format!("verify -x509_strict -CAfile root.pem -untrusted {issuer}.pem -purpose any doctor.pem"));
    court.openssl(&format!("ocsp -no_nonce -issuer {issuer}.pem -cert doctor.pem -reqout request.der"));
    court.write("response.der", &world.ocsp(&court.read("request.der")).await);
    let said = court.openssl(&format!(
        "ocsp -no_nonce -reqin request.der -respin response.der -issuer {issuer}.pem -cert doctor.pem -CAfile root.pem -verify_other {issuer}.pem"
    ));
    assert!(said.contains("Response verify OK") && said.contains("doctor.pem: good"), "{said}");
    let url = court.openssl("x509 -in doctor.pem -noout -ext crlDistributionPoints");
    let shard = url.trim().rsplit_once('/').unwrap().1.trim_end_matches(".crl").to_owned();
    assert_eq!(shard, if issuer == "issuing-1" { "0" } else { "256" });
    let Ok(Response::Crl { bytes, .. }) = world.ask(Request::Crl { shard }).await else { panic!("a CRL") };
    court.write("shard.crl", &hex::decode(bytes).unwrap());
    let text = court.openssl(&format!("crl -inform DER -in shard.crl -noout -CAfile {issuer}.pem"));
    assert!(text.contains("verify OK"), "{text}");
}
