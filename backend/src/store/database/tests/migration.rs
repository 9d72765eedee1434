//! A database that an earlier backend has written.

use super::*;
use crate::ledger::{Means, Proof, ProvedBy};

on_both_databases! {
    an_old_database_is_brought_up_to_date
    an_old_database_without_records_is_brought_up_to_date
}

/// Rows as a backend wrote them that knew the first script only.
const OLD: &str = "
INSERT INTO outlet (code, name, kind) VALUES ('LZ01', 'x', 'own'), ('TS01', 'x', 'own');
INSERT INTO operator (name, display_name, role, outlet, password)
VALUES ('demo.teller', 'x', 'teller', 'LZ01', 'x'), ('demo.other', 'x', 'teller', 'LZ01', 'x');
INSERT INTO session (token, operator, terminal, opened_at, seen_at)
VALUES (TOKEN, 'demo.teller', '010203040506', 1, 1);
INSERT INTO card (number, kind, version, start, expiry, plate, plate_colour, vehicle_class, status, pin_form, pin,
                  issue_file_length, proof_counter, key_index, refuses_one_fen, refuses_odd_terminals,
                  proved_counter, wrong_proofs, revision)
VALUES ('62012201230100000017', 22, 64, '20240115', '20340114', 'A12345', 0, 1, 'normal', 'ascii6', '123456', 43,
        'after', 1, 0, 0, 6, 2, 9);
INSERT INTO nonce (card, terminal, kind, issued_at) VALUES ('62012201230100000017', 'FEAAAAAAAAAA', 'preflight', 1);
INSERT INTO recharge (id, card, amount, state, counter, proved_second, balance_after, created_counter,
                      balance_before, created_at, outlet, operator, version)
VALUES ('a', '62012201230100000017', 10000, 'loaded', 5, 77, 13000, 5, 3000, 1000, 'LZ01', 'demo.teller', 3),
       ('b', '62012201230100000017', 10000, 'loading', 6, NULL, NULL, 6, 13000, 2000, 'TS01', 'demo.teller', 2),
       ('c', '62012201230100000017', 10000, 'created', NULL, NULL, NULL, 6, 13000, 3000, 'LZ01', 'demo.teller', 0),
       ('d', '62012201230100000017', 10000, 'closed', NULL, NULL, NULL, 6, 13000, 4000, 'LZ01', 'demo.other', 1),
       ('e', '62012201230100000017', 10000, 'closed', NULL, NULL, NULL, 6, 13000, 5000, 'LZ01', 'demo.teller', 1);
INSERT INTO payment (recharge, kind, amount, operator, at)
VALUES ('a', 'cash', 10000, 'demo.teller', 1500),
       ('b', 'cash', 10000, 'demo.teller', 2500),
       ('d', 'cash', 10000, 'demo.other', 4500),
       ('e', 'cash', 10000, 'demo.teller', 5500);
INSERT INTO authorisation (card, second, recharge, counter, balance, random, amount, terminal, operator)
VALUES ('62012201230100000017', 77, 'a', 5, 3000, '01020304', 10000, '010203040506', 'demo.teller');
INSERT INTO answer (key, operator, route, body, answer) VALUES ('k', 'demo.teller', 'x', TOKEN, '{}');
INSERT INTO audit (at, operator, event, card, recharge, evidence)
VALUES (1500, 'demo.teller', 'paid', '62012201230100000017', 'a', '');
";

impl Scratch {
    /// Makes the database what the first script alone makes of it, with these rows in it.
    async fn before(&self, rows: &str) {
        let first = &migrate::SCRIPTS[..1];
        let token = format!("'{}'", "07".repeat(32));
        match self {
            Self::Sqlite(file) => {
                let options = SqliteConnectOptions::new()
                    .filename(&file.0)
                    .create_if_missing(true);
                let mut old = SqliteConnection::connect_with(&options).await.unwrap();
                migrate::sqlite(&mut old, first).await.unwrap();
                let rows = rows.replace("TOKEN", &format!("X{token}"));
                let rows = sqlx::raw_sql(AssertSqlSafe(rows));
                rows.execute(&mut old).await.unwrap();
                old.close().await.unwrap();
            }
            Self::Postgres(name) => {
                let mut old = PgConnection::connect(&url(name)).await.unwrap();
                let mut made = old.begin().await.unwrap();
                let purpose = Purpose::Real;
                migrate::postgres(&mut made, first, purpose).await.unwrap();
                made.commit().await.unwrap();
                let rows = rows.replace("TOKEN", &format!("decode({token}, 'hex')"));
                let rows = sqlx::raw_sql(AssertSqlSafe(rows));
                rows.execute(&mut old).await.unwrap();
                old.close().await.unwrap();
            }
        }
    }
}

