//! A doctor's request for a certificate.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestState {
    /// The doctor is filling it in, or the evidence officer has still to see them.
    Draft,
    /// Waits for the RA officer.
    Submitted,
    /// The RA officer gave it back to be put right.
    Returned,
    /// Refused for good.
    Rejected,
    /// The certificate was issued.
    Issued,
}

impl RequestState {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Returned => "returned",
            Self::Rejected => "rejected",
            Self::Issued => "issued",
        }
    }

    fn read(text: &str, id: &str) -> Result<Self, Error> {
        Ok(match text {
            "draft" => Self::Draft,
            "submitted" => Self::Submitted,
            "returned" => Self::Returned,
            "rejected" => Self::Rejected,
            "issued" => Self::Issued,
            _ => {
                return Err(Error::Inconsistent { table: "doctor_request", column: "state", id: id.to_owned() });
            }
        })
    }
}

/// A doctor's request for a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorRequest {
    /// UUID.
    pub id: String,
    /// The doctor.
    pub person_id: String,
    /// Code of the unit the doctor works at.
    pub unit_code: String,
    /// Where it stands.
    pub state: RequestState,
    /// What the certificate should say, sealed JSON.
    pub claims_sealed: Vec<u8>,
    /// Keyed digest of the national ID.
    pub identity_digest: String,
    /// When it was begun.
    pub created_at: OffsetDateTime,
    /// When it went to the RA officer.
    pub submitted_at: Option<OffsetDateTime>,
    /// When it was decided.
    pub decided_at: Option<OffsetDateTime>,
    /// Person who decided; empty while nobody has.
    pub decided_by: String,
    /// Reason given for a return or a rejection, sealed.
    pub reason_sealed: Option<Vec<u8>>,
    /// Serial of the certificate; empty before.
    pub certificate_serial: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    person_id: String,
    unit_code: String,
    state: String,
    claims_sealed: Vec<u8>,
    identity_digest: String,
    created_at: i64,
    submitted_at: Option<i64>,
    decided_at: Option<i64>,
    decided_by: String,
    reason_sealed: Option<Vec<u8>>,
    certificate_serial: String,
}

impl TryFrom<Row> for DoctorRequest {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let state = RequestState::read(&row.state, &row.id)?;
        Ok(Self {
            id: row.id,
            person_id: row.person_id,
            unit_code: row.unit_code,
            state,
            claims_sealed: row.claims_sealed,
            identity_digest: row.identity_digest,
            created_at: instant(row.created_at),
            submitted_at: row.submitted_at.map(instant),
            decided_at: row.decided_at.map(instant),
            decided_by: row.decided_by,
            reason_sealed: row.reason_sealed,
            certificate_serial: row.certificate_serial,
        })
    }
}

