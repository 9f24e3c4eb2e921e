//! Two signer processes share one token and one journal: they come up together however often they
//! are started at the same moment, sign at the same time, and one goes on with the pages of the other.

use rabrong::demo::persons::DOCTOR;
use serde_json::json;
use stories::acts::{Signed, code_shown};
use stories::persons::{MALI, SOMCHAI};
use stories::{Engine, Visitor, World, rows};

/// Starts of both at the same moment: SoftHSM fails at random when two processes open one token
/// directory (`CKR_GENERAL_ERROR`, `CKR_DEVICE_REMOVED`, …), and the signer begins again.
const STARTS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn two_signers_come_up_together_and_stand_in_for_each_other() {
    let mut world = World::raise(Engine::Sqlite).await;
    for _ in 1..STARTS {
        drop(world.start_two_signers(&[]).await);
    }
    let second = world.start_two_signers(&[]).await;
    let mut doctor = world.the(&DOCTOR).await;
    // Made by the first, served by the second.
    let page = world.proposes_to_sign(&doctor).await.ok();
    world.second_takes_over(&second).await;
    let code = code_shown(&page);
    doctor.touch(&page).await.ok();
    assert_eq!(world.verdict_of(&code).await["verdict"], "genuine");
    let signed = world.signs(&mut doctor).await;
    assert_eq!(world.verdict_of(&signed.code()).await["verdict"], "genuine");
    world.rabrong(&["audit", "verify"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sign_at_once_on_sqlite() {
    both_sign_at_once(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sign_at_once_on_postgresql() {
    both_sign_at_once(Engine::Postgres).await;
}

/// Documents of each doctor.
const EACH: usize = 6;

async fn both_sign_at_once(engine: Engine) {
    let mut world = World::raise(engine).await;
    let mut doctors = [world.the(&DOCTOR).await, world.certified(&SOMCHAI).await, world.certified(&MALI).await];
    let before = world.log("signer").len();
    let (first_listens, beside) = world.start_two_signers_behind_one_address().await;
    let [first, second, third] = &mut doctors;
    let (first, second, third) = tokio::join!(sign(&world, first), sign(&world, second), sign(&world, third));
    let mut signed: Vec<Signed> = [first, second, third].into_iter().flatten().collect();
    let touches = |log: &str| log.matches("sign-documents").count();
    let each = |world: &World| (touches(&world.log("signer")[before..]), touches(&world.log("second")));
    // By turns is by connections, which a browser keeps: another doctor's comes to the other.
    for _ in 0..10 {
        let (here, there) = each(&world);
        if here > 0 && there > 0 {
            break;
        }
        signed.push(world.signs(&mut world.the(&DOCTOR).await).await);
    }
    for one in &signed {
        assert_eq!(world.verdict_of(&one.code()).await["verdict"], "genuine");
    }
    let count = |sql: &'static str| rows::number(world.journal_rows(), sql);
    let all = i64::try_from(signed.len()).unwrap() + 1;
    assert_eq!(count("select count(*) from document where state = 'finished'").await, all);
    let (here, there) = each(&world);
    assert!(here > 0 && there > 0, "both signed: {here} and {there}");

    // One touch that reaches both at the same moment signs once.
    let page = world.proposes_to_sign(&doctors[0]).await.ok();
    let finish = page.url.join(&page.attribute("data-finish").unwrap()).unwrap();
    let origin = world.configuration.signer_url.clone();
    let answer = json!({ "credential": doctors[0].answer_of(&page).await });
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let host = finish.authority().to_owned();
    let post = async |listens: &str| {
        let request = http.post(format!("http://{listens}{}", finish.path())).header("host", &host);
        request.header("origin", &origin).json(&answer).send().await.unwrap().status().as_u16()
    };
    let (here, there) = (first_listens.as_str(), beside.listen.as_str());
    let answers = tokio::join!(post(here), post(there), post(here), post(there));
    let statuses = [answers.0, answers.1, answers.2, answers.3];
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| *status == 200 || (400..500).contains(status)), "{statuses:?}");
    let code = code_shown(&page);
    for _ in 0..40 {
        if world.verdict_of(&code).await["verdict"] == "genuine" {
            break;
        }
        world.lets_a_second_pass().await;
    }
    assert_eq!(world.verdict_of(&code).await["verdict"], "genuine");
    assert_eq!(count("select count(*) from document where state = 'finished'").await, all + 1);
    world.rabrong(&["audit", "verify"]).await.ok();
}

async fn sign(world: &World, doctor: &mut Visitor) -> Vec<Signed> {
    let mut signed = Vec::new();
    for _ in 0..EACH {
        signed.push(world.signs(doctor).await);
    }
    signed
}
