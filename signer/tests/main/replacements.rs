//! A new passkey in the place of lost ones, beyond the ordinary way: what its holder reads of it, and how a
//! central officer gets one.

use signer::ceremony::CeremonyError;
use signer::protocol::{
    AppointmentEnding, CredentialBinding, CredentialReplacement, Operation, Outcome, Refusal, Request, Response,
};
use time::Duration;

use crate::audits::{check, keys, newest_activation};
use crate::ceremonies::root_acts;
use crate::contents::{self, document, sign};
use crate::people::Person;
use crate::place::on_both_engines;
use crate::standing::{
    another_phone, approved, credentials, named, queue, replacement, settle, signs, signs_with, states, suspend, twin,
    version,
};
use crate::standing_attacks::delete_rows_of;
use crate::world::World;

on_both_engines!(
    its_holder_reads_of_a_replacement_wherever_they_sign,
    of_two_central_officers_one_gets_a_new_passkey,
    the_operators_stand_for_nobody_who_is_central_no_more,
    an_officer_with_another_passkey_approves_again,
);

/// A portal that keeps back what is about to happen does not keep it from the holder: the page they sign on
/// says it, and leads to where it is stopped.
async fn its_holder_reads_of_a_replacement_wherever_they_sign(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let thief = another_phone(&world, &doctor.person).await;
    let wanted = replacement(&world, &thief).await;
    let before = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    let notice = "พาสคีย์ทั้งหมดของท่าน";
    assert!(!world.browser.open(&before.url).await.html.contains(notice));
    assert_eq!(world.browser.press(&format!("/a/{}/stop", before.ticket)).await, None, "nothing to be stopped");

    let approving = Operation::ReplaceCredential { replacement: wanted.clone() };
    approved(world.activate(&mut staff.ra, approving.clone()).await);
    let page = world.browser.open(&before.url).await;
    assert!(page.html.contains(notice) && page.html.contains("เจ้าหน้าที่คนหนึ่งอนุมัติ"), "{}", page.html);
    approved(world.activate(&mut staff.province, approving).await);
    let page = world.browser.open(&before.url).await;
    assert!(page.html.contains("จะถูกแทนที่ด้วยพาสคีย์อื่นเมื่อ"), "{}", page.html);
    // Nobody else's pages say it.
    let other = world.propose(&staff.ra, contents::revoke(&doctor.certificate.serial, "superseded")).await.unwrap();
    assert!(!world.browser.open(&other.url).await.html.contains(notice));

    let path = page.html.split_once("<form method=\"post\" action=\"").unwrap().1.split_once('"').unwrap().0;
    let url = world.browser.press(path).await.unwrap();
    let stopping = world.browser.open(&url).await;
    assert!(stopping.html.contains("หยุดด้วยพาสคีย์") && !stopping.html.contains(notice), "{}", stopping.html);
    assert!(world.answer(&mut doctor.person, &stopping).await.redirect().is_some());
    world.later(Duration::days(2));
    assert_eq!(settle(&world).await, 0);
    assert_eq!(credentials(&world, &doctor.person).await.replacements[0].state, "stopped");
    assert!(signs(&world, &mut doctor).await);
    assert!(!signs_with(&world, &doctor, &mut { thief }).await);
}

