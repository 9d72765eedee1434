//! The one place that knows which of the two databases it is.

use sqlx::postgres::PgPool;
use sqlx::{Postgres, Sqlite};

use super::row::Row;
use super::sqlite::SqlitePools;
use super::statement::Statement;
use super::{postgres, sqlite};
use crate::store::StoreError;

/// An open database.
pub enum Database {
    Sqlite(SqlitePools),
    Postgres(PgPool),
}

/// What a commit stands up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Answered when it is on disk.
    Flushed,
    /// Seen by everybody when it is answered, on disk with the next flushed one at the latest. A crash of the
    /// whole machine may lose it; one of the backend does not. In SQLite, where flushes are shared, it is as
    /// good as the other.
    Soon,
}

/// A transaction. Dropped before its commit, it has changed nothing.
pub enum Transaction {
    /// One that reads.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// One that writes.
    Turn(sqlite::Turn),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// How a row becomes a value.
type Read<T> = fn(&Row) -> Result<T, StoreError>;

impl Database {
    /// A transaction that writes.
    pub async fn begin(&self, durability: Durability) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite(pools) => Transaction::Turn(pools.begin().await?),
            Self::Postgres(pool) => Transaction::Postgres(postgres::begin(pool, durability).await?),
        })
    }

    /// A transaction that only reads: everything in it is of the same moment.
    pub async fn snapshot(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite(pools) => Transaction::Sqlite(pools.readers.begin().await?),
            Self::Postgres(pool) => {
                Transaction::Postgres(pool.begin_with(postgres::SNAPSHOT).await?)
            }
        })
    }

    /// The row of a statement that reads, if there is one.
    pub async fn one<T>(
        &self,
        statement: Statement,
        read: Read<T>,
    ) -> Result<Option<T>, StoreError> {
        let row = match self {
            Self::Sqlite(pools) => {
                let query = statement.sqlite();
                query.fetch_optional(&pools.readers).await?.map(Row::Sqlite)
            }
            Self::Postgres(pool) => {
                let query = statement.postgres();
                query.fetch_optional(pool).await?.map(Row::Postgres)
            }
        };
        row.as_ref().map(read).transpose()
    }

    /// The rows of a statement that reads.
    pub async fn all<T>(&self, statement: Statement, read: Read<T>) -> Result<Vec<T>, StoreError> {
        match self {
            Self::Sqlite(pools) => {
                let rows = statement.sqlite().fetch_all(&pools.readers).await?;
                rows.into_iter()
                    .map(|row| read(&Row::Sqlite(row)))
                    .collect()
            }
            Self::Postgres(pool) => {
                let rows = statement.postgres().fetch_all(pool).await?;
                rows.into_iter()
                    .map(|row| read(&Row::Postgres(row)))
                    .collect()
            }
        }
    }

    /// One statement that writes, in a transaction of its own.
    pub async fn execute(&self, statement: impl Into<Statement>) -> Result<u64, StoreError> {
        let mut transaction = self.begin(Durability::Flushed).await?;
        let rows = transaction.execute(statement).await;
        transaction.end(rows).await
    }

    /// The database's clock.
    pub fn clock(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite::CLOCK,
            Self::Postgres(_) => postgres::CLOCK,
        }
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite(pools) => pools.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Transaction {
    /// Carries out a statement and says how many rows it wrote.
    pub async fn execute(&mut self, statement: impl Into<Statement>) -> Result<u64, StoreError> {
        let statement = statement.into();
        Ok(match self {
            Self::Sqlite(open) => {
                let done = statement.sqlite().execute(&mut **open).await?;
                done.rows_affected()
            }
            Self::Turn(turn) => {
                let done = statement.sqlite().execute(turn.connection()?).await?;
                done.rows_affected()
            }
            Self::Postgres(open) => {
                let done = statement.postgres().execute(&mut **open).await?;
                done.rows_affected()
            }
        })
    }

    /// The row of a statement, if there is one.
    pub async fn one<T>(
        &mut self,
        statement: Statement,
        read: Read<T>,
    ) -> Result<Option<T>, StoreError> {
        let row = match self {
            Self::Sqlite(open) => {
                let query = statement.sqlite();
                query.fetch_optional(&mut **open).await?.map(Row::Sqlite)
            }
            Self::Turn(turn) => {
                let query = statement.sqlite();
                let row = query.fetch_optional(turn.connection()?).await?;
                row.map(Row::Sqlite)
            }
            Self::Postgres(open) => {
                let query = statement.postgres();
                query.fetch_optional(&mut **open).await?.map(Row::Postgres)
            }
        };
        row.as_ref().map(read).transpose()
    }

    /// The rows of a statement.
    pub async fn all<T>(
        &mut self,
        statement: Statement,
        read: Read<T>,
    ) -> Result<Vec<T>, StoreError> {
        match self {
            Self::Sqlite(open) => {
                let rows = statement.sqlite().fetch_all(&mut **open).await?;
                rows.into_iter()
                    .map(|row| read(&Row::Sqlite(row)))
                    .collect()
            }
            Self::Turn(turn) => {
                let rows = statement.sqlite().fetch_all(turn.connection()?).await?;
                rows.into_iter()
                    .map(|row| read(&Row::Sqlite(row)))
                    .collect()
            }
            Self::Postgres(open) => {
                let rows = statement.postgres().fetch_all(&mut **open).await?;
                rows.into_iter()
                    .map(|row| read(&Row::Postgres(row)))
                    .collect()
            }
        }
    }

    /// Commits what was done, or undoes it where it came to an error.
    pub async fn end<T>(self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        match done {
            Ok(done) => {
                self.commit().await?;
                Ok(done)
            }
            Err(error) => {
                self.undo().await;
                Err(error)
            }
        }
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(open) => open.commit().await?,
            Self::Turn(turn) => turn.commit().await?,
            Self::Postgres(open) => open.commit().await?,
        }
        Ok(())
    }

    /// Undoes what was done. Answered when whatever it ran into is there for everybody to read.
    pub async fn undo(self) {
        // What cannot be rolled back any more has been.
        let _ = match self {
            Self::Sqlite(open) => open.rollback().await.map_err(StoreError::from),
            Self::Turn(turn) => turn.undo().await,
            Self::Postgres(open) => open.rollback().await.map_err(StoreError::from),
        };
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let Some(refused) = error.as_database_error() else {
            return Self::Failed(Box::new(error));
        };
        if refused.is_unique_violation() {
            return Self::Duplicate(refused.message().to_owned());
        }
        match refused.code().as_deref() {
            Some(postgres::SERIALIZATION_FAILURE | postgres::DEADLOCK) => Self::Raced,
            _ => Self::Failed(Box::new(error)),
        }
    }
}
