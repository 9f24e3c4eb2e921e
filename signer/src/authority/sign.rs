//! A doctor may sign what their certificate, their form and their unit allow.

use pdf::form::{self, DocumentContent};
use store::ids::micros;
use store::journal::{Certificate, RevocationKind, Tx};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::invalid;
use crate::core::{Core, is_id, journal_refusal};
use crate::meaning;
use crate::protocol::Refusal;
use crate::records::CertificateDetails;

/// How far the preparing clock may be from the signer's.
const SKEW: Duration = Duration::minutes(15);

impl Core {
    pub(super) async fn may_sign(
        &self,
        tx: &mut Tx,
        actor: &str,
        documents: &[DocumentContent],
    ) -> Result<String, Refusal> {
        let first = documents.first().ok_or_else(|| invalid("documents: none"))?;
        let serial = &first.signer.certificate_serial;
        let certificate = self.usable_certificate(tx, serial).await?;
        if !self.is_holder(tx, actor, &certificate).await? {
            return Err(Refusal::NotYourPasskey);
        }
        let details = CertificateDetails::of(&certificate)?;
        let (mut ids, mut codes) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
        for content in documents {
            let once = ids.insert(&content.document_id) && codes.insert(&content.code);
            if !once || content.signer.certificate_serial != *serial {
                return Err(invalid("documents: one signer, each document once"));
            }
            self.document_is_acceptable(tx, content, &certificate, &details).await?;
        }
        Ok(serial.clone())
    }

    pub(super) async fn usable_certificate(&self, tx: &mut Tx, serial: &str) -> Result<Certificate, Refusal> {
        let certificate = tx.certificate(serial).await.map_err(|error| journal_refusal(&error))?;
        let certificate =
            certificate.filter(|row| row.kind == "doctor" && row.state == "issued").ok_or(Refusal::NoCertificate)?;
        match tx.revocation(serial).await.map_err(|error| journal_refusal(&error))?.map(|event| event.kind) {
            None => {}
            Some(RevocationKind::Hold) => return Err(Refusal::CertificateSuspended),
            Some(_) => return Err(Refusal::CertificateRevoked),
        }
        let now = micros(self.now());
        if now < certificate.not_before || now > certificate.not_after {
            return Err(Refusal::CertificateExpired);
        }
        Ok(certificate)
    }

    pub(super) async fn document_is_acceptable(
        &self,
        tx: &mut Tx,
        content: &DocumentContent,
        certificate: &Certificate,
        details: &CertificateDetails,
    ) -> Result<(), Refusal> {
        let definition = form::definition(&content.form)
            .filter(|definition| definition.version == content.form_version)
            .ok_or_else(|| invalid("form: unknown kind or version"))?;
        if !definition.signers.contains(&details.profession) {
            return Err(Refusal::NotForThisProfession);
        }
        let now = self.now();
        let prepared = OffsetDateTime::parse(&content.prepared_at, &Rfc3339).map_err(|_| invalid("prepared_at"))?;
        if (now - prepared).abs() > SKEW || prepared.offset() != UtcOffset::UTC || prepared.nanosecond() != 0 {
            return Err(invalid("prepared_at: not now, in UTC and whole seconds"));
        }
        let today = pdf::date::bangkok(now).date();
        form::validate(definition, &content.fields, today).map_err(|errors| {
            invalid(&errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>().join(", "))
        })?;
        let valid_until = form::valid_until(definition, &content.fields).map(pdf::date::iso);
        let expected_book = format!("{}/{}", content.unit.code, pdf::date::buddhist_year(today));
        let rules = [
            (content.valid_until == valid_until, "valid_until"),
            (content.book == expected_book, "book"),
            (content.number.len() == 6 && content.number.bytes().all(|byte| byte.is_ascii_digit()), "number"),
            (is_code(&content.code), "code"),
            (is_id(&content.document_id), "document_id"),
            (content.unit.code == details.unit_code, "unit"),
            (content.signer.certificate_sha256 == certificate.sha256.clone().unwrap_or_default(), "signer"),
            (content.signer.name_th == details.name_th && content.signer.name_en == details.name_en, "signer name"),
            (
                content.signer.title_th == details.title_th && content.signer.licence == details.licence,
                "signer licence",
            ),
        ];
        if let Some((_, name)) = rules.iter().find(|(holds, _)| !holds) {
            return Err(invalid(name));
        }
        let unit = tx.unit(&content.unit.code).await.map_err(|error| journal_refusal(&error))?;
        let unit = unit.ok_or_else(|| invalid("unit"))?;
        if unit.name_th != content.unit.name_th
            || unit.name_en != content.unit.name_en
            || unit.address_th != content.unit.address_th
        {
            return Err(invalid("unit"));
        }
        if tx.erased_document(&content.document_id).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::Erased);
        }
        let digest = meaning::content_digest(content).map_err(|_| Refusal::Internal)?;
        match tx.document_facts(&content.document_id).await.map_err(|error| journal_refusal(&error))? {
            Some(row) if row.content_digest == hex::encode(digest) => Err(Refusal::AlreadyDone),
            Some(_) => Err(Refusal::Conflict),
            None => Ok(()),
        }
    }
}

/// 26 characters of Crockford's base32.
fn is_code(code: &str) -> bool {
    code.len() == 26 && code.bytes().all(|byte| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte))
}
