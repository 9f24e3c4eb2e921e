//! A patient asks for a document to be erased: two pages, then it is gone from everywhere, also
//! from the backups, and what is left proves that it was there.

use std::path::{Path, PathBuf};

use rabrong::demo::persons::{DOCTOR, RA};
use signer::protocol::Request;
use stories::acts::code_shown;
use stories::{Engine, Visitor, World, rows, visitor};

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    erased_for_good(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    erased_for_good(Engine::Postgres).await;
}

async fn erased_for_good(engine: Engine) {
    let mut world = World::raise(engine).await;
    let mut doctor = world.the(&DOCTOR).await;
    let signed = world.signs(&mut doctor).await;
    let other = world.signs(&mut doctor).await;
    let file = doctor.download(&signed.file_url).await;
    let (id, number) = identity(&world, &signed.code()).await;

    a_damaged_file_is_not_handed_out(&world, &doctor, &signed.file_url, &id).await;
    a_store_that_is_away_loses_nothing(&world, &mut doctor).await;

    // Yesterday's backup: the rows and the objects.
    world.stop_portal().await;
    world.copies_portal_rows().await;
    copy(&world.file("documents"), &world.file("documents.old"));
    world.start_portal().await;

    let officer = world.the(&RA).await;
    let ask = officer.open(world.url("/console/erasures")).await.ok();
    let form = ask.form("/console/erasures").unwrap();
    let code = signed.code();
    let wrong = officer.submit(&form, &[("code", &code), ("asked_by", ""), ("words", "x")]).await;
    wrong.refused(422);
    let unknown = officer.submit(&form, &[("code", &"0".repeat(26)), ("asked_by", "a"), ("words", "b")]).await;
    unknown.refused(422);
    let fields = [("code", code.as_str()), ("asked_by", "ผู้ป่วย"), ("words", "ขอใช้สิทธิลบข้อมูล")];
    let confirm = officer.submit(&form, &fields).await.ok();
    let form = confirm.form("/console/erasures/").unwrap();
    officer.submit(&form, &[("number", "999999")]).await.refused(422);
    assert_eq!(world.verdict_of(&code).await["verdict"], "genuine", "one page is not enough");
    // A doctor is no officer, and nobody confirms another's erasure.
    doctor.open(world.url("/console/erasures")).await.refused(403);
    doctor.open(confirm.url.as_str()).await.refused(404);

    let done = officer.submit(&form, &[("number", &number)]).await.ok();
    assert!(visitor::text(&done).contains("ลบแล้ว"), "{}", visitor::text(&done));
    officer.submit(&form, &[("number", &number)]).await.refused(409);

    the_tombstone_says_only_that(&world, &code, &file).await;
    doctor.open(&signed.file_url).await.refused(410);
    assert!(!world.file("documents").join("documents").join(&id).exists() || is_empty(&world, &id));
    assert_eq!(world.verdict_of(&other.code()).await["verdict"], "genuine");
    assert!(!doctor.download(&other.file_url).await.is_empty());

    // Both ledgers still hold: of what was erased the leaves are left.
    world.rabrong(&["audit", "verify"]).await.ok();

    // Yesterday's portal is put back, with its wrapped key and its object: the key is dead.
    world.stop_portal().await;
    world.restores_portal_rows().await;
    copy(&world.file("documents.old"), &world.file("documents"));
    world.start_portal().await;
    let doctor = world.the(&DOCTOR).await;
    doctor.open(&signed.file_url).await.refused(410);
    assert!(!doctor.download(&other.file_url).await.is_empty(), "the others are read as before");
    assert_eq!(world.verdict_of(&code).await["verdict"], "erased");
    // Nor by whoever owns the portal and asks the signer directly.
    let wrapped = rows::text(world.portal_rows(), &format!("select wrapped_key from document where id = '{id}'")).await;
    let asked = world.client().ask(Request::OpenDataKey { document_id: id.clone(), wrapped }).await;
    assert!(asked.is_err(), "{asked:?}");
}

async fn identity(world: &World, code: &str) -> (String, String) {
    let find = |column: &str| format!("select {column} from document where code = '{code}'");
    (rows::text(world.portal_rows(), &find("id")).await, rows::text(world.portal_rows(), &find("number")).await)
}

async fn a_damaged_file_is_not_handed_out(world: &World, doctor: &Visitor, url: &str, id: &str) {
    let folder = world.file("documents").join("documents").join(id);
    let object = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let stored = std::fs::read(&object).unwrap();
    let mut altered = stored.clone();
    altered[stored.len() / 2] ^= 1;
    std::fs::write(&object, &altered).unwrap();
    let said = doctor.open(url).await.refused(502);
    assert!(said.contains("ไฟล์ที่เก็บไว้เสียหาย"), "{said}");
    assert!(world.log("serve").contains("stored_file"), "no alarm");
    std::fs::write(&object, &stored).unwrap();
    assert!(doctor.download(url).await.starts_with(b"%PDF"));
}

async fn a_store_that_is_away_loses_nothing(world: &World, doctor: &mut Visitor) {
    let (folder, aside) = (world.file("documents"), world.file("documents.away"));
    std::fs::rename(&folder, &aside).unwrap();
    std::fs::write(&folder, b"no folder").unwrap();
    let page = world.proposes_to_sign(doctor).await.ok();
    let code = code_shown(&page);
    let said = doctor.touch(&page).await.refused(503);
    assert!(said.contains("ที่เก็บเอกสารใช้งานไม่ได้"), "{said}");
    // It is signed, and the signer keeps it.
    assert_eq!(world.verdict_of(&code).await["verdict"], "genuine");
    let state = format!("select state from document where code = '{code}'");
    assert_eq!(rows::text(world.portal_rows(), &state).await, "prepared");
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&aside, &folder).unwrap();
    // The portal takes it over by itself, though nobody looks.
    for _ in 0..90 {
        if rows::text(world.portal_rows(), &state).await == "signed" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("it was never taken over");
}

async fn the_tombstone_says_only_that(world: &World, code: &str, file: &[u8]) {
    let said = world.verdict_of(code).await;
    assert_eq!((&said["verdict"], &said["document"]), (&"erased".into(), &serde_json::Value::Null), "{said}");
    assert!(said["erased"]["at"].is_string() && said["erased"]["file_sha256"].is_string(), "{said}");
    let page = Visitor::stranger().open(world.url(&format!("/v/{code}"))).await.ok();
    let text = visitor::text(&page);
    assert!(text.contains("ลบ"), "{text}");
    for gone in ["กานดา", "ใจดี", "12345", "โรงพยาบาลส"] {
        assert!(!text.contains(gone), "{gone} in {text}");
    }
    // A copy in somebody's hand is still known to be the one that was signed.
    let handed_in = Visitor::stranger().hand_in(world.url("/v"), file.to_vec()).await.ok();
    let text = visitor::text(&handed_in);
    assert!(text.contains("ลบตามคำขอ") && text.contains("ตรงกับไฟล์ที่แพทย์ลงนาม"), "{text}");
}

fn is_empty(world: &World, id: &str) -> bool {
    std::fs::read_dir(world.file("documents").join("documents").join(id)).unwrap().next().is_none()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry: PathBuf = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            std::fs::copy(&entry, &target).unwrap();
        }
    }
}
