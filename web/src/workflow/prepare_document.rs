//! From a draft to what will be signed: number and code are allotted, then the doctor is
//! asked for their activation.

use pdf::form::{DocumentContent, SignerIdentity, Unit, valid_until};
use serde_json::json;
use signer::protocol::{CertificateRecord, Operation, Refusal, UnitNode};
use store::portal::document::{Allotted, Document, DocumentState};
use time::{Duration, OffsetDateTime};

use crate::app::App;
use crate::audit::{Event, record};
use crate::instants::{buddhist_year, parse, rfc3339};
use crate::pages::Values;
use crate::problem::Problem;

use super::ask_before_signing::still_licensed;
use super::certificate_care::HOLD;
use super::propose::{kind, propose};
use super::write_document::{Content, form_of};

/// Stands where a number will be while there is none.
const NO_NUMBER: &str = "……";

/// The doctor's certificate in force, newest first; none if there is no such one.
pub(crate) async fn certificate_in_force(app: &App, person_id: &str) -> Result<Option<CertificateRecord>, Problem> {
    Ok(certificate_or_why(app, person_id).await?.ok())
}

/// The same, or why the doctor has none to sign with.
pub(crate) async fn certificate_or_why(
    app: &App,
    person_id: &str,
) -> Result<Result<CertificateRecord, Refusal>, Problem> {
    Ok(in_force(app.signer().certificates(person_id).await?, app.now()))
}

/// Of certificates, the newest first, the first one in force; else what keeps the newest from it.
fn in_force(certificates: Vec<CertificateRecord>, now: OffsetDateTime) -> Result<CertificateRecord, Refusal> {
    let mut why = None;
    for certificate in certificates {
        let begun = parse(&certificate.not_before).is_some_and(|at| at <= now);
        let not_over = parse(&certificate.not_after).is_some_and(|at| now < at);
        let kept = match &certificate.revoked {
            _ if !(begun && not_over) => Refusal::CertificateExpired,
            None => return Ok(certificate),
            Some(revoked) if revoked.reason == HOLD => Refusal::CertificateSuspended,
            Some(_) => Refusal::CertificateRevoked,
        };
        why.get_or_insert(kept);
    }
    Err(why.unwrap_or(Refusal::NoCertificate))
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

/// How long a prepared document is proposed as it is. The signer takes nothing that was prepared
/// longer ago than a quarter of an hour, and no page of its waits longer than five minutes.
const FRESH: Duration = Duration::minutes(9);

/// A document whose answers were checked, with them.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) document: Document,
    pub(crate) fields: Values,
}

/// Allots number and code to a document whose answers are complete, or takes what was prepared
/// a moment ago; then proposes the signature. Returns the signer's page.
pub(crate) async fn sign(
    app: &App,
    checked: Checked,
    unit: &UnitNode,
    certificate: &CertificateRecord,
) -> Result<String, Problem> {
    still_licensed(app, certificate).await?;
    let (person, id) = (checked.document.person_id.clone(), checked.document.id.clone());
    let documents = prepare(app, vec![checked], unit, certificate, None).await?;
    Ok(propose(app, &person, kind::SIGN, &id, Operation::SignDocuments { documents }).await?)
}

/// The same for many, all under one touch; `batch_id` tells them together afterwards.
pub(crate) async fn sign_many(
    app: &App,
    person_id: &str,
    checked: Vec<Checked>,
    unit: &UnitNode,
    certificate: &CertificateRecord,
) -> Result<String, Problem> {
    still_licensed(app, certificate).await?;
    let batch_id = app.randomness().uuid(app.now());
    let documents = prepare(app, checked, unit, certificate, Some(&batch_id)).await?;
    Ok(propose(app, person_id, kind::SIGN_BATCH, &batch_id, Operation::SignDocuments { documents }).await?)
}

