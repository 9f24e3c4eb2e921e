//! Signing documents: seal the QR code, draw, record what the doctor's key will sign, sign,
//! check, store. See `docs/decisions/0004-seal-before-file.md`.

use std::collections::BTreeMap;

use pades::cms::{SignatureAlgorithm, SigningChain};
use pades::sign::Prepared;
use pdf::append::SignatureField;
use pdf::draw::QrLink;
use pdf::form::DocumentContent;
use serde::{Deserialize, Serialize};
use store::ids::micros;
use store::journal::{Activation, Document, FinishedFile, NewDocument};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::core::{Core, journal_refusal};
use crate::meaning;
use crate::protocol::{Outcome, Refusal};
use crate::records::masked_patient;
use crate::seal;
use crate::step::Step;

/// What the journal keeps, sealed, until the document is signed.
#[derive(Debug, Serialize, Deserialize)]
struct SealedContent {
    content: DocumentContent,
    /// The QR token: another one would give another file.
    seal: String,
}

/// Signs each document of an activated batch. All are recorded or none.
pub(crate) async fn carry_out(
    core: &Core,
    documents: &[DocumentContent],
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let mut drawn = record(core, documents, activation).await?;
    core.steps.reach(Step::Sealed);
    let mut records = Vec::with_capacity(documents.len());
    for content in documents {
        let prepared = drawn.remove(&content.document_id);
        let row = finish(core, &content.document_id, prepared).await?;
        let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        records.push(core.document_record(&mut tx, row).await?);
    }
    Ok(Outcome::DocumentsSigned { documents: records })
}

/// Draws and records what is not recorded yet; what was drawn, by document.
async fn record(
    core: &Core,
    documents: &[DocumentContent],
    activation: &Activation,
) -> Result<BTreeMap<String, Prepared>, Refusal> {
    let mut drawn = BTreeMap::new();
    let mut rows = Vec::new();
    for content in documents {
        let digest = meaning::content_digest(content).map_err(|_| Refusal::Internal)?;
        let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let known = tx.document(&content.document_id).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        match known {
            Some(row) if row.content_digest == hex::encode(digest) => continue,
            Some(_) => return Err(Refusal::Conflict),
            None => {}
        }
        let masked = masked_patient(content);
        let seal = seal_token(core, content, &digest, &masked).await?;
        let prepared = draw(core, content, &seal).await?;
        let plain =
            serde_json::to_vec(&SealedContent { content: content.clone(), seal }).map_err(|_| Refusal::Internal)?;
        rows.push(NewDocument {
            document_id: content.document_id.clone(),
            code: content.code.clone(),
            book: content.book.clone(),
            number: content.number.clone(),
            content_digest: hex::encode(digest),
            certificate_serial: content.signer.certificate_serial.clone(),
            activation_id: activation.activation_id.clone(),
            prepared_digest: hex::encode(prepared.record_digest()),
            scheme: "ecdsa-p256".to_owned(),
            wanted_level: "b-b".to_owned(),
            stamp_room: 0,
            sealed_content: core.seal(content_name(&content.document_id), &plain).await?,
            form: content.form.clone(),
            masked_patient: masked,
            unit_code: content.unit.code.clone(),
            unit_name_th: content.unit.name_th.clone(),
            unit_name_en: content.unit.name_en.clone(),
            exam_date: content.fields.get("exam_date").cloned().unwrap_or_default(),
            valid_until: content.valid_until.clone(),
            recorded_at: micros(core.now()),
        });
        drawn.insert(content.document_id.clone(), prepared);
    }
    let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
    let now = core.now_on_record(&mut tx).await?;
    for row in &mut rows {
        row.recorded_at = micros(now);
        // Revoked since the page was opened? Then nothing of it is recorded.
        if tx.revocation(&row.certificate_serial).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::CertificateRevoked);
        }
        let recorded = tx.record_document(row).await.map_err(|error| journal_refusal(&error))?;
        if recorded.is_new() {
            let details = serde_json::json!({
                "content": row.content_digest,
                "bytes": row.prepared_digest,
                "certificate": row.certificate_serial,
                "activation": row.activation_id,
            });
            core.log(&mut tx, "document.recorded", &row.document_id, &details).await?;
        } else {
            // Another activation of this content, or another signer, was first: its seal counts,
            // and what was drawn here with another one is drawn again.
            drawn.remove(&row.document_id);
        }
    }
    tx.commit().await.map_err(|error| journal_refusal(&error))?;
    Ok(drawn)
}

