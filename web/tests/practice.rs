//! The policy and the practice statement as they are served.

use crate::world::{Engines, Served, browser};
use reqwest::StatusCode;
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use web::pages::practice::{CP, CPS, DISCLOSURE};

/// The outline of RFC 3647 §6: in each chapter, how many sections, and in each of those how many parts.
const OUTLINE: [&[u8]; 9] = [
    &[0, 0, 5, 2, 4, 0],
    &[0, 0, 0, 0],
    &[6, 6, 2, 0],
    &[2, 3, 2, 3, 2, 7, 7, 7, 16, 3, 0, 2],
    &[8, 4, 8, 8, 7, 0, 4, 0],
    &[7, 11, 2, 3, 2, 3, 0, 0],
    &[9, 2, 2],
    &[0, 0, 0, 0, 0, 0],
    &[5, 3, 3, 7, 0, 5, 0, 0, 0, 3, 0, 3, 0, 0, 0, 5, 0],
];

#[test]
fn the_outline_of_rfc_3647_is_there_whole_and_in_order() {
    let numbers = |markdown: &str| -> Vec<String> {
        let headings = markdown.lines().filter_map(|line| line.strip_prefix("##"));
        headings.filter_map(|line| line.trim_start_matches('#').split_whitespace().next().map(str::to_owned)).collect()
    };
    let (mut sections, mut parts) = (Vec::new(), Vec::new());
    for (chapter, counts) in (1..).zip(OUTLINE) {
        sections.push(format!("{chapter}"));
        parts.push(format!("{chapter}"));
        for (section, count) in (1..).zip(counts) {
            sections.push(format!("{chapter}.{section}"));
            parts.push(format!("{chapter}.{section}"));
            parts.extend((1..=*count).map(|part| format!("{chapter}.{section}.{part}")));
        }
    }
    assert_eq!(numbers(CPS.text), parts);
    let policy = numbers(CP.text);
    assert_eq!(policy.iter().filter(|number| number.matches('.').count() < 2).collect::<Vec<_>>(), {
        sections.iter().collect::<Vec<_>>()
    });
    assert!(policy.iter().all(|number| parts.contains(number)));
}

#[test]
fn what_they_refer_to_is_there() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/");
    for document in [CP, CPS, DISCLOSURE] {
        for link in document.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let text = match file {
                "" => document.text.to_owned(),
                file => std::fs::read_to_string(format!("{folder}{file}")).unwrap_or_else(|_| panic!("{file}")),
            };
            assert!(anchor.is_empty() || text.contains(&format!("# {anchor} ")), "{}: {link}", document.name);
        }
    }
}

#[test]
fn nothing_is_claimed_that_is_not_so() {
    for (text, words) in [
        (CPS.text, ["not under the National Root CA", "certified by nobody", "SoftHSM", "test policy"]),
        (CP.text, ["not subordinate to the National Root CA", "not qualified", "has none", "proves nothing"]),
        (DISCLOSURE.text, ["ไม่อยู่ภายใต้", "not under the National Root CA", "No independent auditor", "test policy"]),
    ] {
        for word in words {
            assert!(text.contains(word), "{word}");
        }
    }
}

#[tokio::test]
async fn the_statement_answers_in_both_languages_and_is_not_sent_twice() {
    let engines = Engines::start("practice");
    let served = Served::start(&engines, &engines.urls[0]).await;
    let http = browser();
    let version = CPS.header().version;
    for (path, words) in [
        ("/cps?lang=th", ["คำแถลงโดยย่อ", "id=\"pds-ข้อจำกัดความรับผิด\"", "id=\"4.9.8\""]),
        ("/cps?lang=en", ["Limits of liability", "href=\"#4.9\"", "Certification practice statement"]),
        ("/cp?lang=en", ["id=\"7.1.4\"", "href=\"/cps\"", "Certificate policy"]),
    ] {
        // Plain http, as certificates say; no log-in and no way elsewhere.
        let answer = http.get(served.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let tag = answer.headers()[ETAG].clone();
        assert!(answer.headers()[CACHE_CONTROL].to_str().unwrap().contains("no-cache"));
        let html = answer.text().await.unwrap();
        for word in words {
            assert!(html.contains(word), "{path}: {word}");
        }
        assert!(html.contains(&version), "{path}");
        let again = http.get(served.url(path)).header(IF_NONE_MATCH, &tag).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(again.headers()[ETAG], tag);
        let other = http.get(served.url(path)).header(IF_NONE_MATCH, "\"other\"").send().await.unwrap();
        assert_eq!(other.status(), StatusCode::OK, "{path}");
    }
    for document in [CP, CPS, DISCLOSURE] {
        let answer = http.get(served.url(&format!("/{}", document.name))).send().await.unwrap();
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/markdown; charset=utf-8");
        assert_eq!(answer.text().await.unwrap(), document.text);
    }
}
