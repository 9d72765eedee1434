//! SQLite, the embedded default: write-ahead log, one connection that writes inside
//! `BEGIN IMMEDIATE`, and a few others that read.
//!
//! Where many write, flushing takes most of the time. So whoever waits for the connection shares the flush of
//! those before: each has a [`Turn`] in one transaction, behind a savepoint of its own, and the last of them
//! commits for all. Nobody is answered before that, and nobody who reads has seen anything of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, oneshot};

use super::migrate;
use crate::store::StoreError;

/// Connections that read. Reading is short; more would only wait for the same disk.
const READERS: u32 = 4;

/// Turns that share a flush at most, so that the first of them does not wait for ever.
const TURNS: usize = 64;

/// How long the file may be somebody else's: another process that writes or brings the tables up to date, on a
/// machine that has no time for it. Whoever holds it is at work, so that an error would help nobody.
const PATIENCE: Duration = Duration::from_secs(30);

/// 'now' stands still within one statement, so seconds and their fraction fit together.
pub const CLOCK: &str = "SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000 \
                         + CAST(substr(strftime('%f', 'now'), 4, 3) AS INTEGER) AS ms";

/// The connections to an SQLite file.
pub struct SqlitePools {
    writer: Arc<Writer>,
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
            // What is deleted may be personal data.
            .pragma("secure_delete", "on")
            .busy_timeout(PATIENCE);
        bring_up_to_date(options.clone()).await?;
        let writes = Writes {
            connection: options.connect().await?,
            ended: Vec::new(),
        };
        // Nobody is at the other end who might have gone.
        let readers = SqlitePoolOptions::new().test_before_acquire(false);
        Ok(Self {
            writer: Arc::new(Writer {
                writes: Arc::new(Mutex::new(Some(writes))),
                waiting: AtomicUsize::new(0),
            }),
            readers: readers
                .max_connections(READERS)
                .connect_lazy_with(options.pragma("query_only", "on")),
        })
    }

    /// A turn to write. On a task of its own, which goes on where it is not waited for any more: whoever leaves
    /// the transaction open counts on it.
    pub async fn begin(&self) -> Result<Turn, StoreError> {
        let turn = tokio::spawn(Arc::clone(&self.writer).turn()).await;
        turn.map_err(|error| StoreError::Failed(error.into()))?
    }

    /// Closes all connections, so that the file is complete by itself.
    pub async fn close(&self) {
        self.readers.close().await;
        if let Some(writes) = self.writer.writes.lock().await.take() {
            // What was committed is in the file, whatever closing it comes to.
            let _ = writes.connection.close().await;
        }
    }
}

/// The connection that writes, and how many wait for it.
struct Writer {
    /// Missing when it was closed.
    writes: Arc<Mutex<Option<Writes>>>,
    waiting: AtomicUsize,
}

/// What became of a turn that was to be kept.
type Outcome = Result<(), Arc<sqlx::Error>>;

struct Writes {
    connection: SqliteConnection,
    /// Those whose turn has ended in the transaction that is open. Where there is none, none is open.
    ended: Vec<oneshot::Sender<Outcome>>,
}

impl Writes {
    async fn run(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        let statement = sqlx::query(statement);
        statement.execute(&mut self.connection).await?;
        Ok(())
    }

    /// Commits for all whose turn has ended, and tells them.
    async fn commit(&mut self) {
        let committed = self.run("COMMIT").await;
        if committed.is_err() {
            // Where SQLite has rolled back by itself, this finds nothing to do.
            let _ = self.run("ROLLBACK").await;
        }
        self.tell(committed.map_err(Arc::new));
    }

    fn tell(&mut self, outcome: Outcome) {
        for ended in self.ended.drain(..) {
            // Whoever has hung up will read what became of it.
            let _ = ended.send(outcome.clone());
        }
    }
}

