//! Which certificates an act on many is about. Only end entities' (`doctor`, `api_client`) that
//! are issued and not revoked for good: one on hold is among them.

use sqlx::{Any, QueryBuilder};

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
        let mut query = QueryBuilder::<Any>::new("select c.serial from certificate c where ");
        restrict(&mut query, selection);
        if let Some(after) = after {
            query.push(" and c.serial > ").push_bind(after);
        }
        query.push(IN_QUESTION).push(" order by c.serial limit ").push_bind(limit);
        let rows: Vec<(String,)> = query.build_query_as().fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(|(serial,)| serial).collect())
    }

    /// How many certificates a selection holds: a dry run's answer.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_selected(&mut self, selection: &Selection) -> Result<i64, Error> {
        let mut query = QueryBuilder::<Any>::new("select count(*) from certificate c where ");
        restrict(&mut query, selection);
        query.push(IN_QUESTION);
        let (count,): (i64,) = query.build_query_as().fetch_one(self.connection()).await?;
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
        let mut query = QueryBuilder::<Any>::new(certificate::COLUMNS);
        query.push("c where c.not_after >= ").push_bind(from).push(" and c.not_after < ").push_bind(to);
        if let Some((end, serial)) = after {
            query.push(" and (c.not_after, c.serial) > (").push_bind(end).push(", ").push_bind(serial).push(")");
        }
        query.push(IN_QUESTION).push(" order by c.not_after, c.serial limit ").push_bind(limit);
        Ok(query.build_query_as().fetch_all(self.connection()).await?)
    }
}

fn restrict<'a>(query: &mut QueryBuilder<Any>, selection: &'a Selection) {
    match selection {
        Selection::Key { spki_sha256 } => {
            query.push("c.spki_sha256 = ").push_bind(spki_sha256.clone());
        }
        Selection::Unit { codes } => one_of(query, codes),
        Selection::Window { from, to, units } => {
            query.push("c.recorded_at >= ").push_bind(*from).push(" and c.recorded_at < ").push_bind(*to);
            if let Some(units) = units {
                query.push(" and ");
                one_of(query, units);
            }
        }
        Selection::Person { person_id } => {
            query.push("c.person_id = ").push_bind(person_id.clone());
        }
    }
}

fn one_of(query: &mut QueryBuilder<Any>, codes: &[String]) {
    if codes.is_empty() {
        query.push("1 = 0");
        return;
    }
    query.push("c.unit_code in (");
    let mut list = query.separated(", ");
    for code in codes {
        list.push_bind(code.clone());
    }
    query.push(")");
}
