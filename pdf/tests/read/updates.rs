//! An update may rewrite what is its own; it may not take what signed content uses.

use pdf::read::{Change, Document, ReadError, Severity};

use super::written::{DATED, Written, stream, xmp};

/// What the updates after the first `signed` bytes did.
fn changes(file: &[u8], signed: usize) -> Vec<Change> {
    let document = Document::open(file).unwrap();
    let section = document.section_ending_at(signed).unwrap();
    document.account(signed, section).unwrap();
    document.updates(section).unwrap().concat()
}

/// How much the worst of them matters.
fn severity(changes: &[Change]) -> Option<Severity> {
    changes.iter().map(|change| change.severity(None)).max()
}

fn judged(bodies: &[(u32, String)]) -> Option<Severity> {
    judged_with(bodies, "/Size 64/Root 1 0 R/Info 6 0 R")
}

pub(crate) fn judged_with(bodies: &[(u32, String)], trailer: &str) -> Option<Severity> {
    let written = Written::new();
    let file = written.file();
    severity(&changes(&written.updated_with(&file, bodies, trailer), file.len()))
}

/// The field of a document time-stamp and its value.
fn time_stamp() -> [(u32, String); 2] {
    let field = "<</FT/Sig/Type/Annot/Subtype/Widget/F 4/T(Stamp)/V 31 0 R/P 3 0 R/Rect[0 0 0 0]>>";
    [(30, field.to_owned()), (31, "<</Type/DocTimeStamp/SubFilter/ETSI.RFC3161/Contents<00>>>".to_owned())]
}

#[test]
fn a_slot_may_be_rewritten_where_it_stands_or_moved_to_a_new_object() {
    let written = Written::new();
    let later = xmp(&DATED.replace("2026-01", "2027-02").replace("Writer 1.0", "Archive 2.1"));
    let info = "<</Title(Certificate)/Producer(Archive 2.1)/ModDate(D:20270201000000Z)>>".to_owned();
    let [field, value] = time_stamp();
    let list = "[30 0 R]".to_owned();
    let allowed = Some(Severity::Allowed);
    assert_eq!(judged(&[(7, later.clone())]), allowed);
    assert_eq!(judged(&[(20, later), written.with(1, "/Metadata 7 0 R", "/Metadata 20 0 R")]), allowed);
    assert_eq!(judged(&[(6, info.clone())]), allowed);
    assert_eq!(judged_with(&[(20, info)], "/Size 64/Root 1 0 R/Info 20 0 R"), allowed);
    assert_eq!(judged(&[field.clone(), value.clone(), (13, list.clone()), (14, list.clone())]), allowed);
    let moved = [written.with(12, "/Fields 13 0 R", "/Fields 20 0 R"), written.with(3, "14 0 R", "21 0 R")];
    let [form, page] = moved;
    assert_eq!(judged(&[field, value, form, page, (20, list.clone()), (21, list)]), allowed);
}

/// The slot moves onto an object of the signed revision, which then becomes what the slot wants.
#[test]
fn no_slot_may_take_an_object_that_signed_content_uses() {
    let written = Written::new();
    let drawing = xmp(&DATED.replace("Writer 1.0", "BT /F1 24 Tf 72 700 Td (Rest for thirty days) Tj ET"));
    let plain = xmp(DATED);
    let form = "<</Fields 13 0 R/SigFlags 3>>".to_owned();
    let empty = "[]".to_owned();
    // Content stream, font, form XObject, layer, configuration, OFF array.
    for taken in [4, 5, 8, 9, 10, 11] {
        let slot = |number: u32, was: &str, key: &str| written.with(number, was, &format!("{key} {taken} 0 R"));
        for (what, bodies) in [
            ("/Metadata", [slot(1, "/Metadata 7 0 R", "/Metadata"), (taken, drawing.clone())]),
            ("/Metadata of the same text", [slot(1, "/Metadata 7 0 R", "/Metadata"), (taken, plain.clone())]),
            ("/AcroForm", [slot(1, "/AcroForm 12 0 R", "/AcroForm"), (taken, form.clone())]),
            ("/Fields", [slot(12, "/Fields 13 0 R", "/Fields"), (taken, empty.clone())]),
            ("/Annots", [slot(3, "/Annots 14 0 R", "/Annots"), (taken, empty.clone())]),
        ] {
            assert_eq!(judged(&bodies), Some(Severity::Forbidden), "{what} takes object {taken}");
        }
        let trailer = format!("/Size 64/Root 1 0 R/Info {taken} 0 R");
        for info in ["<</Title(Certificate)/Producer(Writer 1.0)>>", "<</Title(Another)>>"] {
            let bodies = [(taken, info.to_owned())];
            assert_eq!(judged_with(&bodies, &trailer), Some(Severity::Forbidden), "/Info takes object {taken}");
        }
    }
}

