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
    /// Algorithm of the signature, e.g. `ecdsa-p256`.
    pub scheme: String,
    /// The level it is to reach, `b-b` to `b-lta`.
    pub wanted_level: String,
    /// Octets kept free for the signature's time-stamp.
    pub stamp_room: i64,
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

impl NewDocument {
    /// The document as it stands once this is committed, without its sealed content.
    #[must_use]
    pub fn into_recorded(self) -> Document {
        Document {
            document_id: self.document_id,
            code: self.code,
            book: self.book,
            number: self.number,
            content_digest: self.content_digest,
            certificate_serial: self.certificate_serial,
            activation_id: self.activation_id,
            state: "recorded".to_owned(),
            prepared_digest: self.prepared_digest,
            scheme: self.scheme,
            wanted_level: self.wanted_level,
            stamp_room: self.stamp_room,
            level: None,
            waiting: None,
            refusal: None,
            sealed_content: None,
            sealed_file: None,
            file_sha256: None,
            proof_ends: None,
            proof_algorithm: None,
            form: self.form,
            masked_patient: self.masked_patient,
            unit_code: self.unit_code,
            unit_name_th: self.unit_name_th,
            unit_name_en: self.unit_name_en,
            exam_date: self.exam_date,
            valid_until: self.valid_until,
            recorded_at: self.recorded_at,
            signed_at: None,
        }
    }
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
    /// `recorded`, `signed` (waits to be lifted), `finished` or `refused`.
    pub state: String,
    /// SHA-256 of the bytes to be signed, hexadecimal.
    pub prepared_digest: String,
    /// Algorithm of the signature.
    pub scheme: String,
    /// The level it is to reach.
    pub wanted_level: String,
    /// Octets kept free for the signature's time-stamp.
    pub stamp_room: i64,
    /// The level reached; none before it is signed.
    pub level: Option<String>,
    /// What it waits for.
    pub waiting: Option<String>,
    /// Why it will never be finished, JSON.
    pub refusal: Option<String>,
    /// The content, sealed by the token; forgotten when it is signed or refused.
    pub sealed_content: Option<Vec<u8>>,
    /// The newest file, sealed by the token; handed out and forgotten only when it is finished.
    pub sealed_file: Option<Vec<u8>>,
    /// SHA-256 of the newest file, hexadecimal.
    pub file_sha256: Option<String>,
    /// Until when the newest time-stamp proves it.
    pub proof_ends: Option<i64>,
    /// The digest that time-stamp is over, e.g. `sha256`.
    pub proof_algorithm: Option<String>,
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

/// A file that may be handed out, and how long it proves itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FinishedFile<'a> {
    /// The file, sealed by the token.
    pub sealed: &'a [u8],
    /// Its SHA-256, hexadecimal.
    pub sha256: &'a str,
    /// Its level.
    pub level: &'a str,
    /// Until when its newest time-stamp proves it, and the digest that one is over.
    pub proof: Option<(i64, &'a str)>,
}

macro_rules! columns {
    ($sealed:literal, $rest:literal) => {
        concat!(
            "select document_id, code, book, number, content_digest, certificate_serial, \
             activation_id, state, prepared_digest, scheme, wanted_level, stamp_room, level, \
             waiting, refusal, ",
            $sealed,
            ", file_sha256, proof_ends, proof_algorithm, form, masked_patient, unit_code, unit_name_th, \
             unit_name_en, exam_date, valid_until, recorded_at, signed_at from document ",
            $rest
        )
    };
}
pub(super) use columns;

macro_rules! select {
    ($rest:literal) => {
        columns!("sealed_content, sealed_file", $rest)
    };
}

// Content and file are a hundred thousand octets that most questions are not about.
macro_rules! select_facts {
    ($rest:literal) => {
        columns!("null as sealed_content, null as sealed_file", $rest)
    };
}
pub(super) use select_facts;

impl Tx {
    /// Records a document before it is signed. Commit, then sign.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id said something else before, or if the code or the number
    /// is taken.
    pub async fn record_document(&mut self, new: &NewDocument) -> Result<Recorded<()>, Error> {
        let done = sqlx::query(
            "insert into document (document_id, code, book, number, content_digest, \
             certificate_serial, activation_id, state, prepared_digest, sealed_content, form, \
             masked_patient, unit_code, unit_name_th, unit_name_en, exam_date, valid_until, \
             recorded_at, scheme, wanted_level, stamp_room) values ($1, $2, $3, $4, $5, $6, $7, \
             'recorded', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) \
             on conflict do nothing",
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
        .bind(&new.scheme)
        .bind(&new.wanted_level)
        .bind(new.stamp_room)
        .execute(self.connection())
        .await?;
        if done.rows_affected() == 1 {
            return Ok(Recorded::New(()));
        }
        match self.document_facts(&new.document_id).await? {
            Some(row)
                if row.content_digest == new.content_digest && row.certificate_serial == new.certificate_serial =>
            {
                Ok(Recorded::Already(()))
            }
            _ => Err(Error::Conflict { table: "document" }),
        }
    }

    /// Stores the finished file (sealed) as the first version, and forgets the content. `false` if
    /// the document is not in the state `from` (`recorded` or `signed`): what is stored stays.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the file is another document's.
    pub async fn finish_document(
        &mut self,
        document_id: &str,
        from: &str,
        file: FinishedFile<'_>,
        at: i64,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "update document set state = 'finished', level = $1, sealed_file = $2, file_sha256 = $3, proof_ends = $4, \
             proof_algorithm = $5, signed_at = coalesce(signed_at, $6), sealed_content = null, waiting = null \
             where document_id = $7 and state = $8 and state in ('recorded', 'signed')",
        )
        .bind(file.level)
        .bind(file.sealed)
        .bind(file.sha256)
        .bind(file.proof.map(|(ends, _)| ends))
        .bind(file.proof.map(|(_, algorithm)| algorithm))
        .bind(at)
        .bind(document_id)
        .bind(from)
        .execute(self.connection())
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        self.add_document_version(document_id, 1, file, at).await?;
        Ok(true)
    }

