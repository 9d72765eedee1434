//! PostgreSQL: any number of backends on one database.
//!
//! READ COMMITTED and no row locks: a statement that changes a row names what it expects to find
//! there, and whoever comes second finds something else.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Postgres, Transaction};

use super::connection::Durability;
use super::migrate;
use crate::store::{Purpose, StoreError};

/// Connections of one backend. A server takes 100 unless it is told otherwise.
const CONNECTIONS: u32 = 16;

/// How long a request waits for a connection, as in SQLite: on a machine that has no time for it, to make one
/// takes many seconds, and an error would help nobody.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that nobody used for so long may have ended with its server.
const STALE: Duration = Duration::from_secs(1);

/// Whatever the server or the role has been set to. Commits are flushed unless they say otherwise.
/// A backend that was cut off in the middle of a transaction does not hold up the others for longer than they
/// wait.
const SETTINGS: [(&str, &str); 4] = [
    ("synchronous_commit", "on"),
    ("default_transaction_isolation", "read committed"),
    ("lock_timeout", "30s"),
    ("idle_in_transaction_session_timeout", "20s"),
];

pub const CLOCK: &str =
    "SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT) AS ms";

pub const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub const SERIALIZATION_FAILURE: &str = "40001";
pub const DEADLOCK: &str = "40P01";

/// Connects to a database and brings its tables up to date.
pub async fn open(url: &str, purpose: Purpose) -> Result<PgPool, StoreError> {
    if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        return Err(StoreError::Failed(
            "a database is named postgres://USER@HOST/NAME".into(),
        ));
    }
    let options: PgConnectOptions = url.parse()?;
    let options = options.application_name("etc-backend").options(SETTINGS);
    let mut connection = options.connect().await?;
    let mut transaction = connection.begin().await?;
    migrate::postgres(&mut transaction, migrate::SCRIPTS, purpose).await?;
    transaction.commit().await?;
    connection.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        // Only then it is asked whether it still lives: that takes as long as most statements.
        .test_before_acquire(false)
        .before_acquire(|connection, use_of_it| {
            Box::pin(async move {
                if use_of_it.idle_for >= STALE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
    Ok(pool.connect_lazy_with(options))
}

/// A transaction that writes.
pub async fn begin(
    pool: &PgPool,
    durability: Durability,
) -> Result<Transaction<'static, Postgres>, StoreError> {
    let begin = match durability {
        Durability::Flushed => "BEGIN",
        Durability::Soon => "BEGIN; SET LOCAL synchronous_commit = off",
    };
    Ok(pool.begin_with(begin).await?)
}