/// The same where the signed revision had the slot's value in place, without a reference.
#[test]
fn no_slot_that_was_direct_may_take_an_object_that_signed_content_uses() {
    let mut written = Written::new();
    for (number, was, now) in [
        (1, "/AcroForm 12 0 R", "/AcroForm<</Fields[]/SigFlags 3>>"),
        (1, "/Metadata 7 0 R", ""),
        (3, "/Annots 14 0 R", "/Annots[]"),
    ] {
        let (number, body) = written.with(number, was, now);
        written.objects.insert(number, body);
    }
    let file = written.file();
    let form = "<</Fields[]/SigFlags 3>>".to_owned();
    for taken in [4, 8, 11] {
        let (catalog, page) = (&written.objects[&1], &written.objects[&3]);
        let metadata = catalog.replace("/Pages", &format!("/Metadata {taken} 0 R/Pages"));
        for (what, bodies) in [
            (
                "/AcroForm",
                [written.with(1, "<</Fields[]/SigFlags 3>>", &format!(" {taken} 0 R")), (taken, form.clone())],
            ),
            ("/Fields", [written.with(1, "/Fields[]", &format!("/Fields {taken} 0 R")), (taken, "[]".to_owned())]),
            ("/Metadata", [(1, metadata), (taken, xmp(DATED))]),
            ("/Annots", [(3, page.replace("[]", &format!(" {taken} 0 R"))), (taken, "[]".to_owned())]),
        ] {
            let found = changes(&written.updated(&file, &bodies), file.len());
            assert_eq!(severity(&found), Some(Severity::Forbidden), "{what} takes object {taken}: {found:?}");
        }
    }
}

/// First an update that only moves the slot, then one that writes the object it moved onto.
#[test]
fn nor_in_two_steps() {
    let mut written = Written::new();
    // The configuration's list of hidden layers is what a list of annotations may be.
    written.objects.insert(11, "[]".to_owned());
    let file = written.file();
    let moved = written.updated(&file, &[written.with(3, "/Annots 14 0 R", "/Annots 11 0 R")]);
    let [field, value] = time_stamp();
    let fields = (13, "[30 0 R]".to_owned());
    let taken = written.updated(&moved, &[field, value, fields, (11, "[30 0 R]".to_owned())]);
    assert_eq!(severity(&changes(&taken, file.len())), Some(Severity::Forbidden));
    assert_eq!(severity(&changes(&taken, moved.len())), Some(Severity::Forbidden));
}

/// Another property hidden where a date or a producer may change.
#[test]
fn xmp_changes_only_in_plain_dates_and_producers() {
    let unassessed = Some(Severity::Unassessed);
    let rewritten = |was: &str, now: &str| {
        assert!(DATED.contains(was));
        judged(&[(7, xmp(&DATED.replace(was, now)))])
    };
    assert_eq!(rewritten("Writer 1.0", "Archive 2.1 (build 7)"), Some(Severity::Allowed));
    for (was, now) in [
        ("Certificate", "Prescription"),
        ("2026-01-01T00:00:00Z", "pdf:Producer=\"</xmp:ModifyDate><dc:title>Another</dc:title><xmp:ModifyDate>\" "),
        ("2026-01-01T00:00:00Z", "<dc:title>Another</dc:title>"),
        ("Writer 1.0", "Writer &other; 1.0"),
        ("Writer 1.0</pdf:Producer>", "x' dc:title='Another</pdf:Producer>"),
        ("Writer 1.0", &"long ".repeat(100)),
    ] {
        assert_eq!(rewritten(was, now), unassessed, "{now}");
    }
    // What looks like a property is a part of another one.
    for title in [
        "<dc:title>x:xmptk=\"Writer 1.0\"</dc:title>",
        "<dc:title><![CDATA[<pdf:Producer>Writer 1.0<]]></dc:title>",
        "<dc:title a='<' pdf:Producer=\"Writer 1.0\">x</dc:title>",
        "<dc:title my-pdf:Producer=\"Writer 1.0\">x</dc:title>",
    ] {
        let mut written = Written::new();
        written.objects.insert(7, xmp(title));
        let file = written.file();
        let later = written.updated(&file, &[(7, xmp(&title.replace("Writer 1.0", "Another")))]);
        assert_eq!(severity(&changes(&later, file.len())), unassessed, "{title}");
    }
    // Two texts that are not UTF-8 and differ.
    let mut written = Written::new();
    written.objects.insert(7, xmp("<dc:title>?</dc:title>"));
    let latin = |file: &mut Vec<u8>, byte: u8| {
        let at = file.windows(3).rposition(|window| window == b">?<").unwrap() + 1;
        file[at] = byte;
    };
    let mut file = written.file();
    latin(&mut file, 0xe9);
    let mut later = written.updated(&file, &[(7, xmp("<dc:title>?</dc:title>"))]);
    latin(&mut later, 0xe8);
    assert_eq!(severity(&changes(&later, file.len())), unassessed);
}

