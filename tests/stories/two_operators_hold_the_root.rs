//! What two operators do with the root's token, typed as they would type it: rehearse, sign the
//! next CRL, make a generation, move the keys to a second token. Neither alone can.

use sha2::{Digest as _, Sha256};
use stories::judges::Court;
use stories::persons::{MALI, SOMCHAI};
use stories::program::Said;
use stories::{Engine, Visitor, World};

#[tokio::test(flavor = "multi_thread")]
async fn two_operators_hold_the_root() {
    let mut world = World::raise(Engine::Sqlite).await;
    let court = Court::sits();
    what_the_demonstration_left_is_the_roots_word(&world, &court);
    a_rehearsal_touches_nothing(&world, &court).await;
    neither_operator_signs_alone(&world).await;
    the_roots_next_crl_is_published(&world, &court).await;
    a_second_generation_issues(&mut world, &court).await;
    epochs_follow_each_other(&world).await;
    the_keys_work_in_a_second_token(&mut world, &court).await;
}

fn what_the_demonstration_left_is_the_roots_word(world: &World, court: &Court) {
    for name in ["root.pub", "transcript.txt", "transcript.sig"] {
        court.exhibits(name, &world.bytes(&format!("ceremony/{name}")));
    }
    court.exhibits("root.pem", &world.bytes("root.pem"));
    court.exhibits("tsa.pem", &world.bytes("tsa.pem"));
    court.exhibits("tsa-ca.pem", &world.bytes("ceremony/tsa-ca.pem"));
    court.hears("openssl", "dgst -sha384 -verify root.pub -signature transcript.sig transcript.txt");
    court.hears("openssl", "verify -x509_strict -CAfile root.pem -untrusted tsa-ca.pem -purpose timestampsign tsa.pem");
    let transcript = String::from_utf8(world.bytes("ceremony/transcript.txt")).unwrap();
    assert!(transcript.contains(&digest(world)), "{transcript}");
    // Neither a PIN of the root's token nor its security officer's lies anywhere.
    let root = std::fs::read_dir(world.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = root.map(|name| name.into_string().unwrap()).collect();
    assert!(!names.iter().any(|name| name.contains("root") && name.contains("pin")), "{names:?}");
}

async fn a_rehearsal_touches_nothing(world: &World, court: &Court) {
    let before = tokens(world);
    let document = world.file("ceremony.toml");
    let init = ["init", "--ceremony", document.to_str().unwrap()];
    let said = world.rabrong(&[&init[..], &["--dry-run"]].concat()).await.ok();
    assert!(said.contains(&digest(world)) && said.contains("Rabrong Root CA (TEST)"), "{said}");
    assert_eq!(tokens(world), before, "no token was touched");
    court.exhibits("rehearsed.pem", &world.bytes("ceremony/rehearsal/issuing-1.pem"));
    let text = court.hears("openssl", "x509 -in rehearsed.pem -noout -text");
    assert!(text.contains("Rabrong Issuing CA 1 (TEST)"), "{text}");

    let wrong = world.rabrong(&[&init[..], &["--reviewed", &"0".repeat(64)]].concat()).await;
    assert!(wrong.code != 0 && wrong.err.contains("not the one that was reviewed"), "{}", wrong.err);
    let surprising = world.file("surprising.toml");
    std::fs::write(&surprising, [b"surprise = 1\n".to_vec(), world.bytes("ceremony.toml")].concat()).unwrap();
    let wrong = world.rabrong(&["init", "--ceremony", surprising.to_str().unwrap(), "--dry-run"]).await;
    assert!(wrong.code != 0 && wrong.err.contains("surprise"), "{}", wrong.err);
}

async fn neither_operator_signs_alone(world: &World) {
    let (first, second) = (world.file("operator-1.secret"), world.file("operator-2.secret"));
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    for (a, b, told) in [(first, first, "are the same"), (second, first, "PIN")] {
        let said = world
            .rabrong(&[
                "root-crl",
                "--operators",
                "A",
                "B",
                "--out",
                out(world).as_str(),
                "--secret-1",
                a,
                "--secret-2",
                b,
            ])
            .await;
        assert!(said.code != 0 && said.err.contains(told), "{told}: {}", said.err);
    }
}

async fn the_roots_next_crl_is_published(world: &World, court: &Court) {
    act(world, &["root-crl"]).await.ok();
    let signed = world.bytes("acts/root.crl");
    for attempt in 0.. {
        let published = Visitor::stranger().download(world.url("/crl/root.crl")).await;
        if published == signed {
            break;
        }
        assert!(attempt < 100, "the signer publishes it");
        world.lets_a_second_pass().await;
    }
    court.exhibits("root.crl", &signed);
    let text = court.hears("openssl", "crl -inform DER -in root.crl -noout -crlnumber -CAfile root.pem");
    assert!(text.contains("verify OK"), "{text}");
    let name = "root-crl-transcript";
    for ending in ["txt", "sig"] {
        court.exhibits(&format!("{name}.{ending}"), &world.bytes(&format!("acts/{name}.{ending}")));
    }
    court.hears("openssl", &format!("dgst -sha384 -verify root.pub -signature {name}.sig {name}.txt"));
}

async fn a_second_generation_issues(world: &mut World, court: &Court) {
    let backups = world.file("ceremony/backups");
    act(world, &["rollover", "--generation", "2", "--backups", backups.to_str().unwrap()]).await.ok();
    world.stop_signer().await;
    world.start_signer(&[]).await;
    let mut doctor = world.certified(&SOMCHAI).await;
    let signed = world.signs(&mut doctor).await;
    // The document of the demonstration, under the first generation, and this one, under the second.
    for code in [signed.code(), stories::acts::code_of(&world.told.verify_url)] {
        assert_eq!(world.verdict_of(&code).await["tone"], "green", "{code}");
    }
    let issuing = Visitor::stranger().download(world.url("/ca/issuing-2.cer")).await;
    court.exhibits("issuing-2.der", &issuing);
    court.hears("openssl", "x509 -inform DER -in issuing-2.der -out issuing-2.pem");
    court.hears("openssl", "verify -x509_strict -CAfile root.pem issuing-2.pem");
}

async fn epochs_follow_each_other(world: &World) {
    let used = world.rabrong(&["epoch", "end", "1"]).await;
    assert!(used.code != 0 && used.err.contains("in use"), "{}", used.err);
    let backups = world.file("ceremony/backups");
    let backups = backups.to_str().unwrap();
    let components = components(world);
    let components: Vec<&str> = components.iter().map(String::as_str).collect();
    let begun = world.rabrong(&[&["epoch", "new", "2", "--backups", backups][..], &components].concat()).await.ok();
    assert!(begun.contains("epoch 2") && begun.contains("new keys go under it"), "{begun}");
    let used = world.rabrong(&["epoch", "end", "1"]).await;
    assert!(used.code != 0 && used.err.contains("Nothing was destroyed"), "{}", used.err);
    // The signer, which has not been restarted, makes the next doctor's key under it.
    let mut doctor = world.certified(&MALI).await;
    world.signs(&mut doctor).await;
    let kept = world.rabrong(&["backup", "--from", backups]).await.ok();
    assert!(kept.contains("rabrong doctor-wrap 2") && kept.contains("rabrong issuing 2"), "{kept}");
    let empty = out(world);
    let missing = world.rabrong(&["backup", "--from", empty.as_str()]).await;
    assert!(missing.code != 0 && missing.out.contains("MISSING"), "{}", missing.out);
}

async fn the_keys_work_in_a_second_token(world: &mut World, court: &Court) {
    let backups = world.file("ceremony/backups");
    let pin = world.file("token.pin");
    let (backups, pin) = (backups.to_str().unwrap(), pin.to_str().unwrap());
    let components = components(world);
    let components: Vec<&str> = components.iter().map(String::as_str).collect();
    let restore = ["restore", "--from", backups, "--to", "rabrong-second", "--pin-file", pin];
    let swapped = [&restore[..], &[components[0], components[3], components[2], components[1]]].concat();
    let refused = world.rabrong(&swapped).await;
    assert!(refused.code != 0 && refused.err.contains("in this order"), "{}", refused.err);
    world.rabrong(&[&restore[..], &components].concat()).await.ok();

    world.stop_signer().await;
    // The first token is gone for good: what follows is the second's work.
    let configuration = String::from_utf8(world.bytes("rabrong.toml")).unwrap();
    let moved = configuration.replace("token = \"rabrong\"\n", "token = \"rabrong-second\"\n");
    assert_ne!(moved, configuration);
    std::fs::write(world.file("rabrong.toml"), moved).unwrap();
    world.start_signer(&[]).await;
    for name in ["issuing.pem", "doctor.pem"] {
        court.exhibits(name, &world.bytes(name));
    }
    let ask = format!(
        "ocsp -issuer issuing.pem -cert doctor.pem -url {} -CAfile root.pem -verify_other issuing.pem",
        world.numeric_url("/ocsp")
    );
    let said = court.hears("openssl", &ask);
    assert!(said.contains("doctor.pem: good") && said.contains("Response verify OK"), "{said}");
    // A doctor whose key was wrapped under the first token signs under the second.
    let mut doctor = world.the(&rabrong::demo::persons::DOCTOR).await;
    let signed = world.signs(&mut doctor).await;
    assert_eq!(world.verdict_of(&signed.code()).await["tone"], "green");
}

/// An act of the root by both operators.
async fn act(world: &World, words: &[&str]) -> Said {
    let operators = rabrong::demo::ceremony::operators(world.folder());
    let operators: Vec<&str> = operators.iter().map(|argument| argument.to_str().unwrap()).collect();
    // Components only where a key's backup is made.
    let operators = if words.contains(&"--backups") { &operators[..] } else { &operators[..4] };
    let folder = out(world);
    let names = ["--operators", "สมศรี", "สมชาย", "--out", folder.as_str()];
    world.rabrong(&[words, &names, operators].concat()).await
}

fn components(world: &World) -> Vec<String> {
    let operators = rabrong::demo::ceremony::operators(world.folder());
    operators[4..].iter().map(|argument| argument.to_str().unwrap().to_owned()).collect()
}

fn out(world: &World) -> String {
    world.file("acts").to_str().unwrap().to_owned()
}

fn digest(world: &World) -> String {
    hex::encode(Sha256::digest(world.bytes("ceremony.toml")))
}

/// SoftHSM's token folders.
fn tokens(world: &World) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> =
        std::fs::read_dir(world.file("tokens")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}
