//! Who may approve and appoint: nobody themselves, nobody sideways, nobody with a passkey that
//! was swapped.

use signer::protocol::{
    CertificateRequest, EvidenceOutcome, EvidenceRecord, EvidenceReference, Operation, Outcome, Refusal, Request,
    Response,
};

use time::Duration;
use time::format_description::well_known::Rfc3339;

use crate::contents::{self, FAR_HOSPITAL, FAR_PROVINCE, HOSPITAL, MINISTRY, NEIGHBOUR, PROVINCE, issue, request};
use crate::people::Person;
use crate::place::on_both_engines;
use crate::standing_attacks::delete_rows_of;
use crate::world::{Staff, World};

on_both_engines!(
    nobody_approves_themselves_or_on_their_own_word,
    an_officer_reaches_only_what_is_below,
    a_passkey_is_bound_only_to_whom_it_was_enrolled_for,
    a_renewal_keeps_the_person_the_licence_and_the_passkey,
    a_negative_finding_is_no_evidence,
    nothing_is_issued_on_less_than_having_seen_the_person,
    evidence_counts_only_with_its_officers_touch,
);

async fn nobody_approves_themselves_or_on_their_own_word(mut world: World) {
    let mut staff = world.staff().await;
    let mut applicant = world.person();
    world.enrol(&mut applicant).await;
    let good = request(&world, &applicant, &mut staff.evidence).await;
    let own = request(&world, &staff.ra, &mut staff.evidence).await;
    let before = world.tally().await;
    let expect = async |actor: &Person, request: &CertificateRequest, refusal: Refusal| {
        assert_eq!(world.propose(actor, issue(request)).await.unwrap_err(), refusal);
    };

    // The officer is the doctor: by account, or as a natural person under another account.
    expect(&staff.ra, &own, Refusal::SelfApproval).await;
    let mut other_account = good.clone();
    other_account.identity_digest.clone_from(&staff.ra.identity);
    expect(&staff.ra, &other_account, Refusal::SelfApproval).await;

    // Nobody saw the person, or only the approver, or only the doctor.
    expect(&staff.ra, &seen(&good, &[]), insufficient("no officer saw the person")).await;
    expect(&staff.ra, &seen(&good, &[&staff.ra]), Refusal::SelfApproval).await;
    expect(&staff.ra, &seen(&good, &[&applicant]), Refusal::SelfApproval).await;
    expect(&staff.ra, &seen(&good, &[&staff.ra, &applicant]), Refusal::SelfApproval).await;
    // Somebody who is no evidence officer here.
    let nobody = insufficient("recorded by somebody who is no evidence officer here");
    expect(&staff.ra, &seen(&good, &[&staff.province]), nobody.clone()).await;
    expect(&staff.ra, &seen(&good, &[&staff.evidence, &applicant]), nobody).await;

    // What the request does not rest on.
    let changes: [fn(&mut CertificateRequest); 5] = [
        |r| r.ial = "1.3".to_owned(),
        |r| r.ial = "9".to_owned(),
        |r| r.profession = "soothsayer".to_owned(),
        |r| r.evidence.retain(|item| item.kind != "licence_check"),
        |r| r.unit_code = "99999".to_owned(),
    ];
    for change in changes {
        let mut wrong = good.clone();
        change(&mut wrong);
        let said = world.propose(&staff.ra, issue(&wrong)).await;
        assert!(matches!(said, Err(Refusal::ContentInvalid { .. })), "{said:?}");
    }
    assert_eq!(world.tally().await, before);

    the_approvers_other_account_is_the_approver(&world, &mut staff, &good).await;
    one_request_yields_one_certificate(&world, &mut staff, &good).await;
}

