//! What can go wrong between a caller and its rows.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached or is too busy; asking again later may work.
    #[error("the database cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// The id was used before with other content, or a unique value is taken.
    #[error("{table}: used before with other content")]
    Conflict {
        /// The table.
        table: &'static str,
    },
    /// A stored value cannot be what this program wrote.
    #[error("{table}.{column} of {id} is inconsistent")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's id.
        id: String,
    },
    /// The database address is of no known kind.
    #[error("the database address must begin with sqlite: or postgres:")]
    Address,
    /// The schema could not be brought up to date.
    #[error("the schema cannot be brought up to date")]
    Schema(#[source] Box<sqlx::migrate::MigrateError>),
    /// The database refused a statement (a constraint, an append-only trigger, a fault of ours).
    #[error("the database refused a statement")]
    Refused(#[source] sqlx::Error),
}

impl Error {
    /// Whether asking again later may work.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(cause) => match cause.code().as_deref() {
                Some(code) if sqlite_passes(code) => Self::Unavailable(error),
                // PostgreSQL appendix A: 08 connection, 40 rollback, 53 resources, 57 operator; 55000
                // answers a connection to a database that is closed for maintenance.
                Some(code)
                    if code == "55000"
                        || (code.len() == 5
                            && ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class))) =>
                {
                    Self::Unavailable(error)
                }
                _ => Self::Refused(error),
            },
            _ => Self::Refused(error),
        }
    }
}

/// Whether SQLite says so of something that passes: BUSY 5, LOCKED 6, IOERR 10, FULL 13, CANTOPEN 14, PROTOCOL 15, each also in
/// its extended forms, which have it in their lowest byte. PostgreSQL's codes have five characters.
fn sqlite_passes(code: &str) -> bool {
    code.len() < 5 && code.parse::<u16>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13..=15))
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Schema(Box::new(error))
    }
}
