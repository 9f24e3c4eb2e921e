//! A doctor signs the day's drafts at once: looks at each, chooses, touches once, sees what came
//! of each, and signs the rest when something broke off.

use rabrong::demo::persons::DOCTOR;
use stories::persons::SOMCHAI;
use stories::{Engine, Visitor, World, paper, rows, visitor};

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    a_day(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    a_day(Engine::Postgres).await;
}

async fn a_day(engine: Engine) {
    let mut world = World::raise(engine).await;
    let mut doctor = world.the(&DOCTOR).await;
    for name in ["นายหนึ่ง ใจดี", "นายสอง ใจดี", "นายสาม ใจดี", "นายสี่ ใจดี", "นายห้า ใจดี"]
    {
        world.writes(&doctor, &[("applicant_name", name), ("patient_name", name)]).await.ok();
    }
    // One is not complete.
    let incomplete = [("applicant_name", "นายหก ใจดี"), ("patient_name", "นายหก ใจดี"), ("opinion", "")];
    world.writes(&doctor, &incomplete).await.refused(422);

    let list = doctor.open(world.url("/documents/waiting")).await.ok();
    let text = visitor::text(&list);
    assert!(text.contains("นายหก") && text.contains("ยังขาด"), "{text}");
    let ids = ids_of(&list.html);
    assert_eq!(ids.len(), 5, "the incomplete one cannot be chosen");
    let all = doctor.open(world.url("/documents/waiting?choose=all")).await.ok();
    assert_eq!(all.html.matches(" checked").count(), 5);

    // A look at each, with the next one beside it: what each says, and that it is a draft.
    let paper = world.file("look.pdf");
    for (at, (id, name)) in ids.iter().zip(["หนึ่ง", "สอง", "สาม", "สี่", "ห้า"]).enumerate()
    {
        let look = doctor.open(world.url(&format!("/documents/waiting/{id}"))).await.ok();
        let text = visitor::text(&look);
        assert!(text.contains(&format!("{} จาก 6", at + 1)) && text.contains(name), "{text}");
        assert!(ids.get(at + 1).is_none_or(|next| look.link(next).is_ok()));
        let draft = doctor.download(world.url(&format!("/documents/{id}/preview.pdf"))).await;
        std::fs::write(&paper, draft).unwrap();
        let text = paper::text(&paper);
        assert!(text.contains(name) && text.contains("Draft, not signed"), "{text}");
    }

    // Nothing chosen, and something that is not this doctor's.
    let form = list.form("/documents/waiting/sign").unwrap();
    doctor.submit(&form, &[]).await.refused(422);
    doctor.submit(&form, &[("document", "0198f0f0-0000-7000-8000-00000000ffff")]).await.refused(409);

    // The signer ends in the middle: what was recorded is finished, once, when it is back.
    let chosen: Vec<(&str, &str)> = ids[..3].iter().map(|id| ("document", id.as_str())).collect();
    world.stop_signer().await;
    world.start_signer(&["--stop-at", "signed"]).await;
    let page = doctor.submit(&form, &chosen).await.ok();
    doctor.touch_in_vain(&page).await;
    world.signer_dies().await;
    world.start_signer(&[]).await;
    let batch = newest_batch(&world).await;
    let done = look_until(&world, &doctor, &batch, "3 จาก 3").await;
    assert!(!done.contains("ลงนามส่วนที่เหลือ"), "{done}");

    // The next batch is declined at first: nothing is lost, and the rest is signed from the page.
    let list = doctor.open(world.url("/documents/waiting")).await.ok();
    let rest = ids_of(&list.html);
    assert_eq!(rest.len(), 2);
    let chosen: Vec<(&str, &str)> = rest.iter().map(|id| ("document", id.as_str())).collect();
    doctor.submit(&list.form("/documents/waiting/sign").unwrap(), &chosen).await.ok();
    let batch = newest_batch(&world).await;
    let page = doctor.open(world.url(&format!("/documents/batches/{batch}"))).await.ok();
    let text = visitor::text(&page);
    assert!(text.contains("0 จาก 2") && text.contains("ลงนามส่วนที่เหลือ"), "{text}");
    let again = doctor.submit(&page.form("/documents/waiting/sign").unwrap(), &[]).await.ok();
    doctor.touch(&again).await.ok();
    let batch = newest_batch(&world).await;
    look_until(&world, &doctor, &batch, "2 จาก 2").await;

    // Each once, each with a file, and each code known.
    let count = |sql: &'static str| rows::number(world.portal_rows(), sql);
    assert_eq!(
        count("select count(*) from document where state = 'signed' and object_path <> ''").await,
        5 + signed_before()
    );
    assert_eq!(count("select count(distinct number) from document where number <> ''").await, 5 + signed_before());
    // Nobody else sees the batch, or signs what is another's.
    let page = Visitor::stranger().open(world.url(&format!("/documents/batches/{batch}"))).await;
    assert!(page.page.url.path() == "/login" || page.status == 401, "{}", page.said());
    world.writes(&doctor, &[]).await.ok();
    let list = doctor.open(world.url("/documents/waiting")).await.ok();
    let own = ids_of(&list.html);
    let colleague = world.certified(&SOMCHAI).await;
    colleague.open(world.url(&format!("/documents/batches/{batch}"))).await.refused(404);
    world.writes(&colleague, &[]).await.ok();
    let list = colleague.open(world.url("/documents/waiting")).await.ok();
    let (form, colleagues) = (list.form("/documents/waiting/sign").unwrap(), ids_of(&list.html));
    let both = [("document", colleagues[0].as_str()), ("document", own[0].as_str())];
    colleague.submit(&form, &both).await.refused(409);
    world.rabrong(&["audit", "verify"]).await.ok();
}

/// The installation's own story signed one.
const fn signed_before() -> i64 {
    1
}

pub(crate) async fn newest_batch(world: &World) -> String {
    rows::text(world.portal_rows(), "select id from signing_batch order by created_at desc, id desc limit 1").await
}

pub(crate) async fn look_until(world: &World, doctor: &Visitor, batch: &str, said: &str) -> String {
    for _ in 0..40 {
        let page = doctor.open(world.url(&format!("/documents/batches/{batch}"))).await.ok();
        let text = visitor::text(&page);
        if text.contains(said) {
            return text;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("the batch never came to {said}")
}

/// The documents that can be ticked.
pub(crate) fn ids_of(html: &str) -> Vec<String> {
    let boxes = html.split("name=\"document\" value=\"").skip(1);
    boxes.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}
