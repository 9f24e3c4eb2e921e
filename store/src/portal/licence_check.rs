//! What the council last said about the licence behind a certificate.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicenceResult {
    /// Active, and of the same person.
    Active,
    /// Suspended, withdrawn or ended.
    NotActive,
    /// The answer fits no active licence of this person, and says of none that it is not active.
    Unclear,
    /// No answer.
    Unreachable,
    /// The doctor no longer consents to asking.
    NotPermitted,
    /// The certificate is over: nobody asks any more.
    Over,
}

impl LicenceResult {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::NotActive => "not_active",
            Self::Unclear => "unclear",
            Self::Unreachable => "unreachable",
            Self::NotPermitted => "not_permitted",
            Self::Over => "over",
        }
    }

    fn read(text: &str, serial: &str) -> Result<Self, Error> {
        Ok(match text {
            "active" => Self::Active,
            "not_active" => Self::NotActive,
            "unclear" => Self::Unclear,
            "unreachable" => Self::Unreachable,
            "not_permitted" => Self::NotPermitted,
            "over" => Self::Over,
            _ => {
                let id = serial.to_owned();
                return Err(Error::Inconsistent { table: "licence_check", column: "result", id });
            }
        })
    }

    fn is_an_answer(self) -> bool {
        matches!(self, Self::Active | Self::NotActive | Self::Unclear)
    }
}

/// The last check of the licence behind a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenceCheck {
    /// What came of it.
    pub result: LicenceResult,
    /// When the council was last asked.
    pub asked_at: OffsetDateTime,
    /// When it last answered, if it ever did.
    pub answered_at: Option<OffsetDateTime>,
    /// Since when every answer was other than active.
    pub not_active_since: Option<OffsetDateTime>,
}

impl Tx {
    /// Writes down what came of asking now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn record_licence_check(
        &mut self,
        serial: &str,
        result: LicenceResult,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let answered = result.is_an_answer().then(|| micros(now));
        let not_active = (result == LicenceResult::NotActive).then(|| micros(now));
        // Silence changes neither what was last answered nor since when it is so.
        sqlx::query(
            "insert into licence_check (certificate_serial, result, asked_at, answered_at, not_active_since) \
             values ($1, $2, $3, $4, $5) on conflict (certificate_serial) do update set \
             result = excluded.result, asked_at = excluded.asked_at, \
             answered_at = coalesce(excluded.answered_at, licence_check.answered_at), \
             not_active_since = case when excluded.result = 'active' then null \
             else coalesce(licence_check.not_active_since, excluded.not_active_since) end",
        )
        .bind(serial)
        .bind(result.as_str())
        .bind(micros(now))
        .bind(answered)
        .bind(not_active)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The last check of the licence behind a certificate.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Inconsistent`].
    pub async fn licence_check(&mut self, serial: &str) -> Result<Option<LicenceCheck>, Error> {
        let row: Option<(String, i64, Option<i64>, Option<i64>)> = sqlx::query_as(
            "select result, asked_at, answered_at, not_active_since from licence_check where certificate_serial = $1",
        )
        .bind(serial)
        .fetch_optional(self.connection())
        .await?;
        row.map(|(result, asked_at, answered_at, not_active_since)| {
            Ok(LicenceCheck {
                result: LicenceResult::read(&result, serial)?,
                asked_at: instant(asked_at),
                answered_at: answered_at.map(instant),
                not_active_since: not_active_since.map(instant),
            })
        })
        .transpose()
    }
}
