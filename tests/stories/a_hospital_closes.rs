//! A hospital closes: the province's officer looks how many certificates end, confirms once, and
//! every one of them is revoked; what its doctors signed says so to whoever checks it.

use rabrong::demo::persons::{DOCTOR, PROVINCE};
use stories::acts::code_of;
use stories::persons::SOMCHAI;
use stories::{Chromium, Engine, Relying, World, rows};

#[tokio::test(flavor = "multi_thread")]
async fn a_hospital_closes() {
    let world = World::raise(Engine::Sqlite).await;
    let party = Relying::party(&world);
    let mut second = world.certified(&SOMCHAI).await;
    let signed = world.signs(&mut second).await;
    let first = code_of(&world.told.verify_url);
    world.lets_a_second_pass().await;

    let officer = Chromium::opens("a-hospital-closes").await;
    officer.goes_to(&world.url("/login")).await;
    officer.touches_as("[data-passkey=get]", PROVINCE.label_th).await;
    officer.arrives_at("/tasks").await;
    officer.goes_to(&world.url("/console/revocations")).await;
    officer.answers("unit", DOCTOR.unit).await;
    officer.takes_a_picture("1-choice").await;
    officer.presses("form[action='/console/revocations/check'] button.govuk-button").await;
    officer.arrives_at("/console/revocations/check").await;
    let shown = officer.reads("main").await;
    for expected in ["จะเพิกถอน 2 ใบ", DOCTOR.surname_th, SOMCHAI.person.surname_th, world.told.serial.as_str()]
    {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    assert_eq!(revoked(&world).await, 0, "a dry run revokes nothing");
    let fingerprint = officer.reads("p.govuk-body br + .app-code").await;
    officer.takes_a_picture("2-dry-run").await;
    // Without a reason nothing goes on.
    officer.presses("form[action='/console/revocations'] button.govuk-button").await;
    officer.waits_for("document.querySelector('.govuk-error-summary') !== null").await;
    officer.answers("reason", "cessation_of_operation").await;
    officer.presses("form[action='/console/revocations'] button.govuk-button").await;

    officer.arrives_at(&format!("{}/a/", world.configuration.signer_url)).await;
    let shown = officer.reads("main").await;
    assert!(!fingerprint.is_empty() && shown.contains(&fingerprint), "the same list, {fingerprint}: {shown}");
    officer.takes_a_picture("3-signer").await;
    officer.touches_as("[data-activate=get]", PROVINCE.label_th).await;
    officer.arrives_at("/return").await;
    officer.waits_for("document.querySelector('.app-done') !== null").await;
    let shown = officer.reads("main").await;
    assert!(shown.contains("เพิกถอนแล้ว 2 ใบ"), "{shown}");
    officer.takes_a_picture("4-done").await;
    assert_eq!(revoked(&world).await, 2);

    // Whoever asks is told: by OCSP, and on the page of each document, in both languages.
    let request = party.ocsp_request("issuing.pem", "doctor.pem", "-nonce");
    let answer = party.post(&world.numeric_url("/ocsp"), "application/ocsp-request", request).await;
    assert_eq!(party.status_in("answer.der", &answer.body), "revoked cessationOfOperation");
    for code in [first, signed.code()] {
        let verdict = world.verdict_of(&code).await;
        assert_eq!(
            (&verdict["verdict"], &verdict["tone"]),
            (&"signed_then_revoked".into(), &"amber".into()),
            "{verdict}"
        );
        officer.goes_to(&world.url(&format!("/v/{code}"))).await;
        officer.waits_for("document.querySelector('.app-verdict--amber') !== null").await;
    }
    officer.takes_a_picture("5-document").await;
    // No doctor of it signs any more.
    let begin = world.form_by_hand(&second, "/documents").await;
    second.submit(&begin, &[]).await.refused(409);
    world.rabrong(&["audit", "verify"]).await.ok();
    officer.closes().await;
}

async fn revoked(world: &World) -> i64 {
    let events = "select count(*) from revocation_event where kind = 'revoke' and reason = 'cessation_of_operation'";
    rows::number(world.journal_rows(), events).await
}
