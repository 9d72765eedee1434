use apdu_core::authority::CardStatus;

use super::*;
use crate::ledger::{CardStop, LogEntry, Spender};

on_every_store! {
    a_nonce_takes_the_place_of_the_one_before
    a_proved_counter_never_falls
    a_nonce_for_a_let_go_keeps_what_it_is_of
    let_go_offers_are_counted_by_counter
    a_card_that_repeats_itself_is_marked
    a_card_gets_another_status
    a_card_stands_still_until_it_goes_on
    a_random_is_known_again
    a_book_keeps_every_row
    a_row_of_the_book_is_replaced
    a_book_never_shrinks
    unexplained_rows_are_found_by_day
    terminals_are_known_at_any_outlet
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

async fn a_nonce_for_a_let_go_keeps_what_it_is_of(store: &dyn Store) {
    let of = |record: &str, second| Nonce {
        kind: NonceKind::LetGo {
            record: record.into(),
            second,
        },
        ..nonce(0xCC)
    };
    for nonce in [nonce(0xAA), of("a", 77), of("a", 78), nonce(0xBB)] {
        done(store, CARD, vec![Write::PutNonce(nonce.clone())]).await;
        assert_eq!(file(store, CARD).await.nonce, Some(nonce));
    }
}

async fn let_go_offers_are_counted_by_counter(store: &dyn Store) {
    let offers = async |store: &dyn Store| file(store, CARD).await.let_go_offers;
    let offer = |counter| vec![Write::CountLetGoOffer(counter)];
    done(store, CARD, offer(5)).await;
    done(store, CARD, offer(5)).await;
    done(store, CARD, offer(6)).await;
    done(store, OTHER_CARD, offer(5)).await;
    assert_eq!(offers(store).await, 0, "nothing is torn");
    insert(store, "a", State::Loading { counter: 5 }).await;
    assert_eq!(offers(store).await, 2);
    let moved = |counter, version| {
        let state = State::Loading { counter };
        vec![Write::UpdateRecord(Record {
            version,
            ..record("a", state)
        })]
    };
    done(store, CARD, moved(6, 0)).await;
    assert_eq!(offers(store).await, 1);
    done(store, CARD, moved(7, 1)).await;
    assert_eq!(offers(store).await, 0);
}

async fn a_card_that_repeats_itself_is_marked(store: &dyn Store) {
    assert!(!file(store, CARD).await.card.weak_random);
    for _ in 0..2 {
        done(store, CARD, vec![Write::MarkWeakRandom]).await;
        assert!(file(store, CARD).await.card.weak_random);
    }
    assert!(!file(store, OTHER_CARD).await.card.weak_random);
}

async fn a_card_gets_another_status(store: &dyn Store) {
    let other = Write::SetStatus(CardStatus::Blacklisted);
    done(store, CARD, vec![other]).await;
    assert_eq!(file(store, CARD).await.card.status, CardStatus::Blacklisted);
    assert_eq!(
        file(store, OTHER_CARD).await.card.status,
        CardStatus::Normal
    );
}

async fn a_card_stands_still_until_it_goes_on(store: &dyn Store) {
    let at = async |at, card, writes| {
        let mut commit = commit_of(store, card, writes).await;
        commit.entry.at = at;
        store.commit(&commit).await.unwrap();
    };
    let stopped = async || {
        let stopped = store.stopped_cards().await.unwrap();
        let shown = stopped.into_iter().map(|(card, at)| {
            let number = card.number.to_string();
            (number, card.stopped.unwrap(), at)
        });
        shown.collect::<Vec<_>>()
    };
    assert_eq!(stopped().await, []);
    at(7, OTHER_CARD, vec![Write::StopCard(CardStop::LostLoad)]).await;
    at(8, CARD, vec![Write::StopCard(CardStop::OldCounter)]).await;
    let other = (OTHER_CARD.to_owned(), CardStop::LostLoad, 7);
    let first = (CARD.to_owned(), CardStop::OldCounter, 8);
    assert_eq!(stopped().await, [first, other.clone()]);
    assert_eq!(
        file(store, CARD).await.card.stopped,
        Some(CardStop::OldCounter)
    );
    at(9, CARD, vec![Write::StopCard(CardStop::BalanceRose)]).await;
    let again = (CARD.to_owned(), CardStop::BalanceRose, 9);
    assert_eq!(stopped().await, [again, other.clone()]);
    at(10, CARD, vec![Write::LiftStop]).await;
    assert_eq!(stopped().await, [other]);
    assert_eq!(file(store, CARD).await.card.stopped, None);
}

fn init(random: u8) -> VerifiedInit {
    VerifiedInit {
        amount: 1,
        terminal: [0xFE, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA],
        fresh: true,
        balance: 3_000,
        counter: 5,
        random: [random; 4],
        seen: Seen::Never,
    }
}

async fn a_random_is_known_again(store: &dyn Store) {
    let seen = async |card, init| store.seen(number(card), &init).await.unwrap();
    assert_eq!(seen(CARD, init(1)).await, Seen::Never);
    done(store, CARD, vec![Write::SawInit(init(1))]).await;
    let others = [
        VerifiedInit {
            amount: 2,
            ..init(1)
        },
        VerifiedInit {
            terminal: [1, 2, 3, 4, 5, 6],
            ..init(1)
        },
        VerifiedInit {
            balance: 2_999,
            ..init(1)
        },
        VerifiedInit {
            counter: 6,
            ..init(1)
        },
    ];
    // The first one stays the one that is known.
    for other in others {
        assert_eq!(seen(CARD, other).await, Seen::Repeated);
        done(store, CARD, vec![Write::SawInit(other)]).await;
        assert_eq!(seen(CARD, other).await, Seen::Repeated);
    }
    // How it was judged is no part of what was shown.
    let judged = VerifiedInit {
        fresh: false,
        seen: Seen::Same,
        ..init(1)
    };
    assert_eq!(seen(CARD, judged).await, Seen::Same);
    assert_eq!(seen(CARD, init(2)).await, Seen::Never);
    assert_eq!(seen(OTHER_CARD, init(1)).await, Seen::Never);
}

fn row(counter: u16, spender: Spender) -> BookRow {
    BookRow {
        card: number(CARD),
        counter,
        spender,
        said: None,
        at: 1_000,
    }
}

fn lost(proved: bool, balance_after: Option<u32>) -> Spender {
    Spender::Lost {
        proved,
        balance_after,
    }
}

async fn put(store: &dyn Store, row: BookRow) {
    let card = row.card.to_string();
    done(store, &card, vec![Write::PutBookRow(row)]).await;
}

async fn a_book_keeps_every_row(store: &dyn Store) {
    insert(store, "a", State::Closed).await;
    let case = cases::case("c", None);
    done(store, CARD, vec![Write::InsertCase(case)]).await;
    let said = |counter| LogEntry {
        counter,
        amount: 10_000,
        terminal: [1, 2, 3, 4, 5, 6],
        second: Some(77),
        ours: true,
        proved_balance: Some(13_000),
    };
    let spenders = [
        Spender::Ours("a".into()),
        Spender::Foreign,
        lost(true, Some(13_000)),
        lost(false, None),
        Spender::Unknown,
        Spender::Decided("c".into()),
    ];
    let mut rows = Vec::new();
    for (spender, counter) in spenders.into_iter().zip((0..).step_by(3)) {
        let less = LogEntry {
            second: None,
            ours: false,
            proved_balance: None,
            ..said(counter + 2)
        };
        let plain = row(counter, spender);
        rows.extend([
            plain.clone(),
            BookRow {
                counter: counter + 1,
                said: Some(said(counter + 1)),
                ..plain.clone()
            },
            BookRow {
                counter: counter + 2,
                said: Some(less),
                ..plain
            },
        ]);
    }
    rows.push(row(u16::MAX, Spender::Foreign));
    // Backwards: it is read in the order of the counters.
    for row in rows.iter().rev() {
        put(store, row.clone()).await;
    }
    let book = async |card, from| store.book(number(card), from).await.unwrap();
    assert_eq!(book(CARD, 0).await, rows);
    let unexplained: Vec<_> = rows.iter().filter(|row| !row.spender.is_known()).collect();
    let counters: Vec<_> = unexplained.iter().map(|row| row.counter).collect();
    assert_eq!(file(store, CARD).await.unexplained, counters);
    // From there on, and whatever below it nobody has explained.
    let from = book(CARD, 16).await;
    let wanted = |row: &&BookRow| row.counter >= 16 || !row.spender.is_known();
    assert_eq!(
        from,
        rows.iter().filter(wanted).cloned().collect::<Vec<_>>()
    );
    assert_eq!(from.len(), unexplained.len() + 3);
    assert_eq!(book(OTHER_CARD, 0).await, []);
    assert_eq!(file(store, OTHER_CARD).await.unexplained, [0; 0]);
}

async fn a_row_of_the_book_is_replaced(store: &dyn Store) {
    insert(store, "a", State::Closed).await;
    let said = LogEntry {
        counter: 5,
        amount: 10_000,
        terminal: [1, 2, 3, 4, 5, 6],
        second: Some(77),
        ours: true,
        proved_balance: None,
    };
    let with_word = BookRow {
        said: Some(said),
        ..row(5, lost(true, Some(13_000)))
    };
    let later = BookRow {
        at: 2_000,
        ..row(5, Spender::Ours("a".into()))
    };
    for row in [row(5, Spender::Unknown), with_word, later] {
        put(store, row.clone()).await;
        assert_eq!(store.book(number(CARD), 0).await.unwrap(), [row]);
    }
    assert_eq!(file(store, CARD).await.unexplained, [0; 0]);
}

async fn a_book_never_shrinks(store: &dyn Store) {
    assert_eq!(file(store, CARD).await.card.book, None);
    for (closed, stands) in [(0, 0), (7, 7), (6, 7), (u16::MAX, u16::MAX), (0, u16::MAX)] {
        done(store, CARD, vec![Write::CloseBook(closed)]).await;
        assert_eq!(file(store, CARD).await.card.book, Some(stands));
    }
    assert_eq!(file(store, OTHER_CARD).await.card.book, None);
}

async fn unexplained_rows_are_found_by_day(store: &dyn Store) {
    let at = |card, counter, spender, at| BookRow {
        card: number(card),
        at,
        ..row(counter, spender)
    };
    let rows = [
        at(CARD, 4, Spender::Unknown, 9),
        at(CARD, 5, Spender::Unknown, 20),
        at(CARD, 6, Spender::Foreign, 10),
        at(CARD, 7, lost(false, None), 10),
        at(CARD, 8, Spender::Unknown, 21),
        at(OTHER_CARD, 1, Spender::Unknown, 15),
    ];
    for row in rows.iter().rev() {
        put(store, row.clone()).await;
    }
    let found = store.unexplained(10, 21).await.unwrap();
    assert_eq!(found, [rows[1].clone(), rows[3].clone(), rows[5].clone()]);
}

async fn terminals_are_known_at_any_outlet(store: &dyn Store) {
    let of = |last| [1, 2, 3, 4, 5, last];
    let known = async |terminals: &[[u8; 6]]| store.registered(terminals).await.unwrap();
    assert_eq!(known(&[]).await, [[0; 6]; 0]);
    assert_eq!(known(&[of(8), of(9), of(6)]).await, [of(8), of(6)]);
    assert_eq!(known(&[of(9)]).await, [[0; 6]; 0]);
}
