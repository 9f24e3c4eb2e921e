//! Whoever changes a file, or shows one that was never signed, is told so.

use serde_json::Value;
use stories::acts::{code_of, code_shown};
use stories::{Answer, Engine, Visitor, World};

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    a_tampered_file_is_red(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    a_tampered_file_is_red(Engine::Postgres).await;
}

async fn a_tampered_file_is_red(engine: Engine) {
    let mut world = World::raise(engine).await;
    let anyone = Visitor::stranger();
    let original = world.bytes("certificate.pdf");

    let same = anyone.hand_in(world.url("/verify"), original.clone()).await;
    assert_eq!(tone(&same), "green", "{}", same.said());

    for (what, file) in alterations(&original) {
        let answer = anyone.hand_in(world.url("/verify"), file.clone()).await;
        assert_eq!(answer.status, 200, "{what}");
        assert_eq!(tone(&answer), "red", "{what}: {}", answer.said());
        assert!(answer.said().contains("ถูกแก้ไข"), "{what}: {}", answer.said());

        let said = anyone.hand_in(world.url("/api/v1/verify"), file.clone()).await;
        let said: Value = serde_json::from_str(&said.page.html).unwrap();
        assert_eq!(said["verdict"], "altered", "{what}: {said}");
        assert_ne!(said["signature"]["indication"], "PASSED", "{what}: {said}");

        let path = world.file("tampered.pdf");
        std::fs::write(&path, file).unwrap();
        let verdict = world.rabrong(&["verify", "--json", path.to_str().unwrap()]).await;
        assert_eq!(verdict.code, 1, "{what}: {}", verdict.out);
    }

    what_is_no_signed_pdf_is_not_called_genuine(&world, &anyone).await;
    an_unknown_code_is_unknown(&world, &anyone).await;
    a_code_that_was_prepared_and_never_signed_is_red(&world, &anyone).await;
    without_its_signer_nothing_is_trusted_and_one_is_told(&mut world).await;
}

async fn without_its_signer_nothing_is_trusted_and_one_is_told(world: &mut World) {
    let file = world.file("certificate.pdf");
    let verify = ["verify", file.to_str().unwrap()];
    let said = world.rabrong(&verify).await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    world.stop_signer().await;
    let said = world.rabrong(&verify).await;
    assert_eq!(said.code, 2, "{}", said.out);
    assert!(said.err.contains("start `rabrong signer`") && said.err.contains("--trust"), "{}", said.err);
}

/// Bytes changed here and there, and an update appended that shows another page.
fn alterations(original: &[u8]) -> Vec<(String, Vec<u8>)> {
    let flipped = |at: usize| {
        let mut file = original.to_vec();
        file[at] ^= 1;
        (format!("byte {at} flipped"), file)
    };
    let mut all = vec![flipped(1_000), flipped(original.len() / 2)];
    let mut longer = original.to_vec();
    longer.extend_from_slice(b"%one comment\n");
    all.push(("a comment appended".to_owned(), longer));
    all.push(("an update appended".to_owned(), with_another_page(original)));
    all.push(("the end cut off".to_owned(), original[..original.len() - 400].to_vec()));
    all
}

/// An incremental update that redefines the page tree's root as an empty one, as an attacker
/// who covers the signed page would (ISO 32000-2 §7.5.6).
fn with_another_page(original: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(original);
    let after = |key: &str| {
        let rest = &text[text.rfind(key).unwrap_or_else(|| panic!("no {key}")) + key.len()..];
        rest.split_whitespace().next().unwrap().trim_matches(|c: char| !c.is_ascii_digit()).to_owned()
    };
    let (start, root, size) = (after("startxref"), after("/Root "), after("/Size "));
    let mut file = original.to_vec();
    let at = file.len();
    file.extend_from_slice(
        format!("{size} 0 obj\n<< /Type /Annot /Subtype /FreeText /Contents (false) >>\nendobj\n").as_bytes(),
    );
    let table = file.len();
    let next = size.parse::<usize>().unwrap() + 1;
    file.extend_from_slice(
        format!(
            "xref\n{size} 1\n{at:010} 00000 n \ntrailer\n<< /Size {next} /Root {root} 0 R /Prev {start} >>\nstartxref\n{table}\n%%EOF\n"
        )
        .as_bytes(),
    );
    file
}

async fn what_is_no_signed_pdf_is_not_called_genuine(world: &World, anyone: &Visitor) {
    for file in [Vec::new(), b"hello".to_vec(), b"\x89PNG\r\n\x1a\n".to_vec(), b"%PDF-1.7\n%%EOF\n".to_vec()] {
        let answer = anyone.hand_in(world.url("/verify"), file.clone()).await;
        assert_eq!(answer.status, 200);
        assert_ne!(tone(&answer), "green", "{file:?}");
        let said = anyone.hand_in(world.url("/api/v1/verify"), file).await;
        let said: Value = serde_json::from_str(&said.page.html).unwrap();
        assert_eq!(said["verdict"], "no_signature", "{said}");
    }
    let nothing = anyone.post(&world.url(""), world.url("/api/v1/verify"), &Value::Null).await;
    assert!((400..500).contains(&nothing.0), "{nothing:?}");
}

async fn an_unknown_code_is_unknown(world: &World, anyone: &Visitor) {
    let known = code_of(&world.told.verify_url);
    for code in ["0".repeat(26), "4Q7TRX1MZ0K8WB5N2HDC6YFGJA".to_owned(), format!("{}0", &known[..25]), "x".to_owned()]
    {
        if code == known {
            continue;
        }
        let answer = anyone.open(world.url(&format!("/v/{code}"))).await;
        assert!(matches!(answer.status, 200 | 404), "{code}: {}", answer.status);
        assert_ne!(tone(&answer), "green", "{code}");
        assert_eq!(world.verdict_of(&code).await["verdict"], "unknown", "{code}");
    }
    // What people type: small letters, dashes, an O for a zero.
    let typed = known.to_lowercase().as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-");
    let answer = anyone.open(world.url(&format!("/v?code={typed}"))).await;
    assert_eq!(tone(&answer), "green", "{}", answer.said());
}

async fn a_code_that_was_prepared_and_never_signed_is_red(world: &World, anyone: &Visitor) {
    let doctor = world.the(&rabrong::demo::persons::DOCTOR).await;
    let page = world.proposes_to_sign(&doctor).await.ok();
    let code = code_shown(&page);
    // Proposed and shown, and nobody put a passkey to it.
    let said = world.verdict_of(&code).await;
    assert_eq!((&said["verdict"], &said["tone"]), (&"prepared".into(), &"red".into()), "{said}");
    let answer = anyone.open(world.url(&format!("/v/{code}"))).await;
    assert_eq!(tone(&answer), "red", "{}", answer.said());
}

fn tone(answer: &Answer) -> &'static str {
    ["green", "amber", "red", "grey"]
        .into_iter()
        .find(|tone| answer.page.html.contains(&format!("app-verdict--{tone}")))
        .unwrap_or("none")
}