    /// Stores the signed file (sealed) of a document that cannot be lifted to its level yet, or what
    /// became of it since. `false` if it is not in the state `from`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn keep_signed(
        &mut self,
        document_id: &str,
        from: &str,
        sealed_file: &[u8],
        level: &str,
        waiting: &str,
        at: i64,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "update document set state = 'signed', level = $1, sealed_file = $2, waiting = $3, sealed_content = null, \
             signed_at = coalesce(signed_at, $4) where document_id = $5 and state = $6 and state in ('recorded', 'signed')",
        )
        .bind(level)
        .bind(sealed_file)
        .bind(waiting)
        .bind(at)
        .bind(document_id)
        .bind(from)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Says what an unfinished document waits for; `false` if that was said before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn let_document_wait(&mut self, document_id: &str, waiting: &str) -> Result<bool, Error> {
        let done = sqlx::query(
            "update document set waiting = $1 where document_id = $2 and state in ('recorded', 'signed') \
             and (waiting is null or waiting <> $1)",
        )
        .bind(waiting)
        .bind(document_id)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes down that an unfinished document will never be finished, and forgets its content.
    /// `false` if it was finished or refused before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn refuse_document(&mut self, document_id: &str, refusal: &str) -> Result<bool, Error> {
        let done = sqlx::query(
            "update document set state = 'refused', refusal = $1, waiting = null, sealed_content = null, \
             sealed_file = null where document_id = $2 and state in ('recorded', 'signed')",
        )
        .bind(refusal)
        .bind(document_id)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Forgets the finished file, which the portal has stored; `false` if there was none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn forget_file(&mut self, document_id: &str) -> Result<bool, Error> {
        let done = sqlx::query(
            "update document set sealed_file = null \
             where document_id = $1 and state = 'finished' and sealed_file is not null",
        )
        .bind(document_id)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Documents signed and not yet lifted to their level, oldest first, after the one given.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn documents_to_lift(&mut self, after: Option<(i64, &str)>, limit: i64) -> Result<Vec<Document>, Error> {
        let (at, id) = after.unwrap_or((i64::MIN, ""));
        let rows = sqlx::query_as(select!(
            "where state in ('recorded', 'signed') and level is not null \
             and (recorded_at > $1 or (recorded_at = $1 and document_id > $2)) \
             order by recorded_at, document_id limit $3"
        ))
        .bind(at)
        .bind(id)
        .bind(limit)
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

    /// A document by its id, without its sealed content and file.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn document_facts(&mut self, document_id: &str) -> Result<Option<Document>, Error> {
        let row = sqlx::query_as(select_facts!("where document_id = $1"))
            .bind(document_id)
            .fetch_optional(self.connection())
            .await?;
        Ok(row)
    }

    /// A document by its verification code, without its sealed content and file.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn document_by_code(&mut self, code: &str) -> Result<Option<Document>, Error> {
        let row = sqlx::query_as(select_facts!("where code = $1")).bind(code).fetch_optional(self.connection()).await?;
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

    /// How many documents an activation wills, and how many of them are past their signature.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn progress_of_activation(&mut self, activation_id: &str) -> Result<(i64, i64), Error> {
        let counted = sqlx::query_as(
            "select count(*), count(case when state <> 'recorded' then 1 end) from document where activation_id = $1",
        )
        .bind(activation_id)
        .fetch_one(self.connection())
        .await?;
        Ok(counted)
    }
}
