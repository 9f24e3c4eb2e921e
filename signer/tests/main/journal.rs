//! Whoever owns the journal's database, and not the token, makes nobody an officer and signs
//! nothing: what stands in a row is not believed for standing there.

use signer::protocol::{Outcome, Refusal, Request, Response};

use crate::contents::{self, HOSPITAL, document, issue, request, revoke, sign};
use crate::people::Person;
use crate::place::on_both_engines;
use crate::world::{Doctor, Waiting, World};

on_both_engines!(
    a_row_alone_makes_nobody_an_officer,
    a_row_alone_gives_nobody_a_passkey,
    a_touch_that_was_only_written_down_brings_about_nothing,
);

async fn a_row_alone_makes_nobody_an_officer(mut world: World) {
    let staff = world.staff().await;
    let mut thief = world.person();
    world.enrol(&mut thief).await;
    assert_eq!(roles(&world, &staff.evidence).await, ["evidence_officer 10670"]);

    // Another's appointment, copied under the thief's name; and with the name in the statement.
    let columns = "identity_digest, role, unit_code, name_th, name_en";
    for statement in ["statement".to_owned(), format!("replace(statement, '{}', '{}')", staff.ra.id, thief.id)] {
        world
            .sql(&format!(
                "insert into appointment (appointment_id, person_id, {columns}, statement, signature, appointed_by, at) \
                 select '{}', '{}', {columns}, {statement}, signature, appointed_by, at from appointment \
                 where person_id = '{}'",
                world.uuid(),
                thief.id,
                staff.ra.id
            ))
            .await;
    }
    assert_eq!(roles(&world, &thief).await, [""; 0]);

    // An officer's own, with another role or another unit.
    world.unlock("appointment").await;
    for change in ["role = 'ra_officer'", "unit_code = 'moph'", "identity_digest = '00'"] {
        world.sql(&format!("update appointment set {change} where person_id = '{}'", staff.evidence.id)).await;
        assert_eq!(roles(&world, &staff.evidence).await, [""; 0], "{change}");
        let true_again = format!(
            "update appointment set role = 'evidence_officer', unit_code = '{HOSPITAL}', identity_digest = '{}' \
             where person_id = '{}'",
            staff.evidence.identity, staff.evidence.id
        );
        world.sql(&true_again).await;
        assert_eq!(roles(&world, &staff.evidence).await, ["evidence_officer 10670"]);
    }
    let operation = contents::appointment(&world, &thief, "ra_officer", HOSPITAL);
    assert_eq!(world.propose(&thief, operation).await.unwrap_err(), Refusal::NoAuthority);
}

async fn a_row_alone_gives_nobody_a_passkey(mut world: World) {
    let mut staff = world.staff().await;
    // The thief is a doctor: the binding key did sign for this passkey, as theirs.
    let Doctor { person: mut thief, certificate } = world.doctor(&mut staff).await;
    let something = revoke(&certificate.serial, "superseded");
    for table in ["binding", "credential"] {
        world.unlock(table).await;
    }
    let id = thief.credential().credential_id;

    // The officer's key swapped for the thief's, under the officer's credential id.
    let victim = &mut staff.ra;
    let waiting = world.propose(victim, something.clone()).await.unwrap();
    world
        .sql(&format!(
            "update credential set cose_key = (select cose_key from credential where credential_id = '{id}') \
             where credential_id = '{}'",
            victim.credential().credential_id
        ))
        .await;
    touched_by_the_thief_it_stays(&world, &mut thief, &waiting, Some(victim)).await;

    // The officer's binding pointed at the thief's passkey, first in the row, then in the text.
    let victim = &mut staff.province;
    let waiting = world.propose(victim, something.clone()).await.unwrap();
    world.sql(&format!("update credential set person_id = '{}' where credential_id = '{id}'", victim.id)).await;
    world.sql(&format!("update binding set credential_id = '{id}' where person_id = '{}'", victim.id)).await;
    touched_by_the_thief_it_stays(&world, &mut thief, &waiting, None).await;
    world
        .sql(&format!(
            "update binding set statement = replace(statement, '{}', '{id}') where person_id = '{}'",
            victim.credential().credential_id,
            victim.id
        ))
        .await;
    touched_by_the_thief_it_stays(&world, &mut thief, &waiting, None).await;

    // A newer binding that is the thief's own, word for word, or the officer's own of before.
    let copies = [(&staff.central[0], thief.id.clone()), (&staff.central[1], staff.central[1].id.clone())];
    for (victim, copied) in copies {
        let waiting = world.propose(victim, something.clone()).await.unwrap();
        world.sql(&format!("update credential set person_id = '{}' where credential_id = '{id}'", victim.id)).await;
        world
            .sql(&format!(
                "insert into binding (binding_id, person_id, credential_id, version, ended, statement, signature, at) \
                 select '{}', '{}', '{id}', 7, 0, statement, signature, at from binding \
                 where person_id = '{copied}' and version = 1",
                world.uuid(),
                victim.id
            ))
            .await;
        touched_by_the_thief_it_stays(&world, &mut thief, &waiting, None).await;
    }
}

