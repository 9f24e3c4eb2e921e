//! From a draft to what will be signed: number and code are allotted, then the doctor is
//! asked for their activation.

use pdf::form::{DocumentContent, SignerIdentity, Unit, valid_until};
use serde_json::json;
use signer::protocol::{CertificateRecord, Operation, UnitNode};
use store::portal::document::{Document, DocumentState};

use crate::app::App;
use crate::audit::{Event, record};
use crate::instants::{buddhist_year, parse, rfc3339};
use crate::pages::Values;
use crate::problem::Problem;

use super::propose::{kind, propose};
use super::write_document::{Content, form_of};

/// Stands where a number will be while there is none.
const NO_NUMBER: &str = "……";

/// The doctor's certificate in force, newest first; none if there is no such one.
pub(crate) async fn certificate_in_force(app: &App, person_id: &str) -> Result<Option<CertificateRecord>, Problem> {
    let now = app.now();
    let certificates = app.signer().certificates(person_id).await?;
    Ok(certificates.into_iter().find(|certificate| {
        let begun = parse(&certificate.not_before).is_some_and(|at| at <= now);
        let not_over = parse(&certificate.not_after).is_some_and(|at| now < at);
        certificate.revoked.is_none() && begun && not_over
    }))
}

/// What the paper says for these answers, without number and code: for the preview.
pub(crate) fn draft_content(
    app: &App,
    document: &Document,
    fields: Values,
    unit: Option<&UnitNode>,
    certificate: Option<&CertificateRecord>,
) -> Result<DocumentContent, Problem> {
    let form = form_of(document)?;
    let valid_until = valid_until(form, &fields).map(|day| day.to_string());
    Ok(DocumentContent {
        document_id: document.id.clone(),
        form: form.kind.clone(),
        form_version: form.version,
        book: NO_NUMBER.to_owned(),
        number: NO_NUMBER.to_owned(),
        code: String::new(),
        fields,
        unit: unit.map_or_else(
            || Unit {
                code: document.unit_code.clone(),
                name_th: String::new(),
                name_en: String::new(),
                address_th: String::new(),
            },
            unit_on_paper,
        ),
        signer: certificate.map_or_else(nobody, signer_on_paper),
        prepared_at: rfc3339(app.now()),
        valid_until,
    })
}

/// Allots number and code to a draft whose answers are complete, or takes what was prepared
/// before; then proposes the signature. Returns the signer's page.
pub(crate) async fn sign(
    app: &App,
    document: &Document,
    fields: Values,
    unit: &UnitNode,
    certificate: &CertificateRecord,
) -> Result<String, Problem> {
    let content = match (document.state, Content::open(app, document)?) {
        (DocumentState::Prepared, Content::Prepared(content)) => *content,
        (DocumentState::Draft, Content::Draft(_)) => {
            let content = draft_content(app, document, fields, Some(unit), Some(certificate))?;
            prepare(app, document, content).await?
        }
        _ => return Err(Problem::out_of_step()),
    };
    if content.signer.certificate_serial != certificate.serial {
        // Prepared under a certificate that is no longer the doctor's: it cannot be signed.
        return Err(Problem::out_of_step());
    }
    let operation = Operation::SignDocuments { documents: vec![content] };
    Ok(propose(app, &document.person_id, kind::SIGN, &document.id, operation).await?)
}

async fn prepare(app: &App, document: &Document, mut content: DocumentContent) -> Result<DocumentContent, Problem> {
    let now = app.now();
    content.book = format!("{}/{}", document.unit_code, buddhist_year(now));
    content.code = app.randomness().verification_code();
    let mut tx = app.portal().begin_write().await?;
    content.number = format!("{:06}", tx.next_number(&content.book).await?);
    let sealed = Content::Prepared(Box::new(content.clone())).seal(app, &document.id)?;
    let prepared =
        tx.prepare_document(&document.id, &sealed, &content.book, &content.number, &content.code, now).await?;
    if !prepared {
        return Err(Problem::out_of_step());
    }
    let facts = json!({ "book": content.book, "number": content.number });
    record(app, &mut tx, Event::new("document.prepared", &document.id, &document.person_id).with(facts)).await?;
    tx.commit().await?;
    Ok(content)
}

fn unit_on_paper(unit: &UnitNode) -> Unit {
    Unit {
        code: unit.code.clone(),
        name_th: unit.name_th.clone(),
        name_en: unit.name_en.clone(),
        address_th: unit.address_th.clone(),
    }
}

fn signer_on_paper(certificate: &CertificateRecord) -> SignerIdentity {
    SignerIdentity {
        certificate_serial: certificate.serial.clone(),
        certificate_sha256: certificate.sha256.clone(),
        title_th: certificate.title_th.clone(),
        name_th: certificate.name_th.clone(),
        name_en: certificate.name_en.clone(),
        licence: certificate.licence.clone(),
    }
}

fn nobody() -> SignerIdentity {
    SignerIdentity {
        certificate_serial: String::new(),
        certificate_sha256: String::new(),
        title_th: String::new(),
        name_th: String::new(),
        name_en: String::new(),
        licence: String::new(),
    }
}
