//! Many documents under one touch: the list, a look at each, the signature, what came of it.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use store::portal::document::DocumentState as Stored;

use super::documents::{certificate_to_sign_with, title, waiting_words};
use super::{go, go_to_signer, page, page_with_errors};
use crate::app::App;
use crate::audit::record_read;
use crate::instants::rfc3339;
use crate::pages::{
    BatchRow, BatchState, DocumentPreview, SigningBatch, Text, Values, WaitingList, WaitingRow, document_groups,
};
use crate::problem::{Problem, refusal_text};
use crate::units::Units;
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::prepare_document::{self, Checked, certificate_or_why};
use crate::workflow::settle::{Next, settle};
use crate::workflow::sign_batch::{self, MOST, Member, Waiting};
use crate::workflow::submit_documents;
use crate::workflow::write_document::{Content, form_of};

/// So many missing answers are named.
const NAMED: usize = 3;

/// What waits for me.
pub(crate) async fn waiting_page(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let all = query.get("choose").is_some_and(|choose| choose == "all");
    page(&list(&app, &who, |_| all, None).await?)
}

async fn list(
    app: &App,
    who: &SignedIn,
    chosen: impl Fn(&str) -> bool,
    error: Option<Text>,
) -> Result<WaitingList, Problem> {
    let waiting = sign_batch::waiting(app, who.id()).await?;
    record_read(app, who.id(), "waiting_documents", who.id()).await?;
    let certificate = certificate_or_why(app, who.id()).await?;
    let mut systems = BTreeMap::new();
    let mut rows = Vec::with_capacity(waiting.len());
    for one in &waiting {
        let client = &one.document.client_id;
        if !client.is_empty() && !systems.contains_key(client) {
            let name = submit_documents::system_of(app, &one.document).await?.unwrap_or_default();
            systems.insert(client.clone(), name);
        }
        rows.push(WaitingRow { system: systems.get(client).cloned(), ..row(one, &chosen)? });
    }
    let mut tx = app.portal().begin().await?;
    let newest = tx.newest_signing_batch(who.id()).await?;
    drop(tx);
    Ok(WaitingList {
        layout: who.layout(),
        rows,
        obstacle: certificate.as_ref().err().map(refusal_text),
        newest_batch: newest.map(|id| format!("/documents/batches/{id}")),
        error,
    })
}

fn row(waiting: &Waiting, chosen: &impl Fn(&str) -> bool) -> Result<WaitingRow, Problem> {
    let id = &waiting.document.id;
    Ok(WaitingRow {
        chosen: waiting.errors.is_empty() && chosen(id),
        patient: patient(&waiting.fields),
        kind: title(&waiting.document),
        exam_date: waiting.fields.get("exam_date").cloned().unwrap_or_default(),
        at: rfc3339(waiting.document.updated_at),
        missing: missing(waiting)?,
        system: None,
        url: format!("/documents/{id}"),
        preview_url: format!("/documents/waiting/{id}"),
        id: id.clone(),
    })
}

fn patient(fields: &Values) -> String {
    let name = ["patient_name", "applicant_name"].into_iter().find_map(|id| fields.get(id).filter(|n| !n.is_empty()));
    name.cloned().unwrap_or_else(|| "–".to_owned())
}

/// The answers that keep it from being signed, by name.
fn missing(waiting: &Waiting) -> Result<Option<Text>, Problem> {
    if waiting.errors.is_empty() {
        return Ok(None);
    }
    let groups = document_groups(form_of(&waiting.document)?, &waiting.fields, &waiting.errors);
    let wrong: Vec<&Text> = groups
        .iter()
        .flat_map(|group| &group.fields)
        .filter(|field| field.error.is_some())
        .map(|field| &field.label)
        .collect();
    let further = wrong.len().saturating_sub(NAMED);
    let named = |of: fn(&Text) -> &str| wrong.iter().take(NAMED).map(|text| of(text)).collect::<Vec<_>>().join(", ");
    let (mut th, mut en) = (named(|text| &text.th), named(|text| &text.en));
    if further > 0 {
        th.push_str(&format!(" และอีก {further} ข้อ"));
        en.push_str(&format!(" and {further} more"));
    }
    Ok(Some(Text::new(th, en)))
}

