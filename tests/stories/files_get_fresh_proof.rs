//! The proof of stored files is renewed while nobody looks, every copy ever handed out stays
//! known, and a portal killed on the way loses nothing.

use rabrong::demo::persons::DOCTOR;
use signer::protocol::{Request, Response};
use stories::{Engine, Visitor, World, rows, visitor};

/// The installation gives a digest up soon; the portal looks each second.
const GIVEN_UP: [(&str, &str); 1] = [("RABRONG__SIGNER__SIGNATURES__ALGORITHM_ENDS__SHA1", "2026-01-01")];
const EACH_SECOND: [(&str, &str); 1] = [("RABRONG__PORTAL__FILE_RENEWALS__INTERVAL_SECONDS", "1")];

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    renewed_by_itself(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    renewed_by_itself(Engine::Postgres).await;
}

async fn renewed_by_itself(engine: Engine) {
    let mut world = World::raise(engine).await;
    let mut doctor = world.the(&DOCTOR).await;
    let broken = world.signs(&mut doctor).await;
    let signed = world.signs(&mut doctor).await;
    let before = doctor.download(&signed.file_url).await;
    let (id, broken_id) = (id_of(&world, &signed.code()).await, id_of(&world, &broken.code()).await);

    // Both rest on a digest that is given up; the file of one is damaged.
    world.stop_portal().await;
    world.stop_signer().await;
    let old = format!("update document set proof_algorithm = 'sha1' where document_id in ('{id}', '{broken_id}')");
    assert_eq!(rows::execute(world.journal_rows(), &old).await.unwrap(), 2);
    let folder = world.file("documents").join("documents").join(&broken_id);
    let object = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&object, b"damaged").unwrap();
    world.start_signer_with(&[], &GIVEN_UP).await;

    // A portal was killed after it had asked: the signer renewed, nobody fetched.
    let asked = Request::RenewFile { document_id: id.clone(), file: hex::encode(&before) };
    let Ok(Response::File { bytes, sha256 }) = world.client().ask(asked).await else { panic!("not renewed") };
    let renewed = hex::decode(bytes).unwrap();
    world.start_portal_with(&EACH_SECOND).await;
    stored(&world, &id, &sha256).await;

    let doctor = world.the(&DOCTOR).await;
    let after = doctor.download(&signed.file_url).await;
    assert_eq!(after, renewed, "the same file again, not another");
    assert!(after.len() > before.len() && after.starts_with(&before), "only appended to");
    // One that failed did not keep the other waiting, and is not handed out.
    assert!(world.log("serve").contains("a file waits for fresh proof"));
    doctor.open(&broken.file_url).await.refused(502);
    let events = format!("select count(*) from ledger_entry where kind = 'document.renewed' and subject = '{id}'");
    assert_eq!(rows::number(world.portal_rows(), &events).await, 1);

    // The signer was told to forget, and nothing of it is due any more.
    due_is(&world, &[&broken_id]).await;

    // Killed between the row and the word to the signer: the next round says it.
    world.stop_portal().await;
    let again = format!("update document set proof_algorithm = 'sha1' where document_id = '{id}'");
    rows::execute(world.journal_rows(), &again).await.unwrap();
    world.start_portal_with(&EACH_SECOND).await;
    due_is(&world, &[&broken_id]).await;
    let third = world.the(&DOCTOR).await.download(&signed.file_url).await;
    assert!(third.len() > after.len() && third.starts_with(&after));

    for (copy, older) in [(before, true), (after, true), (third, false)] {
        let page = Visitor::stranger().hand_in(world.url("/v"), copy).await.ok();
        let text = visitor::text(&page);
        assert!(text.contains("ตรงกับไฟล์ที่แพทย์ลงนาม"), "{text}");
        assert_eq!(text.contains("ต่ออายุหลักฐานแล้ว"), older, "{text}");
    }
    // The page of the code has all three to compare with in the browser.
    let page = Visitor::stranger().open(&signed.verify_url).await.ok();
    let earlier = page.html.split_once("data-earlier=\"").and_then(|(_, rest)| rest.split_once('"')).unwrap().0;
    assert_eq!(earlier.split(' ').count(), 2, "{earlier}");
    assert_eq!(world.verdict_of(&signed.code()).await["verdict"], "genuine");
    world.rabrong(&["audit", "verify"]).await.ok();
}

async fn id_of(world: &World, code: &str) -> String {
    rows::text(world.portal_rows(), &format!("select id from document where code = '{code}'")).await
}

async fn stored(world: &World, id: &str, sha256: &str) {
    let find = format!("select file_sha256 from document where id = '{id}'");
    for _ in 0..120 {
        if rows::text(world.portal_rows(), &find).await == sha256 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("it was never stored");
}

async fn due_is(world: &World, expected: &[&str]) {
    let mut last = Vec::new();
    for _ in 0..120 {
        let asked = world.client().ask(Request::RenewalsDue { within_days: 90, after: None }).await;
        let Ok(Response::RenewalsDue { due }) = asked else { panic!("{asked:?}") };
        last = due.documents.into_iter().map(|one| one.document_id).collect();
        if last == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("{last:?}");
}
