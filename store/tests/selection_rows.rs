//! Which certificates an act on many is about.

use store::journal::{NewCertificate, NewRevocationEvent, RevocationKind, RevocationSource, Selection, Tx};
use store::{Error, Journal};

use crate::fixtures::certificate;
use crate::support::journals;

async fn issue(tx: &mut Tx, new: &NewCertificate) {
    assert!(tx.record_certificate(new).await.unwrap().is_new(), "{}", new.serial);
    tx.complete_certificate(&new.serial, b"der", &format!("sha-{}", new.serial), new.recorded_at).await.unwrap();
}

fn of(serial: &str, person: &str, unit: &str, recorded_at: i64, not_after: i64) -> NewCertificate {
    NewCertificate {
        person_id: Some(person.into()),
        unit_code: Some(unit.into()),
        recorded_at,
        not_after,
        ..certificate(serial, Some(serial), serial)
    }
}

async fn end(tx: &mut Tx, serial: &str, kind: RevocationKind, reason: &str) {
    let new = NewRevocationEvent {
        serial: serial.into(),
        kind,
        at: 1,
        reason: reason.into(),
        invalid_since: None,
        activation_id: None,
        source: RevocationSource::LicenceFeed,
    };
    tx.record_revocation(&new).await.unwrap();
}

/// Ten in two units, one revoked, one on hold, one held and freed, one not issued yet; a
/// responder and a client beside them.
async fn filled(journal: &Journal) -> Tx {
    let mut tx = journal.begin_write().await.unwrap();
    for number in 0..9_i64 {
        let unit = if number % 3 == 0 { "14" } else { "10660" };
        let person = if number < 4 { "dora" } else { "dirk" };
        issue(&mut tx, &of(&format!("010{number}"), person, unit, 100 + number, 500 - number)).await;
    }
    tx.record_certificate(&of("0109", "dora", "10660", 109, 491)).await.unwrap();
    issue(&mut tx, &NewCertificate { kind: "ocsp".into(), ..of("01f0", "x", "10660", 103, 495) }).await;
    let client = NewCertificate { kind: "api_client".into(), ..of("01f1", "y", "14", 103, 495) };
    issue(&mut tx, &NewCertificate { spki_sha256: "shared".into(), ..client.clone() }).await;
    let other = NewCertificate { serial: "01f2".into(), request_id: Some("f2".into()), ..client };
    issue(&mut tx, &NewCertificate { person_id: Some("z".into()), spki_sha256: "shared".into(), ..other }).await;
    end(&mut tx, "0101", RevocationKind::Revoke, "superseded").await;
    end(&mut tx, "0102", RevocationKind::Hold, "certificate_hold").await;
    end(&mut tx, "0104", RevocationKind::Hold, "certificate_hold").await;
    end(&mut tx, "0104", RevocationKind::Lift, "certificate_hold").await;
    tx
}

async fn selected(tx: &mut Tx, selection: &Selection) -> Vec<String> {
    let whole = tx.serials_selected(selection, None, 100).await.unwrap();
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = tx.serials_selected(selection, after.as_deref(), 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        paged.extend(page);
    }
    assert_eq!(paged, whole);
    whole
}

