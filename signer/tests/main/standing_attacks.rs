//! Whoever owns the journal's database, and not the token, brings no passkey back, re-opens no
//! appointment, and has nobody's approval.

use signer::protocol::{
    AppointmentEnding, CredentialBinding, CredentialEnding, CredentialReplacement, EvidenceReference, Operation,
    Outcome, Refusal, Request, Response,
};
use signer::step::Steps;
use time::Duration;

use crate::contents::{self, HOSPITAL, document, issue, request, sign};
use crate::people::Person;
use crate::place::{Engine, on_both_engines};
use crate::standing::{
    another_phone, appointment_of, approved, credentials, forced_touch_is_refused, replacement, settle, signs,
    signs_with, suspend, twin, version,
};
use crate::world::World;

on_both_engines!(
    an_earlier_set_put_back_counts_for_nothing,
    a_set_put_back_together_with_the_ledger_is_found_out,
    an_ended_appointment_is_not_opened_again_by_a_row,
    a_certificate_written_under_another_account_signs_nothing,
    approvals_are_of_two_persons_for_these_words_once,
    a_person_whose_bindings_are_gone_gets_no_first_passkey_again,
);

async fn an_earlier_set_put_back_counts_for_nothing(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let mut second = another_phone(&world, &doctor.person).await;
    let begun = version(&world, &doctor.person).await;
    add(&world, &mut doctor.person, &second).await;
    let mut stolen = twin(&world, &doctor.person);
    remove(&world, &mut second, &stolen).await;
    for table in ["binding", "activation"] {
        delete_rows_of(&world, table).await;
    }
    // What was activated under the bindings to be deleted says another, so that none is missed.
    let first = format!("(select binding_id from binding where person_id = '{}' and version = {begun})", second.id);
    world.sql(&format!("update activation set binding_id = {first} where binding_id in (select binding_id from binding where person_id = '{}')", second.id)).await;

    // The removal is deleted, then the addition as well: what is left is signed, and old.
    let id = doctor.person.id.clone();
    for newest in [begun + 2, begun + 1] {
        let deleted = world.sql(&format!("delete from binding where person_id = '{id}' and version = {newest}")).await;
        assert_eq!(deleted, 1);
        world.sql(&format!("update credential set state = 'bound' where person_id = '{id}'")).await;
        for restarted in [false, true] {
            if restarted {
                world.start(Steps::default()).await;
            }
            for phone in [&mut stolen, &mut second] {
                assert!(!signs_with(&world, &doctor, phone).await, "{newest} {restarted}");
            }
        }
    }
    // Nor is a new statement built on it, by an officer or with the old passkey.
    let said = world.ask(Request::Credentials { person_id: id.clone() }).await;
    assert_eq!(said.unwrap_err(), Refusal::JournalAltered);
    assert_eq!(suspend(&world, &doctor.person, None).await, Err(Refusal::JournalAltered));
    let ending = Operation::EndCredential {
        ending: CredentialEnding {
            person_id: id,
            after_version: begun,
            credential_id: stolen.credential().credential_id,
        },
    };
    assert_eq!(world.propose(&staff.ra, ending).await.unwrap_err(), Refusal::JournalAltered);
    assert!(!signs(&world, &mut doctor).await);
}

