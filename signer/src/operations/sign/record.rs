//! Recording what is to be signed: content, seal and the digest of the file as it was drawn.

use std::collections::BTreeMap;

use pades::sign::Prepared;
use pdf::form::DocumentContent;
use serde::{Deserialize, Serialize};
use store::ids::micros;
use store::journal::{Document, NewDocument, SigningKey, Tx};

use super::draw::Drawing;
use crate::core::{Core, conclude, journal_refusal};
use crate::meaning;
use crate::protocol::Refusal;
use crate::records::masked_patient;
use crate::seal;
use crate::signature_profile::{DoctorSignature, Level};

/// What the journal keeps, sealed, until the document is signed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SealedContent {
    pub(super) content: DocumentContent,
    /// The QR token: another one would give another file.
    pub(super) seal: String,
}

/// What was recorded just now, for who recorded it to sign.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    /// As they were drawn, by document.
    pub(super) drawn: BTreeMap<String, Prepared>,
    /// One that was recorded by itself, with the key that may sign it, as both stood in that transaction.
    /// A batch takes its time: of that, both are asked for when they are needed.
    pub(super) alone: Option<(Document, SigningKey)>,
}

/// Recording under an activation.
#[derive(Debug)]
pub(crate) struct Recording<'a> {
    pub(crate) core: &'a Core,
    pub(crate) activation_id: &'a str,
}

/// How a document is to be signed.
#[derive(Debug, Clone)]
struct Form {
    drawing: Drawing,
    signature: DoctorSignature,
    stamp_room: usize,
}

