//! Documents that the journal does not bear out, and certificates that are over: refused before
//! a page is opened.

use pdf::form::DocumentContent;
use reqwest::StatusCode;
use signer::protocol::{Operation, Outcome, Refusal, Request, Revocation};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::contents::{self, HOSPITAL, NEIGHBOUR, document, revoke, sign};
use crate::place::on_both_engines;
use crate::world::{Doctor, World};

on_both_engines!(content_that_the_journal_does_not_bear_out_is_refused, a_certificate_that_is_over_signs_nothing);

type Change = fn(&World, &mut DocumentContent);

/// What is wrong, and the word that the refusal must name.
const WRONG: &[(&str, Change)] = &[
    ("form", |_, c| c.form = "no_such_form".to_owned()),
    ("form", |_, c| c.form_version += 1),
    ("opinion", |_, c| drop(c.fields.remove("opinion"))),
    ("opinion", |_, c| set(c, "opinion", &"ก".repeat(801))),
    ("surprise", |_, c| set(c, "surprise", "1")),
    ("weight_kg", |_, c| set(c, "weight_kg", "999")),
    ("weight_kg", |_, c| set(c, "weight_kg", "๕๒")),
    ("cid", |_, c| set(c, "cid", "0101700230701")),
    ("applicant_title", |_, c| set(c, "applicant_title", "dr")),
    ("applicant_confirmed", |_, c| set(c, "applicant_confirmed", "no")),
    ("exam_date", |w, c| set(c, "exam_date", &day(w, 0).replace("2026", "2569"))),
    ("exam_date", |w, c| set(c, "exam_date", &day(w, 1))),
    ("exam_date", |w, c| set(c, "exam_date", &day(w, -40))),
    ("exam_date", |_, c| set(c, "exam_date", "2026-02-30")),
    ("valid_until", |_, c| c.valid_until = None),
    ("valid_until", |_, c| c.valid_until = Some("2099-01-01".to_owned())),
    ("book", |_, c| c.book = format!("{HOSPITAL}/2026")),
    ("book", |_, c| c.book = c.book.replace(HOSPITAL, NEIGHBOUR)),
    ("number", |_, c| c.number = "12345".to_owned()),
    ("number", |_, c| c.number = "๐๐๐๑๒๓".to_owned()),
    ("code", |_, c| c.code = c.code.to_lowercase() + "u"),
    ("code", |_, c| c.code.truncate(25)),
    ("code", |_, c| c.code.replace_range(..1, "U")),
    ("document_id", |_, c| c.document_id.truncate(35)),
    ("unit", |_, c| elsewhere(c)),
    ("unit", |_, c| c.unit.name_th.push('๒')),
    ("unit", |_, c| c.unit.name_en = "Siriraj Hospital".to_owned()),
    ("unit", |_, c| c.unit.address_th.push(' ')),
    ("signer", |_, c| c.signer.certificate_sha256 = "00".repeat(32)),
    ("signer licence", |_, c| c.signer.licence = "54321".to_owned()),
    ("signer licence", |_, c| c.signer.title_th = "ศาสตราจารย์".to_owned()),
    ("signer name", |_, c| c.signer.name_th = "สมศรี ใจดี".to_owned()),
    ("signer name", |_, c| c.signer.name_en.clear()),
    ("prepared_at", |w, c| c.prepared_at = instant(w, Duration::minutes(-16))),
    ("prepared_at", |w, c| c.prepared_at = instant(w, Duration::minutes(16))),
    ("prepared_at", |_, c| c.prepared_at = c.prepared_at.replace('Z', ".5Z")),
    ("prepared_at", |w, c| c.prepared_at = instant(w, Duration::hours(7)).replace('Z', "+07:00")),
    ("prepared_at", |_, c| c.prepared_at = c.prepared_at.replace("2026", "2569")),
];

