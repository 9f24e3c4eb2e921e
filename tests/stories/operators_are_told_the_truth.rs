//! What an operator types, and what is true of the installation afterwards.

use std::process::Command;

use sha2::{Digest as _, Sha256};
use stories::program::{processors_of, run};
use stories::{Engine, Visitor, World, rows};

#[tokio::test(flavor = "multi_thread")]
async fn the_ceremony_is_held_once() {
    let world = World::raise(Engine::Sqlite).await;
    let root = world.bytes("root.pem");
    let document = world.file("ceremony.toml");
    let (document, sha256) = (document.to_str().unwrap(), hex::encode(Sha256::digest(world.bytes("ceremony.toml"))));
    let operators = rabrong::demo::ceremony::operators(world.folder());
    let operators: Vec<&str> = operators.iter().map(|argument| argument.to_str().unwrap()).collect();
    let again = ["init", "--ceremony", document, "--reviewed", sha256.as_str()];
    let said = world.rabrong(&[&again[..], &operators].concat()).await;
    assert_ne!(said.code, 0, "{}", said.out);
    assert!(said.err.contains("ceremony"), "{}", said.err);
    let now = Visitor::stranger().download(world.url("/ca/root.cer")).await;
    let court = stories::judges::Court::sits();
    court.exhibits("root.pem", &root);
    court.exhibits("now.cer", &now);
    let fingerprint = |of: &str| court.hears("openssl", &format!("x509 -noout -fingerprint -sha256 -in {of}"));
    assert_eq!(fingerprint("root.pem"), fingerprint("now.cer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_is_checked() {
    let mut world = World::raise(Engine::Sqlite).await;
    let good = world.rabrong(&["check"]).await;
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    assert!(good.out.contains("one system user runs both"), "the demonstration says what it is: {}", good.out);

    let open = world.file("field.key");
    std::fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    world.stop_signer().await;
    let bad = world.rabrong(&["check"]).await;
    assert_ne!(bad.code, 0);
    for told in ["WRONG  secret file", "chmod 600", "WRONG  signer", "rabrong signer"] {
        assert!(bad.out.contains(told), "{told}: {}", bad.out);
    }
    // Outside a demonstration one system user for both is an error.
    let urls = [
        ("RABRONG__DEMO", "false"),
        ("RABRONG__SIGNER__TIME_STAMPING__CLOCK", "chrony"),
        ("RABRONG__PUBLIC_URL", "https://rabrong.example"),
        ("RABRONG__SIGNER_URL", "https://sign.rabrong.example"),
    ];
    let field = world.rabrong_with(&["check"], &urls).await;
    assert!(field.code != 0 && field.out.contains("WRONG  separation"), "{}", field.out);
    let plain = world.rabrong_with(&["check"], &urls[..2]).await;
    assert!(plain.code != 0 && plain.err.contains("https"), "plain http is for demonstrations: {}", plain.err);
    let assumed = world.rabrong_with(&["check"], &urls[..1]).await;
    assert!(
        assumed.code != 0 && assumed.err.contains("time_stamping.clock"),
        "nobody assumes the time: {}",
        assumed.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signer_keeps_to_the_processors_it_is_given() {
    let mut world = World::raise(Engine::Sqlite).await;
    let kept = world.processors_of_signer();
    assert!(kept.len() > 3 && kept.iter().all(|processors| *processors == 1), "one unless told: {kept:?}");
    world.stop_signer().await;
    world.start_signer_with(&[], &[("RABRONG__SIGNER__PROCESSORS", "4096")]).await;
    let all = processors_of("self")[0];
    let kept = world.processors_of_signer();
    assert!(kept.iter().all(|processors| *processors == all), "{all} as told: {kept:?}");
}

/// By its number alone, with the running signer's keys, and with those that the ceremony's transcript names.
async fn a_touch_is_checked_again(world: &mut World) {
    let newest = "select activation_id from activation order by at desc limit 1";
    let touch = rows::text(world.journal_rows(), newest).await;
    let said = world.rabrong(&["audit", "activation", &touch]).await.ok();
    assert!(said.contains("the running signer's own word"), "{said}");
    let ceremony = world.file("ceremony");
    let held = ["audit", "activation", &touch, "--ceremony", ceremony.to_str().unwrap()];
    let said = world.rabrong(&held).await.ok();
    assert!(!said.contains("own word"), "{said}");
    let published = world.file("keys.json");
    let keys = Visitor::stranger().download(world.url("/.well-known/rabrong-keys.json")).await;
    std::fs::write(&published, &keys).unwrap();
    let with =
        |id: &str| ["audit", "activation", id, "--json", "--keys", published.to_str().unwrap()].map(str::to_owned);
    let asked = with(&touch);
    let said = world.rabrong(&asked.each_ref().map(String::as_str)).await.ok();
    assert!(said.contains("\"sound\":true"), "{said}");
    // Neither the signer nor the portal nor the token is needed for it.
    world.stop_signer().await;
    world.stop_portal().await;
    let (tokens, away) = (world.file("tokens"), world.file("tokens-away"));
    std::fs::rename(&tokens, &away).unwrap();
    let said = world.rabrong(&[&asked.each_ref().map(String::as_str)[..], &held[3..]].concat()).await.ok();
    assert!(said.contains("\"sound\":true"), "{said}");
    assert_ne!(world.rabrong(&held[..3]).await.code, 0, "whose keys they are it does not make up");
    std::fs::rename(&away, &tokens).unwrap();
    world.start_signer(&[]).await;
    world.start_portal().await;
    // A binding key that is not the ceremony's is noticed there, and by the statements it did not sign.
    let mut swapped: serde_json::Value = serde_json::from_slice(&keys).unwrap();
    let all = swapped["keys"].as_array_mut().unwrap();
    let another = all.iter().find(|key| key["purpose"] == "checkpoint").unwrap()["spki"].clone();
    all.iter_mut().find(|key| key["purpose"] == "binding").unwrap()["spki"] = another;
    std::fs::write(&published, swapped.to_string()).unwrap();
    for more in [&[][..], &["--ceremony", ceremony.to_str().unwrap()]] {
        let asked = with(&touch);
        let mut asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        asked.extend(more);
        let said = world.rabrong(&asked).await;
        assert_ne!(said.code, 0, "{}", said.out);
    }
    let unknown = world.rabrong(&["audit", "activation", "0198f0f0-0000-7000-8000-00000000ffff"]).await;
    assert_ne!(unknown.code, 0, "{}", unknown.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_ledger_is_noticed_on_sqlite() {
    an_altered_ledger_is_noticed(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_ledger_is_noticed_on_postgresql() {
    an_altered_ledger_is_noticed(Engine::Postgres).await;
}

async fn an_altered_ledger_is_noticed(engine: Engine) {
    let mut world = World::raise(engine).await;
    // The link of an invitation stands in the ledger, its secret does not.
    let link = world.invites("ra_officer", "10670", "นายทะเบียน").await;
    let secret = link.rsplit('/').next().unwrap();
    let invited = "select count(*) from ledger_entry where kind like '%invit%'";
    assert!(rows::number(world.portal_rows(), invited).await > 0);
    let leaked = format!("select count(*) from ledger_entry where payload like '%{secret}%'");
    assert_eq!(rows::number(world.portal_rows(), &leaked).await, 0);
    // A sequencer orders what is new each second, a checkpoint covers it.
    let waiting = "select count(*) from ledger_entry where sequence is null";
    for rows_of in [world.portal_rows(), world.journal_rows()] {
        for _ in 0..100 {
            if rows::number(rows_of, waiting).await == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    let sound = world.rabrong(&["audit", "verify"]).await.ok();
    assert!(sound.contains("rabrong/journal") && sound.contains("rabrong/portal"), "{sound}");
    a_touch_is_checked_again(&mut world).await;

    // Past the trigger, as only the database's owner can.
    let alter = "update ledger_entry set at = at + 1 where sequence = 1";
    assert!(rows::execute(world.journal_rows(), alter).await.is_err(), "the trigger refuses");
    let unguarded: &[&str] = match engine {
        Engine::Sqlite => &["drop trigger ledger_entry_no_change"],
        Engine::Postgres => &["alter table ledger_entry disable trigger all"],
    };
    for sql in unguarded {
        rows::execute(world.journal_rows(), sql).await.unwrap();
    }
    assert_eq!(rows::execute(world.journal_rows(), alter).await.unwrap(), 1);
    let said = world.rabrong(&["audit", "verify"]).await;
    assert_ne!(said.code, 0, "{}", said.out);
    assert!(said.err.contains("does not stand up"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstrations_passkeys_exist_in_a_demonstration_only() {
    let mut world = World::raise(Engine::Sqlite).await;
    let anyone = Visitor::stranger();
    assert_eq!(anyone.open(world.numeric_url("/demo/passkeys.json")).await.status, 200);
    let home = anyone.open(world.url("/login")).await.ok();
    let script = home.html.split('"').find(|part| part.contains("demo-passkey")).expect("the script").to_owned();
    assert_eq!(anyone.open(world.numeric_url(&script)).await.status, 200);

    world.stop_portal().await;
    let field = [
        ("RABRONG__DEMO", "false"),
        ("RABRONG__SIGNER__TIME_STAMPING__CLOCK", "chrony"),
        ("RABRONG__PUBLIC_URL", "https://rabrong.example"),
        ("RABRONG__SIGNER_URL", "https://sign.rabrong.example"),
    ];
    world.start_portal_with(&field).await;
    for path in ["/demo/passkeys.json", script.as_str()] {
        assert_eq!(anyone.open(world.numeric_url(path)).await.status, 404, "{path}");
    }
    let home = anyone.open(world.numeric_url("/login")).await.ok();
    assert!(!home.html.contains("demo"), "no banner, no script");
    // Steps to stop at are for demonstrations too.
    let said = world.rabrong_with(&["signer", "--stop-at", "signed"], &field).await;
    assert!(said.code != 0 && said.err.contains("demonstrations only"), "{}", said.err);
    let said = world.rabrong_with(&["council"], &field).await;
    assert!(said.code != 0 && said.err.contains("demonstrations only"), "{}", said.err);
}

#[test]
fn the_portal_cannot_reach_the_token() {
    let tree = |package: &str| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["tree", "--locked", "--offline", "--package", package, "--edges", "normal", "--prefix", "none"]);
        run(cargo.current_dir(env!("CARGO_MANIFEST_DIR"))).ok()
    };
    let names = |tree: &str| -> Vec<String> {
        tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    };
    let web = names(&tree("web"));
    assert!(web.contains(&"signer".to_owned()), "the socket's client is there");
    for token in ["hsm", "cryptoki", "cryptoki-sys"] {
        assert!(!web.contains(&token.to_owned()), "web reaches {token}");
        assert!(names(&tree("rabrong")).contains(&token.to_owned()), "{token} is a package's name");
    }
    for pure in ["ca", "pdf", "pades", "people", "ledger"] {
        let names = names(&tree(pure));
        for outside in ["tokio", "sqlx", "reqwest", "cryptoki"] {
            assert!(!names.contains(&outside.to_owned()), "{pure} reaches {outside}");
        }
    }
}
