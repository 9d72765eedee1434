//! SQLite, the embedded default: write-ahead log, one connection that writes inside
//! `BEGIN IMMEDIATE`, and a few others that read.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};

use super::connection::Durability;
use super::migrate;
use crate::store::StoreError;

/// Connections that read. Reading is short; more would only wait for the same disk.
const READERS: u32 = 4;

/// How long the file may be somebody else's: another process that writes or brings the tables up to date, on a
/// machine that has no time for it. Whoever holds it is at work, so that an error would help nobody.
const PATIENCE: Duration = Duration::from_secs(30);

/// 'now' stands still within one statement, so seconds and their fraction fit together.
pub const CLOCK: &str = "SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000 \
                         + CAST(substr(strftime('%f', 'now'), 4, 3) AS INTEGER) AS ms";

/// The connections to an SQLite file.
pub struct SqlitePools {
    writer: SqlitePool,
    pub readers: SqlitePool,
}

impl SqlitePools {
    /// Opens the database file, creating it and bringing its tables up to date.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        bring_up_to_date(options.clone()).await?;
        // Nobody is at the other end who might have gone.
        let pool = SqlitePoolOptions::new().test_before_acquire(false);
        let one = pool.clone().max_connections(1);
        let writer = one.connect_with(options.clone()).await?;
        Ok(Self {
            writer,
            readers: pool
                .max_connections(READERS)
                .connect_lazy_with(options.pragma("query_only", "on")),
        })
    }

    /// A transaction that writes. It says itself how its commit is flushed, so that nothing is left
    /// over from the one before, however that ended: within a transaction it cannot be changed.
    pub async fn begin(
        &self,
        durability: Durability,
    ) -> Result<Transaction<'static, Sqlite>, StoreError> {
        let begin = match durability {
            Durability::Flushed => "PRAGMA synchronous = FULL; BEGIN IMMEDIATE",
            Durability::Soon => "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE",
        };
        Ok(self.writer.begin_with(begin).await?)
    }

    /// Closes all connections, so that the file is complete by itself.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Runs the scripts on a connection of their own, without foreign keys: SQLite changes a table that
/// others refer to only by rebuilding it. They are checked before the commit.
async fn bring_up_to_date(options: SqliteConnectOptions) -> Result<(), StoreError> {
    let mut connection = options.foreign_keys(false).connect().await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    migrate::sqlite(&mut transaction, migrate::SCRIPTS).await?;
    let broken = sqlx::query("PRAGMA foreign_key_check")
        .fetch_optional(&mut *transaction)
        .await?;
    if broken.is_some() {
        return Err(StoreError::corrupt("a foreign key after a migration"));
    }
    transaction.commit().await?;
    Ok(connection.close().await?)
}
