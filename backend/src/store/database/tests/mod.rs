//! What only a database can get wrong.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};

use super::connection::Transaction;
use super::*;
use crate::audit::Event;
use crate::ledger::{Scope, State, Write};
use crate::store::suite::{
    CARD, OTHER_CARD, authorisation, commit_of, entry, is_duplicate, nonce, number, record, seed,
    session, write,
};

/// A database of the test's own.
pub enum Scratch {
    /// A file that goes away with the test.
    Sqlite(TemporaryFile),
    /// A database on the tests' server, by its name.
    Postgres(String),
}

pub struct TemporaryFile(PathBuf);

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

/// A name no other test has.
fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("etc_store_{}_{next}", std::process::id())
}

/// The URL of a database on the server that `cargo xtask test` has started.
fn url(database: &str) -> String {
    let server = std::env::var("ETC_POSTGRES");
    let server = server.expect("no PostgreSQL server: run `cargo xtask test`, which starts one");
    let (place, _) = server.rsplit_once('/').unwrap();
    format!("{place}/{database}")
}

async fn on_server(statement: String) {
    let mut server = PgConnection::connect(&url("postgres")).await.unwrap();
    let statement = sqlx::raw_sql(AssertSqlSafe(statement));
    statement.execute(&mut server).await.unwrap();
    server.close().await.unwrap();
}

impl Scratch {
    pub fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(name());
        std::fs::create_dir_all(&folder).unwrap();
        Self::Sqlite(TemporaryFile(folder.join("store.sqlite")))
    }

    pub async fn postgres() -> Self {
        let name = name();
        on_server(format!("CREATE DATABASE {name}")).await;
        Self::Postgres(name)
    }

    async fn try_open(&self, purpose: Purpose) -> Result<DatabaseStore, StoreError> {
        let store = match self {
            Self::Sqlite(file) => DatabaseStore::sqlite(&file.0).await,
            Self::Postgres(name) => DatabaseStore::postgres(&url(name), purpose).await,
        };
        store?.with_personal(Personal::new(&[7; 32])).await
    }

    /// Opens it with another key of personal data, or without one.
    async fn open_with(&self, personal: Option<Personal>) -> DatabaseStore {
        let store = match self {
            Self::Sqlite(file) => DatabaseStore::sqlite(&file.0).await.unwrap(),
            Self::Postgres(name) => DatabaseStore::postgres(&url(name), Purpose::Real)
                .await
                .unwrap(),
        };
        match personal {
            Some(key) => store.with_personal(key).await.unwrap(),
            None => store,
        }
    }

    pub async fn open(&self) -> DatabaseStore {
        self.try_open(Purpose::Real).await.unwrap()
    }

    /// Removes the database; one that a failed test leaves ends with its server.
    pub async fn remove(self) {
        if let Self::Postgres(name) = self {
            on_server(format!("DROP DATABASE {name}")).await;
        }
    }
}

/// Both databases run every case.
macro_rules! on_both_databases {
    ($($name:ident)+) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&super::Scratch::sqlite()).await;
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let scratch = super::Scratch::postgres().await;
                super::$name(&scratch).await;
                scratch.remove().await;
            })+
        }
    };
}

mod applications;
mod migration;
mod plans;
mod together;

on_both_databases! {
    a_database_is_the_same_after_it_was_closed_and_opened
    the_clock_is_the_databases_in_milliseconds
    authorisations_and_audit_rows_stay_as_they_were_written
    who_lifted_a_switch_stays_with_it
    every_commit_says_whether_it_is_flushed
    an_order_is_that_of_the_bytes
    a_database_of_a_newer_backend_is_left_alone
}

fn paid(id: &str) -> Vec<Write> {
    vec![Write::InsertRecord(record(id, State::Paid))]
}

async fn a_database_is_the_same_after_it_was_closed_and_opened(scratch: &Scratch) {
    let store = scratch.open().await;
    seed(&store).await;
    write(&store, CARD, paid("a")).await.unwrap();
    store.close().await;
    let store = scratch.open().await;
    let kept = store.record("a").await.unwrap();
    assert_eq!(kept, Some(record("a", State::Paid)));
    store.close().await;
}

async fn the_clock_is_the_databases_in_milliseconds(scratch: &Scratch) {
    let host = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis() as i64
    };
    let store = scratch.open().await;
    let before = host();
    let now = store.now().await.unwrap();
    assert!((before - 1..=host()).contains(&now), "{before} {now}");
    store.close().await;
}

async fn authorisations_and_audit_rows_stay_as_they_were_written(scratch: &Scratch) {
    let store = scratch.open().await;
    seed(&store).await;
    let mut writes = paid("a");
    writes.push(Write::InsertAuthorisation(authorisation("a", 5, 77)));
    write(&store, CARD, writes).await.unwrap();
    // History of an earlier backend.
    let old = statement::insert("audit")
        .with("at", 1_000_i64)
        .with("operator", "demo.teller")
        .with("event", "created")
        .with("evidence", "");
    store.database.execute(old).await.unwrap();
    let mut forbidden = vec![
        "DELETE FROM authorisation",
        "UPDATE authorisation SET counter = 6",
        "DELETE FROM audit",
        "UPDATE audit SET operator = 'x'",
        "DELETE FROM audit_line",
        "UPDATE audit_line SET operator = 'x'",
    ];
    if matches!(scratch, Scratch::Postgres(_)) {
        forbidden.extend([
            "TRUNCATE authorisation",
            "TRUNCATE audit",
            "TRUNCATE audit_line",
        ]);
    }
    for forbidden in forbidden {
        let error = store.database.execute(sql(forbidden)).await.unwrap_err();
        let why = std::error::Error::source(&error).unwrap().to_string();
        assert!(why.contains("never"), "{forbidden}: {why}");
    }
    store.close().await;
}

