//! The documents of an installation lie in a bucket of an S3 service: written, read, away for a while, found
//! altered, erased.

use rabrong::demo::persons::{DOCTOR, RA};
use sims::bucket::{ACCESS_KEY, BUCKET, BucketServer, SECRET_KEY};
use stories::acts::code_shown;
use stories::{Engine, Visitor, World, rows, visitor};

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    documents_lie_in_a_bucket(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    documents_lie_in_a_bucket(Engine::Postgres).await;
}

async fn documents_lie_in_a_bucket(engine: Engine) {
    let mut world = World::raise(engine).await;
    let shelf = world.file("shelf");
    let server = BucketServer::serves(&shelf, "127.0.0.1:0").await.unwrap();
    moves_into(&mut world, &server).await;
    let mut doctor = world.the(&DOCTOR).await;

    // What lay in the folder was copied over, and is read from there.
    let before = rows::text(world.portal_rows(), "select id from document where state = 'signed'").await;
    let file = doctor.download(world.url(&format!("/documents/{before}/file.pdf"))).await;
    assert!(file.starts_with(b"%PDF"));

    let signed = world.signs(&mut doctor).await;
    let file = doctor.download(&signed.file_url).await;
    assert!(file.starts_with(b"%PDF"));
    let place = place_of(&world, &signed.code()).await;
    let object = server.folder().join(&place);
    let raw = std::fs::read(&object).unwrap();
    assert!(!raw.windows(4).any(|window| window == b"%PDF"), "it lies there in the clear");
    let handed_in = Visitor::stranger().hand_in(world.url("/v"), file.clone()).await.ok();
    assert!(visitor::text(&handed_in).contains("ตรงกับไฟล์ที่แพทย์ลงนาม"));

    // Away: nothing is lost, and nobody is told that it was altered.
    let address = server.endpoint().replace("http://", "");
    server.ends().await;
    doctor.open(&signed.file_url).await.refused(503);
    let page = world.proposes_to_sign(&doctor).await.ok();
    let waiting = code_shown(&page);
    doctor.touch(&page).await.refused(503);
    assert_eq!(world.verdict_of(&waiting).await["verdict"], "genuine", "it is signed, and the signer keeps it");
    let server = BucketServer::serves(&shelf, &address).await.unwrap();
    taken_over(&world, &waiting).await;
    assert_eq!(doctor.download(&signed.file_url).await, file);

    // Whoever writes into the bucket is found out at the next read.
    let mut altered = raw.clone();
    altered[raw.len() / 2] ^= 1;
    std::fs::write(&object, &altered).unwrap();
    doctor.open(&signed.file_url).await.refused(502);
    std::fs::write(&object, &raw).unwrap();
    assert_eq!(doctor.download(&signed.file_url).await, file);

    // Erased, nothing of it is in the bucket.
    let officer = world.the(&RA).await;
    let ask = officer.open(world.url("/console/erasures")).await.ok();
    let code = signed.code();
    let fields = [("code", code.as_str()), ("asked_by", "ผู้ป่วย"), ("words", "ขอใช้สิทธิลบข้อมูล")];
    let confirm = officer.submit(&ask.form("/console/erasures").unwrap(), &fields).await.ok();
    let number = rows::text(world.portal_rows(), &format!("select number from document where code = '{code}'")).await;
    officer.submit(&confirm.form("/console/erasures/").unwrap(), &[("number", &number)]).await.ok();
    assert!(!object.exists());
    doctor.open(&signed.file_url).await.refused(410);
    let other = server.folder().join(place_of(&world, &waiting).await);
    assert!(other.exists(), "the others stay");
    world.rabrong(&["check"]).await.ok();
    world.rabrong(&["audit", "verify"]).await.ok();
}

/// The installation's documents are copied into the bucket, and its configuration names that.
async fn moves_into(world: &mut World, server: &BucketServer) {
    world.stop_portal().await;
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(world.file("documents").join("."))
        .arg(server.folder())
        .status()
        .unwrap();
    assert!(copied.success());
    std::fs::remove_dir_all(world.file("documents")).unwrap();
    for (name, key) in [("s3-access.key", ACCESS_KEY), ("s3-secret.key", SECRET_KEY)] {
        std::fs::write(world.file(name), key).unwrap();
    }
    let name = world.file("rabrong.toml");
    let text = std::fs::read_to_string(&name).unwrap();
    let (head, rest) = text.split_once("[portal.object_store]\n").unwrap();
    let tail = rest.split_once("\n[").map(|(_, tail)| format!("\n[{tail}")).unwrap_or_default();
    let bucket = format!(
        "[portal.object_store]\nkind = \"s3\"\nendpoint = \"{}\"\nbucket = \"{BUCKET}\"\nregion = \"th-1\"\n\
         access_key_file = {:?}\nsecret_key_file = {:?}\nallow_http = true\n",
        server.endpoint(),
        world.file("s3-access.key"),
        world.file("s3-secret.key"),
    );
    std::fs::write(&name, format!("{head}{bucket}{tail}")).unwrap();
    world.start_portal().await;
}

/// Where the object of a document lies in the store.
async fn place_of(world: &World, code: &str) -> String {
    rows::text(world.portal_rows(), &format!("select object_path from document where code = '{code}'")).await
}

/// The portal takes what waited over by itself.
async fn taken_over(world: &World, code: &str) {
    let state = format!("select state from document where code = '{code}'");
    for _ in 0..90 {
        if rows::text(world.portal_rows(), &state).await == "signed" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("it was never taken over");
}
