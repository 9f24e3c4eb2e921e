//! The verdict: public attack files, and our own signature with one thing wrong at a time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use pades::verify::{Indication, Trust, embedded_roots, verify};
use time::OffsetDateTime;

/// The corpus folder, if this machine has it. The edge of the tests reads the environment, as the binary does.
#[allow(clippy::disallowed_methods, reason = "where the corpus lies is the environment's business")]
fn corpus() -> Option<PathBuf> {
    let folder = std::env::var("RABRONG_CORPUS").ok().map(PathBuf::from).filter(|p| p.join("manifest.csv").exists());
    if folder.is_none() {
        eprintln!("skipped: RABRONG_CORPUS names no corpus");
    }
    folder
}

/// File and expectation of each row; the first comma-separated columns have no quotes.
fn manifest(folder: &std::path::Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder.join("manifest.csv")).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let columns: Vec<&str> = line.split(',').collect();
        (columns[0].to_owned(), columns[6].to_owned())
    });
    rows.collect()
}

fn now() -> OffsetDateTime {
    time::macros::datetime!(2026-11-21 21:00 UTC)
}

#[test]
fn no_file_of_the_corpus_that_must_be_rejected_passes() {
    let Some(folder) = corpus() else { return };
    let mut judged = 0;
    for (name, expected) in manifest(&folder) {
        let file = std::fs::read(folder.join(&name)).unwrap();
        let started = Instant::now();
        let plain = verify(&file, &Trust::default(), now());
        let trust = Trust { anchors: embedded_roots(&file), ..Trust::default() };
        let trusted = verify(&file, &trust, now());
        let took = started.elapsed();
        eprintln!("{name} [{expected}] {:?} {:?} in {took:?}", trusted.indication, trusted.sub_indication);
        for signature in &trusted.signatures {
            let codes: Vec<String> = signature.reasons.iter().map(|r| format!("{}: {}", r.code(), r.english())).collect();
            eprintln!("    {} {:?} {codes:?}", signature.field, signature.indication);
        }
        if trusted.signatures.is_empty() {
            eprintln!("    {:?}", trusted.reasons.iter().map(pades::verify::Reason::english).collect::<Vec<_>>());
        }
        assert!(took < Duration::from_secs(20), "{name} took {took:?}");
        assert_ne!(plain.indication, Indication::TotalPassed, "{name} passed without any trust");
        if expected.starts_with("REJECT") {
            assert_ne!(trusted.indication, Indication::TotalPassed, "{name} must be rejected");
        }
        judged += 1;
    }
    assert!(judged > 60, "the manifest lists only {judged} files");
}
