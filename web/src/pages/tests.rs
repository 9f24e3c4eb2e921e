//! Every page, in both languages.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{Lang, Layout, Login, assets, samples};

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

/// What a person reads: no tags, no technical details, and not the policy and practice statement, which
/// are written for auditors (their short statement in front is for everyone).
fn read_aloud(html: &str) -> String {
    let mut html = html.to_owned();
    for (open, close) in
        [("<dl class=\"app-technical", "</dl>"), ("<nav class=\"app-contents", "</nav>"), ("<article", "</article>")]
    {
        while let Some(start) = html.find(open) {
            let end = html[start..].find(close).map_or(html.len(), |length| start + length);
            html.replace_range(start..end, "");
        }
    }
    html.split('<').filter_map(|rest| rest.split_once('>')).map(|(_, text)| text).collect::<Vec<_>>().join(" ")
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
                assert!(address.starts_with('/') || address.starts_with('#'), "{name}: {address}");
                assert!(!address.starts_with("//"), "{name}: {address}");
            }
        }
    }
}

#[test]
fn every_posted_form_carries_the_token_against_forgery() {
    for (name, _, html) in all() {
        for form in html.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap()) {
            if form.split('>').next().unwrap().contains("method=\"post\"") {
                assert!(form.contains("name=\"csrf\" value=\"c2FtcGxl\""), "{name}");
            }
        }
    }
}

#[test]
fn no_developers_word_on_a_page_for_the_public() {
    let words = [
        "hash",
        "แฮช",
        "ocsp",
        "crl",
        "null",
        "token",
        "json",
        "sha-",
        "sha2",
        "pades",
        "x.509",
        "hexadecimal",
        "none(",
    ];
    for (name, _, html) in all() {
        let text = read_aloud(&html).to_lowercase();
        for word in words {
            assert!(!text.contains(word), "{name} says {word}");
        }
    }
}

#[test]
fn a_test_policy_stands_under_the_verdict_and_no_other_does() {
    use super::{Policy, Verdict, Verify};
    use askama::Template as _;
    let page = |lang, is_test| {
        // Not a demonstration by its settings: the certificate alone says what it is.
        let layout = Layout { demo: false, ..Layout::sample(lang) };
        let policy = Some(Policy { is_test, ..Policy::sample() });
        Verify { policy, ..Verify::sample(layout, Verdict::Genuine) }.render().unwrap()
    };
    for (lang, words) in [(Lang::Th, "ใบรับรองทดสอบ"), (Lang::En, "Test certificate")] {
        let html = page(lang, true);
        let (verdict, after) = html.split_once(words).unwrap();
        assert!(verdict.contains("app-verdict__sentence") && after.contains("app-facts"), "it stands elsewhere");
        assert!(!page(lang, false).contains(words));
    }
}

#[test]
fn the_simulated_passkey_is_on_no_page_of_the_field() {
    use askama::Template as _;
    let html = |demo| {
        let layout = Layout { demo, ..Layout::sample(Lang::Th) };
        Login::sample(layout).render().unwrap()
    };
    assert!(html(true).contains("demo-passkey.js") && html(true).contains("app-demo"));
    assert!(!html(false).contains("demo-passkey.js") && !html(false).contains("app-demo"));
    assert!(assets::ASSETS.iter().any(|asset| asset.name == "demo-passkey.js" && asset.demo_only));
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
fn colours_that_carry_a_verdict_reach_7_to_1_in_light_and_dark() {
    let (light, dark) = TOKENS.split_once("prefers-color-scheme: dark").unwrap();
    let colour = |part: &str, name: &str| {
        let after = part.split(&format!("--{name}: #")).nth(1)?;
        let digits: String = after.chars().take_while(char::is_ascii_hexdigit).collect();
        Some(if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits })
    };
    for part in [light, dark] {
        let get = |name: &str| -> String { colour(part, name).or_else(|| colour(light, name)).unwrap() };
        let pairs = ["green", "amber", "red", "grey"].map(|tone| (get(tone), get(&format!("on-{tone}")), 7.0));
        let tags = ["green", "amber", "red", "blue", "grey"]
            .map(|tone| (get(&format!("tag-{tone}")), get(&format!("tag-{tone}-text")), 7.0));
        let rest = [
            (get("ground"), get("text"), 7.0),
            (get("ground"), get("muted"), 4.5),
            (get("surface"), get("muted"), 4.5),
            (get("ground"), get("link"), 4.5),
            (get("ground"), get("danger"), 4.5),
            (get("button"), "ffffff".to_owned(), 4.5),
            (get("brand"), "ffffff".to_owned(), 7.0),
        ];
        for (ground, text, least) in pairs.into_iter().chain(tags).chain(rest) {
            let found = contrast(&ground, &text);
            assert!(found >= least, "#{text} on #{ground}: {found:.2}");
        }
    }
}

const TOKENS: &str = include_str!("../../assets/scss/_tokens.scss");

/// Contrast of two colours (WCAG 2.2, "contrast ratio").
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |hex: &str| {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
    };
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}