impl Recording<'_> {
    /// Draws and records what is not recorded yet.
    pub(crate) async fn record(&self, documents: &[DocumentContent]) -> Result<Fresh, Refusal> {
        let core = self.core;
        let new = self.not_recorded(documents).await?;
        let Some((first, _)) = new.first() else { return Ok(Fresh::default()) };
        let form = self.form(&first.signer.certificate_serial).await?;
        let mut seals = Vec::with_capacity(new.len());
        for (content, digest) in &new {
            let seal = seal::prepare(content, digest, &masked_patient(content), &core.keys.seal.key_id());
            seals.push(core.keys.seal.seal(seal).await?);
        }
        // One by one: who signs one document does not wait for a batch.
        let mut drawn = Vec::with_capacity(new.len());
        for ((content, _), seal) in new.iter().zip(seals) {
            let (drawing, content) = (form.drawing.clone(), (*content).clone());
            let draw = move || drawing.draw(&content, &seal).map(|page| (SealedContent { content, seal }, page));
            drawn.push(core.compute(draw).await??);
        }
        self.write_down(&new, drawn, &form).await
    }

    /// The same for pages that are drawn already, for `rabrong bench`.
    #[cfg(feature = "measuring")]
    pub(crate) async fn record_drawn(
        &self,
        documents: &[DocumentContent],
        pages: &[pdf::draw::Drawn],
    ) -> Result<Fresh, Refusal> {
        let new = self.not_recorded(documents).await?;
        let Some((first, _)) = new.first() else { return Ok(Fresh::default()) };
        let form = self.form(&first.signer.certificate_serial).await?;
        let mut drawn = Vec::with_capacity(new.len());
        for ((content, _), page) in new.iter().zip(pages) {
            let kept = SealedContent { content: (*content).clone(), seal: String::new() };
            drawn.push((kept, form.drawing.prepare(content, page)?));
        }
        self.write_down(&new, drawn, &form).await
    }

    /// The same without writing any of it down.
    #[cfg(feature = "measuring")]
    pub(crate) async fn pass_over(
        &self,
        documents: &[DocumentContent],
        pages: &[pdf::draw::Drawn],
    ) -> Result<(Vec<NewDocument>, BTreeMap<String, Prepared>), Refusal> {
        let Some(first) = documents.first() else { return Ok((Vec::new(), BTreeMap::new())) };
        let form = self.form(&first.signer.certificate_serial).await?;
        let (mut rows, mut drawn) = (Vec::new(), BTreeMap::new());
        for (content, page) in documents.iter().zip(pages) {
            let prepared = form.drawing.prepare(content, page)?;
            // The content's digest was taken when the activation was checked.
            rows.push(self.row(content, &[0; 32], &prepared, &form, Vec::new()));
            drawn.insert(content.document_id.clone(), prepared);
        }
        Ok((rows, drawn))
    }

    async fn write_down(
        &self,
        new: &[(&DocumentContent, [u8; 32])],
        drawn: Vec<(SealedContent, Prepared)>,
        form: &Form,
    ) -> Result<Fresh, Refusal> {
        let mut contents = Vec::with_capacity(drawn.len());
        for (kept, _) in &drawn {
            let name = content_name(&kept.content.document_id);
            let plain = serde_json::to_vec(kept).map_err(|_| Refusal::Internal)?;
            contents.push(self.core.seal(&name, plain).await?);
        }
        let rows = drawn.iter().zip(new).zip(contents);
        let rows =
            rows.map(|(((_, prepared), (content, digest)), sealed)| self.row(content, digest, prepared, form, sealed));
        let mut rows: Vec<NewDocument> = rows.collect();
        let mut drawn: BTreeMap<String, Prepared> =
            drawn.into_iter().map(|(kept, prepared)| (kept.content.document_id, prepared)).collect();
        let key = self.commit(&mut rows, &mut drawn).await?;
        let alone = match (rows.pop(), rows.is_empty(), drawn.len()) {
            (Some(row), true, 1) => Some(row.into_recorded()).zip(key),
            _ => None,
        };
        Ok(Fresh { drawn, alone })
    }

    /// The documents that the journal does not know, with their digests.
    async fn not_recorded<'d>(
        &self,
        documents: &'d [DocumentContent],
    ) -> Result<Vec<(&'d DocumentContent, [u8; 32])>, Refusal> {
        let mut journal = self.core.journal.ask().await.map_err(|error| journal_refusal(&error))?;
        let mut new = Vec::with_capacity(documents.len());
        for content in documents {
            let digest = meaning::content_digest(content).map_err(|_| Refusal::Internal)?;
            match journal.document_facts(&content.document_id).await.map_err(|error| journal_refusal(&error))? {
                Some(row) if row.content_digest == hex::encode(digest) => {}
                Some(_) => return Err(Refusal::Conflict),
                None => new.push((content, digest)),
            }
        }
        Ok(new)
    }

    async fn form(&self, serial: &str) -> Result<Form, Refusal> {
        let core = self.core;
        let stamp_room = match core.configuration.level {
            Level::Basic => 0,
            _ => core.stamp_room().await?,
        };
        let (signature, chain) = core.signer(serial).await?;
        Ok(Form { drawing: Drawing::with(core, chain, stamp_room), signature, stamp_room })
    }

    fn row(
        &self,
        content: &DocumentContent,
        digest: &[u8; 32],
        prepared: &Prepared,
        form: &Form,
        sealed_content: Vec<u8>,
    ) -> NewDocument {
        NewDocument {
            document_id: content.document_id.clone(),
            code: content.code.clone(),
            book: content.book.clone(),
            number: content.number.clone(),
            content_digest: hex::encode(digest),
            certificate_serial: content.signer.certificate_serial.clone(),
            activation_id: self.activation_id.to_owned(),
            prepared_digest: hex::encode(prepared.record_digest()),
            scheme: form.signature.as_str().to_owned(),
            wanted_level: self.core.configuration.level.as_str().to_owned(),
            stamp_room: i64::try_from(form.stamp_room).unwrap_or_default(),
            sealed_content,
            form: content.form.clone(),
            masked_patient: masked_patient(content),
            unit_code: content.unit.code.clone(),
            unit_name_th: content.unit.name_th.clone(),
            unit_name_en: content.unit.name_en.clone(),
            exam_date: content.fields.get("exam_date").cloned().unwrap_or_default(),
            valid_until: content.valid_until.clone(),
            recorded_at: 0,
        }
    }

    async fn commit(
        &self,
        rows: &mut [NewDocument],
        drawn: &mut BTreeMap<String, Prepared>,
    ) -> Result<Option<SigningKey>, Refusal> {
        let mut tx = self.core.journal.begin_sharing().await.map_err(|error| journal_refusal(&error))?;
        let written = self.write_rows(&mut tx, rows, drawn).await;
        match conclude(tx, written).await? {
            Ok(key) => Ok(key),
            Err(Hindrance::Refused(refusal)) => Err(refusal),
            Err(Hindrance::NotTaken(document_id, error)) => Err(self.not_taken(&document_id, &error).await),
        }
    }

    async fn write_rows(
        &self,
        tx: &mut Tx,
        rows: &mut [NewDocument],
        drawn: &mut BTreeMap<String, Prepared>,
    ) -> Result<Option<SigningKey>, Hindrance> {
        let core = self.core;
        let Some(first) = rows.first() else { return Ok(None) };
        // Revoked since the page was opened? Then nothing of it is recorded; suspended, it waits.
        let (key, now) = core.may_sign_now(tx, &first.certificate_serial).await?;
        for row in rows {
            row.recorded_at = micros(now);
            let recorded = tx.record_document(row).await;
            if recorded.map_err(|error| Hindrance::NotTaken(row.document_id.clone(), error))?.is_new() {
                let details = serde_json::json!({
                    "content": row.content_digest,
                    "bytes": row.prepared_digest,
                    "certificate": row.certificate_serial,
                    "activation": row.activation_id,
                    "signature": row.scheme,
                });
                core.log(tx, "document.recorded", &row.document_id, &details).await?;
            } else {
                // Another activation of this content, or another signer, was first: its seal counts,
                // and what was drawn here with another one is drawn again.
                drawn.remove(&row.document_id);
            }
        }
        Ok(Some(key))
    }

    /// Why the journal took a document not in: one that was erased after the touch is none of its faults.
    async fn not_taken(&self, document_id: &str, error: &store::Error) -> Refusal {
        let erased = async {
            let mut tx = self.core.journal.begin().await?;
            tx.erased_document(document_id).await
        };
        match (error, erased.await) {
            (store::Error::Refused(_), Ok(Some(_))) => Refusal::Erased,
            _ => journal_refusal(error),
        }
    }
}

/// Why nothing is recorded.
enum Hindrance {
    Refused(Refusal),
    /// The journal did not take this document.
    NotTaken(String, store::Error),
}

impl From<Refusal> for Hindrance {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The name under which a document's content is sealed.
pub(super) fn content_name(document_id: &str) -> String {
    format!("document-content/{document_id}")
}
