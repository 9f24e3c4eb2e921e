//! Suspending a certificate at once, and the list of those that wait for an officer's decision.

use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::certificates::licence_news;
use super::{go, listing, page, page_with_errors};
use crate::app::App;
use crate::audit::record_read;
use crate::pages::{CertificateState, FieldErrors, SuspendForm, SuspensionQueue, SuspensionRow, Text, Values};
use crate::problem::Problem;
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::certificate_care::{Care, Carer};
use crate::workflow::suspend_certificate::{LONGEST_LINE, LONGEST_WORDS, Report, suspend};

fn form(who: &SignedIn, care: &Care, values: &Values, errors: &FieldErrors) -> SuspendForm {
    SuspendForm {
        layout: who.layout(),
        name: care.name(),
        licence: care.certificate.licence.clone(),
        serial: care.certificate.serial.clone(),
        officer: care.as_officer,
        groups: SuspendForm::groups(care.as_officer, values, errors),
    }
}

async fn open(app: &App, who: &SignedIn, serial: &str) -> Result<Care, Problem> {
    let care = Carer::load(app, &who.session.person).await?.open(serial).await?;
    if care.acts.suspend { Ok(care) } else { Err(Problem::out_of_step()) }
}

/// The form.
pub(crate) async fn suspend_page(
    State(app): State<App>,
    Path(serial): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let care = open(&app, &who, &serial).await?;
    page(&form(&who, &care, &Values::new(), &FieldErrors::new()))
}

/// Suspends at once.
pub(crate) async fn suspend_posted(
    State(app): State<App>,
    Path(serial): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let who = &posted.who;
    let care = open(&app, who, &serial).await?;
    let officers = |name: &str| if care.as_officer { posted.value(name).to_owned() } else { String::new() };
    let report = Report {
        caller: officers("caller"),
        call_back: officers("call_back"),
        words: posted.value("words").replace("\r\n", "\n"),
    };
    let errors = errors_of(&report);
    if !errors.is_empty() {
        return page_with_errors(&form(who, &care, &posted.values(), &errors));
    }
    suspend(&app, who.id(), &care, report).await?;
    Ok(go(&format!("/certificates/{serial}")))
}

fn errors_of(report: &Report) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let mut wrong = |id: &str, th: &str, en: &str| errors.insert(id.to_owned(), Text::new(th, en));
    if report.words.is_empty() {
        wrong("words", "โปรดเขียนว่าเกิดอะไรขึ้น", "Write what happened");
    }
    if report.words.chars().count() > LONGEST_WORDS || !is_plain(&report.words, true) {
        wrong("words", "ยาวเกิน 2,000 ตัวอักษร หรือมีอักขระที่ใช้ไม่ได้", "Longer than 2,000 characters, or with unusable ones");
    }
    for (id, line) in [("caller", &report.caller), ("call_back", &report.call_back)] {
        if line.chars().count() > LONGEST_LINE || !is_plain(line, false) {
            wrong(id, "ยาวเกิน 200 ตัวอักษร หรือมีอักขระที่ใช้ไม่ได้", "Longer than 200 characters, or with unusable ones");
        }
    }
    match (report.caller.is_empty(), report.call_back.is_empty()) {
        (false, true) => {
            wrong("call_back", "โปรดใส่หมายเลขที่โทรกลับได้", "Give a number where they can be called back");
        }
        (true, false) => {
            wrong("caller", "โปรดใส่ชื่อผู้โทรแจ้ง", "Say who called");
        }
        _ => {}
    }
    errors
}

/// No control characters, and none that turn the direction of what is read.
pub(super) fn is_plain(text: &str, lines: bool) -> bool {
    text.chars().all(|c| match c {
        '\n' | '\t' => lines,
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => false,
        c => !c.is_control(),
    })
}

/// What waits for this officer's decision.
pub(super) async fn waiting(app: &App, who: &SignedIn) -> Result<Vec<SuspensionRow>, Problem> {
    let mut rows = Vec::new();
    for care in Carer::load(app, &who.session.person).await?.all().await? {
        let open = matches!(care.state, CertificateState::Good | CertificateState::Suspended);
        if !care.as_officer || !open {
            continue;
        }
        let news = licence_news(app, &care.certificate.serial).await?;
        if care.state == CertificateState::Good && !news.calls_for_a_look() {
            continue;
        }
        rows.push(SuspensionRow {
            name: care.name(),
            since: care.certificate.revoked.as_ref().map(|hold| hold.at.clone()).unwrap_or_default(),
            licence: care.certificate.licence,
            serial: care.certificate.serial,
            state: care.state,
            news,
            may_restore: care.acts.restore,
        });
    }
    // Suspended ones first, the oldest of them on top.
    rows.sort_by_key(|row| (row.state != CertificateState::Suspended, row.since.clone()));
    Ok(rows)
}

/// The list.
pub(crate) async fn queue(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let rows = waiting(&app, &who).await?;
    record_read(&app, who.id(), "suspensions", "suspensions").await?;
    let layout = who.layout();
    match listing("/console/suspensions", rows, &query, &layout) {
        Ok(listing) => page(&SuspensionQueue { layout, listing }),
        Err(file) => Ok(*file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(caller: &str, call_back: &str, words: &str) -> Vec<String> {
        let report = Report { caller: caller.into(), call_back: call_back.into(), words: words.into() };
        errors_of(&report).into_keys().collect()
    }

    #[test]
    fn a_report_has_words_and_a_caller_a_number() {
        assert!(wrong("", "", "เครื่องหาย").is_empty());
        assert!(wrong("กานดา", "08 1234 5678", "lost\nyesterday").is_empty());
        assert_eq!(wrong("", "", ""), ["words"]);
        assert_eq!(wrong("กานดา", "", "a"), ["call_back"]);
        assert_eq!(wrong("", "081", "a"), ["caller"]);
        assert_eq!(wrong("a\nb", "081", "a"), ["caller"]);
        assert_eq!(wrong("", "", "a\u{202E}b"), ["words"]);
        assert_eq!(wrong("", "", &"a".repeat(2_001)), ["words"]);
        assert!(wrong("", "", &"ก".repeat(2_000)).is_empty());
    }
}
