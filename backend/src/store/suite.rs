//! The same cases on every store.

use apdu_core::bcd::CardNumber;
use etc_api::{OutletKind, PaymentKind};

use super::database::tests::Scratch;
use super::*;
use crate::audit::Event;
use crate::ledger::{Nonce, NonceKind, PaymentTaken, Proof, State, Write};
use crate::{demo, import};

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

on_every_store! {
    what_is_added_is_found
    nothing_is_added_when_one_row_is_wrong
    a_card_keeps_everything_it_was_added_with
    every_row_of_a_change_is_written_and_read_back
    a_stale_revision_loses_the_race_and_writes_nothing
    a_stale_version_loses_the_race_and_writes_nothing
    a_card_has_one_open_record
    a_counter_is_loaded_once
    two_authorisations_of_a_card_never_share_a_second
    a_record_is_paid_once
    an_idempotency_key_is_used_once
    a_nonce_takes_the_place_of_the_one_before
    a_proved_counter_never_falls
    wrong_proofs_are_counted_by_card_and_by_sign_in
    an_unlocked_card_counts_from_zero
    sign_ins_are_counted_by_name_and_forgotten_with_time
    a_session_lives_until_it_is_closed
    a_text_with_a_nul_is_found_nowhere
}

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

pub(super) fn nonce(last: u8) -> Nonce {
    Nonce {
        card: number(CARD),
        terminal: [0xFE, 0xAA, 0xAA, 0xAA, 0xAA, last],
        kind: NonceKind::Preflight,
        issued_at: 1_000,
    }
}

async fn what_is_added_is_found(store: &dyn Store) {
    let outlet = store.outlet("LB01").await.unwrap().unwrap();
    assert_eq!(
        (outlet.name.as_str(), outlet.kind),
        ("兰州银行城关支行", OutletKind::Bank)
    );
    assert_eq!(store.outlet("XX").await.unwrap(), None);
    assert_eq!(store.terminals("LZ01").await.unwrap(), [[1, 2, 3, 4, 5, 6]]);
    let operator = store.operator("demo.supervisor").await.unwrap().unwrap();
    assert_eq!(
        (operator.role, operator.outlet.as_str()),
        (Role::Supervisor, "LZ01")
    );
    assert!(store.operator("nobody").await.unwrap().is_none());
    assert!(store.now().await.unwrap() >= 1_000);
}

async fn nothing_is_added_when_one_row_is_wrong(store: &dyn Store) {
    let new = Terminal {
        number: [9; 6],
        outlet: "LZ01".into(),
    };
    let nowhere = Terminal {
        number: [8; 6],
        outlet: "XX".into(),
    };
    let stock = Stock {
        terminals: vec![new.clone(), nowhere],
        ..Stock::default()
    };
    assert!(matches!(
        store.add(&stock).await,
        Err(StoreError::Failed(_))
    ));
    let twice = Stock {
        terminals: vec![new.clone(), new],
        ..Stock::default()
    };
    let error = store.add(&twice).await.unwrap_err();
    assert_eq!(error.to_string(), "terminal 090909090909 exists");
    assert_eq!(store.terminals("LZ01").await.unwrap().len(), 1);
}

async fn a_card_keeps_everything_it_was_added_with(store: &dyn Store) {
    let text = "number,card_type,version,start,expiry,plate,plate_colour,vehicle_class,status,\
                issue_file_length,pin_form,pin,prove_counter,load_key_index,refuses_one_fen,\
                refuses_odd_terminals\n\
                62019999999999999999,23,50,20240115,20340114,甘Z99999,4,12,lost,50,bcd3,654321,\
                before,41,yes,yes\n";
    let cards = import::cards(text).unwrap();
    let card = cards[0].card.clone();
    store
        .add(&Stock {
            cards,
            ..Stock::default()
        })
        .await
        .unwrap();
    assert_eq!(
        store.card_file(card.number).await.unwrap().unwrap().card,
        card
    );
    let unknown = number("62010000000000000000");
    assert_eq!(store.card_file(unknown).await.unwrap(), None);
}

