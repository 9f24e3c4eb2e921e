//! Killed as soon as the touch is on record, or as soon as what was touched for is done: each change of what
//! people are and have is made once, told as made, and leaves the entries that it leaves undisturbed.

use std::collections::BTreeMap;

use signer::protocol::{
    AppointmentEnding, CredentialBinding, CredentialEnding, DigestSwitch, Operation, Outcome, ReplacementStop,
};
use signer::step::{Step, Steps};

use crate::contents::{self, HOSPITAL, revoke, unvouched, vouching};
use crate::crashes::{killed_at, recover};
use crate::people::Person;
use crate::place::on_both_engines;
use crate::revocations::{hold, restore};
use crate::standing::{another_phone, appointment_of, credentials, replacement, version};
use crate::world::World;

on_both_engines!(
    evidence_and_appointments_are_recorded_once,
    passkeys_are_changed_once,
    certificates_and_permissions_are_changed_once
);

/// Undisturbed, and killed at either step.
const COURSES: [Option<Step>; 3] = [None, Some(Step::Recorded), Some(Step::Done)];

/// What entries a change left in the ledger.
type Entries = BTreeMap<String, usize>;

async fn evidence_and_appointments_are_recorded_once(mut world: World) {
    let mut staff = world.staff().await;
    let mut left = Vec::new();
    for course in COURSES {
        let mut person = world.person();
        world.enrol(&mut person).await;
        let record = vouching(&world, &unvouched(&world, &person, &staff.evidence));
        let (outcome, vouched) = carried_out(&mut world, course, &mut staff.evidence, record).await;
        assert!(matches!(outcome, Outcome::EvidenceRecorded { .. }), "{course:?}: {outcome:?}");
        let mut officer = world.person();
        world.enrol(&mut officer).await;
        let appointment = contents::appointment(&world, &officer, "evidence_officer", HOSPITAL);
        let (outcome, appointed) = carried_out(&mut world, course, &mut staff.province, appointment).await;
        assert!(matches!(outcome, Outcome::OfficerAppointed { .. }), "{course:?}: {outcome:?}");
        let ending = Operation::EndAppointment {
            ending: AppointmentEnding { appointment_id: appointment_of(&world, &officer).await },
        };
        let (outcome, ended) = carried_out(&mut world, course, &mut staff.province, ending).await;
        assert!(matches!(outcome, Outcome::AppointmentEnded { .. }), "{course:?}: {outcome:?}");
        left.push([vouched, appointed, ended]);
    }
    the_same_each_time(&left);
}

async fn passkeys_are_changed_once(mut world: World) {
    let mut staff = world.staff().await;
    let mut left = Vec::new();
    for course in COURSES {
        let mut doctor = world.doctor(&mut staff).await.person;
        let (id, phone) = (doctor.id.clone(), another_phone(&world, &doctor).await);
        let credential_id = phone.credential().credential_id;
        let binding = CredentialBinding {
            person_id: id.clone(),
            after_version: version(&world, &doctor).await,
            credential: phone.credential(),
            removes: None,
        };
        let (outcome, bound) =
            carried_out(&mut world, course, &mut doctor, Operation::BindCredential { binding }).await;
        assert!(matches!(outcome, Outcome::CredentialsChanged { .. }), "{course:?}: {outcome:?}");
        let after_version = version(&world, &doctor).await;
        let ending = CredentialEnding { person_id: id.clone(), after_version, credential_id };
        let (outcome, ended) = carried_out(&mut world, course, &mut doctor, Operation::EndCredential { ending }).await;
        assert!(matches!(outcome, Outcome::CredentialsChanged { .. }), "{course:?}: {outcome:?}");

        let lost = another_phone(&world, &doctor).await;
        let wanted = replacement(&world, &lost).await;
        let mut approvals = Vec::new();
        for officer in [&mut staff.ra, &mut staff.province] {
            let approving = Operation::ReplaceCredential { replacement: wanted.clone() };
            let (outcome, approved) = carried_out(&mut world, course, officer, approving).await;
            assert!(matches!(outcome, Outcome::ReplacementApproved { .. }), "{course:?}: {outcome:?}");
            approvals.push(approved);
        }
        assert_eq!(credentials(&world, &doctor).await.replacements[0].approvals.len(), 2, "{course:?}");
        let stop = ReplacementStop { request_id: wanted.request_id, person_id: id };
        let (outcome, stopped) =
            carried_out(&mut world, course, &mut doctor, Operation::StopReplacement { stop }).await;
        assert!(matches!(outcome, Outcome::CredentialsChanged { .. }), "{course:?}: {outcome:?}");
        let replacements = credentials(&world, &doctor).await.replacements;
        assert_eq!((replacements.len(), replacements[0].state.as_str()), (1, "stopped"), "{course:?}");
        left.push([bound, ended, approvals.remove(0), approvals.remove(0), stopped]);
    }
    the_same_each_time(&left);
}

