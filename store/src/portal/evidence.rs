//! Identity evidence and consents.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// One item of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// UUID.
    pub id: String,
    /// The person it is about.
    pub person_id: String,
    /// The request it belongs to.
    pub request_id: String,
    /// `document_seen`, `licence_check`, ….
    pub kind: String,
    /// The record, sealed.
    pub record_sealed: Vec<u8>,
    /// SHA-256 of the record, hexadecimal.
    pub record_sha256: String,
    /// Person who recorded it; empty for a system's own check.
    pub recorded_by: String,
    /// When.
    pub recorded_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct EvidenceRow {
    id: String,
    person_id: String,
    request_id: String,
    kind: String,
    record_sealed: Vec<u8>,
    record_sha256: String,
    recorded_by: String,
    recorded_at: i64,
}

/// A consent given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// UUID.
    pub id: String,
    /// Who gave it.
    pub person_id: String,
    /// Version of the notice.
    pub notice_version: String,
    /// SHA-256 of the notice's text, hexadecimal.
    pub notice_sha256: String,
    /// Purposes, a JSON array.
    pub purposes: String,
    /// Identity assurance level at that moment.
    pub ial: String,
    /// Authenticator assurance level at that moment.
    pub aal: String,
    /// How it was given, e.g. `portal`.
    pub channel: String,
    /// When.
    pub given_at: OffsetDateTime,
    /// When it was withdrawn.
    pub withdrawn_at: Option<OffsetDateTime>,
}

#[derive(sqlx::FromRow)]
struct ConsentRow {
    id: String,
    person_id: String,
    notice_version: String,
    notice_sha256: String,
    purposes: String,
    ial: String,
    aal: String,
    channel: String,
    given_at: i64,
    withdrawn_at: Option<i64>,
}

impl Tx {
    /// Adds an item of evidence.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id is taken.
    pub async fn add_evidence(&mut self, evidence: &Evidence) -> Result<(), Error> {
        let added = sqlx::query(
            "insert into evidence (id, person_id, request_id, kind, record_sealed, record_sha256, recorded_by, \
             recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
        )
        .bind(&evidence.id)
        .bind(&evidence.person_id)
        .bind(&evidence.request_id)
        .bind(&evidence.kind)
        .bind(&evidence.record_sealed)
        .bind(&evidence.record_sha256)
        .bind(&evidence.recorded_by)
        .bind(micros(evidence.recorded_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "evidence")
    }

    /// A request's evidence, oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn evidence_of(&mut self, request_id: &str) -> Result<Vec<Evidence>, Error> {
        let rows: Vec<EvidenceRow> = sqlx::query_as(
            "select id, person_id, request_id, kind, record_sealed, record_sha256, recorded_by, recorded_at \
             from evidence where request_id = $1 order by recorded_at, id",
        )
        .bind(request_id)
        .fetch_all(self.connection())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Evidence {
                id: row.id,
                person_id: row.person_id,
                request_id: row.request_id,
                kind: row.kind,
                record_sealed: row.record_sealed,
                record_sha256: row.record_sha256,
                recorded_by: row.recorded_by,
                recorded_at: instant(row.recorded_at),
            })
            .collect())
    }

    /// Adds a consent.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id is taken.
    pub async fn add_consent(&mut self, consent: &Consent) -> Result<(), Error> {
        let added = sqlx::query(
            "insert into consent (id, person_id, notice_version, notice_sha256, purposes, ial, aal, channel, \
             given_at, withdrawn_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, null) on conflict do nothing",
        )
        .bind(&consent.id)
        .bind(&consent.person_id)
        .bind(&consent.notice_version)
        .bind(&consent.notice_sha256)
        .bind(&consent.purposes)
        .bind(&consent.ial)
        .bind(&consent.aal)
        .bind(&consent.channel)
        .bind(micros(consent.given_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "consent")
    }

    /// A person's consent in force, the newest if there are several.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn consent_of(&mut self, person_id: &str) -> Result<Option<Consent>, Error> {
        let row: Option<ConsentRow> = sqlx::query_as(
            "select id, person_id, notice_version, notice_sha256, purposes, ial, aal, channel, given_at, \
             withdrawn_at from consent where person_id = $1 and withdrawn_at is null \
             order by given_at desc, id desc limit 1",
        )
        .bind(person_id)
        .fetch_optional(self.connection())
        .await?;
        Ok(row.map(|row| Consent {
            id: row.id,
            person_id: row.person_id,
            notice_version: row.notice_version,
            notice_sha256: row.notice_sha256,
            purposes: row.purposes,
            ial: row.ial,
            aal: row.aal,
            channel: row.channel,
            given_at: instant(row.given_at),
            withdrawn_at: row.withdrawn_at.map(instant),
        }))
    }

    /// Withdraws a person's consents. The number withdrawn.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn withdraw_consent(&mut self, person_id: &str, now: OffsetDateTime) -> Result<u64, Error> {
        Ok(sqlx::query("update consent set withdrawn_at = $2 where person_id = $1 and withdrawn_at is null")
            .bind(person_id)
            .bind(micros(now))
            .execute(self.connection())
            .await?
            .rows_affected())
    }
}
