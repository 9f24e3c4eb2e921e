//! A database as its owner has it: any SQL, past every rule of the program.

use std::time::Duration;

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

/// Runs a statement; the number of rows it changed.
///
/// # Errors
/// What the database says.
pub async fn execute(url: &str, sql: &str) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connect(url).await?).await?;
    Ok(done.rows_affected())
}

/// One number.
///
/// # Panics
/// If the statement gives none.
pub async fn number(url: &str, sql: &str) -> i64 {
    let mut connection = connect(url).await.expect("a database");
    sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.expect(sql).get(0)
}

/// One text.
///
/// # Panics
/// If the statement gives none.
pub async fn text(url: &str, sql: &str) -> String {
    let mut connection = connect(url).await.expect("a database");
    sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.expect(sql).get(0)
}

async fn connect(url: &str) -> Result<AnyConnection, sqlx::Error> {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await?;
    if url.starts_with("sqlite:") {
        let busy = Duration::from_secs(15).as_millis();
        sqlx::query(AssertSqlSafe(format!("pragma busy_timeout = {busy}"))).execute(&mut connection).await?;
    }
    Ok(connection)
}
