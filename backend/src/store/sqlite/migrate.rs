//! Brings the tables up to date, one embedded script after the other.

use sqlx::SqliteConnection;

use crate::store::StoreError;

/// All scripts, oldest first. A script that has been released is never edited: a later one changes
/// what it did. The database counts how many it has seen.
const SCRIPTS: &[&str] = &[include_str!("../migrations/0001_load.sql")];

/// Runs the scripts this database has not seen.
pub async fn up(database: &mut SqliteConnection) -> Result<(), StoreError> {
    let seen: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *database)
        .await?;
    let seen = usize::try_from(seen)
        .ok()
        .filter(|&seen| seen <= SCRIPTS.len());
    let seen = seen
        .ok_or_else(|| StoreError::Failed("the database was written by a newer backend".into()))?;
    for script in &SCRIPTS[seen..] {
        sqlx::raw_sql(*script).execute(&mut *database).await?;
    }
    // A pragma takes no parameters; the text is made of a number of ours.
    let seen = format!("PRAGMA user_version = {}", SCRIPTS.len());
    sqlx::raw_sql(sqlx::AssertSqlSafe(seen))
        .execute(&mut *database)
        .await?;
    Ok(())
}