async fn the_approvers_other_account_is_the_approver(world: &World, staff: &mut Staff, good: &CertificateRequest) {
    // The same natural person holds both appointments, under two accounts.
    let mut second = world.person();
    second.identity.clone_from(&staff.ra.identity);
    world.enrol(&mut second).await;
    let appointing = contents::appointment(world, &second, "evidence_officer", HOSPITAL);
    let outcome = world.activate(&mut staff.province, appointing).await;
    assert!(matches!(outcome, Outcome::OfficerAppointed { .. }), "{outcome:?}");
    let alone = seen(good, &[&second]);
    contents::vouch(world, &alone, &mut second).await;
    assert_eq!(world.propose(&staff.ra, issue(&alone)).await.unwrap_err(), Refusal::SelfApproval);
    let before = world.tally().await;
    // With somebody else who saw the person it is no longer their word alone.
    assert!(world.propose(&staff.ra, issue(&seen(good, &[&second, &staff.evidence]))).await.is_ok());
    assert_eq!(world.tally().await, before);
}

async fn one_request_yields_one_certificate(world: &World, staff: &mut Staff, good: &CertificateRequest) {
    // Two officers have it before them; both touch.
    let pages = [
        world.propose(&staff.ra, issue(good)).await.unwrap(),
        world.propose(&staff.province, issue(good)).await.unwrap(),
    ];
    let shown = [world.browser.open(&pages[0].url).await, world.browser.open(&pages[1].url).await];
    let touches = [staff.ra.answer(&shown[0]).to_json(), staff.province.answer(&shown[1]).to_json()];
    let (first, second) = (shown[0].finish(), shown[1].finish());
    tokio::join!(world.browser.post(&first, touches[0].clone()), world.browser.post(&second, touches[1].clone()));
    let issued = world.ask(Request::Certificates { person_id: good.person_id.clone() }).await;
    let Ok(Response::Certificates { certificates }) = issued else { panic!("{issued:?}") };
    assert_eq!(certificates.len(), 1);
    let outcomes = [world.outcome(&pages[0]).await, world.outcome(&pages[1]).await];
    let issued = outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::CertificateIssued { certificate, .. } => Some(certificate),
        // The slower one's touch came when it was issued already.
        Outcome::Waiting => None,
        other => panic!("{other:?}"),
    });
    let issued: Vec<_> = issued.collect();
    assert!(!issued.is_empty() && issued.iter().all(|record| **record == certificates[0]), "{outcomes:?}");
    let recorded = world.journal.begin().await.unwrap().certificates_of_kind("doctor").await.unwrap();
    assert_eq!(recorded.len(), 1);
    let mut otherwise = good.clone();
    otherwise.licence = "99999".to_owned();
    for request in [good, &otherwise] {
        let said = world.propose(&staff.ra, issue(request)).await.unwrap_err();
        assert!(matches!(said, Refusal::AlreadyDone | Refusal::Conflict), "{said:?}");
    }
}

