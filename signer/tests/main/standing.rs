//! What people act with: passkeys added, removed, suspended and replaced; appointments that end.

use signer::protocol::{
    AppointmentEnding, CredentialBinding, CredentialEnding, CredentialReplacement, CredentialSuspensionSource,
    CredentialsRecord, EvidenceOutcome, EvidenceReference, Operation, Outcome, Refusal, ReplacementRecord,
    ReplacementStop, Request, Response,
};
use signer::step::Steps;
use time::Duration;
use time::format_description::well_known::Rfc3339;

use crate::contents::{self, HOSPITAL, NEIGHBOUR, document, issue, request, sign};
use crate::people::Person;
use crate::place::on_both_engines;
use crate::world::{Doctor, World};

on_both_engines!(
    a_passkey_is_added_and_removed_with_one_that_is_there,
    an_appointment_ends_at_once,
    a_lost_phone_is_suspended_at_once_and_replaced_by_two,
    its_holder_stops_a_replacement,
    approvals_die_of_age_of_their_officer_and_of_change,
    two_signers_replace_once,
);

async fn a_passkey_is_added_and_removed_with_one_that_is_there(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let mut second = another_phone(&world, &doctor.person).await;
    assert_eq!(states(&world, &doctor.person).await, [("pending", &second), ("bound", &doctor.person)].map(named));
    let version = version(&world, &doctor.person).await;
    let adding = |credential: &Person, after: i64, removes: Option<&Person>| Operation::BindCredential {
        binding: CredentialBinding {
            person_id: doctor.person.id.clone(),
            after_version: after,
            credential: credential.credential(),
            removes: removes.map(|phone| phone.credential().credential_id),
        },
    };

    // Nobody else adds one, and none that is somebody else's.
    let stranger = another_phone(&world, &staff.evidence).await;
    let before = world.tally().await;
    let said = world.propose(&staff.ra, adding(&second, version, None)).await;
    assert_eq!(said.unwrap_err(), Refusal::NotYourPasskey);
    for (operation, refusal) in [
        (adding(&stranger, version, None), Refusal::CredentialUnknown),
        (adding(&doctor.person, version, None), Refusal::CredentialUnknown),
        (adding(&second, version, Some(&stranger)), Refusal::CredentialUnknown),
        (adding(&second, version - 1, None), Refusal::Conflict),
        (adding(&second, version + 1, None), Refusal::Conflict),
    ] {
        assert_eq!(world.propose(&doctor.person, operation).await.unwrap_err(), refusal);
    }
    // The new one cannot vouch for itself.
    let operation = adding(&second, version, None);
    let waiting = world.propose(&doctor.person, operation.clone()).await.unwrap();
    forced_touch_is_refused(&world, &mut second, &waiting).await;
    assert_eq!(world.tally().await, before);
    let page = world.browser.open(&waiting.url).await;
    assert!(page.html.contains(&second.credential().key_code), "the person compares it");
    assert!(world.answer(&mut doctor.person, &page).await.redirect().is_some());
    let Outcome::CredentialsChanged { credentials } = world.outcome(&waiting).await else { panic!("changed") };
    assert_eq!(credentials.version, version + 1);
    assert_eq!(states(&world, &doctor.person).await, [("bound", &second), ("bound", &doctor.person)].map(named));
    let said = world.propose(&doctor.person, operation).await;
    assert_eq!(said.unwrap_err(), Refusal::Conflict, "once");
    assert!(signs(&world, &mut doctor).await);
    assert!(signs_with(&world, &doctor, &mut second).await);

    // Removed with the other one, it is gone, for pages that are open as well, after a restart too.
    let person_id = doctor.person.id.clone();
    let ending = |phone: &Person, after: i64| Operation::EndCredential {
        ending: CredentialEnding {
            person_id: person_id.clone(),
            after_version: after,
            credential_id: phone.credential().credential_id,
        },
    };
    let open = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    let waiting = world.propose(&doctor.person, ending(&doctor.person, version + 1)).await.unwrap();
    let mut first = twin(&world, &doctor.person);
    forced_touch_is_refused(&world, &mut first, &waiting).await;
    assert!(world.touch(&mut second, &waiting).await.redirect().is_some());
    forced_touch_is_refused(&world, &mut first, &open).await;
    assert_eq!(states(&world, &doctor.person).await, [("bound", &second), ("ended", &doctor.person)].map(named));
    world.start(Steps::default()).await;
    assert!(!signs(&world, &mut doctor).await);
    assert!(signs_with(&world, &doctor, &mut second).await);

    // The last one is not removed with itself; an officer above can, one beside cannot.
    let last = ending(&second, version + 2);
    let waiting = world.propose(&doctor.person, last.clone()).await.unwrap();
    forced_touch_is_refused(&world, &mut second, &waiting).await;
    let mut neighbour = world.appoint(&mut staff.province, "ra_officer", NEIGHBOUR).await;
    assert_eq!(world.propose(&neighbour, last.clone()).await.unwrap_err(), Refusal::NoAuthority);
    assert_eq!(world.propose(&staff.evidence, last.clone()).await.unwrap_err(), Refusal::NoAuthority);
    assert!(matches!(world.activate(&mut staff.ra, last).await, Outcome::CredentialsChanged { .. }));
    assert!(!signs_with(&world, &doctor, &mut second).await);
    // Then no ordinary approval gives them another.
    let third = another_phone(&world, &doctor.person).await;
    let mut again = request(&world, &doctor.person, &mut staff.evidence).await;
    again.credential = third.credential();
    assert_eq!(world.propose(&staff.ra, issue(&again)).await.unwrap_err(), Refusal::CredentialUnknown);
    let as_officer = contents::appointment(&world, &third, "evidence_officer", HOSPITAL);
    assert_eq!(world.propose(&staff.province, as_officer).await.unwrap_err(), Refusal::CredentialUnknown);
    let _ = &mut neighbour;
}

