//! How statements are carried out: what grows with every load is never read from end to end.

use super::statement::ASKED;
use super::*;
use crate::demo;
use crate::ledger::{BookRow, CardStop, Seen, Spender, VerifiedInit};
use crate::store::suite::applications::{self, add_channel, batch, take};
use crate::store::suite::{cash, drawer, open_drawer, payment};
use crate::store::{
    ApplicationChange, ApplicationSearch, ApplicationStore, CardCommit, CardStore, Place, Sought,
    States, TagStore,
};

/// Tables with a row for every card, load, or sign-in.
const GROWING: [&str; 29] = [
    "answer",
    "application",
    "application_batch",
    "approval",
    "attempt",
    "audit",
    "audit_line",
    "authorisation",
    "card",
    "card_holder",
    "card_task",
    "counter_book",
    "decision_case",
    "drawer",
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
    "take_in_offer",
    "vehicle",
    "vehicle_card",
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
    apply(store).await;
    ask_for_applications(store).await;
    ask_for_cards(store, card).await;
    let tag = store.tag_of_sn("6210230100010017").await.unwrap().unwrap();
    store.tag(tag.serial).await.unwrap();
    let found = store.card_file(card).await.unwrap().unwrap();
    store.of_card(&found.card).await.unwrap();
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

/// Every search of a list: of a bank or of none; by plate, person or state; with days, and from its second page on.
async fn ask_for_applications(store: &DatabaseStore) {
    use etc_api::{ApplicationState, Bank};
    let of_plate = Some(("甘A10001".to_owned(), 0));
    let of_id = Some(Sought::IdNumber("1".into()));
    let of_phone = Some(Sought::Phone("1".into()));
    let withdrawn = States::Only(ApplicationState::Withdrawn);
    let asked = [
        (None, None, States::Unfinished),
        (None, None, withdrawn),
        (of_plate.clone(), None, States::All),
        (of_plate.clone(), None, States::Unfinished),
        (of_plate, None, withdrawn),
        (None, of_id, States::All),
        (None, of_phone, States::All),
    ];
    for (plate, person, states) in asked {
        for bits in 0..16 {
            let set = |bit: u32| bits & 1 << bit != 0;
            let after = Place {
                at: 1_000,
                batch: "a".into(),
                line: 1,
            };
            let search = ApplicationSearch {
                of: Some(set(0).then_some(Bank::Icbc)),
                plate: plate.clone(),
                person: person.clone(),
                states,
                from: set(1).then_some(0),
                to: set(2).then_some(9_000),
                after: set(3).then_some(after),
                limit: 21,
            };
            store.find_applications(&search).await.unwrap();
        }
    }
    store.application("a.1").await.unwrap();
    let of_number = store.application_of_number("demo.channel", "1");
    of_number.await.unwrap();
    store.batch_answer("demo.channel", &[1; 32]).await.unwrap();
    store.channel(&[1; 32]).await.unwrap();
    store.banks().await.unwrap();
}

async fn ask_for_cards(store: &DatabaseStore, card: apdu_core::bcd::CardNumber) {
    store.card_history(card).await.unwrap();
    store.application_file("a.1").await.unwrap().unwrap();
    store.card_job("t").await.unwrap().unwrap();
    store.card_of_vehicle("甘A12345", 0).await.unwrap();
    store.card_given("甘A12345", 0).await.unwrap();
    store.card_model([0; 8], 0x40).await.unwrap();
    store.take_in_offer(&[1; 32]).await.unwrap();
}

/// An application, and a task of a card for it from its begin to its end.
async fn apply(store: &DatabaseStore) {
    use crate::ledger::{
        Attempts, CardJob, CardJobWork, Change, Chip, ChipWrite, HandIn, HandInReason, Outcome,
        Pairing, TurnedApplication, WantedFiles, WriteAttempt,
    };
    use apdu_core::authority::{CardMode, CardTaskState};
    use etc_api::ApplicationState;
    add_channel(store).await;
    take(
        store,
        &batch("a", 1_000, vec![applications::new("1", "甘A10001")]),
    )
    .await;
    let locked = ApplicationChange {
        id: "a.1".into(),
        version: 0,
        state: ApplicationState::Open,
        locked_by: Some(("demo.teller".into(), 9_000)),
    };
    let noted = entry(Event::ApplicationOpened);
    store.change_application(&locked, &noted).await.unwrap();
    let card = store.card_file(number(CARD)).await.unwrap().unwrap().card;
    let job = CardJob {
        id: "t".into(),
        work: CardJobWork::Issue {
            application: "a.1".into(),
            mode: CardMode::New,
        },
        card: card.number,
        plate: "甘A10001".into(),
        plate_colour: 0,
        vehicle_class: 1,
        state: CardTaskState::Open,
        wanted: WantedFiles {
            holder: None,
            issue: Vec::new(),
        },
        nonce: None,
        showing: None,
        operator: "demo.teller".into(),
        outlet: "LZ01".into(),
        opened_at: 1_000,
        version: 0,
    };
    let turned = TurnedApplication {
        id: "a.1".into(),
        version: 1,
        state: ApplicationState::Issued,
        bank_card: Some("6221390000000013".into()),
        card: Some(card.number),
        reopened_at: None,
    };
    let vehicle = demo::stock("hash".into()).unwrap().vehicles.remove(0);
    let writes = vec![
        Write::PutCard(Box::new(card.clone())),
        Write::InsertCardJob(Box::new(job.clone())),
        Write::UpdateCardJob(Box::new(job)),
        Write::TurnApplication(turned),
        Write::KeepVehicle(Box::new(vehicle)),
        give(None),
        give(Some(card.number)),
    ];
    let chip = Chip::Card(card.number);
    let attempt = WriteAttempt {
        id: "x".into(),
        chip,
        task: "t".into(),
        outlet: "LZ01".into(),
        operator: "demo.teller".into(),
        opened_at: 1_000,
        parts: Vec::new(),
        outcome: Outcome::Open,
    };
    let pairing = Pairing {
        id: "p".into(),
        card: Some(card.number),
        tag: "6201230100010041".parse().unwrap(),
        plate: "甘A10001".into(),
        plate_colour: 0,
        begun_at: 1_000,
        ended: None,
    };
    let listed = HandIn {
        id: "h".into(),
        chip,
        reason: HandInReason::Failed,
        operator: "demo.teller".into(),
        outlet: "LZ01".into(),
        at: 1_000,
        ticked: None,
    };
    let chips = vec![
        ChipWrite::InsertAttempt(attempt.clone()),
        ChipWrite::UpdateAttempt(attempt.clone()),
        ChipWrite::InsertPairing(pairing.clone()),
        ChipWrite::UpdatePairing(pairing),
        ChipWrite::InsertHandIn(listed),
    ];
    let commit = CardCommit {
        changes: vec![Change::of(&card, writes)],
        chips,
        entries: vec![entry(Event::CardTaskDone)],
        ..CardCommit::default()
    };
    store.commit_card(&commit).await.unwrap();
    let file = store.application_file("a.1").await.unwrap().unwrap();
    assert_eq!(file.attempts, Attempts(vec![attempt]));
}

fn give(before: Option<CardNumber>) -> Write {
    Write::GiveCard {
        plate: "甘A10001".into(),
        plate_colour: 0,
        before,
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