/// Nobody is above a central officer, and one only beside: the operators stand for the second.
async fn of_two_central_officers_one_gets_a_new_passkey(mut world: World) {
    let mut staff = world.staff().await;
    let [lost, _] = &staff.central;
    let (lost, mut phone) = (twin(&world, lost), another_phone(&world, lost).await);
    assert_eq!(suspend(&world, &lost, None).await, Ok(()));
    let wanted = replacement(&world, &phone).await;
    let approving = |content: &CredentialReplacement| Operation::ReplaceCredential { replacement: content.clone() };
    // Who is below approves nothing here.
    assert_eq!(world.propose(&staff.province, approving(&wanted)).await.unwrap_err(), Refusal::NoAuthority);

    // The operators only after an officer, only for the passkey that its holder shows, and once.
    let acts = root_acts(&world).await;
    let code = phone.credential().key_code;
    let approve = async |request: &CredentialReplacement, code: &str| {
        let token = tokio::task::spawn_blocking(|| crate::place::token("online")).await.unwrap();
        acts.approve_replacement(token, &request.request_id, code).await
    };
    let count = async |officer: &Person| queue(&world, officer).await[0].approvals.len();
    let early = approve(&wanted, &code).await;
    assert!(matches!(early, Err(CeremonyError::NoSuchReplacement(_))), "{early:?}");
    let record = approved(world.activate(&mut staff.central[1], approving(&wanted)).await);
    assert_eq!((record.state.as_str(), record.approvals.len()), ("open", 1));
    let another = approve(&wanted, "AAAA-AAAA").await;
    assert!(matches!(another, Err(CeremonyError::OtherKeyCode)), "{another:?}");

    // A row alone says nothing, nor does what was stated of another request or of something else.
    let other_root = acts.next_root_crl(365).await.unwrap().transcript;
    let approved_once = "(select statement from replacement_approval)";
    let its_signature = "(select signature from replacement_approval)";
    for (statement, signature) in [("'{}'", its_signature), (approved_once, its_signature)] {
        let forged = format!(
            "insert into operators_approval \
             (transcript_sha256, request_id, statement, signature, transcript, transcript_signature, at) \
             select '{}', '{}', {statement}, {signature}, '{}', {signature}, 1",
            other_root.transcript.sha256(),
            wanted.request_id,
            other_root.transcript.text().replace('\'', "''"),
        );
        assert_eq!(world.sql(&forged).await, 1);
        assert_eq!(count(&staff.central[1]).await, 1, "{statement}");
        delete_rows_of(&world, "operators_approval").await;
        world.sql("delete from operators_approval").await;
    }

    let signed = approve(&wanted, &code.to_lowercase().replace('-', " ")).await.unwrap();
    let text = signed.transcript.text();
    assert!(text.contains(&code) && text.contains(&lost.name_th.0), "{text}");
    let again = approve(&wanted, &code).await;
    assert!(matches!(again, Err(CeremonyError::ApprovedBefore)), "{again:?}");
    let waiting = queue(&world, &staff.central[1]).await[0].clone();
    let by: Vec<&str> = waiting.approvals.iter().map(|approval| approval.officer_id.as_str()).collect();
    assert_eq!((waiting.state.as_str(), by), ("waiting", vec![staff.central[1].id.as_str(), "operators"]));

    // Withdrawn, it is over; and what the operators approved then is nothing for the request that follows.
    let withdrawn = Request::WithdrawReplacement { request_id: wanted.request_id.clone() };
    assert!(matches!(world.ask(withdrawn).await, Ok(Response::Done)));
    let over = approve(&wanted, &code).await;
    assert!(matches!(over, Err(CeremonyError::NoSuchReplacement(_))), "{over:?}");
    world.later(Duration::days(2));
    assert_eq!(settle(&world).await, 0);
    let wanted = replacement(&world, &phone).await;
    approved(world.activate(&mut staff.central[1], approving(&wanted)).await);
    let copied = format!(
        "insert into operators_approval \
         (transcript_sha256, request_id, statement, signature, transcript, transcript_signature, at) \
         select 'copied', '{}', statement, signature, transcript, transcript_signature, at + 1000000000000 \
         from operators_approval",
        wanted.request_id
    );
    assert_eq!(world.sql(&copied).await, 1);
    assert_eq!(count(&staff.central[1]).await, 1, "the operators' word on another request");

    // Older than thirty days neither's word counts.
    approve(&wanted, &code).await.unwrap();
    assert_eq!(count(&staff.central[1]).await, 2);
    world.later(Duration::days(31));
    assert_eq!(count(&staff.central[1]).await, 0);
    let withdrawn = Request::WithdrawReplacement { request_id: wanted.request_id.clone() };
    assert!(matches!(world.ask(withdrawn).await, Ok(Response::Done)));
    let wanted = replacement(&world, &phone).await;
    approved(world.activate(&mut staff.central[1], approving(&wanted)).await);
    approve(&wanted, &code).await.unwrap();
    world.later(Duration::hours(23));
    assert_eq!(settle(&world).await, 0);
    world.later(Duration::hours(1));
    assert_eq!(settle(&world).await, 1);
    assert_eq!(states(&world, &lost).await, [("bound", &phone), ("ended", &lost)].map(named));
    // The new one acts as the officer.
    let mut officer = world.person();
    world.enrol(&mut officer).await;
    let appointment = contents::appointment(&world, &officer, "ra_officer", contents::PROVINCE);
    let outcome = world.activate(&mut phone, appointment).await;
    assert!(matches!(outcome, Outcome::OfficerAppointed { .. }), "{outcome:?}");

    // What the new passkey brought about is traced to the ceremony, by way of the operators.
    world.tally().await;
    let (keys, id) = (keys(&world).await, newest_activation(&world).await);
    let report = check(&world, &keys, &id).await;
    assert!(report.sound, "{:#?}", report.faults());
    delete_rows_of(&world, "operators_approval").await;
    world.sql("delete from operators_approval").await;
    let broken = check(&world, &keys, &id).await;
    assert!(!broken.sound, "without their word it is not");

    // For a doctor, who has officers above, the operators stand for nobody.
    let doctor = world.doctor(&mut staff).await;
    assert_eq!(suspend(&world, &doctor.person, None).await, Ok(()));
    let phone = another_phone(&world, &doctor.person).await;
    let wanted = replacement(&world, &phone).await;
    approved(world.activate(&mut staff.ra, approving(&wanted)).await);
    let said = approve(&wanted, &phone.credential().key_code).await;
    assert!(matches!(said, Err(CeremonyError::NotCentral)), "{said:?}");
    let open = credentials(&world, &doctor.person).await.replacements[0].clone();
    assert_eq!((open.state.as_str(), open.approvals.len()), ("open", 1));
}

