//! SQLite, the embedded default: write-ahead log, every commit on disk before it is answered.
//!
//! One connection writes, inside `BEGIN IMMEDIATE`; a few others read. No row locks: revisions,
//! versions and unique indexes hold every invariant.

mod migrate;
mod rows;
#[cfg(test)]
pub(super) mod tests;
mod write;

use std::path::Path;
use std::time::Duration;

use apdu_core::bcd::CardNumber;
use async_trait::async_trait;
use etc_api::Outlet;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};

use super::{
    Commit, CountedProof, Operator, Session, SignInRule, Stock, Store, StoreError, StoredAnswer,
    TokenHash,
};
use crate::audit::Entry;
use crate::ledger::{Authorisation, CardFile, Record};

/// A store in an SQLite file.
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

/// Connections that read. Reading is short; more would only wait for the same disk.
const READERS: u32 = 4;

impl SqliteStore {
    /// Opens the database file, creating it and bringing its tables up to date.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        bring_up_to_date(options.clone()).await?;
        let one = SqlitePoolOptions::new().max_connections(1);
        let writer = one.connect_with(options.clone()).await?;
        Ok(Self {
            writer,
            readers: SqlitePoolOptions::new()
                .max_connections(READERS)
                .connect_lazy_with(options.pragma("query_only", "on")),
        })
    }

    /// Closes all connections, so that the file is complete by itself.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// Runs the scripts on a connection of their own, without foreign keys: SQLite changes a table that
/// others refer to only by rebuilding it. They are checked before the commit.
async fn bring_up_to_date(options: SqliteConnectOptions) -> Result<(), StoreError> {
    let mut connection = options.foreign_keys(false).connect().await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    migrate::up(&mut transaction).await?;
    let broken = sqlx::query("PRAGMA foreign_key_check")
        .fetch_optional(&mut *transaction)
        .await?;
    if broken.is_some() {
        return Err(StoreError::corrupt("a foreign key after a migration"));
    }
    transaction.commit().await?;
    Ok(connection.close().await?)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(refused) if refused.is_unique_violation() => {
                Self::Duplicate(refused.message().to_owned())
            }
            _ => Self::Failed(Box::new(error)),
        }
    }
}

fn one<T>(
    row: Option<SqliteRow>,
    read: impl Fn(&SqliteRow) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    row.as_ref().map(read).transpose()
}

fn all<T>(
    rows: Vec<SqliteRow>,
    read: impl Fn(&SqliteRow) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    rows.iter().map(read).collect()
}

#[async_trait]
impl Store for SqliteStore {
    async fn now(&self) -> Result<i64, StoreError> {
        // 'now' stands still within one statement, so seconds and their fraction fit together.
        let sql = "SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000 \
                   + CAST(substr(strftime('%f', 'now'), 4, 3) AS INTEGER)";
        Ok(sqlx::query_scalar(sql).fetch_one(&self.readers).await?)
    }

    async fn card_file(&self, number: CardNumber) -> Result<Option<CardFile>, StoreError> {
        // One read transaction: all rows are of the same moment.
        let mut read = self.readers.begin().await?;
        let key = number.to_string();
        let row = sqlx::query("SELECT * FROM card WHERE number = ?").bind(&key);
        let Some(card) = one(row.fetch_optional(&mut *read).await?, rows::card)? else {
            return Ok(None);
        };
        let nonce = sqlx::query("SELECT * FROM nonce WHERE card = ?").bind(&key);
        let nonce = one(nonce.fetch_optional(&mut *read).await?, rows::nonce)?;
        let created = "SELECT * FROM recharge WHERE card = ? AND state = 'created'";
        let created = sqlx::query(created)
            .bind(&key)
            .fetch_all(&mut *read)
            .await?;
        let open = "SELECT * FROM recharge WHERE card = ? AND state IN ('paid', 'loading')";
        let open = sqlx::query(open)
            .bind(&key)
            .fetch_optional(&mut *read)
            .await?;
        let latest = sqlx::query_scalar("SELECT MAX(second) FROM authorisation WHERE card = ?");
        let latest_second = latest.bind(&key).fetch_one(&mut *read).await?;
        read.commit().await?;
        Ok(Some(CardFile {
            card,
            nonce,
            created: all(created, rows::record)?,
            open: one(open, rows::record)?,
            latest_second,
        }))
    }

    async fn record(&self, id: &str) -> Result<Option<Record>, StoreError> {
        let query = sqlx::query("SELECT * FROM recharge WHERE id = ?").bind(id);
        one(query.fetch_optional(&self.readers).await?, rows::record)
    }

