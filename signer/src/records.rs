//! From the journal's rows to what the protocol says of them.

use pdf::form::DocumentContent;
use serde::{Deserialize, Serialize};
use store::ids::instant;
use store::journal::{Certificate, Document, RevocationEvent, Tx, Unit};

use crate::core::{Core, journal_refusal, rfc3339};
use crate::protocol::{
    AppointmentRecord, CertificateRecord, DocumentRecord, Refusal, Response, RevokedRecord, UnitNode, WaitingFor,
};

/// What the journal remembers of a doctor's certificate beside its DER (JSON in the row).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CertificateDetails {
    pub(crate) title_th: String,
    pub(crate) name_th: String,
    pub(crate) name_en: String,
    pub(crate) licence: String,
    pub(crate) unit_code: String,
    pub(crate) ial: String,
    pub(crate) identity_digest: String,
    pub(crate) approved_by: String,
    /// Code of the profession; programs have none.
    #[serde(default = "physician")]
    pub(crate) profession: String,
    /// When the officers approved (Unix microseconds); none in rows of before, whose own date it is.
    #[serde(default)]
    pub(crate) approved_at: Option<i64>,
    /// The request that they approved, if it is not the one the row names.
    #[serde(default)]
    pub(crate) approved_request: Option<String>,
    /// Serial number of the certificate this one follows.
    #[serde(default)]
    pub(crate) renews: Option<String>,
}

/// What every certificate of before was for.
fn physician() -> String {
    ca::Profession::PHYSICIAN.code().to_owned()
}

impl CertificateDetails {
    pub(crate) fn of(row: &Certificate) -> Result<Self, Refusal> {
        serde_json::from_str(&row.details).map_err(|_| Refusal::Internal)
    }
}

pub(crate) fn unit_node(unit: Unit) -> UnitNode {
    UnitNode {
        code: unit.code,
        parent: unit.parent,
        kind: unit.kind,
        name_th: unit.name_th,
        name_en: unit.name_en,
        address_th: unit.address_th,
    }
}

pub(crate) fn certificate_record(
    row: Certificate,
    revocation: Option<&RevocationEvent>,
) -> Result<CertificateRecord, Refusal> {
    let details = CertificateDetails::of(&row)?;
    Ok(CertificateRecord {
        serial: row.serial,
        sha256: row.sha256.unwrap_or_default(),
        der: row.der.map(hex::encode).unwrap_or_default(),
        person_id: row.person_id.unwrap_or_default(),
        request_id: row.request_id.unwrap_or_default(),
        title_th: details.title_th,
        name_th: details.name_th,
        name_en: details.name_en,
        licence: details.licence,
        unit_code: details.unit_code,
        ial: details.ial,
        not_before: rfc3339(instant(row.not_before)),
        not_after: rfc3339(instant(row.not_after)),
        revoked: revocation.map(|revocation| RevokedRecord {
            sequence: revocation.sequence,
            at: rfc3339(instant(revocation.revoked_at)),
            reason: revocation.reason.clone(),
            invalid_since: revocation.invalid_since.map(|since| rfc3339(instant(since))),
        }),
    })
}

/// The part of a document that a stranger with the code may see, as the row keeps it.
pub(crate) fn masked_patient(content: &DocumentContent) -> String {
    pdf::form::masked_name(content.fields.get("applicant_name").map_or("", String::as_str))
}

/// The files handed out before the newest one.
async fn earlier_files(tx: &mut Tx, document_id: &str, newest: Option<&str>) -> Result<Vec<String>, Refusal> {
    if newest.is_none() {
        return Ok(Vec::new());
    }
    let versions = tx.document_versions(document_id).await.map_err(|error| journal_refusal(&error))?;
    Ok(versions.into_iter().map(|row| row.sha256).filter(|sha256| Some(sha256.as_str()) != newest).collect())
}

/// All that is told of an erased document.
fn tombstone(row: Document, erased_at: &str) -> DocumentRecord {
    let nothing = String::new;
    DocumentRecord {
        document_id: row.document_id,
        state: "erased".to_owned(),
        code: row.code,
        form: nothing(),
        book: nothing(),
        number: nothing(),
        masked_patient: nothing(),
        unit_code: nothing(),
        unit_name_th: nothing(),
        unit_name_en: nothing(),
        exam_date: nothing(),
        valid_until: None,
        content_sha256: row.content_digest,
        recorded_at: rfc3339(instant(row.recorded_at)),
        signed_at: None,
        level: nothing(),
        waiting: None,
        refused: None,
        file_sha256: row.file_sha256,
        earlier_files: Vec::new(),
        certificate: CertificateRecord::default(),
        erased_at: Some(erased_at.to_owned()),
    }
}

