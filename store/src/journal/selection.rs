//! Which certificates an act on many is about. Only end entities' (`doctor`, `api_client`) that
//! are issued and not revoked for good: one on hold is among them.

use sqlx::any::AnyArguments;
use sqlx::query::QueryAs;
use sqlx::{Any, AssertSqlSafe};

use super::Tx;
use super::certificate::{self, Certificate};
use crate::error::Error;

/// A set of certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Of one key, by the SHA-256 of its `SubjectPublicKeyInfo` in hexadecimal.
    Key {
        /// The digest.
        spki_sha256: String,
    },
    /// Of units: a hospital that closes, with what is below it.
    Unit {
        /// The units' codes; none names none.
        codes: Vec<String>,
    },
    /// Recorded in a window of time.
    Window {
        /// First instant.
        from: i64,
        /// First instant after it.
        to: i64,
        /// Only of these units.
        units: Option<Vec<String>>,
    },
    /// Of a person, by the portal's id.
    Person {
        /// The id.
        person_id: String,
    },
}

/// Issued end entities that are not revoked for good.
const IN_QUESTION: &str = " and c.state = 'issued' and c.kind in ('doctor', 'api_client') and not exists \
     (select 1 from revocation_event e where e.serial = c.serial and e.kind = 'revoke')";

/// The same, issued or not.
const UNREVOKED: &str = " and c.kind in ('doctor', 'api_client') and not exists \
     (select 1 from revocation_event e where e.serial = c.serial and e.kind = 'revoke')";

impl Tx {
    /// At most `limit` serial numbers of a selection after `after`, in ascending order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn serials_selected(
        &mut self,
        selection: &Selection,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<String>, Error> {
        let mut question = Question::new("select c.serial from certificate c where ");
        question.restrict(selection);
        if let Some(after) = after {
            question.say(" and c.serial > ").text(after);
        }
        question.say(IN_QUESTION).say(" order by c.serial limit ").number(limit);
        let rows: Vec<(String,)> = question.query().fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(|(serial,)| serial).collect())
    }

    /// At most `limit` serial numbers of end entities that are not revoked, in ascending order,
    /// issued or recorded only: what the end of the CA revokes.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end_entities_unrevoked(&mut self, limit: i64) -> Result<Vec<String>, Error> {
        let mut question = Question::new("select c.serial from certificate c where c.serial >= ");
        question.text("").say(UNREVOKED).say(" order by c.serial limit ").number(limit);
        let rows: Vec<(String,)> = question.query().fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(|(serial,)| serial).collect())
    }

    /// How many end entities are neither revoked nor have ended: no last CRL may be signed while
    /// there is one. What is recorded and not issued counts: a signer may be about to sign it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end_entities_in_force(&mut self, now: i64) -> Result<i64, Error> {
        let mut question = Question::new("select count(*) from certificate c where c.not_after >= ");
        question.number(now).say(UNREVOKED);
        let (count,): (i64,) = question.query().fetch_one(self.connection()).await?;
        Ok(count)
    }

    /// At most `limit` certificates that end from `from` (counted in) to `to` (counted out), by
    /// their end; `after` is the end and the serial number of the last one seen.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn certificates_expiring(
        &mut self,
        from: i64,
        to: i64,
        after: Option<(i64, &str)>,
        limit: i64,
    ) -> Result<Vec<Certificate>, Error> {
        let mut question = Question::new(certificate::COLUMNS);
        question.say("c where c.not_after >= ").number(from).say(" and c.not_after < ").number(to);
        if let Some((end, serial)) = after {
            question.say(" and (c.not_after, c.serial) > (").number(end).say(", ").text(serial).say(")");
        }
        question.say(IN_QUESTION).say(" order by c.not_after, c.serial limit ").number(limit);
        Ok(question.query().fetch_all(self.connection()).await?)
    }
}

/// A query whose text is ours alone: values enter as numbered parameters, which both engines
/// read (sqlx's own builder writes SQLite's form only).
struct Question {
    sql: String,
    values: Vec<Value>,
}

enum Value {
    Text(String),
    Number(i64),
}

impl Question {
    fn new(sql: &'static str) -> Self {
        Self { sql: sql.to_owned(), values: Vec::new() }
    }

    fn say(&mut self, sql: &'static str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    fn text(&mut self, value: &str) -> &mut Self {
        self.bind(Value::Text(value.to_owned()))
    }

    fn number(&mut self, value: i64) -> &mut Self {
        self.bind(Value::Number(value))
    }

    fn bind(&mut self, value: Value) -> &mut Self {
        self.values.push(value);
        self.sql.push('$');
        self.sql.push_str(&self.values.len().to_string());
        self
    }

    fn restrict(&mut self, selection: &Selection) {
        match selection {
            Selection::Key { spki_sha256 } => {
                self.say("c.spki_sha256 = ").text(spki_sha256);
            }
            Selection::Unit { codes } => self.of_units(codes),
            Selection::Window { from, to, units } => {
                self.say("c.recorded_at >= ").number(*from).say(" and c.recorded_at < ").number(*to);
                if let Some(units) = units {
                    self.say(" and ").of_units(units);
                }
            }
            Selection::Person { person_id } => {
                self.say("c.person_id = ").text(person_id);
            }
        }
    }

    fn of_units(&mut self, codes: &[String]) {
        self.say("c.unit_code in (");
        for (place, code) in codes.iter().enumerate() {
            self.say(if place == 0 { "" } else { ", " }).text(code);
        }
        self.say(if codes.is_empty() { "null)" } else { ")" });
    }

    fn query<T>(self) -> QueryAs<'static, Any, T, AnyArguments>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::any::AnyRow>,
    {
        let query = sqlx::query_as(AssertSqlSafe(self.sql));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
        })
    }
}