#[tokio::test]
async fn only_issued_end_entities_not_yet_revoked_are_selected() {
    let (_engines, journals) = journals("selections").await;
    for journal in journals {
        let mut tx = filled(&journal).await;
        let unit = |codes: &[&str]| Selection::Unit { codes: codes.iter().map(|&code| code.into()).collect() };
        assert_eq!(selected(&mut tx, &unit(&["10660"])).await, ["0102", "0104", "0105", "0107", "0108"]);
        assert_eq!(selected(&mut tx, &unit(&["14"])).await, ["0100", "0103", "0106", "01f1", "01f2"]);
        assert_eq!(selected(&mut tx, &unit(&["14", "10660", "none"])).await.len(), 10);
        assert!(selected(&mut tx, &unit(&[])).await.is_empty());
        let window = |units: Option<&[&str]>| Selection::Window {
            from: 103,
            to: 106,
            units: units.map(|units| units.iter().map(|&code| code.into()).collect()),
        };
        assert_eq!(selected(&mut tx, &window(None)).await, ["0103", "0104", "0105", "01f1", "01f2"]);
        assert_eq!(selected(&mut tx, &window(Some(&["10660"]))).await, ["0104", "0105"]);
        assert!(selected(&mut tx, &window(Some(&[]))).await.is_empty());
        let key = Selection::Key { spki_sha256: "shared".into() };
        assert_eq!(selected(&mut tx, &key).await, ["01f1", "01f2"]);
        assert_eq!(tx.certificates_by_key("shared").await.unwrap().len(), 2);
        assert!(tx.certificates_by_key("none").await.unwrap().is_empty());
        let person = Selection::Person { person_id: "dora".into() };
        assert_eq!(selected(&mut tx, &person).await, ["0100", "0102", "0103"]);
    }
}

#[tokio::test]
async fn what_ends_soon_is_found_in_order() {
    let (_engines, journals) = journals("expiring").await;
    for journal in journals {
        let mut tx = filled(&journal).await;
        let mut found: Vec<(i64, String)> = Vec::new();
        loop {
            let after = found.last().cloned();
            let after = after.as_ref().map(|(end, serial)| (*end, serial.as_str()));
            let page = tx.certificates_expiring(493, 500, after, 2).await.unwrap();
            if page.is_empty() {
                break;
            }
            found.extend(page.into_iter().map(|row| (row.not_after, row.serial)));
        }
        let serials: Vec<&str> = found.iter().map(|(_, serial)| serial.as_str()).collect();
        assert_eq!(serials, ["0107", "0106", "0105", "01f1", "01f2", "0104", "0103", "0102"]);
    }
}

#[tokio::test]
async fn one_subject_and_key_are_certified_once() {
    let (_engines, journals) = journals("subjectkey").await;
    for journal in journals {
        let mut tx = journal.begin_write().await.unwrap();
        let named = |serial: &str, person: &str, kind: &str| NewCertificate {
            kind: kind.into(),
            subject_sha256: Some("name".into()),
            spki_sha256: "key".into(),
            ..of(serial, person, "14", 5, 9)
        };
        assert!(tx.record_certificate(&named("0101", "a", "doctor")).await.unwrap().is_new());
        let again = tx.record_certificate(&named("0102", "b", "api_client")).await;
        assert!(matches!(again, Err(Error::Conflict { table: "certificate" })), "{again:?}");
        // A responder's certificate is renewed for the same name and key each month.
        assert!(tx.record_certificate(&named("0103", "c", "ocsp")).await.unwrap().is_new());
        assert!(tx.record_certificate(&named("0104", "d", "ocsp")).await.unwrap().is_new());
    }
}

#[tokio::test]
async fn the_newest_entry_bounds_the_clock() {
    let (_engines, journals) = journals("newest").await;
    for journal in journals {
        let mut tx = journal.begin_write().await.unwrap();
        assert_eq!(tx.newest_entry_at().await.unwrap(), None);
        tx.record_certificate(&of("0101", "a", "14", 70, 90)).await.unwrap();
        assert_eq!(tx.newest_entry_at().await.unwrap(), Some(70));
        for at in [80, 75] {
            let id = store::ids::uuid(store::ids::instant(at), &mut crate::support::rng(1));
            let entry = ledger::Entry { id, at, kind: "k".into(), subject: format!("{at}"), payload: "{}".into() };
            let id = format!("{}{at}", &entry.id[..34]);
            tx.append(&ledger::Entry { id, ..entry }, &[7; 16]).await.unwrap();
        }
        assert_eq!(tx.newest_entry_at().await.unwrap(), Some(80));
    }
}