async fn an_officer_reaches_only_what_is_below(mut world: World) {
    let mut staff = world.staff().await;
    let far = world.appoint(&mut staff.central[1], "ra_officer", FAR_PROVINCE).await;
    let next_door = world.appoint(&mut staff.province, "ra_officer", NEIGHBOUR).await;
    let seen_next_door = world.appoint(&mut staff.province, "evidence_officer", NEIGHBOUR).await;
    let mut applicant = world.person();
    world.enrol(&mut applicant).await;
    let good = request(&world, &applicant, &mut staff.evidence).await;
    let before = world.tally().await;

    let nobody = world.person();
    for officer in [&far, &next_door, &staff.evidence, &seen_next_door, &nobody, &applicant] {
        let said = world.propose(officer, issue(&good)).await;
        assert_eq!(said.unwrap_err(), Refusal::NoAuthority);
    }
    let said = world.propose(&staff.ra, issue(&seen(&good, &[&seen_next_door]))).await;
    assert!(matches!(said, Err(Refusal::EvidenceInsufficient { .. })), "{said:?}");
    let mut moved = good.clone();
    moved.unit_code = FAR_HOSPITAL.to_owned();
    assert_eq!(world.propose(&staff.ra, issue(&moved)).await.unwrap_err(), Refusal::NoAuthority);

    // Appointing: only below, only by an RA officer, in a role there is.
    let appointing = [
        (&staff.ra, HOSPITAL),
        (&staff.ra, NEIGHBOUR),
        (&staff.ra, PROVINCE),
        (&staff.province, PROVINCE),
        (&staff.province, MINISTRY),
        (&staff.province, FAR_HOSPITAL),
        (&staff.central[0], MINISTRY),
        (&staff.evidence, HOSPITAL),
        (&far, HOSPITAL),
        (&applicant, HOSPITAL),
    ];
    for (officer, unit) in appointing {
        for role in ["ra_officer", "evidence_officer"] {
            let said = world.propose(officer, contents::appointment(&world, &applicant, role, unit)).await;
            assert_eq!(said.unwrap_err(), Refusal::NoAuthority, "{role} {unit}");
        }
    }
    for (role, unit) in [("owner", HOSPITAL), ("", HOSPITAL), ("ra_officer", "nowhere")] {
        let said = world.propose(&staff.province, contents::appointment(&world, &applicant, role, unit)).await;
        assert!(matches!(said, Err(Refusal::ContentInvalid { .. })), "{role} {unit}: {said:?}");
    }
    let own = contents::appointment(&world, &staff.province, "evidence_officer", HOSPITAL);
    assert_eq!(world.propose(&staff.province, own).await.unwrap_err(), Refusal::SelfApproval);
    let mut other_account = applicant;
    other_account.identity.clone_from(&staff.province.identity);
    let own = contents::appointment(&world, &other_account, "evidence_officer", HOSPITAL);
    assert_eq!(world.propose(&staff.province, own).await.unwrap_err(), Refusal::SelfApproval);
    assert_eq!(world.tally().await, before);
}

async fn a_renewal_keeps_the_person_the_licence_and_the_passkey(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let renewal = request(&world, &doctor.person, &mut staff.evidence).await;
    let before = world.tally().await;
    let other_licence = CertificateRequest { licence: "99999".to_owned(), ..renewal.clone() };
    let other_person = CertificateRequest { identity_digest: "ab".repeat(32), ..renewal.clone() };
    for changed in [other_licence, other_person] {
        assert_eq!(world.propose(&staff.ra, issue(&changed)).await.unwrap_err(), Refusal::Conflict);
    }
    assert_eq!(world.tally().await, before);

    // The owner of the portal enrols a passkey of their own in the doctor's name: pending, and no
    // ordinary approval puts it in the bound one's place.
    let mut intruder = world.person();
    intruder.id.clone_from(&doctor.person.id);
    world.enrol(&mut intruder).await;
    let swapped = CertificateRequest { credential: intruder.credential(), ..renewal.clone() };
    assert_eq!(world.propose(&staff.ra, issue(&swapped)).await.unwrap_err(), Refusal::CredentialUnknown);
    assert!(world.propose(&staff.ra, issue(&renewal)).await.is_ok(), "with the passkey they have");
}

async fn a_passkey_is_bound_only_to_whom_it_was_enrolled_for(mut world: World) {
    let mut staff = world.staff().await;
    let (mut applicant, mut thief) = (world.person(), world.person());
    world.enrol(&mut applicant).await;
    world.enrol(&mut thief).await;
    let good = request(&world, &applicant, &mut staff.evidence).await;
    let before = world.tally().await;
    let theirs = [thief.credential(), staff.ra.credential(), staff.evidence.credential()];
    let mut altered = [good.credential.clone(), good.credential.clone(), good.credential.clone()];
    altered[0].public_key_sha256.clone_from(&thief.credential().public_key_sha256);
    altered[1].key_code.clone_from(&thief.credential().key_code);
    altered[2].credential_id = "AAAA".to_owned();
    for credential in theirs.into_iter().chain(altered) {
        let swapped = CertificateRequest { credential: credential.clone(), ..good.clone() };
        assert_eq!(world.propose(&staff.ra, issue(&swapped)).await.unwrap_err(), Refusal::CredentialUnknown);
        let mut officer = contents::appointment(&world, &applicant, "evidence_officer", HOSPITAL);
        if let Operation::AppointOfficer { appointment } = &mut officer {
            appointment.credential = credential;
        }
        assert_eq!(world.propose(&staff.province, officer).await.unwrap_err(), Refusal::CredentialUnknown);
    }
    assert_eq!(world.tally().await, before);

    // Approved, it is the applicant's: the thief's passkey signs nothing in their name.
    let waiting = world.propose(&staff.ra, issue(&good)).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    assert!(page.html.contains(&applicant.credential().key_code), "the officer compares it");
    assert!(world.answer(&mut staff.ra, &page).await.redirect().is_some());
    let Outcome::CertificateIssued { certificate, approved_by } = world.outcome(&waiting).await else { panic!() };
    assert_eq!((certificate.person_id.as_str(), &approved_by), (applicant.id.as_str(), &staff.ra.id));
    let doctor = crate::world::Doctor { person: applicant, certificate };
    let document = contents::document(&world, &doctor);
    let waiting = world.propose(&doctor.person, contents::sign(&[document])).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    let allowed = page.options()["allowCredentials"].clone();
    assert_eq!(allowed.as_array().map(Vec::len), Some(1));
    assert_eq!(allowed[0]["id"], doctor.person.credential().credential_id.as_str());
    assert!(thief.passkeys.answer_request(&page.origin, &page.options()).is_err(), "it has no such passkey");
}

