//! Officers and the unit they act for.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// An officer's appointment, signed by the binding key.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Appointment {
    /// UUID of the appointment.
    pub appointment_id: String,
    /// The portal's id of the officer.
    pub person_id: String,
    /// Keyed digest of the national ID, hexadecimal: tells natural persons apart.
    pub identity_digest: String,
    /// `ra_officer` or `evidence_officer`.
    pub role: String,
    /// Unit code.
    pub unit_code: String,
    /// Name in Thai.
    pub name_th: String,
    /// Name in English.
    pub name_en: String,
    /// The statement that is signed, JSON.
    pub statement: String,
    /// Signature by the binding key.
    pub signature: Vec<u8>,
    /// Person id of who appointed; `ceremony` for the first two.
    pub appointed_by: String,
    /// When.
    pub at: i64,
    /// When it ended, if it did: for reading only, the statement in [`AppointmentEnd`] counts.
    pub ended_at: Option<i64>,
}

/// The end of an appointment, signed by the binding key.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AppointmentEnd {
    /// UUID of the appointment.
    pub appointment_id: String,
    /// The activation that ended it.
    pub ended_by: String,
    /// The statement that is signed, JSON.
    pub statement: String,
    /// Signature by the binding key.
    pub signature: Vec<u8>,
    /// When.
    pub at: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select appointment_id, person_id, identity_digest, role, unit_code, name_th, \
             name_en, statement, signature, appointed_by, at, ended_at from appointment ",
            $rest
        )
    };
}

impl Tx {
    /// Stores an appointment; `false` if the same statement was stored before.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id was used for another statement.
    pub async fn insert_appointment(&mut self, row: &Appointment) -> Result<bool, Error> {
        let done = sqlx::query(
            "insert into appointment (appointment_id, person_id, identity_digest, role, \
             unit_code, name_th, name_en, statement, signature, appointed_by, at, ended_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing",
        )
        .bind(&row.appointment_id)
        .bind(&row.person_id)
        .bind(&row.identity_digest)
        .bind(&row.role)
        .bind(&row.unit_code)
        .bind(&row.name_th)
        .bind(&row.name_en)
        .bind(&row.statement)
        .bind(&row.signature)
        .bind(&row.appointed_by)
        .bind(row.at)
        .bind(row.ended_at)
        .execute(self.connection())
        .await?;
        if done.rows_affected() == 1 {
            return Ok(true);
        }
        match self.appointment(&row.appointment_id).await? {
            Some(stored) if stored.statement == row.statement => Ok(false),
            _ => Err(Error::Conflict { table: "appointment" }),
        }
    }

    /// An appointment by its id, in force or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn appointment(&mut self, id: &str) -> Result<Option<Appointment>, Error> {
        let row =
            sqlx::query_as(select!("where appointment_id = $1")).bind(id).fetch_optional(self.connection()).await?;
        Ok(row)
    }

    /// A person's appointments, ended or not, oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn appointments_of(&mut self, person_id: &str) -> Result<Vec<Appointment>, Error> {
        let rows = sqlx::query_as(select!("where person_id = $1 order by at, appointment_id"))
            .bind(person_id)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }

    /// A unit's appointments in a role, ended or not, oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn appointments_at(&mut self, unit_code: &str, role: &str) -> Result<Vec<Appointment>, Error> {
        let rows = sqlx::query_as(select!("where unit_code = $1 and role = $2 order by at, appointment_id"))
            .bind(unit_code)
            .bind(role)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }

    /// What ended an appointment, if anything did.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn appointment_end(&mut self, appointment_id: &str) -> Result<Option<AppointmentEnd>, Error> {
        let row = sqlx::query_as(
            "select appointment_id, ended_by, statement, signature, at from appointment_end where appointment_id = $1",
        )
        .bind(appointment_id)
        .fetch_optional(self.connection())
        .await?;
        Ok(row)
    }

    /// How often the ledger notes something of a kind about a subject: what stood once in the ledger cannot
    /// be taken out of a table unseen.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn times_noted(&mut self, subject: &str, kind: &str) -> Result<i64, Error> {
        let (count,): (i64,) = sqlx::query_as("select count(*) from ledger_entry where subject = $1 and kind = $2")
            .bind(subject)
            .bind(kind)
            .fetch_one(self.connection())
            .await?;
        Ok(count)
    }

    /// Others that end or suspend officers wait for this transaction.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn lock_officers(&mut self) -> Result<(), Error> {
        self.lock_counter("officers").await.map(drop)
    }

    /// Ends an appointment; `false` if it was ended before.
    ///
    /// # Errors
    /// [`Error::Refused`] for an unknown appointment.
    pub async fn end_appointment(&mut self, end: &AppointmentEnd) -> Result<bool, Error> {
        let done = sqlx::query(
            "insert into appointment_end (appointment_id, ended_by, statement, signature, at) \
             values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(&end.appointment_id)
        .bind(&end.ended_by)
        .bind(&end.statement)
        .bind(&end.signature)
        .bind(end.at)
        .execute(self.connection())
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        sqlx::query("update appointment set ended_at = $1 where appointment_id = $2 and ended_at is null")
            .bind(end.at)
            .bind(&end.appointment_id)
            .execute(self.connection())
            .await?;
        Ok(true)
    }
}