/// A central officer who is a province's too: above the province's there are others, who have to approve.
async fn the_operators_stand_for_nobody_who_is_central_no_more(mut world: World) {
    let mut staff = world.staff().await;
    let [lost, beside] = &mut staff.central;
    let too = contents::appointment(&world, lost, "ra_officer", contents::PROVINCE);
    let outcome = world.activate(beside, too).await;
    assert!(matches!(outcome, Outcome::OfficerAppointed { .. }), "{outcome:?}");
    let phone = another_phone(&world, lost).await;
    let wanted = replacement(&world, &phone).await;
    let approving = Operation::ReplaceCredential { replacement: wanted.clone() };
    approved(world.activate(beside, approving).await);
    let token = tokio::task::spawn_blocking(|| crate::place::token("online")).await.unwrap();
    let acts = root_acts(&world).await;
    acts.approve_replacement(token, &wanted.request_id, &phone.credential().key_code).await.unwrap();
    assert_eq!(queue(&world, beside).await[0].approvals.len(), 2);

    let asked = Request::Appointments { person_id: lost.id.clone() };
    let Ok(Response::Appointments { appointments }) = world.ask(asked).await else { panic!("none") };
    let central = appointments.iter().find(|held| held.unit_code != contents::PROVINCE).unwrap();
    let ending = AppointmentEnding { appointment_id: central.appointment_id.clone() };
    let outcome = world.activate(lost, Operation::EndAppointment { ending }).await;
    assert!(matches!(outcome, Outcome::AppointmentEnded { .. }), "{outcome:?}");
    assert_eq!(queue(&world, beside).await[0].approvals.len(), 1);
    world.later(Duration::days(2));
    assert_eq!(settle(&world).await, 0);
}

/// What an officer approved with a passkey that they lost counts no more; with the next one they approve again.
async fn an_officer_with_another_passkey_approves_again(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let phone = another_phone(&world, &doctor.person).await;
    let wanted = replacement(&world, &phone).await;
    let approving = Operation::ReplaceCredential { replacement: wanted.clone() };
    approved(world.activate(&mut staff.province, approving.clone()).await);
    let officer = &mut staff.ra;
    approved(world.activate(officer, approving.clone()).await);

    let mut next = another_phone(&world, officer).await;
    let binding = CredentialBinding {
        person_id: officer.id.clone(),
        after_version: version(&world, officer).await,
        credential: next.credential(),
        removes: Some(officer.credential().credential_id),
    };
    let outcome = world.activate(officer, Operation::BindCredential { binding }).await;
    assert!(matches!(outcome, Outcome::CredentialsChanged { .. }), "{outcome:?}");
    let record = credentials(&world, &doctor.person).await.replacements[0].clone();
    assert_eq!((record.state.as_str(), record.approvals.len()), ("open", 1));

    let record = approved(world.activate(&mut next, approving.clone()).await);
    assert_eq!((record.state.as_str(), record.approvals.len()), ("waiting", 2));
    assert_eq!(world.propose(&next, approving).await.unwrap_err(), Refusal::AlreadyDone, "once each");
    // The delay begins with what made them two.
    world.later(Duration::hours(23));
    assert_eq!(settle(&world).await, 0);
    world.later(Duration::hours(1));
    assert_eq!(settle(&world).await, 1);
    assert_eq!(states(&world, &doctor.person).await, [("bound", &phone), ("ended", &doctor.person)].map(named));
}
