//! Documents that are erased stay erased, whoever asks and whatever backup is put back.

use signer::protocol::{Outcome, Refusal, Request, Response};
use signer::step::{Step, Steps};

use crate::contents::{document, sign};
use crate::crashes::{killed_at, recover};
use crate::place::on_both_engines;
use crate::world::World;

on_both_engines!(
    an_erased_document_leaves_a_tombstone_and_no_key,
    what_was_erased_before_it_was_signed_is_never_signed,
    what_was_erased_before_it_was_recorded_ends_its_touch,
    only_documents_are_erased,
    keys_are_opened_so_often_and_on_record,
);

const REASON: &str = "abababababababababababababababababababababababababababababababab";

async fn erase(world: &World, id: &str) -> Result<Response, Refusal> {
    world.ask(Request::EraseDocument { document_id: id.to_owned(), reason_sha256: REASON.to_owned() }).await
}

async fn new_key(world: &World, id: &str) -> Result<String, Refusal> {
    match world.ask(Request::NewDataKey { document_id: id.to_owned() }).await? {
        Response::DataKey { wrapped, .. } => Ok(wrapped),
        other => panic!("{other:?}"),
    }
}

async fn open_key(world: &World, id: &str, wrapped: &str) -> Result<Response, Refusal> {
    world.ask(Request::OpenDataKey { document_id: id.to_owned(), wrapped: wrapped.to_owned() }).await
}

async fn an_erased_document_leaves_a_tombstone_and_no_key(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let [gone, kept] = [(); 2].map(|()| document(&world, &doctor));
    let outcome = world.activate(&mut doctor.person, sign(&[gone.clone(), kept.clone()])).await;
    let Outcome::DocumentsSigned { documents } = outcome else { panic!("{outcome:?}") };
    let id = &gone.document_id;
    let wrapped = new_key(&world, id).await.unwrap();
    assert!(open_key(&world, id, &wrapped).await.is_ok());

    assert!(matches!(erase(&world, id).await, Ok(Response::Done)));
    assert!(matches!(erase(&world, id).await, Ok(Response::Done)), "the same again");
    // The wrapped key of an old backup of the portal opens no more, and there is no new one.
    assert_eq!(open_key(&world, id, &wrapped).await.unwrap_err(), Refusal::Erased);
    assert_eq!(new_key(&world, id).await.unwrap_err(), Refusal::Erased);
    assert_eq!(world.ask(Request::SignedFile { document_id: id.clone() }).await.unwrap_err(), Refusal::NotFound);
    assert!(new_key(&world, &kept.document_id).await.is_ok());

    let file = documents[0].file_sha256.clone().unwrap();
    for request in
        [Request::DocumentByCode { code: gone.code.clone() }, Request::DocumentByFile { sha256: file.clone() }]
    {
        let Ok(Response::Document { document: Some(found) }) = world.ask(request).await else { panic!("a tombstone") };
        assert_eq!((found.state.as_str(), found.file_sha256.as_deref()), ("erased", Some(file.as_str())));
        assert_eq!(found.content_sha256, documents[0].content_sha256);
        assert!(found.erased_at.is_some());
        let said = serde_json::to_string(&found).unwrap();
        for told in [&documents[0].masked_patient, &gone.number, &gone.unit.name_th, &doctor.certificate.name_th] {
            assert!(!said.contains(told.as_str()), "{told} in {said}");
        }
    }

    // Nothing of the patient is left in the journal: neither in the row nor in what came of the ticket.
    let mut tx = world.journal.begin().await.unwrap();
    let row = tx.document(id).await.unwrap().unwrap();
    assert_eq!((row.masked_patient.as_str(), row.sealed_content, row.sealed_file), ("", None, None));
    let (_, outcome) = tx.outcome_with_document(id).await.unwrap().unwrap();
    assert_eq!(outcome.matches(&documents[0].masked_patient).count(), 1, "only the other's: {outcome}");
    let other = tx.document(&kept.document_id).await.unwrap().unwrap();
    assert!(!other.masked_patient.is_empty());
    drop(tx);
    // Nor does the database take it in again.
    let back = format!("update document set masked_patient = 'x' where document_id = '{id}'");
    assert!(world.journal.database().execute_raw(&back).await.is_err());
    let tally = world.tally().await;
    assert_eq!(tally["document.erased"], 1);
}