async fn a_set_put_back_together_with_the_ledger_is_found_out(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let mut lost = twin(&world, &doctor.person);
    assert!(signs_with(&world, &doctor, &mut lost).await);
    let begun = version(&world, &doctor.person).await;
    assert_eq!(suspend(&world, &doctor.person, None).await, Ok(()));
    let id = doctor.person.id.clone();
    // It is in the signed ledger.
    world.tally().await;
    for table in ["binding", "ledger_entry"] {
        delete_rows_of(&world, table).await;
    }
    assert_eq!(world.sql(&format!("delete from binding where person_id = '{id}' and version > {begun}")).await, 1);
    let newest = "select max(sequence) from ledger_entry where kind = 'binding.stated'";
    assert_eq!(world.sql(&format!("delete from ledger_entry where sequence = ({newest})")).await, 1);
    // This signer saw the newer one; another finds that the ledger has a hole before it signs on.
    assert!(!signs_with(&world, &doctor, &mut lost).await);
    world.start(Steps::default()).await;
    let said = world.service().with(|core| async move { core.sequence("story").await }).await;
    assert!(said.is_err(), "{said:?}");
    assert!(!signs_with(&world, &doctor, &mut lost).await);
    // The ledger cut off before it, under a root that fits, in a checkpoint that nobody signed.
    delete_rows_of(&world, "checkpoint").await;
    let gap = "(select min(a.sequence) from ledger_entry a where not exists \
               (select 1 from ledger_entry b where b.sequence = a.sequence + 1))";
    world.sql(&format!("delete from ledger_entry where sequence > {gap} or sequence is null")).await;
    let mut tree = ledger::Tree::default();
    for leaf in world.journal.begin().await.unwrap().leaves(0, 100_000).await.unwrap() {
        tree.push(leaf);
    }
    let root = hex::encode(tree.root());
    let root = if world.place.engine == Engine::Sqlite { format!("x'{root}'") } else { format!("'\\x{root}'::bytea") };
    let note = "select note from checkpoint order by size desc limit 1";
    let size = tree.size();
    world.sql(&format!("insert into checkpoint (size, root, note, at) values ({size}, {root}, ({note}), 1) on conflict (size) do update set root = {root}")).await;
    world.sql(&format!("delete from checkpoint where size > {size}")).await;
    world.start(Steps::default()).await;
    let said = world.service().with(|core| async move { core.sequence("story").await }).await;
    assert_eq!(said, Err(Refusal::JournalAltered));
    assert!(!signs_with(&world, &doctor, &mut lost).await);
}

async fn an_ended_appointment_is_not_opened_again_by_a_row(mut world: World) {
    let mut staff = world.staff().await;
    let mut applicant = world.person();
    world.enrol(&mut applicant).await;
    let asked = request(&world, &applicant, &mut staff.evidence).await;
    // A date in the row ends nothing: who may sign statements ends it.
    delete_rows_of(&world, "appointment").await;
    let appointment_id = appointment_of(&world, &staff.ra).await;
    world.sql(&format!("update appointment set ended_at = 1 where appointment_id = '{appointment_id}'")).await;
    let forged = "'portal', '{}'";
    let blob = if world.place.engine == Engine::Sqlite { "x'00'" } else { "'\\x00'::bytea" };
    world
        .sql(&format!(
            "insert into appointment_end (appointment_id, ended_by, statement, signature, at) \
             values ('{appointment_id}', {forged}, {blob}, 1)"
        ))
        .await;
    assert_eq!(appointment_of(&world, &staff.ra).await, appointment_id, "in force");
    delete_rows_of(&world, "appointment_end").await;
    world.sql("delete from appointment_end").await;

    let ending = Operation::EndAppointment { ending: AppointmentEnding { appointment_id: appointment_id.clone() } };
    assert!(matches!(world.activate(&mut staff.province, ending).await, Outcome::AppointmentEnded { .. }));
    assert_eq!(world.propose(&staff.ra, issue(&asked)).await.unwrap_err(), Refusal::NoAuthority);
    world.sql(&format!("update appointment set ended_at = null where appointment_id = '{appointment_id}'")).await;
    assert_eq!(world.sql("delete from appointment_end").await, 1);
    for _ in 0..2 {
        assert_eq!(world.propose(&staff.ra, issue(&asked)).await.unwrap_err(), Refusal::NoAuthority);
        world.start(Steps::default()).await;
    }
}