impl Core {
    /// The certificate with its status now.
    pub(crate) async fn certificate_with_status(
        &self,
        tx: &mut Tx,
        serial: &str,
    ) -> Result<CertificateRecord, Refusal> {
        let row = tx.certificate(serial).await.map_err(|error| journal_refusal(&error))?;
        let revocation = tx.revocation(serial).await.map_err(|error| journal_refusal(&error))?;
        certificate_record(row.ok_or(Refusal::NoCertificate)?, revocation.as_ref())
    }

    pub(crate) async fn document_record(&self, tx: &mut Tx, row: Document) -> Result<DocumentRecord, Refusal> {
        let erased = tx.erased_document(&row.document_id).await.map_err(|error| journal_refusal(&error))?;
        if let Some(erased) = erased {
            return Ok(tombstone(row, &rfc3339(instant(erased.at))));
        }
        let certificate = self.certificate_with_status(tx, &row.certificate_serial).await?;
        Ok(DocumentRecord {
            level: row.level.unwrap_or(row.wanted_level),
            waiting: row.waiting.as_deref().and_then(WaitingFor::from_name),
            refused: row.refusal.map(|text| serde_json::from_str(&text).unwrap_or(Refusal::Internal)),
            state: row.state,
            code: row.code,
            form: row.form,
            book: row.book,
            number: row.number,
            masked_patient: row.masked_patient,
            unit_code: row.unit_code,
            unit_name_th: row.unit_name_th,
            unit_name_en: row.unit_name_en,
            exam_date: row.exam_date,
            valid_until: row.valid_until,
            content_sha256: row.content_digest,
            recorded_at: rfc3339(instant(row.recorded_at)),
            signed_at: row.signed_at.map(|at| rfc3339(instant(at))),
            earlier_files: earlier_files(tx, &row.document_id, row.file_sha256.as_deref()).await?,
            file_sha256: row.file_sha256,
            document_id: row.document_id,
            certificate,
            erased_at: None,
        })
    }

    pub(crate) async fn document_by_code(&self, code: &str) -> Result<Response, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let row = tx.document_by_code(code).await.map_err(|error| journal_refusal(&error))?;
        self.answer_document(&mut tx, row).await
    }

    pub(crate) async fn document_by_file(&self, sha256: &str) -> Result<Response, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let row = tx.document_by_file(sha256).await.map_err(|error| journal_refusal(&error))?;
        self.answer_document(&mut tx, row).await
    }

    async fn answer_document(&self, tx: &mut Tx, row: Option<Document>) -> Result<Response, Refusal> {
        let document = match row {
            Some(row) => Some(Box::new(self.document_record(tx, row).await?)),
            None => None,
        };
        Ok(Response::Document { document })
    }

    pub(crate) async fn certificates(&self, person_id: &str) -> Result<Response, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let rows = tx.certificates_of(person_id).await.map_err(|error| journal_refusal(&error))?;
        let mut certificates = Vec::new();
        for row in rows.into_iter().filter(|row| row.state == "issued") {
            let revocation = tx.revocation(&row.serial).await.map_err(|error| journal_refusal(&error))?;
            certificates.push(certificate_record(row, revocation.as_ref())?);
        }
        Ok(Response::Certificates { certificates })
    }

    pub(crate) async fn appointments(&self, person_id: &str) -> Result<Response, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let rows = self.appointments_in_force(&mut tx, person_id).await?;
        let appointments = rows
            .into_iter()
            .map(|row| AppointmentRecord {
                appointment_id: row.appointment_id,
                person_id: row.person_id,
                role: row.role,
                unit_code: row.unit_code,
            })
            .collect();
        Ok(Response::Appointments { appointments })
    }

    pub(crate) async fn signed_file(&self, document_id: &str) -> Result<Response, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let row = tx.document(document_id).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        let row = row.ok_or(Refusal::NotFound)?;
        let sealed = row.sealed_file.filter(|_| row.state == "finished").ok_or(Refusal::NotFound)?;
        let bytes = self.unseal(&crate::lifting::file_name(document_id), &sealed).await?;
        Ok(Response::File { bytes: hex::encode(bytes), sha256: row.file_sha256.unwrap_or_default() })
    }

    pub(crate) async fn forget_file(&self, document_id: &str) -> Result<Response, Refusal> {
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        tx.forget_file(document_id).await.map_err(|error| journal_refusal(&error))?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        Ok(Response::Done)
    }
}