/// What an officer found against somebody is a finding against them, whatever the portal makes of it.
async fn a_negative_finding_is_no_evidence(mut world: World) {
    let mut staff = world.staff().await;
    let mut applicant = world.person();
    world.enrol(&mut applicant).await;
    let good = contents::unvouched(&world, &applicant, &staff.evidence);
    let compared = |outcome: EvidenceOutcome| EvidenceReference {
        kind: "officer_comparison".to_owned(),
        outcome: Some(outcome),
        sha256: "51c0ffee".repeat(8),
        recorded_by: good.evidence[0].recorded_by.clone(),
        recorded_at: world.now().format(&Rfc3339).unwrap(),
    };
    let with = |item: EvidenceReference| contents::with(&good, item);
    let contradicted = with(compared(EvidenceOutcome::Contradicted));

    // Another officer saw them before, and found nothing amiss.
    let mut earlier = world.person();
    world.enrol(&mut earlier).await;
    let appointed = contents::appointment(&world, &earlier, "evidence_officer", HOSPITAL);
    world.activate(&mut staff.province, appointed).await;
    let seen_before = request(&world, &applicant, &mut earlier).await;
    assert!(world.propose(&staff.ra, issue(&seen_before)).await.is_ok());
    world.later(Duration::minutes(1));

    // The officer reads what they put their touch to, and that nothing will come of it.
    let waiting = world.propose(&staff.evidence, contents::vouching(&world, &contradicted)).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    for words in ["ใบหน้าไม่ตรง", "จึงออกใบรับรองไม่ได้"]
    {
        assert!(page.html.contains(words), "{words}: {}", page.html);
    }
    assert!(world.answer(&mut staff.evidence, &page).await.redirect().is_some());

    // Told as it is, left out, or told as its opposite: no certificate.
    let against = insufficient("it does not speak for this person");
    assert_eq!(world.propose(&staff.ra, issue(&contradicted)).await.unwrap_err(), against);
    let nothing = insufficient("not vouched for by another officer's touch");
    assert_eq!(world.propose(&staff.ra, issue(&good)).await.unwrap_err(), nothing);
    assert_eq!(world.propose(&staff.ra, issue(&seen_before)).await.unwrap_err(), nothing, "outvoted by nobody");
    let turned = with(compared(EvidenceOutcome::Confirmed));
    assert_eq!(world.propose(&staff.ra, issue(&turned)).await.unwrap_err(), nothing);
    for (change, told) in [
        ((|item| item.outcome = None) as fn(&mut EvidenceReference), "evidence: no result"),
        (|item| item.kind = "seen by everybody".to_owned(), "evidence: of no known kind"),
        (|item| item.recorded_at = "yesterday".to_owned(), "evidence: recorded_at"),
        (|item| item.sha256 = "9f".to_owned(), "evidence: 32 bytes in hexadecimal"),
    ] {
        let mut unsaid = good.clone();
        change(&mut unsaid.evidence[0]);
        assert_eq!(world.propose(&staff.ra, issue(&unsaid)).await.unwrap_err(), invalid(told));
        let vouching = contents::vouching(&world, &unsaid);
        assert_eq!(world.propose(&staff.evidence, vouching).await.unwrap_err(), invalid(told));
    }
    // Written down again as if it were newer, what was said before answers nothing.
    let copied = format!(
        "insert into evidence_record (record_id, person_id, officer_id, content_sha256, statement, signature, at) \
         select '{}', person_id, officer_id, content_sha256, statement, signature, at + 1000000000 \
         from evidence_record where officer_id = '{}'",
        world.uuid(),
        earlier.id
    );
    assert_eq!(world.sql(&copied).await, 1);
    assert_eq!(world.propose(&staff.ra, issue(&seen_before)).await.unwrap_err(), nothing, "a copy");

    // Another officer who found nothing amiss with a document alone leaves the finding unanswered.
    world.later(Duration::minutes(1));
    let mut document = seen_before.clone();
    document.evidence.retain(|item| item.kind != "officer_comparison");
    contents::vouch(&world, &document, &mut earlier).await;
    assert_eq!(world.propose(&staff.ra, issue(&seen_before)).await.unwrap_err(), nothing, "not answered");
    // Nor does what was found before, touched for once more.
    contents::vouch(&world, &seen_before, &mut earlier).await;
    assert_eq!(world.propose(&staff.ra, issue(&seen_before)).await.unwrap_err(), nothing, "found before");

    // Nor does the approver answer it, on whatever others said before.
    let also = contents::appointment(&world, &staff.ra, "evidence_officer", HOSPITAL);
    world.activate(&mut staff.province, also).await;
    world.later(Duration::minutes(1));
    let mut own = seen(&good, &[&staff.ra]);
    for item in &mut own.evidence {
        item.recorded_at = world.now().format(&Rfc3339).unwrap();
    }
    contents::vouch(&world, &own, &mut staff.ra).await;
    assert_eq!(world.propose(&staff.ra, issue(&seen_before)).await.unwrap_err(), nothing, "the approver's own word");

    // Who sees somebody with another passkey answers for that one, and brings nothing of before back.
    let second_phone = crate::standing::another_phone(&world, &applicant).await;
    world.later(Duration::minutes(1));
    let with_other = contents::unvouched(&world, &second_phone, &earlier);
    contents::vouch(&world, &with_other, &mut earlier).await;
    assert_eq!(world.propose(&staff.ra, issue(&seen_before)).await.unwrap_err(), nothing, "another passkey");
    assert!(world.propose(&staff.ra, issue(&with_other)).await.is_ok());

    // Only who looks again and finds otherwise answers it.
    world.later(Duration::minutes(1));
    let again = with(compared(EvidenceOutcome::Confirmed));
    contents::vouch(&world, &again, &mut staff.evidence).await;
    assert!(world.propose(&staff.ra, issue(&again)).await.is_ok());

    // Who takes a row away, or changes what it says, is found out.
    delete_rows_of(&world, "evidence_record").await;
    let taken = format!("(select max(record_id) from evidence_record where officer_id = '{}')", staff.ra.id);
    assert_eq!(
        world
            .sql(&format!("update evidence_record set officer_id = 'x', statement = '{{}}' where record_id = {taken}"))
            .await,
        1
    );
    assert_eq!(world.propose(&staff.ra, issue(&again)).await.unwrap_err(), Refusal::JournalAltered, "changed");
    assert_eq!(world.sql("delete from evidence_record where officer_id = 'x'").await, 1);
    assert_eq!(world.propose(&staff.ra, issue(&again)).await.unwrap_err(), Refusal::JournalAltered, "taken away");
}

