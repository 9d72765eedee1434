//! What goes wrong on our side, and requests that really run at the same moment.

use std::path::PathBuf;
use std::sync::Arc;

use apdu_core::bcd::{CardNumber, Date, Time};
use apdu_core::fault::Code;
use apdu_core::obu::Algorithm;
use etc_backend::demo;
use etc_backend::keys::personal::Personal;
use etc_backend::keys::{
    CardWrite, Init, KeyError, KeyStore, Load, SoftKeys, TagKey, TagWrite, VehicleRead,
};
use etc_backend::random::OsRandom;
use etc_backend::store::{DatabaseStore, MemoryStore, Store};
use serde_json::json;

use crate::bench::{Bench, NOON, Plastic, on, password};

/// Keys that are out of order.
struct BrokenKeys;

impl KeyStore for BrokenKeys {
    fn verify_mac1(&self, _: &Init, _: [u8; 4]) -> Result<(), KeyError> {
        panic!("secret detail")
    }

    fn authorise_load(&self, _: &Init, _: [u8; 4], _: Date, _: Time) -> Result<[u8; 4], KeyError> {
        panic!("secret detail")
    }

    fn verify_tac(&self, _: &Load, _: [u8; 4]) -> Result<(), KeyError> {
        panic!("secret detail")
    }

    fn knows_issuer(&self, _: [u8; 2]) -> bool {
        panic!("secret detail")
    }

    fn may_open(&self, _: TagKey) -> Result<(), KeyError> {
        panic!("secret detail")
    }

    fn open_vehicle(&self, _: &VehicleRead, _: &[u8]) -> Result<Vec<u8>, KeyError> {
        panic!("secret detail")
    }

    fn may_write_tag(&self, _: [u8; 2], _: Algorithm) -> Result<(), KeyError> {
        panic!("secret detail")
    }

    fn write_tag(&self, _: &TagWrite<'_>, _: [u8; 4]) -> Result<Vec<u8>, KeyError> {
        panic!("secret detail")
    }

    fn may_write_card(&self, _: [u8; 2], _: Algorithm) -> Result<(), KeyError> {
        panic!("secret detail")
    }

    fn write_card(&self, _: &CardWrite<'_>, _: [u8; 4]) -> Result<Vec<u8>, KeyError> {
        panic!("secret detail")
    }

    fn holder_mark(&self, _: CardNumber, _: &[u8; 55]) -> Result<[u8; 32], KeyError> {
        panic!("secret detail")
    }

    fn sign_evidence(&self, _: &'static str, _: [u8; 32]) -> Result<[u8; 64], KeyError> {
        panic!("secret detail")
    }

    fn evidence_key(&self) -> Result<[u8; 32], KeyError> {
        panic!("secret detail")
    }
}

#[tokio::test]
async fn a_panic_becomes_a_problem_that_says_nothing_about_its_inside() {
    let store = Arc::new(MemoryStore::new(NOON));
    store.add(&demo::stock(password()).unwrap()).await.unwrap();
    let bench = Bench::of(store, Arc::new(BrokenKeys));
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let init = teller.preflight(&mut card).await;
    let answer = teller.create_with(&card, json!(10_000), &init).await;
    assert!(!format!("{answer:?}").contains("secret"), "{answer:?}");
    answer.refused(Code::BackendFailed);
}

/// A database file that goes away with the test.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("etc-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder.join("store.sqlite"))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn keys() -> Arc<dyn KeyStore> {
    Arc::new(SoftKeys::from_toml(demo::KEYS).unwrap())
}

#[tokio::test]
async fn a_database_that_fails_becomes_a_problem_too() {
    let file = TemporaryFile::new("failing");
    let store = Arc::new(seedable(&file.0).await);
    demo::seed(&*store, &OsRandom).await.unwrap();
    let bench = Bench::of(store.clone(), keys());
    let teller = bench.counter("demo.teller").await;
    store.close().await;
    let answer = teller.get("/session").await;
    assert!(
        !format!("{answer:?}").to_lowercase().contains("pool"),
        "{answer:?}"
    );
    answer.refused(Code::BackendFailed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_requests_at_the_same_moment_one_wins_and_money_is_taken_and_loaded_once() {
    let file = TemporaryFile::new("race");
    let store = Arc::new(seedable(&file.0).await);
    demo::seed(&*store, &OsRandom).await.unwrap();
    let bench = Bench::of(store.clone(), keys());
    let here = bench.counter("demo.teller").await;
    let there = bench.counter("demo.supervisor").await;
    let mut card = Plastic::new("normal");

    let record = here.created(&mut card, 10_000).await;
    let payments = tokio::join!(here.pay(&record), there.pay(&record), here.pay(&record));
    let mut states = [payments.0.status, payments.1.status, payments.2.status];
    states.sort();
    assert_eq!(states, [200, 409, 409]);

    // The same attempt, sent twice before its first answer came: one authorisation, one answer.
    let body = json!({ "init": card.init(&record["init"]) });
    let path = on(&record, "authorise");
    let send = || here.post_as("authorise-1", &path, body.clone());
    let (first, second) = tokio::join!(send(), send());
    let authorised = first.ok();
    assert_eq!(second.ok(), authorised);
    let number = card.number.parse().unwrap();
    assert_eq!(store.authorisations_at(number, 5).await.unwrap().len(), 1);

    let tac = json!({ "tac": card.apdu(authorised["command"].as_str().unwrap()) });
    let (first, second) = tokio::join!(
        here.confirm(&record, tac.clone()),
        there.confirm(&record, tac)
    );
    assert_eq!(first.ok()["state"], "loaded");
    assert_eq!(second.ok()["state"], "loaded");
    store.close().await;
}

/// A store that takes the holders of the demo's cards.
async fn seedable(file: &std::path::Path) -> DatabaseStore {
    let store = DatabaseStore::sqlite(file).await.unwrap();
    store.with_personal(Personal::new(&[7; 32])).await.unwrap()
}
