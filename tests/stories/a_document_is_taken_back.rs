//! A doctor prepared a document and touched nothing: it is taken back, or given up, once no page of
//! the signer can wait for it; what is signed is not.

use rabrong::demo::persons::DOCTOR;
use stories::acts::code_shown;
use stories::{Engine, World, rows, visitor};

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    taken_back(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    taken_back(Engine::Postgres).await;
}

async fn taken_back(engine: Engine) {
    let world = World::raise(engine).await;
    let mut doctor = world.the(&DOCTOR).await;
    let untouched = code_shown(&world.proposes_to_sign(&doctor).await.ok());
    let (id, number) = (of(&world, &untouched, "id").await, of(&world, &untouched, "number").await);
    let check = world.url(&format!("/documents/{id}/check"));

    // The signer's page may still be open in another window.
    let page = doctor.open(&check).await.ok();
    assert!(page.form("/take-back").is_err() && visitor::text(&page).contains("ยังใช้ได้ถึง"));
    let by_hand = world.form_by_hand(&doctor, &format!("/documents/{id}/take-back")).await;
    doctor.submit(&by_hand, &[]).await.refused(409);

    long_ago(&world, &id).await;
    // A touch that is kept is carried out when the signer can, however late.
    let doctor_id = of(&world, &untouched, "person_id").await;
    let kept = format!("update ticket set state = 'activated' where person_id = '{doctor_id}' and state = 'open'");
    assert_eq!(rows::execute(world.journal_rows(), &kept).await.unwrap(), 1);
    doctor.submit(&by_hand, &[]).await.refused(409);
    let open = format!("update ticket set state = 'open' where person_id = '{doctor_id}' and state = 'activated'");
    assert_eq!(rows::execute(world.journal_rows(), &open).await.unwrap(), 1);

    let page = doctor.open(&check).await.ok();
    doctor.submit(&page.form("/take-back").unwrap(), &[]).await.ok();
    assert_eq!(of(&world, &untouched, "state").await, "draft");
    doctor.submit(&by_hand, &[]).await.refused(409);

    // Signed after all: under the number it had.
    let page = doctor.open(&check).await.ok();
    let signing = doctor.submit(&page.form("/sign").unwrap(), &[]).await.ok();
    assert_eq!(code_shown(&signing), untouched);
    doctor.touch(&signing).await.ok();
    assert_eq!(of(&world, &untouched, "number").await, number);
    assert_eq!(world.verdict_of(&untouched).await["verdict"], "genuine");
    long_ago(&world, &id).await;
    doctor.submit(&by_hand, &[]).await.refused(409);

    // The portal lost that it was signed: the signer knows.
    let forgotten = format!("update document set state = 'prepared' where id = '{id}'");
    rows::execute(world.portal_rows(), &forgotten).await.unwrap();
    doctor.submit(&by_hand, &[]).await.refused(409);

    // Another is given up, and its number is not given again.
    let code = code_shown(&world.proposes_to_sign(&doctor).await.ok());
    let id = of(&world, &code, "id").await;
    long_ago(&world, &id).await;
    let page = doctor.open(world.url(&format!("/documents/{id}/check"))).await.ok();
    doctor.submit(&page.form("/abandon").unwrap(), &[]).await.ok();
    assert_eq!(of(&world, &code, "state").await, "abandoned");
    let next = code_shown(&world.proposes_to_sign(&doctor).await.ok());
    assert_ne!(of(&world, &next, "number").await, of(&world, &code, "number").await);
}

async fn of(world: &World, code: &str, column: &str) -> String {
    rows::text(world.portal_rows(), &format!("select {column} from document where code = '{code}'")).await
}

async fn long_ago(world: &World, id: &str) {
    let sql = format!("update document set prepared_at = prepared_at - 1320000000 where id = '{id}'");
    assert_eq!(rows::execute(world.portal_rows(), &sql).await.unwrap(), 1);
}
