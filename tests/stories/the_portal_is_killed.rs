//! The portal's process ends in the middle of what it is asked: drafts are brought in, a batch is prepared,
//! signed files are taken over. Whoever asks again gets one of each, and nothing is half there.

use std::collections::BTreeSet;
use std::time::Duration;

use rabrong::demo::persons::{DOCTOR, RA};
use serde_json::{Value, json};
use stories::receiver::{Received, Receiver};
use stories::{Engine, World, rows};

use crate::a_day_under_one_touch::{ids_of, look_until, newest_batch};
use crate::a_document_waits_for_its_level::registered;

/// So long after it was asked the portal is killed: before it has read, while it writes, when it has answered.
const AFTER: [u64; 6] = [0, 3, 10, 30, 80, 200];

const DRAFTED: &str = "select count(*) from document where state <> 'signed'";

/// Drafts in each request.
const DRAFTS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    the_portal_is_killed(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    the_portal_is_killed(Engine::Postgres).await;
}

async fn the_portal_is_killed(engine: Engine) {
    let mut world = World::raise(engine).await;
    let receiver = Receiver::listens(0).await;
    let ra = world.the(&RA).await;
    let mut doctor = world.the(&DOCTOR).await;
    let system = registered(&world, &ra, &receiver.url()).await;

    let count = async |world: &World, sql: &'static str| rows::number(world.portal_rows(), sql).await;
    let drafts_before = count(&world, DRAFTED).await;
    let signed_before = count(&world, "select count(*) from document where state = 'signed'").await;

    // Drafts: the request is sent again, as its sender must who got no answer.
    let (mut brought, mut unanswered) = (Vec::new(), 0);
    for after in AFTER {
        let external_ids: Vec<String> = (0..DRAFTS).map(|number| format!("HIS/{after}/{number}")).collect();
        let asking = tokio::spawn(system.request_of_many(&external_ids).send());
        killed(&mut world, after).await;
        unanswered += usize::from(asking.await.unwrap().is_err());
        let ids = system.brings_many(&external_ids).await;
        assert_eq!(system.brings_many(&external_ids).await, ids, "{after} ms");
        brought.extend(ids);
    }
    let all = AFTER.len() * DRAFTS;
    assert_eq!(usize::try_from(count(&world, DRAFTED).await - drafts_before).unwrap(), all, "one of each");
    let distinct = "select count(distinct external_id) from api_submission where external_id like 'HIS/%/%'";
    assert_eq!(usize::try_from(count(&world, distinct).await).unwrap(), all);

    // The batch: what was prepared and never shown is prepared again, under the same numbers.
    let list = doctor.open(world.url("/documents/waiting")).await.ok();
    let (form, chosen) = (list.form("/documents/waiting/sign").unwrap(), ids_of(&list.html));
    let chosen: Vec<String> = chosen.into_iter().filter(|id| brought.contains(id)).collect();
    assert_eq!(chosen.len(), all);
    let chosen: Vec<(&str, &str)> = chosen.iter().map(|id| ("document", id.as_str())).collect();
    for after in AFTER {
        let asking = tokio::spawn(doctor.request_of(&form, &chosen).send());
        killed(&mut world, after).await;
        unanswered += usize::from(asking.await.unwrap().is_err());
    }
    let page = doctor.submit(&form, &chosen).await.ok();

    // The touch is the signer's affair; the portal learns of it when it is back.
    world.stop_portal().await;
    let finish = page.url.join(&page.attribute("data-finish").unwrap()).unwrap();
    let answer = json!({ "credential": doctor.answer_of(&page).await });
    let (status, said) = doctor.post(&world.configuration.signer_url, finish, &answer).await;
    assert_eq!(status, 200, "{said}");
    world.start_portal().await;
    let batch = newest_batch(&world).await;
    for after in AFTER {
        let looking = tokio::spawn(doctor.get(world.url(&format!("/documents/batches/{batch}"))).send());
        killed(&mut world, after).await;
        unanswered += usize::from(looking.await.unwrap().is_err());
    }
    look_until(&world, &doctor, &batch, &format!("{all} จาก {all}")).await;
    assert!(unanswered > AFTER.len(), "of {} requests only {unanswered} were broken off", 3 * AFTER.len());

    let of_all = i64::try_from(all).unwrap() + signed_before;
    assert_eq!(
        count(&world, "select count(*) from document where state = 'signed' and object_path <> ''").await,
        of_all
    );
    assert_eq!(count(&world, "select count(distinct number) from document where number <> ''").await, of_all);
    assert_eq!(
        count(&world, "select cast(max(cast(number as integer)) as bigint) from document where number <> ''").await,
        of_all,
        "no gap"
    );
    let signed = "select count(*) from ledger_entry where kind = 'document.signed'";
    assert_eq!(rows::number(world.journal_rows(), signed).await, of_all, "each once");
    for id in &brought {
        let (_, document) = system.get(&format!("/{id}")).await;
        assert_eq!(document["state"], "signed", "{document}");
        let file = doctor.download(world.url(&format!("/documents/{id}/file.pdf"))).await;
        assert!(file.starts_with(b"%PDF"), "{id}");
    }
    // Each is told to the system that brought it in, at least once.
    let mut messages = all;
    while told(&receiver.hears(messages).await) < all {
        messages += 1;
    }
    world.rabrong(&["audit", "verify"]).await.ok();
}

/// Of how many documents these messages are.
fn told(messages: &[Received]) -> usize {
    let id = |message: &Received| serde_json::from_str::<Value>(&message.body).unwrap()["data"]["id"].to_string();
    messages.iter().map(id).collect::<BTreeSet<_>>().len()
}

/// The portal is killed so long from now, and starts again.
async fn killed(world: &mut World, after: u64) {
    tokio::time::sleep(Duration::from_millis(after)).await;
    world.stop_portal().await;
    world.start_portal().await;
}