#[test]
fn an_update_does_not_lower_the_number_of_objects() {
    assert_eq!(judged_with(&[], "/Size 15/Root 1 0 R/Info 6 0 R"), None);
    assert_eq!(judged_with(&[], "/Size 14/Root 1 0 R/Info 6 0 R"), Some(Severity::Forbidden));
    assert_eq!(judged_with(&[], "/Root 1 0 R/Info 6 0 R"), Some(Severity::Forbidden));
}

#[test]
fn information_that_changes_is_not_passed_over() {
    let written = Written::new();
    let unassessed = Some(Severity::Unassessed);
    assert_eq!(judged(&[(6, "<</Title(Another)/Producer(Writer 1.0)>>".to_owned())]), unassessed);
    assert_eq!(judged_with(&[], "/Size 64/Root 1 0 R"), unassessed);
    assert_eq!(judged_with(&[], "/Size 64/Root 1 0 R/Info<</Title[(Another)]>>"), unassessed);
    // Onto an object that stays as it is: a page is no information.
    assert_eq!(judged_with(&[], "/Size 64/Root 1 0 R/Info 3 0 R"), unassessed);
    assert_eq!(judged(&[written.with(1, "/Metadata 7 0 R", "/Metadata 4 0 R")]), Some(Severity::Forbidden));
    assert_eq!(judged(&[(4, stream("", "BT ET"))]), Some(Severity::Forbidden));
}

/// Each update costs what it holds, not what the file holds.
#[test]
fn many_updates_of_a_large_file_are_within_the_budget() {
    let mut written = Written::new();
    written.objects.extend((15..20_000).map(|number| (number, "(text)".to_owned())));
    let signed = written.file();
    let mut file = signed.clone();
    for number in 30_000..30_250 {
        file = written.updated_with(&file, &[(number, "<<>>".to_owned())], "/Size 40000/Root 1 0 R/Info 6 0 R");
    }
    let found = changes(&file, signed.len());
    assert_eq!(found.len(), 250);
    assert!(found.iter().all(|change| matches!(change, Change::Unreferenced { .. })));
}

/// A large object is paid for each time that an update makes the reader look at it.
#[test]
fn a_large_object_looked_at_by_each_update_uses_up_the_budget() {
    let mut written = Written::new();
    let fields: Vec<String> = (20..40).map(|number| format!("{number} 0 R")).collect();
    written.objects.insert(13, format!("[{}]", fields.join(" ")));
    let values = "1 ".repeat(20_000);
    written.objects.extend((20..40).map(|number| (number, format!("<</FT/Tx/T(Field{number})/Values[{values}]>>"))));
    let signed = written.file();
    let mut file = signed.clone();
    for number in 100..200 {
        file = written.updated_with(&file, &[(number, "<<>>".to_owned())], "/Size 400/Root 1 0 R/Info 6 0 R");
    }
    let document = Document::open(&file).unwrap();
    let section = document.section_ending_at(signed.len()).unwrap();
    assert_eq!(document.updates(section).unwrap_err(), ReadError::Budget("steps"));
}

#[test]
fn of_each_kind_of_change_the_first_few_are_named() {
    let mut bodies: Vec<(u32, String)> = (1000..3000).map(|number| (number, "<<>>".to_owned())).collect();
    bodies.push((4, stream("", "BT ET")));
    let written = Written::new();
    let file = written.file();
    let updated = written.updated_with(&file, &bodies, "/Size 3000/Root 1 0 R/Info 6 0 R");
    let found = changes(&updated, file.len());
    assert_eq!(severity(&found), Some(Severity::Forbidden));
    assert_eq!(found.len(), 17);
}