async fn certificates_and_permissions_are_changed_once(mut world: World) {
    let mut staff = world.staff().await;
    let mut left = Vec::new();
    for course in COURSES {
        let mut switched = Vec::new();
        for allow in [true, false] {
            let switch = DigestSwitch { unit_code: HOSPITAL.to_owned(), allow };
            let (outcome, entries) =
                carried_out(&mut world, course, &mut staff.ra, Operation::SwitchDigests { switch }).await;
            assert!(matches!(outcome, Outcome::DigestsSwitched { .. }), "{course:?}: {outcome:?}");
            switched.push(entries);
        }
        let serial = world.doctor(&mut staff).await.certificate.serial;
        world.ask(hold(&serial)).await.unwrap();
        let restoring = restore(&world, &serial).await;
        let (outcome, restored) = carried_out(&mut world, course, &mut staff.ra, restoring).await;
        assert!(matches!(outcome, Outcome::CertificateRestored { .. }), "{course:?}: {outcome:?}");
        // Once revoked, and once more said of it: since when.
        let (outcome, revoked) = carried_out(&mut world, course, &mut staff.ra, revoke(&serial, "superseded")).await;
        assert!(matches!(outcome, Outcome::CertificateRevoked { .. }), "{course:?}: {outcome:?}");
        let (outcome, amended) =
            carried_out(&mut world, course, &mut staff.ra, revoke(&serial, "key_compromise")).await;
        assert!(matches!(outcome, Outcome::CertificateRevoked { .. }), "{course:?}: {outcome:?}");
        left.push([switched.remove(0), switched.remove(0), restored, revoked, amended]);
    }
    the_same_each_time(&left);
}

/// Proposes and touches; if the signer is killed on the way, another goes on. What is told of it in the end,
/// and the entries that it left.
async fn carried_out(
    world: &mut World,
    course: Option<Step>,
    person: &mut Person,
    operation: Operation,
) -> (Outcome, Entries) {
    let before = world.tally().await;
    let Some(step) = course else {
        let outcome = world.activate(person, operation).await;
        return (outcome, since(&before, world.tally().await));
    };
    world.start(killed_at(step, 1)).await;
    let waiting = world.propose(person, operation).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    world.answer(person, &page).await;
    assert_eq!(world.outcome(&waiting).await, Outcome::Working, "{step:?}");
    let meanwhile = since(&before, world.tally().await);
    let done = meanwhile.keys().any(|kind| kind != "operation.activated");
    assert_eq!(done, step == Step::Done, "{step:?}: {meanwhile:?}");

    world.start(Steps::default()).await;
    assert_eq!((recover(world).await, recover(world).await), (1, 0), "{step:?}");
    let (outcome, entries) = (world.outcome(&waiting).await, since(&before, world.tally().await));
    assert!(!done || entries == meanwhile, "{step:?}: {entries:?}");
    assert!(world.answer(person, &page).await.redirect().is_none(), "{step:?}: one touch, one change");
    assert_eq!(since(&before, world.tally().await), entries);
    (outcome, entries)
}

fn since(before: &Entries, now: Entries) -> Entries {
    let more = |(kind, count): (String, usize)| (kind.clone(), count - before.get(&kind).copied().unwrap_or(0));
    now.into_iter().map(more).filter(|(_, count)| *count > 0).collect()
}

fn the_same_each_time<const N: usize>(left: &[[Entries; N]]) {
    assert_eq!(left.len(), COURSES.len());
    for (course, entries) in COURSES.iter().zip(left) {
        assert_eq!(*entries, left[0], "{course:?}");
        assert!(entries.iter().all(|entries| entries["operation.activated"] == 1), "{entries:?}");
    }
}
