//! The portal's owner has a passkey of their own put in the place of a doctor's: two officers are told a tale
//! and touch, the portal keeps it from the doctor. The page that the doctor signs on says it, and leads to
//! where a touch ends it.

use rabrong::demo::persons::{DOCTOR, PROVINCE, RA};
use signer::protocol::{CredentialReplacement, EvidenceOutcome, EvidenceReference, Operation, Request, Response};
use stories::visitor::text;
use stories::{Chromium, Engine, Visitor, World, rows};
use time::format_description::well_known::Rfc3339;

/// What the notice says in either language.
const NOTICE: [(&str, &str); 2] =
    [("th", "จะถูกแทนที่ด้วยพาสคีย์อื่น"), ("en", "All your passkeys will be replaced by another one on")];

#[tokio::test(flavor = "multi_thread")]
async fn its_holder_is_told_by_the_signer_and_stops_it() {
    let world = World::raise(Engine::Sqlite).await;
    let doctor = world.the(&DOCTOR).await;
    let before = world.proposes_to_sign(&doctor).await.ok();
    for (lang, words) in NOTICE {
        let shown = doctor.open(format!("{}?lang={lang}", before.url)).await.ok();
        assert!(!text(&shown).contains(words), "{lang}");
    }
    let wanted = asked_by_the_owner(&world).await;
    for officer in [RA, PROVINCE] {
        let find =
            format!("select id from person where invited_as = '{}' and unit_code = '{}'", officer.role, officer.unit);
        let id = rows::text(world.portal_rows(), &find).await;
        let operation = Operation::ReplaceCredential { replacement: wanted.clone() };
        let asked = Request::Propose { actor: id, operation, return_path: "/return".to_owned() };
        let Ok(Response::Ticket { url, .. }) = world.client().ask(asked).await else { panic!("no page") };
        let mut deceived = world.the(&officer).await;
        let page = deceived.open(url).await.ok();
        deceived.touch(&page).await;
    }
    assert_eq!(state(&world, &wanted).await, "waiting");

    // On a page that is open already as on any that follows.
    let browser = Chromium::opens("a-replacement-behind-the-holders-back").await;
    browser.is_wide(320).await;
    for (lang, words) in NOTICE {
        browser.goes_to(&format!("{}?lang={lang}", before.url)).await;
        let said = browser.reads("main").await;
        assert!(said.contains(words), "{lang}: {said}");
        browser.takes_a_picture(&format!("notice-{lang}")).await;
        assert!(!browser.overflows().await, "a phone of 320 pixels shows it whole");
    }
    browser.goes_to(&format!("{}?lang=th", before.url)).await;
    browser.presses("form[action$='/stop'] button").await;
    browser.waits_for("document.body.innerText.includes('หยุดด้วยพาสคีย์')").await;
    browser.takes_a_picture("stopping").await;
    assert!(!browser.overflows().await, "a phone of 320 pixels shows it whole");
    browser.touches_as("[data-activate=get]", DOCTOR.label_th).await;
    browser
        .waits_for("!location.pathname.endsWith('/stop') && document.querySelector('[data-activate]') === null")
        .await;
    browser.takes_a_picture("stopped").await;
    assert_eq!(state(&world, &wanted).await, "stopped");
    browser.closes().await;

    // The doctor signs as before.
    let mut doctor = world.the(&DOCTOR).await;
    let signed = world.signs(&mut doctor).await;
    assert_eq!(world.verdict_of(&signed.code()).await["verdict"], "genuine");
}

/// A passkey of the owner's, enrolled in the doctor's name, and evidence that nobody recorded.
async fn asked_by_the_owner(world: &World) -> CredentialReplacement {
    let person = rows::text(world.portal_rows(), "select id from person where invited_as = 'doctor'").await;
    let enrol = Request::EnrolCredential {
        person_id: person.clone(),
        display_name: DOCTOR.name_th(),
        return_path: "/return".to_owned(),
    };
    let Response::Ticket { url, .. } = world.client().ask(enrol).await.unwrap() else { panic!("no ticket") };
    let mut owner = Visitor::stranger();
    let page = owner.open(url).await.ok();
    owner.touch(&page).await.ok();
    let asked = Request::Credentials { person_id: person.clone() };
    let Response::Credentials { credentials } = world.client().ask(asked).await.unwrap() else { panic!("none") };
    let pending = credentials.credentials.iter().find(|one| one.state == "pending").expect("the owner's");
    CredentialReplacement {
        request_id: "0198f0f0-0000-7000-8000-00000000beef".to_owned(),
        person_id: person,
        identity_digest: rows::text(world.portal_rows(), "select identity_digest from doctor_request").await,
        after_version: credentials.version,
        credential: pending.credential.clone(),
        evidence: EvidenceReference {
            kind: "officer_comparison".to_owned(),
            outcome: Some(EvidenceOutcome::Confirmed),
            sha256: "9f2c41d0".repeat(8),
            recorded_by: Some("the-hotline".to_owned()),
            recorded_at: stories::world::now().replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap(),
        },
    }
}

async fn state(world: &World, wanted: &CredentialReplacement) -> String {
    let asked = Request::Credentials { person_id: wanted.person_id.clone() };
    let Response::Credentials { credentials } = world.client().ask(asked).await.unwrap() else { panic!("none") };
    credentials.replacements[0].state.clone()
}
