//! A database that an earlier backend has written.

use apdu_core::authority::CardStatus;
use apdu_core::bcd::Date;
use apdu_core::obu::{ContractSerial, TagProfile, Unit};

use super::*;
use crate::ledger::{
    Chaining, ChipWrite, Issued, Means, Pairing, Proof, ProvedBy, Reading, SignedFor, Tag,
    TagWrite, TagWriting, VehicleCipher,
};
use crate::store::{CardStore, TagCommit, TagStore};

on_both_databases! {
    an_old_database_is_brought_up_to_date
    tags_of_before_there_were_tasks_are_brought_up_to_date
    a_chip_that_was_listed_twice_stays_listed_once
    an_old_database_without_records_is_brought_up_to_date
    vehicles_of_before_have_the_card_that_began_last
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
    /// Makes the database what so many scripts make of it, with these rows in it.
    async fn made_by(&self, scripts: usize, rows: &str) {
        let first = &migrate::SCRIPTS[..scripts];
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
    scratch.made_by(1, "").await;
    let store = scratch.open().await;
    seed(&store).await;
    assert_eq!(store.drawers(0, i64::MAX).await.unwrap(), []);
    write(&store, CARD, paid("a")).await.unwrap();
    store.close().await;
}

async fn an_old_database_is_brought_up_to_date(scratch: &Scratch) {
    scratch.made_by(1, OLD).await;
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

/// Cards as a backend wrote them that knew the first eight scripts: three of one vehicle, one of another colour, and a
/// blank one.
const OLD_CARDS: &str = "
INSERT INTO card (number, kind, version, start, expiry, plate, plate_colour, vehicle_class, status, pin_form, pin,
                  issue_file_length, proof_counter, key_index, refuses_one_fen, refuses_odd_terminals,
                  proved_counter, wrong_proofs, revision, is_issued)
VALUES ('62012201230100000017', 22, 64, '20240115', '20340114', 'A1', 0, 1, 'normal', 'none', '', 43,
        'after', 1, 0, 0, 0, 0, 0, 1),
       ('62012201230100000025', 22, 64, '20240115', '20340114', 'A1', 0, 1, 'blacklisted', 'none', '', 43,
        'after', 1, 0, 0, 0, 0, 0, 1),
       ('62012201230100000033', 22, 64, '20230115', '20330114', 'A1', 0, 1, 'normal', 'none', '', 43,
        'after', 1, 0, 0, 0, 0, 0, 1),
       ('62012201230100000041', 22, 64, '20100115', '20200114', 'A1', 4, 1, 'cancelled', 'none', '', 43,
        'after', 1, 0, 0, 0, 0, 0, 1),
       ('62012201230100000058', 22, 64, '', '', '', 0, 0, 'normal', 'none', '', 43,
        'after', 1, 0, 0, 0, 0, 0, 0);
";

async fn vehicles_of_before_have_the_card_that_began_last(scratch: &Scratch) {
    scratch.made_by(8, OLD_CARDS).await;
    let store = scratch.open().await;
    for (plate, colour, card) in [
        ("A1", 0, Some("62012201230100000025")),
        ("A1", 4, Some("62012201230100000041")),
        ("", 0, None),
    ] {
        let given = store.card_given(plate, colour).await.unwrap();
        assert_eq!(given, card.map(number), "{plate} {colour}");
    }
    store.close().await;
}

/// Tags as a backend wrote them that knew the first five scripts: in use, blank, two that claim one vehicle, and one
/// that took the place of a lost one.
const OLD_TAGS: &str = "
INSERT INTO outlet (code, name, kind) VALUES ('LZ01', 'x', 'own');
INSERT INTO operator (name, display_name, role, outlet, password) VALUES ('demo.teller', 'x', 'teller', 'LZ01', 'x');
INSERT INTO tag (serial, sn, issuer, version, status, signed, expiry, plate, plate_colour, vehicle_class,
                 vehicle_length, truck_unit, des_key, sm4_key, chaining, random_returns)
VALUES ('6201000000000001', 'a', 'B8CACBE062010001', 22, 'normal', '20240115', '20340114', 'A1', 0, 1,
        59, 'mm', 1, 64, 'cbc', 0),
       ('6201000000000002', 'b', 'B8CACBE062010001', 22, 'normal', NULL, NULL, NULL, NULL, NULL,
        79, 'dm', 0, NULL, 'ecb', 1),
       ('6201000000000003', 'c', 'B8CACBE062010001', 22, 'normal', '20240115', '20340114', 'A3', 0, 1,
        79, 'dm', 0, NULL, 'ecb', 1),
       ('6201000000000004', 'd', 'B8CACBE062010001', 22, 'suspended', '20240115', '20340114', 'A3', 0, 1,
        79, 'dm', 0, NULL, 'ecb', 1),
       ('6201000000000005', 'e', 'B8CACBE062010001', 22, 'lost', '20240115', '20340114', 'A5', 0, 1,
        79, 'dm', 0, NULL, 'ecb', 1),
       ('6201000000000006', 'f', 'B8CACBE062010001', 22, 'suspended', '20250115', '20350114', 'A5', 0, 1,
        79, 'dm', 0, NULL, 'ecb', 1),
       ('6201000000000007', 'g', 'B8CACBE062010001', 22, 'normal', '20240115', '20340114', 'A3', 4, 1,
        79, 'dm', 0, NULL, 'ecb', 1);
INSERT INTO tag_reading (tag, random, operator, began_at)
VALUES ('6201000000000001', '0102030405060708', 'demo.teller', 1000);
";

/// Chips to hand in as a backend wrote them that knew the first eight scripts.
const OLD_HAND_INS: &str = "
INSERT INTO outlet (code, name, kind) VALUES ('LZ01', 'x', 'own');
INSERT INTO operator (name, display_name, role, outlet, password) VALUES ('demo.teller', 'x', 'teller', 'LZ01', 'x');
INSERT INTO hand_in (id, chip, reason, operator, outlet, at, ticked_by, ticked_at)
VALUES ('z', 'tag 6201000000000001', 'forbids', 'demo.teller', 'LZ01', 1000, NULL, NULL),
       ('b', 'tag 6201000000000001', 'exchanged', 'demo.teller', 'LZ01', 2000, NULL, NULL),
       ('a', 'tag 6201000000000001', 'failed', 'demo.teller', 'LZ01', 500, 'demo.teller', 600),
       ('d', 'tag 6201000000000002', 'failed', 'demo.teller', 'LZ01', 3000, NULL, NULL),
       ('c', 'tag 6201000000000002', 'exchanged', 'demo.teller', 'LZ01', 3000, NULL, NULL);
";

async fn a_chip_that_was_listed_twice_stays_listed_once(scratch: &Scratch) {
    scratch.made_by(8, OLD_HAND_INS).await;
    let store = scratch.open().await;
    let open = store.hand_ins().await.unwrap();
    let open: Vec<_> = open.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(open, ["z", "c"]);
    let all = sql("SELECT id FROM hand_in ORDER BY id");
    let all = store.database.all(all, |row| row.text("id")).await;
    assert_eq!(all.unwrap(), ["a", "c", "z"]);
    store.close().await;
}

async fn tags_of_before_there_were_tasks_are_brought_up_to_date(scratch: &Scratch) {
    scratch.made_by(5, OLD_TAGS).await;
    let store = scratch.open().await;
    let serial = |last: u8| -> ContractSerial { format!("620100000000000{last}").parse().unwrap() };

    // A tag keeps what it was, and lies in the central stock; its chip is as blank as its record says.
    let in_use = Tag {
        serial: serial(1),
        sn: "a".into(),
        issuer: [0xB8, 0xCA, 0xCB, 0xE0, 0x62, 0x01, 0x00, 0x01],
        version: 0x16,
        status: CardStatus::Normal,
        issued: Some(Issued {
            signed: Date([0x20, 0x24, 0x01, 0x15]),
            expiry: Date([0x20, 0x34, 0x01, 0x14]),
            plate: "A1".into(),
            plate_colour: 0,
            vehicle_class: 1,
        }),
        profile: TagProfile {
            vehicle_length: 59,
            truck_unit: Unit::Millimetre,
            des_key: 1,
            sm4_key: Some(0x40),
        },
        cipher: VehicleCipher {
            chaining: Chaining::Cbc,
            random_returns: false,
        },
        writing: TagWriting::default(),
        outlet: None,
        signed: SignedFor {
            is_blank: false,
            ..SignedFor::default()
        },
        revision: 0,
    };
    assert_eq!(store.tag(serial(1)).await.unwrap(), Some(in_use));
    let blank = store.tag_of_sn("b").await.unwrap().unwrap();
    assert_eq!((blank.issued, blank.signed), (None, SignedFor::default()));
    let reading = Reading {
        tag: serial(1),
        random: [1, 2, 3, 4, 5, 6, 7, 8],
        operator: "demo.teller".into(),
        began_at: 1_000,
    };
    assert!(store.end_reading(&reading, 0).await.unwrap());

    // Whoever is in use belongs to its vehicle, unless two claim it.
    let mut paired = Vec::new();
    for last in 1..=7 {
        let file = store.tag_file(serial(last)).await.unwrap().unwrap();
        assert_eq!((&file.job, &file.issue), (&None, &None));
        if let Some(pairing) = file.pairing {
            assert_eq!((pairing.card, pairing.tag), (None, serial(last)));
            paired.push((last, pairing.plate, pairing.plate_colour));
        }
    }
    let known = [(1, "A1", 0), (6, "A5", 0), (7, "A3", 4)];
    assert_eq!(
        paired,
        known.map(|(last, plate, colour)| (last, plate.to_owned(), colour))
    );

    // What holds from now on holds for them too.
    let pair = async |last, plate: &str| {
        let pairing = Pairing {
            id: format!("new {last}"),
            card: None,
            tag: serial(last),
            plate: plate.into(),
            plate_colour: 0,
            begun_at: 2_000,
            ended: None,
        };
        let tag = store.tag(serial(last)).await.unwrap().unwrap();
        let commit = TagCommit {
            writes: vec![
                TagWrite::PutTag(Box::new(tag)),
                TagWrite::Chip(ChipWrite::InsertPairing(pairing)),
            ],
            entries: vec![Entry {
                card: None,
                ..entry(Event::TagTaskDone(serial(last)))
            }],
            answer: None,
        };
        store.commit_tag(&commit).await
    };
    assert!(is_duplicate(pair(2, "A1").await));
    assert!(is_duplicate(pair(1, "A9").await));
    pair(3, "A3").await.unwrap();
    assert!(is_duplicate(pair(4, "A3").await));
    assert_eq!(store.tag(serial(3)).await.unwrap().unwrap().revision, 1);
    store.close().await;
    scratch.open().await.close().await;
}
