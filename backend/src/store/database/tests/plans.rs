//! How statements are carried out: what grows with every load is never read from end to end.

use super::statement::ASKED;
use super::*;
use crate::ledger::{BookRow, CardStop, Seen, Spender, VerifiedInit};
use crate::store::TagStore;
use crate::store::suite::{cash, drawer, open_drawer, payment};

/// Tables with a row for every card, load, or sign-in.
const GROWING: [&str; 24] = [
    "answer",
    "approval",
    "attempt",
    "audit",
    "audit_line",
    "authorisation",
    "card",
    "counter_book",
    "decision_case",
    "drawer",
    "holder",
    "let_go_offer",
    "money_back",
    "nonce",
    "pairing",
    "payment",
    "pos_slip",
    "recharge",
    "seen_init",
    "session",
    "tag",
    "tag_reading",
    "tag_task",
    "vehicle",
];

/// Indexes of the few rows of such a table that wait for something.
const OF_FEW: [&str; 5] = [
    "book_unexplained",
    "card_stopped",
    "case_open",
    "recharge_by_log",
    "recharge_unsettled",
];

#[tokio::test]
async fn no_statement_reads_what_grows_from_end_to_end() {
    let scratch = Scratch::sqlite();
    let store = scratch.open().await;
    ask_everything(&store).await;
    let asked = ASKED.take();
    assert!(asked.len() > 80, "{}", asked.len());
    for statement in asked {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")));
        let Transaction::Sqlite(mut open) = store.database.snapshot().await.unwrap() else {
            unreachable!()
        };
        let plan = plan.fetch_all(&mut *open).await.unwrap();
        for step in plan {
            let step: String = sqlx::Row::get(&step, "detail");
            assert!(!reads_all(&step), "{statement}\n{step}");
        }
    }
    store.close().await;
    scratch.remove().await;
}

/// Whether this step of a plan walks through a whole table, or the whole of an index.
fn reads_all(step: &str) -> bool {
    let words: Vec<_> = step.split(' ').collect();
    let grows = |name: &&str| GROWING.contains(name);
    match words.as_slice() {
        ["SCAN", table] => grows(table),
        ["SCAN", table, "USING", .., "INDEX", index] => grows(table) && !OF_FEW.contains(index),
        ["SCAN", table, ..] => grows(table),
        _ => false,
    }
}

async fn ask_everything(store: &DatabaseStore) {
    seed(store).await;
    let card = number(CARD);
    let noted = entry(Event::Sighted);
    change_everything(store).await;

    store.card_file(card).await.unwrap();
    store.file_of_record("a").await.unwrap();
    store.record("a").await.unwrap();
    store.authorisations_at(card, 5).await.unwrap();
    store.authorisations_from(card, 5).await.unwrap();
    store.authorisations_beside("a").await.unwrap();
    store.seen(card, &init()).await.unwrap();
    store.book(card, 5).await.unwrap();
    store.registered(&[[1; 6], [2; 6]]).await.unwrap();
    store.payment("a").await.unwrap();
    store.slip_used(&slip()).await.unwrap();
    store.money_back("a").await.unwrap();
    ask_for_records(store).await;
    store.audit_chain(card).await.unwrap();
    store.audit_heads(0, 9_000).await.unwrap();
    store.case("c").await.unwrap();
    store.open_cases().await.unwrap();
    store.switches().await.unwrap();
    store.lift_switch("s", &noted).await.unwrap();
    store.opened_since("demo.teller", 0).await.unwrap();
    store.drawer("demo.teller", "LZ01").await.unwrap();
    store.drawers(0, 9_000).await.unwrap();
    store.takings(0, 9_000).await.unwrap();
    store.unexplained(0, 9_000).await.unwrap();
    store.stopped_cards().await.unwrap();
    store.answer("k").await.unwrap();
    let proof = CountedProof {
        card,
        session: [1; 32],
    };
    store.open_session(&session(1), &noted).await.unwrap();
    store.count_proof(&proof, 5).await.unwrap();
    store.uncount_proof(&proof).await.unwrap();
    store.unlock_card(card, &noted).await.unwrap();
    store.outlet("LZ01").await.unwrap();
    store.terminals("LZ01").await.unwrap();
    let tag = store.tag_of_sn("6210230100010017").await.unwrap().unwrap();
    store.tag(tag.serial).await.unwrap();
    store.operator("demo.teller").await.unwrap();
    let rule = SignInRule {
        tries: 5,
        lock: 100,
        now: 1_000,
    };
    store.count_sign_in("demo.teller", rule).await.unwrap();
    store.forget_sign_ins("demo.teller").await.unwrap();
    store.session(&[1; 32]).await.unwrap();
    store.touch_session(&[1; 32], 2_000).await.unwrap();
    store.close_session(&[1; 32], &noted).await.unwrap();
    let outlived = Outlived {
        sessions_opened_by: 0,
        answers_kept_since: 0,
        at_most: 10,
    };
    store.sweep(outlived).await.unwrap();
}

