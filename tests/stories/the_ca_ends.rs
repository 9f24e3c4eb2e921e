//! The root's token is somewhere else while the signer works; and one day the CA ends: nothing is
//! issued, what is left is revoked, and the last lists stand for ever.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rabrong::demo::persons::{DOCTOR, EVIDENCE, RA};
use stories::persons::SOMCHAI;
use stories::program::Said;
use stories::{Engine, Relying, World};

/// A publisher's lease lasts half a minute beyond the signer that took it.
const LEASE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn the_ca_ends() {
    let mut world = World::raise(Engine::Sqlite).await;
    let party = Relying::party(&world);
    the_root_is_elsewhere(&mut world).await;
    let early = by_both(&world, &["terminate", "last-crls"]).await;
    assert!(early.code != 0, "nothing was begun: {}", early.out);

    let (_, key_code, answer) = world.comes_in(&SOMCHAI).await;
    answer.ok();
    let mut evidence = world.the(&EVIDENCE).await;
    world.records_evidence(&mut evidence, SOMCHAI.licence, &key_code).await.ok();
    let notice = begins(&world, "--let-expire").await;
    assert!(notice.chars().any(|c| ('ก'..='๛').contains(&c)) && notice.contains("Rabrong"), "{notice}");
    let ra = world.the(&RA).await;
    let said = world.proposes_approval(&ra, SOMCHAI.licence).await.refused(410);
    assert!(said.contains("เลิกออกใบรับรองแล้ว"), "{said}");
    assert_eq!(world.issued().await, 1);
    // Who has a certificate may use it to its end.
    let mut doctor = world.the(&DOCTOR).await;
    let signed = world.signs(&mut doctor).await;
    assert_eq!(world.verdict_of(&signed.code()).await["tone"], "green");
    world.lets_a_second_pass().await;

    begins(&world, "--revoke").await;
    let request = party.ocsp_request("issuing.pem", "doctor.pem", "-no_nonce");
    world.lets_a_second_pass().await;
    let answer = party.post(&world.numeric_url("/ocsp"), "application/ocsp-request", request).await;
    assert_eq!(party.status_in("answer.der", &answer.body), "revoked cessationOfOperation");
    assert_eq!(world.verdict_of(&signed.code()).await["verdict"], "signed_then_revoked");

    // Not beside a signer that publishes lists of its own, nor before its lease is over.
    let said = by_both(&world, &["terminate", "last-crls"]).await;
    assert!(said.code != 0 && said.err.contains("stop every signer"), "{}", said.err);
    world.stop_signer().await;
    let stopped = Instant::now();
    loop {
        let said = by_both(&world, &["terminate", "last-crls"]).await;
        if said.code == 0 {
            break;
        }
        assert!(said.err.contains("stop every signer") && stopped.elapsed() < LEASE, "{}", said.err);
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    the_last_lists_stand(&world, &party);
    world.rabrong(&["audit", "verify"]).await.ok();
}

/// The folder of the root's token is carried away: the signer starts and works, and no act of the
/// root can be done, whoever knows both secrets.
async fn the_root_is_elsewhere(world: &mut World) {
    world.stop_signer().await;
    let (here, away) = (root_token(world), world.file("in-the-safe"));
    std::fs::rename(&here, &away).unwrap();
    world.start_signer(&[]).await;
    let mut doctor = world.the(&DOCTOR).await;
    let signed = world.signs(&mut doctor).await;
    assert_eq!(world.verdict_of(&signed.code()).await["tone"], "green");
    let said = by_both(world, &["root-crl"]).await;
    assert!(said.code != 0 && said.err.contains("rabrong-root"), "{}", said.err);
    std::fs::rename(&away, &here).unwrap();
}

fn root_token(world: &World) -> PathBuf {
    let label = |folder: &PathBuf| {
        let object = std::fs::read(folder.join("token.object")).unwrap_or_default();
        object.windows(12).any(|window| window == b"rabrong-root")
    };
    let mut folders = std::fs::read_dir(world.file("tokens")).unwrap().map(|entry| entry.unwrap().path());
    folders.find(label).expect("the root's token")
}

/// An act of the root by both operators.
async fn by_both(world: &World, words: &[&str]) -> Said {
    let secrets = rabrong::demo::ceremony::operators(world.folder());
    let secrets: Vec<&str> = secrets[..4].iter().map(|argument| argument.to_str().unwrap()).collect();
    let folder = world.file("acts");
    let names = ["--operators", "สมศรี", "สมชาย", "--out", folder.to_str().unwrap()];
    world.rabrong(&[words, &names, &secrets].concat()).await
}

/// Begins the end; the notice.
async fn begins(world: &World, what: &str) -> String {
    let folder = world.file("acts");
    world.rabrong(&["terminate", "begin", what, "--out", folder.to_str().unwrap()]).await.ok();
    String::from_utf8(world.bytes("acts/notice.txt")).unwrap()
}

fn the_last_lists_stand(world: &World, party: &Relying) {
    let openssl = |arguments: &str| party.court.hears("openssl", arguments);
    let shard = party.shard_of("doctor.pem");
    let lists: Vec<String> = (0..16).map(|shard: u16| shard.to_string()).chain(["root".to_owned()]).collect();
    for name in &lists {
        let issuer = if name == "root" { "root.pem" } else { "issuing.pem" };
        let file = format!("{name}.crl");
        let list = party.list_in(&file, &world.bytes(&format!("acts/{file}")), issuer);
        let ends = openssl(&format!("crl -inform DER -in {file} -noout -nextupdate"));
        assert!(ends.contains("Dec 31 23:59:59 9999 GMT"), "{name}: {ends}");
        assert_eq!(list.entries.contains_key(&world.told.serial), *name == shard, "{name}");
        openssl(&format!("crl -inform DER -in {file} -out {file}.pem"));
    }
    // Both CAs below the root are in its last list.
    let root = party.list_in("root.crl", &world.bytes("acts/root.crl"), "root.pem");
    assert_eq!(root.entries.len(), 2, "{root:?}");
    assert!(root.entries.values().all(|reason| reason == "Cessation Of Operation"), "{root:?}");
    let verify = format!(
        "verify -crl_check_all -CRLfile root.crl.pem -CRLfile {shard}.crl.pem -CAfile root.pem -untrusted issuing.pem doctor.pem"
    );
    let said = party.court.asks("openssl", &verify);
    assert!(said.code != 0 && said.err.contains("certificate revoked"), "{}", said.err);
    for ending in ["txt", "sig"] {
        party.court.exhibits(&format!("end.{ending}"), &world.bytes(&format!("acts/termination-transcript.{ending}")));
    }
    party.court.exhibits("root.pub", &world.bytes("ceremony/root.pub"));
    openssl("dgst -sha384 -verify root.pub -signature end.sig end.txt");
}
