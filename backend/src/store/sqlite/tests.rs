//! What only a database can get wrong.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::*;
use crate::ledger::{State, Write};
use crate::store::suite::{CARD, commit_of, is_duplicate, record, seed, write};

/// A database file that goes away with the test.
pub struct TemporaryFile(pub PathBuf);

impl TemporaryFile {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("etc-store-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder.join("store.sqlite"))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

#[tokio::test]
async fn a_database_is_the_same_after_it_was_closed_and_opened() {
    let file = TemporaryFile::new();
    let store = SqliteStore::open(&file.0).await.unwrap();
    seed(&store).await;
    let new = Write::InsertRecord(record("a", State::Paid));
    write(&store, CARD, vec![new]).await.unwrap();
    store.close().await;
    let store = SqliteStore::open(&file.0).await.unwrap();
    let kept = store.record("a").await.unwrap();
    assert_eq!(kept, Some(record("a", State::Paid)));
    store.close().await;
}

#[tokio::test]
async fn two_stores_on_one_database_hold_the_invariants_together() {
    let file = TemporaryFile::new();
    let here = SqliteStore::open(&file.0).await.unwrap();
    seed(&here).await;
    let there = SqliteStore::open(&file.0).await.unwrap();
    let stale = commit_of(
        &there,
        CARD,
        vec![Write::InsertRecord(record("b", State::Paid))],
    )
    .await;
    let new = Write::InsertRecord(record("a", State::Paid));
    write(&here, CARD, vec![new]).await.unwrap();
    assert!(matches!(there.commit(&stale).await, Err(StoreError::Raced)));
    let again = write(
        &there,
        CARD,
        vec![Write::InsertRecord(record("b", State::Paid))],
    )
    .await;
    assert!(is_duplicate(again));
    here.close().await;
    there.close().await;
}

#[tokio::test]
async fn the_clock_is_the_databases_in_milliseconds() {
    let host = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis() as i64
    };
    let file = TemporaryFile::new();
    let store = SqliteStore::open(&file.0).await.unwrap();
    let before = host();
    let now = store.now().await.unwrap();
    assert!((before - 1..=host()).contains(&now), "{before} {now}");
    store.close().await;
}

#[tokio::test]
async fn authorisations_and_audit_rows_stay_as_they_were_written() {
    let file = TemporaryFile::new();
    let store = SqliteStore::open(&file.0).await.unwrap();
    seed(&store).await;
    let new = Write::InsertRecord(record("a", State::Paid));
    let authorisation = crate::store::suite::authorisation("a", 5, 77);
    let writes = vec![new, Write::InsertAuthorisation(authorisation)];
    write(&store, CARD, writes).await.unwrap();
    for sql in [
        "DELETE FROM authorisation",
        "UPDATE authorisation SET counter = 6",
        "DELETE FROM audit",
        "UPDATE audit SET operator = 'x'",
    ] {
        assert!(
            sqlx::query(sql).execute(&store.writer).await.is_err(),
            "{sql}"
        );
    }
    store.close().await;
}

#[tokio::test]
async fn a_database_of_a_newer_backend_is_left_alone() {
    let file = TemporaryFile::new();
    let store = SqliteStore::open(&file.0).await.unwrap();
    sqlx::query("PRAGMA user_version = 99")
        .execute(&store.writer)
        .await
        .unwrap();
    store.close().await;
    assert!(SqliteStore::open(&file.0).await.is_err());
}
