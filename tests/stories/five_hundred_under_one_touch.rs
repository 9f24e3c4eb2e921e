//! Five hundred drafts under one touch. A suspension on the way holds back what was not signed, and nothing
//! of it is lost; a revocation on the way refuses the rest for good, and each document says which it is.

use std::time::Duration;

use rabrong::demo::persons::{DOCTOR, RA};
use signer::protocol::{Request, SuspensionSource};
use stories::{Engine, Visitor, World, rows, visitor};

use crate::a_day_under_one_touch::{ids_of, newest_batch};
use crate::a_document_waits_for_its_level::registered;

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    story(Engine::Sqlite, 500).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    // What may differ there shows with a few times fifty.
    story(Engine::Postgres, 160).await;
}

async fn story(engine: Engine, most: usize) {
    let world = World::raise(engine).await;
    let mut doctor = world.the(&DOCTOR).await;
    let mut ra = world.the(&RA).await;
    let system = registered(&world, &ra, "").await;
    let serial = world.told.serial.clone();

    let touches = "select count(*) from activation";
    let touched = rows::number(world.journal_rows(), touches).await;
    let names: Vec<String> = (0..most).map(|at| format!("HIS/{at}")).collect();
    let brought = system.brings_many(&names).await;
    let held = broken_off(&world, &mut doctor, &serial, &brought).await;
    // Not signed is not called signed; what waits says what for, and goes on when that is over.
    assert!(
        held.text.contains("ยืนยันแล้ว ยังไม่ได้ลงนาม") && held.text.contains("ระงับชั่วคราวก่อนลงนามเอกสารนี้"),
        "{}",
        held.text
    );
    assert!((50..most).contains(&held.done), "{}", held.done);
    let page = world.proposes_restoration(&ra, &serial).await.ok();
    ra.touch(&page).await.ok();
    let (mut last, mut on_the_way) = (0, false);
    for _ in 0..240 {
        let standing = Standing::of(&world, &doctor, &held.batch).await;
        assert!(standing.done >= last, "what is signed stays signed");
        last = standing.done;
        on_the_way |= held.done < last && last < most;
        if last == most {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(last, most);
    // A look takes some seconds' worth over: of five hundred it shows how far they are.
    assert!(on_the_way || most < 500, "the page shows progress");
    let all = i64::try_from(most).expect("a number of documents") + 1;
    let once = "select count(distinct number) from document where state = 'signed' and object_path <> ''";
    assert_eq!(rows::number(world.portal_rows(), once).await, all, "and the one of the installation's own story");
    let finished = "select count(*) from document where state = 'finished'";
    assert_eq!(rows::number(world.journal_rows(), finished).await, all);
    let touched = rows::number(world.journal_rows(), touches).await - touched;
    assert_eq!(touched, 2, "the doctor's one for all of them, and the officer's");

    // Of another batch the certificate is revoked on the way.
    let names: Vec<String> = (0..160).map(|at| format!("HIS/late/{at}")).collect();
    let brought = system.brings_many(&names).await;
    let held = broken_off(&world, &mut doctor, &serial, &brought).await;
    world.revokes(&mut ra, &serial, "key_compromise", "").await;
    let mut standing = Standing::of(&world, &doctor, &held.batch).await;
    for _ in 0..120 {
        if standing.refused + standing.done == 160 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        standing = Standing::of(&world, &doctor, &held.batch).await;
    }
    assert_eq!((standing.done, standing.refused), (held.done, 160 - held.done), "{}", standing.text);
    assert!(standing.done >= 50, "{}", standing.text);
    assert!(standing.text.contains("ใบรับรองของท่านถูกเพิกถอน"), "{}", standing.text);
    assert!(!standing.text.contains("ลงนามส่วนที่เหลือ"), "nothing of it can be signed with that certificate");
    // The system that brought them reads the same of each.
    let mut states = std::collections::BTreeMap::<String, usize>::new();
    for id in &brought {
        let (status, document) = system.get(&format!("/{id}")).await;
        assert_eq!(status, 200, "{document}");
        *states.entry(document["state"].as_str().expect("a state").to_owned()).or_default() += 1;
    }
    assert_eq!(states, [("rejected".to_owned(), standing.refused), ("signed".to_owned(), standing.done)].into());
    world.rabrong(&["audit", "verify"]).await.ok();
}

/// The doctor chooses all and touches once; when the first fifty are finished the certificate is suspended.
async fn broken_off(world: &World, doctor: &mut Visitor, serial: &str, brought: &[String]) -> Standing {
    let list = doctor.open(world.url("/documents/waiting?choose=all")).await.ok();
    let shown = ids_of(&list.html);
    assert!(brought.iter().all(|id| shown.contains(id)), "all of them wait for the doctor");
    let chosen: Vec<(&str, &str)> = brought.iter().map(|id| ("document", id.as_str())).collect();
    let page = doctor.submit(&list.form("/documents/waiting/sign").expect("a form"), &chosen).await.ok();
    assert!(visitor::text(&page).contains(&brought.len().to_string()));
    let finished = "select count(*) from document where state = 'finished'";
    let before = rows::number(world.journal_rows(), finished).await;
    let suspends = async {
        for _ in 0..1_200 {
            if rows::number(world.journal_rows(), finished).await >= before + 50 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let asked = Request::Suspend {
            serial: serial.to_owned(),
            source: SuspensionSource::Hotline,
            evidence_sha256: "ab".repeat(32),
        };
        world.client().ask(asked).await.expect("suspended");
    };
    let (after, ()) = tokio::join!(doctor.touch(&page), suspends);
    after.ok();
    let batch = newest_batch(world).await;
    let mut standing = Standing::of(world, doctor, &batch).await;
    for _ in 0..120 {
        let next = Standing::of(world, doctor, &batch).await;
        if !next.working && next.done == standing.done && next.done > 0 {
            return next;
        }
        standing = next;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("it never came to rest: {}", standing.text)
}

/// What the page of a batch says.
struct Standing {
    batch: String,
    text: String,
    done: usize,
    refused: usize,
    working: bool,
}

impl Standing {
    async fn of(world: &World, doctor: &Visitor, batch: &str) -> Self {
        let page = doctor.open(world.url(&format!("/documents/batches/{batch}"))).await.ok();
        let tags = |tone: &str| page.html.matches(&format!("app-tag--{tone}")).count();
        let text = visitor::text(&page);
        let working = page.html.contains("<progress");
        let (done, refused) = (tags("green"), tags("red"));
        assert!(text.contains(&format!("{done} จาก")), "{text}");
        Self { batch: batch.to_owned(), text, done, refused, working }
    }
}