async fn content_that_the_journal_does_not_bear_out_is_refused(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let colleague = world.doctor(&mut staff).await;
    let before = world.tally().await;
    for (place, (named, change)) in WRONG.iter().enumerate() {
        let mut content = document(&world, &doctor);
        change(&world, &mut content);
        let said = world.propose(&doctor.person, sign(&[content])).await;
        let Err(Refusal::ContentInvalid { detail }) = &said else { panic!("{place} {named}: {said:?}") };
        assert!(detail.split(", ").any(|part| part.starts_with(named)), "{place} {named}: {detail}");
    }
    another_doctors_certificate_is_refused(&world, &doctor, &colleague).await;
    a_batch_is_of_one_signer_and_of_bounded_size(&world, &doctor, &colleague).await;
    assert_eq!(world.tally().await, before);
    what_was_typed_is_shown_and_not_run(&world, &mut doctor).await;
}

async fn another_doctors_certificate_is_refused(world: &World, doctor: &Doctor, colleague: &Doctor) {
    let theirs = document(world, colleague);
    assert_eq!(world.propose(&doctor.person, sign(&[theirs])).await.unwrap_err(), Refusal::NotYourPasskey);
    let issuing = world.der(Request::CaCertificate { name: "issuing".to_owned() }).await;
    let serial = &issuing[..];
    // The CA's own serial number stands after version [0] and the INTEGER's two bytes.
    let at = serial.windows(5).position(|bytes| bytes == [0xa0, 3, 2, 1, 2]).unwrap() + 5;
    let serial = hex::encode(&serial[at + 2..at + 2 + usize::from(serial[at + 1])]);
    for serial in [serial, "01".repeat(17), String::new(), "x' or '1'='1".to_owned()] {
        let mut content = document(world, doctor);
        content.signer.certificate_serial = serial;
        assert_eq!(world.propose(&doctor.person, sign(&[content])).await.unwrap_err(), Refusal::NoCertificate);
    }
}

async fn a_batch_is_of_one_signer_and_of_bounded_size(world: &World, doctor: &Doctor, colleague: &Doctor) {
    let (mine, theirs) = (document(world, doctor), document(world, colleague));
    let mixed = world.propose(&doctor.person, sign(&[mine.clone(), theirs])).await;
    assert!(matches!(mixed, Err(Refusal::ContentInvalid { .. })), "{mixed:?}");
    let double = world.propose(&doctor.person, sign(&[mine.clone(), mine.clone()])).await;
    assert!(matches!(double, Err(Refusal::ContentInvalid { .. })), "{double:?}");
    // Nor two that share only their id, or only their code.
    let mut second = document(world, doctor);
    second.document_id.clone_from(&mine.document_id);
    let mut third = document(world, doctor);
    third.code.clone_from(&mine.code);
    for other in [second, third] {
        let double = world.propose(&doctor.person, sign(&[mine.clone(), other])).await;
        assert!(matches!(double, Err(Refusal::ContentInvalid { .. })), "{double:?}");
    }
    for documents in [vec![], vec![mine; 501]] {
        let said = world.propose(&doctor.person, sign(&documents)).await;
        assert!(matches!(said, Err(Refusal::Malformed { .. })), "{said:?}");
    }
}

async fn what_was_typed_is_shown_and_not_run(world: &World, doctor: &mut Doctor) {
    let mut content = document(world, doctor);
    set(&mut content, "opinion", "\"><script>alert('x')</script>");
    let waiting = world.propose(&doctor.person, sign(&[content])).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    assert!(!page.html.contains("<script>alert"), "{}", page.html);
    assert!(page.html.contains("alert("), "what will be signed is shown: {}", page.html);
    let paper = world.browser.open(&format!("{}/0.pdf", waiting.url)).await;
    assert_eq!((paper.status, &paper.html[..5]), (StatusCode::OK, "%PDF-"));
    assert_eq!(world.browser.open(&format!("{}/1.pdf", waiting.url)).await.status, StatusCode::NOT_FOUND);
}