async fn who_lifted_a_switch_stays_with_it(scratch: &Scratch) {
    let store = scratch.open().await;
    seed(&store).await;
    let switch = Switch {
        id: "s".into(),
        scope: Scope::Banks,
        reason: "x".into(),
        operator: "demo.supervisor".into(),
        at: 1_000,
    };
    let thrown = entry(Event::SwitchThrown);
    store.throw_switch(&switch, &thrown).await.unwrap();
    let lifted = Entry {
        at: 2_000,
        operator: "demo.supervisor2".into(),
        ..entry(Event::SwitchLifted)
    };
    assert!(store.lift_switch("s", &lifted).await.unwrap());
    // Another who comes later lifts nothing.
    assert!(!store.lift_switch("s", &thrown).await.unwrap());
    let kept = sql("SELECT * FROM switch WHERE id = 's'");
    let kept = store.database.one(kept, |row| {
        let lifted = (row.maybe("lifted_at")?, row.maybe_text("lifted_by")?);
        Ok((rows::switch(row)?, lifted))
    });
    let by = (Some(2_000), Some("demo.supervisor2".to_owned()));
    assert_eq!(kept.await.unwrap(), Some((switch, by)));
    store.close().await;
}

async fn every_commit_says_whether_it_is_flushed(scratch: &Scratch) {
    let store = scratch.open().await;
    let setting = async |durability| {
        let mut transaction = store.database.begin(durability).await.unwrap();
        match &mut transaction {
            Transaction::Sqlite(_) => unreachable!("one that reads"),
            Transaction::Turn(turn) => {
                let level: i64 = sqlx::query_scalar("PRAGMA synchronous")
                    .fetch_one(turn.connection().unwrap())
                    .await
                    .unwrap();
                if level == 2 { "on" } else { "off" }.to_owned()
            }
            Transaction::Postgres(open) => sqlx::query_scalar("SHOW synchronous_commit")
                .fetch_one(&mut **open)
                .await
                .unwrap(),
        }
    };
    // In SQLite every commit is flushed.
    let soon = match scratch {
        Scratch::Sqlite(_) => "on",
        Scratch::Postgres(_) => "off",
    };
    for _ in 0..2 {
        assert_eq!(setting(Durability::Flushed).await, "on");
        assert_eq!(setting(Durability::Soon).await, soon);
    }
    store.close().await;
}

async fn an_order_is_that_of_the_bytes(scratch: &Scratch) {
    let store = scratch.open().await;
    for code in ["a", "B", "_", "Z9", "兰", "b"] {
        let row = statement::insert("outlet")
            .with("code", code)
            .with("name", "")
            .with("kind", "own");
        store.database.execute(row).await.unwrap();
    }
    let codes = sql("SELECT code FROM outlet ORDER BY code");
    let codes = store.database.all(codes, |row| row.text("code")).await;
    assert_eq!(codes.unwrap(), ["B", "Z9", "_", "a", "b", "兰"]);
    store.close().await;
}

async fn a_database_of_a_newer_backend_is_left_alone(scratch: &Scratch) {
    let store = scratch.open().await;
    let newer = match scratch {
        Scratch::Sqlite(_) => "PRAGMA user_version = 99",
        Scratch::Postgres(_) => "UPDATE desk SET scripts = 99",
    };
    store.database.execute(sql(newer)).await.unwrap();
    store.close().await;
    assert!(scratch.try_open(Purpose::Real).await.is_err());
}

/// Not even SQLite's own patience helps there: it refuses at once who would wait with a lock of its own.
#[tokio::test]
async fn a_new_file_that_another_is_just_making_is_waited_for() {
    let scratch = Scratch::sqlite();
    let Scratch::Sqlite(file) = &scratch else {
        unreachable!()
    };
    let options = SqliteConnectOptions::new()
        .filename(&file.0)
        .create_if_missing(true);
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    let making = sqlx::raw_sql("BEGIN IMMEDIATE; CREATE TABLE other (a INTEGER)");
    making.execute(&mut other).await.unwrap();

    let mut opening = Box::pin(scratch.open());
    let meanwhile = tokio::time::timeout(Duration::from_millis(100), &mut opening);
    assert!(meanwhile.await.is_err(), "it opened");
    let made = sqlx::raw_sql("COMMIT");
    made.execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    opening.await.close().await;
}

#[tokio::test]
async fn a_postgres_database_stays_what_it_was_first_opened_for() {
    for (first, other) in [
        (Purpose::Real, Purpose::Demo),
        (Purpose::Demo, Purpose::Real),
    ] {
        let scratch = Scratch::postgres().await;
        scratch.try_open(first).await.unwrap().close().await;
        assert!(scratch.try_open(other).await.is_err());
        scratch.try_open(first).await.unwrap().close().await;
        scratch.remove().await;
    }
}