/// What an officer found of the licence is answered by an officer, not by the portal's own look-up; and a
/// touch for less than having seen the person carries no certificate.
async fn nothing_is_issued_on_less_than_having_seen_the_person(mut world: World) {
    let mut staff = world.staff().await;
    let mut applicant = world.person();
    world.enrol(&mut applicant).await;
    let good = contents::unvouched(&world, &applicant, &staff.evidence);
    let nothing = insufficient("not vouched for by another officer's touch");
    let looked_up = |outcome: EvidenceOutcome| EvidenceReference {
        kind: "licence_look_up".to_owned(),
        outcome: Some(outcome),
        recorded_at: world.now().format(&Rfc3339).unwrap(),
        ..good.evidence[0].clone()
    };
    let mut only_licence = contents::with(&good, looked_up(EvidenceOutcome::Confirmed));
    only_licence.evidence.retain(|item| ["licence_check", "licence_look_up"].contains(&item.kind.as_str()));
    let waiting = world.propose(&staff.evidence, contents::vouching(&world, &only_licence)).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    assert!(page.html.contains("ยังไม่ครบ"), "{}", page.html);
    assert!(world.answer(&mut staff.evidence, &page).await.redirect().is_some());
    // Beside it stands that somebody else saw them, who put their passkey to nothing.
    let mut other = world.person();
    world.enrol(&mut other).await;
    let appointed = contents::appointment(&world, &other, "evidence_officer", HOSPITAL);
    world.activate(&mut staff.province, appointed).await;
    let mut invented = only_licence.clone();
    invented.evidence.extend(seen(&good, &[&other]).evidence.into_iter().filter(|item| item.recorded_by.is_some()));
    assert_eq!(world.propose(&staff.ra, issue(&invented)).await.unwrap_err(), nothing);
    let nobodys = EvidenceReference { recorded_by: None, ..good.evidence[0].clone() };
    invented.evidence.push(nobodys);
    let said = world.propose(&staff.ra, issue(&invented)).await.unwrap_err();
    assert_eq!(said, invalid("evidence: recorded by nobody who could"));

    // The face is left out of what is touched for; and a level that nobody's findings carry is asked for.
    world.later(Duration::minutes(1));
    let mut document = good.clone();
    document.evidence.retain(|item| item.kind != "officer_comparison");
    let waiting = world.propose(&staff.evidence, contents::vouching(&world, &document)).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    assert!(page.html.contains("ยังไม่ครบ"), "{}", page.html);
    assert!(world.answer(&mut staff.evidence, &page).await.redirect().is_some());
    assert_eq!(world.propose(&staff.ra, issue(&good)).await.unwrap_err(), nothing);
    let higher = CertificateRequest { ial: "2.3".to_owned(), ..good.clone() };
    let said = world.propose(&staff.ra, issue(&higher)).await.unwrap_err();
    assert_eq!(said, insufficient("it does not carry the identity level"));
    let twice = [good.evidence.clone(), vec![good.evidence[0].clone()]].concat();
    let said = world.propose(&staff.ra, issue(&CertificateRequest { evidence: twice, ..good.clone() })).await;
    assert_eq!(said.unwrap_err(), invalid("evidence: one thing twice by one officer"));

    // The licence was found not to be active; the same officer's next record leaves that out.
    world.later(Duration::minutes(1));
    let ended = contents::with(&good, looked_up(EvidenceOutcome::Contradicted));
    contents::vouch(&world, &ended, &mut staff.evidence).await;
    world.later(Duration::minutes(1));
    contents::vouch(&world, &good, &mut staff.evidence).await;
    assert_eq!(world.propose(&staff.ra, issue(&good)).await.unwrap_err(), nothing);
    world.later(Duration::minutes(1));
    let answered = contents::with(&good, looked_up(EvidenceOutcome::Confirmed));
    contents::vouch(&world, &answered, &mut staff.evidence).await;
    assert!(world.propose(&staff.ra, issue(&answered)).await.is_ok());
}

