//! The same cases on every store, by topic.

use apdu_core::bcd::CardNumber;

use super::database::tests::Scratch;
use super::*;
use crate::audit::Event;
use crate::demo;
use crate::ledger::{Means, Nonce, NonceKind, PaymentTaken, Proof, ProvedBy, State, Write};

/// Every store runs every case.
macro_rules! on_every_store {
    ($($name:ident)+) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                let store = super::MemoryStore::new(1_000);
                super::seed(&store).await;
                super::$name(&store).await;
            })+
        }

        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let scratch = super::Scratch::sqlite();
                let store = scratch.open().await;
                super::seed(&store).await;
                super::$name(&store).await;
                store.close().await;
                scratch.remove().await;
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let scratch = super::Scratch::postgres().await;
                let store = scratch.open().await;
                super::seed(&store).await;
                super::$name(&store).await;
                store.close().await;
                scratch.remove().await;
            })+
        }
    };
}

pub(super) mod applications;
mod card_tasks;
mod cards;
mod cases;
mod money;
mod records;
mod sign_in;
mod stock;
mod sweep;
mod switches;
mod tag_tasks;
mod tags;
mod take_in;
pub(super) mod trail;

pub(super) const CARD: &str = "62012201230100000017";
pub(super) const OTHER_CARD: &str = "62012201230100000025";

pub(super) fn number(text: &str) -> CardNumber {
    text.parse().unwrap()
}

pub(super) async fn seed(store: &dyn Store) {
    store
        .add(&demo::stock("hash".into()).unwrap())
        .await
        .unwrap();
}

pub(super) fn entry(event: Event) -> Entry {
    Entry {
        at: 1_000,
        operator: "demo.teller".into(),
        event,
        card: Some(number(CARD)),
        record: None,
        evidence: vec![0xAB],
    }
}

/// A change of a card on the revision it has now.
pub(super) async fn commit_of(store: &dyn Store, card: &str, writes: Vec<Write>) -> Commit {
    let file = store.card_file(number(card)).await.unwrap().unwrap();
    Commit {
        change: Change::of(&file.card, writes),
        proved: None,
        entry: entry(Event::Created),
        answer: None,
    }
}

pub(super) async fn write(
    store: &dyn Store,
    card: &str,
    writes: Vec<Write>,
) -> Result<(), StoreError> {
    store.commit(&commit_of(store, card, writes).await).await
}

async fn done(store: &dyn Store, card: &str, writes: Vec<Write>) {
    write(store, card, writes).await.unwrap();
}

async fn file(store: &dyn Store, card: &str) -> CardFile {
    store.card_file(number(card)).await.unwrap().unwrap()
}

/// A new record that is about to stand in this state.
async fn insert(store: &dyn Store, id: &str, state: State) {
    done(store, CARD, vec![Write::InsertRecord(record(id, state))]).await;
}

fn is_raced(outcome: Result<(), StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Raced))
}

pub(super) fn is_duplicate(outcome: Result<(), StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Duplicate(_)))
}

pub(super) fn record(id: &str, state: State) -> Record {
    Record {
        id: id.into(),
        card: number(CARD),
        amount: 10_000,
        state,
        created_counter: 5,
        balance_before: 3_000,
        created_at: 1_000,
        outlet: "LZ01".into(),
        operator: "demo.teller".into(),
        version: 0,
    }
}

fn loaded(counter: u16) -> State {
    State::Loaded(Proof {
        counter,
        second: 1,
        balance_after: 13_000,
        by: ProvedBy::Tac,
    })
}

pub(super) fn authorisation(record: &str, counter: u16, second: i64) -> Authorisation {
    Authorisation {
        record: record.into(),
        card: number(CARD),
        counter,
        balance: 3_000,
        random: [1, 2, 3, 4],
        amount: 10_000,
        terminal: [1, 2, 3, 4, 5, 6],
        second,
        operator: "demo.teller".into(),
    }
}

pub(super) fn cash(drawer: &str) -> Means {
    Means::Cash {
        drawer: drawer.into(),
    }
}

pub(super) fn payment(record: &str, means: Means) -> PaymentTaken {
    PaymentTaken {
        record: record.into(),
        means,
        amount: 10_000,
        operator: "demo.teller".into(),
        outlet: "LZ01".into(),
        at: 1_000,
    }
}

pub(super) fn drawer(id: &str) -> DrawerRow {
    DrawerRow {
        id: id.into(),
        operator: "demo.teller".into(),
        outlet: "LZ01".into(),
        opened_at: 1_000,
        float: 50_000,
        taken: 0,
        given_back: 0,
        payments: 0,
        closed: None,
        revision: 0,
    }
}

pub(super) async fn open_drawer(store: &dyn Store, id: &str) {
    store
        .open_drawer(&drawer(id), &entry(Event::DrawerOpened))
        .await
        .unwrap();
}

pub(super) fn nonce(last: u8) -> Nonce {
    Nonce {
        card: number(CARD),
        terminal: [0xFE, 0xAA, 0xAA, 0xAA, 0xAA, last],
        kind: NonceKind::Preflight,
        issued_at: 1_000,
    }
}

pub(super) fn session(token: u8) -> Session {
    Session {
        token: [token; 32],
        operator: "demo.teller".into(),
        terminal: [1, 2, 3, 4, 5, 6],
        opened_at: 1_000,
        seen_at: 1_000,
    }
}

#[tokio::test]
async fn a_fork_of_the_memory_goes_on_alone() {
    let store = MemoryStore::new(1_000);
    seed(&store).await;
    let fork = store.clone();
    let new = Write::InsertRecord(record("a", State::Paid));
    write(&store, CARD, vec![new]).await.unwrap();
    assert_eq!((store.records().len(), fork.records().len()), (1, 0));
}
