//! Medical certificates from the draft to the stored file.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// Where a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentState {
    /// The doctor is writing.
    Draft,
    /// Number and code are allotted; it waits for the doctor's activation.
    Prepared,
    /// Signed, and the file is stored.
    Signed,
    /// Given up. A number once allotted is not used again.
    Abandoned,
    /// Erased at somebody's request: number, code and digest are left.
    Erased,
}

impl DocumentState {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Prepared => "prepared",
            Self::Signed => "signed",
            Self::Abandoned => "abandoned",
            Self::Erased => "erased",
        }
    }

    fn read(text: &str, id: &str) -> Result<Self, Error> {
        Ok(match text {
            "draft" => Self::Draft,
            "prepared" => Self::Prepared,
            "signed" => Self::Signed,
            "abandoned" => Self::Abandoned,
            "erased" => Self::Erased,
            _ => return Err(Error::Inconsistent { table: "document", column: "state", id: id.to_owned() }),
        })
    }
}

/// A medical certificate as the portal keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// UUID.
    pub id: String,
    /// The doctor.
    pub person_id: String,
    /// Code of the unit.
    pub unit_code: String,
    /// Form kind.
    pub form: String,
    /// Version of the form's definition.
    pub form_version: u32,
    /// Where it stands.
    pub state: DocumentState,
    /// A draft's fields or the prepared content, sealed JSON.
    pub content_sealed: Option<Vec<u8>>,
    /// เล่มที่; empty before it is prepared.
    pub book: String,
    /// เลขที่; empty before it is prepared.
    pub number: String,
    /// Verification code.
    pub code: Option<String>,
    /// Place of the encrypted file; empty before it is stored.
    pub object_path: String,
    /// Its data key, wrapped, hexadecimal.
    pub wrapped_key: String,
    /// SHA-256 of the signed file, hexadecimal.
    pub file_sha256: String,
    /// When it was begun.
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
    /// When it was prepared.
    pub prepared_at: Option<OffsetDateTime>,
    /// When it was signed.
    pub signed_at: Option<OffsetDateTime>,
    /// The program that brought it in; empty if the doctor began it.
    pub client_id: String,
}

/// Where a signed file was put.
#[derive(Debug, Clone, Copy)]
pub struct StoredFile<'a> {
    /// Place in the object store.
    pub object_path: &'a str,
    /// The data key, wrapped, hexadecimal.
    pub wrapped_key: &'a str,
    /// SHA-256 of the file in the clear, hexadecimal.
    pub file_sha256: &'a str,
    /// When it was signed.
    pub signed_at: OffsetDateTime,
}

/// What a document is given when it is prepared.
#[derive(Debug, Clone, Copy)]
pub struct Allotted<'a> {
    /// เล่มที่.
    pub book: &'a str,
    /// เลขที่.
    pub number: &'a str,
    /// Verification code.
    pub code: &'a str,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    person_id: String,
    unit_code: String,
    form: String,
    form_version: i64,
    state: String,
    content_sealed: Option<Vec<u8>>,
    book: String,
    number: String,
    code: Option<String>,
    object_path: String,
    wrapped_key: String,
    file_sha256: String,
    created_at: i64,
    updated_at: i64,
    prepared_at: Option<i64>,
    signed_at: Option<i64>,
    client_id: String,
}

impl TryFrom<Row> for Document {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let state = DocumentState::read(&row.state, &row.id)?;
        let form_version = u32::try_from(row.form_version).map_err(|_| Error::Inconsistent {
            table: "document",
            column: "form_version",
            id: row.id.clone(),
        })?;
        Ok(Self {
            id: row.id,
            person_id: row.person_id,
            unit_code: row.unit_code,
            form: row.form,
            form_version,
            state,
            content_sealed: row.content_sealed,
            book: row.book,
            number: row.number,
            code: row.code,
            object_path: row.object_path,
            wrapped_key: row.wrapped_key,
            file_sha256: row.file_sha256,
            created_at: instant(row.created_at),
            updated_at: instant(row.updated_at),
            prepared_at: row.prepared_at.map(instant),
            signed_at: row.signed_at.map(instant),
            client_id: row.client_id,
        })
    }
}

