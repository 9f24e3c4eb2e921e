//! Medical certificates: recorded before they are signed, completed afterwards.

use sqlx::FromRow;

use super::{Recorded, Tx};
use crate::error::Error;

/// A document to record for signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    /// UUID of the document.
    pub document_id: String,
    /// Verification code, 26 characters of Crockford base32.
    pub code: String,
    /// เล่มที่.
    pub book: String,
    /// เลขที่: with the book unique within the unit.
    pub number: String,
    /// Content digest, hexadecimal.
    pub content_digest: String,
    /// The signer's certificate.
    pub certificate_serial: String,
    /// The activation that wills it.
    pub activation_id: String,
    /// SHA-256 of the bytes to be signed, hexadecimal.
    pub prepared_digest: String,
    /// The content, sealed by the token, until it is signed.
    pub sealed_content: Vec<u8>,
    /// Form kind.
    pub form: String,
    /// The applicant's name, masked.
    pub masked_patient: String,
    /// Unit code.
    pub unit_code: String,
    /// Unit name in Thai.
    pub unit_name_th: String,
    /// Unit name in English.
    pub unit_name_en: String,
    /// Date of examination (ISO).
    pub exam_date: String,
    /// Last day of use (ISO), if any.
    pub valid_until: Option<String>,
    /// When it is recorded.
    pub recorded_at: i64,
}

/// A document as stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Document {
    /// UUID of the document.
    pub document_id: String,
    /// Verification code.
    pub code: String,
    /// เล่มที่.
    pub book: String,
    /// เลขที่.
    pub number: String,
    /// Content digest, hexadecimal.
    pub content_digest: String,
    /// The signer's certificate.
    pub certificate_serial: String,
    /// The activation that wills it.
    pub activation_id: String,
    /// `recorded` or `signed`.
    pub state: String,
    /// SHA-256 of the bytes to be signed, hexadecimal.
    pub prepared_digest: String,
    /// The content, sealed by the token; forgotten when it is signed.
    pub sealed_content: Option<Vec<u8>>,
    /// The signed file, sealed by the token; forgotten when the portal has it.
    pub sealed_file: Option<Vec<u8>>,
    /// SHA-256 of the signed file, hexadecimal.
    pub file_sha256: Option<String>,
    /// Form kind.
    pub form: String,
    /// The applicant's name, masked.
    pub masked_patient: String,
    /// Unit code.
    pub unit_code: String,
    /// Unit name in Thai.
    pub unit_name_th: String,
    /// Unit name in English.
    pub unit_name_en: String,
    /// Date of examination (ISO).
    pub exam_date: String,
    /// Last day of use (ISO), if any.
    pub valid_until: Option<String>,
    /// When it was recorded.
    pub recorded_at: i64,
    /// When it was signed.
    pub signed_at: Option<i64>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select document_id, code, book, number, content_digest, certificate_serial, \
             activation_id, state, prepared_digest, sealed_content, sealed_file, file_sha256, \
             form, masked_patient, unit_code, unit_name_th, unit_name_en, exam_date, valid_until, \
             recorded_at, signed_at from document ",
            $rest
        )
    };
}

impl Tx {
    /// Records a document before it is signed. Commit, then sign.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id said something else before, or if the code or the number
    /// is taken.
    pub async fn record_document(&mut self, new: &NewDocument) -> Result<Recorded<Document>, Error> {
        let done = sqlx::query(
            "insert into document (document_id, code, book, number, content_digest, \
             certificate_serial, activation_id, state, prepared_digest, sealed_content, form, \
             masked_patient, unit_code, unit_name_th, unit_name_en, exam_date, valid_until, \
             recorded_at) values ($1, $2, $3, $4, $5, $6, $7, 'recorded', $8, $9, $10, $11, $12, \
             $13, $14, $15, $16, $17) on conflict do nothing",
        )
        .bind(&new.document_id)
        .bind(&new.code)
        .bind(&new.book)
        .bind(&new.number)
        .bind(&new.content_digest)
        .bind(&new.certificate_serial)
        .bind(&new.activation_id)
        .bind(&new.prepared_digest)
        .bind(&new.sealed_content)
        .bind(&new.form)
        .bind(&new.masked_patient)
        .bind(&new.unit_code)
        .bind(&new.unit_name_th)
        .bind(&new.unit_name_en)
        .bind(&new.exam_date)
        .bind(&new.valid_until)
        .bind(new.recorded_at)
        .execute(self.connection())
        .await?;
        match self.document(&new.document_id).await? {
            Some(row) if done.rows_affected() == 1 => Ok(Recorded::New(row)),
            Some(row)
                if row.content_digest == new.content_digest && row.certificate_serial == new.certificate_serial =>
            {
                Ok(Recorded::Already(row))
            }
            _ => Err(Error::Conflict { table: "document" }),
        }
    }

    /// Stores the signed file (sealed) and forgets the content. Returns what is stored: the
    /// one signed first, if two signed at once.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was never recorded.
    pub async fn complete_document(
        &mut self,
        document_id: &str,
        sealed_file: &[u8],
        file_sha256: &str,
        at: i64,
    ) -> Result<Recorded<Document>, Error> {
        let done = sqlx::query(
            "update document set sealed_file = $1, file_sha256 = $2, signed_at = $3, \
             state = 'signed', sealed_content = null \
             where document_id = $4 and state = 'recorded'",
        )
        .bind(sealed_file)
        .bind(file_sha256)
        .bind(at)
        .bind(document_id)
        .execute(self.connection())
        .await?;
        match self.document(document_id).await? {
            Some(row) if done.rows_affected() == 1 => Ok(Recorded::New(row)),
            Some(row) => Ok(Recorded::Already(row)),
            None => Err(Error::Conflict { table: "document" }),
        }
    }

    /// Forgets the signed file, which the portal has stored; `false` if there was none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn forget_file(&mut self, document_id: &str) -> Result<bool, Error> {
        let done = sqlx::query(
            "update document set sealed_file = null \
             where document_id = $1 and state = 'signed' and sealed_file is not null",
        )
        .bind(document_id)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Documents recorded and not yet signed, oldest first: recovery signs them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unfinished_documents(&mut self) -> Result<Vec<Document>, Error> {
        let rows = sqlx::query_as(select!("where state = 'recorded' order by recorded_at, document_id"))
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }

    /// A document by its id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn document(&mut self, document_id: &str) -> Result<Option<Document>, Error> {
        let row = sqlx::query_as(select!("where document_id = $1"))
            .bind(document_id)
            .fetch_optional(self.connection())
            .await?;
        Ok(row)
    }

    /// A document by its verification code.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn document_by_code(&mut self, code: &str) -> Result<Option<Document>, Error> {
        let row = sqlx::query_as(select!("where code = $1")).bind(code).fetch_optional(self.connection()).await?;
        Ok(row)
    }

    /// A document by the digest of its signed file.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn document_by_file(&mut self, sha256: &str) -> Result<Option<Document>, Error> {
        let row =
            sqlx::query_as(select!("where file_sha256 = $1")).bind(sha256).fetch_optional(self.connection()).await?;
        Ok(row)
    }

    /// The documents an activation wills, in the order they were recorded.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn documents_of_activation(&mut self, activation_id: &str) -> Result<Vec<Document>, Error> {
        let rows = sqlx::query_as(select!("where activation_id = $1 order by recorded_at, document_id"))
            .bind(activation_id)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }
}