async fn evidence_counts_only_with_its_officers_touch(mut world: World) {
    let mut staff = world.staff().await;
    let (mut applicant, mut other) = (world.person(), world.person());
    world.enrol(&mut applicant).await;
    world.enrol(&mut other).await;
    // The portal's word that the officer saw them is no touch.
    let good = contents::unvouched(&world, &applicant, &staff.evidence);
    let nothing = insufficient("not vouched for by another officer's touch");
    assert_eq!(world.propose(&staff.ra, issue(&good)).await.unwrap_err(), nothing);
    let vouching = |record: EvidenceRecord| Operation::RecordEvidence { record: Box::new(record) };
    let record = contents::vouched(&world, &good);
    // Only an evidence officer of the unit, for somebody else, for what is theirs.
    assert_eq!(world.propose(&staff.ra, vouching(record.clone())).await.unwrap_err(), Refusal::NoAuthority);
    let own = EvidenceRecord { identity_digest: staff.evidence.identity.clone(), ..record.clone() };
    assert_eq!(world.propose(&staff.evidence, vouching(own)).await.unwrap_err(), Refusal::SelfApproval);
    let swapped = EvidenceRecord { credential: other.credential(), ..record.clone() };
    assert_eq!(world.propose(&staff.evidence, vouching(swapped)).await.unwrap_err(), Refusal::CredentialUnknown);

    let waiting = world.propose(&staff.evidence, vouching(record)).await.unwrap();
    assert_eq!(world.propose(&staff.ra, issue(&good)).await.unwrap_err(), nothing, "before the touch");
    let page = world.browser.open(&waiting.url).await;
    for words in [applicant.credential().key_code.as_str(), "กานดา ใจดี", &good.licence, "9f2c41d0"] {
        assert!(page.html.contains(words), "{words}");
    }
    assert!(world.answer(&mut staff.evidence, &page).await.redirect().is_some());
    // For another licence, passkey, item or person it is no word; nor copied into another's row.
    let changes: [fn(&mut CertificateRequest); 7] = [
        |r| r.licence = "99999".to_owned(),
        |r| r.given_name_th = "สมหญิง".to_owned(),
        |r| r.surname_en = "Another".to_owned(),
        |r| r.title_th = "นายแพทย์".to_owned(),
        |r| r.evidence[0].kind = "chip_read".to_owned(),
        |r| r.evidence.push(EvidenceReference { kind: "dopa_status".to_owned(), ..r.evidence[0].clone() }),
        |r| r.evidence[0].sha256 = "00".repeat(32),
    ];
    for change in changes {
        let mut wrong = good.clone();
        change(&mut wrong);
        assert_eq!(world.propose(&staff.ra, issue(&wrong)).await.unwrap_err(), nothing);
    }
    let theirs = contents::unvouched(&world, &other, &staff.evidence);
    let copied = world
        .sql(&format!(
            "insert into evidence_record (record_id, person_id, officer_id, content_sha256, statement, signature, at) \
             select '{}', '{}', officer_id, content_sha256, statement, signature, at from evidence_record",
            world.uuid(),
            other.id
        ))
        .await;
    assert_eq!(copied, 1);
    assert_eq!(world.propose(&staff.ra, issue(&theirs)).await.unwrap_err(), nothing);
    assert!(world.propose(&staff.ra, issue(&good)).await.is_ok());
}

/// The request resting on what these recorded, and on the licence check.
fn seen(request: &CertificateRequest, by: &[&Person]) -> CertificateRequest {
    let licence = request.evidence.iter().filter(|item| item.kind == "licence_check").cloned();
    let recorded = |kind: &str, person: &Person| EvidenceReference {
        kind: kind.to_owned(),
        outcome: Some(EvidenceOutcome::Confirmed),
        sha256: "9f2c41d0".repeat(8),
        recorded_by: Some(person.id.clone()),
        recorded_at: request.licence_checked_at.clone(),
    };
    let evidence =
        by.iter().flat_map(|person| ["document_seen", "officer_comparison"].map(|kind| recorded(kind, person)));
    CertificateRequest { evidence: evidence.chain(licence).collect(), ..request.clone() }
}

fn invalid(detail: &str) -> Refusal {
    Refusal::ContentInvalid { detail: detail.to_owned() }
}

fn insufficient(detail: &str) -> Refusal {
    Refusal::EvidenceInsufficient { detail: detail.to_owned() }
}
