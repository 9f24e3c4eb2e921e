//! Ending many certificates at once: choose, look, sign; the progress is told by [`super::tasks`].

use axum::extract::{Query, State};
use axum::response::Response;
use signer::protocol::{BatchRevocation, RevocationPreview, RevocationSelection};
use time::{Duration, UtcOffset};
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

use super::revocations::read_since;
use super::{go_to_signer, page, page_with_errors};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::rfc3339;
use crate::pages::{BatchCheck, BatchChoice, FieldErrors, Text, Values};
use crate::problem::Problem;
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::certificate_care::Carer;
use crate::workflow::revoke_many::{preview, propose_revocations};

/// The names of the signer's protocol for why many may end.
const REASONS: [&str; 5] =
    ["key_compromise", "affiliation_changed", "superseded", "cessation_of_operation", "privilege_withdrawn"];

/// What was chosen, for the signer, for people, and to be sent again.
struct Chosen {
    selection: RevocationSelection,
    words: Text,
    hidden: Vec<(String, String)>,
}

fn choice(who: &SignedIn, carer: &Carer<'_>, values: &Values, errors: &FieldErrors) -> Result<BatchChoice, Problem> {
    let units: Vec<(String, Text)> =
        carer.units_in_care().into_iter().map(|code| (code.clone(), carer.units().name(&code))).collect();
    if units.is_empty() {
        return Err(Problem::forbidden());
    }
    Ok(BatchChoice { layout: who.layout(), groups: BatchChoice::groups(&units, values, errors) })
}

/// The form of the choice.
pub(crate) async fn choose(State(app): State<App>, who: SignedIn) -> Result<Response, Problem> {
    let carer = Carer::load(&app, &who.session.person).await?;
    page(&choice(&who, &carer, &Values::new(), &FieldErrors::new())?)
}

/// The dry run.
pub(crate) async fn check(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let carer = Carer::load(&app, &who.session.person).await?;
    let chosen = match read(&carer, &query).await? {
        Ok(chosen) => chosen,
        Err(errors) => return page_with_errors(&choice(&who, &carer, &query, &errors)?),
    };
    let found = preview(&app, who.id(), &chosen.selection).await?;
    record_read(&app, who.id(), "revocation_preview", &found.serials_sha256).await?;
    page(&shown(&who, chosen, found, &Values::new(), &FieldErrors::new()))
}

fn shown(
    who: &SignedIn,
    chosen: Chosen,
    found: RevocationPreview,
    values: &Values,
    errors: &FieldErrors,
) -> BatchCheck {
    let first = found.first.into_iter();
    BatchCheck {
        layout: who.layout(),
        changed: false,
        chosen: chosen.words,
        count: found.count,
        fingerprint: found.serials_sha256,
        first: first.map(|one| (format!("{}{}", one.title_th, one.name_th), one.licence, one.serial)).collect(),
        hidden: chosen.hidden,
        groups: BatchCheck::groups(values, errors),
    }
}

/// What was looked at, with a reason: on to the signer's page.
pub(crate) async fn posted(State(app): State<App>, posted: SignedForm) -> Result<Response, Problem> {
    let who = &posted.who;
    let carer = Carer::load(&app, &who.session.person).await?;
    let values = posted.values();
    let chosen = read(&carer, &values).await?.map_err(|_| Problem::bad_input())?;
    let count: u64 = posted.value("count").parse().map_err(|_| Problem::bad_input())?;
    let mut errors = FieldErrors::new();
    let reason = posted.value("reason");
    if !REASONS.contains(&reason) {
        errors.insert("reason".to_owned(), Text::new("โปรดเลือกเหตุผล", "Choose a reason"));
    }
    let invalid_since = read_since(&app, &posted, None, &mut errors);
    if !errors.is_empty() {
        let found = preview(&app, who.id(), &chosen.selection).await?;
        return page_with_errors(&relaid(&posted, shown(who, chosen, found, &values, &errors)));
    }
    let batch = BatchRevocation {
        selection: chosen.selection.clone(),
        reason: reason.to_owned(),
        invalid_since,
        count,
        serials_sha256: posted.value("fingerprint").to_owned(),
    };
    match propose_revocations(&app, who.id(), batch).await? {
        Ok(url) => Ok(go_to_signer(&who.manner, &url)),
        Err(found) => {
            let page = shown(who, chosen, found, &values, &errors);
            page_with_errors(&relaid(&posted, BatchCheck { changed: true, ..page }))
        }
    }
}

/// The page again after a form: its address is the dry run's, which can be opened anew.
fn relaid(posted: &SignedForm, mut page: BatchCheck) -> BatchCheck {
    let pairs: Vec<String> =
        page.hidden.iter().map(|(id, value)| format!("{id}={}", crate::visitor::percent_encoded(value))).collect();
    page.layout.path = format!("/console/revocations/check?{}", pairs.join("&"));
    page.layout.lang = posted.who.manner.lang;
    page
}

