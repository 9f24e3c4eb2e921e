//! How an update and an object stream must be written: whatever one reader repairs, another repairs otherwise.

use pdf::read::{Disagreement, Document, ReadError, Severity};

use super::updates::judged_with;
use super::written::{Written, stream};

/// Whether the bytes after the signed ones are refused as no well-formed update.
fn is_refused(updated: &[u8], end: usize) -> bool {
    let Ok(document) = Document::open(updated) else { return true };
    let section = document.section_ending_at(end).unwrap();
    document.account(end, section).is_err()
}

/// A reader that repairs a file takes objects and trailers from wherever their words stand.
#[test]
fn an_update_hides_no_structure_in_strings_and_streams() {
    let written = Written::new();
    let file = written.file();
    let refused = |bodies: &[(u32, String)], trailer: &str| {
        let updated = written.updated_with(&file, bodies, trailer);
        let document = Document::open(&updated).unwrap();
        let section = document.section_ending_at(file.len()).unwrap();
        matches!(document.account(file.len(), section), Err(ReadError::Unaccounted { .. }))
    };
    let trailer = "/Size 64/Root 1 0 R/Info 6 0 R";
    for hidden in ["4 0 obj <<>>", "4\n0\nobj", "4 0obj", "endobj", "trailer <</Root 9 0 R>>", "startxref 9", "%%EOF"] {
        assert!(refused(&[(20, format!("<</TU({hidden})>>"))], trailer), "a string holds {hidden}");
        assert!(refused(&[(20, stream("", hidden))], trailer), "a stream holds {hidden}");
        assert!(refused(&[], &format!("{trailer}/Note({hidden})")), "a trailer holds {hidden}");
    }
    for open in ["an obj", "objects 4 and 0", "4 0 R", "stream"] {
        assert!(!refused(&[(20, format!("<</TU({open})>>")), (21, stream("", open))], trailer), "{open}");
    }
}

/// Readers that give up at a table repair the file, each in its own way.
#[test]
fn an_update_is_written_in_the_one_way_that_all_readers_take() {
    let written = Written::new();
    let file = written.file();
    let updated = written.updated(&file, &[(20, "<<>>".to_owned())]);
    assert!(!is_refused(&updated, file.len()));
    let text = String::from_utf8(updated).unwrap();
    let (signed, update) = text.split_at(file.len());
    let row = update.lines().find(|line| line.ends_with(" n ")).unwrap();
    for (piece, other) in [
        ("startxref\n", "startxref\0\n"),
        ("startxref\n", "startxref\x0c\n"),
        ("/Root 1 0 R", "/Root 1\x000 R"),
        (row, row.trim_end()),
        (row, &format!("{row} ")),
        (row, &format!("{row}\r")),
        (row, row.trim_start_matches('0')),
        (row, &row.replace("00000 n", "0000000000 n")),
    ] {
        assert!(update.contains(piece), "{piece:?}");
        let other = update.replace(piece, other);
        assert!(is_refused(format!("{signed}{other}").as_bytes(), file.len()), "{other:?}");
    }
}

#[test]
fn an_update_has_only_object_numbers_that_all_readers_take() {
    let written = Written::new();
    let file = written.file();
    let refused = |number: u32, size: u32| {
        let bodies = [(number, "<<>>".to_owned())];
        let updated = written.updated_with(&file, &bodies, &format!("/Size {size}/Root 1 0 R/Info 6 0 R"));
        is_refused(&updated, file.len())
    };
    assert!(!refused(8_388_607, 8_388_608));
    assert!(refused(8_388_608, 8_388_609));
    assert!(refused(64, 64));
    let sized = |size: u32| judged_with(&[], &format!("/Size {size}/Root 1 0 R/Info 6 0 R"));
    assert_eq!(sized(8_388_608), None);
    assert_eq!(sized(8_388_609), Some(Severity::Forbidden));
}

/// A stream of the signed revision may not take what an update appends as its data.
#[test]
fn a_signed_object_that_ends_in_an_update_is_refused() {
    let mut written = Written::new();
    written.objects.insert(15, "<</Length 00000>>\nstream\n(".to_owned());
    let file = written.file();
    let mut updated = written.updated(&file, &[(20, stream("", "x"))]);
    let head = b"<</Length 00000>>\nstream\n";
    let at = file.windows(head.len()).position(|bytes| bytes == head).unwrap();
    let to = updated.windows(10).rposition(|bytes| bytes == b"\nendstream").unwrap();
    let length = format!("{:05}", to - at - head.len());
    updated.splice(at + 10..at + 15, length.into_bytes());
    assert!(is_refused(&updated, file.len()));
}

/// Widths, predictors and keys at which readers of cross-reference streams give up or part ways.
#[test]
fn a_cross_reference_stream_of_an_update_is_one_that_all_readers_take() {
    let written = Written::new();
    let file = written.file();
    let refused = |widths: [usize; 3], predictor: Option<usize>, extra: &str| {
        is_refused(&written.updated_by_stream(&file, &[(20, "<<>>".to_owned())], widths, predictor, extra), file.len())
    };
    for widths in [[1, 4, 2], [0, 4, 0], [4, 8, 4]] {
        assert!(!refused(widths, None, ""), "{widths:?}");
    }
    for widths in [[8, 4, 2], [1, 9, 2], [1, 4, 8]] {
        assert!(refused(widths, None, ""), "{widths:?}");
    }
    for predictor in [1, 10, 12, 15] {
        assert!(!refused([1, 4, 2], Some(predictor), ""), "{predictor}");
    }
    for predictor in [2, 9, 16, 20, 99_999] {
        assert!(refused([1, 4, 2], Some(predictor), ""), "{predictor}");
    }
    assert!(refused([1, 4, 2], None, "/XRefStm 9"));
}

/// Other parsers read every object stream that the file names, whatever is in it and whether or not it is used.
#[test]
fn object_streams_are_read_within_the_budget_and_in_order() {
    let agrees = |body: String| {
        let mut written = Written::new();
        written.objects.insert(15, body);
        Document::open(&written.file()).unwrap().agree()
    };
    let holding =
        |members: usize, first: usize, data: &str| stream(&format!("/Type/ObjStm/N {members}/First {first}"), data);
    assert_eq!(agrees(holding(2, 10, "20 0 21 2 1 2")), Ok(()));
    let backwards = agrees(holding(2, 10, "20 2 21 0 1 2"));
    assert!(matches!(backwards, Err(Disagreement::Read(ReadError::Missing(_)))), "{backwards:?}");
    let values = "1 ".repeat(2_100_000);
    let huge = agrees(holding(1, 5, &format!("20 0 [{values}]")));
    assert_eq!(huge, Err(Disagreement::Read(ReadError::Budget("steps"))));
}