impl Tx {
    /// Adds a request in the state `draft`.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id is taken.
    pub async fn add_request(&mut self, request: &DoctorRequest) -> Result<(), Error> {
        let added = sqlx::query(
            "insert into doctor_request (id, person_id, unit_code, state, claims_sealed, identity_digest, created_at, \
             updated_at, submitted_at, decided_at, decided_by, reason_sealed, certificate_serial) \
             values ($1, $2, $3, 'draft', $4, $5, $6, $6, null, null, '', null, '') on conflict do nothing",
        )
        .bind(&request.id)
        .bind(&request.person_id)
        .bind(&request.unit_code)
        .bind(&request.claims_sealed)
        .bind(&request.identity_digest)
        .bind(micros(request.created_at))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "doctor_request")
    }

    /// The request of this id.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn request(&mut self, id: &str) -> Result<Option<DoctorRequest>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select id, person_id, unit_code, state, claims_sealed, identity_digest, created_at, submitted_at, \
             decided_at, decided_by, reason_sealed, certificate_serial from doctor_request where id = $1",
        )
        .bind(id)
        .fetch_optional(self.connection())
        .await?;
        row.map(DoctorRequest::try_from).transpose()
    }

    /// The request a certificate was issued for.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn request_of_certificate(&mut self, serial: &str) -> Result<Option<DoctorRequest>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select id, person_id, unit_code, state, claims_sealed, identity_digest, created_at, submitted_at, \
             decided_at, decided_by, reason_sealed, certificate_serial from doctor_request \
             where certificate_serial = $1 and state = 'issued'",
        )
        .bind(serial)
        .fetch_optional(self.connection())
        .await?;
        row.map(DoctorRequest::try_from).transpose()
    }

    /// Issued requests whose certificate's licence was not asked for since `before`, or in vain and
    /// not since `in_vain_before`; those never asked first, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn requests_to_ask_again(
        &mut self,
        before: OffsetDateTime,
        in_vain_before: OffsetDateTime,
        limit: i64,
    ) -> Result<Vec<DoctorRequest>, Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "select r.id, r.person_id, r.unit_code, r.state, r.claims_sealed, r.identity_digest, r.created_at, \
             r.submitted_at, r.decided_at, r.decided_by, r.reason_sealed, r.certificate_serial \
             from doctor_request r left join licence_check c on c.certificate_serial = r.certificate_serial \
             where r.state = 'issued' and r.certificate_serial <> '' and (c.asked_at is null \
             or (c.asked_at < $1 and c.result <> 'over') or (c.asked_at < $2 and c.result = 'unreachable')) \
             order by coalesce(c.asked_at, 0), r.id limit $3",
        )
        .bind(micros(before))
        .bind(micros(in_vain_before))
        .bind(limit)
        .fetch_all(self.connection())
        .await?;
        rows.into_iter().map(DoctorRequest::try_from).collect()
    }

    /// A person's newest request.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn latest_request(&mut self, person_id: &str) -> Result<Option<DoctorRequest>, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select id, person_id, unit_code, state, claims_sealed, identity_digest, created_at, submitted_at, \
             decided_at, decided_by, reason_sealed, certificate_serial from doctor_request \
             where person_id = $1 order by created_at desc, id desc limit 1",
        )
        .bind(person_id)
        .fetch_optional(self.connection())
        .await?;
        row.map(DoctorRequest::try_from).transpose()
    }

    /// Every request of a unit that a certificate was issued for, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn issued_requests_of_unit(&mut self, unit_code: &str) -> Result<Vec<DoctorRequest>, Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, person_id, unit_code, state, claims_sealed, identity_digest, created_at, submitted_at, \
             decided_at, decided_by, reason_sealed, certificate_serial from doctor_request \
             where unit_code = $1 and state = 'issued' order by created_at desc, id desc",
        )
        .bind(unit_code)
        .fetch_all(self.connection())
        .await?;
        rows.into_iter().map(DoctorRequest::try_from).collect()
    }

    /// A unit's requests in one state, oldest first, at most 200.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn requests_of_unit(
        &mut self,
        unit_code: &str,
        state: RequestState,
    ) -> Result<Vec<DoctorRequest>, Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, person_id, unit_code, state, claims_sealed, identity_digest, created_at, submitted_at, \
             decided_at, decided_by, reason_sealed, certificate_serial from doctor_request \
             where unit_code = $1 and state = $2 order by created_at limit 200",
        )
        .bind(unit_code)
        .bind(state.as_str())
        .fetch_all(self.connection())
        .await?;
        rows.into_iter().map(DoctorRequest::try_from).collect()
    }

    /// Writes new claims into a request the doctor still holds.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the doctor no longer holds it.
    pub async fn update_claims(
        &mut self,
        id: &str,
        claims_sealed: &[u8],
        identity_digest: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let changed = sqlx::query(
            "update doctor_request set claims_sealed = $2, identity_digest = $3, updated_at = $4 \
             where id = $1 and state in ('draft', 'returned')",
        )
        .bind(id)
        .bind(claims_sealed.to_vec())
        .bind(identity_digest)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(changed, "doctor_request")
    }

    /// Sends a request to the RA officer. `false` if it was not in the doctor's hands.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn submit_request(&mut self, id: &str, now: OffsetDateTime) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update doctor_request set state = 'submitted', submitted_at = $2, updated_at = $2, reason_sealed = null \
             where id = $1 and state in ('draft', 'returned')",
        )
        .bind(id)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Returns or rejects a submitted request. `false` if it was decided before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn decide_request(
        &mut self,
        id: &str,
        state: RequestState,
        decided_by: &str,
        reason_sealed: &[u8],
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update doctor_request set state = $2, decided_by = $3, reason_sealed = $4, decided_at = $5, \
             updated_at = $5 where id = $1 and state = 'submitted'",
        )
        .bind(id)
        .bind(state.as_str())
        .bind(decided_by)
        .bind(reason_sealed.to_vec())
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Writes down that the signer issued the certificate. `false` if that was known.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn request_issued(
        &mut self,
        id: &str,
        serial: &str,
        approved_by: &str,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        // From whatever state: the signer's journal is the truth, this row follows it.
        let changed = sqlx::query(
            "update doctor_request set state = 'issued', certificate_serial = $2, decided_by = $3, decided_at = $4, \
             updated_at = $4 where id = $1 and state <> 'issued'",
        )
        .bind(id)
        .bind(serial)
        .bind(approved_by)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }
}