/// An icon shows however small its rectangle is; another entry means something to whoever uses it as a font.
#[test]
fn a_time_stamp_of_another_kind_is_more_than_a_time_stamp() {
    let [(_, field), (_, value)] = time_stamp();
    let list = "[30 0 R]".to_owned();
    let stamped = |field: &str, value: &str| {
        let bodies = [(30, field.to_owned()), (31, value.to_owned()), (13, list.clone()), (14, list.clone())];
        judged(&bodies).unwrap()
    };
    assert_eq!(stamped(&field, &value), Severity::Allowed);
    assert!(stamped(&field.replace("/Widget", "/Text"), &value) > Severity::Allowed);
    assert!(stamped(&field.replace("/Annot", "/XObject"), &value) > Severity::Allowed);
    assert!(stamped(&field, &value.replace("/Type", "/ca 0/Type")) > Severity::Allowed);
}

/// Comparing dictionaries in dictionaries takes as long as reading them.
#[test]
fn deep_dictionaries_are_compared_in_one_go() {
    let mut written = Written::new();
    let deep = format!("/PieceInfo{}1{}", "<</A ".repeat(50), ">>".repeat(50));
    let (number, catalog) = written.with(1, "/Pages", &format!("{deep}/Pages"));
    written.objects.insert(number, catalog.clone());
    let file = written.file();
    let updated = written.updated(&file, &[(1, catalog.replace("/Pages", "/Extensions<<>>/Pages"))]);
    assert_eq!(changes(&updated, file.len()), [Change::Extensions]);
}

/// The name of a field stands in each field below it.
#[test]
fn long_names_of_many_fields_use_up_the_budget() {
    let walked = |name: usize| {
        let mut written = Written::new();
        written.objects.insert(13, "[20 0 R]".to_owned());
        let kids: Vec<String> = (100..3100).map(|number| format!("{number} 0 R")).collect();
        written.objects.insert(20, format!("<</FT/Tx/T({})/Kids[{}]>>", "n".repeat(name), kids.join(" ")));
        written.objects.extend((100..3100).map(|number| (number, "<<>>".to_owned())));
        let trailer = "/Size 5000/Root 1 0 R/Info 6 0 R";
        let signed = written.file();
        let file = (4000..4020)
            .fold(signed.clone(), |file, number| written.updated_with(&file, &[(number, "<<>>".to_owned())], trailer));
        let document = Document::open(&file).unwrap();
        let section = document.section_ending_at(signed.len()).unwrap();
        document.updates(section).map(|updates| updates.len())
    };
    assert_eq!(walked(10), Ok(20));
    assert_eq!(walked(4000), Err(ReadError::Budget("steps")));
}

/// As a dictionary of resources, a page or a catalog lends its entries to what is drawn.
#[test]
fn a_page_and_a_catalog_that_something_else_uses_do_not_change() {
    let update = |written: &Written, number: u32, piece: &str, other: &str| {
        let file = written.file();
        let updated = written.updated(&file, &[written.with(number, piece, other)]);
        severity(&changes(&updated, file.len()))
    };
    let mut written = Written::new();
    let (number, page) = written.with(3, "/Annots 14 0 R", "/Annots<</ca 0>>");
    written.objects.insert(number, page);
    assert_eq!(update(&written, 3, "/ca 0", "/ca 1"), Some(Severity::Forbidden));
    let mut written = Written::new();
    assert_eq!(update(&written, 1, "/Pages", "/Extensions<<>>/Pages"), Some(Severity::Allowed));
    let (number, page) = written.with(3, "/Properties<</L1 9 0 R>>", "/Properties 1 0 R");
    written.objects.insert(number, page);
    assert_eq!(update(&written, 1, "/Pages", "/Extensions<<>>/Pages"), Some(Severity::Forbidden));
}

/// One object that all pages show is looked at once.
#[test]
fn an_annotation_shown_many_times_is_looked_at_once() {
    let mut written = Written::new();
    written.objects.insert(14, format!("[{}]", "15 0 R ".repeat(50_000)));
    let values = "1 ".repeat(50_000);
    written.objects.insert(15, format!("<</Type/Annot/Values[{values}]>>"));
    let file = written.file();
    let updated = written.updated(&file, &[(15, format!("<</Type/Annot/Values[{values}2]>>"))]);
    assert_eq!(changes(&updated, file.len()), [Change::Annotation { object: 15 }]);
}
