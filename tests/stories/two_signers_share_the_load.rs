//! Two signer processes share one token and one journal: they come up together however often they
//! are started at the same moment, and one goes on with the pages of the other.

use rabrong::demo::persons::DOCTOR;
use stories::acts::code_shown;
use stories::{Engine, World};

/// Starts of both at the same moment: SoftHSM fails at random when two processes open one token
/// directory (`CKR_GENERAL_ERROR`, `CKR_DEVICE_REMOVED`, …), and the signer begins again.
const STARTS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn two_signers_come_up_together_and_stand_in_for_each_other() {
    let mut world = World::raise(Engine::Sqlite).await;
    for _ in 1..STARTS {
        drop(world.start_two_signers().await);
    }
    let second = world.start_two_signers().await;
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
