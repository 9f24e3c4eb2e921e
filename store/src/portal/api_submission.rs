//! What programs brought in: the tie between a document and the program's own id of it.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// Why a submission came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubmissionEnd {
    /// The doctor would not sign it.
    Rejected,
    /// The program took it back.
    Withdrawn,
    /// Nobody signed it in time.
    Expired,
}

impl SubmissionEnd {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    fn read(text: &str, id: &str) -> Result<Option<Self>, Error> {
        Ok(match text {
            "" => None,
            "rejected" => Some(Self::Rejected),
            "withdrawn" => Some(Self::Withdrawn),
            "expired" => Some(Self::Expired),
            _ => return Err(Error::Inconsistent { table: "api_submission", column: "ended", id: id.to_owned() }),
        })
    }
}

/// A document that a program brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The document.
    pub document_id: String,
    /// The program.
    pub client_id: String,
    /// The program's own id of it.
    pub external_id: String,
    /// Keyed digest of what was sent.
    pub content_digest: String,
    /// When it was sent.
    pub submitted_at: OffsetDateTime,
    /// When the doctor opened it first.
    pub taken_up_at: Option<OffsetDateTime>,
    /// When a draft ends that nobody signed.
    pub expires_at: OffsetDateTime,
    /// How it ended without a signature, if it did.
    pub ended: Option<SubmissionEnd>,
    /// Code of the doctor's reason; empty unless rejected.
    pub reason: String,
}

/// A line of a program's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionLine {
    /// The document.
    pub document_id: String,
    /// When anything about it was changed last.
    pub updated_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Row {
    document_id: String,
    client_id: String,
    external_id: String,
    content_digest: String,
    submitted_at: i64,
    taken_up_at: Option<i64>,
    expires_at: i64,
    ended: String,
    reason: String,
}

impl TryFrom<Row> for Submission {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            ended: SubmissionEnd::read(&row.ended, &row.document_id)?,
            document_id: row.document_id,
            client_id: row.client_id,
            external_id: row.external_id,
            content_digest: row.content_digest,
            submitted_at: instant(row.submitted_at),
            taken_up_at: row.taken_up_at.map(instant),
            expires_at: instant(row.expires_at),
            reason: row.reason,
        })
    }
}

impl Tx {
    /// Adds a submission, its document before it. `false` if the program used the external id before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn add_submission(&mut self, submission: &Submission) -> Result<bool, Error> {
        let added = sqlx::query(
            "insert into api_submission (document_id, client_id, external_id, content_digest, submitted_at, \
             taken_up_at, expires_at, ended, reason, ended_at) values ($1, $2, $3, $4, $5, null, $6, '', '', null) \
             on conflict do nothing",
        )
        .bind(&submission.document_id)
        .bind(&submission.client_id)
        .bind(&submission.external_id)
        .bind(&submission.content_digest)
        .bind(micros(submission.submitted_at))
        .bind(micros(submission.expires_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(added == 1)
    }

    /// The submission of a document, if a program brought it in.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn submission(&mut self, document_id: &str) -> Result<Option<Submission>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select document_id, client_id, external_id, content_digest, submitted_at, taken_up_at, expires_at, \
             ended, reason from api_submission where document_id = $1",
        )
        .bind(document_id)
        .fetch_optional(self.connection())
        .await?;
        row.map(Submission::try_from).transpose()
    }

    /// The submission that a program knows by this id.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn submission_by_external_id(
        &mut self,
        client_id: &str,
        external_id: &str,
    ) -> Result<Option<Submission>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select document_id, client_id, external_id, content_digest, submitted_at, taken_up_at, expires_at, \
             ended, reason from api_submission where client_id = $1 and external_id = $2",
        )
        .bind(client_id)
        .bind(external_id)
        .fetch_optional(self.connection())
        .await?;
        row.map(Submission::try_from).transpose()
    }

    /// A program's documents changed after `after` (instant and document id) and not after `until`,
    /// first changed first, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn submissions_changed(
        &mut self,
        client_id: &str,
        after: (OffsetDateTime, &str),
        until: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<SubmissionLine>, Error> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "select id, updated_at from document where client_id = $1 and updated_at <= $4 \
             and (updated_at > $2 or (updated_at = $2 and id > $3)) order by updated_at, id limit $5",
        )
        .bind(client_id)
        .bind(micros(after.0))
        .bind(after.1)
        .bind(micros(until))
        .bind(i64::from(limit))
        .fetch_all(self.connection())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(document_id, updated_at)| SubmissionLine { document_id, updated_at: instant(updated_at) })
            .collect())
    }

    /// Writes down that the doctor opened it; the first time counts. `false` if it was known, or
    /// no program brought the document in.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn take_up_submission(&mut self, document_id: &str, now: OffsetDateTime) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update api_submission set taken_up_at = $2 where document_id = $1 and taken_up_at is null and ended = ''",
        )
        .bind(document_id)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Ends a submission whose document is still a draft, and gives the document up. A program can
    /// withdraw only what nobody opened. `false` if it is past that: the transaction must then be
    /// dropped.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end_submission(
        &mut self,
        document_id: &str,
        end: SubmissionEnd,
        reason: &str,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        // The document first: whoever prepares it meanwhile waits here, and finds it given up.
        let given_up = sqlx::query(
            "update document set state = 'abandoned', content_sealed = null, updated_at = $2 \
             where id = $1 and state = 'draft'",
        )
        .bind(document_id)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        if given_up != 1 {
            return Ok(false);
        }
        let sql = match end {
            SubmissionEnd::Withdrawn => {
                "update api_submission set ended = $2, reason = $3, ended_at = $4 where document_id = $1 \
                 and ended = '' and taken_up_at is null"
            }
            SubmissionEnd::Rejected | SubmissionEnd::Expired => {
                "update api_submission set ended = $2, reason = $3, ended_at = $4 where document_id = $1 and ended = ''"
            }
        };
        let ended = sqlx::query(sql)
            .bind(document_id)
            .bind(end.as_str())
            .bind(reason)
            .bind(micros(now))
            .execute(self.connection())
            .await?
            .rows_affected();
        Ok(ended == 1)
    }

    /// Ends a submission whose document can never be signed; the document stays, for its doctor to see why.
    /// `false` if it had ended.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn refuse_submission(
        &mut self,
        document_id: &str,
        reason: &str,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let ended = sqlx::query(
            "update api_submission set ended = $2, reason = $3, ended_at = $4 where document_id = $1 and ended = ''",
        )
        .bind(document_id)
        .bind(SubmissionEnd::Rejected.as_str())
        .bind(reason)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        // What changed is listed by its document's time.
        sqlx::query("update document set updated_at = $2 where id = $1 and updated_at < $2")
            .bind(document_id)
            .bind(micros(now))
            .execute(self.connection())
            .await?;
        Ok(ended == 1)
    }

    /// Gives what is brought in and not ended time until then, if it has less.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn prolong_submission(&mut self, document_id: &str, until: OffsetDateTime) -> Result<(), Error> {
        sqlx::query(
            "update api_submission set expires_at = $2 where document_id = $1 and ended = '' and expires_at < $2",
        )
        .bind(document_id)
        .bind(micros(until))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Documents of drafts that ended by `now` and were not signed, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn submissions_over(&mut self, now: OffsetDateTime, limit: u32) -> Result<Vec<String>, Error> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "select s.document_id from api_submission s join document d on d.id = s.document_id \
             where s.ended = '' and s.expires_at <= $1 and d.state = 'draft' order by s.expires_at limit $2",
        )
        .bind(micros(now))
        .bind(i64::from(limit))
        .fetch_all(self.connection())
        .await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }
}
