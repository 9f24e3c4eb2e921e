//! C2SP's x509-limbo, all of it, against our path validation and a ledger of the cases where we differ on purpose.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::common::{corpus, from_pem};
use pades::path::{Indication, PeerName, Question, validate};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Where we differ: identifier, then what we answer.
const LEDGER: &str = include_str!("../../docs/x509-limbo.md");

/// Cases without a time are judged here: the corpus was generated in 2026 for many years.
const AT: OffsetDateTime = time::macros::datetime!(2026-11-21 21:00 UTC);

fn certificates(list: &Value) -> Vec<Vec<u8>> {
    list.as_array().map(|l| l.iter().map(|c| from_pem(c.as_str().unwrap())).collect()).unwrap_or_default()
}

fn peer(name: &Value) -> PeerName {
    let value = name["value"].as_str().unwrap().to_owned();
    match name["kind"].as_str().unwrap() {
        "DNS" => PeerName::Dns(value),
        "IP" => PeerName::Address(value.parse().unwrap()),
        "RFC822" => PeerName::Mail(value),
        other => panic!("a kind of name that is not known here: {other}"),
    }
}

fn purpose(name: &str) -> &'static [u8] {
    match name {
        "serverAuth" => b"\x2b\x06\x01\x05\x05\x07\x03\x01",
        "clientAuth" => b"\x2b\x06\x01\x05\x05\x07\x03\x02",
        other => panic!("an extended key usage that is not known here: {other}"),
    }
}

/// Our answer to a case.
fn answer(case: &Value) -> pades::path::Verdict {
    let anchors = certificates(&case["trusted_certs"]);
    let untrusted = certificates(&case["untrusted_intermediates"]);
    let crls = certificates(&case["crls"]);
    let leaf = from_pem(case["peer_certificate"].as_str().unwrap());
    let at = case["validation_time"].as_str().map_or(AT, |t| OffsetDateTime::parse(t, &Rfc3339).unwrap());
    let mut names: Vec<PeerName> = case["expected_peer_names"].as_array().unwrap().iter().map(peer).collect();
    names.extend(case["expected_peer_name"].as_object().map(|_| peer(&case["expected_peer_name"])));
    let purposes: Vec<&str> = case["extended_key_usage"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(purposes.len() <= 1, "one purpose at a time");
    let question = Question {
        anchors: &anchors,
        untrusted: &untrusted,
        crls: &crls,
        names: &names,
        purpose: purposes.first().map(|p| purpose(p)),
        intermediates: case["max_chain_depth"].as_u64().map(|d| usize::try_from(d).unwrap()),
        ..Question::new(at)
    };
    let started = Instant::now();
    let verdict = validate(&leaf, &question);
    let took = started.elapsed();
    assert!(took < Duration::from_secs(10), "{} took {took:?}", case["id"]);
    verdict
}

/// The rows of the ledger: `| case | ours | why |`.
fn ledger() -> BTreeMap<String, (String, String)> {
    let rows = LEDGER.lines().filter(|l| l.starts_with("| `"));
    let rows = rows.map(|row| {
        let columns: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [case, ours, why] = columns.as_slice() else { panic!("three columns: {row}") };
        assert!(why.len() > 20, "a reason, in words: {row}");
        (case.trim_matches('`').to_owned(), ((*ours).to_owned(), (*why).to_owned()))
    });
    rows.collect()
}

#[test]
fn every_case_ends_as_it_should_or_as_the_ledger_says() {
    let Some(folder) = corpus() else { return };
    let file = std::fs::read(folder.join("x509-limbo.json")).unwrap();
    let corpus: Value = serde_json::from_slice(&file).unwrap();
    let mut ledger = ledger();
    let mut surprises = Vec::new();
    let mut agreed = 0;
    for case in corpus["testcases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        let verdict = answer(case);
        let codes: Vec<String> = verdict.reasons.iter().map(|f| format!("{}@{}", f.reason.code(), f.depth)).collect();
        let ours = if verdict.indication == Indication::Valid { "accepted" } else { "refused" };
        let theirs = if case["expected_result"] == "SUCCESS" { "accepted" } else { "refused" };
        match (ours == theirs, ledger.remove(id)) {
            (true, None) => agreed += 1,
            (false, Some((stated, _))) if stated == ours => {}
            (true, Some(_)) => surprises.push(format!("{id}: the ledger has it, but we agree by now ({ours})")),
            (false, _) => surprises.push(format!("{id}: expected {theirs}, {ours} {codes:?}")),
        }
    }
    surprises.extend(ledger.into_keys().map(|id| format!("{id}: in the ledger, but not in the corpus")));
    assert!(surprises.is_empty(), "agreed on {agreed}\n{}", surprises.join("\n"));
    assert!(agreed >= 167, "agreed on {agreed} only");
}

/// Whatever byte of a good certificate is changed, it is good no longer, and nothing falls over.
#[test]
fn no_changed_certificate_is_valid() {
    let Some(folder) = corpus() else { return };
    let file = std::fs::read(folder.join("x509-limbo.json")).unwrap();
    let corpus: Value = serde_json::from_slice(&file).unwrap();
    let cases = corpus["testcases"].as_array().unwrap();
    let case = cases.iter().find(|c| c["id"] == "pathlen::ee-with-intermediate-pathlen-1").unwrap();
    let anchors = certificates(&case["trusted_certs"]);
    let untrusted = certificates(&case["untrusted_intermediates"]);
    let question = Question { anchors: &anchors, untrusted: &untrusted, ..Question::new(AT) };
    let good = from_pem(case["peer_certificate"].as_str().unwrap());
    assert_eq!(validate(&good, &question).indication, Indication::Valid);
    for at in 0..good.len() {
        for bit in [0, 3, 7] {
            let mut changed = good.clone();
            changed[at] ^= 1 << bit;
            let verdict = validate(&changed, &question);
            assert_ne!(verdict.indication, Indication::Valid, "bit {bit} of byte {at}");
            pades::path::exercise(&[changed.as_slice(), &untrusted[0], &anchors[0]].concat());
        }
        assert_eq!(validate(&good[..at], &question).indication, Indication::Invalid, "cut at {at}");
    }
}
