//! The ward's computer shows a code, the doctor's phone signs the waiting list; and whatever the signer has
//! anybody read before a touch, a phone of 320 pixels shows whole, in both languages.

use rabrong::demo::persons::{DOCTOR, EVIDENCE, PROVINCE, Person, RA};
use stories::persons::{MALI, SOMCHAI};
use stories::{Chromium, Engine, World, paper};

use crate::a_day_under_one_touch::{ids_of, look_until, newest_batch};

#[tokio::test(flavor = "multi_thread")]
async fn the_wards_computer_shows_a_code_and_the_phone_signs() {
    let world = World::raise(Engine::Sqlite).await;
    let doctor = world.the(&DOCTOR).await;
    let names = ["นายหนึ่ง ใจดี", "นายสอง ใจดี", "นายสาม ใจดี"];
    for name in names {
        world.writes(&doctor, &[("applicant_name", name), ("patient_name", name)]).await.ok();
    }
    let ward = Chromium::opens("the-ward").await;
    ward.goes_to(&world.url("/login")).await;
    ward.touches_as("[data-passkey=get]", DOCTOR.label_th).await;
    ward.arrives_at("/tasks").await;
    ward.goes_to(&world.url("/documents/waiting?choose=all")).await;
    ward.takes_a_picture("1-list").await;
    ward.presses("form[action='/documents/waiting/sign'] button.govuk-button").await;
    ward.arrives_at(&format!("{}/a/", world.configuration.signer_url)).await;
    ward.presses("a[href*='/phone']").await;
    ward.arrives_at("/phone").await;
    ward.waits_for("document.querySelector('img.app-qr').complete").await;
    ward.takes_a_picture("2-code").await;
    let shown = ward.reads("main").await;
    assert!(names.iter().all(|name| !shown.contains(name)), "nothing of the contents stands on the ward's screen");

    // Another browser: it has no session at the portal, and needs none.
    let phone = Chromium::opens("the-phone").await;
    phone.is_wide(320).await;
    let code = paper::qr_code_in(&ward.pictures().join("2-code.png"));
    assert!(code.starts_with(&format!("{}/a/", world.configuration.signer_url)), "{code}");
    phone.goes_to(&code).await;
    let shown = phone.reads("main").await;
    assert!(names.iter().all(|name| shown.contains(name)), "{shown}");
    let pictures =
        "[...document.querySelectorAll('main img')].filter((one) => one.complete && one.naturalWidth > 0).length";
    phone.waits_for(&format!("{pictures} >= 3")).await;
    assert!(!phone.overflows().await, "a phone of 320 pixels shows it whole");
    phone.takes_a_picture("1-what-is-signed").await;
    phone.touches_as("[data-activate=get]", DOCTOR.label_th).await;
    phone.arrives_at("/done").await;
    phone.takes_a_picture("2-done").await;
    assert!(!phone.overflows().await, "a phone of 320 pixels shows it whole");
    phone.closes().await;

    // The ward's computer goes on by itself.
    ward.arrives_at(&world.url("/documents/batches/")).await;
    let batch = newest_batch(&world).await;
    look_until(&world, &doctor, &batch, "3 จาก 3").await;
    ward.waits_for("document.body.innerText.includes('3 จาก 3')").await;
    ward.takes_a_picture("3-signed").await;
    ward.is_wide(320).await;
    assert!(!ward.overflows().await, "a phone of 320 pixels shows it whole");
    ward.takes_a_picture("3-signed-320").await;
    ward.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_that_is_touched_fits_a_phone() {
    let world = World::raise(Engine::Sqlite).await;
    let (doctor, ra) = (world.the(&DOCTOR).await, world.the(&RA).await);
    let mut pages = vec![("sign-one", world.proposes_to_sign(&doctor).await.ok())];
    world.writes(&doctor, &[]).await.ok();
    let list = doctor.open(world.url("/documents/waiting")).await.ok();
    let ids = ids_of(&list.html);
    let chosen: Vec<(&str, &str)> = ids.iter().map(|id| ("document", id.as_str())).collect();
    let form = list.form("/documents/waiting/sign").unwrap();
    pages.push(("sign-many", doctor.submit(&form, &chosen).await.ok()));

    let (_, code, answer) = world.comes_in(&SOMCHAI).await;
    answer.ok();
    let mut evidence = world.the(&EVIDENCE).await;
    world.records_evidence(&mut evidence, SOMCHAI.licence, &code).await.ok();
    pages.push(("issue", world.proposes_approval(&ra, SOMCHAI.licence).await.ok()));
    comes_in_as_officer(&world, &MALI.person).await;
    let province = world.the(&PROVINCE).await;
    let queue = province.open(world.url("/console/appointments")).await.ok();
    let form = queue.form("/console/appointments/").unwrap();
    pages.push(("appoint", province.submit(&form, &[]).await.ok()));

    let allow = ra.open(world.url("/console/digests/10670")).await.ok().form("/console/digests/10670").unwrap();
    pages.push(("switch-digests", ra.submit(&allow, &[]).await.ok()));
    let serial = world.told.serial.clone();
    pages.push(("revoke", world.proposes_revocation(&ra, &serial, "key_compromise", "").await.ok()));
    let check = ra.open(world.url("/console/revocations/check?by=unit&unit=10670")).await.ok();
    let form = check.form("/console/revocations").unwrap();
    pages.push(("revoke-many", ra.submit(&form, &[("reason", "cessation_of_operation")]).await.ok()));
    world.suspends(&doctor, &serial, "เห็นเอกสารที่ไม่ได้ลงนาม").await.ok();
    pages.push(("restore", world.proposes_restoration(&ra, &serial).await.ok()));

    let phone = Chromium::opens("every-page-that-is-touched").await;
    phone.is_wide(320).await;
    for (name, page) in pages {
        assert!(page.url.as_str().starts_with(&world.configuration.signer_url), "{name}: {}", page.url);
        for lang in ["th", "en"] {
            phone.goes_to(&format!("{}?lang={lang}", page.url)).await;
            assert!(phone.says("document.querySelector('[data-activate]') !== null").await == true, "{name}");
            phone.takes_a_picture(&format!("{name}-{lang}")).await;
            assert!(!phone.overflows().await, "{name}, {lang}: a phone of 320 pixels shows it whole");
        }
    }
    phone.closes().await;
}

/// Makes passkeys and says who they are: an appointment waits for whoever is above.
async fn comes_in_as_officer(world: &World, person: &Person) {
    let link = world.invites("ra_officer", person.unit, &person.name_th()).await;
    let (officer, _) = world.enrols(&link).await;
    let page = officer.open(world.url("/identity")).await.ok();
    let fields = [
        // An officer is no doctor, whose title it would be.
        ("title_th", "นางสาว"),
        ("given_name_th", person.given_name_th),
        ("surname_th", person.surname_th),
        ("given_name_en", person.given_name_en),
        ("surname_en", person.surname_en),
        ("national_id", person.national_id),
    ];
    officer.submit(&page.form("/identity").unwrap(), &fields).await.ok();
}