async fn an_appointment_ends_at_once(mut world: World) {
    let mut staff = world.staff().await;
    let mut applicant = world.person();
    world.enrol(&mut applicant).await;
    let asked = request(&world, &applicant, &mut staff.evidence).await;
    let approving = world.propose(&staff.ra, issue(&asked)).await.unwrap();
    let ending = async |officer: &Person| Operation::EndAppointment {
        ending: AppointmentEnding { appointment_id: appointment_of(&world, officer).await },
    };
    let end_of_ra = ending(&staff.ra).await;
    let neighbour = world.appoint(&mut staff.province, "ra_officer", NEIGHBOUR).await;
    for officer in [&neighbour, &staff.evidence] {
        assert_eq!(world.propose(officer, end_of_ra.clone()).await.unwrap_err(), Refusal::NoAuthority);
    }
    let of_province = ending(&staff.province).await;
    assert_eq!(world.propose(&staff.ra, of_province).await.unwrap_err(), Refusal::NoAuthority, "from below");
    let outcome = world.activate(&mut staff.province, end_of_ra.clone()).await;
    assert!(
        matches!(&outcome, Outcome::AppointmentEnded { ended_by, .. } if *ended_by == staff.province.id),
        "{outcome:?}"
    );
    // What was before them is theirs no more.
    let answer = world.touch(&mut staff.ra, &approving).await;
    assert_eq!(answer.status, reqwest::StatusCode::FORBIDDEN, "{answer:?}");
    assert_eq!(world.propose(&staff.ra, issue(&asked)).await.unwrap_err(), Refusal::NoAuthority);
    assert_eq!(world.propose(&staff.province, end_of_ra).await.unwrap_err(), Refusal::AlreadyDone);
    // Resigning: what the evidence officer saw counts no more either.
    let resigning = ending(&staff.evidence).await;
    assert!(matches!(world.activate(&mut staff.evidence, resigning).await, Outcome::AppointmentEnded { .. }));
    let said = world.propose(&staff.province, issue(&asked)).await.unwrap_err();
    assert!(matches!(said, Refusal::EvidenceInsufficient { .. }), "{said:?}");

    // A central officer leaves of their own will, the last one does not.
    let [first, second] = &mut staff.central;
    let (leaving, staying) = (ending(first).await, ending(second).await);
    assert_eq!(world.propose(second, leaving.clone()).await.unwrap_err(), Refusal::NoAuthority);
    let pages = [world.propose(first, leaving).await.unwrap(), world.propose(second, staying.clone()).await.unwrap()];
    assert!(world.touch(first, &pages[0]).await.redirect().is_some());
    assert!(matches!(world.outcome(&pages[0]).await, Outcome::AppointmentEnded { .. }));
    let answer = world.touch(second, &pages[1]).await;
    assert_eq!(answer.status, reqwest::StatusCode::CONFLICT, "{answer:?}");
    assert_eq!(world.propose(second, staying).await.unwrap_err(), Refusal::LastOfficer);
    assert_eq!(suspend(&world, second, None).await, Err(Refusal::LastOfficer), "nor by the portal's word");
}

