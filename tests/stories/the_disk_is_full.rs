//! The disk is full, at whichever write: nobody meets a fault, the doctor is told what to do, nothing is
//! half-written, reading goes on; with room again the same request is finished, once, without a restart.

use std::time::Duration;

use rabrong::demo::persons::DOCTOR;
use stories::acts::{code_of, code_shown};
use stories::tally::Tally;
use stories::{Answer, Engine, SmallDisk, Visitor, World, rows};
use tokio::time::Instant;

/// Bytes of the disk: what is there already, and room for the documents of a story.
const SIZE: u64 = 64 << 20;

/// What is left free, so that each write in turn is the one that finds no room: the activation, the record, the
/// signed file, the closing of the request. The last is enough for all of them.
fn rooms() -> impl Iterator<Item = u64> {
    (0..=288).step_by(24).chain([1024]).map(|kib| kib << 10)
}

/// How soon what was confirmed is finished by itself: recovery looks after what was confirmed a minute ago.
const SOON: Duration = Duration::from_secs(100);

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_finds_no_room_at_each_write_in_turn() {
    let Some(disk) = SmallDisk::of("the_disk_is_full::the_journal_finds_no_room_at_each_write_in_turn", SIZE) else {
        return;
    };
    let mut world = World::raise(Engine::Sqlite).await;
    world.stop_signer().await;
    let journal = disk.takes_rows(world.journal_rows());
    world.configuration.signer.database.clone_from(&journal);
    let there = [("RABRONG__SIGNER__DATABASE", journal.as_str())];
    world.start_signer_with(&[], &there).await;
    let mut doctor = world.the(&DOCTOR).await;
    let before = Tally::of(&world).await;
    let (mut codes, mut refused, mut waiting) = (Vec::new(), 0, 0);
    for room in rooms() {
        let page = world.proposes_to_sign(&doctor).await.ok();
        let code = code_shown(&page);
        folds_the_log_of(world.journal_rows()).await;
        disk.fills_up_to(room);
        match doctor.try_touch(&page).await {
            // Nothing was taken down: with room the same page takes the same touch.
            Err((status, said)) => {
                refused += 1;
                assert_eq!(status, 503, "{room}: {said}");
                is_told_what_to_do(&said);
                reading_goes_on(&world, &doctor).await;
                disk.has_room_again();
                doctor.touch(&page).await.ok();
            }
            // It was, and is gone on with.
            Ok(answer) => {
                waiting += usize::from(!answer.page.html.contains("file.pdf"));
                is_told_how_it_stands(&world, &doctor, answer).await;
                reading_goes_on(&world, &doctor).await;
                disk.has_room_again();
            }
        }
        codes.push(code);
    }
    assert!(refused > 0, "the first write finds no room");
    assert!(waiting > 0, "a later write finds no room");
    for code in &codes {
        is_finished(&world, code).await;
    }
    before.grew_by(&world, &doctor, &codes).await;
    for command in [&["audit", "verify"][..], &["check"]] {
        world.rabrong_with(command, &there).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_finds_no_room_for_its_rows_nor_its_files() {
    let Some(disk) = SmallDisk::of("the_disk_is_full::the_portal_finds_no_room_for_its_rows_nor_its_files", SIZE)
    else {
        return;
    };
    let mut world = World::raise(Engine::Sqlite).await;
    world.stop_portal().await;
    let database = disk.takes_rows(world.portal_rows());
    world.configuration.portal.database.clone_from(&database);
    let folder = disk.folder().join("documents").to_string_lossy().into_owned();
    let there =
        [("RABRONG__PORTAL__DATABASE", database.as_str()), ("RABRONG__PORTAL__OBJECT_STORE__FOLDER", folder.as_str())];
    world.start_portal_with(&there).await;
    let mut doctor = world.the(&DOCTOR).await;
    let before = Tally::of(&world).await;
    let (mut codes, mut refused) = (Vec::new(), 0);
    for room in rooms() {
        let page = world.proposes_to_sign(&doctor).await.ok();
        let code = code_shown(&page);
        folds_the_log_of(world.portal_rows()).await;
        disk.fills_up_to(room);
        // The signer has room, and signs; the portal cannot take the file over, or only after some tries.
        let told = doctor.touch(&page).await;
        if told.status != 200 {
            refused += 1;
            assert!(told.refused(503).contains("ลองใหม่"), "{room}: {}", told.said());
            let english = doctor.open(format!("{}?lang=en", world.page_of(&code, "done").await)).await;
            assert!(english.status != 503 || english.said().contains("try again"), "{room}: {}", english.said());
            // A page that was shown is remembered with its language.
            doctor.open(world.url("/?lang=th")).await;
        }
        if room == 0 {
            // Nobody's data are read without a trace, for which there is no room; strangers read no such data.
            assert!(doctor.open(world.url("/documents")).await.refused(503).contains("ลองใหม่"));
            assert_eq!(world.verdict_of(&code_of(&world.told.verify_url)).await["verdict"], "genuine");
        }
        disk.has_room_again();
        world.finished(&doctor, &code).await;
        codes.push(code);
    }
    assert!(refused > 1, "rows or files find no room");
    before.grew_by(&world, &doctor, &codes).await;
    for command in [&["audit", "verify"][..], &["check"]] {
        world.rabrong_with(command, &there).await.ok();
    }
}

/// Everything is in the database's file and its log is empty: each write needs room.
async fn folds_the_log_of(database: &str) {
    for _ in 0..100 {
        if rows::number(database, "pragma wal_checkpoint(truncate)").await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the log is not folded");
}

fn is_told_what_to_do(said: &serde_json::Value) {
    let words = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    assert!(words("problem_th").contains("ลองใหม่"), "{said}");
    assert!(words("problem_en").contains("Nothing was signed") && words("problem_en").contains("Try again"), "{said}");
}

/// After a touch that was taken down: finished, or the page says that it goes on by itself.
async fn is_told_how_it_stands(world: &World, doctor: &Visitor, told: Answer) {
    let begun = Instant::now();
    let page = told.page.url.clone();
    let mut said = told;
    loop {
        assert!(said.status == 200 || said.status == 503, "{}: {}", said.status, said.said());
        if said.page.html.contains("file.pdf") || said.said().contains("ไม่ต้อง") {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(25), "{page}: {}\n{}", said.said(), world.log("signer"));
        tokio::time::sleep(Duration::from_secs(1)).await;
        said = doctor.open(page.as_str()).await;
    }
}

/// Whoever only reads notices nothing.
async fn reading_goes_on(world: &World, doctor: &Visitor) {
    let earlier = code_of(&world.told.verify_url);
    assert_eq!(world.verdict_of(&earlier).await["verdict"], "genuine");
    doctor.open(world.url("/documents")).await.ok();
}

async fn is_finished(world: &World, code: &str) {
    let begun = Instant::now();
    while world.verdict_of(code).await["verdict"] != "genuine" {
        assert!(begun.elapsed() < SOON, "{code} is not finished: {}", world.log("signer"));
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