async fn a_touch_that_was_only_written_down_brings_about_nothing(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let mut thief = world.person();
    world.enrol(&mut thief).await;
    // Somebody does lend their touch to something else.
    let content = document(&world, &doctor);
    let earlier = world.activate(&mut doctor.person, sign(&[content])).await;
    assert!(matches!(earlier, Outcome::DocumentsSigned { .. }));

    let becoming_officer = contents::appointment(&world, &thief, "ra_officer", HOSPITAL);
    let mut signing = document(&world, &doctor);
    signing.fields.insert("opinion".to_owned(), "พักงาน 30 วัน".to_owned());
    let mut patient = world.person();
    world.enrol(&mut patient).await;
    let issuing = request(&world, &patient, &mut staff.evidence).await;
    let waiting = [
        (world.propose(&staff.province, becoming_officer).await.unwrap(), &staff.province),
        (world.propose(&doctor.person, sign(&[signing])).await.unwrap(), &doctor.person),
        (world.propose(&staff.ra, issue(&issuing)).await.unwrap(), &staff.ra),
    ];
    let before = world.tally().await;
    for (waiting, actor) in &waiting {
        let hash = ticket_hash(waiting);
        world.sql(&format!("update ticket set state = 'activated' where ticket_hash = '{hash}'")).await;
        // The best there is: a real touch of this very person, if they made one, for something else.
        let credential = actor.credential().credential_id;
        let copied = "operation_digest, challenge, client_data, authenticator_data, signature, at";
        let rows = world
            .sql(&format!(
                "insert into activation (activation_id, ticket_hash, person_id, credential_id, {copied}) \
                 select '{}', '{hash}', '{}', '{credential}', {copied} from activation \
                 order by case when person_id = '{}' then 0 else 1 end, at limit 1",
                world.uuid(),
                actor.id,
                actor.id,
            ))
            .await;
        assert_eq!(rows, 1);
    }
    let found = world.service().with(|core| async move { core.recover(time::Duration::ZERO).await }).await;
    assert_eq!(found, Ok(3));
    for (waiting, _) in &waiting {
        let outcome = world.outcome(waiting).await;
        assert!(matches!(outcome, Outcome::Refused { refusal: Refusal::ActivationInvalid { .. } }), "{outcome:?}");
    }
    assert_eq!(world.tally().await, before);
    assert_eq!(roles(&world, &thief).await, [""; 0]);
    let none = world.ask(Request::Certificates { person_id: patient.id.clone() }).await;
    assert!(matches!(none, Ok(Response::Certificates { certificates }) if certificates.is_empty()));
}

/// The page is opened, the thief's passkey answers its challenge, and nothing comes of it.
async fn touched_by_the_thief_it_stays(
    world: &World,
    thief: &mut Person,
    waiting: &Waiting,
    named: Option<&mut Person>,
) {
    let before = world.tally().await;
    let page = world.browser.open(&waiting.url).await;
    let challenge = page.challenge();
    let mut touch = thief.passkeys.get("sign.localhost", &page.origin, &challenge).unwrap();
    if let Some(victim) = named {
        touch.credential_id = victim.passkeys.get("sign.localhost", &page.origin, b"").unwrap().credential_id;
    }
    let allowed = page.options()["allowCredentials"].to_string();
    assert!(!allowed.contains(touch.to_json()["id"].as_str().unwrap()), "{allowed}");
    let answer = world.browser.post(&page.finish(), touch.to_json()).await;
    assert_eq!(answer.status, reqwest::StatusCode::FORBIDDEN, "{answer:?}");
    assert_eq!(world.outcome(waiting).await, Outcome::Waiting);
    assert_eq!(world.tally().await, before);
}

async fn roles(world: &World, person: &Person) -> Vec<String> {
    let said = world.ask(Request::Appointments { person_id: person.id.clone() }).await;
    let Ok(Response::Appointments { appointments }) = said else { panic!("{said:?}") };
    assert!(appointments.iter().all(|appointment| appointment.person_id == person.id));
    appointments.iter().map(|appointment| format!("{} {}", appointment.role, appointment.unit_code)).collect()
}

fn ticket_hash(waiting: &Waiting) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, waiting.ticket.as_bytes()))
}