async fn a_lost_phone_is_suspended_at_once_and_replaced_by_two(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let open = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    assert_eq!(suspend(&world, &doctor.person, Some("AAAA")).await, Err(Refusal::CredentialUnknown));
    let id = doctor.person.credential().credential_id;
    assert_eq!(suspend(&world, &doctor.person, Some(&id)).await, Ok(()));
    assert_eq!(suspend(&world, &doctor.person, None).await, Err(Refusal::AlreadyDone));
    let mut lost = twin(&world, &doctor.person);
    forced_touch_is_refused(&world, &mut lost, &open).await;
    assert!(!signs(&world, &mut doctor).await);

    let mut phone = another_phone(&world, &doctor.person).await;
    let wanted = replacement(&world, &phone).await;
    let approving = |content: &CredentialReplacement| Operation::ReplaceCredential { replacement: content.clone() };
    // Neither the suspended passkey nor one officer brings it back.
    let binding = Operation::BindCredential {
        binding: CredentialBinding {
            person_id: doctor.person.id.clone(),
            after_version: wanted.after_version,
            credential: phone.credential(),
            removes: None,
        },
    };
    let waiting = world.propose(&doctor.person, binding).await.unwrap();
    forced_touch_is_refused(&world, &mut lost, &waiting).await;
    forced_touch_is_refused(&world, &mut phone, &waiting).await;
    assert_eq!(world.propose(&doctor.person, approving(&wanted)).await.unwrap_err(), Refusal::SelfApproval);
    assert_eq!(world.propose(&staff.evidence, approving(&wanted)).await.unwrap_err(), Refusal::NoAuthority);
    for bent in [
        CredentialReplacement { identity_digest: staff.ra.identity.clone(), ..wanted.clone() },
        CredentialReplacement { after_version: wanted.after_version + 1, ..wanted.clone() },
    ] {
        assert_eq!(world.propose(&staff.ra, approving(&bent)).await.unwrap_err(), Refusal::Conflict);
    }

    let page = world.propose(&staff.ra, approving(&wanted)).await.unwrap();
    let shown = world.browser.open(&page.url).await;
    for words in [phone.credential().key_code.as_str(), "ใจดี", "(10670)"] {
        assert!(shown.html.contains(words), "{words}");
    }
    assert!(world.answer(&mut staff.ra, &shown).await.redirect().is_some());
    let first = approved(world.outcome(&page).await);
    assert_eq!((first.state.as_str(), first.approvals.len(), &first.due_at), ("open", 1, &None));
    assert_eq!(world.propose(&staff.ra, approving(&wanted)).await.unwrap_err(), Refusal::AlreadyDone);
    assert_eq!(queue(&world, &staff.province).await.len(), 1);
    assert!(queue(&world, &staff.evidence).await.is_empty());
    world.later(Duration::days(3));
    assert_eq!(settle(&world).await, 0, "one officer is not enough");

    let second = approved(world.activate(&mut staff.province, approving(&wanted)).await);
    assert_eq!((second.state.as_str(), second.approvals.len()), ("waiting", 2));
    assert!(second.due_at.is_some());
    world.later(Duration::hours(23));
    assert_eq!(settle(&world).await, 0);
    assert!(!signs_with(&world, &doctor, &mut phone).await);
    world.start(Steps::default()).await;
    world.later(Duration::hours(1));
    assert_eq!(settle(&world).await, 1);
    assert_eq!(settle(&world).await, 0, "once");
    assert_eq!(states(&world, &doctor.person).await, [("bound", &phone), ("ended", &doctor.person)].map(named));
    assert!(!signs(&world, &mut doctor).await);
    assert!(signs_with(&world, &doctor, &mut phone).await);
    let record = credentials(&world, &doctor.person).await;
    assert_eq!(record.replacements[0].state, "done");
    assert!(queue(&world, &staff.province).await.is_empty());

    // Who can still log in to the portal needs no hotline: each passkey at once.
    let by_login = async |id| suspend_by(&world, &doctor.person, id, CredentialSuspensionSource::Login).await;
    assert_eq!(by_login(Some(id.as_str())).await, Err(Refusal::CredentialUnknown), "ended, not bound");
    let open = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    assert_eq!(by_login(None).await, Ok(()));
    assert_eq!(by_login(None).await, Err(Refusal::AlreadyDone));
    forced_touch_is_refused(&world, &mut phone, &open).await;
    assert!(!signs_with(&world, &doctor, &mut phone).await);
    let states = states(&world, &doctor.person).await;
    assert_eq!(states, [("suspended", &phone), ("ended", &doctor.person)].map(named));
    world.service().with(|core| async move { core.sequence("story").await }).await.unwrap();
    let entries = world.journal.begin().await.unwrap().entries(0, 100_000).await.unwrap();
    let by = |source: &str| {
        let word = format!("\"{source} {}\"", "9f2c41d0".repeat(8));
        let said = entries.iter().filter_map(|entry| entry.content.as_ref());
        said.filter(|(entry, _)| entry.kind == "binding.stated" && entry.payload.contains(&word)).count()
    };
    assert_eq!((by("hotline"), by("login")), (1, 1), "on whose word is on record");
}