async fn a_certificate_written_under_another_account_signs_nothing(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let thief = world.doctor(&mut staff).await;
    delete_rows_of(&world, "certificate").await;
    delete_rows_of(&world, "doctor_key").await;
    let (theirs, own) = (doctor.certificate.serial.clone(), thief.certificate.serial.clone());
    let take = |column: &str| format!("(select {column} from certificate where serial = '{theirs}')");

    // The certificate pointed at the thief's account.
    world.sql(&format!("update certificate set person_id = '{}' where serial = '{theirs}'", thief.person.id)).await;
    let content = document(&world, &doctor);
    assert_eq!(world.propose(&thief.person, sign(&[content])).await.unwrap_err(), Refusal::NotYourPasskey);
    world.sql(&format!("update certificate set person_id = '{}' where serial = '{theirs}'", doctor.person.id)).await;
    assert!(world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.is_ok());

    // Under the thief's own serial number, what the doctor's certificate says, with the doctor's key.
    let content = {
        let mut content = document(&world, &doctor);
        content.signer.certificate_serial.clone_from(&own);
        content
    };
    for what in [
        format!("details = {}", take("details")),
        format!("der = {}, tbs = {}, details = {}", take("der"), take("tbs"), take("details")),
    ] {
        world.sql(&format!("update certificate set {what} where serial = '{own}'")).await;
        for asked in [content.clone(), document(&world, &thief)] {
            assert_eq!(world.propose(&thief.person, sign(&[asked])).await.unwrap_err(), Refusal::NotYourPasskey);
        }
    }
}

async fn approvals_are_of_two_persons_for_these_words_once(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    // The hospital's officer has a second account, appointed as the same natural person.
    let mut second = world.person();
    second.identity.clone_from(&staff.ra.identity);
    world.enrol(&mut second).await;
    let appointing = contents::appointment(&world, &second, "ra_officer", HOSPITAL);
    assert!(matches!(world.activate(&mut staff.province, appointing).await, Outcome::OfficerAppointed { .. }));

    let mut thief = another_phone(&world, &doctor.person).await;
    let wanted = replacement(&world, &thief).await;
    let approving = Operation::ReplaceCredential { replacement: wanted.clone() };
    // Both pages open before either is touched; and a second passkey of the same account.
    let pages = [
        world.propose(&staff.ra, approving.clone()).await.unwrap(),
        world.propose(&second, approving.clone()).await.unwrap(),
        world.propose(&staff.ra, approving.clone()).await.unwrap(),
    ];
    assert!(world.touch(&mut staff.ra, &pages[0]).await.redirect().is_some());
    for (officer, page) in [(&mut second, &pages[1]), (&mut staff.ra, &pages[2])] {
        let answer = world.touch(officer, page).await;
        assert_eq!(answer.status, reqwest::StatusCode::CONFLICT, "{answer:?}");
    }
    // Written down as if it were another's, or twice: what is signed says whose it is.
    for table in ["replacement_approval", "credential_replacement"] {
        delete_rows_of(&world, table).await;
    }
    let activations = "(select activation_id from activation where activation_id not in \
                       (select activation_id from replacement_approval) order by at desc limit 1)";
    let copied = world
        .sql(&format!(
            "insert into replacement_approval (activation_id, request_id, officer_id, statement, signature, at) \
             select {activations}, request_id, '{}', statement, signature, at from replacement_approval",
            staff.province.id
        ))
        .await;
    assert_eq!(copied, 1);
    world.later(Duration::days(2));
    assert_eq!(settle(&world).await, 0);
    assert_eq!(credentials(&world, &doctor.person).await.replacements[0].approvals.len(), 1);
    world.sql(&format!("delete from replacement_approval where officer_id = '{}'", staff.province.id)).await;

    // The second officer is shown other evidence of the same request than the first read.
    let another = EvidenceReference { sha256: "5d0e77aa".repeat(8), ..wanted.evidence.clone() };
    let swapped_evidence = CredentialReplacement { evidence: another, ..wanted.clone() };
    let shown_another = Operation::ReplaceCredential { replacement: swapped_evidence.clone() };
    assert_eq!(world.propose(&staff.province, shown_another).await.unwrap_err(), Refusal::Conflict);

    // The second officer approves; before it takes effect other words are put under the approvals.
    assert_eq!(approved(world.activate(&mut staff.province, approving).await).state, "waiting");
    let mut other = another_phone(&world, &doctor.person).await;
    let swapped_passkey = CredentialReplacement { credential: other.credential(), ..wanted.clone() };
    let written = |content: &CredentialReplacement| {
        let text = serde_json_canonicalizer::to_string(content).unwrap();
        let digest = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()));
        (text, digest)
    };
    let before = world.tally().await["binding.stated"];
    world.later(Duration::days(1));
    let (kept, kept_digest) = written(&wanted);
    for swapped in [&swapped_passkey, &swapped_evidence] {
        let (text, digest) = written(swapped);
        for digest in [&digest, &kept_digest] {
            world
                .sql(&format!("update credential_replacement set content = '{text}', content_sha256 = '{digest}'"))
                .await;
            assert_eq!(settle(&world).await, 0);
        }
    }
    assert_eq!(world.tally().await["binding.stated"], before);
    assert!(signs(&world, &mut doctor).await, "nothing changed");
    world.sql(&format!("update credential_replacement set content = '{kept}', content_sha256 = '{kept_digest}'")).await;
    assert_eq!(settle(&world).await, 1);

    // Once: after the doctor took the passkey out again the approvals bring it back under no version.
    assert!(signs_with(&world, &doctor, &mut thief).await);
    add(&world, &mut thief, &other).await;
    remove(&world, &mut other, &thief).await;
    let now = version(&world, &doctor.person).await;
    delete_rows_of(&world, "credential").await;
    world
        .sql(&format!(
            "update credential set state = 'pending' where credential_id = '{}'",
            thief.credential().credential_id
        ))
        .await;
    let again = CredentialReplacement { after_version: now, ..wanted.clone() };
    let again_text = serde_json_canonicalizer::to_string(&again).unwrap();
    for text in [&kept, &again_text] {
        world.sql(&format!("update credential_replacement set after_version = {now}, content = '{text}'")).await;
        assert_eq!(settle(&world).await, 0);
    }
    assert!(!signs_with(&world, &doctor, &mut thief).await);
    assert!(signs_with(&world, &doctor, &mut other).await);
}

