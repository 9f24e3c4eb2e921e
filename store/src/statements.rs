//! Statements of a transaction, answered as soon as the answer is there.

use futures::TryStreamExt as _;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use sqlx::any::{AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::{Any, AnyConnection, Either, Execute, Executor, SqlStr};

use crate::database::Engine;

/// A connection that runs one statement at a time: of a text of several the first one's outcome would count.
#[derive(Debug)]
pub(crate) struct Statements<'c> {
    connection: &'c mut AnyConnection,
    engine: Engine,
}

impl<'c> Statements<'c> {
    pub(crate) fn on(connection: &'c mut AnyConnection, engine: Engine) -> Self {
        Self { connection, engine }
    }
}

impl<'c> Executor<'c> for Statements<'c> {
    type Database = Any;

    /// On SQLite without waiting for its thread to say that no other statement follows: that would be
    /// another way to that thread and back for each.
    fn execute<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<AnyQueryResult, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let Self { connection, engine } = self;
        match engine {
            Engine::Postgres => connection.execute(query),
            Engine::Sqlite => Box::pin(async move {
                let mut steps = connection.fetch_many(query);
                while let Some(step) = steps.try_next().await? {
                    if let Either::Left(result) = step {
                        return Ok(result);
                    }
                }
                Ok(AnyQueryResult::default())
            }),
        }
    }

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<AnyQueryResult, AnyRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        self.connection.fetch_many(query)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        self.connection.fetch_optional(query)
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.connection.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<Any>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.connection.describe(sql)
    }
}