async fn an_old_database_without_records_is_brought_up_to_date(scratch: &Scratch) {
    scratch.before("").await;
    let store = scratch.open().await;
    seed(&store).await;
    assert_eq!(store.drawers(0, i64::MAX).await.unwrap(), []);
    write(&store, CARD, paid("a")).await.unwrap();
    store.close().await;
}

async fn an_old_database_is_brought_up_to_date(scratch: &Scratch) {
    scratch.before(OLD).await;
    let store = scratch.open().await;

    let file = store.card_file(number(CARD)).await.unwrap().unwrap();
    assert_eq!((file.card.proved_counter, file.card.revision), (6, 9));
    let fresh = (file.card.book, file.card.weak_random, file.card.stopped);
    assert_eq!(fresh, (None, false, None));
    assert_eq!(file.nonce, None, "a nonce is not carried over");
    assert_eq!(file.latest_second, Some(77));
    let old = |id: &str, state, created_at| Record {
        created_counter: 6,
        balance_before: 13_000,
        created_at,
        ..record(id, state)
    };
    let loaded = State::Loaded(Proof {
        counter: 5,
        second: 77,
        balance_after: 13_000,
        by: ProvedBy::Tac,
    });
    let torn = Record {
        outlet: "TS01".into(),
        version: 2,
        ..old("b", State::Loading { counter: 6 }, 2_000)
    };
    assert_eq!(file.open, Some(torn));
    assert_eq!(file.created, [old("c", State::Created, 3_000)]);
    let known = Record {
        version: 3,
        ..record("a", loaded)
    };
    assert_eq!(store.record("a").await.unwrap(), Some(known));
    let proofs = store.authorisations_at(number(CARD), 5).await.unwrap();
    assert_eq!(proofs, [authorisation("a", 5, 77)]);
    assert!(store.session(&[7; 32]).await.unwrap().is_some());
    assert!(store.answer("k").await.unwrap().is_some());

    // One closed drawer per operator and outlet holds what was taken.
    let drawers = store.drawers(0, i64::MAX).await.unwrap();
    let held = drawers.iter().map(|row| {
        let closed = row.closed.as_ref().unwrap();
        let place = (row.outlet.as_str(), row.operator.as_str());
        assert_eq!((row.float, row.given_back), (0, 0));
        assert_eq!(row.taken, closed.fen);
        (place, row.opened_at, closed.at, row.taken, row.payments)
    });
    let held: Vec<_> = held.collect();
    let known = [
        (("LZ01", "demo.teller"), 1_500, 5_500, 20_000, 2),
        (("LZ01", "demo.other"), 4_500, 4_500, 10_000, 1),
        (("TS01", "demo.teller"), 2_500, 2_500, 10_000, 1),
    ];
    assert_eq!(held, known);
    for (record, at, outlet, drawer) in [
        ("a", 1_500, "LZ01", &drawers[0]),
        ("b", 2_500, "TS01", &drawers[2]),
        ("d", 4_500, "LZ01", &drawers[1]),
        ("e", 5_500, "LZ01", &drawers[0]),
    ] {
        let payment = store.payment(record).await.unwrap().unwrap();
        assert_eq!((payment.at, payment.outlet.as_str()), (at, outlet));
        let drawer = drawer.id.clone();
        assert_eq!(payment.means, Means::Cash { drawer });
    }

    // The old trail stays as it is; the new one begins.
    let history = sql("SELECT event FROM audit");
    let history = store.database.all(history, |row| row.text("event")).await;
    assert_eq!(history.unwrap(), ["paid"]);
    assert_eq!(store.audit_chain(number(CARD)).await.unwrap(), []);
    store.note(&entry(Event::Sighted)).await.unwrap();
    let chain = store.audit_chain(number(CARD)).await.unwrap();
    assert_eq!(chain, [entry(Event::Sighted).sealed(None)]);

    // What the old tables held together, the new ones do too.
    let nowhere = || Write::InsertAuthorisation(authorisation("none", 5, 78));
    let refused = write(&store, CARD, vec![nowhere()]).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
    assert!(is_duplicate(write(&store, CARD, paid("f")).await));
    let again = vec![Write::InsertRecord(record("f", loaded))];
    assert!(is_duplicate(write(&store, CARD, again).await));
    let more = vec![Write::InsertAuthorisation(authorisation("b", 6, 78))];
    write(&store, CARD, more).await.unwrap();
    store.close().await;
    scratch.open().await.close().await;
}