/// Brings one recorded document to its signature; one that is signed is left as it is.
async fn finish(core: &Core, document_id: &str, drawn: Option<Prepared>) -> Result<Document, Refusal> {
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let row = tx.document(document_id).await.map_err(|error| journal_refusal(&error))?.ok_or(Refusal::NotFound)?;
    if matches!(row.state.as_str(), "finished" | "refused") {
        return Ok(row);
    }
    // Recovery may come long after the touch: a key taken back meanwhile signs no more.
    if tx.revocation(&row.certificate_serial).await.map_err(|error| journal_refusal(&error))?.is_some() {
        return Err(Refusal::CertificateRevoked);
    }
    let key = tx.doctor_key_of_certificate(&row.certificate_serial).await.map_err(|error| journal_refusal(&error))?;
    drop(tx);
    let key = key.ok_or(Refusal::NoCertificate)?;
    let epoch = u32::try_from(key.epoch).map_err(|_| Refusal::Internal)?;
    let wrapped = key.wrapped.ok_or(Refusal::CertificateExpired)?;

    let prepared = match drawn {
        Some(prepared) => prepared,
        None => draw_again(core, &row).await?,
    };
    let digest: [u8; 32] = decode(&row.prepared_digest)?;
    #[expect(clippy::disallowed_methods, reason = "the digest was read back from the committed record")]
    let recorded = prepared.assert_recorded(digest).map_err(|error| {
        tracing::error!(document.id = %document_id, error = %error, "the file drawn again differs from the recorded one");
        Refusal::Conflict
    })?;
    let to_sign = recorded.to_be_signed();
    let signatures = core
        .with_token(move |token| {
            token.sign_with_wrapped(epoch, &wrapped, hsm::SignatureScheme::EcdsaP256, vec![to_sign])
        })
        .await?;
    let signature = signatures.into_iter().next().ok_or(Refusal::Internal)?;
    core.steps.reach(Step::Signed);
    let signed = recorded.complete(&signature).map_err(|error| {
        tracing::error!(document.id = %document_id, error = %error, "the signature does not complete the file");
        Refusal::Internal
    })?;

    let sealed_file = core.seal(file_name(document_id), &signed.bytes).await?;
    let file_sha256 = hex::encode(signed.sha256());
    let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
    let file = FinishedFile { sealed: &sealed_file, sha256: &file_sha256, level: "b-b", proof: None };
    let completed =
        tx.finish_document(document_id, file, micros(core.now())).await.map_err(|error| journal_refusal(&error))?;
    if completed {
        core.log(&mut tx, "document.signed", document_id, &serde_json::json!({ "file": file_sha256 })).await?;
    }
    let row = tx.document(document_id).await.map_err(|error| journal_refusal(&error))?.ok_or(Refusal::NotFound)?;
    tx.commit().await.map_err(|error| journal_refusal(&error))?;
    core.steps.reach(Step::Stored);
    Ok(row)
}

async fn draw_again(core: &Core, row: &Document) -> Result<Prepared, Refusal> {
    let sealed = row.sealed_content.as_deref().ok_or(Refusal::Internal)?;
    let plain = core.unseal(content_name(&row.document_id), sealed).await?;
    let kept: SealedContent = serde_json::from_slice(&plain).map_err(|_| Refusal::Internal)?;
    draw(core, &kept.content, &kept.seal).await
}

async fn seal_token(
    core: &Core,
    content: &DocumentContent,
    digest: &[u8; 32],
    masked_patient: &str,
) -> Result<String, Refusal> {
    core.keys.seal.seal(seal::prepare(content, digest, masked_patient, &core.keys.seal.key_id())).await
}

/// Draws the final file and appends the revision that will carry the signature. Repeatable:
/// the same content, seal and certificate give the same bytes.
async fn draw(core: &Core, content: &DocumentContent, seal: &str) -> Result<Prepared, Refusal> {
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let certificate =
        tx.certificate(&content.signer.certificate_serial).await.map_err(|error| journal_refusal(&error))?;
    drop(tx);
    let signer = certificate.and_then(|row| row.der).ok_or(Refusal::NoCertificate)?;
    let url = format!("{}/v/{}#{seal}", core.configuration.public_url, content.code);
    let issuing = core
        .authorities
        .issuer_of(content.signer.certificate_serial.parse().map_err(|_| Refusal::NoCertificate)?)
        .ok_or(Refusal::NoCertificate)?
        .issuer()
        .certificate_der()
        .to_vec();
    let content = content.clone();
    let drawn = tokio::task::spawn_blocking(move || {
        let drawn = pdf::draw::signed_form(&content, &QrLink { url }).map_err(|error| error.to_string())?;
        let signing_time = OffsetDateTime::parse(&content.prepared_at, &Rfc3339).map_err(|error| error.to_string())?;
        let name = format!("{}{}", content.signer.title_th, content.signer.name_th);
        let field = SignatureField {
            page: drawn.signature_page,
            rect: drawn.signature_rect,
            field_name: "Signature1".to_owned(),
            tooltip: format!("ลายมือชื่อดิจิทัลของ {name}"),
            signing_time,
            name: Some(name),
            reason: Some("ออกใบรับรองแพทย์".to_owned()),
            location: Some(content.unit.name_th.clone()),
            contact_info: None,
        };
        let chain = SigningChain::from_der(&[&signer, &issuing], SignatureAlgorithm::EcdsaP256Sha256)
            .map_err(|error| error.to_string())?;
        pades::sign::prepare(&drawn.pdf, &field, &chain, 0).map_err(|error| error.to_string())
    })
    .await
    .map_err(|_| Refusal::Internal)?;
    drawn.map_err(|error| {
        tracing::error!(error = %error, "the document cannot be drawn");
        Refusal::ContentInvalid { detail: "the document cannot be drawn".to_owned() }
    })
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], Refusal> {
    hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(Refusal::Internal)
}

fn content_name(document_id: &str) -> String {
    format!("document-content/{document_id}")
}

/// The name under which a signed file is sealed.
pub(crate) fn file_name(document_id: &str) -> String {
    format!("document-file/{document_id}")
}
