//! What cannot be lifted to its level waits, says what for, and is not handed out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use pdf::form::DocumentContent;
use signer::protocol::{DocumentRecord, Outcome, Refusal, Request, Response, WaitingFor};
use signer::signature_profile::Level;
use signer::step::{Step, Steps};

use crate::ceremonies::root_acts;
use crate::contents::{document, revoke, sign};
use crate::crashes::{killed_at, recover};
use crate::judges::Court;
use crate::place::{Engine, on_both_engines};
use crate::revocations::{hold, restore};
use crate::signed_files::stands_up;
use crate::whole_path::the_certificate_stands_up_to_openssl;
use crate::world::{DEVIATION, World};

on_both_engines!(
    without_a_known_clock_it_waits_and_is_lifted,
    killed_while_it_is_lifted_later_it_is_lifted_once,
    under_suspension_it_waits,
    suspended_while_it_is_lifted_it_waits,
    without_the_word_on_the_certificate_it_waits,
    without_the_roots_word_it_waits,
    two_signers_lift_once,
    a_journal_that_is_full_leaves_nothing_half_signed,
    of_doctors_who_sign_at_once_one_fails_alone,
);

/// What the journal says of a document now.
pub(crate) async fn record(world: &World, content: &DocumentContent) -> DocumentRecord {
    match world.ask(Request::DocumentByCode { code: content.code.clone() }).await {
        Ok(Response::Document { document: Some(record) }) => *record,
        other => panic!("{other:?}"),
    }
}