/// Numbers and codes for all or for none.
async fn prepare(
    app: &App,
    checked: Vec<Checked>,
    unit: &UnitNode,
    certificate: &CertificateRecord,
    batch_id: Option<&str>,
) -> Result<Vec<DocumentContent>, Problem> {
    let now = app.now();
    let book = format!("{}/{}", unit.code, buddhist_year(now));
    let person = checked.first().map(|one| one.document.person_id.clone()).unwrap_or_default();
    let ids: Vec<String> = checked.iter().map(|one| one.document.id.clone()).collect();
    let mut contents = Vec::with_capacity(checked.len());
    let mut tx = app.portal().begin_write().await?;
    for Checked { document, fields } in checked {
        if document.unit_code != unit.code {
            return Err(Problem::out_of_step());
        }
        match (document.state, Content::open(app, &document)?) {
            (DocumentState::Prepared, Content::Prepared(content)) => {
                let age = document.prepared_at.map(|at| now - at);
                let fresh = age.is_some_and(|age| age < FRESH) && content.book == book;
                if fresh && content.signer.certificate_serial == certificate.serial {
                    contents.push(*content);
                    continue;
                }
            }
            (DocumentState::Draft, Content::Draft(_)) => {}
            _ => return Err(Problem::out_of_step()),
        }
        let mut content = draft_content(app, &document, fields, Some(unit), Some(certificate))?;
        content.book.clone_from(&book);
        // A number belongs to its book: the next year's is another.
        content.number = if document.book == book && !document.number.is_empty() {
            document.number.clone()
        } else {
            format!("{:06}", tx.next_number(&book).await?)
        };
        content.code = document.code.clone().unwrap_or_else(|| app.randomness().verification_code());
        let sealed = Content::Prepared(Box::new(content.clone())).seal(app, &document.id)?;
        let prepared = match document.prepared_at.filter(|_| document.state == DocumentState::Prepared) {
            Some(at) => tx.prepare_again(&document.id, at, &sealed, &book, &content.number, now).await?,
            None => {
                let before = document.content_sealed.as_deref().unwrap_or_default();
                let allotted = Allotted { book: &book, number: &content.number, code: &content.code };
                tx.prepare_document(&document.id, before, &sealed, allotted, now).await?
            }
        };
        if !prepared {
            return Err(Problem::out_of_step());
        }
        if !document.client_id.is_empty() && tx.take_up_submission(&document.id, now).await? {
            record(app, &mut tx, Event::new("document.taken_up", &document.id, &document.person_id)).await?;
        }
        let facts = json!({ "book": content.book, "number": content.number, "batch": batch_id });
        record(app, &mut tx, Event::new("document.prepared", &document.id, &document.person_id).with(facts)).await?;
        contents.push(content);
    }
    if let Some(batch_id) = batch_id {
        tx.add_signing_batch(batch_id, &person, &ids, now).await?;
        let facts = json!({ "documents": ids.len() });
        record(app, &mut tx, Event::new("signing_batch.made", batch_id, &person).with(facts)).await?;
    }
    tx.commit().await?;
    Ok(contents)
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

#[cfg(test)]
mod tests {
    use signer::protocol::RevokedRecord;
    use time::macros::datetime;

    use super::*;

    fn certificate(serial: &str, years: (u32, u32), reason: Option<&str>) -> CertificateRecord {
        CertificateRecord {
            serial: serial.to_owned(),
            not_before: format!("{}-01-01T00:00:00Z", years.0),
            not_after: format!("{}-01-01T00:00:00Z", years.1),
            revoked: reason.map(|reason| RevokedRecord {
                sequence: 1,
                at: "2026-02-01T00:00:00Z".to_owned(),
                reason: reason.to_owned(),
                invalid_since: None,
            }),
            ..CertificateRecord::default()
        }
    }

    #[test]
    fn who_has_no_certificate_in_force_is_told_what_keeps_the_newest_from_it() {
        let now = datetime!(2026-06-01 0:00 UTC);
        let of = |held: &[CertificateRecord]| in_force(held.to_vec(), now).map(|certificate| certificate.serial);
        let good = certificate("1", (2026, 2027), None);
        let held = certificate("2", (2026, 2027), Some(HOLD));
        let revoked = certificate("3", (2026, 2027), Some("key_compromise"));
        let over = certificate("4", (2024, 2025), None);
        assert_eq!(of(&[]), Err(Refusal::NoCertificate));
        assert_eq!(of(&[held.clone(), good]), Ok("1".to_owned()));
        assert_eq!(of(&[held.clone(), revoked.clone()]), Err(Refusal::CertificateSuspended));
        assert_eq!(of(&[revoked, held]), Err(Refusal::CertificateRevoked));
        assert_eq!(of(&[over]), Err(Refusal::CertificateExpired));
    }
}