    async fn authorisations_at(
        &self,
        card: CardNumber,
        counter: u16,
    ) -> Result<Vec<Authorisation>, StoreError> {
        let sql = "SELECT * FROM authorisation WHERE card = ? AND counter = ? ORDER BY second";
        let query = sqlx::query(sql).bind(card.to_string()).bind(counter);
        all(query.fetch_all(&self.readers).await?, rows::authorisation)
    }

    async fn authorisations_beside(&self, record: &str) -> Result<Vec<Authorisation>, StoreError> {
        let sql = "SELECT * FROM authorisation WHERE (card, counter) IN \
                   (SELECT card, counter FROM authorisation WHERE recharge = ?) ORDER BY second";
        let query = sqlx::query(sql).bind(record);
        all(query.fetch_all(&self.readers).await?, rows::authorisation)
    }

    async fn answer(&self, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        let query = sqlx::query("SELECT * FROM answer WHERE key = ?").bind(key);
        one(query.fetch_optional(&self.readers).await?, rows::answer)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        write::change(&mut transaction, &commit.change).await?;
        if let Some(proof) = &commit.proved {
            write::uncount_proof(&mut transaction, proof).await?;
        }
        write::audit(&mut transaction, &commit.entry).await?;
        if let Some(answer) = &commit.answer {
            write::answer(&mut transaction, answer).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn count_proof(&self, proof: &CountedProof, limit: u32) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let counted = write::count_proof(&mut transaction, proof, limit).await?;
        transaction.commit().await?;
        Ok(counted)
    }

    async fn uncount_proof(&self, proof: &CountedProof) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        write::uncount_proof(&mut transaction, proof).await?;
        Ok(transaction.commit().await?)
    }

    async fn unlock_card(&self, card: CardNumber, entry: &Entry) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let sql = "UPDATE card SET wrong_proofs = 0 WHERE number = ?";
        let done = sqlx::query(sql)
            .bind(card.to_string())
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        write::audit(&mut transaction, entry).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn add(&self, stock: &Stock) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        write::stock(&mut transaction, stock).await?;
        Ok(transaction.commit().await?)
    }

    async fn outlet(&self, code: &str) -> Result<Option<Outlet>, StoreError> {
        let query = sqlx::query("SELECT * FROM outlet WHERE code = ?").bind(code);
        one(query.fetch_optional(&self.readers).await?, rows::outlet)
    }

    async fn terminals(&self, outlet: &str) -> Result<Vec<[u8; 6]>, StoreError> {
        let sql = "SELECT number FROM terminal WHERE outlet = ? ORDER BY number";
        let query = sqlx::query(sql).bind(outlet);
        all(query.fetch_all(&self.readers).await?, rows::terminal)
    }

    async fn operator(&self, name: &str) -> Result<Option<Operator>, StoreError> {
        let query = sqlx::query("SELECT * FROM operator WHERE name = ?").bind(name);
        one(query.fetch_optional(&self.readers).await?, rows::operator)
    }

    async fn count_sign_in(&self, name: &str, rule: SignInRule) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let forget = sqlx::query("DELETE FROM sign_in WHERE last_at <= ?1 OR last_at > ?2");
        // What lies ahead was written by a clock that has been put back since.
        forget
            .bind(rule.now - rule.lock)
            .bind(rule.now)
            .execute(&mut *transaction)
            .await?;
        let count = "INSERT INTO sign_in (name, failed, last_at) VALUES (?1, 1, ?2) \
                     ON CONFLICT DO UPDATE SET failed = failed + 1, last_at = ?2 \
                     WHERE failed < ?3";
        let count = sqlx::query(count)
            .bind(name)
            .bind(rule.now)
            .bind(rule.tries);
        let counted = count.execute(&mut *transaction).await?.rows_affected() == 1;
        transaction.commit().await?;
        Ok(counted)
    }

    async fn open_session(&self, session: &Session, entry: &Entry) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        write::session(&mut transaction, session).await?;
        write::audit(&mut transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    async fn session(&self, token: &TokenHash) -> Result<Option<Session>, StoreError> {
        let query = sqlx::query("SELECT * FROM session WHERE token = ?").bind(&token[..]);
        one(query.fetch_optional(&self.readers).await?, rows::session)
    }

    async fn touch_session(&self, token: &TokenHash, now: i64) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE session SET seen_at = ? WHERE token = ?");
        query
            .bind(now)
            .bind(&token[..])
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn close_session(&self, token: &TokenHash, entry: &Entry) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let query = sqlx::query("DELETE FROM session WHERE token = ?").bind(&token[..]);
        query.execute(&mut *transaction).await?;
        write::audit(&mut transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    async fn note(&self, entry: &Entry) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        write::audit(&mut transaction, entry).await?;
        Ok(transaction.commit().await?)
    }
}
