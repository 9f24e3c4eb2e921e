//! Lost passkeys: what is to take their place, and which officers approved it.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// What officers approve for a person whose passkey is lost.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CredentialReplacement {
    /// UUID of the request.
    pub request_id: String,
    /// The portal's id of the person.
    pub person_id: String,
    /// Version of the person's bindings it is about.
    pub after_version: i64,
    /// The content, JSON.
    pub content: String,
    /// Its digest, hexadecimal.
    pub content_sha256: String,
    /// When it was first approved.
    pub at: i64,
}

/// An officer's approval, signed by the binding key.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReplacementApproval {
    /// The activation it rests on.
    pub activation_id: String,
    /// UUID of the request.
    pub request_id: String,
    /// The portal's id of the officer.
    pub officer_id: String,
    /// The statement that is signed, JSON.
    pub statement: String,
    /// Signature by the binding key.
    pub signature: Vec<u8>,
    /// When.
    pub at: i64,
}

/// What the two operators approved with the root's token.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OperatorsApproval {
    /// SHA-256 of the transcript, hexadecimal.
    pub transcript_sha256: String,
    /// UUID of the request.
    pub request_id: String,
    /// The statement that is signed, JSON.
    pub statement: String,
    /// Signature by the binding key.
    pub signature: Vec<u8>,
    /// The transcript.
    pub transcript: String,
    /// The root's signature over it.
    pub transcript_signature: Vec<u8>,
    /// When.
    pub at: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select r.request_id, r.person_id, r.after_version, r.content, r.content_sha256, r.at \
             from credential_replacement r ",
            $rest
        )
    };
}

impl Tx {
    /// Stores a request when it is first approved; the same again is no change.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id was used for other content.
    pub async fn insert_replacement(&mut self, row: &CredentialReplacement) -> Result<(), Error> {
        sqlx::query(
            "insert into credential_replacement (request_id, person_id, after_version, content, content_sha256, at) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(&row.request_id)
        .bind(&row.person_id)
        .bind(row.after_version)
        .bind(&row.content)
        .bind(&row.content_sha256)
        .bind(row.at)
        .execute(self.connection())
        .await?;
        match self.replacement(&row.request_id).await? {
            Some(stored) if stored.content == row.content => Ok(()),
            _ => Err(Error::Conflict { table: "credential_replacement" }),
        }
    }

    /// A request by its id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn replacement(&mut self, request_id: &str) -> Result<Option<CredentialReplacement>, Error> {
        let row = sqlx::query_as(select!("where r.request_id = $1"))
            .bind(request_id)
            .fetch_optional(self.connection())
            .await?;
        Ok(row)
    }

    /// The newest requests for a person, at most 20.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn replacements_of(&mut self, person_id: &str) -> Result<Vec<CredentialReplacement>, Error> {
        let rows = sqlx::query_as(select!("where r.person_id = $1 order by r.at desc, r.request_id limit 20"))
            .bind(person_id)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }

    /// Requests about the present version of their person's bindings, oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn open_replacements(&mut self, limit: i64) -> Result<Vec<CredentialReplacement>, Error> {
        let rows = sqlx::query_as(select!(
            "where r.after_version = (select max(b.version) from binding b where b.person_id = r.person_id) \
             order by r.at, r.request_id limit $1"
        ))
        .bind(limit)
        .fetch_all(self.connection())
        .await?;
        Ok(rows)
    }

    /// Stores an approval; `false` if it is stored already.
    ///
    /// # Errors
    /// [`Error::Refused`] for an unknown request or activation.
    pub async fn insert_approval(&mut self, row: &ReplacementApproval) -> Result<bool, Error> {
        let done = sqlx::query(
            "insert into replacement_approval (activation_id, request_id, officer_id, statement, signature, at) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(&row.activation_id)
        .bind(&row.request_id)
        .bind(&row.officer_id)
        .bind(&row.statement)
        .bind(&row.signature)
        .bind(row.at)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The approvals of a request, oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn approvals_of(&mut self, request_id: &str) -> Result<Vec<ReplacementApproval>, Error> {
        let rows = sqlx::query_as(
            "select activation_id, request_id, officer_id, statement, signature, at from replacement_approval \
             where request_id = $1 order by at, activation_id",
        )
        .bind(request_id)
        .fetch_all(self.connection())
        .await?;
        Ok(rows)
    }

    /// Stores what the operators approved.
    ///
    /// # Errors
    /// [`Error::Refused`] for an unknown request.
    pub async fn insert_operators_approval(&mut self, row: &OperatorsApproval) -> Result<(), Error> {
        sqlx::query(
            "insert into operators_approval (transcript_sha256, request_id, statement, signature, transcript, \
             transcript_signature, at) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        )
        .bind(&row.transcript_sha256)
        .bind(&row.request_id)
        .bind(&row.statement)
        .bind(&row.signature)
        .bind(&row.transcript)
        .bind(&row.transcript_signature)
        .bind(row.at)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// What the operators approved of a request.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn operators_approvals(&mut self, request_id: &str) -> Result<Vec<OperatorsApproval>, Error> {
        let rows = sqlx::query_as(
            "select transcript_sha256, request_id, statement, signature, transcript, transcript_signature, at \
             from operators_approval where request_id = $1 order by at, transcript_sha256",
        )
        .bind(request_id)
        .fetch_all(self.connection())
        .await?;
        Ok(rows)
    }
}