/// Reads a choice: `by` is `unit` (with `unit`, and `from` and `to` or neither), `person` or `key`
/// (with the `serial` of a certificate of theirs).
async fn read(carer: &Carer<'_>, values: &Values) -> Result<Result<Chosen, FieldErrors>, Problem> {
    let value = |id: &str| values.get(id).map_or("", |value| value.trim());
    match value("by") {
        "unit" => Ok(of_unit(carer, value("unit"), value("from"), value("to"))),
        by @ ("person" | "key") => {
            let care = carer.open(value("serial")).await?;
            if !care.acts.revoke_many {
                return Err(Problem::forbidden());
            }
            let name = care.name();
            let hidden = [("by", by), ("serial", value("serial"))];
            let hidden = hidden.map(|(id, value)| (id.to_owned(), value.to_owned())).into();
            Ok(Ok(if by == "person" {
                let words = Text::new(format!("ทุกใบของ {name}"), format!("All of {}", care.certificate.name_en));
                let selection = RevocationSelection::Person { person_id: care.certificate.person_id };
                Chosen { selection, words, hidden }
            } else {
                let words = Text::new(
                    format!("ทุกใบของกุญแจในใบรับรองของ {name} กุญแจนี้จะใช้ขอใบรับรองไม่ได้อีก"),
                    format!(
                        "All of the key in the certificate of {}; the key is never certified again",
                        care.certificate.name_en
                    ),
                );
                let spki_sha256 = key_of(&care.certificate.der).ok_or_else(Problem::internal)?;
                Chosen { selection: RevocationSelection::Key { spki_sha256 }, words, hidden }
            }))
        }
        _ => Err(Problem::not_found()),
    }
}

/// SHA-256 of a certificate's `SubjectPublicKeyInfo`, hexadecimal.
fn key_of(der: &str) -> Option<String> {
    use sha2::{Digest as _, Sha256};
    let certificate = Certificate::from_der(&hex::decode(der).ok()?).ok()?;
    let spki = certificate.tbs_certificate().subject_public_key_info().to_der().ok()?;
    Some(hex::encode(Sha256::digest(spki)))
}

fn of_unit(carer: &Carer<'_>, unit: &str, from: &str, to: &str) -> Result<Chosen, FieldErrors> {
    let mut errors = FieldErrors::new();
    if !carer.may_revoke_many(unit) || carer.units().find(unit).is_none() {
        errors.insert("unit".to_owned(), Text::new("โปรดเลือกหน่วย", "Choose a unit"));
    }
    let name = carer.units().name(unit);
    let pair = |id: &str, value: &str| (id.to_owned(), value.to_owned());
    let mut hidden = vec![pair("by", "unit"), pair("unit", unit)];
    if from.is_empty() && to.is_empty() {
        let words = Text::new(
            format!("ทุกใบของ {} และหน่วยใต้สังกัด", name.th),
            format!("All of {} and the units below it", name.en),
        );
        let selection = RevocationSelection::Unit { code: unit.to_owned() };
        return if errors.is_empty() { Ok(Chosen { selection, words, hidden }) } else { Err(errors) };
    }
    let mut day = |id: &str, typed: &str| {
        let read = pdf::date::parse_user_date(typed).ok();
        if read.is_none() {
            let words = Text::new("อ่านวันที่ไม่ได้ โปรดพิมพ์ เช่น 21/11/2569", "This is no date. Type it like 21/11/2569.");
            errors.insert(id.to_owned(), words);
        }
        read
    };
    let (first, last) = (day("from", from), day("to", to));
    let (Some(first), Some(last), true) = (first, last, errors.is_empty()) else { return Err(errors) };
    let bangkok = UtcOffset::from_hms(7, 0, 0).unwrap_or(UtcOffset::UTC);
    let begins = first.midnight().assume_offset(bangkok);
    let ends = last.midnight().assume_offset(bangkok) + Duration::DAY;
    if ends <= begins {
        let words = Text::new("วันสุดท้ายอยู่ก่อนวันแรก", "The last day lies before the first");
        errors.insert("to".to_owned(), words);
        return Err(errors);
    }
    hidden.extend([pair("from", from), pair("to", to)]);
    let words = Text::new(
        format!("ใบที่ออกตั้งแต่ {from} ถึง {to} ของ {} และหน่วยใต้สังกัด", name.th),
        format!("Those issued from {from} to {to} in {} and the units below it", name.en),
    );
    let selection =
        RevocationSelection::Window { from: rfc3339(begins), to: rfc3339(ends), unit: Some(unit.to_owned()) };
    Ok(Chosen { selection, words, hidden })
}
