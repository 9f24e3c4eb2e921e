//! What programs are to be told at their webhooks: made with the change it tells of, tried until
//! it is taken or given up.

use time::OffsetDateTime;

use super::Tx;
use crate::error::Error;
use crate::ids::{instant, micros};

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiNotice {
    /// UUID; the receiver tells a repeat by it.
    pub id: String,
    /// To whom.
    pub client_id: String,
    /// The document it speaks of.
    pub document_id: String,
    /// The state it tells.
    pub state: String,
    /// When that came to be.
    pub made_at: OffsetDateTime,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub due_at: OffsetDateTime,
    /// How the last try ended; empty before.
    pub last_result: String,
    /// `delivered`, `given_up`, or empty.
    pub settled: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    document_id: String,
    state: String,
    made_at: i64,
    tries: i64,
    due_at: i64,
    last_result: String,
    settled: String,
}

impl From<Row> for ApiNotice {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            client_id: row.client_id,
            document_id: row.document_id,
            state: row.state,
            made_at: instant(row.made_at),
            tries: u32::try_from(row.tries).unwrap_or(u32::MAX),
            due_at: instant(row.due_at),
            last_result: row.last_result,
            settled: row.settled,
        }
    }
}

impl Tx {
    /// Adds a message, due at once.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id is taken.
    pub async fn add_api_notice(
        &mut self,
        id: &str,
        client_id: &str,
        document_id: &str,
        state: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let added = sqlx::query(
            "insert into api_notice (id, client_id, document_id, state, made_at, tries, due_at, last_result, settled, \
             settled_at) values ($1, $2, $3, $4, $5, 0, $5, '', '', null) on conflict do nothing",
        )
        .bind(id)
        .bind(client_id)
        .bind(document_id)
        .bind(state)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected();
        super::one(added, "api_notice")
    }

    /// Messages that are due, longest due first, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn api_notices_due(&mut self, now: OffsetDateTime, limit: u32) -> Result<Vec<ApiNotice>, Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, client_id, document_id, state, made_at, tries, due_at, last_result, settled from api_notice \
             where settled = '' and due_at <= $1 order by due_at, id limit $2",
        )
        .bind(micros(now))
        .bind(i64::from(limit))
        .fetch_all(self.connection())
        .await?;
        Ok(rows.into_iter().map(ApiNotice::from).collect())
    }

    /// A program's newest messages, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn api_notices_of(&mut self, client_id: &str, limit: u32) -> Result<Vec<ApiNotice>, Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, client_id, document_id, state, made_at, tries, due_at, last_result, settled from api_notice \
             where client_id = $1 order by made_at desc, id desc limit $2",
        )
        .bind(client_id)
        .bind(i64::from(limit))
        .fetch_all(self.connection())
        .await?;
        Ok(rows.into_iter().map(ApiNotice::from).collect())
    }

    /// Takes a message for one try; tried again at `next` if nothing more is heard. `false` if
    /// another took it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn try_api_notice(&mut self, notice: &ApiNotice, next: OffsetDateTime) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update api_notice set tries = tries + 1, due_at = $3 where id = $1 and tries = $2 and settled = ''",
        )
        .bind(&notice.id)
        .bind(i64::from(notice.tries))
        .bind(micros(next))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Writes down how a try ended; `settled` is `delivered`, `given_up`, or empty to try again.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn api_notice_tried(
        &mut self,
        id: &str,
        result: &str,
        settled: &str,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update api_notice set last_result = $2, settled = $3, settled_at = $4 where id = $1 and settled = ''",
        )
        .bind(id)
        .bind(result)
        .bind(settled)
        .bind((!settled.is_empty()).then(|| micros(now)))
        .execute(self.connection())
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    /// Gives up what a program was still to be told.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn give_up_api_notices_of(&mut self, client_id: &str, now: OffsetDateTime) -> Result<u64, Error> {
        Ok(sqlx::query(
            "update api_notice set settled = 'given_up', settled_at = $2 where client_id = $1 and settled = ''",
        )
        .bind(client_id)
        .bind(micros(now))
        .execute(self.connection())
        .await?
        .rows_affected())
    }
}
