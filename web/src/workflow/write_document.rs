//! A doctor writes a medical certificate: drafts, kept as they grow.

use std::collections::BTreeMap;

use pdf::form::{
    Definition, DocumentContent, FieldError, FieldType, accept, definition, normalise_national_id, validate,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::portal::document::{Document, DocumentState};

use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::instants::bangkok_day;
use crate::pages::Values;
use crate::problem::Problem;

/// What a document's row holds, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    /// The answers so far, by field id.
    Draft(BTreeMap<String, String>),
    /// Everything that will stand on the paper.
    Prepared(Box<DocumentContent>),
}

impl Content {
    pub(super) fn seal(&self, app: &App, document_id: &str) -> Result<Vec<u8>, Error> {
        let json = serde_json::to_vec(self).map_err(|_| Error::Stored("document.content"))?;
        app.cipher().seal(&place(document_id), &json, app.randomness())
    }

    /// Opens a document's content; an empty draft if there is none.
    pub(crate) fn open(app: &App, document: &Document) -> Result<Self, Error> {
        let Some(sealed) = &document.content_sealed else { return Ok(Self::Draft(BTreeMap::new())) };
        let json = app.cipher().open(&place(&document.id), sealed)?;
        serde_json::from_slice(&json).map_err(|_| Error::Stored("document.content"))
    }

    /// The answers.
    pub(crate) fn fields(&self) -> &BTreeMap<String, String> {
        match self {
            Self::Draft(fields) => fields,
            Self::Prepared(content) => &content.fields,
        }
    }
}

fn place(document_id: &str) -> String {
    format!("document.content:{document_id}")
}

/// A draft not yet kept. The unit is that of the doctor's certificate.
pub(super) fn new_draft(
    app: &App,
    person_id: &str,
    unit_code: &str,
    form: &Definition,
    values: Values,
) -> Result<Document, Error> {
    let now = app.now();
    let id = app.randomness().uuid(now);
    Ok(Document {
        content_sealed: Some(Content::Draft(values).seal(app, &id)?),
        id,
        person_id: person_id.to_owned(),
        unit_code: unit_code.to_owned(),
        form: form.kind.clone(),
        form_version: form.version,
        state: DocumentState::Draft,
        book: String::new(),
        number: String::new(),
        code: None,
        object_path: String::new(),
        wrapped_key: String::new(),
        file_sha256: String::new(),
        created_at: now,
        updated_at: now,
        prepared_at: None,
        signed_at: None,
        client_id: String::new(),
    })
}

/// Begins a draft; returns its id. The unit is that of the doctor's certificate.
pub(crate) async fn begin(app: &App, person_id: &str, unit_code: &str, form: &Definition) -> Result<String, Problem> {
    let document = new_draft(app, person_id, unit_code, form, Values::new())?;
    let id = document.id.clone();
    let mut tx = app.portal().begin_write().await?;
    tx.add_draft(&document).await?;
    let facts = json!({ "form": form.kind });
    record(app, &mut tx, Event::new("document.begun", &id, person_id).with(facts)).await?;
    tx.commit().await?;
    Ok(id)
}

/// Begins a draft with the answers of a document that can never be signed, which is given up. It is the
/// doctor's own: a program that brought the old one in reads that it was rejected.
pub(crate) async fn begin_again(app: &App, old: &Document) -> Result<String, Problem> {
    let fields = Content::open(app, old)?.fields().clone();
    let new = new_draft(app, &old.person_id, &old.unit_code, form_of(old)?, fields)?;
    let id = new.id.clone();
    let mut tx = app.portal().begin_write().await?;
    tx.add_draft(&new).await?;
    if !tx.abandon_document(&old.id, app.now()).await? {
        return Err(Problem::out_of_step());
    }
    let facts = json!({ "in_place_of": old.id });
    record(app, &mut tx, Event::new("document.begun", &id, &old.person_id).with(facts)).await?;
    record(app, &mut tx, Event::new("document.abandoned", &old.id, &old.person_id)).await?;
    tx.commit().await?;
    Ok(id)
}

/// The doctor's own document.
pub(crate) async fn own(app: &App, person_id: &str, document_id: &str) -> Result<Document, Problem> {
    if !crate::randomness::is_uuid(document_id) {
        return Err(Problem::not_found());
    }
    let mut tx = app.portal().begin().await?;
    let document = tx.document(document_id).await?;
    // Another doctor's document does not exist for this one.
    document.filter(|document| document.person_id == person_id).ok_or_else(Problem::not_found)
}

/// The form a document was begun with.
pub(crate) fn form_of(document: &Document) -> Result<&'static Definition, Problem> {
    definition(&document.form).filter(|form| form.version == document.form_version).ok_or_else(Problem::out_of_step)
}

/// Checks the answers by the form's rules; takes over what may be taken over.
pub(crate) fn check(app: &App, form: &Definition, values: &Values) -> Result<Values, Vec<FieldError>> {
    accept(form, values, bangkok_day(app.now()))
}

/// The answers as data hold them, as far as they can be read; the others as they were typed.
pub(crate) fn tidy(form: &Definition, typed: Values) -> Values {
    let read = |id: &str, text: &str| match form.field(id)?.kind {
        FieldType::DateBe => pdf::date::parse_user_date(text).ok().map(pdf::date::iso),
        FieldType::Cid13 => normalise_national_id(text).ok(),
        _ => None,
    };
    typed
        .into_iter()
        .map(|(id, text)| {
            let value = read(&id, &text).unwrap_or(text);
            (id, value)
        })
        .collect()
}

/// Those of the answers that can be drawn: what breaks a rule stays off the preview.
pub(crate) fn drawable(app: &App, form: &Definition, mut values: Values) -> Values {
    if let Err(errors) = validate(form, &values, bangkok_day(app.now())) {
        for error in errors {
            values.remove(&error.field);
        }
    }
    values
}

/// Keeps the answers of a draft.
pub(crate) async fn keep(app: &App, document: &Document, values: Values) -> Result<(), Problem> {
    let sealed = Content::Draft(values).seal(app, &document.id)?;
    let mut tx = app.portal().begin_write().await?;
    if !tx.save_draft(&document.id, &sealed, app.now()).await? {
        return Err(Problem::out_of_step());
    }
    record(app, &mut tx, Event::new("document.saved", &document.id, &document.person_id)).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_keeps_what_cannot_be_read() {
        let form = definition("two_part_general").unwrap();
        let typed: Values =
            [("exam_date", "21/11/2569"), ("applicant_sign_date", "31/2/2569"), ("cid", "0-1017-00230-70-0")]
                .map(|(id, value)| (id.to_owned(), value.to_owned()))
                .into();
        let kept = tidy(form, typed);
        let kept = |id: &str| kept.get(id).map(String::as_str);
        assert_eq!(kept("exam_date"), Some("2026-11-21"));
        assert_eq!(kept("applicant_sign_date"), Some("31/2/2569"));
        assert_eq!(kept("cid"), Some("0101700230700"));
    }
}
