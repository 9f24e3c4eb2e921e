//! Many documents on one page, their pictures, and the same page on a phone.

use std::time::Instant;

use reqwest::StatusCode;
use signer::protocol::Outcome;

use crate::contents::{document, sign};
use crate::place::on_both_engines;
use crate::world::World;

on_both_engines!(five_hundred_documents_open_on_one_page, the_phone_goes_on_and_the_computer_follows);

async fn five_hundred_documents_open_on_one_page(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let contents: Vec<_> = (0..500).map(|_| document(&world, &doctor)).collect();
    let begun = Instant::now();
    let waiting = world.propose(&doctor.person, sign(&contents)).await.unwrap();
    let proposed = begun.elapsed();
    let begun = Instant::now();
    let page = world.browser.open(&waiting.url).await;
    let opened = begun.elapsed();
    assert_eq!(page.html.matches("class=\"app-batch__item\"").count(), 500);
    assert!(contents.iter().all(|content| page.html.contains(&content.number)), "each by its number");
    assert_eq!(page.html.matches("loading=\"lazy\"").count(), 500);
    let begun = Instant::now();
    for place in 0..12 {
        let picture = world.browser.open(&format!("{}/{place}.svg", waiting.url)).await;
        assert_eq!(picture.status, StatusCode::OK);
        assert!(picture.html.starts_with("<svg ") && picture.headers["content-type"] == "image/svg+xml");
    }
    let drawn = begun.elapsed();
    println!(
        "500 documents: proposed in {proposed:?}, page in {opened:?} ({} bytes), 12 pictures in {drawn:?}",
        page.html.len()
    );
    let one = world.browser.open(&format!("{}/document/499?lang=en", waiting.url)).await;
    assert!(one.html.contains("500/500") && one.html.contains(&contents[499].code) && one.html.contains("118/76"));
    assert_eq!(world.browser.open(&format!("{}/499.svg", waiting.url)).await.status, StatusCode::OK);
    for path in ["500.svg", "0-9.svg", "document/500", "x.svg", "0.png", "-1.svg", "0-.svg", "phone.png"] {
        let page = world.browser.open(&format!("{}/{path}", waiting.url)).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(page.html.len() < 1_500_000, "{} bytes", page.html.len());

    // A few of them under one touch; then nobody is shown anything more.
    let few = world.propose(&doctor.person, sign(&contents[..3])).await.unwrap();
    assert_eq!(world.browser.open(&format!("{}/2.svg", few.url)).await.status, StatusCode::OK);
    let answer = world.touch(&mut doctor.person, &few).await;
    assert!(answer.redirect().is_some(), "{answer:?}");
    assert!(matches!(world.outcome(&few).await, Outcome::DocumentsSigned { .. }));
    assert_eq!(world.browser.open(&format!("{}/2.svg", few.url)).await.status, StatusCode::GONE);
}

async fn the_phone_goes_on_and_the_computer_follows(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let waiting = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    let computer = world.browser.open(&format!("{}/phone?lang=en", waiting.url)).await;
    assert_eq!(computer.status, StatusCode::OK, "{}", computer.html);
    let address = format!("{}?on=phone", waiting.url);
    assert!(computer.html.contains(&address) && computer.html.contains("http-equiv=\"refresh\""), "{}", computer.html);
    // The code on the screen is that address.
    let code = world.browser.open(&format!("{}/phone.svg", waiting.url)).await;
    assert!(code.html.starts_with("<svg ") && code.html.matches('M').count() > 200, "{}", code.html);
    // Nothing of the content stands on the ward's screen.
    assert!(!computer.html.contains("กตัญญู"));

    let phone = world.browser.open(&address).await;
    assert!(phone.html.contains("กตัญญู ฟื้นฟูสุข") && !phone.html.contains("/phone?lang"), "{}", phone.html);
    let answer = world.answer(&mut doctor.person, &phone).await;
    let there = answer.redirect().unwrap().to_owned();
    let done = world.browser.open(&format!("{}{there}", phone.origin)).await;
    assert!(done.status == StatusCode::OK && done.html.contains("ยืนยันเรียบร้อยแล้ว"), "{}", done.html);
    assert!(!done.html.contains("http://localhost:8700"), "the portal knows this person on the computer only");

    let computer = world.browser.open(&format!("{}/phone", waiting.url)).await;
    assert_eq!(computer.status, StatusCode::SEE_OTHER);
    let next = format!("{}{}", phone.origin, computer.headers["location"].to_str().unwrap());
    let portal = world.browser.open(&next).await;
    assert_eq!(portal.status, StatusCode::SEE_OTHER);
    let location = portal.headers["location"].to_str().unwrap();
    assert_eq!(location, format!("http://localhost:8700/tasks?ticket={}", waiting.ticket));

    // Out of time, both say so and where to ask again.
    let late = world.propose(&doctor.person, sign(&[document(&world, &doctor)])).await.unwrap();
    world.later(time::Duration::minutes(5));
    let page = world.browser.open(&format!("{}?on=phone", late.url)).await;
    let back = format!("http://localhost:8700/tasks?ticket={}", late.ticket);
    assert!(page.status == StatusCode::GONE && page.html.contains(&back), "{}", page.html);
    let computer = world.browser.open(&format!("{}/phone", late.url)).await;
    let next = format!("{}{}", phone.origin, computer.headers["location"].to_str().unwrap());
    assert!(world.browser.open(&next).await.html.contains(&back));
}