/// Every filter by which records are found, alone and narrowed.
async fn ask_for_records(store: &DatabaseStore) {
    let set = |bits: u32, bit: u32| bits & 1 << bit != 0;
    for bits in 0..64 {
        // Nobody asks for all records, nor whether one on a log's word waits for somebody.
        let finds = (0..2).chain(3..5).any(|bit| set(bits, bit));
        if !finds || set(bits, 3) && set(bits, 4) {
            continue;
        }
        let search = RecordSearch {
            plate: set(bits, 0).then(|| ("A12345".into(), 0)),
            card: set(bits, 1).then(|| number(CARD)),
            outlet: set(bits, 2).then(|| "LZ01".into()),
            unsettled: set(bits, 3),
            by_log: set(bits, 4),
            before: set(bits, 5).then_some(9_000),
            limit: 50,
        };
        store.find_records(&search).await.unwrap();
    }
}

fn init() -> VerifiedInit {
    VerifiedInit {
        amount: 1,
        terminal: [1; 6],
        fresh: true,
        balance: 1,
        counter: 5,
        random: [1; 4],
        seen: Seen::Never,
    }
}

fn slip() -> PosSlip {
    PosSlip {
        terminal: "T1".into(),
        number: "000001".into(),
        day: "20260901".into(),
    }
}

async fn change_everything(store: &DatabaseStore) {
    use crate::ledger::{CaseState, Means, MoneyBack, Question};
    open_drawer(store, "d").await;
    let switch = Switch {
        id: "s".into(),
        scope: Scope::Banks,
        reason: "x".into(),
        operator: "demo.supervisor".into(),
        at: 1_000,
    };
    let noted = entry(Event::Sighted);
    store.throw_switch(&switch, &noted).await.unwrap();
    let case = Case {
        id: "c".into(),
        card: number(CARD),
        record: None,
        record_version: 0,
        question: Question::LiftStop,
        reason: "x".into(),
        operator: "demo.teller".into(),
        at: 1_000,
        state: CaseState::Open,
        version: 0,
    };
    let writes = vec![
        Write::PutNonce(nonce(0xAA)),
        Write::DropNonces,
        Write::CountLetGoOffer(5),
        Write::InsertRecord(record("a", State::Loading { counter: 5 })),
        Write::CountOpening {
            operator: "demo.teller".into(),
            openings: 0,
        },
        Write::UpdateRecord(record("a", State::Loading { counter: 5 })),
        Write::InsertPayment(payment("a", cash("d"))),
        Write::InsertMoneyBack(MoneyBack {
            record: "a".into(),
            means: Means::Pos(slip()),
            amount: 10_000,
            operator: "demo.teller".into(),
            outlet: "LZ01".into(),
            at: 1_000,
        }),
        Write::InsertAuthorisation(authorisation("a", 5, 77)),
        Write::ProveCounter(5),
        Write::SawInit(init()),
        Write::MarkWeakRandom,
        Write::PutBookRow(BookRow {
            card: number(CARD),
            counter: 5,
            spender: Spender::Unknown,
            said: None,
            at: 1_000,
        }),
        Write::CloseBook(5),
        Write::StopCard(CardStop::LostLoad),
        Write::LiftStop,
        Write::InsertCase(case.clone()),
        Write::InsertApproval(Approval {
            case: "c".into(),
            operator: "demo.supervisor".into(),
            at: 1_000,
        }),
        Write::UpdateCase(case),
    ];
    write(store, CARD, writes).await.unwrap();
    let counted = Counted {
        at: 2_000,
        fen: 0,
        note: None,
    };
    let revision = drawer("d").revision + 1;
    let closed = store.close_drawer("d", revision, &counted, &noted);
    closed.await.unwrap();
}