async fn a_certificate_that_is_over_signs_nothing(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let mut colleague = world.doctor(&mut staff).await;
    let mut neighbour = world.appoint(&mut staff.province, "ra_officer", NEIGHBOUR).await;
    let before = world.tally().await;
    only_who_may_revoke_revokes(&world, &doctor, &colleague, &[&staff.evidence, &neighbour]).await;
    assert_eq!(world.tally().await, before);
    neighbour.credential = None;

    // The doctor's own word is enough, while a page for signing waits.
    let waiting = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    let reported = revoke(&doctor.certificate.serial, "key_compromise");
    // The page says whose certificate it is: a serial number alone tells nobody.
    let shown = world.propose(&staff.ra, reported.clone()).await.unwrap();
    let shown = world.browser.open(&shown.url).await;
    let named = [&doctor.certificate.name_th, &doctor.certificate.licence, &doctor.certificate.serial];
    assert!(named.into_iter().all(|text| shown.html.contains(text.as_str())), "{}", shown.html);
    let outcome = world.activate(&mut doctor.person, reported).await;
    assert!(matches!(outcome, Outcome::CertificateRevoked { .. }), "{outcome:?}");
    let answer = world.answer(&mut doctor.person, &page).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
    let said = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await;
    assert_eq!(said.unwrap_err(), Refusal::CertificateRevoked);

    // A year later the colleague's is over too.
    world.later(Duration::days(364));
    let in_time = world.propose(&colleague.person, sign(&[document(&world, &colleague)])).await;
    assert!(in_time.is_ok(), "{in_time:?}");
    // It ends while the page is open: in the last four minutes the page is shown, and the touch comes too late.
    let ends = OffsetDateTime::parse(&colleague.certificate.not_after, &Rfc3339).unwrap();
    world.later(ends - world.now() - Duration::minutes(2));
    let waiting = world.propose(&colleague.person, sign(&[document(&world, &colleague)])).await.unwrap();
    let page = world.browser.open(&waiting.url).await;
    world.later(Duration::minutes(3));
    let answer = world.answer(&mut colleague.person, &page).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
    assert_eq!(world.outcome(&waiting).await, Outcome::Waiting);
    world.later(Duration::days(2));
    let said = world.propose(&colleague.person, sign(&[document(&world, &colleague)])).await;
    assert_eq!(said.unwrap_err(), Refusal::CertificateExpired);
    let tally = world.tally().await;
    assert_eq!((tally.get("document.recorded"), tally.get("document.signed")), (None, None));
}

async fn only_who_may_revoke_revokes(
    world: &World,
    doctor: &Doctor,
    colleague: &Doctor,
    officers: &[&crate::people::Person],
) {
    let serial = &doctor.certificate.serial;
    for officer in officers.iter().copied().chain([&colleague.person]) {
        let said = world.propose(officer, revoke(serial, "key_compromise")).await;
        assert_eq!(said.unwrap_err(), Refusal::NoAuthority);
    }
    for reason in ["certificate_hold", "remove_from_crl", "unspecified", "", "Key_Compromise"] {
        let said = world.propose(&doctor.person, revoke(serial, reason)).await;
        assert!(matches!(said, Err(Refusal::ContentInvalid { .. })), "{reason}: {said:?}");
    }
    for since in [instant(world, Duration::minutes(5)), instant(world, Duration::days(-3)), "yesterday".to_owned()] {
        let operation = Operation::RevokeCertificate {
            revocation: Revocation {
                serial: serial.clone(),
                reason: "key_compromise".to_owned(),
                invalid_since: Some(since),
            },
        };
        let said = world.propose(&doctor.person, operation).await;
        assert!(matches!(said, Err(Refusal::ContentInvalid { .. })), "{said:?}");
    }
    let said = world.propose(&doctor.person, revoke(&"01".repeat(17), "superseded")).await;
    assert_eq!(said.unwrap_err(), Refusal::NoCertificate);
}

fn set(content: &mut DocumentContent, field: &str, value: &str) {
    content.fields.insert(field.to_owned(), value.to_owned());
}

/// A whole document of the hospital next door.
fn elsewhere(content: &mut DocumentContent) {
    let unit = contents::units().into_iter().find(|unit| unit.code == NEIGHBOUR).unwrap();
    content.book = content.book.replace(HOSPITAL, NEIGHBOUR);
    content.unit =
        pdf::form::Unit { code: unit.code, name_th: unit.name_th, name_en: unit.name_en, address_th: unit.address_th };
}

/// An ISO date, days from today in Thailand.
fn day(world: &World, days: i64) -> String {
    pdf::date::iso(pdf::date::bangkok(world.now() + Duration::days(days)).date())
}

fn instant(world: &World, from_now: Duration) -> String {
    (world.now() + from_now).replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap()
}
