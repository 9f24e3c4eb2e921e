//! Every page, in both languages.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{Lang, assets, samples};

fn all() -> Vec<(&'static str, Lang, String)> {
    [Lang::Th, Lang::En]
        .into_iter()
        .flat_map(|lang| samples(lang).unwrap().into_iter().map(move |(name, html)| (name, lang, html)))
        .collect()
}

/// The tags of a page, without brackets: `input id="x" …`.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter_map(|rest| rest.split('>').next())
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

#[test]
fn every_page_names_its_language_and_itself() {
    for (name, lang, html) in all() {
        assert!(html.starts_with("<!DOCTYPE html>"), "{name}");
        assert!(html.contains(&format!("<html lang=\"{}\">", lang.tag())), "{name}");
        let title = html.split("<title>").nth(1).unwrap().split(" – ").next().unwrap();
        assert!(!title.trim().is_empty(), "{name} has no title");
        assert_eq!(tags(&html).filter(|tag| tag.starts_with("h1")).count(), 1, "{name}: one h1");
        let other = if lang == Lang::Th { "lang=en" } else { "lang=th" };
        assert!(html.contains(other), "{name} has no switch");
    }
}

#[test]
fn every_control_has_a_label_and_every_id_is_alone() {
    for (name, _, html) in all() {
        let labels: BTreeSet<&str> = tags(&html).filter_map(|tag| attribute(tag, "for")).collect();
        for tag in tags(&html) {
            let control = ["input ", "select ", "textarea "].iter().any(|kind| tag.starts_with(kind));
            if control && attribute(tag, "type") != Some("hidden") {
                let id = attribute(tag, "id").unwrap_or_else(|| panic!("{name}: {tag} has no id"));
                assert!(labels.contains(id), "{name}: {id} has no label");
            }
        }
        let mut ids = BTreeSet::new();
        for id in tags(&html).filter_map(|tag| attribute(tag, "id")) {
            assert!(ids.insert(id), "{name}: {id} twice");
        }
        for described in tags(&html).filter_map(|tag| attribute(tag, "aria-describedby")) {
            assert!(described.split(' ').all(|id| ids.contains(id)), "{name}: {described}");
        }
        for link in tags(&html).filter_map(|tag| attribute(tag, "href")).filter_map(|href| href.strip_prefix('#')) {
            assert!(ids.contains(link), "{name}: #{link} leads nowhere");
        }
    }
}

#[test]
fn nothing_stands_inline_and_nothing_comes_from_elsewhere() {
    for (name, _, html) in all() {
        for tag in tags(&html) {
            assert!(!tag.starts_with("style") && attribute(tag, "style").is_none(), "{name}: {tag}");
            assert!(!tag.starts_with("script") || attribute(tag, "src").is_some(), "{name}: {tag}");
            assert!(!tag.split('"').step_by(2).any(|outside| outside.contains(" on")), "{name}: {tag}");
            for address in
                [attribute(tag, "src"), attribute(tag, "href"), attribute(tag, "action")].into_iter().flatten()
            {
                assert!(
                    address.starts_with('/')
                        || address.starts_with('#')
                        || address.starts_with("http://localhost:8080/"),
                    "{name}: {address}"
                );
                assert!(!address.starts_with("//"), "{name}: {address}");
            }
        }
    }
}

#[test]
fn built_assets_are_what_their_addresses_say() {
    for asset in &assets::ASSETS {
        let hash = hex::encode(Sha256::digest(asset.bytes));
        assert_eq!(asset.path, format!("/assets/{}/{}", &hash[..16], asset.name));
        assert_eq!(assets::at(asset.path).unwrap().name, asset.name);
        let Ok(text) = std::str::from_utf8(asset.bytes) else { continue };
        for other in text.split("/assets/").skip(1) {
            let address: String = other.chars().take_while(|c| !"\")'`".contains(*c)).collect();
            assert!(assets::at(&format!("/assets/{address}")).is_some(), "{} names {address}", asset.name);
        }
    }
    assert!(assets::at("/assets/0000000000000000/rabrong.css").is_none());
}

#[test]
fn everything_a_challenge_covers_is_shown() {
    let pages = samples(Lang::Th).unwrap();
    let page = |name: &str| &pages.iter().find(|(found, _)| *found == name).unwrap().1;
    for shown in
        ["เบาหวานชนิดที่ 2", "0-1017-00230-70-0", "120/80", "14 กันยายน 2569", "ว.12345", "4Q7TRX1MZ0K8WB5N2HDC6YFGJA"]
    {
        assert!(page("sign_document").contains(shown), "{shown}");
    }
    for shown in ["K7QX-2MRD", "โรงพยาบาลสาธิต (10670)", "IAL 2.1", "9f2c41d0", "Kanda Jaidee"]
    {
        assert!(page("sign_issue").contains(shown), "{shown}");
    }
    assert_eq!(page("sign_batch").matches("class=\"app-batch__item\"").count(), 3);
    assert_eq!(page("sign_batch").matches("0-1017-00230-70-0").count(), 3, "folded, and there");
    assert_eq!(page("sign_many").matches("class=\"app-batch__item\"").count(), 60);
    // Of so many, the lines of each stand on its own page.
    assert!(page("sign_many").contains("/document/59?lang=th") && !page("sign_many").contains("120/80"));
    assert!(page("sign_one_of_many").contains("120/80") && page("sign_one_of_many").contains("/1-1.svg"));
    assert!(page("sign_locked").contains("11.20 น.") || page("sign_locked").contains("11:20"));
    assert!(!page("sign_locked").contains("data-activate"));
}