impl Tx {
    /// Adds a draft; book, number, code and file of `document` are not looked at.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id is taken.
    pub async fn add_draft(&mut self, document: &Document) -> Result<(), Error> {
        let added = sqlx::query(
            "insert into document (id, person_id, unit_code, form, form_version, state, content_sealed, book, number, \
             code, object_path, wrapped_key, file_sha256, created_at, updated_at, prepared_at, signed_at, client_id) \
             values ($1, $2, $3, $4, $5, 'draft', $6, '', '', null, '', '', '', $7, $7, null, null, $8) \
             on conflict do nothing",
        )
        .bind(&document.id)
        .bind(&document.person_id)
        .bind(&document.unit_code)
        .bind(&document.form)
        .bind(i64::from(document.form_version))
        .bind(document.content_sealed.clone())
        .bind(micros(document.created_at))
        .bind(&document.client_id)
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "document")
    }

    /// Writes a draft's fields. `false` if it is no longer a draft.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn save_draft(&mut self, id: &str, content_sealed: &[u8], now: OffsetDateTime) -> Result<bool, Error> {
        let changed =
            sqlx::query("update document set content_sealed = $2, updated_at = $3 where id = $1 and state = 'draft'")
                .bind(id)
                .bind(content_sealed.to_vec())
                .bind(micros(now))
                .execute(self.connection())
                .await?
                .rows_affected();
        Ok(changed == 1)
    }

    /// The next running number of a book, allotted for good.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn next_number(&mut self, book: &str) -> Result<i64, Error> {
        sqlx::query("insert into book (book, last_number) values ($1, 0) on conflict do nothing")
            .bind(book)
            .execute(self.connection())
            .await?;
        let (number,): (i64,) =
            sqlx::query_as("update book set last_number = last_number + 1 where book = $1 returning last_number")
                .bind(book)
                .fetch_one(self.connection())
                .await?;
        Ok(number)
    }

    /// Makes a draft a prepared document. `false` if it is no longer a draft, or its content no longer `before`:
    /// what was saved since would be lost.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Refused`] if the code is taken.
    pub async fn prepare_document(
        &mut self,
        id: &str,
        before: &[u8],
        content_sealed: &[u8],
        allotted: Allotted<'_>,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update document set state = 'prepared', content_sealed = $2, book = $3, number = $4, code = $5, \
             prepared_at = $6, updated_at = $6 where id = $1 and state = 'draft' and content_sealed = $7",
        )
        .bind(id)
        .bind(content_sealed.to_vec())
        .bind(allotted.book)
        .bind(allotted.number)
        .bind(allotted.code)
        .bind(micros(now))
        .bind(before.to_vec())
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Writes down that the document was signed and where its file lies. `false` if that was known.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn document_signed(
        &mut self,
        id: &str,
        file: StoredFile<'_>,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update document set state = 'signed', object_path = $2, wrapped_key = $3, file_sha256 = $4, \
             signed_at = $5, updated_at = $6 where id = $1 and state = 'prepared'",
        )
        .bind(id)
        .bind(file.object_path)
        .bind(file.wrapped_key)
        .bind(file.file_sha256)
        .bind(micros(file.signed_at))
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Puts the file that a renewal made of the file `from` in its place. `false` if `from` is not
    /// the newest any more, or the document was erased.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn document_renewed(
        &mut self,
        id: &str,
        from: &str,
        object_path: &str,
        file_sha256: &str,
    ) -> Result<bool, Error> {
        // What the doctor sees did not change: `updated_at` stays.
        let changed = sqlx::query(
            "update document set object_path = $3, file_sha256 = $4 \
             where id = $1 and state = 'signed' and file_sha256 = $2",
        )
        .bind(id)
        .bind(from)
        .bind(object_path)
        .bind(file_sha256)
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Makes a document that was prepared at `before` a draft again; number and code stay its own.
    /// `false` if it is no longer as it was prepared then.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn take_back_document(
        &mut self,
        id: &str,
        before: OffsetDateTime,
        content_sealed: &[u8],
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update document set state = 'draft', content_sealed = $3, updated_at = $4 \
             where id = $1 and state = 'prepared' and prepared_at = $2",
        )
        .bind(id)
        .bind(micros(before))
        .bind(content_sealed.to_vec())
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Gives up a document that was not signed. `false` if it was signed or given up before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn abandon_document(&mut self, id: &str, now: OffsetDateTime) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update document set state = 'abandoned', content_sealed = null, updated_at = $2 \
             where id = $1 and state in ('draft', 'prepared')",
        )
        .bind(id)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Blanks all that the row says of the patient. `false` if that was done before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn erase_document(&mut self, id: &str, now: OffsetDateTime) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update document set state = 'erased', content_sealed = null, object_path = '', wrapped_key = '', \
             updated_at = $2 where id = $1 and state <> 'erased'",
        )
        .bind(id)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// The document of this id.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn document(&mut self, id: &str) -> Result<Option<Document>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select id, person_id, unit_code, form, form_version, state, content_sealed, book, number, code, \
             object_path, wrapped_key, file_sha256, created_at, updated_at, prepared_at, signed_at, client_id \
             from document where id = $1",
        )
        .bind(id)
        .fetch_optional(self.connection())
        .await?;
        row.map(Document::try_from).transpose()
    }

    /// The document with this verification code.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn document_by_code(&mut self, code: &str) -> Result<Option<Document>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select id, person_id, unit_code, form, form_version, state, content_sealed, book, number, code, \
             object_path, wrapped_key, file_sha256, created_at, updated_at, prepared_at, signed_at, client_id \
             from document where code = $1",
        )
        .bind(code)
        .fetch_optional(self.connection())
        .await?;
        row.map(Document::try_from).transpose()
    }

    /// Documents that wait for the doctor's activation or were signed since, the newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn newest_prepared(&mut self, limit: u32) -> Result<Vec<Document>, Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, person_id, unit_code, form, form_version, state, content_sealed, book, number, code, \
             object_path, wrapped_key, file_sha256, created_at, updated_at, prepared_at, signed_at, client_id \
             from document where state = 'prepared' order by prepared_at desc, id desc limit $1",
        )
        .bind(i64::from(limit))
        .fetch_all(self.connection())
        .await?;
        rows.into_iter().map(Document::try_from).collect()
    }

    /// What waits to be finished or signed by a doctor, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn waiting_documents(&mut self, person_id: &str, limit: u32) -> Result<Vec<Document>, Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, person_id, unit_code, form, form_version, state, content_sealed, book, number, code, \
             object_path, wrapped_key, file_sha256, created_at, updated_at, prepared_at, signed_at, client_id \
             from document where person_id = $1 and state in ('draft', 'prepared') order by created_at, id limit $2",
        )
        .bind(person_id)
        .bind(i64::from(limit))
        .fetch_all(self.connection())
        .await?;
        rows.into_iter().map(Document::try_from).collect()
    }

    /// Gives a prepared document that nobody activated in time its content, number and signer anew.
    /// `false` if it is no longer as it was prepared at `before`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn prepare_again(
        &mut self,
        id: &str,
        before: OffsetDateTime,
        content_sealed: &[u8],
        book: &str,
        number: &str,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update document set content_sealed = $3, book = $4, number = $5, prepared_at = $6, updated_at = $6 \
             where id = $1 and state = 'prepared' and prepared_at = $2",
        )
        .bind(id)
        .bind(micros(before))
        .bind(content_sealed.to_vec())
        .bind(book)
        .bind(number)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// A doctor's documents, last changed first, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn documents_of(&mut self, person_id: &str, limit: u32) -> Result<Vec<Document>, Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, person_id, unit_code, form, form_version, state, content_sealed, book, number, code, \
             object_path, wrapped_key, file_sha256, created_at, updated_at, prepared_at, signed_at, client_id \
             from document where person_id = $1 and state <> 'abandoned' order by updated_at desc, id desc limit $2",
        )
        .bind(person_id)
        .bind(i64::from(limit))
        .fetch_all(self.connection())
        .await?;
        rows.into_iter().map(Document::try_from).collect()
    }
}