async fn its_holder_stops_a_replacement(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    assert_eq!(suspend(&world, &doctor.person, None).await, Ok(()));
    let mut thief = another_phone(&world, &doctor.person).await;
    let wanted = replacement(&world, &thief).await;
    let record = replaced_by(&world, &wanted, [&mut staff.ra, &mut staff.province]).await;
    assert_eq!(record.state, "waiting");
    let stopping = Operation::StopReplacement {
        stop: ReplacementStop { request_id: wanted.request_id.clone(), person_id: doctor.person.id.clone() },
    };
    assert_eq!(world.propose(&staff.ra, stopping.clone()).await.unwrap_err(), Refusal::NotYourPasskey);
    let waiting = world.propose(&doctor.person, stopping.clone()).await.unwrap();
    forced_touch_is_refused(&world, &mut thief, &waiting).await;
    // The suspended passkey signs nothing, and can still say no.
    let mut doctor = doctor;
    assert!(world.touch(&mut doctor.person, &waiting).await.redirect().is_some());
    assert_eq!(world.propose(&doctor.person, stopping).await.unwrap_err(), Refusal::AlreadyDone);
    world.later(Duration::days(2));
    assert_eq!(settle(&world).await, 0);
    assert_eq!(credentials(&world, &doctor.person).await.replacements[0].state, "stopped");
    assert!(!signs_with(&world, &doctor, &mut thief).await);
    assert!(!signs(&world, &mut doctor).await, "it stays suspended");
    let said = world.propose(&staff.ra, Operation::ReplaceCredential { replacement: wanted }).await;
    assert_eq!(said.unwrap_err(), Refusal::Conflict, "the approvals do not come back");
}