async fn every_row_of_a_change_is_written_and_read_back(store: &dyn Store) {
    let paid = Record {
        state: State::Paid,
        ..record("a", State::Created)
    };
    let payment = PaymentTaken {
        record: "a".into(),
        kind: PaymentKind::Cash,
        amount: 10_000,
        operator: "demo.teller".into(),
        at: 1_000,
    };
    let created = vec![
        Write::InsertRecord(record("a", State::Created)),
        Write::InsertRecord(record("b", State::Created)),
        Write::PutNonce(nonce(0xAA)),
        Write::ProveCounter(5),
    ];
    write(store, CARD, created).await.unwrap();
    let file = store.card_file(number(CARD)).await.unwrap().unwrap();
    assert_eq!(
        file.created,
        [record("a", State::Created), record("b", State::Created)]
    );
    assert_eq!((file.nonce, file.open), (Some(nonce(0xAA)), None));
    assert_eq!((file.card.proved_counter, file.card.revision), (5, 1));

    let more = vec![
        Write::InsertPayment(payment),
        Write::UpdateRecord(paid.clone()),
    ];
    write(store, CARD, more).await.unwrap();
    let loading = Record {
        state: State::Loading { counter: 5 },
        version: 1,
        ..paid
    };
    let more = vec![
        Write::UpdateRecord(loading.clone()),
        Write::InsertAuthorisation(authorisation("a", 5, 77)),
        Write::InsertAuthorisation(authorisation("b", 5, 78)),
        Write::InsertAuthorisation(authorisation("b", 6, 79)),
        Write::DropNonces,
    ];
    write(store, CARD, more).await.unwrap();
    let file = store.card_file(number(CARD)).await.unwrap().unwrap();
    assert_eq!(
        file.open,
        Some(Record {
            version: 2,
            ..loading
        })
    );
    assert_eq!((file.nonce, file.latest_second), (None, Some(79)));
    let at_5 = [authorisation("a", 5, 77), authorisation("b", 5, 78)];
    assert_eq!(
        store.authorisations_at(number(CARD), 5).await.unwrap(),
        at_5
    );
    assert_eq!(
        store
            .authorisations_at(number(OTHER_CARD), 5)
            .await
            .unwrap(),
        []
    );
    assert_eq!(store.authorisations_beside("a").await.unwrap(), at_5);

    let done = Record {
        state: loaded(5),
        version: 2,
        ..record("a", State::Paid)
    };
    write(store, CARD, vec![Write::UpdateRecord(done.clone())])
        .await
        .unwrap();
    let kept = store.record("a").await.unwrap();
    assert_eq!(kept, Some(Record { version: 3, ..done }));
    assert_eq!(store.record("c").await.unwrap(), None);
}

async fn a_stale_revision_loses_the_race_and_writes_nothing(store: &dyn Store) {
    let stale = commit_of(store, CARD, vec![Write::PutNonce(nonce(0xAA))]).await;
    write(store, CARD, vec![]).await.unwrap();
    assert!(matches!(store.commit(&stale).await, Err(StoreError::Raced)));
    assert_eq!(
        store.card_file(number(CARD)).await.unwrap().unwrap().nonce,
        None
    );
}

async fn a_stale_version_loses_the_race_and_writes_nothing(store: &dyn Store) {
    let new = Write::InsertRecord(record("a", State::Created));
    write(store, CARD, vec![new]).await.unwrap();
    let stale = Record {
        version: 1,
        ..record("a", State::Closed)
    };
    let writes = vec![Write::PutNonce(nonce(0xAA)), Write::UpdateRecord(stale)];
    let outcome = write(store, CARD, writes).await;
    assert!(matches!(outcome, Err(StoreError::Raced)));
    let file = store.card_file(number(CARD)).await.unwrap().unwrap();
    assert_eq!((file.nonce, file.card.revision), (None, 1));
    assert_eq!(
        store.record("a").await.unwrap().unwrap().state,
        State::Created
    );
}

pub(super) fn is_duplicate(outcome: Result<(), StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Duplicate(_)))
}

