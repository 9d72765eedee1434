use etc_api::Takings;

use super::*;
use crate::ledger::{MoneyBack, PosSlip};

on_every_store! {
    a_record_is_paid_once
    money_is_kept_with_its_means
    money_is_given_back_once
    a_slip_is_entered_once_whichever_way_the_money_goes
    a_drawer_knows_what_went_in_and_out
    a_closed_drawer_takes_and_gives_no_cash
    a_drawer_is_closed_as_it_was_read
    an_operator_has_one_open_drawer_at_an_outlet
    drawers_are_found_by_when_they_were_open
    an_outlet_s_takings_are_added_up
}

async fn a_record_is_paid_once(store: &dyn Store) {
    let payment = payment("a", cash("d"));
    open_drawer(store, "d").await;
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

fn slip(number: &str, day: &str) -> Means {
    Means::Pos(PosSlip {
        terminal: "T0000001".into(),
        number: number.into(),
        day: day.into(),
    })
}

fn back(record: &str, means: Means) -> MoneyBack {
    MoneyBack {
        record: record.into(),
        means,
        amount: 10_000,
        operator: "demo.teller".into(),
        outlet: "LZ01".into(),
        at: 2_000,
    }
}

/// Records that no card waits for.
async fn records(store: &dyn Store, ids: &[&str]) {
    for id in ids {
        insert(store, id, State::Closed).await;
    }
}

fn pays(record: &str, means: Means) -> Vec<Write> {
    vec![Write::InsertPayment(payment(record, means))]
}

fn gives(record: &str, means: Means) -> Vec<Write> {
    vec![Write::InsertMoneyBack(back(record, means))]
}

async fn money_is_kept_with_its_means(store: &dyn Store) {
    open_drawer(store, "d").await;
    records(store, &["a", "b"]).await;
    done(store, CARD, pays("a", cash("d"))).await;
    done(store, CARD, gives("a", slip("000002", "20260901"))).await;
    done(store, CARD, pays("b", slip("000001", "20260901"))).await;
    done(store, CARD, gives("b", cash("d"))).await;
    let taken = async |record| store.payment(record).await.unwrap();
    let given = async |record| store.money_back(record).await.unwrap();
    assert_eq!(taken("a").await, Some(payment("a", cash("d"))));
    assert_eq!(
        given("a").await,
        Some(back("a", slip("000002", "20260901")))
    );
    assert_eq!(
        taken("b").await,
        Some(payment("b", slip("000001", "20260901")))
    );
    assert_eq!(given("b").await, Some(back("b", cash("d"))));
    assert_eq!((taken("c").await, given("c").await), (None, None));
}

async fn money_is_given_back_once(store: &dyn Store) {
    open_drawer(store, "d").await;
    records(store, &["a"]).await;
    done(store, CARD, gives("a", cash("d"))).await;
    assert!(is_duplicate(
        write(store, CARD, gives("a", cash("d"))).await
    ));
    let other = gives("a", slip("000001", "20260901"));
    assert!(is_duplicate(write(store, CARD, other).await));
    // Neither coin nor slip of what was refused is there.
    assert_eq!(open_one(store).await.given_back, 10_000);
    let Means::Pos(slip) = slip("000001", "20260901") else {
        unreachable!()
    };
    assert!(!store.slip_used(&slip).await.unwrap());
}

async fn a_slip_is_entered_once_whichever_way_the_money_goes(store: &dyn Store) {
    records(store, &["a", "b", "c", "d", "e", "f"]).await;
    let used = async |means: &Means| store.slip_used(means.slip().unwrap()).await.unwrap();
    let one = slip("000001", "20260901");
    let other = slip("000002", "20260901");
    assert!(!used(&one).await);
    done(store, CARD, pays("a", one.clone())).await;
    assert!(used(&one).await);
    assert!(is_duplicate(
        write(store, CARD, pays("b", one.clone())).await
    ));
    assert!(is_duplicate(
        write(store, CARD, gives("a", one.clone())).await
    ));
    done(store, CARD, gives("a", other.clone())).await;
    assert!(used(&other).await);
    assert!(is_duplicate(
        write(store, CARD, pays("b", other.clone())).await
    ));
    assert!(is_duplicate(write(store, CARD, gives("b", other)).await));
    // Numbers begin anew every day, and at every terminal.
    done(store, CARD, pays("b", slip("000001", "20260902"))).await;
    let elsewhere = Means::Pos(PosSlip {
        terminal: "T0000002".into(),
        ..one.slip().unwrap().clone()
    });
    done(store, CARD, pays("c", elsewhere)).await;
    // Cash has no slip.
    open_drawer(store, "d").await;
    done(store, CARD, pays("e", cash("d"))).await;
    done(store, CARD, pays("f", cash("d"))).await;
}

/// The demo teller's drawer that is open.
async fn open_one(store: &dyn Store) -> DrawerRow {
    let row = store.drawer("demo.teller", "LZ01").await.unwrap().unwrap();
    assert_eq!(row.closed, None);
    row
}

fn counted(at: i64, fen: i64) -> Counted {
    Counted {
        at,
        fen,
        note: None,
    }
}

async fn close(store: &dyn Store, row: &DrawerRow, counted: &Counted) -> Result<(), StoreError> {
    let entry = entry(Event::DrawerClosed);
    store
        .close_drawer(&row.id, row.revision, counted, &entry)
        .await
}

async fn a_drawer_knows_what_went_in_and_out(store: &dyn Store) {
    records(store, &["a", "b", "c"]).await;
    open_drawer(store, "d").await;
    assert_eq!(open_one(store).await, drawer("d"));
    done(store, CARD, pays("a", cash("d"))).await;
    done(store, CARD, pays("b", cash("d"))).await;
    done(store, CARD, pays("c", slip("000001", "20260901"))).await;
    done(store, CARD, gives("a", cash("d"))).await;
    let row = open_one(store).await;
    let known = DrawerRow {
        taken: 20_000,
        given_back: 10_000,
        payments: 2,
        revision: row.revision,
        ..drawer("d")
    };
    assert_eq!(row, known);
    // A payment that is refused is no coin either.
    assert!(is_duplicate(write(store, CARD, pays("a", cash("d"))).await));
    assert_eq!(open_one(store).await, row);

    let counted = Counted {
        note: Some("一张假币".into()),
        ..counted(5_000, 59_000)
    };
    close(store, &row, &counted).await.unwrap();
    let closed = store.drawer("demo.teller", "LZ01").await.unwrap().unwrap();
    let known = DrawerRow {
        closed: Some(counted),
        revision: closed.revision,
        ..row
    };
    assert_eq!(closed, known);
}

async fn a_closed_drawer_takes_and_gives_no_cash(store: &dyn Store) {
    records(store, &["a", "b"]).await;
    open_drawer(store, "d").await;
    done(store, CARD, pays("a", cash("d"))).await;
    let row = open_one(store).await;
    close(store, &row, &counted(5_000, 60_000)).await.unwrap();
    let closed = store.drawer("demo.teller", "LZ01").await.unwrap();
    assert!(is_raced(write(store, CARD, pays("b", cash("d"))).await));
    assert!(is_raced(write(store, CARD, gives("a", cash("d"))).await));
    assert!(is_raced(write(store, CARD, pays("b", cash("none"))).await));
    assert_eq!(store.payment("b").await.unwrap(), None);
    assert_eq!(store.money_back("a").await.unwrap(), None);
    assert_eq!(store.drawer("demo.teller", "LZ01").await.unwrap(), closed);
}

async fn a_drawer_is_closed_as_it_was_read(store: &dyn Store) {
    records(store, &["a"]).await;
    open_drawer(store, "d").await;
    let before = open_one(store).await;
    done(store, CARD, pays("a", cash("d"))).await;
    let count = counted(5_000, 50_000);
    assert!(is_raced(close(store, &before, &count).await));
    let now = open_one(store).await;
    close(store, &now, &count).await.unwrap();
    assert!(is_raced(close(store, &now, &count).await), "it is closed");
    let closed = store.drawer("demo.teller", "LZ01").await.unwrap().unwrap();
    assert!(is_raced(close(store, &closed, &count).await), "it stays so");
}

async fn an_operator_has_one_open_drawer_at_an_outlet(store: &dyn Store) {
    let open = async |id: &str, operator: &str, outlet: &str, opened_at| {
        let new = DrawerRow {
            operator: operator.into(),
            outlet: outlet.into(),
            opened_at,
            ..drawer(id)
        };
        store.open_drawer(&new, &entry(Event::DrawerOpened)).await
    };
    let last = async |outlet| store.drawer("demo.teller", outlet).await.unwrap();
    assert_eq!(last("LZ01").await, None);
    open("a", "demo.teller", "LZ01", 1).await.unwrap();
    assert!(is_duplicate(open("b", "demo.teller", "LZ01", 2).await));
    open("c", "demo.teller", "TS01", 3).await.unwrap();
    open("d", "demo.supervisor", "LZ01", 4).await.unwrap();
    let a = last("LZ01").await.unwrap();
    assert_eq!(a.id, "a");
    close(store, &a, &counted(5, 0)).await.unwrap();
    assert_eq!(last("LZ01").await.unwrap().id, "a", "the last one closed");
    assert!(
        is_duplicate(open("a", "demo.teller", "LZ01", 6).await),
        "a name of its own"
    );
    open("b", "demo.teller", "LZ01", 6).await.unwrap();
    assert_eq!(last("LZ01").await.unwrap().id, "b");
    let b = last("LZ01").await.unwrap();
    close(store, &b, &counted(7, 0)).await.unwrap();
    assert_eq!(last("LZ01").await.unwrap().id, "b", "the later of two");
    // Opened by a clock that has been put back since: open all the same.
    open("e", "demo.teller", "LZ01", 2).await.unwrap();
    assert_eq!(last("LZ01").await.unwrap().id, "e");
}

async fn drawers_are_found_by_when_they_were_open(store: &dyn Store) {
    for (id, operator, outlet, opened_at, closed_at) in [
        ("a", "demo.tianshui", "TS01", 10, Some(20)),
        ("b", "demo.teller", "LZ01", 15, Some(25)),
        ("c", "demo.supervisor", "LZ01", 5, None),
        ("d", "demo.teller", "LZ01", 30, Some(31)),
    ] {
        let new = DrawerRow {
            operator: operator.into(),
            outlet: outlet.into(),
            opened_at,
            ..drawer(id)
        };
        let opened = entry(Event::DrawerOpened);
        store.open_drawer(&new, &opened).await.unwrap();
        if let Some(at) = closed_at {
            close(store, &new, &counted(at, 0)).await.unwrap();
        }
    }
    let open = async |from, to| {
        let rows = store.drawers(from, to).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(
        open(0, 100).await,
        ["c", "b", "d", "a"],
        "by outlet, then by opening"
    );
    assert_eq!(open(20, 30).await, ["c", "b", "a"]);
    assert_eq!(open(21, 31).await, ["c", "b", "d"]);
    assert_eq!(open(40, 50).await, ["c"]);
    assert_eq!(open(0, 5).await, [""; 0]);
}

async fn an_outlet_s_takings_are_added_up(store: &dyn Store) {
    open_drawer(store, "d").await;
    assert_eq!(store.takings(0, 9_000).await.unwrap(), []);
    records(store, &["a", "b", "c", "d", "e"]).await;
    let at = |at, outlet: &str, record, means| {
        Write::InsertPayment(PaymentTaken {
            at,
            outlet: outlet.into(),
            ..payment(record, means)
        })
    };
    let pos = |number| slip(number, "20260901");
    let money = vec![
        at(1_999, "LZ01", "a", cash("d")),
        at(2_000, "LZ01", "b", cash("d")),
        at(2_999, "LZ01", "c", pos("000001")),
        at(2_000, "TS01", "d", pos("000002")),
        at(3_000, "TS01", "e", pos("000003")),
        Write::InsertMoneyBack(back("b", cash("d"))),
        Write::InsertMoneyBack(back("c", pos("000004"))),
        Write::InsertMoneyBack(MoneyBack {
            at: 3_000,
            ..back("d", pos("000005"))
        }),
    ];
    done(store, CARD, money).await;
    for (id, second, outlet) in [("f", 1, "LB01"), ("g", 2, "LB01"), ("h", 3, "LB01")] {
        let proof = Proof {
            counter: second as u16,
            second,
            balance_after: 13_000,
            by: ProvedBy::CounterAndLog,
        };
        let new = Record {
            outlet: outlet.into(),
            ..record(id, State::Loaded(proof))
        };
        done(store, CARD, vec![Write::InsertRecord(new)]).await;
    }
    let known = [
        Takings {
            outlet: "LB01".into(),
            loaded: 10_000,
            ..Takings::default()
        },
        Takings {
            outlet: "LZ01".into(),
            cash: 10_000,
            pos: 10_000,
            given_back: 20_000,
            loaded: 0,
            payments: 2,
        },
        Takings {
            outlet: "TS01".into(),
            pos: 10_000,
            payments: 1,
            ..Takings::default()
        },
    ];
    assert_eq!(store.takings(2_000, 3_000).await.unwrap(), known);
    // Moments that are no whole seconds.
    let loaded = async |from, to| {
        let lines = store.takings(from, to).await.unwrap();
        lines.iter().map(|line| line.loaded).sum::<i64>()
    };
    assert_eq!(loaded(1_001, 2_001).await, 10_000);
    assert_eq!(loaded(1_000, 2_000).await, 10_000);
    assert_eq!(loaded(2_001, 2_999).await, 0);
}
