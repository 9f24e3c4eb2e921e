//! The token is not there for a minute: who asks is told so in words, what was touched is kept,
//! what needs no key goes on, and work is taken up again by itself.

use std::path::PathBuf;
use std::time::Duration;

use rabrong::demo::persons::DOCTOR;
use stories::acts::code_of;
use stories::{Engine, World, rows};

/// How long the token is away.
const AWAY: Duration = Duration::from_secs(60);

/// How soon after its return all works again.
const SOON: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_nothing_is_started_anew() {
    let world = World::raise(Engine::Sqlite).await;
    let mut doctor = world.the(&DOCTOR).await;
    let signed_before = signed(&world).await;
    let page = world.proposes_to_sign(&doctor).await.ok();
    let begun = tokio::time::Instant::now();
    let tokens = carry_away(&world);

    // The touch is refused with words that say what to do, and is good later.
    let (status, said) = doctor.try_touch(&page).await.unwrap_err();
    assert_eq!(status, 503, "{said}");
    assert!(said["problem_th"].is_string() && said["problem_en"].is_string(), "{said}");
    let mut refusals = 0;
    while begun.elapsed() < AWAY {
        let code = code_of(&world.told.verify_url);
        assert_eq!(world.verdict_of(&code).await["verdict"], "genuine", "the public page needs no key");
        let written = world.writes(&doctor, &[]).await.ok();
        let answer = doctor.submit(&written.form("/sign").unwrap(), &[]).await;
        assert_eq!(answer.status, 503, "{}", answer.said());
        refusals += 1;
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    assert!(refusals > 5, "{refusals}");
    assert_eq!(signed(&world).await, signed_before);

    bring_back(&tokens);
    let back = tokio::time::Instant::now();
    let again = loop {
        match world.proposes_to_sign(&doctor).await {
            answer if answer.status == 200 => break answer.ok(),
            answer => assert!(back.elapsed() < SOON, "still {}: {}", answer.status, answer.said()),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    doctor.touch(&again).await.ok();
    assert_eq!(signed(&world).await, signed_before + 1);
    world.rabrong(&["audit", "verify"]).await.ok();
}

async fn signed(world: &World) -> i64 {
    rows::number(world.journal_rows(), "select count(*) from ledger_entry where kind = 'document.signed'").await
}

fn carry_away(world: &World) -> PathBuf {
    let tokens = world.file("tokens");
    std::fs::rename(&tokens, tokens.with_file_name("away")).unwrap();
    std::fs::create_dir(&tokens).unwrap();
    tokens
}

fn bring_back(tokens: &PathBuf) {
    std::fs::rename(tokens, tokens.with_file_name("empty")).unwrap();
    std::fs::rename(tokens.with_file_name("away"), tokens).unwrap();
}