/// The finished file.
pub(crate) async fn the_file(world: &World, content: &DocumentContent) -> Vec<u8> {
    match world.ask(Request::SignedFile { document_id: content.document_id.clone() }).await {
        Ok(Response::File { bytes, .. }) => hex::decode(bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Waits until the loop has finished a document.
pub(crate) async fn until_finished(world: &World, content: &DocumentContent) -> DocumentRecord {
    for _ in 0..60 {
        let record = record(world, content).await;
        if record.state == "finished" {
            return record;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("{:?}", record(world, content).await)
}

async fn not_handed_out(world: &World, content: &DocumentContent) {
    let asked = world.ask(Request::SignedFile { document_id: content.document_id.clone() }).await;
    assert_eq!(asked.unwrap_err(), Refusal::NotFound);
}

async fn without_a_known_clock_it_waits_and_is_lifted(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let contents = [document(&world, &doctor), document(&world, &doctor)];
    DEVIATION.store(-1, Ordering::SeqCst);
    let waiting = world.propose(&doctor.person, sign(&contents)).await.unwrap();
    let answer = world.touch(&mut doctor.person, &waiting).await;
    assert!(answer.redirect().is_some(), "{answer:?}");
    let Outcome::DocumentsSigned { documents } = world.outcome(&waiting).await else { panic!("signed") };
    for (document, content) in documents.iter().zip(&contents) {
        let states = (document.state.as_str(), document.level.as_str(), document.waiting);
        assert_eq!(states, ("signed", "b-b", Some(WaitingFor::TimeStamp)));
        assert_eq!(document.file_sha256, None);
        not_handed_out(&world, content).await;
    }
    // A new start changes nothing of it.
    world.start(Steps::default()).await;
    assert_eq!(recover(&world).await, 0);
    assert_eq!(record(&world, &contents[0]).await.state, "signed");
    DEVIATION.store(0, Ordering::SeqCst);
    let court = Court::at(&world.place.folder);
    the_certificate_stands_up_to_openssl(&world, &court, &doctor).await;
    for content in &contents {
        let record = until_finished(&world, content).await;
        assert_eq!((record.level.as_str(), record.waiting), ("b-lta", None));
        stands_up(&court, &the_file(&world, content).await, Level::Archival, "ecdsa-p256");
    }
    // Who asks by the ticket hears how it stands now.
    let Outcome::DocumentsSigned { documents } = world.outcome(&waiting).await else { panic!("signed") };
    assert!(documents.iter().all(|document| document.state == "finished"));
    let tally = world.tally().await;
    assert_eq!((tally["document.signed"], tally["document.finished"]), (2, 2));
}

async fn killed_while_it_is_lifted_later_it_is_lifted_once(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let content = document(&world, &doctor);
    DEVIATION.store(-1, Ordering::SeqCst);
    world.activate(&mut doctor.person, sign(std::slice::from_ref(&content))).await;
    let killed = Arc::new(AtomicBool::new(false));
    let kill = Arc::clone(&killed);
    world
        .start(Steps::watched(move |step| {
            if step == Step::Stamped {
                kill.store(true, Ordering::SeqCst);
                panic!("killed while lifting");
            }
        }))
        .await;
    DEVIATION.store(0, Ordering::SeqCst);
    for _ in 0..60 {
        if killed.load(Ordering::SeqCst) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert!(killed.load(Ordering::SeqCst), "the loop lifts");
    assert_eq!(record(&world, &content).await.state, "signed");
    not_handed_out(&world, &content).await;
    world.start(Steps::default()).await;
    // The one that was killed held the lease; another lifts when that is over.
    world.later(time::Duration::minutes(2));
    assert_eq!(until_finished(&world, &content).await.level, "b-lta");
    let tally = world.tally().await;
    assert_eq!((tally["document.signed"], tally["document.finished"]), (1, 1));
}

async fn under_suspension_it_waits(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let serial = doctor.certificate.serial.clone();
    // Suspended between the touch and the signature: not signed.
    world.start(killed_at(Step::Sealed, 1)).await;
    let first = document(&world, &doctor);
    let waiting = world.propose(&doctor.person, sign(std::slice::from_ref(&first))).await.unwrap();
    world.touch(&mut doctor.person, &waiting).await;
    world.start(Steps::default()).await;
    world.ask(hold(&serial)).await.unwrap();
    recover(&world).await;
    let found = record(&world, &first).await;
    assert_eq!((found.state.as_str(), found.waiting), ("recorded", Some(WaitingFor::Suspension)));
    assert_eq!(world.tally().await.get("document.signed"), None);
    let outcome = world.activate(&mut staff.ra, restore(&world, &serial).await).await;
    assert!(matches!(outcome, Outcome::CertificateRestored { .. }), "{outcome:?}");
    assert_eq!(recover(&world).await, 1);
    assert_eq!(record(&world, &first).await.state, "finished");

    // Suspended between the signature and its level: nothing is put in, and it goes on after.
    DEVIATION.store(-1, Ordering::SeqCst);
    let (second, third) = (document(&world, &doctor), document(&world, &doctor));
    world.activate(&mut doctor.person, sign(&[second.clone(), third.clone()])).await;
    world.ask(hold(&serial)).await.unwrap();
    DEVIATION.store(0, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(3)).await;
    for content in [&second, &third] {
        assert_eq!(record(&world, content).await.state, "signed");
        not_handed_out(&world, content).await;
    }
    let outcome = world.activate(&mut staff.ra, restore(&world, &serial).await).await;
    assert!(matches!(outcome, Outcome::CertificateRestored { .. }), "{outcome:?}");
    until_finished(&world, &second).await;
    until_finished(&world, &third).await;

    // Revoked for good before it had its level: refused, and nothing is handed out.
    DEVIATION.store(-1, Ordering::SeqCst);
    let last = document(&world, &doctor);
    world.activate(&mut doctor.person, sign(std::slice::from_ref(&last))).await;
    let outcome = world.activate(&mut doctor.person, revoke(&serial, "key_compromise")).await;
    assert!(matches!(outcome, Outcome::CertificateRevoked { .. }), "{outcome:?}");
    DEVIATION.store(0, Ordering::SeqCst);
    for _ in 0..40 {
        if record(&world, &last).await.state == "refused" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let found = record(&world, &last).await;
    assert_eq!((found.state.as_str(), found.refused), ("refused", Some(Refusal::CertificateRevoked)));
    not_handed_out(&world, &last).await;
}

/// Steps that keep the signer where the first signature has its time-stamp: when it is there, and the word to
/// go on.
fn held_when_stamped() -> (Steps, Receiver<()>, Sender<()>) {
    let (reached, stamped) = channel();
    let (go_on, held) = channel();
    let once = std::sync::Mutex::new(Some((reached, held)));
    let steps = Steps::watched(move |step| {
        let first = if step == Step::Stamped { once.lock().unwrap().take() } else { None };
        if let Some((reached, held)) = first {
            reached.send(()).unwrap();
            // What the story does meanwhile may be next in this worker's queue.
            tokio::task::block_in_place(|| held.recv().unwrap());
        }
    });
    (steps, stamped, go_on)
}

/// The suspension comes when the time-stamp is there and the word on the certificate is not yet asked for.
async fn suspended_while_it_is_lifted_it_waits(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let serial = doctor.certificate.serial.clone();
    let (steps, stamped, go_on) = held_when_stamped();
    world.start(steps).await;
    let content = document(&world, &doctor);
    let waiting = world.propose(&doctor.person, sign(std::slice::from_ref(&content))).await.unwrap();
    let suspend = async {
        tokio::task::spawn_blocking(move || stamped.recv().unwrap()).await.unwrap();
        world.ask(hold(&serial)).await.unwrap();
        go_on.send(()).unwrap();
    };
    let (answer, ()) = tokio::join!(world.touch(&mut doctor.person, &waiting), suspend);
    assert!(answer.redirect().is_some(), "{answer:?}");
    let found = record(&world, &content).await;
    assert_eq!((found.state.as_str(), found.waiting), ("signed", Some(WaitingFor::Suspension)));
    not_handed_out(&world, &content).await;
    let outcome = world.activate(&mut staff.ra, restore(&world, &serial).await).await;
    assert!(matches!(outcome, Outcome::CertificateRestored { .. }), "{outcome:?}");
    until_finished(&world, &content).await;
}

/// The time-stamp is there, and nobody can say whether the certificate is still good: as when OCSP is down.
async fn without_the_word_on_the_certificate_it_waits(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let (steps, stamped, go_on) = held_when_stamped();
    world.start(steps).await;
    let content = document(&world, &doctor);
    let waiting = world.propose(&doctor.person, sign(std::slice::from_ref(&content))).await.unwrap();
    let takes_away = async {
        tokio::task::spawn_blocking(move || stamped.recv().unwrap()).await.unwrap();
        world.sql("alter table revocation_event rename to revocation_event_away").await;
        // What was read last is believed for a second.
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        go_on.send(()).unwrap();
    };
    // The page cannot tell what came of it either: the row does.
    tokio::join!(world.touch(&mut doctor.person, &waiting), takes_away);
    for _ in 0..8 {
        let row = world.journal.begin().await.unwrap().document(&content.document_id).await.unwrap().unwrap();
        let states = (row.state.as_str(), row.level.as_deref(), row.waiting.as_deref());
        assert_eq!(states, ("signed", Some("b-t"), Some("revocation_status")));
        assert!(world.ask(Request::SignedFile { document_id: content.document_id.clone() }).await.is_err());
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    world.sql("alter table revocation_event_away rename to revocation_event").await;
    let court = Court::at(&world.place.folder);
    let record = until_finished(&world, &content).await;
    assert_eq!((record.level.as_str(), record.waiting), ("b-lta", None));
    the_certificate_stands_up_to_openssl(&world, &court, &doctor).await;
    stands_up(&court, &the_file(&world, &content).await, Level::Archival, "ecdsa-p256");
    assert_eq!(world.tally().await["document.signed"], 1);
}

/// The root's CRL is over, and with it the word on the CAs: documents wait until the operators sign the next.
async fn without_the_roots_word_it_waits(mut world: World) {
    world.later(time::Duration::days(320));
    world.start(Steps::default()).await;
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    world.later(time::Duration::days(60));
    world.start(Steps::default()).await;
    let content = document(&world, &doctor);
    world.activate(&mut doctor.person, sign(std::slice::from_ref(&content))).await;
    let found = record(&world, &content).await;
    let states = (found.state.as_str(), found.level.as_str(), found.waiting);
    assert_eq!(states, ("signed", "b-t", Some(WaitingFor::RevocationStatus)));
    not_handed_out(&world, &content).await;
    root_acts(&world).await.next_root_crl(365).await.unwrap();
    let record = until_finished(&world, &content).await;
    assert_eq!((record.level.as_str(), record.waiting), ("b-lta", None));
}

async fn two_signers_lift_once(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let contents = [(); 3].map(|()| document(&world, &doctor));
    DEVIATION.store(-1, Ordering::SeqCst);
    world.activate(&mut doctor.person, sign(&contents)).await;
    let token = tokio::task::spawn_blocking(|| crate::place::token("online")).await.unwrap();
    let other = crate::service::open(&world.place, token, world.clock(), Steps::default()).await;
    signer::status::begin(&other).await;
    DEVIATION.store(0, Ordering::SeqCst);
    let here = world.service().with(|core| async move { core.lift_waiting().await });
    let (here, there) = tokio::join!(here, other.lift_waiting());
    assert!(here.is_ok() && there.is_ok());
    for content in &contents {
        let found = until_finished(&world, content).await;
        assert!(found.earlier_files.is_empty());
        let file = the_file(&world, content).await;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &file);
        assert_eq!(found.file_sha256, Some(hex::encode(digest)));
    }
    let tally = world.tally().await;
    assert_eq!((tally["document.signed"], tally["document.finished"]), (3, 3));
}

/// What each touch writes, in turn, and whether it is taken down by then.
const WRITES: [(&str, &str, bool); 7] = [
    ("activation", "insert", false),
    ("credential", "update", false),
    ("ticket", "update", false),
    ("ledger_entry", "insert", false),
    ("document", "insert", true),
    ("document", "update", true),
    ("document_version", "insert", true),
];

/// The journal's disk is full at each of its writes, of one document and of several under one touch; when there
/// is room again it goes on.
async fn a_journal_that_is_full_leaves_nothing_half_signed(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    if world.place.engine == Engine::Postgres {
        // SQLSTATE 53100: what PostgreSQL says of a full disk. SQLite's own word for it has a story of its own.
        let full = "create function full_disk() returns trigger language plpgsql as \
                    $$ begin raise exception 'no space left' using errcode = '53100'; end $$";
        world.sql(full).await;
    }
    let mut signed = 0;
    for ((table, event, is_taken_down), count) in WRITES.into_iter().flat_map(|write| [(write, 1), (write, 3)]) {
        let contents: Vec<_> = (0..count).map(|_| document(&world, &doctor)).collect();
        let waiting = world.propose(&doctor.person, sign(&contents)).await.unwrap();
        let (full, room) = match world.place.engine {
            Engine::Sqlite => (
                format!("create trigger full before {event} on {table} begin select raise(abort, 'full'); end"),
                "drop trigger full".to_owned(),
            ),
            Engine::Postgres => (
                format!("create trigger full_disk before {event} on {table} for each row execute function full_disk()"),
                format!("drop trigger full_disk on {table}"),
            ),
        };
        world.sql(&full).await;
        let answer = world.touch(&mut doctor.person, &waiting).await;
        for content in &contents {
            not_handed_out(&world, content).await;
        }
        world.sql(&room).await;
        assert_eq!(answer.redirect().is_some(), is_taken_down, "{table} {event} {count}: {answer:?}");
        if is_taken_down {
            assert!(!matches!(world.outcome(&waiting).await, Outcome::Refused { .. }), "{table} {event}");
            assert_eq!(recover(&world).await, 1, "{table} {event} {count}");
        } else {
            // Nothing was taken down: the same page takes the same touch.
            if world.place.engine == Engine::Postgres {
                assert_eq!(answer.status, reqwest::StatusCode::SERVICE_UNAVAILABLE, "{table} {event}: {answer:?}");
            }
            let again = world.touch(&mut doctor.person, &waiting).await;
            assert!(again.redirect().is_some(), "{table} {event}: {again:?}");
        }
        for content in &contents {
            assert_eq!(record(&world, content).await.state, "finished", "{table} {event} {count}");
        }
        signed += count;
        assert_eq!(world.tally().await["document.signed"], signed, "{table} {event} {count}");
    }
}

/// What is recorded and kept at once may be committed at once; the journal refuses one of them.
async fn of_doctors_who_sign_at_once_one_fails_alone(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctors = Vec::new();
    for _ in 0..4 {
        doctors.push(world.doctor(&mut staff).await);
    }
    let contents: Vec<_> = doctors.iter().map(|doctor| document(&world, doctor)).collect();
    let mut waiting = Vec::new();
    for (doctor, content) in doctors.iter().zip(&contents) {
        waiting.push(world.propose(&doctor.person, sign(std::slice::from_ref(content))).await.unwrap());
    }
    let refused = format!("new.document_id = '{}'", contents[1].document_id);
    let (full, room) = match world.place.engine {
        Engine::Sqlite => (
            format!(
                "create trigger full before insert on document when {refused} begin select raise(abort, 'full'); end"
            ),
            "drop trigger full",
        ),
        Engine::Postgres => (
            format!(
                "create trigger full_disk before insert on document for each row when ({refused}) \
                 execute function refuse_change()"
            ),
            "drop trigger full_disk on document",
        ),
    };
    world.sql(&full).await;
    let [a, b, c, d] = doctors.as_mut_slice() else { panic!("four doctors") };
    let answers = tokio::join!(
        world.touch(&mut a.person, &waiting[0]),
        world.touch(&mut b.person, &waiting[1]),
        world.touch(&mut c.person, &waiting[2]),
        world.touch(&mut d.person, &waiting[3]),
    );
    for answer in [answers.0, answers.1, answers.2, answers.3] {
        assert!(answer.redirect().is_some_and(|path| path.ends_with("/done")), "{answer:?}");
    }
    for (number, content) in contents.iter().enumerate().filter(|(number, _)| *number != 1) {
        assert_eq!(record(&world, content).await.state, "finished", "{number}");
        the_file(&world, content).await;
    }
    assert!(matches!(world.outcome(&waiting[1]).await, Outcome::Working));
    not_handed_out(&world, &contents[1]).await;
    world.sql(room).await;
    assert_eq!(recover(&world).await, 1);
    assert_eq!(record(&world, &contents[1]).await.state, "finished");
    assert_eq!(world.tally().await["document.signed"], 4);
}
