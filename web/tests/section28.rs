//! The table of section 28 duties cannot rot: each clause, place and test that it names is there.

use std::path::PathBuf;

use web::pages::practice::{CP, CPS, DISCLOSURE};
use web::pages::{Lang, Layout, Section28Facts};

const TABLE: &str = include_str!("../../docs/section28.md");

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The rows of the duties: paragraph, duty, clause, in the certificate, on a page, shown by.
fn rows() -> Vec<Vec<&'static str>> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| 28("));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// What stands between back quotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_duty_has_its_row_in_the_order_of_the_act() {
    let rows = rows();
    let duties = Section28Facts::sample().duties(&Layout::sample(Lang::En));
    let of_the_page: Vec<&str> = duties.iter().map(|duty| duty.paragraph).collect();
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), of_the_page);
    for (row, duty) in rows.iter().zip(&duties) {
        assert_eq!(row.len(), 6, "{}", row[0]);
        // The panel of the verification page leads to a section that the table names too.
        assert!(row[2].contains(&format!("(cps.md#{})", duty.clause)), "{}: {}", row[0], duty.clause);
    }
}

#[test]
fn every_clause_it_names_is_in_the_documents() {
    for row in rows() {
        let links: Vec<&str> = row[2].split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        assert!(!links.is_empty(), "{} has no clause", row[0]);
        for link in links {
            let (file, anchor) = link.split_once('#').unwrap();
            let document = [CP, CPS, DISCLOSURE].into_iter().find(|document| document.name == file).unwrap();
            assert!(document.text.contains(&format!("# {anchor} ")), "{}: {link}", row[0]);
        }
    }
}

#[test]
fn every_page_it_names_is_served() {
    let routes = std::fs::read_to_string(root().join("web/src/router.rs")).unwrap();
    for row in rows() {
        for page in quoted(row[4]).filter(|page| page.starts_with('/')) {
            assert!(routes.contains(&format!(".route(\"{page}\"")), "{}: {page}", row[0]);
        }
    }
}

#[test]
fn every_test_it_names_is_a_test() {
    for row in rows() {
        let tests: Vec<&str> = quoted(row[5]).collect();
        assert!(!tests.is_empty(), "{} is shown by nothing", row[0]);
        for test in tests {
            let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("{}: {test}", row[0]));
            let source = std::fs::read_to_string(root().join(file)).unwrap_or_else(|_| panic!("{}: {file}", row[0]));
            let (before, _) =
                source.split_once(&format!("fn {name}(")).unwrap_or_else(|| panic!("{}: {file} has no {name}", row[0]));
            let mark = before.lines().rev().take(6).find(|line| line.contains("#[") && line.contains("test"));
            // A story of the signer is named in the list of those that run on both engines.
            let listed = source.split("on_both_engines!").nth(1).and_then(|rest| rest.split(';').next());
            let is_listed =
                listed.is_some_and(|names| names.split([',', '(', ')', '{', '}']).any(|one| one.trim() == name));
            assert!(is_listed || mark.is_some_and(|line| !line.contains("ignore")), "{}: {test} is no test", row[0]);
        }
    }
}

#[test]
fn every_file_it_names_is_there() {
    for name in quoted(TABLE).filter(|name| name.contains('/') && !name.starts_with('/') && !name.contains("::")) {
        assert!(root().join(name).exists(), "{name}");
    }
}