async fn approvals_die_of_age_of_their_officer_and_of_change(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    assert_eq!(suspend(&world, &doctor.person, None).await, Ok(()));
    let phone = another_phone(&world, &doctor.person).await;
    let wanted = replacement(&world, &phone).await;
    let approving = |content: &CredentialReplacement| Operation::ReplaceCredential { replacement: content.clone() };

    // Thirty days are over before the second officer came.
    approved(world.activate(&mut staff.ra, approving(&wanted)).await);
    world.later(Duration::days(29));
    assert_eq!(queue(&world, &staff.province).await[0].approvals.len(), 1);
    world.later(Duration::days(2));
    assert_eq!(queue(&world, &staff.province).await[0].approvals.len(), 0);

    // Another request for the same person waits until this one is withdrawn.
    let other = replacement(&world, &another_phone(&world, &doctor.person).await).await;
    assert_eq!(world.propose(&staff.ra, approving(&other)).await.unwrap_err(), Refusal::Conflict);
    let withdraw = || world.ask(Request::WithdrawReplacement { request_id: wanted.request_id.clone() });
    assert!(matches!(withdraw().await, Ok(Response::Done)));
    let again = replacement(&world, &phone).await;
    let record = replaced_by(&world, &again, [&mut staff.ra, &mut staff.province]).await;
    assert_eq!(record.state, "waiting");

    // One of the two is an officer no more.
    let ending = Operation::EndAppointment {
        ending: AppointmentEnding { appointment_id: appointment_of(&world, &staff.ra).await },
    };
    assert!(matches!(world.activate(&mut staff.province, ending).await, Outcome::AppointmentEnded { .. }));
    world.later(Duration::days(2));
    assert_eq!(settle(&world).await, 0);
    let open = credentials(&world, &doctor.person).await.replacements[0].clone();
    assert_eq!((open.state.as_str(), open.approvals.len()), ("open", 1));

    // A third makes two again; then a passkey that one was given with is reported lost.
    let record = approved(world.activate(&mut staff.central[0], approving(&again)).await);
    assert_eq!(record.state, "waiting");
    assert_eq!(suspend(&world, &staff.province, None).await, Ok(()));
    world.later(Duration::days(2));
    assert_eq!(settle(&world).await, 0);
    let last = approved(world.activate(&mut staff.central[1], approving(&again)).await);
    assert_eq!((last.state.as_str(), last.approvals.len()), ("waiting", 2));
    world.later(Duration::hours(24));
    assert_eq!(settle(&world).await, 1);
}

async fn two_signers_replace_once(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let phone = another_phone(&world, &doctor.person).await;
    let wanted = replacement(&world, &phone).await;
    replaced_by(&world, &wanted, [&mut staff.ra, &mut staff.province]).await;
    world.later(Duration::hours(24));
    let (place, clock) = (std::sync::Arc::clone(&world.place), world.clock());
    let other = tokio::task::spawn_blocking(|| crate::place::token("online")).await.unwrap();
    let beside = crate::service::open(&place, other, clock, Steps::default()).await;
    let (here, there) = tokio::join!(settle(&world), beside.settle_replacements());
    assert_eq!(here + there.unwrap(), 1);
    assert_eq!(credentials(&world, &doctor.person).await.version, wanted.after_version + 1);
    assert_eq!(world.tally().await["binding.stated"], 7);
}

/// A phone of the same person, whose passkey is enrolled and pending.
pub(crate) async fn another_phone(world: &World, person: &Person) -> Person {
    let mut phone = twin(world, person);
    phone.passkeys = world.person().passkeys;
    world.enrol(&mut phone).await;
    phone
}

/// The same phone in another hand.
pub(crate) fn twin(world: &World, person: &Person) -> Person {
    Person {
        id: person.id.clone(),
        identity: person.identity.clone(),
        passkeys: person.passkeys.clone(),
        credential: person.credential.clone(),
        ..world.person()
    }
}

/// Touched although the page does not offer this passkey, and nothing comes of it.
pub(crate) async fn forced_touch_is_refused(world: &World, person: &mut Person, waiting: &crate::world::Waiting) {
    let page = world.browser.open(&waiting.url).await;
    let touch = person.passkeys.get("sign.localhost", &page.origin, &page.challenge()).unwrap();
    let allowed = page.options()["allowCredentials"].to_string();
    assert!(!allowed.contains(touch.to_json()["id"].as_str().unwrap()), "{allowed}");
    let answer = world.browser.post(&page.finish(), touch.to_json()).await;
    assert_eq!(answer.status, reqwest::StatusCode::FORBIDDEN, "{answer:?}");
    assert_eq!(world.outcome(waiting).await, Outcome::Waiting);
}

