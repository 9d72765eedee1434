//! What only a database can get wrong.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use super::connection::Transaction;
use super::*;
use crate::audit::Event;
use crate::ledger::{State, Write};
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
        match self {
            Self::Sqlite(file) => DatabaseStore::sqlite(&file.0).await,
            Self::Postgres(name) => DatabaseStore::postgres(&url(name), purpose).await,
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

on_both_databases! {
    a_database_is_the_same_after_it_was_closed_and_opened
    two_stores_on_one_database_hold_the_invariants_together
    of_many_changes_at_once_one_is_made
    proofs_at_once_never_pass_the_limit
    sign_ins_at_once_never_pass_the_limit
    a_snapshot_stands_still_while_others_write
    the_clock_is_the_databases_in_milliseconds
    authorisations_and_audit_rows_stay_as_they_were_written
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

async fn two_stores_on_one_database_hold_the_invariants_together(scratch: &Scratch) {
    let here = scratch.open().await;
    seed(&here).await;
    let there = scratch.open().await;
    let stale = commit_of(&there, CARD, paid("b")).await;
    write(&here, CARD, paid("a")).await.unwrap();
    assert!(matches!(there.commit(&stale).await, Err(StoreError::Raced)));
    assert!(is_duplicate(write(&there, CARD, paid("b")).await));
    here.close().await;
    there.close().await;
}

async fn of_many_changes_at_once_one_is_made(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    seed(&here).await;
    for round in 0..10 {
        let writes = vec![Write::PutNonce(nonce(round))];
        let commit = commit_of(&here, CARD, writes).await;
        let outcomes = tokio::join!(
            here.commit(&commit),
            there.commit(&commit),
            here.commit(&commit),
            there.commit(&commit),
        );
        let outcomes = [outcomes.0, outcomes.1, outcomes.2, outcomes.3];
        let raced = |outcome: &&Result<(), _>| matches!(outcome, Err(StoreError::Raced));
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(outcomes.iter().filter(raced).count(), 3, "{outcomes:?}");
    }
    here.close().await;
    there.close().await;
}

async fn proofs_at_once_never_pass_the_limit(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    seed(&here).await;
    let signed_in = entry(Event::SignedIn);
    for round in 0..10 {
        here.open_session(&session(round), &signed_in)
            .await
            .unwrap();
        let proof = |card| CountedProof {
            card: number(card),
            session: [round; 32],
        };
        let (one, other) = (proof(CARD), proof(OTHER_CARD));
        let counted = tokio::join!(here.count_proof(&one, 1), there.count_proof(&other, 1));
        let counted = (counted.0.unwrap(), counted.1.unwrap());
        assert!(counted.0 != counted.1, "one sign-in, one try: {counted:?}");
        // Undone for the card as well where the sign-in had no try left.
        let right = if counted.0 { one } else { other };
        here.uncount_proof(&right).await.unwrap();
    }
    here.close().await;
    there.close().await;
}

async fn sign_ins_at_once_never_pass_the_limit(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    let rule = |now| SignInRule {
        tries: 2,
        lock: 100,
        now,
    };
    for now in [1_000, 2_000, 3_000] {
        let counted = tokio::join!(
            here.count_sign_in("nobody", rule(now)),
            there.count_sign_in("nobody", rule(now)),
            here.count_sign_in("nobody", rule(now)),
            there.count_sign_in("nobody", rule(now)),
        );
        let counted = [counted.0, counted.1, counted.2, counted.3].map(Result::unwrap);
        assert_eq!(counted.iter().filter(|&&counted| counted).count(), 2);
    }
    here.close().await;
    there.close().await;
}

async fn a_snapshot_stands_still_while_others_write(scratch: &Scratch) {
    let here = scratch.open().await;
    seed(&here).await;
    let there = scratch.open().await;
    let mut read = here.database.snapshot().await.unwrap();
    let outlets = || sql("SELECT code FROM outlet");
    assert_eq!(read.all(outlets(), rows::there).await.unwrap().len(), 3);
    write(&there, CARD, paid("a")).await.unwrap();
    let records = || sql("SELECT id FROM recharge");
    assert_eq!(read.all(records(), rows::there).await.unwrap(), []);
    drop(read);
    let seen = here.database.all(records(), rows::there).await.unwrap();
    assert_eq!(seen.len(), 1);
    here.close().await;
    there.close().await;
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
    let mut forbidden = vec![
        "DELETE FROM authorisation",
        "UPDATE authorisation SET counter = 6",
        "DELETE FROM audit",
        "UPDATE audit SET operator = 'x'",
    ];
    if matches!(scratch, Scratch::Postgres(_)) {
        forbidden.extend(["TRUNCATE authorisation", "TRUNCATE audit"]);
    }
    for forbidden in forbidden {
        let error = store.database.execute(sql(forbidden)).await.unwrap_err();
        let why = std::error::Error::source(&error).unwrap().to_string();
        assert!(why.contains("never"), "{forbidden}: {why}");
    }
    store.close().await;
}

async fn every_commit_says_whether_it_is_flushed(scratch: &Scratch) {
    let store = scratch.open().await;
    let setting = async |durability| {
        let mut transaction = store.database.begin(durability).await.unwrap();
        match &mut transaction {
            Transaction::Sqlite(open) => {
                let level: i64 = sqlx::query_scalar("PRAGMA synchronous")
                    .fetch_one(&mut **open)
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
    for _ in 0..2 {
        assert_eq!(setting(Durability::Flushed).await, "on");
        assert_eq!(setting(Durability::Soon).await, "off");
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

#[tokio::test]
async fn backends_that_start_together_on_an_empty_database_all_start() {
    let scratch = Scratch::postgres().await;
    let stores = tokio::join!(scratch.open(), scratch.open(), scratch.open());
    for store in [stores.0, stores.1, stores.2] {
        assert_eq!(store.outlet("LZ01").await.unwrap(), None);
        store.close().await;
    }
    scratch.remove().await;
}