async fn a_card_has_one_open_record(store: &dyn Store) {
    let new = |id, state| vec![Write::InsertRecord(record(id, state))];
    write(store, CARD, new("a", State::Paid)).await.unwrap();
    assert!(is_duplicate(
        write(store, CARD, new("b", State::Paid)).await
    ));
    assert!(is_duplicate(
        write(store, CARD, new("b", State::Loading { counter: 5 })).await
    ));
    write(store, CARD, new("b", State::Created)).await.unwrap();
    let opened = Record {
        state: State::Paid,
        ..record("b", State::Created)
    };
    assert!(is_duplicate(
        write(store, CARD, vec![Write::UpdateRecord(opened)]).await
    ));
    let other = Record {
        card: number(OTHER_CARD),
        ..record("c", State::Paid)
    };
    write(store, OTHER_CARD, vec![Write::InsertRecord(other)])
        .await
        .unwrap();
}

async fn a_counter_is_loaded_once(store: &dyn Store) {
    let new = |id, state| vec![Write::InsertRecord(record(id, state))];
    write(store, CARD, new("a", loaded(5))).await.unwrap();
    assert!(is_duplicate(write(store, CARD, new("b", loaded(5))).await));
    write(store, CARD, new("b", loaded(6))).await.unwrap();
}

async fn two_authorisations_of_a_card_never_share_a_second(store: &dyn Store) {
    let new = Write::InsertRecord(record("a", State::Paid));
    let first = Write::InsertAuthorisation(authorisation("a", 5, 77));
    write(store, CARD, vec![new, first]).await.unwrap();
    let second = Write::InsertAuthorisation(authorisation("a", 6, 77));
    assert!(is_duplicate(write(store, CARD, vec![second]).await));
    assert_eq!(store.authorisations_beside("a").await.unwrap().len(), 1);
}

async fn a_record_is_paid_once(store: &dyn Store) {
    let payment = PaymentTaken {
        record: "a".into(),
        kind: PaymentKind::Cash,
        amount: 10_000,
        operator: "demo.teller".into(),
        at: 1_000,
    };
    let new = Write::InsertRecord(record("a", State::Paid));
    write(
        store,
        CARD,
        vec![new, Write::InsertPayment(payment.clone())],
    )
    .await
    .unwrap();
    assert!(is_duplicate(
        write(store, CARD, vec![Write::InsertPayment(payment)]).await
    ));
}

async fn an_idempotency_key_is_used_once(store: &dyn Store) {
    let kept = StoredAnswer {
        key: "key-0001".into(),
        operator: "demo.teller".into(),
        route: "POST /x".into(),
        body: [7; 32],
        answer: "{}".into(),
    };
    let mut commit = commit_of(store, CARD, vec![]).await;
    commit.answer = Some(kept.clone());
    store.commit(&commit).await.unwrap();
    let mut again = commit_of(store, CARD, vec![Write::PutNonce(nonce(0xAA))]).await;
    again.answer = Some(StoredAnswer {
        operator: "demo.bank".into(),
        ..kept.clone()
    });
    assert!(is_duplicate(store.commit(&again).await));
    assert_eq!(store.answer("key-0001").await.unwrap(), Some(kept));
    assert_eq!(store.answer("key-0002").await.unwrap(), None);
    assert_eq!(
        store.card_file(number(CARD)).await.unwrap().unwrap().nonce,
        None
    );
}

async fn a_nonce_takes_the_place_of_the_one_before(store: &dyn Store) {
    write(store, CARD, vec![Write::PutNonce(nonce(0xAA))])
        .await
        .unwrap();
    write(store, CARD, vec![Write::PutNonce(nonce(0xBB))])
        .await
        .unwrap();
    let file = store.card_file(number(CARD)).await.unwrap().unwrap();
    assert_eq!(file.nonce, Some(nonce(0xBB)));
}