impl Writer {
    async fn turn(self: Arc<Self>) -> Result<Turn, StoreError> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let writes = Arc::clone(&self.writes).lock_owned().await;
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let closed = |_| StoreError::from(sqlx::Error::PoolClosed);
        let mut writes = OwnedMutexGuard::try_map(writes, Option::as_mut).map_err(closed)?;
        let first = writes.ended.is_empty();
        let begun = match first {
            true => writes.run("BEGIN IMMEDIATE").await,
            false => writes.run("SAVEPOINT turn").await,
        };
        if let Err(error) = begun {
            if !first {
                writes.commit().await;
            }
            return Err(error.into());
        }
        Ok(Turn {
            writer: self,
            writes: Some(writes),
        })
    }

    /// Ends a turn: keeps what it has written, or undoes it. Whoever comes next goes on in the same
    /// transaction; where nobody waits it is committed.
    async fn end(
        self: Arc<Self>,
        mut writes: OwnedMappedMutexGuard<Option<Writes>, Writes>,
        keep: bool,
        told: oneshot::Sender<Outcome>,
    ) {
        let first = writes.ended.is_empty();
        let ended = match (keep, first) {
            (true, true) => Ok(()),
            (true, false) => writes.run("RELEASE turn").await,
            (false, true) => writes.run("ROLLBACK").await,
            (false, false) => match writes.run("ROLLBACK TO turn").await {
                Ok(()) => writes.run("RELEASE turn").await,
                failed => failed,
            },
        };
        if keep || !first {
            writes.ended.push(told);
        } else {
            // Nothing is open any more, and there is nothing to wait for.
            let _ = told.send(Ok(()));
            return;
        }
        if let Err(error) = ended {
            // SQLite has given the transaction up, a full disk for one, and all turns in it with it.
            let _ = writes.run("ROLLBACK").await;
            writes.tell(Err(Arc::new(error)));
        } else if self.waiting.load(Ordering::SeqCst) == 0 || writes.ended.len() >= TURNS {
            writes.commit().await;
        }
    }
}

/// A turn to write. Dropped, it has changed nothing.
pub struct Turn {
    writer: Arc<Writer>,
    /// There until the turn ends.
    writes: Option<OwnedMappedMutexGuard<Option<Writes>, Writes>>,
}

impl Turn {
    /// The connection, inside the transaction.
    pub fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        let writes = self.writes.as_mut();
        let writes = writes.ok_or_else(|| StoreError::from(sqlx::Error::PoolClosed))?;
        Ok(&mut writes.connection)
    }

    /// Keeps what was written: it is on disk when this is answered.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.end(true).await
    }

    /// Undoes what was written. Answered when everything is committed that it may have run into, so that
    /// whoever lost a race finds the winner when it reads again.
    pub async fn undo(mut self) -> Result<(), StoreError> {
        self.end(false).await
    }

    async fn end(&mut self, keep: bool) -> Result<(), StoreError> {
        let (told, outcome) = oneshot::channel();
        if let Some(writes) = self.writes.take() {
            tokio::spawn(Arc::clone(&self.writer).end(writes, keep, told));
        }
        let outcome = outcome.await;
        let outcome = outcome.map_err(|error| StoreError::Failed(error.into()))?;
        outcome.map_err(|error| StoreError::Failed(error.into()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Without a runtime everything is at its end; what is not committed then is undone with the connection.
        if let (Some(writes), Ok(runtime)) = (self.writes.take(), Handle::try_current()) {
            let (told, _) = oneshot::channel();
            runtime.spawn(Arc::clone(&self.writer).end(writes, false, told));
        }
    }
}

/// The first connection to a new file gives it its write-ahead log. Where another is about the same, or reads
/// at this moment, SQLite refuses at once, however long it was told to wait: both would wait for each other.
/// Whoever was refused tries again, and finds it done.
async fn first_connection(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let started = Instant::now();
    loop {
        match options.connect().await {
            Err(error) if is_busy(&error) && started.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            connected => return connected,
        }
    }
}

/// SQLITE_BUSY, with whatever more it says in its higher bytes.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let code: Option<i32> = code.and_then(|code| code.parse().ok());
    code.is_some_and(|code| code & 0xFF == 5)
}

/// Runs the scripts on a connection of their own, without foreign keys: SQLite changes a table that
/// others refer to only by rebuilding it. They are checked before the commit.
async fn bring_up_to_date(options: SqliteConnectOptions) -> Result<(), StoreError> {
    let mut connection = first_connection(&options.foreign_keys(false)).await?;
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
