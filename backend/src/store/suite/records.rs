use super::*;
use crate::ledger::{Refund, RefundFrom, Spender};

on_every_store! {
    every_row_of_a_change_is_written_and_read_back
    a_stale_revision_loses_the_race_and_writes_nothing
    a_stale_version_loses_the_race_and_writes_nothing
    a_card_has_one_open_record
    a_counter_is_loaded_once
    two_authorisations_of_a_card_never_share_a_second
    an_idempotency_key_is_used_once
    every_state_is_kept
    a_card_has_one_open_record_also_on_its_way_back
    the_latest_record_given_up_is_known
    a_record_is_in_one_store_once
    authorisations_are_found_from_a_counter_on
    records_are_found_by_what_is_asked
    what_waits_for_somebody_is_found
    what_only_a_log_says_is_found
    a_page_of_records_follows_the_other
    what_an_operator_opened_is_counted
    an_operator_opens_one_record_after_the_other
}

async fn every_row_of_a_change_is_written_and_read_back(store: &dyn Store) {
    let paid = Record {
        state: State::Paid,
        ..record("a", State::Created)
    };
    let payment = payment("a", cash("d"));
    open_drawer(store, "d").await;
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

async fn every_state_is_kept(store: &dyn Store) {
    let proofs = [ProvedBy::Tac, ProvedBy::CounterAndLog, ProvedBy::Decision].map(|by| Proof {
        counter: 7,
        second: 77,
        balance_after: 13_000,
        by,
    });
    let mut states = vec![State::Created, State::Paid, State::Loading { counter: 0 }];
    states.extend(proofs.map(State::Loaded));
    states.extend(proofs.map(State::Conflict));
    for from in [RefundFrom::Paid, RefundFrom::Loading { counter: 0 }] {
        for sent_at in [None, Some(3_000)] {
            for proved in [None, Some(proofs[0]), Some(proofs[1]), Some(proofs[2])] {
                let refund = Refund {
                    from,
                    not_before: 2_000,
                    sent_at,
                    proved,
                };
                states.extend([State::Refunding(refund), State::Refunded(refund)]);
            }
        }
    }
    states.push(State::Closed);
    // From every one to the next, so that nothing of the one before stays; and written as new.
    insert(store, "a", State::Created).await;
    for (version, &state) in states.iter().enumerate() {
        let moved = Record {
            balance_before: 3_000 + version as u32,
            version: version as i64,
            ..record("a", state)
        };
        done(store, CARD, vec![Write::UpdateRecord(moved.clone())]).await;
        let kept = Record {
            version: moved.version + 1,
            ..moved
        };
        assert_eq!(store.record("a").await.unwrap(), Some(kept.clone()));
        let file = file(store, CARD).await;
        assert_eq!(file.open, kept.is_open().then_some(kept));
    }
    for (index, &state) in states.iter().enumerate() {
        let id = format!("new {index}");
        insert(store, &id, state).await;
        let kept = store.record(&id).await.unwrap();
        assert_eq!(kept, Some(record(&id, state)));
        let closed = record(&id, State::Closed);
        done(store, CARD, vec![Write::UpdateRecord(closed)]).await;
    }
}

fn refunding(from: RefundFrom) -> State {
    State::Refunding(Refund {
        from,
        not_before: 2_000,
        sent_at: None,
        proved: None,
    })
}

async fn a_card_has_one_open_record_also_on_its_way_back(store: &dyn Store) {
    let new = |id, state| vec![Write::InsertRecord(record(id, state))];
    insert(store, "a", refunding(RefundFrom::Paid)).await;
    for state in [
        State::Paid,
        State::Loading { counter: 5 },
        refunding(RefundFrom::Loading { counter: 5 }),
    ] {
        assert!(is_duplicate(write(store, CARD, new("b", state)).await));
    }
    let State::Refunding(refund) = refunding(RefundFrom::Paid) else {
        unreachable!()
    };
    let given_back = record("a", State::Refunded(refund));
    done(store, CARD, vec![Write::UpdateRecord(given_back)]).await;
    insert(store, "b", State::Paid).await;
    // What contradicts itself is neither open nor loaded.
    let proof = |counter| Proof {
        counter,
        second: 1,
        balance_after: 13_000,
        by: ProvedBy::Tac,
    };
    insert(store, "c", State::Conflict(proof(5))).await;
    insert(store, "d", State::Conflict(proof(5))).await;
    insert(store, "e", State::Loaded(proof(5))).await;
}

async fn the_latest_record_given_up_is_known(store: &dyn Store) {
    let new = async |id: &str, created_at, state| {
        let new = Record {
            created_at,
            ..record(id, state)
        };
        done(store, CARD, vec![Write::InsertRecord(new)]).await;
        let given_up = file(store, CARD).await.given_up;
        given_up.map(|record| record.id)
    };
    let refund = |from| Refund {
        from,
        not_before: 2_000,
        sent_at: Some(3_000),
        proved: None,
    };
    let torn = refund(RefundFrom::Loading { counter: 5 });
    let paid = refund(RefundFrom::Paid);
    assert_eq!(new("a", 9, State::Refunded(paid)).await, None);
    assert_eq!(new("b", 8, State::Refunding(torn)).await, None);
    assert_eq!(new("d", 5, State::Refunded(torn)).await.unwrap(), "d");
    assert_eq!(new("c", 6, State::Refunded(torn)).await.unwrap(), "c");
    assert_eq!(new("e", 4, State::Refunded(torn)).await.unwrap(), "c");
    // Of the same moment: the greater name is the newer.
    assert_eq!(new("f", 6, State::Refunded(torn)).await.unwrap(), "f");
    assert_eq!(file(store, OTHER_CARD).await.given_up, None);
}

async fn a_record_is_in_one_store_once(store: &dyn Store) {
    insert(store, "a", State::Closed).await;
    let again = vec![Write::InsertRecord(record("a", State::Closed))];
    assert!(is_duplicate(write(store, CARD, again).await));
    let nowhere = vec![Write::UpdateRecord(record("b", State::Closed))];
    assert!(is_raced(write(store, CARD, nowhere).await));
}

async fn authorisations_are_found_from_a_counter_on(store: &dyn Store) {
    let one = |counter, second| Write::InsertAuthorisation(authorisation("a", counter, second));
    insert(store, "a", State::Paid).await;
    done(store, CARD, vec![one(5, 77), one(5, 78), one(7, 79)]).await;
    let from = async |card, counter| {
        let found = store.authorisations_from(number(card), counter).await;
        let seconds = found.unwrap().into_iter().map(|one| one.second);
        seconds.collect::<Vec<_>>()
    };
    assert_eq!(from(CARD, 0).await, [77, 78, 79]);
    assert_eq!(from(CARD, 6).await, [79]);
    assert_eq!(from(CARD, 8).await, [0; 0]);
    assert_eq!(from(OTHER_CARD, 0).await, [0; 0]);
}

/// The records that are found, in order.
async fn found(store: &dyn Store, search: RecordSearch) -> Vec<String> {
    let search = RecordSearch {
        limit: match search.limit {
            0 => 10,
            limit => limit,
        },
        ..search
    };
    let found = store.find_records(&search).await.unwrap();
    for (record, card) in &found {
        let kept = store.record(&record.id).await.unwrap();
        assert_eq!(kept.as_ref(), Some(record));
        assert_eq!(file(store, &record.card.to_string()).await.card, *card);
    }
    found.into_iter().map(|(record, _)| record.id).collect()
}

/// Has the same plate number as no other, on a plate of another colour.
const THIRD_CARD: &str = "62012201230100000033";

async fn records_are_found_by_what_is_asked(store: &dyn Store) {
    let of = |card, id, created_at, outlet: &str| {
        vec![Write::InsertRecord(Record {
            card: number(card),
            created_at,
            outlet: outlet.into(),
            ..record(id, State::Closed)
        })]
    };
    done(store, CARD, of(CARD, "a", 1, "LZ01")).await;
    done(store, OTHER_CARD, of(OTHER_CARD, "b", 2, "TS01")).await;
    done(store, THIRD_CARD, of(THIRD_CARD, "c", 3, "LZ01")).await;
    // Of the same moment: the greater name is the newer.
    done(store, CARD, of(CARD, "e", 4, "TS01")).await;
    done(store, CARD, of(CARD, "d", 4, "TS01")).await;

    let everything = RecordSearch::default();
    assert_eq!(
        found(store, everything.clone()).await,
        ["e", "d", "c", "b", "a"]
    );
    let plate = |plate: &str, colour| RecordSearch {
        plate: Some((plate.into(), colour)),
        ..everything.clone()
    };
    // Two cards of one vehicle.
    assert_eq!(
        found(store, plate("甘A12345", 0)).await,
        ["e", "d", "b", "a"]
    );
    assert_eq!(found(store, plate("甘A12345", 1)).await, [""; 0]);
    assert_eq!(found(store, plate("甘AD00033", 4)).await, ["c"]);
    let card = |card| RecordSearch {
        card: Some(number(card)),
        ..everything.clone()
    };
    assert_eq!(found(store, card(CARD)).await, ["e", "d", "a"]);
    assert_eq!(found(store, card("62010000000000000000")).await, [""; 0]);
    let at = |outlet: &str, search: RecordSearch| RecordSearch {
        outlet: Some(outlet.into()),
        ..search
    };
    assert_eq!(
        found(store, at("TS01", everything.clone())).await,
        ["e", "d", "b"]
    );
    assert_eq!(found(store, at("LZ01", plate("甘A12345", 0))).await, ["a"]);
    assert_eq!(found(store, at("LB01", card(CARD))).await, [""; 0]);
}

async fn a_page_of_records_follows_the_other(store: &dyn Store) {
    for (id, created_at) in [("a", 1), ("b", 2), ("c", 3)] {
        let new = Record {
            created_at,
            ..record(id, State::Closed)
        };
        done(store, CARD, vec![Write::InsertRecord(new)]).await;
    }
    let page = |before| RecordSearch {
        before,
        limit: 2,
        ..RecordSearch::default()
    };
    assert_eq!(found(store, page(None)).await, ["c", "b"]);
    assert_eq!(found(store, page(Some(2))).await, ["a"]);
    assert_eq!(found(store, page(Some(1))).await, [""; 0]);
}

async fn what_waits_for_somebody_is_found(store: &dyn Store) {
    let unsettled = || RecordSearch {
        unsettled: true,
        ..RecordSearch::default()
    };
    let refund = Refund {
        from: RefundFrom::Paid,
        not_before: 1,
        sent_at: Some(2),
        proved: None,
    };
    let proof = Proof {
        counter: 2,
        second: 1,
        balance_after: 1,
        by: ProvedBy::Tac,
    };
    insert(store, "created", State::Created).await;
    insert(store, "closed", State::Closed).await;
    insert(store, "loaded", loaded(2)).await;
    insert(store, "refunded", State::Refunded(refund)).await;
    insert(store, "conflict", State::Conflict(proof)).await;
    insert(store, "open", State::Loading { counter: 5 }).await;
    assert_eq!(found(store, unsettled()).await, ["open", "conflict"]);
    let back = record("open", State::Refunding(refund));
    done(store, CARD, vec![Write::UpdateRecord(back)]).await;
    assert_eq!(found(store, unsettled()).await, ["open", "conflict"]);
    let paid = Record {
        version: 1,
        ..record("open", State::Paid)
    };
    done(store, CARD, vec![Write::UpdateRecord(paid)]).await;
    assert_eq!(found(store, unsettled()).await, ["conflict"]);

    // A counter nobody has explained makes a *paid* record wait, if it was spent since.
    let unknown = |card, counter, spender| {
        Write::PutBookRow(BookRow {
            card: number(card),
            counter,
            spender,
            said: None,
            at: 1,
        })
    };
    let put = async |card, counter, spender| {
        done(store, card, vec![unknown(card, counter, spender)]).await;
        found(store, unsettled()).await
    };
    assert_eq!(put(OTHER_CARD, 9, Spender::Unknown).await, ["conflict"]);
    assert_eq!(put(CARD, 4, Spender::Unknown).await, ["conflict"]);
    assert_eq!(put(CARD, 6, Spender::Foreign).await, ["conflict"]);
    assert_eq!(put(CARD, 5, Spender::Unknown).await, ["open", "conflict"]);
    let lost = Spender::Lost {
        proved: false,
        balance_after: None,
    };
    assert_eq!(put(CARD, 5, lost).await, ["open", "conflict"]);
    assert_eq!(put(CARD, 5, Spender::Foreign).await, ["conflict"]);
}

async fn what_only_a_log_says_is_found(store: &dyn Store) {
    let by = |counter, by| Proof {
        counter,
        second: 1,
        balance_after: 1,
        by,
    };
    insert(store, "tac", State::Loaded(by(1, ProvedBy::Tac))).await;
    insert(store, "log", State::Loaded(by(2, ProvedBy::CounterAndLog))).await;
    insert(store, "said", State::Loaded(by(3, ProvedBy::Decision))).await;
    insert(
        store,
        "both",
        State::Conflict(by(4, ProvedBy::CounterAndLog)),
    )
    .await;
    let by_log = RecordSearch {
        by_log: true,
        ..RecordSearch::default()
    };
    assert_eq!(found(store, by_log).await, ["log"]);
}

async fn what_an_operator_opened_is_counted(store: &dyn Store) {
    for (id, operator, created_at, state) in [
        ("a", "demo.teller", 999, State::Created),
        ("b", "demo.teller", 1_000, State::Created),
        ("c", "demo.teller", 1_001, loaded(5)),
        ("d", "demo.teller", 1_002, State::Closed),
        ("e", "demo.tianshui", 1_003, State::Created),
    ] {
        let new = Record {
            operator: operator.into(),
            created_at,
            ..record(id, state)
        };
        done(store, CARD, vec![Write::InsertRecord(new)]).await;
    }
    let opened = store.opened_since("demo.teller", 1_000).await.unwrap();
    let two = Day {
        records: 2,
        fen: 20_000,
        openings: 0,
    };
    assert_eq!(opened, two);
    assert_eq!(
        store.opened_since("demo.teller", 1_002).await.unwrap(),
        Day::default()
    );
    assert_eq!(
        store.opened_since("nobody", 0).await.unwrap(),
        Day::default()
    );
}

/// On whatever card: who has not seen the last one decides again.
async fn an_operator_opens_one_record_after_the_other(store: &dyn Store) {
    let open = async |card, id: &str, openings| {
        let new = Record {
            card: number(card),
            ..record(id, State::Created)
        };
        let counted = Write::CountOpening {
            operator: "demo.teller".into(),
            openings,
        };
        write(store, card, vec![Write::InsertRecord(new), counted]).await
    };
    let openings = async || {
        let day = store.opened_since("demo.teller", 0).await.unwrap();
        (day.records, day.openings)
    };
    open(CARD, "a", 0).await.unwrap();
    assert!(is_raced(open(OTHER_CARD, "b", 0).await));
    assert_eq!(store.record("b").await.unwrap(), None);
    assert_eq!(openings().await, (1, 1));
    open(OTHER_CARD, "b", 1).await.unwrap();
    assert_eq!(openings().await, (2, 2));
    // One that is closed unpaid does not count any more, and was opened all the same.
    let closed = Write::UpdateRecord(record("a", State::Closed));
    done(store, CARD, vec![closed]).await;
    assert_eq!(openings().await, (1, 2));
}