async fn a_proved_counter_never_falls(store: &dyn Store) {
    for counter in [5, 3, 6] {
        write(store, CARD, vec![Write::ProveCounter(counter)])
            .await
            .unwrap();
    }
    write(store, CARD, vec![Write::ProveCounter(1)])
        .await
        .unwrap();
    let file = store.card_file(number(CARD)).await.unwrap().unwrap();
    assert_eq!(file.card.proved_counter, 6);
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

async fn wrong_proofs_are_counted_by_card_and_by_sign_in(store: &dyn Store) {
    store
        .open_session(&session(1), &entry(Event::SignedIn))
        .await
        .unwrap();
    store
        .open_session(&session(2), &entry(Event::SignedIn))
        .await
        .unwrap();
    let proof = |card, token| CountedProof {
        card: number(card),
        session: [token; 32],
    };
    let count = async |card, token| store.count_proof(&proof(card, token), 2).await.unwrap();

    assert!(count(CARD, 1).await);
    assert!(count(CARD, 1).await);
    assert!(!count(CARD, 2).await, "the card has no tries left");
    assert!(!count(OTHER_CARD, 1).await, "the sign-in has no tries left");
    assert!(
        count(OTHER_CARD, 2).await,
        "what was refused was not counted"
    );

    let mut right = commit_of(store, CARD, vec![]).await;
    right.proved = Some(proof(CARD, 1));
    store.commit(&right).await.unwrap();
    assert!(count(CARD, 1).await, "a right proof gives its try back");
    assert!(!count(CARD, 1).await);
    store.uncount_proof(&proof(CARD, 1)).await.unwrap();
    assert!(count(CARD, 1).await);
    assert!(!count(CARD, 1).await);
}

async fn an_unlocked_card_counts_from_zero(store: &dyn Store) {
    let proof = CountedProof {
        card: number(CARD),
        session: [9; 32],
    };
    assert!(store.count_proof(&proof, 1).await.unwrap());
    assert!(!store.count_proof(&proof, 1).await.unwrap());
    assert!(
        store
            .unlock_card(number(CARD), &entry(Event::Unlocked))
            .await
            .unwrap()
    );
    assert!(store.count_proof(&proof, 1).await.unwrap());
    let unknown = number("62010000000000000000");
    assert!(
        !store
            .unlock_card(unknown, &entry(Event::Unlocked))
            .await
            .unwrap()
    );
}

async fn sign_ins_are_counted_by_name_and_forgotten_with_time(store: &dyn Store) {
    let count = async |name, now| {
        let rule = SignInRule {
            tries: 2,
            lock: 100,
            now,
        };
        store.count_sign_in(name, rule).await.unwrap()
    };
    assert!(count("demo.teller", 1_000).await);
    assert!(count("demo.teller", 1_010).await);
    assert!(!count("demo.teller", 1_020).await);
    assert!(count("nobody", 1_020).await);
    assert!(
        !count("demo.teller", 1_109).await,
        "a refused try does not make the lock longer"
    );
    assert!(count("demo.teller", 1_110).await);
    store
        .open_session(&session(1), &entry(Event::SignedIn))
        .await
        .unwrap();
    assert!(count("demo.teller", 1_111).await);
    assert!(
        count("demo.teller", 1_112).await,
        "a sign-in counts from zero again"
    );
}

async fn a_session_lives_until_it_is_closed(store: &dyn Store) {
    store
        .open_session(&session(1), &entry(Event::SignedIn))
        .await
        .unwrap();
    store.touch_session(&[1; 32], 5_000).await.unwrap();
    let seen = store.session(&[1; 32]).await.unwrap();
    assert_eq!(
        seen,
        Some(Session {
            seen_at: 5_000,
            ..session(1)
        })
    );
    store
        .close_session(&[1; 32], &entry(Event::SignedOut))
        .await
        .unwrap();
    assert_eq!(store.session(&[1; 32]).await.unwrap(), None);
}

async fn a_text_with_a_nul_is_found_nowhere(store: &dyn Store) {
    assert_eq!(store.record("a\0").await.unwrap(), None);
    assert_eq!(store.answer("key\0").await.unwrap(), None);
    assert!(store.operator("demo.teller\0").await.unwrap().is_none());
    let rule = SignInRule {
        tries: 2,
        lock: 100,
        now: 1_000,
    };
    assert!(store.count_sign_in("demo\0teller", rule).await.unwrap());
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