async fn a_person_whose_bindings_are_gone_gets_no_first_passkey_again(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let intruder = another_phone(&world, &doctor.person).await;
    delete_rows_of(&world, "binding").await;
    world.sql(&format!("delete from binding where person_id = '{}'", doctor.person.id)).await;
    for _ in 0..2 {
        let mut again = request(&world, &doctor.person, &mut staff.evidence).await;
        again.credential = intruder.credential();
        assert_eq!(world.propose(&staff.ra, issue(&again)).await.unwrap_err(), Refusal::JournalAltered);
        let officer = contents::appointment(&world, &intruder, "evidence_officer", HOSPITAL);
        assert_eq!(world.propose(&staff.province, officer).await.unwrap_err(), Refusal::JournalAltered);
        world.start(Steps::default()).await;
    }
    let said = world.ask(Request::Appointments { person_id: staff.ra.id.clone() }).await;
    assert!(matches!(said, Ok(Response::Appointments { appointments }) if appointments.len() == 1));
}

async fn add(world: &World, with: &mut Person, phone: &Person) {
    let operation = Operation::BindCredential {
        binding: CredentialBinding {
            person_id: with.id.clone(),
            after_version: version(world, with).await,
            credential: phone.credential(),
            removes: None,
        },
    };
    let outcome = world.activate(with, operation).await;
    assert!(matches!(outcome, Outcome::CredentialsChanged { .. }), "{outcome:?}");
}

async fn remove(world: &World, with: &mut Person, phone: &Person) {
    let operation = Operation::EndCredential {
        ending: CredentialEnding {
            person_id: with.id.clone(),
            after_version: version(world, with).await,
            credential_id: phone.credential().credential_id,
        },
    };
    let waiting = world.propose(with, operation).await.unwrap();
    forced_touch_is_refused(world, &mut twin(world, phone), &waiting).await;
    let answer = world.touch(with, &waiting).await;
    assert!(answer.redirect().is_some(), "{answer:?}");
}

/// From now on the table's rows can be changed and deleted.
pub(crate) async fn delete_rows_of(world: &World, table: &str) {
    for trigger in ["no_change", "no_delete"] {
        let on = if world.place.engine == Engine::Sqlite { String::new() } else { format!(" on {table}") };
        world.sql(&format!("drop trigger if exists {table}_{trigger}{on}")).await;
    }
}