async fn what_was_erased_before_it_was_signed_is_never_signed(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let content = document(&world, &doctor);
    let page = world.propose(&doctor.person, sign(std::slice::from_ref(&content))).await.unwrap();
    assert!(matches!(erase(&world, &content.document_id).await, Ok(Response::Done)));
    // Neither from a page that is open already nor from a new one.
    let touched = world.touch(&mut doctor.person, &page).await;
    assert!(touched.redirect().is_none(), "{touched:?}");
    let again = world.propose(&doctor.person, sign(std::slice::from_ref(&content))).await;
    assert_eq!(again.unwrap_err(), Refusal::Erased);
    assert!(!world.tally().await.contains_key("document.recorded"));
}

/// The touch is on record and the document is not yet when it is erased.
async fn what_was_erased_before_it_was_recorded_ends_its_touch(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    world.start(killed_at(Step::Recorded, 1)).await;
    let contents = [(); 2].map(|()| document(&world, &doctor));
    let waiting = world.propose(&doctor.person, sign(&contents)).await.unwrap();
    world.touch(&mut doctor.person, &waiting).await;
    world.start(Steps::default()).await;
    assert!(matches!(erase(&world, &contents[1].document_id).await, Ok(Response::Done)));
    recover(&world).await;
    let outcome = world.outcome(&waiting).await;
    assert!(matches!(outcome, Outcome::Refused { refusal: Refusal::Erased }), "{outcome:?}");
    let underway = world.ask(Request::Underway { person_id: doctor.person.id.clone() }).await.unwrap();
    assert!(matches!(underway, Response::Underway { underway: false }), "{underway:?}");
    // All or none; what was not erased is signed with another touch.
    let outcome = world.activate(&mut doctor.person, sign(&contents[..1])).await;
    assert!(matches!(outcome, Outcome::DocumentsSigned { .. }), "{outcome:?}");
}

async fn only_documents_are_erased(mut world: World) {
    let mut staff = world.staff().await;
    let doctor = world.doctor(&mut staff).await;
    let before = world.tally().await;
    for id in [doctor.person.id.clone(), doctor.certificate.request_id.clone()] {
        assert!(matches!(erase(&world, &id).await, Ok(Response::Done)));
    }
    for (id, reason) in [("", REASON), ("../x", REASON), (world.uuid().as_str(), ""), (world.uuid().as_str(), "zz")] {
        let request = Request::EraseDocument { document_id: id.to_owned(), reason_sha256: reason.to_owned() };
        assert!(matches!(world.ask(request).await, Err(Refusal::Malformed { .. })), "{id} {reason}");
    }
    let after = world.tally().await;
    let entries = world.journal.begin().await.unwrap().entries(0, 100_000).await.unwrap();
    let blank = entries.iter().filter(|entry| entry.content.is_none()).count();
    assert_eq!(blank, 0, "the ledger still says what it said of persons and requests");
    assert_eq!(after["document.erased"], 2);
    assert_eq!(before.get("certificate.issued"), after.get("certificate.issued"));
}

async fn keys_are_opened_so_often_and_on_record(world: World) {
    let id = world.uuid();
    let wrapped = new_key(&world, &id).await.unwrap();
    assert!(open_key(&world, &id, &wrapped).await.is_ok());
    assert_eq!(world.tally().await["document.key_opened"], 1);
    // A thousand at once; whoever empties the store is slowed down.
    let mut refused = 0;
    for _ in 0..1_100 {
        match open_key(&world, &id, "00").await {
            Err(Refusal::TooOften) => refused += 1,
            Err(Refusal::NotFound) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(refused > 0, "nothing was refused");
    assert_eq!(open_key(&world, &id, &wrapped).await.unwrap_err(), Refusal::TooOften);
    world.later(time::Duration::minutes(2));
    assert!(open_key(&world, &id, &wrapped).await.is_ok());
}
