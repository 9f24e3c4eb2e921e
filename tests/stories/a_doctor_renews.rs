//! A certificate that ends soon: its doctor is told, the council is asked again, one touch of the
//! doctor's own passkey brings the next one; nobody else is needed, and nothing else is changed.

use rabrong::demo::persons::{EVIDENCE, RA};
use sims::council::Status;
use stories::persons::MALI;
use stories::visitor::text;
use stories::{Chromium, Engine, Relying, Visitor, World, rows};
use time::Duration;

use crate::the_whole_path_in_a_browser::{consents_and_says_who, makes_both_passkeys};

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_renews() {
    let mut world = World::raise(Engine::Sqlite).await;
    let in_twenty_days = (stories::world::now() + Duration::days(20)).date().to_string();
    world.council.insert(MALI.licensed_until(Some(in_twenty_days)));
    let doctor = Chromium::opens("a-doctor-renews").await;
    let key_code = makes_both_passkeys(&world, &doctor, &MALI).await;
    consents_and_says_who(&world, &doctor, &MALI).await;
    let mut evidence = world.the(&EVIDENCE).await;
    world.records_evidence(&mut evidence, MALI.licence, &key_code).await.ok();
    let mut ra = world.the(&RA).await;
    let page = world.proposes_approval(&ra, MALI.licence).await.ok();
    ra.touch(&page).await.ok();
    let old = newest(&world).await;

    // It ends with the licence: the doctor is told at once, and so is the officer.
    doctor.goes_to(&world.url("/tasks")).await;
    let shown = doctor.reads("main").await;
    assert!(shown.contains("ใกล้หมดอายุ"), "{shown}");
    doctor.takes_a_picture("1-told").await;
    the_officers_list_shows_it(&mut world, &ra).await;

    // A doctor whose licence is suspended gets none.
    let mut suspended = MALI.licensed_until(None);
    suspended.status = Status::Suspended;
    world.council.insert(suspended);
    doctor.presses(&format!("a[href='/certificates/{old}/renew']")).await;
    doctor.arrives_at("/renew").await;
    doctor.takes_a_picture("2-renewal").await;
    doctor.presses("form[action$='/renew'] button.govuk-button").await;
    doctor.waits_for("document.querySelector('.govuk-warning-text') !== null").await;
    assert!(doctor.address().await.contains("/renew"), "{}", doctor.address().await);
    assert_eq!(newest(&world).await, old);

    world.council.insert(MALI.licensed_until(None));
    doctor.goes_to(&world.url(&format!("/certificates/{old}/renew"))).await;
    doctor.presses("form[action$='/renew'] button.govuk-button").await;
    doctor.arrives_at(&format!("{}/a/", world.configuration.signer_url)).await;
    let shown = doctor.reads("main").await;
    assert!(shown.contains(MALI.person.surname_th) && shown.contains(MALI.licence), "{shown}");
    doctor.takes_a_picture("3-signer").await;
    doctor.touches("[data-activate=get]").await;
    doctor.arrives_at(&world.url("/")).await;
    doctor.takes_a_picture("4-done").await;

    let new = newest(&world).await;
    assert_ne!(new, old, "a certificate of its own");
    let party = Relying::party(&world);
    let read = |serial: &str, name: &str, der: Vec<u8>| {
        party.court.exhibits(&format!("{name}.der"), &der);
        party.court.hears("openssl", &format!("x509 -inform DER -in {name}.der -out {name}.pem"));
        let said = party.court.hears("openssl", &format!("x509 -in {name}.pem -noout -serial"));
        assert!(said.to_lowercase().contains(serial.trim_start_matches('0')), "{said}");
    };
    read(&old, "old", der_of(&world, &old).await);
    read(&new, "new", der_of(&world, &new).await);
    let says = |name: &str, what: &str| party.court.hears("openssl", &format!("x509 -in {name}.pem -noout -{what}"));
    assert_eq!(says("old", "subject"), says("new", "subject"), "who it is stays");
    assert_ne!(says("old", "pubkey"), says("new", "pubkey"), "a new key each time");
    let beyond = "x509 -noout -checkend 5184000 -in";
    assert_ne!(party.court.asks("openssl", &format!("{beyond} old.pem")).code, 0, "the old one ends within 60 days");
    assert_eq!(party.court.asks("openssl", &format!("{beyond} new.pem")).code, 0, "the new one does not");
    party.court.hears("openssl", "verify -x509_strict -CAfile root.pem -untrusted issuing.pem old.pem new.pem");

    // Nothing waits any more, and it is renewed once.
    doctor.goes_to(&world.url("/tasks")).await;
    let shown = doctor.reads("main").await;
    assert!(!shown.contains("ใกล้หมดอายุ"), "{shown}");
    world.rabrong(&["audit", "verify"]).await.ok();
    doctor.closes().await;
}

/// Notices are made every ten minutes by one portal of all: as if that time had passed.
async fn the_officers_list_shows_it(world: &mut World, officer: &Visitor) {
    world.stop_portal().await;
    rows::execute(world.portal_rows(), "delete from lease").await.unwrap();
    world.start_portal().await;
    for attempt in 0.. {
        let list = text(&officer.open(world.url("/console/expiring")).await.ok());
        if list.contains(MALI.person.surname_th) {
            return;
        }
        assert!(attempt < 15, "{list}");
        world.lets_a_second_pass().await;
    }
}

async fn newest(world: &World) -> String {
    let find = "select serial from certificate where kind = 'doctor' order by recorded_at desc limit 1";
    rows::text(world.journal_rows(), find).await
}

async fn der_of(world: &World, serial: &str) -> Vec<u8> {
    let find = format!("select lower(hex(der)) from certificate where serial = '{serial}'");
    hex::decode(rows::text(world.journal_rows(), &find).await).unwrap()
}