/// One of them as it will be, with the one before and the one after.
pub(crate) async fn look_page(
    State(app): State<App>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Problem> {
    let waiting = sign_batch::waiting(&app, who.id()).await?;
    let Some(at) = waiting.iter().position(|one| one.document.id == id) else {
        // Signed meanwhile, or not theirs: its own page says which.
        return Ok(go(&format!("/documents/{id}")));
    };
    record_read(&app, who.id(), "document_preview", &id).await?;
    let one = waiting.get(at).ok_or_else(Problem::not_found)?;
    submit_documents::take_up(&app, &one.document).await?;
    let url = |at: Option<usize>| {
        at.and_then(|at| waiting.get(at)).map(|one| format!("/documents/waiting/{}", one.document.id))
    };
    page(&DocumentPreview {
        layout: who.layout(),
        title: title(&one.document),
        patient: patient(&one.fields),
        position: at + 1,
        total: waiting.len(),
        previous: url(at.checked_sub(1)),
        next: url(Some(at + 1)),
        preview_url: format!("/documents/{id}/preview.pdf"),
        edit_url: (one.document.state == Stored::Draft).then(|| format!("/documents/{id}")),
        missing: missing(one)?,
    })
}

/// Those that were chosen: numbers for all, then the signer's page.
pub(crate) async fn sign(State(app): State<App>, posted: SignedForm) -> Result<Response, Problem> {
    let who = &posted.who;
    let mut chosen = posted.all("document");
    chosen.sort();
    chosen.dedup();
    let refuse = |th: &str, en: &str| Some(Text::new(th, en));
    let wrong = match chosen.len() {
        0 => refuse("โปรดเลือกเอกสารอย่างน้อยหนึ่งฉบับ", "Choose at least one document"),
        1..=MOST => None,
        _ => refuse("ลงนามพร้อมกันได้ครั้งละไม่เกิน 500 ฉบับ", "At most 500 can be signed at once"),
    };
    if wrong.is_some() {
        let page = list(&app, who, |id| chosen.iter().any(|one| one == id), wrong).await?;
        return page_with_errors(&page);
    }
    let certificate = certificate_to_sign_with(&app, who.id()).await?;
    let waiting = sign_batch::waiting(&app, who.id()).await?;
    let mut checked = Vec::with_capacity(chosen.len());
    for Waiting { document, fields, errors } in waiting {
        if chosen.binary_search(&document.id).is_err() {
            continue;
        }
        if !errors.is_empty() {
            return Err(Problem::out_of_step());
        }
        checked.push(Checked { document, fields });
    }
    if checked.len() != chosen.len() {
        // Signed from another window, or never theirs.
        return Err(Problem::out_of_step());
    }
    let units = Units::load(&app).await?;
    let unit = units.find(&certificate.unit_code).ok_or_else(Problem::out_of_step)?;
    let url = prepare_document::sign_many(&app, who.id(), checked, unit, &certificate).await?;
    Ok(go_to_signer(&who.manner, &url))
}

/// How far a batch has come, and what came of each document.
pub(crate) async fn batch_page(
    State(app): State<App>,
    Path(id): Path<String>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let mut working = false;
    if let Some(ticket) = query.get("ticket") {
        match settle(&app, who.id(), ticket).await? {
            Next::Page(path) if path.contains("?ticket=") => working = true,
            _ => return Ok(go(&format!("/documents/batches/{id}"))),
        }
    }
    let standing = sign_batch::look(&app, who.id(), &id).await?;
    record_read(&app, who.id(), "signing_batch", &id).await?;
    let working = working || standing.more;
    let rows = standing.members.iter().map(|member| batch_row(&app, member, working)).collect::<Result<Vec<_>, _>>()?;
    page(&SigningBatch { layout: who.layout(), rows, working })
}

fn batch_row(app: &App, member: &Member, working: bool) -> Result<BatchRow, Problem> {
    let document = &member.document;
    let id = &document.id;
    let fields = Content::open(app, document)?.fields().clone();
    let (state, note, url) = match (document.state, &member.refusal, &member.known) {
        (Stored::Signed, _, _) => (BatchState::Signed, None, format!("/documents/{id}/done")),
        (Stored::Erased, _, _) => (BatchState::Erased, None, format!("/documents/{id}")),
        (_, _, Some(known)) => {
            let (state, note) = match (&known.refused, known.waiting) {
                (Some(refusal), _) => (BatchState::Refused, Some(refusal_text(refusal))),
                (None, Some(waiting)) if known.state == "recorded" => {
                    (BatchState::Held, Some(waiting_words(waiting, false)))
                }
                (None, Some(waiting)) => (BatchState::Waiting, Some(waiting_words(waiting, true))),
                (None, None) if known.state == "recorded" => (BatchState::Signing, None),
                (None, None) => (BatchState::Waiting, None),
            };
            (state, note, format!("/documents/{id}/done"))
        }
        _ if working => (BatchState::Signing, None, format!("/documents/{id}")),
        // The signer refused the whole batch, or nobody put a passkey to it.
        (_, refusal, None) => (BatchState::NotSigned, refusal.as_ref().map(refusal_text), format!("/documents/{id}")),
    };
    Ok(BatchRow {
        id: id.clone(),
        number: format!("{} เลขที่ {}", document.book, document.number),
        patient: patient(&fields),
        state,
        note,
        url,
    })
}
