//! A curious operator with the token and its PIN, and no journal. The CA's key signs whatever it is given: the chain
//! of the certificate stands up, and whoever knows only the root can be deceived. Whoever asks the service is not:
//! the journal issued no such certificate.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use stories::judges::Court;
use stories::program::run;
use stories::{Engine, Visitor, World};

const FORGE: &str = include_str!("clients/forge.py");

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_behind_the_journal_is_nobodys() {
    told_as_nobodys("fresh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_is_one_under_a_genuine_serial_number() {
    told_as_nobodys("same").await;
}

async fn told_as_nobodys(serial: &str) {
    let world = World::raise(Engine::Sqlite).await;
    let court = Court::sits();
    // A page with a genuine code and seal, as it was before its doctor signed it.
    let signed = world.bytes("certificate.pdf");
    let drawn = signed.windows(6).position(|six| six == b"%%EOF\n").expect("the page's end") + 6;
    court.exhibits("page.pdf", &signed[..drawn]);
    court.exhibits("forge.py", FORGE.as_bytes());
    if !forges(&world, &court, serial).await {
        println!("skipped: pyHanko");
        return;
    }

    for (name, certificate) in [("root.pem", "root.pem"), ("issuing.pem", "issuing.pem")] {
        court.exhibits(name, &world.bytes(certificate));
    }
    court.hears("openssl", "verify -CAfile root.pem -untrusted issuing.pem -purpose any forged.pem");
    let file = |name: &str| court.file(name).display().to_string();

    // The certificate: its list is silent about it, the record is not.
    let checked = world.rabrong(&["verify-cert", "--json", &file("forged.pem")]).await;
    assert_eq!((checked.code, reasons(&checked.out)), (1, vec!["not_issued".to_owned()]), "{}", checked.out);
    let genuine = world.file("doctor.pem").display().to_string();
    assert_eq!(world.rabrong(&["verify-cert", &genuine]).await.code, 0);

    for name in ["plain.pdf", "proven.pdf"] {
        court.hears("qpdf", &format!("--check {name}"));
        let said = world.rabrong(&["verify", "--json", &file(name)]).await;
        assert_eq!(said.code, 1, "{name}: {}", said.out);
        assert!(reasons(&said.out).contains(&"not_issued".to_owned()), "{name}: {}", said.out);

        let bytes = std::fs::read(court.file(name)).expect("a file");
        let answer = Visitor::stranger().hand_in(world.url("/api/v1/verify"), bytes.clone()).await;
        let said: Value = serde_json::from_str(&answer.page.html).expect("JSON");
        assert_eq!((said["verdict"].as_str(), said["tone"].as_str()), (Some("signer_unknown"), Some("red")), "{said}");
        let page = Visitor::stranger().hand_in(world.url("/v"), bytes).await.ok();
        assert!(page.html.contains("app-verdict--red"), "{}", stories::visitor::text(&page));
        assert!(page.html.contains("ไม่เคยถูกออก"), "{}", stories::visitor::text(&page));
    }

    // Of what the doctor signed it says nothing else than before.
    let answer = Visitor::stranger().hand_in(world.url("/api/v1/verify"), signed).await;
    let said: Value = serde_json::from_str(&answer.page.html).expect("JSON");
    assert_eq!(said["verdict"], "upload_matches", "{said}");
    world.rabrong(&["audit", "verify"]).await.ok();
}

/// Leaves `forged.pem`, `plain.pdf` and `proven.pdf` in the court; false if there is no pyHanko.
async fn forges(world: &World, court: &Court, serial: &str) -> bool {
    let Some(judges) = std::env::var_os("RABRONG_JUDGES") else { return false };
    let signer = &world.configuration.signer;
    let mut forge = Command::new(Path::new(&judges).join("python"));
    forge.arg(court.file("forge.py")).arg(&signer.module).arg(&signer.token).arg(world.file(""));
    forge.arg(court.file("page.pdf")).arg(court.file("")).arg(world.url("/tsa")).arg(serial);
    forge.env("SOFTHSM2_CONF", signer.softhsm_configuration.as_ref().expect("SoftHSM"));
    tokio::task::spawn_blocking(move || run(&mut forge)).await.expect("a task").ok();
    true
}

fn reasons(line: &str) -> Vec<String> {
    let said: Value = serde_json::from_str(line.lines().next().unwrap_or_default()).expect("JSON");
    let reasons = said["reasons"].as_array().expect("reasons");
    reasons.iter().map(|reason| reason["code"].as_str().unwrap_or_default().to_owned()).collect()
}