pub(crate) async fn signs(world: &World, doctor: &mut Doctor) -> bool {
    let mut phone = twin(world, &doctor.person);
    let signed = signs_with(world, doctor, &mut phone).await;
    doctor.person.passkeys = phone.passkeys;
    signed
}

/// Whether the doctor signs a document with this phone.
pub(crate) async fn signs_with(world: &World, doctor: &Doctor, phone: &mut Person) -> bool {
    let waiting = match world.propose(phone, sign(&[document(world, doctor)])).await {
        Err(Refusal::NotYourPasskey) => return false,
        proposed => proposed.unwrap(),
    };
    let page = world.browser.open(&waiting.url).await;
    let touch = phone.passkeys.get("sign.localhost", &page.origin, &page.challenge()).unwrap();
    let answer = world.browser.post(&page.finish(), touch.to_json()).await;
    let signed = matches!(world.outcome(&waiting).await, Outcome::DocumentsSigned { .. });
    assert_eq!(answer.redirect().is_some(), signed, "{answer:?}");
    signed
}

pub(crate) async fn credentials(world: &World, person: &Person) -> CredentialsRecord {
    match world.ask(Request::Credentials { person_id: person.id.clone() }).await {
        Ok(Response::Credentials { credentials }) => credentials,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn version(world: &World, person: &Person) -> i64 {
    credentials(world, person).await.version
}

pub(crate) async fn states(world: &World, person: &Person) -> Vec<(String, String)> {
    let record = credentials(world, person).await;
    record.credentials.into_iter().map(|held| (held.state, held.credential.credential_id)).collect()
}

pub(crate) fn named((state, phone): (&str, &Person)) -> (String, String) {
    (state.to_owned(), phone.credential().credential_id)
}

pub(crate) async fn suspend(world: &World, person: &Person, credential_id: Option<&str>) -> Result<(), Refusal> {
    suspend_by(world, person, credential_id, CredentialSuspensionSource::Hotline).await
}

async fn suspend_by(
    world: &World,
    person: &Person,
    credential_id: Option<&str>,
    source: CredentialSuspensionSource,
) -> Result<(), Refusal> {
    let request = Request::SuspendCredential {
        person_id: person.id.clone(),
        credential_id: credential_id.map(str::to_owned),
        source,
        evidence_sha256: "9f2c41d0".repeat(8),
    };
    world.ask(request).await.map(drop)
}

/// The present request for this phone to take the place of the others.
pub(crate) async fn replacement(world: &World, phone: &Person) -> CredentialReplacement {
    CredentialReplacement {
        request_id: world.uuid(),
        person_id: phone.id.clone(),
        identity_digest: phone.identity.clone(),
        after_version: version(world, phone).await,
        credential: phone.credential(),
        evidence: EvidenceReference {
            kind: "officer_comparison".to_owned(),
            outcome: Some(EvidenceOutcome::Confirmed),
            sha256: "9f2c41d0".repeat(8),
            recorded_by: Some("the-hotline".to_owned()),
            recorded_at: world.now().replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap(),
        },
    }
}

pub(crate) async fn replaced_by(
    world: &World,
    wanted: &CredentialReplacement,
    officers: [&mut Person; 2],
) -> ReplacementRecord {
    let mut record = None;
    for officer in officers {
        let operation = Operation::ReplaceCredential { replacement: wanted.clone() };
        record = Some(approved(world.activate(officer, operation).await));
    }
    record.unwrap()
}

pub(crate) fn approved(outcome: Outcome) -> ReplacementRecord {
    match outcome {
        Outcome::ReplacementApproved { replacement } => *replacement,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn queue(world: &World, officer: &Person) -> Vec<ReplacementRecord> {
    match world.ask(Request::Replacements { officer_id: officer.id.clone() }).await {
        Ok(Response::Replacements { replacements }) => replacements,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn settle(world: &World) -> usize {
    world.service().with(|core| async move { core.settle_replacements().await }).await.unwrap()
}

pub(crate) async fn appointment_of(world: &World, officer: &Person) -> String {
    match world.ask(Request::Appointments { person_id: officer.id.clone() }).await {
        Ok(Response::Appointments { appointments }) => appointments[0].appointment_id.clone(),
        other => panic!("{other:?}"),
    }
}
